//! The five set-ups of `docs/seed-systems.md`, each as its README below `examples/seed-systems` walks through it.

mod cloud_cms;
mod hybrid_data_center;
mod mobotix_cloud;
mod servusconnect;
mod xcally;

use serde_json::Value;
use vestibule_e2e::peers::chromium::Browser;

use crate::demo::{Demo, name_and_password, password};

/// The buttons of the page at an account's address, from above.
fn buttons(demo: &Demo, browser: &Browser, site: &str) -> Vec<String> {
    browser.goto(&demo.url(site, "/"));
    browser.wait_for("main");
    let all = "return [...document.querySelectorAll('form[action=\"/sign-in/start\"] button')]
        .map(button => button.innerText.split('\\n')[0])";
    let Value::Array(texts) = browser.execute(all, &[]) else { panic!("no list") };
    texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Somebody comes in at an account's own address, by the button of this name, and is at their own page there.
fn comes_in_at(demo: &Demo, browser: &Browser, site: &str, button: &str, who: &str) {
    browser.forget_cookies();
    browser.goto(&demo.url(site, "/"));
    browser.press(button);
    name_and_password(browser, who);
    browser.wait_for_url(|url| !url.contains("entra.localhost"));
    browser.goto(&demo.url(site, "/me"));
    browser.wait_for("dl.facts");
}

/// Somebody begins at the application with their address, up to what follows their password at Entra.
fn begins_at_the_application(demo: &Demo, browser: &Browser, who: &str) {
    browser.forget_cookies();
    browser.goto(&demo.url("app", "/"));
    browser.click("#sign-in");
    browser.fill("#email", who);
    browser.press("Continue");
    browser.press("Log in with Microsoft");
    password(browser);
}

/// The vendor's operator opens the console.
fn operator(demo: &Demo, browser: &Browser, who: &str) {
    browser.forget_cookies();
    browser.goto(&demo.issuer("/console"));
    browser.fill("#email", who);
    browser.click("form button");
    browser.click("form[action='/sign-in/start'] button");
    password(browser);
    browser.wait_for(".top nav");
}

/// What stands in a form of the console is looked at, and saved. Returns what it changes.
fn saves(console: &Browser) -> String {
    console.click("#look");
    console.wait_for("#plan");
    let plan = console.text("#plan");
    console.click("#save");
    console.wait_for_text("Saved.");
    plan
}
