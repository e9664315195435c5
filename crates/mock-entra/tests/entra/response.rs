//! The shape of a response, its seal and its times (E-22 to E-27).

use jiff::SignedDuration;
use vestibule_mock_entra::service::{ContentMode, Encryption, SigningAlgorithm, SigningOption, Transport, Validity};
use vestibule_mock_entra::{keys, text};
use vestibule_saml::sp::{Reason, RequireSigned};
use vestibule_xmlsec::algorithms::{Algorithms, Sha1};

use crate::support::{Judge, World, ada, start};

/// E-22.
#[test]
fn each_signing_option_is_accepted_where_it_is_demanded() {
    for (option, change) in [
        (
            SigningOption::Assertion,
            Judge { change: |it| it.require_signed = RequireSigned::Assertion, ..Judge::default() },
        ),
        (
            SigningOption::Response,
            Judge { change: |it| it.require_signed = RequireSigned::Response, ..Judge::default() },
        ),
        (
            SigningOption::ResponseAndAssertion,
            Judge { change: |it| it.require_signed = RequireSigned::Both, ..Judge::default() },
        ),
    ] {
        let world = World::new();
        world.app().change(|app| app.signing_option = option).unwrap();
        let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
        world.judge(&delivery, &change).unwrap();
        let signatures = if option == SigningOption::ResponseAndAssertion { 2 } else { 1 };
        assert_eq!(delivery.xml.matches("<Signature ").count(), signatures);
    }
}

/// E-22.
#[test]
fn sha1_is_signed_where_it_is_set_and_accepted_where_it_is_allowed() {
    let world = World::new();
    world
        .app()
        .change(|app| {
            app.signing_algorithm = SigningAlgorithm::Sha1;
            app.signing_option = SigningOption::ResponseAndAssertion;
        })
        .unwrap();
    let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
    assert_eq!(delivery.xml.matches("http://www.w3.org/2000/09/xmldsig#rsa-sha1").count(), 2);
    let refusal = world.judge(&delivery, &Judge::default()).unwrap_err();
    assert_eq!(refusal.reason, Reason::Sha1NotAllowed, "{refusal:?}");
    let judge = Judge {
        change: |it| it.algorithms = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT },
        ..Judge::default()
    };
    world.judge(&delivery, &judge).unwrap();
}

/// E-23.
#[test]
fn the_xml_has_entras_shape() {
    let world = World::new();
    let xml = world.entra.answer(&world.url(), &ada()).unwrap().xml;
    assert!(xml.starts_with("<samlp:Response ID=\"_"), "{xml}");
    let assertion = text::element(&xml, "Assertion");
    let attribute = |element: &str, name: &str| {
        let rest = element.split_once(&format!("{name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.to_owned()
    };
    assert_eq!(attribute(&assertion, "SessionIndex"), attribute(&assertion, "ID"), "the session is the assertion");
    assert!(assertion.contains("xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\"><Issuer>"), "{assertion}");
    let signature = text::element(&assertion, "Signature");
    assert!(
        signature.starts_with("<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><SignedInfo>"),
        "{signature}"
    );
    assert_eq!(signature.matches("<X509Certificate>").count(), 1);
    assert_eq!(signature.matches("http://www.w3.org/2001/10/xml-exc-c14n#").count(), 2);
    assert!(assertion.contains("Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\""));
    assert!(xml.find("</Subject><Conditions ") < xml.find("<AttributeStatement>"));
    assert!(xml.find("<AttributeStatement>") < xml.find("<AuthnStatement "));
    assert!(!xml.contains("saml:") && !xml.contains("ds:") && !xml.contains('\n'));
}

/// E-24.
#[test]
fn validity_is_as_it_was_seen_as_it_is_documented_or_as_a_policy_has_it() {
    let world = World::new();
    let times = |validity: Validity| {
        world.app().change(|app| app.validity = validity).unwrap();
        let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
        world.accept(&delivery);
        let all: Vec<String> = ["NotOnOrAfter=\"", "NotBefore=\"", "Z\" NotOnOrAfter=\""]
            .map(|name| delivery.xml.split_once(name).unwrap().1[..24].to_owned())
            .into();
        all
    };
    assert_eq!(
        times(Validity::SEEN),
        ["2026-03-02T11:00:00.000Z", "2026-03-02T09:55:00.000Z", "2026-03-02T11:00:00.000Z"]
    );
    assert_eq!(
        times(Validity::DOCUMENTED),
        ["2026-03-02T10:05:00.000Z", "2026-03-02T10:00:00.000Z", "2026-03-02T11:10:00.000Z"]
    );
    let policy = Validity { after_seconds: 86_400, ..Validity::SEEN };
    assert_eq!(times(policy), ["2026-03-02T11:00:00.000Z", "2026-03-02T09:55:00.000Z", "2026-03-03T10:00:00.000Z"]);
}

/// E-25.
#[test]
fn a_session_of_weeks_answers_with_its_old_instant() {
    let world = World::new();
    world.pass(SignedDuration::from_hours(24 * 80));
    let delivery = world.entra.answer(&world.url(), &ada().signed_in_since(start())).unwrap();
    assert_eq!(world.accept(&delivery).authn_instant, start());
    let judge = Judge { change: |it| it.max_age = Some(SignedDuration::from_hours(1)), ..Judge::default() };
    assert_eq!(world.judge(&delivery, &judge).unwrap_err().reason, Reason::AuthenticationTooOld);
}

/// E-27.
#[test]
fn an_assertion_is_encrypted_in_either_mode_and_with_either_key_transport() {
    let world = World::new();
    for option in [SigningOption::Assertion, SigningOption::Response, SigningOption::ResponseAndAssertion] {
        for content in [ContentMode::Cbc, ContentMode::Gcm] {
            for transport in [Transport::OaepMgf1p, Transport::OaepSha256] {
                let certificate = text::base64(keys::certificate("sp").der());
                world
                    .app()
                    .change(|app| {
                        app.signing_option = option;
                        app.encryption = Some(Encryption { certificate, content, transport, ..Encryption::default() });
                    })
                    .unwrap();
                let delivery = world.entra.answer(&world.url(), &ada()).unwrap();
                assert!(delivery.xml.contains("<EncryptedAssertion ") && !delivery.xml.contains("<Assertion"));
                world.accept(&delivery);
            }
        }
    }
}
