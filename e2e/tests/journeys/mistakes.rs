//! The commonest mistakes of a set-up, in a browser: each is told in words that say whose side must change what, and when
//! that is done there, it works.

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Look};

use super::set_up::{GUS, at_entra, copied, link, shown};
use crate::demo::{ACME_APP, Demo, name_and_password, says};

/// A set-up whose values are where they belong, and nothing has been tried.
struct Scene {
    demo: Demo,
    link: String,
    /// An administrator at Entra.
    portal: Browser,
    /// The application's single sign-on there.
    saml: String,
    /// Whoever has the link, and tries.
    page: Browser,
}

impl Scene {
    fn new() -> Self {
        let demo = Demo::start();
        let link = link(&demo);
        let portal = Browser::open(&Look::DESKTOP);
        let page = Browser::open(&Look::DESKTOP);
        page.goto(&link);
        let saml = at_entra(&demo, &portal, &page);
        let scene = Self { demo, link, portal, saml, page };
        scene.reads_metadata();
        scene
    }

    /// The metadata of the application there is read, for the first time or anew.
    fn reads_metadata(&self) {
        self.portal.goto(&self.saml);
        let url = copied(&self.portal, "App Federation Metadata Url");
        self.page.goto(&self.link);
        self.page.fill("#metadata_url", &url);
        self.page.click("#read");
        // Where there is something to look at it is told at once.
        self.page.wait_for_url(|url| url.ends_with("#known") || url.ends_with("/theirs"));
    }

    /// The values are pasted in the place of the metadata, with a certificate.
    fn pastes_values(&self, certificate: &str) {
        self.portal.goto(&self.saml);
        let values = [("#sign_on", "Login URL"), ("#issuer", "Microsoft Entra Identifier")];
        let values = values.map(|(field, label)| (field, copied(&self.portal, label)));
        self.page.goto(&self.link);
        self.page.click("#by-hand summary");
        for (field, value) in values {
            self.page.fill(field, &value);
        }
        self.page.fill("#certificates", certificate);
        self.page.click("#save-values");
        self.page.wait_for_url(|url| url.ends_with("#known"));
    }

    /// The application at Entra, in its own words.
    fn application(&self) -> String {
        let (_, path) = self.saml.split_once("/portal/").unwrap();
        path.trim_end_matches("/saml").to_owned()
    }

    /// Entra behaves so, whoever made it.
    fn entra(&self, patch: &str) {
        self.demo.change_application_of(&self.application(), patch);
    }

    /// An administrator writes something into a field of a page at Entra, and saves.
    fn at_entra(&self, page: &str, field: &str, value: &str) {
        self.portal.goto(&format!("{}{page}", self.saml));
        self.portal.wait_for(&format!("[name={field}]"));
        self.portal.fill(&format!("[name={field}]"), value);
        self.portal.press("Save");
        self.portal.wait_for(".done");
    }

    /// The same where the values are offered.
    fn chooses_at_entra(&self, page: &str, field: &str, value: &str) {
        self.portal.goto(&format!("{}{page}", self.saml));
        self.portal.wait_for(&format!("[name={field}]"));
        let script = "document.querySelector(`[name=${arguments[0]}]`).value = arguments[1]";
        self.portal.execute(script, &[field.into(), value.into()]);
        self.portal.press("Save");
        self.portal.wait_for(".done");
    }

    /// The certificate of another application, as its page gives it away.
    fn other_certificate(&self) -> String {
        self.portal.goto(&self.demo.url("entra", &format!("/portal/{ACME_APP}/saml")));
        let file = self.portal.attribute("a[aria-label='Download Certificate (Base64)']", "href").unwrap();
        Client::new().get(&self.demo.url("entra", &file)).unwrap().text()
    }

    /// The test begins, in the window of the page.
    fn begins(&self) {
        self.page.goto(&self.link);
        self.page.execute("document.querySelector('[data-begins]').target = ''", &[]);
        self.page.click("#test");
    }

    /// Gus, who has not signed in at Entra yet, tries; what the page makes of it.
    fn first_try(&self, verdict: &str) -> String {
        self.begins();
        name_and_password(&self.page, GUS);
        self.told(verdict)
    }

    /// Gus, whom Entra knows, tries once more.
    fn next_try(&self, verdict: &str) -> String {
        self.begins();
        self.told(verdict)
    }

    fn told(&self, verdict: &str) -> String {
        self.page.wait_for_text(verdict);
        self.page.goto(&self.link);
        self.page.wait_for_text(verdict);
        self.page.text("section[aria-labelledby=try]")
    }

    /// The first try ends on a page of Entra, of which Gus pastes the text; what the page says of it.
    fn pastes_what_entra_shows(&self, number: &str) -> String {
        self.begins();
        name_and_password(&self.page, GUS);
        self.pastes(number)
    }

    /// What Entra shows now is pasted; what the page says of it.
    fn pastes(&self, number: &str) -> String {
        self.page.wait_for_text(number);
        let told = self.page.text("body");
        self.page.goto(&self.link);
        // The field stands open for as long as no answer has come.
        self.page.fill("#pasted", &told);
        self.page.press("Explain it");
        self.page.wait_for("#explain .facts");
        self.page.text("#explain")
    }
}

const NOT_YET: &str = "It does not work yet";
const WORKS: &str = "It works";

/// 1: a Reply URL of another address.
#[test]
fn a_wrong_reply_url_stays_at_entra_whose_text_is_explained() {
    let scene = Scene::new();
    scene.at_entra("/basic", "reply_url", "https://elsewhere.example/acs");
    scene.begins();
    says(&scene.pastes("AADSTS50011"), &["Basic SAML Configuration", "Reply URL"]);
    scene.at_entra("/basic", "reply_url", &shown(&scene.page, "Reply URL (Assertion Consumer Service URL)"));
    scene.first_try(WORKS);
}

/// 2: an identifier of another application.
#[test]
fn a_wrong_identifier_stays_at_entra_whose_text_is_explained() {
    let scene = Scene::new();
    scene.at_entra("/basic", "identifier", "https://elsewhere.example/sp");
    scene.begins();
    says(&scene.pastes("AADSTS700016"), &["Basic SAML Configuration", "Identifier (Entity ID)"]);
    scene.at_entra("/basic", "identifier", &shown(&scene.page, "Identifier (Entity ID)"));
    scene.first_try(WORKS);
}

/// 3: a certificate that has ended.
#[test]
fn an_expired_certificate_is_named_with_where_a_new_one_is_made() {
    let scene = Scene::new();
    scene.entra(
        r#"{"certificates": [{"key": "app-3", "not_before": "2020-01-01T00:00:00Z",
            "not_after": "2023-01-01T00:00:00Z", "status": "active"}]}"#,
    );
    scene.reads_metadata();
    says(&scene.page.text("#known"), &["■"]);
    let told = scene.first_try(NOT_YET);
    says(&told, &["The signing certificate has expired.", "SAML Certificates", "make a new certificate"]);
    scene.portal.goto(&format!("{}/certificates", scene.saml));
    scene.portal.press("New Certificate");
    // It signs at once, for the one before has ended.
    scene.portal.wait_for_url(|url| url.contains("created"));
    scene.reads_metadata();
    scene.next_try(WORKS);
}

/// 4: the certificate of another application.
#[test]
fn a_certificate_of_another_application_is_named_with_where_the_right_one_is() {
    let scene = Scene::new();
    let other = scene.other_certificate();
    scene.pastes_values(&other);
    let told = scene.first_try(NOT_YET);
    says(&told, &["None of the configured certificates made the signature.", "Certificate (Base64)"]);
    scene.reads_metadata();
    scene.next_try(WORKS);
}

/// SC-2, SC-6: somebody who is not assigned.
#[test]
fn somebody_who_is_not_assigned_stays_at_entra_whose_text_is_explained() {
    let scene = Scene::new();
    let users = scene.saml.replace("/saml", "/users");
    scene.portal.goto(&users);
    scene.portal.click("button[aria-label^=Remove]");
    scene.portal.wait_for_text("Nobody is assigned");
    let told = scene.pastes_what_entra_shows("AADSTS50105");
    says(&told, &["Users and groups"]);
    scene.portal.goto(&users);
    scene.portal.press("Assign");
    scene.portal.wait_for("button[aria-label^=Remove]");
    scene.next_try(WORKS);
}

const NEEDS_MAIL: &str = r#"
[[account]]
path = "north/garage"
name = "Hill Garage"
sub_domain = "garage"
admission = "create"
required_claims = ["emailaddress"]
"#;

/// 6: no claim with the address.
#[test]
fn a_missing_mail_claim_is_named_with_where_it_is_added() {
    let scene = Scene::new();
    scene.demo.apply(NEEDS_MAIL);
    scene.portal.goto(&format!("{}/claims", scene.saml));
    let address = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
    scene.portal.click(&format!("button[aria-label='Delete {address}']"));
    scene.portal.wait_for(".done");
    let told = scene.first_try(NOT_YET);
    says(&told, &["Attributes & Claims", "emailaddress"]);
    scene.portal.goto(&format!("{}/claims/claim", scene.saml));
    scene.portal.fill("#name", "emailaddress");
    scene.portal.fill("#namespace", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims");
    scene.portal.fill("#source", "user.mail");
    scene.portal.press("Save");
    scene.portal.wait_for(".done");
    scene.next_try(WORKS);
}

/// 7: a Name ID of an attribute that nobody has.
#[test]
fn a_wrong_name_id_stays_at_entra_whose_text_is_explained() {
    let scene = Scene::new();
    scene.at_entra("/claims/name-id", "source", "user.employeeid");
    let told = scene.pastes_what_entra_shows("AADSTS501241");
    says(&told, &["Attributes & Claims"]);
    scene.at_entra("/claims/name-id", "source", "user.userprincipalname");
    scene.next_try(WORKS);
}

/// 8: signed with SHA-1.
#[test]
fn a_signature_with_sha1_is_named_with_where_sha256_is_chosen() {
    let scene = Scene::new();
    scene.chooses_at_entra("/certificates", "algorithm", "sha1");
    let told = scene.first_try(NOT_YET);
    says(&told, &["The signature uses SHA-1", "SAML Certificates", "Signing Algorithm"]);
    scene.chooses_at_entra("/certificates", "algorithm", "sha256");
    scene.next_try(WORKS);
}

/// 9: a clock that is off.
#[test]
fn a_clock_that_is_off_is_named_with_whose_to_set() {
    let scene = Scene::new();
    scene.entra(r#"{"validity": {"before_seconds": -900, "after_seconds": 4500, "confirmation_seconds": 4500}}"#);
    let told = scene.first_try(NOT_YET);
    says(&told, &["The assertion is not valid yet.", "Set the clocks right"]);
    scene.entra(r#"{"validity": {"before_seconds": 300}}"#);
    scene.next_try(WORKS);
}

/// 10: encrypted for a key that nobody has here.
#[test]
fn an_assertion_that_is_encrypted_without_a_key_is_named_with_where_that_is_ended() {
    let scene = Scene::new();
    let certificate = scene.other_certificate().replace('\n', "\\n").replace('\r', "");
    scene.entra(&format!(r#"{{"encryption": {{"certificate": "{certificate}", "status": "active"}}}}"#));
    let told = scene.first_try(NOT_YET);
    says(&told, &["The assertion is encrypted", "Token encryption"]);
    scene.portal.goto(&scene.saml.replace("/saml", "/token-encryption"));
    scene.portal.press("Deactivate token encryption certificate");
    scene.portal.wait_for_text("Inactive");
    scene.next_try(WORKS);
}
