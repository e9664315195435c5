//! Single logout in a browser that blocks nothing and runs everything, from either end.

use vestibule_e2e::peers::chromium::{Browser, Look};

use super::TAKES_UNSOLICITED;
use super::press::{Given, Press};
use crate::demo::{ACME, Demo, begin_with_address, complaints, password, signed_in};

/// Acme takes part, as its metadata says; Entra knows where our logout address is.
fn demo() -> Demo {
    let demo = Demo::start();
    demo.apply(TAKES_UNSOLICITED);
    let logout_url = demo.of("acme", ACME, "slo");
    demo.change_application(&format!(r#"{{ "logout_url": "{logout_url}" }}"#));
    demo
}

fn ada_is_in(demo: &Demo) -> Browser {
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(demo, &browser, "ada@acme.example");
    password(&browser);
    signed_in(&browser);
    browser
}

/// XC-13, XC-30: who signs out here is signed out at Entra: the next time a password is asked for.
#[test]
fn signing_out_here_signs_out_at_entra() {
    let demo = demo();
    let browser = ada_is_in(&demo);
    browser.goto(&demo.issuer("/me"));
    browser.press("Sign out");
    browser.wait_for_text("You are signed out at Microsoft too");
    assert!(browser.url().starts_with(&demo.issuer("/sign-out/")), "{}", browser.url());
    assert_eq!(complaints(&browser), [""; 0]);
    browser.goto(&demo.of("acme", ACME, "start"));
    browser.wait_for("#username");
}

/// MX-24, E-40: who signs out at Entra is signed out here, by a request in a frame of Entra's page, in which the browser
/// shows no cookie of ours.
#[test]
fn signing_out_at_entra_signs_out_here() {
    let demo = demo();
    let browser = ada_is_in(&demo);
    let me = demo.issuer("/me");
    browser.goto(&me);
    assert_eq!(browser.url(), me);
    // Loaded with its frames.
    browser.goto(&demo.url("entra", "/logout"));
    browser.wait_for_text("You signed out of your account");
    browser.goto(&me);
    assert_ne!(browser.url(), me, "{}", browser.source());
}

/// June of Harbour Office, which takes part at both ends, is signed in to two applications.
fn june_is_in_twice(demo: &Demo, press: &Press<'_>) -> (Browser, Given) {
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(demo, &browser, "june@harbour.example");
    password(&browser);
    assert_eq!(signed_in(&browser), "june@harbour.example");
    let given = press.sign_in(&browser, "harbour");
    assert_eq!(press.opens(&given), 200);
    (browser, given)
}

/// What the press was given opens nothing; both applications are told whose session has ended, and which.
fn both_have_ended(press: &Press<'_>, given: &Given) {
    assert_eq!(press.opens(given), 401);
    for application in ["orchard", "press"] {
        let told = press.told(application);
        assert_eq!(told.sub.as_ref(), Some(&given.id_token.sub), "{application}");
        assert_eq!(told.sid, given.id_token.sid, "{application}: one session");
    }
}

/// XC-13, A27.1: who signs out here is signed out at Entra, and at both applications that they were signed in to.
#[test]
fn signing_out_here_ends_what_two_applications_were_given() {
    let demo = Demo::start();
    let press = Press::beside_orchard(&demo);
    let (browser, given) = june_is_in_twice(&demo, &press);
    browser.goto(&demo.issuer("/me"));
    browser.press("Sign out");
    browser.wait_for_text("You are signed out at Microsoft too");
    assert_eq!(complaints(&browser), [""; 0]);
    both_have_ended(&press, &given);
    browser.goto(&demo.url("harbour", "/"));
    browser.press("Log in with Microsoft");
    browser.wait_for("#username");
}

/// MX-24, A27.1: so is who signs out at Entra.
#[test]
fn signing_out_at_entra_ends_what_two_applications_were_given() {
    let demo = Demo::start();
    let press = Press::beside_orchard(&demo);
    let (browser, given) = june_is_in_twice(&demo, &press);
    browser.goto(&demo.url("entra", "/logout"));
    browser.wait_for_text("You signed out of your account");
    both_have_ended(&press, &given);
    let me = demo.issuer("/me");
    browser.goto(&me);
    assert_ne!(browser.url(), me, "{}", browser.source());
}
