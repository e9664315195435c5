//! The real response of the vectors with everything that it is measured against, and larger ones
//! that are signed with a test key.

use std::fmt::Write as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use vestibule_saml::sp::entra::tenant_of_issuer;
use vestibule_saml::sp::{Expectation, Expected, IdpTrust, SpIdentity};
use vestibule_saml::types::{AcsUrl, EntityId, RequestId};
use vestibule_xmlsec::algorithms::SignatureAlgorithm;
use vestibule_xmlsec::dsig::{SignatureTemplate, sign};
use vestibule_xmlsec::keys::{Certificate, DecryptionKey, DecryptionKeys, SigningKey, read_certificates};

/// A response with the trust that accepts it.
#[derive(Debug)]
pub struct Fixture {
    /// The response.
    pub xml: Vec<u8>,
    idp: IdpTrust,
    sp: SpIdentity,
    acs_url: AcsUrl,
    request: RequestId,
    now: Timestamp,
}

impl Fixture {
    /// The real response of June 2020, 5,138 octets.
    pub fn real() -> Self {
        Self::accepted("entra-2020-real")
    }

    /// An accepted vector by its folder below `vectors/saml/accept`.
    ///
    /// # Panics
    /// There is no such vector.
    pub fn accepted(name: &str) -> Self {
        let folder = format!("saml/accept/{name}");
        let xml = read_vector(&format!("{folder}/response.xml"));
        Self::of_case(xml, &folder)
    }

    /// A response of about `octets` octets: the shape of Entra's with many groups, and signed.
    pub fn of_size(octets: usize) -> Self {
        let folder = "saml/accept/entra-assertion-signed";
        let mut fixture = Self::of_case(Vec::new(), folder);
        let empty = fixture.signed_with_groups(0).len();
        let one = fixture.signed_with_groups(1).len() - empty;
        let groups = octets.saturating_sub(empty) / one;
        fixture.xml = fixture.signed_with_groups(groups).into_bytes();
        fixture
    }

    /// What the response is measured against.
    pub fn expectation(&self) -> Expectation<'_> {
        Expectation::new(&self.idp, &self.sp, &self.acs_url, Expected::AnswerTo(self.request.clone()), self.now)
    }

    /// The trust of a vector's `case.toml`.
    fn of_case(xml: Vec<u8>, folder: &str) -> Self {
        let text = String::from_utf8(read_vector(&format!("{folder}/case.toml"))).expect("a case is text");
        let case: toml::Table = text.parse().expect("a case is TOML");
        let said = |table: &str, key: &str| case[table][key].as_str().expect("a case has the key").to_owned();
        let files = |table: &str, key: &str| -> Vec<Vec<u8>> {
            let list = case[table].get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
            let file = |name: &toml::Value| read_vector(&format!("{folder}/{}", name.as_str().expect("a path")));
            list.iter().map(file).collect()
        };
        let certificates: Vec<Certificate> = files("idp", "certificates")
            .iter()
            .flat_map(|pem| read_certificates(pem).expect("the vectors hold certificates"))
            .collect();
        let keys = files("sp", "decryption_keys");
        let keys = keys.iter().map(|pem| DecryptionKey::read(pem).expect("the vectors hold keys")).collect();
        let entity_id = |table| EntityId::new(said(table, "entity_id")).expect("an entity ID");
        Self {
            xml,
            idp: IdpTrust::new(entity_id("idp"), &certificates).expect("a usable key"),
            sp: SpIdentity { entity_id: entity_id("sp"), decryption_keys: DecryptionKeys::new(keys).ok() },
            acs_url: AcsUrl::new(said("sp", "acs_url")).expect("a URL"),
            request: RequestId::new(said("expected", "in_response_to")).expect("an ID"),
            now: said("expected", "at").parse().expect("a time"),
        }
    }

    /// A response with so many values of the groups claim.
    fn signed_with_groups(&self, groups: usize) -> String {
        let (issuer, audience, acs_url) =
            (self.idp.entity_id().as_str(), self.sp.entity_id.as_str(), self.acs_url.as_str());
        let (request, now) = (self.request.as_str(), self.now);
        let end = now + jiff::SignedDuration::from_mins(60);
        let tenant = tenant_of_issuer(issuer).expect("the vectors' issuer is Entra's");
        let values: String = (0..groups).fold(String::new(), |mut all, n| {
            let _ = write!(all, "<AttributeValue>67e8f467-6d6e-41b2-9edf-{n:012x}</AttributeValue>");
            all
        });
        let xml = format!(
            r#"<samlp:Response ID="_r" Version="2.0" IssueInstant="{now}" Destination="{acs_url}" InResponseTo="{request}" xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">{issuer}</Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><Assertion ID="_a" IssueInstant="{now}" Version="2.0" xmlns="urn:oasis:names:tc:SAML:2.0:assertion"><Issuer>{issuer}</Issuer><Subject><NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">user@example.com</NameID><SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><SubjectConfirmationData InResponseTo="{request}" NotOnOrAfter="{end}" Recipient="{acs_url}"/></SubjectConfirmation></Subject><Conditions NotBefore="{now}" NotOnOrAfter="{end}"><AudienceRestriction><Audience>{audience}</Audience></AudienceRestriction></Conditions><AttributeStatement><Attribute Name="http://schemas.microsoft.com/identity/claims/tenantid"><AttributeValue>{tenant}</AttributeValue></Attribute><Attribute Name="http://schemas.microsoft.com/ws/2008/06/identity/claims/groups">{values}</Attribute></AttributeStatement><AuthnStatement AuthnInstant="{now}" SessionIndex="_a"><AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion></samlp:Response>"#
        );
        let key = SigningKey::read(&read_vector("keys/idp.key.pem")).expect("the vectors hold a key");
        let certificates = read_certificates(&read_vector("keys/idp.cert.pem")).expect("and its certificate");
        let template = SignatureTemplate {
            certificate: certificates.first(),
            ..SignatureTemplate::new(&key, SignatureAlgorithm::RsaSha256)
        };
        sign(&xml, "_a", &template).expect("the response can be signed")
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
