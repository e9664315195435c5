//! The demonstration's wiki, which knows no sign-in: its proxy asks.

use vestibule_e2e::peers::chromium::{Browser, Look};

use crate::demo::{Demo, complaints, password};

/// Up to the page that was opened.
fn comes_in(demo: &Demo, browser: &Browser, path: &str, email: &str) {
    browser.goto(&demo.url("wiki", path));
    browser.fill("#email", email);
    browser.press("Continue");
    browser.press("Log in with Microsoft");
    password(browser);
    let wanted = demo.url("wiki", path);
    browser.wait_for_url(|url| url == wanted);
}

/// HY-1: one sign-in is good for several applications.
#[test]
fn the_wiki_greets_whoever_signed_in_and_shows_a_page_to_managers() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    comes_in(&demo, &browser, "/?a=1", "ada@acme.example");
    assert_eq!(browser.text("h1"), "Good day, Ada Min");
    let told = browser.text("table");
    for header in [
        "X-Vestibule-Email Ada.Min@acme.example",
        "X-Vestibule-Account acme",
        "X-Vestibule-Roles manager",
        "X-Vestibule-Token ey",
    ] {
        assert!(told.contains(header), "{header} in {told}");
    }
    browser.click("#managers");
    assert_eq!(browser.text("h1"), "Next year's harvest");
    assert_eq!(complaints(&browser), [""; 0]);
    browser.click("#sign-out");
    browser.press("Sign out");
    browser.wait_for_text("You are signed out");
    browser.goto(&demo.url("wiki", "/managers/"));
    assert!(browser.url().starts_with(&demo.issuer("/")), "{}", browser.url());
}

#[test]
fn a_page_for_managers_is_refused_to_others() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    comes_in(&demo, &browser, "/managers/", "ben@acme.example");
    browser.wait_for_text("this part of Orchard's wiki is not for you");
    browser.goto(&demo.url("wiki", "/"));
    assert_eq!(browser.text("h1"), "Good day, Ben Okoro");
}
