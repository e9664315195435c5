//! A content management system in the cloud, whose customers' managers paste single sign-on together:
//! `examples/seed-systems/cloud-cms`.

mod answers;

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Look};

use super::{begins_at_the_application, operator, saves};
use crate::demo::{Demo, complaints, name_and_password, says, signed_in};
use crate::journeys::passwords::{FIRST, code_of, link_in_mail, set, type_password};
use crate::journeys::set_up::{copied, shown};

const CONNECTION: &str = "0198c000-0000-7000-8000-000000000102";
const APPLICATION_ID: &str = "3efd9d97-26e4-4837-bd75-91a34c2da4ee";
const TENANT: &str = "/portal/courier.example";
const EDITORS: &str = "c3020000-0000-4000-8000-000000000001";
const MINA: &str = "mina@courier.example";
const OTTO: &str = "otto@courier.example";
/// The certificate of the real response of 2020, which has expired.
const OLD_CERTIFICATE: &str = include_str!("../../../vectors/saml/accept/entra-2020-real/certificate.pem");

/// Somebody in the console, and an administrator in Entra's portal.
struct Scene {
    demo: Demo,
    console: Browser,
    portal: Browser,
    /// At which address the console is open.
    origin: String,
}

impl Scene {
    /// Nobody is in the console yet.
    fn shut() -> Self {
        let demo = Demo::scenario("cloud-cms");
        let (console, portal) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
        let origin = demo.issuer("");
        Self { demo, console, portal, origin }
    }

    /// The vendor's operator is in the console.
    fn new() -> Self {
        let scene = Self::shut();
        operator(&scene.demo, &scene.console, "oda@press.example");
        scene
    }

    /// The same, and people of the newspaper come in.
    fn in_force() -> Self {
        Self::new().brought_in_force()
    }

    fn brought_in_force(self) -> Self {
        self.says_who_we_are();
        self.registers();
        self.pastes(&self.certificate());
        self.tries(OTTO);
        self.switches_on();
        self
    }

    /// A page of the connection in the console.
    fn opens(&self, what: &str) {
        self.console.goto(&format!("{}/console/connections/{CONNECTION}{what}", self.origin));
        self.console.wait_for("main h1");
    }

    /// A page of the application in Entra's portal.
    fn at_entra(&self, what: &str) {
        self.portal.goto(&self.demo.url("entra", &format!("{TENANT}/applications/{APPLICATION_ID}{what}")));
        self.portal.wait_for("main");
    }

    /// The Application ID of Entra's overview becomes our entity ID.
    fn says_who_we_are(&self) {
        self.at_entra("");
        let id = copied(&self.portal, "Application ID");
        self.opens("/edit");
        self.console.fill("#entity_id", &id);
        saves(&self.console);
    }

    /// Step 1 of the portal: the identifier is a word, the reply URL the one of the sub-domain.
    fn registers(&self) {
        self.opens("/set-up");
        let reply_url = shown(&self.console, "Reply URL (Assertion Consumer Service URL)");
        assert_eq!(reply_url, self.demo.url("courier", "/saml"));
        self.registers_at(&reply_url);
    }

    fn registers_at(&self, reply_url: &str) {
        self.at_entra("/saml/basic");
        self.portal.fill("input[name=identifier]", "nameId");
        self.portal.fill("input[name=reply_url]", reply_url);
        self.portal.click("button[value=save]");
        self.portal.wait_for(".done");
    }

    /// What the file of step 3 of the portal holds.
    fn certificate(&self) -> String {
        self.at_entra("/saml");
        let file = self.portal.attribute("a[aria-label='Download Certificate (Base64)']", "href").unwrap();
        Client::new().get(&self.demo.url("entra", &file)).unwrap().text()
    }

    /// The values of steps 3 and 4 of the portal are pasted one by one.
    fn pastes(&self, certificates: &str) {
        self.at_entra("/saml");
        let values = [("#sign_on", "Login URL"), ("#issuer", "Microsoft Entra Identifier")];
        let values = values.map(|(field, label)| (field, copied(&self.portal, label)));
        self.opens("/set-up");
        self.console.click("#by-hand summary");
        for (field, value) in values {
            self.console.fill(field, &value);
        }
        self.console.fill("#certificates", certificates);
        self.console.click("#save-values");
        self.console.wait_for_url(|url| url.ends_with("#known") || url.ends_with("/theirs"));
    }

    /// A test from the page of set-up, in the same window; back on it.
    fn tries(&self, who: &str) {
        self.opens("/set-up");
        self.console.execute("document.querySelector('[data-begins]').target = ''", &[]);
        self.console.click("#test");
        name_and_password(&self.console, who);
        self.console.wait_for_text("It works");
        self.opens("/set-up");
        self.console.wait_for_text("It works");
    }

    fn switches_on(&self) {
        self.console.click("#switch-on");
        self.console.wait_for_text("Activated.");
    }

    /// Somebody begins at the application; what they are told there.
    fn comes_in(&self, who: &str) -> Browser {
        let browser = Browser::open(&Look::DESKTOP);
        begins_at_the_application(&self.demo, &browser, who);
        signed_in(&browser);
        browser
    }

    /// Somebody begins at the newspaper's own address.
    fn begins_at_the_newspaper(&self, browser: &Browser) {
        browser.goto(&self.demo.url("courier", "/"));
        browser.press("Log in with Microsoft");
    }

    /// What is known of whoever is signed in at the newspaper's address.
    fn profile(&self, browser: &Browser) -> String {
        browser.goto(&self.demo.url("courier", "/me"));
        browser.wait_for("dl.facts");
        browser.text("main")
    }
}

/// CC-1 to CC-10, CC-16, CC-17, MX-17: a manager comes by password, reads what is missing, pastes what Entra's portal
/// shows, sees it tried and switches it on; whoever comes then is created. The portal has a word as the identifier, the
/// requests name the application's id, and the audience is that id with `spn:` before it.
#[test]
fn a_manager_pastes_the_sign_in_together_and_people_are_created() {
    let mut scene = Scene::shut();
    scene.origin = scene.demo.url("courier", "");
    mina_opens_the_console(&scene);
    scene.console.goto(&scene.demo.url("courier", "/console/connections/new?account=courier"));
    says(&scene.console.text("#idp"), &["Microsoft Entra ID", "Another one (SAML 2.0)"]);
    scene.opens("");
    says(&scene.console.text("main"), &["The issuer is missing"]);
    scene.opens("/activate");
    scene.console.press("Activate");
    scene.console.wait_for_text("a signing certificate is missing, without which no answer can be trusted");
    scene.says_who_we_are();
    scene.registers();
    scene.opens("/set-up");
    assert_eq!(shown(&scene.console, "Identifier (Entity ID)"), APPLICATION_ID);
    says(&scene.console.text("main"), &["Integrate any other application you don't find in the gallery"]);
    scene.console.screenshot("scenario-cloud-cms-set-up");
    scene.pastes(&scene.certificate());
    scene.tries(OTTO);
    scene.console.screenshot("scenario-cloud-cms-tried");
    scene.switches_on();
    assert_eq!(complaints(&scene.console), [""; 0]);

    let otto = scene.comes_in(OTTO);
    says(&otto.text("table"), &["account courier", "email Otto.Gruen@courier.example"]);
    // Once more: out, back to Microsoft, and in without a question.
    otto.click("#sign-out");
    otto.wait_for("#sign-in");
    scene.begins_at_the_newspaper(&otto);
    assert_eq!(signed_in(&otto), "Otto.Gruen@courier.example");
    scene.opens("/attempts");
    scene.console.click("tbody td a");
    scene.console.wait_for(".sequence");
    says(&scene.console.text("main"), &[&format!("spn:{APPLICATION_ID}")]);
    // The door for managers stays.
    scene.portal.goto(&scene.demo.url("courier", "/"));
    scene.portal.wait_for_text("Sign in with a password");
}

/// Mina sets her password by the link of her invitation, and an authenticator, without which the console stays shut.
fn mina_opens_the_console(scene: &Scene) {
    let (demo, browser) = (&scene.demo, &scene.console);
    let link = link_in_mail(demo, browser, MINA, "You are invited to Press");
    browser.goto(&link);
    set(browser, FIRST);
    browser.goto(&demo.url("courier", "/sign-in/password"));
    type_password(browser, MINA, FIRST);
    signed_in(browser);
    browser.goto(&demo.url("courier", "/console"));
    browser.wait_for_text("One more step");
    browser.goto(&demo.url("courier", "/me/second-factor"));
    browser.fill("#present", FIRST);
    browser.press("Set up an authenticator");
    browser.wait_for("svg.qr");
    let secret = browser.text("main p code").replace(' ', "");
    browser.fill("#code", &code_of(browser, &secret, 0));
    browser.click("form[action='/sign-in/second'] button");
    browser.wait_for_text("Keep these codes");
    browser.goto(&demo.url("courier", "/console"));
    browser.wait_for(".top nav");
}

/// CC-11, CC-12, CC-13, CC-14, CC-15, CC-23, CC-24, CC-29: each property is taken from the claim that the other system
/// names, a name for people becomes one without capitals and spaces, a group gives a role; each is seen on a real sign-in
/// before it is saved.
#[test]
fn the_field_mappings_are_tried_on_a_real_sign_in_before_they_are_saved() {
    let scene = Scene::in_force();
    scene.at_entra("/saml/claims/groups");
    let choose = "document.querySelector('[name=mode]').value = 'security_group'";
    scene.portal.execute(choose, &[]);
    scene.portal.press("Save");
    scene.portal.wait_for(".done");
    let console = &scene.console;
    scene.opens("/mapping");
    console.execute("document.querySelector('#test form').target = ''", &[]);
    console.click("#try");
    console.wait_for_text("It works");
    scene.opens("/mapping");
    console.wait_for("#observed code");
    says(&console.text("#observed"), &["http://schemas.microsoft.com/identity/claims/displayname", "Otto Grün"]);
    assert!(console.has("#claims option[value='http://schemas.microsoft.com/identity/claims/displayname']"));

    // As the other system's example has it, which only some names fit.
    let field = |name: &str| format!("[name='{name}']");
    console.fill(&field("rule.name.0"), "http://schemas.microsoft.com/identity/claims/displayname");
    console.fill(&field("rule.name.1"), "");
    console.fill(&field("rule.name.2"), "");
    console.click("#look");
    console.wait_for("#plan");
    let told = "the claim \"http://schemas.microsoft.com/identity/claims/displayname\" has a value that does not do; \
                lower-case letters, digits and the marks of e-mail addresses, without spaces is wanted";
    says(&console.text("main"), &[told]);
    console.screenshot("scenario-cloud-cms-name");

    for (name, source) in [
        ("rule.name.0", "displayname | lower | slug"),
        ("rule.name.1", "emailaddress | lower"),
        ("rule.email.0", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"),
        ("rule.given_name.0", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"),
        ("rule.family_name.0", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname"),
        // A property of the newspaper's own, the same for everybody.
        ("more.6.name", "paper"),
        ("more.6.from.0", "'The Courier'"),
        ("role.0.claim", "groups"),
        ("role.0.value", EDITORS),
        ("role.0.role", "editor"),
    ] {
        console.fill(&field(name), source);
    }
    console.click("#look");
    console.wait_for_text("otto-gruen");
    says(&console.text("table.mapping"), &["Otto.Gruen@courier.example", "Grün", "editor", "The Courier"]);
    console.screenshot("scenario-cloud-cms-mapping");
    console.click("#save");
    console.wait_for_text("Saved.");

    let otto = scene.comes_in(OTTO);
    says(&otto.text("table"), &["name Otto Grün", "roles editor"]);
    // At the newspaper's own address they are in without a question.
    scene.begins_at_the_newspaper(&otto);
    signed_in(&otto);
    says(&scene.profile(&otto), &["otto-gruen", "Otto.Gruen@courier.example", "Otto", "Grün"]);
    assert_eq!(complaints(console), [""; 0]);
}

/// CC-18: where answers are to go must stand at Entra letter by letter; Entra's own page says that it does not, and the
/// page of set-up explains its text beside the exact address that we send.
#[test]
fn a_redirect_uri_that_entra_does_not_know_is_explained_beside_the_one_that_we_send() {
    let scene = Scene::new();
    scene.says_who_we_are();
    scene.registers_at(&scene.demo.url("courier", "/saml/"));
    scene.pastes(&scene.certificate());
    let console = &scene.console;
    scene.opens("/set-up");
    console.execute("document.querySelector('[data-begins]').target = ''", &[]);
    console.click("#test");
    console.wait_for_text("AADSTS50011");
    let told = console.text("body");
    says(&told, &[&scene.demo.url("courier", "/saml")]);
    scene.opens("/set-up");
    console.fill("#pasted", &told);
    console.press("Explain it");
    console.wait_for("#explain .facts");
    says(&console.text("#explain"), &["Basic SAML Configuration", "Reply URL"]);
    console.screenshot("scenario-cloud-cms-reply-url");
    scene.registers();
    scene.tries(OTTO);
}
