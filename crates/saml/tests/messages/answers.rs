//! What the identity provider's side writes, and that the service provider's side takes it.

use crate::support::{IDP, NEXT, SP, at, endpoint, entity};
use vestibule_saml::binding::Signer;
use vestibule_saml::idp::{About, Answer, AnswerError, Encrypt, Encrypted, Failure, Signing, claims};
use vestibule_saml::sp::{self, AcceptedAssertion, Expectation, Expected, IdpTrust, Reason, RequireSigned, SpIdentity};
use vestibule_saml::types::{
    AcsUrl, Attribute, AttributeValue, EndpointUrl, EntityId, MessageId, NameId, NameIdFormat, RequestId, Status,
    StatusCode,
};
use vestibule_xmlsec::algorithms::DigestAlgorithm;
use vestibule_xmlsec::enc::{ContentAlgorithm, EncryptError, Encryption, KeyTransport};
use vestibule_xmlsec::keys::{DecryptionKey, DecryptionKeys, EncryptionKey};

const NOW: &str = "2026-01-01T12:00:00Z";
const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const ACS: &str = "https://sp.example.org/sso/one/acs";

/// One person signing in at one service provider.
struct Scene {
    issuer: EntityId,
    acs_url: EndpointUrl,
    request: RequestId,
    name_id: NameId,
    attributes: Vec<Attribute>,
}

impl Scene {
    fn new() -> Self {
        Self {
            issuer: entity(&format!("https://sts.windows.net/{TENANT}/")),
            acs_url: endpoint(ACS),
            request: RequestId::from_random([1; 16]),
            name_id: NameId::new("ann@example.org", NameIdFormat::EMAIL_ADDRESS),
            attributes: vec![
                Attribute::text(claims::TENANT_ID, [TENANT]),
                Attribute::text(claims::DISPLAY_NAME, ["Ann <\"O'Neil\"> & Sons"]),
                Attribute::text(claims::GROUPS, ["g1", "g2"]),
            ],
        }
    }

    fn answer(&self) -> Answer<'_> {
        let about = About {
            issuer: &self.issuer,
            acs_url: &self.acs_url,
            audience: "https://sp.example.org",
            name_id: &self.name_id,
            attributes: &self.attributes,
        };
        let (response_id, assertion_id) = (MessageId::from_random([2; 16]), MessageId::from_random([3; 16]));
        let answer = Answer::new(response_id, assertion_id, at(NOW), about);
        Answer { in_response_to: Some(&self.request), ..answer }
    }

    fn judge(&self, xml: &str, change: impl FnOnce(&mut Expectation<'_>)) -> Result<AcceptedAssertion, Reason> {
        let idp = IdpTrust::new(self.issuer.clone(), std::slice::from_ref(&IDP.certificate)).expect("a usable key");
        let key = DecryptionKey::read(SP.private_pem.as_bytes()).expect("an RSA key");
        let sp = SpIdentity {
            entity_id: entity("https://sp.example.org"),
            decryption_keys: Some(DecryptionKeys::new(vec![key]).expect("a key")),
        };
        let acs_url = AcsUrl::new(ACS).expect("a URL");
        let request = Expected::AnswerTo(self.request.clone());
        let mut expect = Expectation::new(&idp, &sp, &acs_url, request, at(NOW));
        change(&mut expect);
        sp::accept(xml.as_bytes(), &expect).outcome.map_err(|refusal| refusal.reason)
    }

    fn accepted(&self, xml: &str) -> AcceptedAssertion {
        self.judge(xml, |_| {}).unwrap_or_else(|reason| panic!("{reason:?} of {xml}"))
    }
}

fn signer() -> Signer<'static> {
    Signer { certificate: Some(&IDP.certificate), ..Signer::new(&IDP.key) }
}

fn write(answer: &Answer<'_>, signing: Signing) -> String {
    answer.write(&signer(), signing, &Encrypted::default()).expect("a response")
}

/// E-23.
#[test]
fn a_response_has_entras_shape() {
    let scene = Scene::new();
    let xml = write(&scene.answer(), Signing::Assertion);
    let (before, rest) =
        xml.split_once("<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><SignedInfo>").expect("a signature");
    let (_, after) = rest.split_once("</X509Certificate></X509Data></KeyInfo></Signature>").expect("a certificate");
    assert_eq!(
        before,
        "<samlp:Response ID=\"_02020202020202020202020202020202\" Version=\"2.0\" \
         IssueInstant=\"2026-01-01T12:00:00.000Z\" Destination=\"https://sp.example.org/sso/one/acs\" \
         InResponseTo=\"_01010101010101010101010101010101\" xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <Issuer xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
         https://sts.windows.net/11111111-2222-3333-4444-555555555555/</Issuer>\
         <samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>\
         <Assertion ID=\"_03030303030303030303030303030303\" IssueInstant=\"2026-01-01T12:00:00.000Z\" \
         Version=\"2.0\" xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">\
         <Issuer>https://sts.windows.net/11111111-2222-3333-4444-555555555555/</Issuer>"
    );
    assert_eq!(
        after,
        "<Subject><NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">ann@example.org</NameID>\
         <SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
         <SubjectConfirmationData InResponseTo=\"_01010101010101010101010101010101\" \
         NotOnOrAfter=\"2026-01-01T13:00:00.000Z\" Recipient=\"https://sp.example.org/sso/one/acs\"/>\
         </SubjectConfirmation></Subject>\
         <Conditions NotBefore=\"2026-01-01T11:55:00.000Z\" NotOnOrAfter=\"2026-01-01T13:00:00.000Z\">\
         <AudienceRestriction><Audience>https://sp.example.org</Audience></AudienceRestriction></Conditions>\
         <AttributeStatement>\
         <Attribute Name=\"http://schemas.microsoft.com/identity/claims/tenantid\">\
         <AttributeValue>11111111-2222-3333-4444-555555555555</AttributeValue></Attribute>\
         <Attribute Name=\"http://schemas.microsoft.com/identity/claims/displayname\">\
         <AttributeValue>Ann &lt;\"O'Neil\"&gt; &amp; Sons</AttributeValue></Attribute>\
         <Attribute Name=\"http://schemas.microsoft.com/ws/2008/06/identity/claims/groups\">\
         <AttributeValue>g1</AttributeValue><AttributeValue>g2</AttributeValue></Attribute></AttributeStatement>\
         <AuthnStatement AuthnInstant=\"2026-01-01T12:00:00.000Z\" SessionIndex=\"_03030303030303030303030303030303\">\
         <AuthnContext><AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport\
         </AuthnContextClassRef></AuthnContext></AuthnStatement></Assertion></samlp:Response>"
    );
}

/// E-22.
#[test]
fn a_response_is_accepted_whatever_of_it_is_signed() {
    let scene = Scene::new();
    for (signing, demanded) in [
        (Signing::Assertion, RequireSigned::Assertion),
        (Signing::Response, RequireSigned::Response),
        (Signing::Both, RequireSigned::Both),
    ] {
        let xml = write(&scene.answer(), signing);
        let accepted = scene.judge(&xml, |expect| expect.require_signed = demanded).expect("a good response");
        assert_eq!(accepted.name_id, scene.name_id, "{signing:?}");
        assert_eq!(accepted.attributes.iter().cloned().collect::<Vec<_>>(), scene.attributes);
    }
    let xml = write(&scene.answer(), Signing::Response);
    let refusal = scene.judge(&xml, |expect| expect.require_signed = RequireSigned::Assertion);
    assert_eq!(refusal, Err(Reason::AssertionNotSigned));
}

/// E-27.
#[test]
fn an_encrypted_assertion_is_accepted_with_every_algorithm() {
    let scene = Scene::new();
    let recipient = EncryptionKey::of(&SP.certificate).expect("an RSA key");
    let transports = [
        KeyTransport::RsaOaepMgf1p { digest: DigestAlgorithm::Sha1 },
        KeyTransport::RsaOaep { digest: DigestAlgorithm::Sha256, mgf1: DigestAlgorithm::Sha1 },
        KeyTransport::RsaOaep { digest: DigestAlgorithm::Sha256, mgf1: DigestAlgorithm::Sha256 },
    ];
    for content in ContentAlgorithm::ALL {
        for transport in transports {
            let how = Encryption { recipient: &recipient, content, transport };
            let (content_key, iv) = (vec![5; content.key_len()], vec![6; content.iv_len()]);
            let encrypt = Encrypt { how, content_key: &content_key, iv: &iv };
            for signing in [Signing::Assertion, Signing::Both, Signing::Response] {
                let encrypted = Encrypted { assertion: Some(encrypt), name_id: None };
                let xml = scene.answer().write(&signer(), signing, &encrypted).expect("a response");
                assert!(!xml.contains("ann@example.org"));
                assert_eq!(scene.accepted(&xml).name_id, scene.name_id, "{content:?} {transport:?} {signing:?}");
            }
        }
    }
}

#[test]
fn an_encrypted_name_identifier_is_accepted() {
    let mut scene = Scene::new();
    scene.name_id.sp_name_qualifier = Some("https://sp.example.org".to_owned());
    let recipient = EncryptionKey::of(&SP.certificate).expect("an RSA key");
    let encrypt = Encrypt { how: Encryption::new(&recipient), content_key: &[5; 32], iv: &[6; 12] };
    let encrypted = Encrypted { assertion: None, name_id: Some(encrypt) };
    let xml = scene.answer().write(&signer(), Signing::Assertion, &encrypted).expect("a response");
    assert!(xml.contains("<EncryptedID>") && !xml.contains("ann@example.org"));
    assert_eq!(scene.accepted(&xml).name_id, scene.name_id);
}

#[test]
fn a_response_that_nobody_asked_for_has_no_in_response_to_at_all() {
    let scene = Scene::new();
    let xml = write(&Answer { in_response_to: None, ..scene.answer() }, Signing::Both);
    assert!(!xml.contains("InResponseTo"));
    assert!(scene.judge(&xml, |expect| expect.request = Expected::Unsolicited).is_ok());
}

#[test]
fn values_of_every_kind_are_written_and_read_back() {
    let mut scene = Scene::new();
    scene.issuer = entity("https://idp.example.org"); // of no tenant, so that no claim need name one
    let structured = "<AttributeValue xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><x:y xmlns:x=\"urn:x\">z</x:y></AttributeValue>";
    scene.attributes = vec![Attribute {
        friendly_name: Some("mail".to_owned()),
        values: vec![
            AttributeValue::Text(String::new()),
            AttributeValue::Nil,
            AttributeValue::Structured(structured.to_owned()),
        ],
        ..Attribute::text::<String>("urn:oid:0.9.2342.19200300.100.1.3", [])
    }];
    let xml = write(&scene.answer(), Signing::Assertion);
    assert!(xml.contains("FriendlyName=\"mail\"><AttributeValue></AttributeValue>"), "{xml}");
    assert!(xml.contains("<AttributeValue xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"/>"));
    assert!(xml.contains(structured));
    assert_eq!(scene.accepted(&xml).attributes.iter().cloned().collect::<Vec<_>>(), scene.attributes);
}

#[test]
fn a_person_of_whom_nothing_is_said_has_no_attribute_statement() {
    let mut scene = Scene::new();
    scene.attributes.clear();
    assert!(!write(&scene.answer(), Signing::Assertion).contains("AttributeStatement"));
}

/// E-26.
#[test]
fn a_failure_is_written_as_entra_writes_it_and_refused_by_name() {
    let scene = Scene::new();
    let message = "AADSTS75006: An error occurred while processing a SAML2 Authentication request. AADSTS90011: The \
                   SAML authentication request property 'NameIdentifierPolicy' is not supported.";
    let failure = Failure {
        response_id: MessageId::from_random([2; 16]),
        issue_instant: at(NOW),
        issuer: &scene.issuer,
        acs_url: &scene.acs_url,
        in_response_to: Some(&scene.request),
        status: Status::failure(StatusCode::REQUESTER, Some(StatusCode::REQUEST_UNSUPPORTED), Some(message.to_owned())),
    };
    let xml = failure.write(None).expect("no signature");
    assert!(xml.ends_with(&format!(
        "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Requester\">\
         <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported\"/></samlp:StatusCode>\
         <samlp:StatusMessage>{message}</samlp:StatusMessage></samlp:Status></samlp:Response>"
    )));
    assert_eq!(scene.judge(&xml, |_| {}), Err(Reason::StatusNotSuccess));
    let signed = failure.write(Some(&signer())).expect("a signature");
    assert_eq!(scene.judge(&signed, |_| {}), Err(Reason::StatusNotSuccess));
}

/// E-14.
#[test]
fn the_audience_is_the_requests_issuer_or_spn_and_it() {
    assert_eq!(Answer::entra_audience(&entity("https://sp.example.org")), "https://sp.example.org");
    assert_eq!(
        Answer::entra_audience(&entity("3efd9d97-26e4-4837-bd75-91a34c2da4ee")),
        "spn:3efd9d97-26e4-4837-bd75-91a34c2da4ee"
    );
}

#[test]
fn random_bytes_of_the_wrong_number_are_refused() {
    let scene = Scene::new();
    let recipient = EncryptionKey::of(&SP.certificate).expect("an RSA key");
    let encrypt = Encrypt { how: Encryption::new(&recipient), content_key: &[5; 16], iv: &[6; 12] };
    let encrypted = Encrypted { assertion: Some(encrypt), name_id: None };
    assert_eq!(
        scene.answer().write(&signer(), Signing::Assertion, &encrypted),
        Err(AnswerError::Encrypt(EncryptError::KeyLength {
            got: 16,
            want: 32,
            algorithm: ContentAlgorithm::Aes256Gcm
        }))
    );
}

#[test]
fn a_response_of_another_key_is_refused() {
    let scene = Scene::new();
    let xml = scene.answer().write(&Signer::new(&NEXT.key), Signing::Both, &Encrypted::default()).expect("a response");
    assert_eq!(scene.judge(&xml, |_| {}), Err(Reason::NoKeyMatches));
}

#[cfg(feature = "test-doubles")]
mod doubles {
    use super::{Reason, Scene, Signing, signer, write};
    use vestibule_saml::binding::Signer;
    use vestibule_saml::idp::Encrypted;
    use vestibule_xmlsec::algorithms::{Algorithms, Sha1, SignatureAlgorithm};

    #[test]
    fn a_response_without_signature_is_refused() {
        let scene = Scene::new();
        let xml = scene.answer().write_unsigned(&Encrypted::default()).expect("a response");
        assert_eq!(scene.judge(&xml, |_| {}), Err(Reason::NotSigned));
        assert!(write(&scene.answer(), Signing::Both).len() > xml.len());
    }

    #[test]
    fn a_response_signed_with_sha_1_is_accepted_only_where_that_is_allowed() {
        let scene = Scene::new();
        let sha1 = Signer { algorithm: SignatureAlgorithm::RsaSha1, ..signer() };
        let xml = scene.answer().write(&sha1, Signing::Assertion, &Encrypted::default()).expect("a response");
        assert!(xml.contains("http://www.w3.org/2000/09/xmldsig#rsa-sha1"));
        assert!(xml.contains("http://www.w3.org/2000/09/xmldsig#sha1"));
        assert_eq!(scene.judge(&xml, |_| {}), Err(Reason::Sha1NotAllowed));
        let allowing = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };
        assert!(scene.judge(&xml, |expect| expect.algorithms = allowing).is_ok());
    }
}
