//! The console in a browser: an operator finds a connection that needs attention and switches it; an account admin sees
//! their own part of the tree.

use vestibule_e2e::peers::chromium::{Browser, Look};

use super::TAKES_UNSOLICITED;
use crate::demo::{ACME, Demo, complaints, name_and_password, password};

pub(crate) const OLGA: &str = "olga@orchard.example";

/// Olga, who runs all of it, opens the console, and signs in on the way.
pub(crate) fn olga_comes_in(demo: &Demo, browser: &Browser) {
    browser.goto(&demo.issuer("/console"));
    comes_in(browser, OLGA);
}

/// Somebody gives their address, and their password at the identity provider.
fn comes_in(browser: &Browser, who: &str) {
    browser.fill("#email", who);
    browser.click("form button");
    browser.click("form[action='/sign-in/start'] button");
    // The address goes along with them.
    password(browser);
    browser.wait_for(".top nav");
}

/// MX-17, MX-20: what needs somebody stands on the first page, with the reason; the way from there to a connection that is
/// paused and in force again is one of links and buttons, and each step says what follows.
#[test]
fn an_operator_finds_a_connection_that_needs_attention_pauses_it_and_activates_it_again() {
    let demo = Demo::start();
    demo.apply(TAKES_UNSOLICITED);
    let browser = Browser::open(&Look::DESKTOP);
    olga_comes_in(&demo, &browser);
    browser.wait_for_text("Answers that nobody asked for are taken.");
    browser.click(&format!("a[href='/console/connections/{ACME}']"));
    browser.wait_for(".strip");
    browser.click(&format!("a[href='/console/connections/{ACME}/pause']"));
    browser.wait_for_text("Whoever signed in through it is signed out.");
    browser.press("Pause");
    browser.wait_for("[role=status]");
    assert!(browser.text("[role=status]").ends_with("Paused."));
    browser.click(&format!("a[href='/console/connections/{ACME}/activate']"));
    browser.press("Activate");
    browser.wait_for_text("no test has passed yet");
    browser.click("input[name='override']");
    browser.press("Activate");
    browser.wait_for_text("Activated.");
    browser.click("a[href^='/console/audit']");
    browser.wait_for_text("connection_changed");
    assert_eq!(complaints(&browser), [""; 0]);
}

/// MX-22, SC-17: the same address shows an account admin their own part alone.
#[test]
fn an_account_admin_sees_their_own_part_of_the_tree_alone() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("acme", "/console"));
    browser.click("form[action='/sign-in/start'] button");
    name_and_password(&browser, "max@acme.example");
    browser.wait_for(".top nav");
    browser.click("a[href='/console/accounts']");
    browser.wait_for("table");
    let table = browser.text("table");
    assert!(table.contains("Acme") && !table.contains("North"), "{table}");
    browser.goto(&demo.url("acme", "/console/accounts/north"));
    browser.wait_for("section.tell");
    assert!(!browser.text("main").contains("North"));
}
