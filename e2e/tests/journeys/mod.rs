//! What people do in front of a real browser, from the application's page until they are in or know why not.

mod chooser;
pub(crate) mod console;
mod enforcement;
mod inheritance;
mod logout;
mod mistakes;
pub(crate) mod native;
pub(crate) mod passwords;
pub(crate) mod press;
mod sample;
pub(crate) mod set_up;
mod waiting_room;
mod wiki;

use vestibule_e2e::peers::chromium::{Browser, Key, Look};

use crate::demo::{ACME, BAKERY, Demo, begin_with_address, complaints, name_and_password, password, signed_in};

/// XC-29, MX-30, SC-3, SC-23, SC-25: identifier first, the button, Entra's own page, and back with the claims. XC-30: the
/// next time nobody is asked for a password.
#[test]
fn a_person_comes_in_from_the_application_and_silently_the_second_time() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(&demo, &browser, "ada@acme.example");
    browser.wait_for("#password");
    assert!(browser.url().starts_with(&demo.url("entra", "/")), "{}", browser.url());
    assert_eq!(browser.text("#who"), "ada@acme.example", "the hint names her");
    password(&browser);
    assert_eq!(signed_in(&browser), "Ada.Min@acme.example");
    let claims = browser.text("table");
    for claim in ["sub", "account acme", "email Ada.Min@acme.example", "auth_time"] {
        assert!(claims.contains(claim), "{claim} in {claims}");
    }
    assert!(browser.url().starts_with(&demo.url("app", "/")));

    // Neither the application nor Vestibule knows her any longer; Entra does.
    browser.click("#sign-out");
    browser.wait_for("#sign-in-acme");
    assert_eq!(browser.url(), demo.url("app", "/"));
    browser.click("#sign-in-acme");
    browser.press("Log in with Microsoft");
    assert_eq!(signed_in(&browser), "Ada.Min@acme.example");
}

/// Whoever comes by Acme's own address is let in to the application without another question; the session is at Acme's
/// address.
#[track_caller]
fn arrived_at_acme(demo: &Demo, browser: &Browser) {
    assert!(signed_in(browser).ends_with("@acme.example"));
    assert!(browser.url().starts_with(&demo.url("app", "/")), "{}", browser.url());
    browser.goto(&demo.url("acme", "/me"));
}

/// SC-20, SC-22, E-43: with a Sign on URL the tile leads there, and we ask Entra.
#[test]
fn a_tile_of_my_apps_leads_in_by_the_sign_on_url() {
    let demo = Demo::start();
    let start = demo.of("acme", ACME, "start");
    demo.change_application(&format!(r#"{{ "sign_on_url": "{start}" }}"#));
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("entra", "/myapps"));
    name_and_password(&browser, "ada@acme.example");
    browser.wait_for("ul.tiles a");
    browser.click("ul.tiles a");
    arrived_at_acme(&demo, &browser);
    assert_eq!(browser.text("h1"), "Ada Min");
}

/// SC-22, E-43, E-44: without a Sign on URL Entra sends a response that nobody asked for. It is not taken: we ask, and
/// the person notices nothing.
#[test]
fn a_tile_without_a_sign_on_url_is_turned_into_a_question_of_ours() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("entra", "/myapps"));
    name_and_password(&browser, "ada@acme.example");
    browser.wait_for("ul.tiles a");
    browser.click("ul.tiles a");
    arrived_at_acme(&demo, &browser);
    assert_eq!(browser.text("h1"), "Ada Min");
}

/// SC-21, HY-28: the account's own address is a page to sign in, with its button; by policy there is no page.
#[test]
fn the_address_of_an_account_is_where_its_people_sign_in() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("acme", "/"));
    browser.press("Log in with Microsoft");
    name_and_password(&browser, "ben@acme.example");
    arrived_at_acme(&demo, &browser);
    assert_eq!(browser.text("h1"), "Ben Okoro");
    browser.goto(&demo.url("bakery", "/"));
    assert!(browser.url().starts_with(&demo.url("entra", "/")), "{}", browser.url());
}

/// XC-17: what an admin sees who tries the connection. Nobody is signed in by it.
#[test]
fn a_test_of_a_connection_ends_in_a_report_and_signs_nobody_in() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.of("acme", ACME, "test"));
    name_and_password(&browser, "ada@acme.example");
    browser.wait_for("ol.steps");
    assert_eq!(browser.text("h1"), "It works");
    assert!(browser.source().contains("Ada.Min@acme.example"));
    assert!(!browser.has("li.refused"), "{}", browser.text("ol.steps"));
    assert_eq!(browser.cookie("vestibule_session"), None);

    demo.change_application(r#"{ "identifiers": ["urn:somebody:else"], "sign_on_url": null }"#);
    browser.goto(&demo.of("acme", ACME, "test"));
    browser.wait_for("#error");
    assert!(browser.text("#error").contains("AADSTS700016"), "{}", browser.text("#error"));
}

/// E-26: whom Entra does not let in stays there, and sees Entra's own number.
#[test]
fn somebody_who_is_not_assigned_stays_at_entra() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(&demo, &browser, "dan@acme.example");
    password(&browser);
    browser.wait_for("#error");
    assert!(browser.url().starts_with(&demo.url("entra", "/")), "{}", browser.url());
    assert!(browser.text("#error").contains("AADSTS50105"), "{}", browser.text("#error"));
}

/// The page of a refusal: what happened, what to do, whom to tell which code; by the name that the account gave the
/// product (MX-15).
#[test]
fn somebody_who_is_not_invited_is_told_what_to_do_and_whom_to_ask() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.of("bakery", BAKERY, "start"));
    name_and_password(&browser, "finn@bakery.example");
    browser.wait_for("section.tell");
    assert_eq!(browser.text("h1"), "You are not invited to Mill & More yet.");
    assert!(browser.text("section.tell").contains("desk@north.example"), "{}", browser.text("section.tell"));
    let code = browser.text(".copyable code");
    let (letters, rest) = code.split_once('-').unwrap();
    assert_eq!((letters.len(), rest.len()), (3, 4), "{code}");
    assert!(!browser.has("details"), "no details for those who are not allowed");
    assert_eq!(browser.cookie("vestibule_session"), None);
}

/// An answer for another application, and the details that its account shows while it is being set up.
#[test]
fn a_wrong_identifier_at_entra_is_named_with_what_was_got_and_wanted() {
    let demo = Demo::start();
    demo.apply(TAKES_UNSOLICITED);
    demo.change_application(r#"{ "identifiers": ["urn:somebody:else"] }"#);
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("entra", "/myapps"));
    name_and_password(&browser, "ada@acme.example");
    browser.wait_for("ul.tiles a");
    browser.click("ul.tiles a");
    browser.wait_for("section.tell");
    assert!(browser.text("h1").contains("meant for another application"), "{}", browser.text("h1"));
    assert!(browser.text(".copyable code").starts_with("AUD-"), "{}", browser.text(".copyable code"));
    browser.press("Details for the IT admin");
    let details = browser.text("details");
    assert!(details.contains("urn:somebody:else"), "{details}");
    assert!(details.contains(&demo.of("acme", ACME, "metadata")), "{details}");
}

pub(crate) const TAKES_UNSOLICITED: &str = r#"
[[account]]
path = "acme"
name = "Acme"
admission = "create"
unproved_email = "withhold"
show_details = "shown"
application = "orchard"
contact = { name = "Acme IT", email = "it@acme.example" }

[[account.connection]]
name = "entra"
preset = "entra"
metadata = { file = "acme.xml" }
unsolicited = "accept"
"#;

/// MX-7, HY-29: a claim that the account needs is absent, and the page names it.
#[test]
fn a_missing_claim_is_named() {
    let demo = Demo::start();
    demo.apply(NEEDS_MAIL);
    demo.change_user("ada@acme.example", r#"{ "mail": null }"#);
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(&demo, &browser, "ada@acme.example");
    password(&browser);
    browser.wait_for("ul.named");
    assert_eq!(browser.text("ul.named"), "emailaddress");
}

pub(crate) const NEEDS_MAIL: &str = r#"
[[account]]
path = "acme"
name = "Acme"
admission = "create"
application = "orchard"
required_claims = ["emailaddress"]
contact = { name = "Acme IT", email = "it@acme.example" }
"#;

/// Nobody needs a mouse.
#[test]
fn a_person_comes_in_with_the_keyboard_alone() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("app", "/"));
    browser.tab_to("#sign-in");
    browser.key(Key::Enter);
    browser.wait_for("#email:focus");
    browser.type_text("ada@acme.example");
    browser.key(Key::Enter);
    browser.tab_to("form[action='/sign-in/start'] button");
    browser.key(Key::Enter);
    browser.wait_for("#password:focus");
    browser.type_text("demo");
    browser.key(Key::Enter);
    browser.wait_for_text("Stay signed in?");
    browser.tab_to("#next");
    browser.key(Key::Space);
    assert_eq!(signed_in(&browser), "Ada.Min@acme.example");
    browser.tab_to("#sign-out");
    browser.key(Key::Enter);
    browser.wait_for("#sign-in");
}

/// Every step has a button that shows.
#[test]
fn a_person_comes_in_without_script() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::WITHOUT_SCRIPT);
    begin_with_address(&demo, &browser, "ada@acme.example");
    password(&browser);
    // Entra's own page posts by script where it may.
    browser.click("#continue");
    assert_eq!(signed_in(&browser), "Ada.Min@acme.example");
}

/// Our request by HTTP-POST: a page that sends itself, and has a button for browsers without script.
#[test]
fn a_request_by_post_is_sent_by_script_or_by_a_button() {
    let demo = Demo::start();
    demo.apply(BY_POST);
    for look in [Look::DESKTOP, Look::WITHOUT_SCRIPT] {
        let browser = Browser::open(&look);
        browser.goto(&demo.of("acme", ACME, "start"));
        if look == Look::WITHOUT_SCRIPT {
            browser.wait_for_text("On to entra.localhost");
            browser.click("button");
        }
        browser.wait_for("#username");
        assert_eq!(complaints(&browser), [""; 0]);
    }
}

pub(crate) const BY_POST: &str = r#"
[[account]]
path = "acme"
name = "Acme"
admission = "create"
application = "orchard"
contact = { name = "Acme IT", email = "it@acme.example" }

[[account.connection]]
name = "entra"
preset = "entra"
metadata = { file = "acme.xml" }
sign_on = { url = "http://entra.localhost:8400/5a1c0f3e-6d7b-4c2a-9e48-0b1d2c3f4a51/saml2", binding = "post" }
"#;

/// Signing out ends the session here; the page after it says so, and so does the account's page.
#[test]
fn signing_out_ends_the_session() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(&demo, &browser, "ada@acme.example");
    password(&browser);
    signed_in(&browser);
    browser.goto(&demo.issuer("/me"));
    let session = browser.cookie("vestibule_session").unwrap();
    assert!(session.http_only);
    assert_eq!((session.same_site.as_str(), session.domain.as_str(), session.path.as_str()), ("Lax", "localhost", "/"));
    browser.press("Sign out");
    browser.wait_for_text("You are signed out");
    assert_eq!(browser.cookie("vestibule_session"), None);
    browser.goto(&demo.issuer("/me"));
    assert!(!browser.source().contains("Ada Min"), "{}", browser.source());
}

/// The pin of the whole design: Entra's post to the Assertion Consumer Service comes from another site and brings no
/// Lax cookie; the GET behind it does, and there the browser is recognised. Nothing of ours is stored in the browser
/// but cookies of one host that no script reads.
#[test]
fn the_post_from_entra_brings_no_cookie_and_the_page_behind_it_does() {
    let demo = Demo::start();
    let browser = Browser::open_recording(&Look::DESKTOP);
    browser.goto(&demo.of("acme", ACME, "start"));
    browser.wait_for("#username");
    browser.goto(&demo.url("acme", "/sign-in"));
    let attempts: Vec<_> =
        browser.cookies().into_iter().filter(|one| one.name.starts_with("vestibule_attempt_")).collect();
    assert_eq!(attempts.len(), 1, "{attempts:?}");
    let attempt = &attempts[0];
    assert!(attempt.http_only);
    assert_eq!(
        (attempt.same_site.as_str(), attempt.domain.as_str(), attempt.path.as_str()),
        ("Lax", "acme.localhost", "/")
    );

    browser.goto(&demo.of("acme", ACME, "start"));
    name_and_password(&browser, "ada@acme.example");
    arrived_at_acme(&demo, &browser);
    let sent = browser.sent();
    let acs = demo.of("acme", ACME, "acs");
    let post = sent.iter().find(|one| one.method == "POST" && one.url == acs);
    let post = post.unwrap_or_else(|| panic!("no post to {acs} in {sent:#?}"));
    assert_eq!(post.cookies, [""; 0]);
    let continuation = sent.iter().find(|one| one.url.starts_with(&demo.url("acme", "/sign-in/"))).unwrap();
    assert_eq!(continuation.method, "GET");
    assert!(continuation.cookies.iter().any(|name| name.starts_with("vestibule_attempt_")), "{continuation:?}");
}
