//! A customer with half of its servers in a cloud: `examples/seed-systems/hybrid-data-center`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Look};
use vestibule_e2e::peers::simplesamlphp::{Encrypts, Settings, SimpleSamlPhp, User};

use super::{buttons, operator, saves};
use crate::demo::{Demo, complaints, name_and_password, password, says, signed_in};
use crate::journeys::press::Press;
use crate::journeys::set_up::{link, shown};

const SCENARIO: &str = "hybrid-data-center";
const CORPORATE: &str = "Login with your corporate id";
const DATA_CENTER: &str = "Login at the data centre";

const ENTRA_OF_CPTECH: &str = "0198b000-0000-7000-8000-000000000302";
const SERVER_OF_CPTECH: &str = "0198b000-0000-7000-8000-000000000303";
const CPTECH: &str = "b3000000-0000-4000-8000-000000000002";
const CPTECH_APP: &str = "0b33ac3e-0000-4000-8000-000000000302";
const QUAY: &str = "b3000000-0000-4000-8000-000000000003";
const QUAY_APP: &str = "0b33ac3e-0000-4000-8000-000000000304";

const INES: &str = "ines.falk@cptech.example";
const ADA: &str = "ada.moor@cptech.example";
const BRUNO: &str = "bruno.tal@cptech.example";
const CARLA: &str = "carla.brix@cptech.example";
const DORA: &str = "dora.lind@cptech.example";
const VIKTOR: &str = "viktor.ost@cptech.example";
const ROSA: &str = "rosa.pell@quay.example";

const UPN: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name";

/// Somebody comes by Copper Tech's own address and its corporate id, as far as it goes.
fn comes_in(demo: &Demo, browser: &Browser, who: &str) {
    browser.forget_cookies();
    browser.goto(&demo.url("cptech", "/"));
    browser.press(CORPORATE);
    name_and_password(browser, who);
}

/// Copper Tech's IT admin opens its console.
fn ines_comes_in(demo: &Demo, browser: &Browser) {
    browser.forget_cookies();
    browser.goto(&demo.url("cptech", "/console"));
    browser.press(CORPORATE);
    name_and_password(browser, INES);
    browser.wait_for(".top nav");
}

/// Looks somebody up by their address, in the console of a site.
fn looks_up(browser: &Browser, console: &str, who: &str) {
    browser.goto(console);
    browser.press("People");
    browser.fill("#begins", who);
    browser.press("Show");
    browser.wait_for_url(|url| url.contains("begins="));
    browser.click("tbody th a");
    browser.wait_for("dl.facts");
}

/// A test of a page of set-up, in the window of that page.
fn tries(browser: &Browser) {
    browser.wait_for("#test");
    browser.execute("document.querySelector('[data-begins]').target = ''", &[]);
    browser.click("#test");
}

/// What is given to Entra stands together, with a button that copies each value and with what its portal says of it, in
/// older words as well. Returns the Reply URL, which our entity ID is too.
fn our_values(page: &Browser) -> String {
    let reply_url = shown(page, "Reply URL (Assertion Consumer Service URL)");
    let own = reply_url.strip_suffix("/acs").unwrap();
    assert_eq!(shown(page, "Identifier (Entity ID)"), reply_url);
    assert_eq!(shown(page, "Sign on URL"), format!("{own}/start"));
    assert_eq!(shown(page, "Logout Url"), format!("{own}/slo"));
    assert_eq!(page.count("#ours ~ .copyable button:not([hidden])"), 5);
    page.click(".copyable button");
    page.wait_for_text("Copied");
    let guide = page.text("#ours ~ details");
    says(&guide, &["Cloud Application Administrator", "No other is needed; Global Administrator may, too"]);
    says(&guide, &["New application", "the gallery", "under App registrations"]);
    says(&guide, &["SAML; the other kinds, such as password-based or linked, are not for us"]);
    says(&guide, &["App ID URI and Login URL", "where the Login URL stands as Reply URL, put ours in its place"]);
    reply_url
}

/// HY-6, HY-7, HY-10, HY-11, HY-13 to HY-20, HY-22, HY-28: Quay is connected by the tenant's metadata alone. Entra still
/// has the Login URL as REPLY URL: an answer there is told the right one, and a request of ours stays at Entra, whose text
/// is explained. Once that is mended Quay's own address leads straight to Entra.
#[test]
fn an_it_admin_trades_urls_and_is_told_which_of_them_is_wrong() {
    let demo = Demo::scenario(SCENARIO);
    let (page, portal) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
    let link = link(&demo);
    page.goto(&link);
    let document = format!("/{QUAY}/FederationMetadata/2007-06/FederationMetadata.xml");
    page.fill("#metadata_url", &demo.url("entra", &document));
    page.click("#read");
    page.wait_for("#known");
    let reply_url = our_values(&page);

    portal.goto(&demo.url("entra", "/myapps"));
    name_and_password(&portal, ROSA);
    portal.click("ul.tiles a");
    portal.wait_for("section.tell");
    assert_eq!(portal.text("h1"), "Your company’s sign‑in sent its answer to the wrong address");
    says(&portal.text("main"), &["The Sign on URL was used as Reply URL."]);
    assert_eq!(shown(&portal, "Reply URL (Entra) · ACS URL (SAML)"), reply_url);
    portal.screenshot("scenario-hybrid-data-center-answer-at-login-url");

    tries(&page);
    page.wait_for_text("AADSTS50011");
    let told = page.text("body");
    page.goto(&link);
    page.fill("#pasted", &told);
    page.press("Explain it");
    page.wait_for("#explain .facts");
    says(&page.text("#explain"), &["Basic SAML Configuration", "Reply URL"]);
    page.screenshot("scenario-hybrid-data-center-reply-url");

    portal.goto(&demo.url("entra", &format!("/portal/{QUAY}/applications/{QUAY_APP}/saml/basic")));
    let app_id_uri = portal.value("[name=identifier]");
    portal.fill("[name=reply_url]", &app_id_uri);
    portal.press("Save");
    portal.wait_for(".done");
    tries(&page);
    name_and_password(&page, ROSA);
    page.wait_for_text("It works");
    page.goto(&link);
    page.click("#switch-on");
    page.wait_for_text("It is switched on");

    page.forget_cookies();
    page.goto(&demo.url("quay", "/"));
    assert!(page.url().starts_with(&demo.url("entra", &format!("/{QUAY}/saml2?SAMLRequest="))), "{}", page.url());
    name_and_password(&page, ROSA);
    assert_eq!(signed_in(&page), ROSA);
    assert_eq!(complaints(&page), [""; 0]);
}

/// HY-21: what stands beside the SAML-P sign-on endpoint among Entra's is told by its name, and nothing is saved.
#[test]
fn each_endpoint_of_another_protocol_is_named_where_it_was_pasted() {
    let demo = Demo::scenario(SCENARIO);
    let page = Browser::open(&Look::DESKTOP);
    let link = link(&demo);
    for (endpoint, name) in [
        ("wsfed", "the WS-Federation endpoint"),
        ("oauth2/token", "the OAuth 2.0 token endpoint"),
        ("oauth2/authorize", "the OAuth 2.0 authorization endpoint"),
        ("FederationMetadata/2007-06/FederationMetadata.xml", "the federation metadata document"),
    ] {
        page.goto(&link);
        page.click("#by-hand summary");
        page.fill("#sign_on", &demo.url("entra", &format!("/{QUAY}/{endpoint}")));
        page.click("#save-values");
        page.wait_for("#sign_on[aria-invalid=true]");
        says(&page.text("#problems"), &["Nothing was saved", name, "SAML-P"]);
    }
    page.screenshot("scenario-hybrid-data-center-endpoints");
    page.goto(&link);
    assert!(!page.has("#known") && !page.has("#test"), "{}", page.text("#theirs"));
}

/// HY-6, HY-8, HY-16, HY-24 to HY-26, HY-28 to HY-30: whoever was named beforehand by their UPN comes in by the button with
/// Copper Tech's own words. The fixed set of claims, without an address, is enough: all seven are kept, and transforms on
/// our side make an address, a name and a desk of one of them.
#[test]
fn whoever_was_named_by_upn_comes_in_and_all_seven_claims_are_kept() {
    let demo = Demo::scenario(SCENARIO);
    let browser = Browser::open(&Look::DESKTOP);
    assert_eq!(buttons(&demo, &browser, "cptech"), [CORPORATE]);
    browser.screenshot("scenario-hybrid-data-center-corporate-id");
    comes_in(&demo, &browser, ADA);
    assert_eq!(signed_in(&browser), ADA);

    comes_in(&demo, &browser, DORA);
    browser.wait_for("section.tell");
    assert_eq!(browser.text("h1"), "You are not invited to Xpenbot yet.");
    says(&browser.text("section.tell"), &["it@cptech.example"]);

    operator(&demo, &browser, "petra@xpenbot.example");
    looks_up(&browser, &demo.issuer("/console"), ADA);
    let facts = browser.text("dl.facts");
    browser.screenshot("scenario-hybrid-data-center-claims");
    let issuer = format!("https://sts.windows.net/{CPTECH}/");
    let object = "b3020000-0000-4000-8000-000000000002";
    for (property, value) in [
        ("object_id", object),
        ("tenant_id", CPTECH),
        ("First name", "Ada"),
        ("user_principal_name", ADA),
        ("Last name", "Moor"),
        ("identity_provider", &issuer),
        ("User name", "cptech.ada.moor"),
        ("desk", "ada.moor at cptech.example"),
    ] {
        says(&facts, &[&format!("{property}\n{value}")]);
    }
    let (_, pairwise) = facts.split_once("pairwise_id\n").unwrap();
    let pairwise = pairwise.lines().next().unwrap();
    assert!(pairwise.len() == 43 && !facts.contains(&format!("\n{pairwise}@")), "{pairwise}");
}

/// What an operator does with the keys of one of Copper Tech's connections, and what is printed: of each its name first,
/// then its certificate.
fn keys(demo: &Demo, connection: &str, what: &[&str]) -> String {
    demo.run(&[&["connection", "keys"], what, &["--account", "cptech", "--name", connection]].concat())
}

/// The file of our certificate that the page of a connection gives its IT admin, in base64.
fn downloaded(demo: &Demo, browser: &Browser, connection: &str) -> String {
    operator(demo, browser, "petra@xpenbot.example");
    browser.goto(&demo.issuer(&format!("/console/connections/{connection}")));
    let file = browser.attribute("a[download='encryption.cer']", "href").unwrap();
    browser.screenshot("scenario-hybrid-data-center-own-certificate");
    file.strip_prefix("data:application/pkix-cert;base64,").unwrap().to_owned()
}

/// Copper Tech's application at Entra gets a file, here in base64, and encrypts for the certificate in it.
fn encrypts_for(demo: &Demo, portal: &Browser, file: &str) {
    portal.goto(&demo.url("entra", &format!("/portal/{CPTECH}/applications/{CPTECH_APP}/token-encryption")));
    portal.wait_for("#certificate");
    let choose = "const chosen = new DataTransfer();
        const octets = Uint8Array.from(atob(arguments[0]), letter => letter.charCodeAt(0));
        chosen.items.add(new File([octets], 'xpenbot.cer'));
        document.querySelector('#certificate').files = chosen.files";
    portal.execute(choose, &[file.into()]);
    portal.press("Import Certificate");
    portal.press("Activate token encryption certificate");
    portal.wait_for_text("● Active");
}

/// HY-5, HY-12: what Entra encrypts for another connection's key is refused with what to do there; what it encrypts for
/// this one's is read, before, while and after the key is followed by another.
#[test]
fn assertions_are_encrypted_for_the_key_of_the_connection() {
    let demo = Demo::scenario(SCENARIO);
    let (browser, portal) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
    let test = demo.of("cptech", ENTRA_OF_CPTECH, "test");
    encrypts_for(&demo, &portal, &STANDARD.encode(keys(&demo, "datacenter", &["list"])));
    browser.goto(&test);
    name_and_password(&browser, ADA);
    browser.wait_for_text("It does not work yet");
    says(&browser.text("main"), &["our current encryption certificate", "Token encryption, Import Certificate"]);
    browser.screenshot("scenario-hybrid-data-center-other-certificate");

    let works = || {
        browser.goto(&test);
        browser.wait_for_text("It works");
        says(&browser.text("main"), &["\ndecrypted\n"]);
    };
    let printed = keys(&demo, "entra", &["list"]);
    let first = printed.lines().next().unwrap();
    encrypts_for(&demo, &portal, &downloaded(&demo, &Browser::open(&Look::DESKTOP), ENTRA_OF_CPTECH));
    works();
    portal.screenshot("scenario-hybrid-data-center-token-encryption");
    let next = keys(&demo, "entra", &["add", "decryption"]);
    works();
    encrypts_for(&demo, &portal, &STANDARD.encode(next));
    keys(&demo, "entra", &["retire", first]);
    works();
    keys(&demo, "entra", &["remove", first]);
    works();
}

/// The third value beside metadata and sign-on address: the claim that has the unique identifier.
fn says_who_people_are(demo: &Demo, browser: &Browser, connection: &str) {
    browser.goto(&demo.url("cptech", &format!("/console/connections/{connection}/edit")));
    browser.wait_for("[name=subject]");
    browser.execute("document.querySelector('[name=subject]').value = 'claims'", &[]);
    browser.fill("[name=subject_claims]", UPN);
    saves(browser);
}

/// HY-4, HY-5, HY-9, HY-10, HY-23: a server in the company's own data centre beside Entra, set up by its IT admin: each
/// side reads the other's metadata at its address. Both buttons work; whoever is known to both is one user, and the server
/// encrypts too.
#[test]
fn a_server_in_the_data_centre_stands_beside_entra() {
    let demo = Demo::scenario(SCENARIO);
    let browser = Browser::open(&Look::DESKTOP);
    let users = [(VIKTOR, "Viktor", "Ost"), (ADA, "Ada", "Moor")]
        .map(|(upn, given_name, surname)| User::new(upn, "demo", given_name, surname).with(UPN, &[upn]));
    let server = SimpleSamlPhp::start(&users, &Settings { encrypts: Encrypts::Assertion, ..Settings::default() });
    let at_the_server = |who: &str| {
        browser.fill("#username", who);
        browser.fill("#password", "demo");
        browser.click("#submit_button");
    };
    ines_comes_in(&demo, &browser);
    let set_up = demo.url("cptech", &format!("/console/connections/{SERVER_OF_CPTECH}/set-up"));
    browser.goto(&set_up);
    let ours = shown(&browser, "Metadata: all of it in one");
    server.trust("xpenbot", &Client::new().get(&ours).unwrap().text());
    browser.fill("#metadata_url", &server.metadata_url());
    browser.click("#read");
    browser.wait_for("#known");
    says_who_people_are(&demo, &browser, SERVER_OF_CPTECH);
    browser.goto(&set_up);
    tries(&browser);
    at_the_server("viktor.ost");
    browser.wait_for_text("It works");
    says(&browser.text("main"), &["\ndecrypted\n"]);
    browser.goto(&set_up);
    browser.wait_for_text("It works");
    browser.screenshot("scenario-hybrid-data-center-set-up");
    browser.click("#switch-on");
    browser.wait_for_text("Activated.");

    browser.forget_cookies();
    assert_eq!(buttons(&demo, &browser, "cptech"), [DATA_CENTER, CORPORATE]);
    browser.screenshot("scenario-hybrid-data-center-both");
    browser.press(DATA_CENTER);
    at_the_server("viktor.ost");
    assert_eq!(signed_in(&browser), VIKTOR);

    let sub = |browser: &Browser| {
        assert_eq!(signed_in(browser), ADA);
        let table = browser.text("table");
        table.lines().find(|line| line.starts_with("sub ")).unwrap().to_owned()
    };
    comes_in(&demo, &browser, ADA);
    let by_entra = sub(&browser);
    browser.forget_cookies();
    browser.goto(&demo.url("cptech", "/"));
    browser.press(DATA_CENTER);
    at_the_server("ada.moor");
    assert_eq!(sub(&browser), by_entra);
}

/// HY-1, HY-2: Bruno is at three applications by one sign-in. Suspended once, by his IT admin, he is out of all of them,
/// and what an application renews is refused; Entra still lets him in, and he is told where to ask.
#[test]
fn a_leaver_is_out_of_every_application_at_once() {
    let demo = Demo::scenario(SCENARIO);
    let (bruno, ines) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
    let press = Press::that_renews(&demo);
    let begins = || {
        bruno.goto(&demo.url("app", "/"));
        bruno.click("#sign-in");
        bruno.fill("#email", BRUNO);
        bruno.press("Continue");
        bruno.press(CORPORATE);
    };
    begins();
    password(&bruno);
    assert_eq!(signed_in(&bruno), BRUNO);
    let handbook = demo.url("wiki", "/");
    bruno.goto(&handbook);
    assert_eq!(bruno.text("h1"), "Good day, Bruno Tal");
    let [renewed, given] = [press.sign_in(&bruno, "cptech"), press.sign_in(&bruno, "cptech")];
    assert_eq!((press.renews(&renewed), press.opens(&given)), (200, 200));

    ines_comes_in(&demo, &ines);
    looks_up(&ines, &demo.url("cptech", "/console"), BRUNO);
    ines.press("Suspend");
    ines.wait_for_text("They are signed out, and may not sign in whatever their identity provider says.");
    ines.press("Suspend");
    ines.wait_for_text("Let them sign in again");
    ines.screenshot("scenario-hybrid-data-center-suspended");

    bruno.goto(&handbook);
    assert!(!bruno.url().starts_with(&handbook), "{}", bruno.url());
    assert_eq!((press.opens(&given), press.renews(&given)), (401, 400));
    vestibule_e2e::wait_for("the application has heard of it", || {
        bruno.goto(&demo.url("app", "/"));
        bruno.has("#sign-in").then_some(())
    });
    assert_eq!(press.told("press").sid, given.id_token.sid);
    begins();
    bruno.wait_for_text("Your access to Xpenbot is suspended.");
    bruno.screenshot("scenario-hybrid-data-center-leaver");
}

/// HY-27: people are marked for single sign-on one by one; whoever is not yet is told of their password.
#[test]
fn people_are_marked_for_single_sign_on_one_by_one() {
    let demo = Demo::scenario(SCENARIO);
    let (browser, ines) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
    comes_in(&demo, &browser, CARLA);
    browser.wait_for_text("You sign in to Xpenbot with a password, not through Copper Tech.");

    ines_comes_in(&demo, &ines);
    looks_up(&ines, &demo.url("cptech", "/console"), CARLA);
    says(&ines.text("dl.facts"), &["by password alone"]);
    ines.press("Change how they sign in");
    ines.click("#sign_in option[value=sso]");
    ines.click("#look");
    ines.wait_for("#plan");
    ines.click("#save");
    ines.wait_for_text("by single sign-on alone");

    comes_in(&demo, &browser, CARLA);
    assert_eq!(signed_in(&browser), CARLA);
}
