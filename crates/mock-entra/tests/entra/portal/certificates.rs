//! SAML Certificates, Verification certificates and Token encryption.

use http::StatusCode;
use vestibule_mock_entra::service::{RequestSignatures, SigningAlgorithm, SigningOption};

use super::{app, leads_to, refused};
use crate::support::browser::Browser;
use crate::support::{World, ada, code};

/// A key that signs requests and one that decrypts, each in its certificate.
const SIGNING: &[u8] = include_bytes!("../../../../../vectors/keys/sp.cert.pem");

/// E-49.
#[test]
fn a_new_certificate_is_inactive_until_it_is_made_active() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let at = app("/saml/certificates");
    let before = world.app().signing_certificate().unwrap().thumbprint_sha1();
    leads_to(&browser.fill(&app("/saml/certificates/new"), &[]), &at);
    let page = browser.get(&at);
    assert!(page.has("● Active") && page.has("○ Inactive") && page.has("Make certificate active"), "{}", page.html);
    assert!(browser.get(&app("/saml")).has("1 inactive"));
    assert_eq!(world.app().signing_certificate().unwrap().thumbprint_sha1(), before);
    let new = page.between("name=\"thumbprint\" value=\"", "\"");
    leads_to(&browser.fill(&app("/saml/certificates/activate"), &[("thumbprint", &new)]), &at);
    assert_eq!(world.app().signing_certificate().unwrap().thumbprint_sha1(), new);
    world.sign_in();
    let page = browser.fill(&app("/saml/certificates/delete"), &[("thumbprint", &new)]);
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.has(&format!("The certificate {new} is active; activate another one first.")), "{}", page.html);
    leads_to(&browser.fill(&app("/saml/certificates/delete"), &[("thumbprint", &before)]), &at);
    assert_eq!(world.app().certificates().len(), 1);
    let page = browser.fill(&app("/saml/certificates/activate"), &[("thumbprint", "00")]);
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

/// E-22.
#[test]
fn answers_are_signed_as_it_was_chosen() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let fields = [("option", "response"), ("algorithm", "sha1")];
    leads_to(&browser.fill(&app("/saml/certificates"), &fields), &app("/saml/certificates"));
    let set = world.app().get();
    assert_eq!((set.signing_option, set.signing_algorithm), (SigningOption::Response, SigningAlgorithm::Sha1));
    let answer = world.entra.answer(&world.url(), &ada()).unwrap().xml;
    assert_eq!(answer.matches("xmldsig#rsa-sha1").count(), 1, "{answer}");
    assert!(answer.find("<Signature").unwrap() < answer.find("<Assertion").unwrap(), "the response is signed");
}

/// E-20.
#[test]
fn signed_requests_are_required_once_there_is_a_certificate() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let at = app("/saml/verification");
    let page = browser.fill(&at, &[("require", "yes")]);
    refused(&page, "require", "Upload a certificate first: without one, no signature can be verified.");
    assert!(page.has("value=\"yes\" checked"), "what was checked stays");
    refused(
        &browser.upload(&app("/saml/verification/upload"), "certificate", b""),
        "certificate",
        "Choose the application's certificate (.cer).",
    );
    let page = browser.upload(&app("/saml/verification/upload"), "certificate", b"no certificate");
    assert!(page.status == StatusCode::BAD_REQUEST && page.has("id=\"certificate-error\""), "{}", page.html);
    leads_to(&browser.upload(&app("/saml/verification/upload"), "certificate", SIGNING), &at);
    refused(
        &browser.upload(&app("/saml/verification/upload"), "certificate", SIGNING),
        "certificate",
        "This certificate was uploaded already.",
    );
    world.sign_in();
    leads_to(&browser.fill(&at, &[("require", "yes"), ("sha1", "yes")]), &at);
    assert_eq!(world.app().get().request_signatures, RequestSignatures::RequiredSha1Allowed);
    leads_to(&browser.fill(&at, &[("require", "yes")]), &at);
    assert_eq!(code(world.entra.answer(&world.url(), &ada())), 76021);
    let cards = browser.get(&app("/saml"));
    assert!(cards.has("<dt>Required</dt><dd>Yes</dd>\n<dt>Active</dt><dd>1</dd>"), "{}", cards.html);
    assert!(cards.has("AADSTS76021"), "the test does not work then");
    leads_to(&browser.fill(&at, &[]), &at);
    world.sign_in();
    let thumbprint = browser.get(&at).between("name=\"thumbprint\" value=\"", "\"");
    leads_to(&browser.fill(&app("/saml/verification/delete"), &[("thumbprint", &thumbprint)]), &at);
    assert!(browser.get(&at).has("None is uploaded."));
}

/// E-27.
#[test]
fn an_imported_certificate_encrypts_once_it_is_activated() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let at = app("/token-encryption");
    let encrypted = || world.entra.answer(&world.url(), &ada()).unwrap().xml.contains("<EncryptedAssertion");
    assert!(browser.get(&at).has("No certificate is imported"));
    let page = browser.fill(&app("/token-encryption/status"), &[("status", "active")]);
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    leads_to(&browser.upload(&app("/token-encryption/import"), "certificate", SIGNING), &at);
    assert!(browser.get(&at).has("○ Inactive") && !encrypted());
    leads_to(&browser.fill(&app("/token-encryption/status"), &[("status", "active")]), &at);
    assert!(browser.get(&at).has("● Active") && encrypted());
    world.sign_in();
    leads_to(&browser.fill(&app("/token-encryption/status"), &[("status", "inactive")]), &at);
    assert!(!encrypted());
    leads_to(&browser.fill(&app("/token-encryption/delete"), &[]), &at);
    assert_eq!(world.app().get().encryption, None);
}
