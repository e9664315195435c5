//! The real response of the vectors with everything that it is measured against, and larger ones
//! that are signed with a test key.

use std::fmt::Write as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use vestibule_saml::sp::{Expectation, Expected, IdpTrust, SpIdentity};
use vestibule_saml::types::{AcsUrl, EntityId, RequestId};
use vestibule_xmlsec::algorithms::SignatureAlgorithm;
use vestibule_xmlsec::dsig::{SignatureTemplate, sign};
use vestibule_xmlsec::keys::{Certificate, SigningKey, read_certificates};

/// A response with the trust that accepts it.
#[derive(Debug)]
pub struct Fixture {
    /// The response.
    pub xml: Vec<u8>,
    /// The certificate that made its signature.
    pub certificate: Certificate,
    idp: IdpTrust,
    sp: SpIdentity,
    acs_url: AcsUrl,
    request: RequestId,
    now: Timestamp,
}

const ISSUER: &str = "https://sts.windows.net/3770f585-1d9b-44d4-9016-2428d0082154/";
const AUDIENCE: &str = "spn:3efd9d97-26e4-4837-bd75-91a34c2da4ee";
const ACS_URL: &str = "http://localhost/saml/consume";
const REQUEST: &str = "_e21eb82a75f43487fdf2";
const NOW: &str = "2020-06-02T15:00:00Z";

impl Fixture {
    /// The real response of June 2020, 5,138 octets.
    pub fn real() -> Self {
        let read = |file: &str| read_vector(&format!("saml/accept/entra-2020-real/{file}"));
        Self::new(read("response.xml"), &read("certificate.pem"))
    }

    /// A response of about `octets` octets: the shape of Entra's with many groups, and signed.
    pub fn of_size(octets: usize) -> Self {
        let mut xml = signed_with_groups(0);
        let empty = xml.len();
        let one = signed_with_groups(1).len() - empty;
        if octets > empty {
            xml = signed_with_groups((octets - empty) / one);
        }
        Self::new(xml.into_bytes(), &read_vector("keys/idp.cert.pem"))
    }

    /// What the response is measured against.
    pub fn expectation(&self) -> Expectation<'_> {
        Expectation::new(&self.idp, &self.sp, &self.acs_url, Expected::AnswerTo(self.request.clone()), self.now)
    }

    fn new(xml: Vec<u8>, pem: &[u8]) -> Self {
        let certificate = read_certificates(pem).expect("the vectors hold a certificate").remove(0);
        let entity_id = EntityId::new(ISSUER).expect("an entity ID");
        let mut now: Timestamp = NOW.parse().expect("a time");
        // The test certificate is younger than the real response.
        if now < certificate.not_before() {
            now = "2026-06-02T15:00:00Z".parse().expect("a time");
        }
        Self {
            idp: IdpTrust::new(entity_id, std::slice::from_ref(&certificate)).expect("a usable key"),
            certificate,
            sp: SpIdentity { entity_id: EntityId::new(AUDIENCE).expect("an entity ID"), decryption_keys: None },
            acs_url: AcsUrl::new(ACS_URL).expect("a URL"),
            request: RequestId::new(REQUEST).expect("an ID"),
            now,
            xml,
        }
    }
}

/// Where a file below `vectors/` is.
pub fn vector(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../vectors").join(path)
}

/// The value of the form field for a message.
pub fn base64(xml: &[u8]) -> String {
    STANDARD.encode(xml)
}

/// A file below `vectors/`.
///
/// # Panics
/// The file is not there.
pub fn read_vector(path: &str) -> Vec<u8> {
    let file = vector(path);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A response with so many values of the groups claim.
fn signed_with_groups(groups: usize) -> String {
    let values: String = (0..groups).fold(String::new(), |mut all, n| {
        let _ = write!(all, "<AttributeValue>67e8f467-6d6e-41b2-9edf-{n:012x}</AttributeValue>");
        all
    });
    let xml = format!(
        r#"<samlp:Response ID="_r" Version="2.0" IssueInstant="2026-06-02T14:59:38.997Z" Destination="{ACS_URL}" InResponseTo="{REQUEST}" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">{ISSUER}</Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><Assertion ID="_a" IssueInstant="2026-06-02T14:59:38.982Z" Version="2.0" xmlns="urn:oasis:names:tc:SAML:2.0:assertion"><Issuer>{ISSUER}</Issuer><Subject><NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">user@example.com</NameID><SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData InResponseTo="{REQUEST}" NotOnOrAfter="2026-06-02T15:59:38.809Z" Recipient="{ACS_URL}"/></SubjectConfirmation></Subject><Conditions NotBefore="2026-06-02T14:54:38.809Z" NotOnOrAfter="2026-06-02T15:59:38.809Z"><AudienceRestriction><Audience>{AUDIENCE}</Audience></AudienceRestriction></Conditions><AttributeStatement><Attribute Name="http://schemas.microsoft.com/identity/claims/tenantid"><AttributeValue>3770f585-1d9b-44d4-9016-2428d0082154</AttributeValue></Attribute><Attribute Name="http://schemas.microsoft.com/ws/2008/06/identity/claims/groups">{values}</Attribute></AttributeStatement><AuthnStatement AuthnInstant="2026-06-02T14:50:06.634Z" SessionIndex="_a"><AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion></samlp:Response>"#
    );
    let key = SigningKey::read(&read_vector("keys/idp.key.pem")).expect("the vectors hold a key");
    let certificates = read_certificates(&read_vector("keys/idp.cert.pem")).expect("and its certificate");
    let template = SignatureTemplate {
        certificate: certificates.first(),
        ..SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256)
    };
    sign(&xml, "_a", &template).expect("the response can be signed")
}
