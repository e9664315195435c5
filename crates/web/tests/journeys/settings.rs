//! What may be set for a connection, each setting by a sign-in that needs it.

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::{Encryption, ExpiredCertificates, RequestSigning, SignaturePolicy};
use vestibule_journeys::rotate_keys::{self, ConnectionName};
use vestibule_mock_entra::service::{
    ContentMode, Encryption as Encrypts, RequestSignatures, Sealed, SigningAlgorithm, SigningOption, Transport,
};
use vestibule_saml::types::{EntityId, NameIdFormat};
use vestibule_store::tx::KeyPurpose;

use crate::support::{ADA, CALLBACK, Party, World, base64, request_of, start};

const SP: [&str; 2] =
    [include_str!("../../../../vectors/keys/sp.key.pem"), include_str!("../../../../vectors/keys/sp.cert.pem")];
const SP_NEXT: [&str; 2] = [
    include_str!("../../../../vectors/keys/sp-next.key.pem"),
    include_str!("../../../../vectors/keys/sp-next.cert.pem"),
];

/// E-20: where Entra wants signed requests, ours are; unsigned ones end on Entra's page with AADSTS76021.
#[tokio::test]
async fn requests_are_signed_where_the_identity_provider_wants_it() {
    let world = World::new().await;
    let demand = |app: &mut vestibule_mock_entra::service::Application| {
        app.request_signatures = RequestSignatures::Required;
        app.verification_certificates = vec![SP[1].to_owned()];
    };
    world.app_of(&world.acme).change(demand).unwrap();
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    let person = vestibule_mock_entra::service::Person::new(ADA);
    assert_eq!(world.entra.answer(&sent.location(), &person).unwrap_err().code, 76021);

    world.set(&world.acme, |saml| saml.requests = RequestSigning::Signed).await;
    let lacks = world.browser().get(&world.acme.at("start")).await;
    lacks.shows(StatusCode::FORBIDDEN, "still being set up");
    world.add_key(&world.acme, KeyPurpose::Signing, SP).await;
    assert!(world.lets_in(&world.acme, ADA).await);
    // Another key than the uploaded one does not do (E-20).
    world.app_of(&world.acme).change(|app| app.verification_certificates = vec![SP_NEXT[1].to_owned()]).unwrap();
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    assert_eq!(world.entra.answer(&sent.location(), &person).unwrap_err().code, 50006);
}

/// E-21: requests are not signed unless that is set, which nobody has to check.
#[tokio::test]
async fn requests_are_not_signed_by_default() {
    let world = World::new().await;
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    assert!(!sent.location().contains("Signature="));
}

fn encrypts(pair: [&str; 2], content: ContentMode, transport: Transport) -> Encrypts {
    Encrypts { certificate: pair[1].to_owned(), content, transport, ..Encrypts::default() }
}

/// HY-5, E-27: encrypted assertions are read with the connection's own key, in each way that Entra may choose.
#[tokio::test]
async fn an_encrypted_assertion_signs_in() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.encryption = Encryption::GcmAndCbc).await;
    world.add_key(&world.acme, KeyPurpose::Decryption, SP).await;
    for content in [ContentMode::Cbc, ContentMode::Gcm] {
        for transport in [Transport::OaepMgf1p, Transport::OaepSha256] {
            let how = encrypts(SP, content, transport);
            world.app_of(&world.acme).change(|app| app.encryption = Some(how)).unwrap();
            let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
            let xml = world.answer(&sent, ADA).xml;
            assert!(xml.contains("EncryptedAssertion") && !xml.contains(ADA), "{content:?} {transport:?}");
            assert!(world.lets_in(&world.acme, ADA).await, "{content:?} {transport:?}");
        }
    }
}

/// HY-12: two keys overlap: what is encrypted with the old one still counts until the identity provider has the new one.
#[tokio::test]
async fn the_old_key_still_decrypts_beside_the_new_one() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.encryption = Encryption::Gcm).await;
    world.add_key(&world.acme, KeyPurpose::Decryption, SP).await;
    world.pass(SignedDuration::from_mins(1));
    world.add_key(&world.acme, KeyPurpose::Decryption, SP_NEXT).await;
    for pair in [SP, SP_NEXT] {
        let how = encrypts(pair, ContentMode::Gcm, Transport::OaepSha256);
        world.app_of(&world.acme).change(|app| app.encryption = Some(how)).unwrap();
        assert!(world.lets_in(&world.acme, ADA).await);
    }
    let metadata = world.browser().get(&world.acme.at("metadata")).await;
    assert_eq!(metadata.body.matches("use=\"encryption\"").count(), 2, "{}", metadata.body);

    // A retired key is shown to nobody, and still decrypts until it is removed.
    let old = rotate_keys::list(&world.ctx(), &of(&world.acme)).await.unwrap().remove(0).id;
    rotate_keys::retire(&world.ctx(), &of(&world.acme), &old).await.unwrap();
    let metadata = world.browser().get(&world.acme.at("metadata")).await;
    assert_eq!(metadata.body.matches("use=\"encryption\"").count(), 1, "{}", metadata.body);
    let how = encrypts(SP, ContentMode::Gcm, Transport::OaepSha256);
    world.app_of(&world.acme).change(|app| app.encryption = Some(how)).unwrap();
    assert!(world.lets_in(&world.acme, ADA).await);
    rotate_keys::remove(&world.ctx(), &of(&world.acme), &old).await.unwrap();
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "cannot decrypt");
}

/// HY-12: a new signing key is in the metadata before anything is signed with it; retiring the old one hands over.
#[tokio::test]
async fn a_new_signing_key_signs_once_the_old_one_is_retired() {
    let world = World::new().await;
    let uploaded = |pair: [&str; 2]| {
        let certificate = pair[1].to_owned();
        let demand = |app: &mut vestibule_mock_entra::service::Application| {
            app.request_signatures = RequestSignatures::Required;
            app.verification_certificates = vec![certificate];
        };
        world.app_of(&world.acme).change(demand).unwrap();
    };
    world.set(&world.acme, |saml| saml.requests = RequestSigning::Signed).await;
    world.add_key(&world.acme, KeyPurpose::Signing, SP).await;
    world.pass(SignedDuration::from_mins(1));
    world.add_key(&world.acme, KeyPurpose::Signing, SP_NEXT).await;
    uploaded(SP);
    assert!(world.lets_in(&world.acme, ADA).await, "the identity provider has the old one only");
    let metadata = world.browser().get(&world.acme.at("metadata")).await;
    assert_eq!(metadata.body.matches("use=\"signing\"").count(), 2, "{}", metadata.body);

    let old = rotate_keys::list(&world.ctx(), &of(&world.acme)).await.unwrap().remove(0).id;
    rotate_keys::retire(&world.ctx(), &of(&world.acme), &old).await.unwrap();
    uploaded(SP_NEXT);
    assert!(world.lets_in(&world.acme, ADA).await);
}

fn of(party: &Party) -> ConnectionName {
    let account = AccountPath::parse(party.domain.split('.').next().unwrap()).unwrap();
    ConnectionName { account, name: "entra".parse().unwrap() }
}

/// HY-5: without a key of ours, or with another one, the page says that it cannot be decrypted.
#[tokio::test]
async fn what_is_encrypted_for_somebody_else_is_refused() {
    let world = World::new().await;
    let how = encrypts(SP_NEXT, ContentMode::Gcm, Transport::OaepSha256);
    world.app_of(&world.acme).change(|app| app.encryption = Some(how)).unwrap();
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "cannot decrypt");
    world.set(&world.acme, |saml| saml.encryption = Encryption::Gcm).await;
    world.add_key(&world.acme, KeyPurpose::Decryption, SP).await;
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "cannot decrypt");
}

/// MX-8, E-22: each signing option of Entra is taken, and the connection may demand more.
#[tokio::test]
async fn each_signing_option_is_taken_where_the_policy_allows_it() {
    use SignaturePolicy as P;
    use SigningOption as S;
    let all = [S::Assertion, S::Response, S::ResponseAndAssertion];
    let allowed = [
        (P::Either, [true, true, true]),
        (P::Assertion, [true, false, true]),
        (P::Response, [false, true, true]),
        (P::Both, [false, false, true]),
    ];
    let world = World::new().await;
    for (policy, allowed) in allowed {
        world.set(&world.acme, |saml| saml.signed = policy).await;
        for (option, allowed) in all.into_iter().zip(allowed) {
            world.app_of(&world.acme).change(|app| app.signing_option = option).unwrap();
            let seen = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
            if allowed {
                assert!(seen.location().starts_with(CALLBACK), "{policy:?} {option:?}");
            } else {
                seen.shows(StatusCode::FORBIDDEN, "not signed as it must be");
            }
        }
    }
}

/// MX-8: an answer without any signature is refused by every policy.
#[tokio::test]
async fn an_unsigned_answer_is_always_refused() {
    use SignaturePolicy as P;
    let world = World::new().await;
    for policy in [P::Either, P::Assertion, P::Response, P::Both] {
        world.set(&world.acme, |saml| saml.signed = policy).await;
        let mut browser = world.browser();
        let (_, sent) = world.start(&mut browser, &world.acme).await;
        let unsigned = world.answer_bent(&sent, ADA, |draft| draft.sealed = Sealed::Nothing);
        browser.deliver(&unsigned).await.shows(StatusCode::FORBIDDEN, "not signed as it must be");
    }
}

/// MX-9: SHA-1 is refused, taken until the date of the opt-in, and then refused again.
#[tokio::test]
async fn sha1_is_taken_only_until_the_date_that_is_set() {
    let world = World::new().await;
    world.app_of(&world.acme).change(|app| app.signing_algorithm = SigningAlgorithm::Sha1).unwrap();
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "no longer safe");

    let until = start() + SignedDuration::from_hours(24);
    world.set(&world.acme, |saml| saml.sha1_until = Some(until)).await;
    assert!(world.lets_in(&world.acme, ADA).await);
    world.pass(SignedDuration::from_hours(24));
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "no longer safe");
}

/// MX-9: what is taken with SHA-1 is marked where an administrator looks.
#[tokio::test]
async fn sha1_is_marked_in_the_report() {
    let world = World::new().await;
    world.show_details(&world.acme).await;
    world.app_of(&world.acme).change(|app| app.signing_algorithm = SigningAlgorithm::Sha1).unwrap();
    world.set(&world.acme, |saml| saml.sha1_until = Some(start() + SignedDuration::from_hours(24))).await;
    let mut browser = world.browser();
    let sent = browser.get(&world.acme.at("test")).await;
    let page = browser.deliver(&world.answer(&sent, ADA)).await;
    page.shows(StatusCode::OK, "It works, but look at the marked steps");
    page.shows(StatusCode::OK, "SHA-1 is weak and only allowed for now");
}

/// MX-14, E-49, E-51: during a rollover both certificates are listed, and whichever signs is taken.
#[tokio::test]
async fn two_certificates_are_good_at_once() {
    let world = World::new().await;
    let app = world.app_of(&world.acme);
    let next = app.new_certificate().unwrap();
    let listed = app.certificates().into_iter().find(|it| it.certificate.thumbprint_sha1() == next).unwrap();
    assert!(world.lets_in(&world.acme, ADA).await, "the new one does not sign yet");

    app.activate_certificate(&next).unwrap();
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "cannot verify who sent the answer");

    world.set(&world.acme, |saml| saml.certificates.push(base64(listed.certificate.der()))).await;
    assert!(world.lets_in(&world.acme, ADA).await, "by the new one");
    let old = app.certificates().into_iter().find(|it| !it.signs).unwrap().certificate.thumbprint_sha1();
    app.activate_certificate(&old).unwrap();
    assert!(world.lets_in(&world.acme, ADA).await, "by the old one");
}

/// E-50: Entra signs on with an expired certificate; we refuse it, unless the connection only warns.
#[tokio::test]
async fn an_expired_certificate_is_refused_unless_the_connection_only_warns() {
    let world = World::new().await;
    world.show_details(&world.acme).await;
    let app = world.app_of(&world.acme);
    let expired: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    app.change(|app| app.certificates[0].not_after = Some(expired)).unwrap();
    let certificate = base64(app.signing_certificate().unwrap().der());
    world.set(&world.acme, |saml| saml.certificates = vec![certificate]).await;
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "has to be renewed here");

    world.set(&world.acme, |saml| saml.expired_certificate = ExpiredCertificates::Warn).await;
    assert!(world.lets_in(&world.acme, ADA).await);
    let mut browser = world.browser();
    let sent = browser.get(&world.acme.at("test")).await;
    let page = browser.deliver(&world.answer(&sent, ADA)).await;
    page.shows(StatusCode::OK, "The signing certificate has expired.");
}

/// HY-14, SC-1, E-50, E-61: the day on which it expires needs no change by anybody to count.
#[tokio::test]
async fn a_certificate_stops_counting_when_it_expires() {
    let world = World::new().await;
    let certificate = world.app_of(&world.acme).signing_certificate().unwrap();
    world.pass(certificate.not_after().duration_since(start()) - SignedDuration::from_mins(1));
    assert!(world.lets_in(&world.acme, ADA).await);
    world.pass(SignedDuration::from_mins(2));
    let refused = world.try_sign_in(&mut world.browser(), &world.acme, ADA).await;
    refused.shows(StatusCode::FORBIDDEN, "has to be renewed here");
}

/// E-15, XC-14: the format of the NameID is asked for where it is set, and else Entra's own setting holds.
#[tokio::test]
async fn the_format_of_the_name_id_can_be_asked_for() {
    let world = World::new().await;
    let (_, sent) = world.start(&mut world.browser(), &world.acme).await;
    assert!(!request_of(&sent).contains("NameIDPolicy"), "{}", request_of(&sent));
    for format in [NameIdFormat::EMAIL_ADDRESS, NameIdFormat::PERSISTENT, NameIdFormat::UNSPECIFIED] {
        world.set(&world.acme, |saml| saml.name_id_format = Some(format.clone())).await;
        let mut browser = world.browser();
        let (_, sent) = world.start(&mut browser, &world.acme).await;
        assert!(request_of(&sent).contains(format.as_str()));
        let answer = world.answer(&sent, ADA);
        assert!(answer.xml.contains(&format!("Format=\"{format}\"")), "{}", answer.xml);
        assert!(browser.deliver(&answer).await.location().starts_with(CALLBACK), "{format}");
    }
    assert_eq!(world.users(&world.acme).await.len(), 1, "the same person by the object's ID (E-36)");
}

/// CC-2, CC-3, CC-9, SC-7, HY-18, XC-11, E-13, E-14: our entity ID is whatever the customer registered: an application
/// ID, a bare word, a URN, the ACS URL, a URI. It is the issuer of our requests and the audience of the answers.
#[tokio::test]
async fn our_entity_id_is_whatever_the_customer_registered() {
    let world = World::new().await;
    let app_id = world.app_of(&world.acme).get().app_id;
    let acs_url = world.acme.at("acs");
    let ids = [
        (app_id.as_str(), format!("spn:{app_id}")),
        ("nameId", "spn:nameId".to_owned()),
        ("urn:amazon:cognito:sp:us-east-1_rlgU6e3y5", "urn:amazon:cognito:sp:us-east-1_rlgU6e3y5".to_owned()),
        (acs_url.as_str(), acs_url.clone()),
        ("https://motion.example/saml", "https://motion.example/saml".to_owned()),
    ];
    for (id, audience) in ids {
        // The application's own ID needs no entry (E-13).
        let entry = if id == app_id { Vec::new() } else { vec![id.to_owned()] };
        world.app_of(&world.acme).change(|app| app.identifiers = entry).unwrap();
        world.set(&world.acme, |saml| saml.entity_id = Some(EntityId::new(id).unwrap())).await;
        let mut browser = world.browser();
        let (_, sent) = world.start(&mut browser, &world.acme).await;
        assert!(request_of(&sent).contains(&format!(">{id}<")), "{}", request_of(&sent));
        let answer = world.answer(&sent, ADA);
        assert!(answer.xml.contains(&format!("<Audience>{audience}</Audience>")), "{}", answer.xml);
        assert!(browser.deliver(&answer).await.location().starts_with(CALLBACK), "{id}");
        let metadata = world.browser().get(&world.acme.at("metadata")).await;
        assert!(metadata.body.contains(&format!("entityID=\"{id}\"")), "{}", metadata.body);
    }
}

/// E-14, A15.1: some tenants have the prefix typed in; the bare word is taken then too, and another one never.
#[tokio::test]
async fn the_audience_of_a_bare_word_is_that_word_alone() {
    let world = World::new().await;
    world.app_of(&world.acme).change(|app| app.identifiers = vec!["nameId".to_owned()]).unwrap();
    world.set(&world.acme, |saml| saml.entity_id = Some(EntityId::new("nameId").unwrap())).await;
    for (audience, good) in
        [("nameId", true), ("spn:nameId", true), ("spn:nameid", false), ("spn:", false), ("x", false)]
    {
        let mut browser = world.browser();
        let (_, sent) = world.start(&mut browser, &world.acme).await;
        let answer = world.answer_bent(&sent, ADA, |draft| draft.response.audiences = vec![audience.to_owned()]);
        let seen = browser.deliver(&answer).await;
        assert_eq!(seen.status == StatusCode::SEE_OTHER, good, "{audience}");
    }
}
