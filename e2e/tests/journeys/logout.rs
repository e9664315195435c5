//! Single logout in a browser that blocks nothing and runs everything, from either end.

use vestibule_e2e::peers::chromium::{Browser, Look};

use super::TAKES_UNSOLICITED;
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
    browser.goto(&demo.url("sso", "/me"));
    browser.press("Sign out");
    browser.wait_for_text("You are signed out at Microsoft too");
    assert!(browser.url().starts_with(&demo.url("sso", "/sign-out/")), "{}", browser.url());
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
    let me = demo.url("sso", "/me");
    browser.goto(&me);
    assert_eq!(browser.url(), me);
    // Loaded with its frames.
    browser.goto(&demo.url("entra", "/logout"));
    browser.wait_for_text("You signed out of your account");
    browser.goto(&me);
    assert_ne!(browser.url(), me, "{}", browser.source());
}
