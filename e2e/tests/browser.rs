//! The real browser.
//!
//! [`journeys`]: what people do. [`looks`]: what they see. [`scenarios`]: five set-ups that people really run. Here, that it is one: what those rely on is shown on pages that
//! are made for it.

mod demo;
mod journeys;
mod looks;
mod pages;
mod scenarios;

use pages::Pages;
use vestibule_e2e::peers::chromium::{Browser, Key, Look, Scheme, Script};

#[test]
fn hosts_below_localhost_are_sites_of_their_own() {
    let pages = Pages::serve();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&pages.url("acme.localhost", "/cookie"));
    assert_eq!(browser.title(), "acme.localhost");
    let cookie = browser.cookie("mark").unwrap();
    assert_eq!((cookie.domain.as_str(), cookie.same_site.as_str()), ("acme.localhost", "Lax"));
    assert!(cookie.http_only);
    browser.goto(&pages.url("app.localhost", "/cookie-seen"));
    assert_eq!(browser.text("output"), "");
    browser.goto(&pages.url("acme.localhost", "/cookie-seen"));
    assert_eq!(browser.text("output"), "mark=1");
}

/// The Assertion Consumer Service must not count on a Lax cookie, and the page after it may. That the browser's two
/// minutes of grace are for unmarked cookies only is part of it: this cookie is fresh.
#[test]
fn a_lax_cookie_stays_away_from_a_cross_site_post_and_comes_with_the_get_after_it() {
    let pages = Pages::serve();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&pages.url("acme.localhost", "/cookie"));
    browser.goto(&pages.url("entra.localhost", "/post-to-acme"));
    browser.click("button");
    browser.wait_for_url(|url| url.ends_with("/cookie-seen?post="));
    assert_eq!(browser.text("output"), "mark=1");
}

#[test]
fn axe_core_finds_what_was_planted_and_nothing_else() {
    let pages = Pages::serve();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&pages.url("acme.localhost", "/form"));
    browser.assert_accessible();
    browser.goto(&pages.url("acme.localhost", "/flawed"));
    let violations = browser.violations();
    let rules: Vec<_> = violations.iter().map(|violation| violation.rule.as_str()).collect();
    assert_eq!(rules, ["image-alt"]);
    assert!(violations[0].elements[0].starts_with("<img "), "{violations:?}");
}

#[test]
fn a_form_is_filled_with_the_keyboard_alone() {
    let pages = Pages::serve();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&pages.url("acme.localhost", "/form"));
    browser.tab_to("input");
    browser.type_text("ada@corp.example");
    assert_eq!(browser.value("input"), "ada@corp.example");
    browser.key(Key::Enter);
    assert!(browser.wait_for_url(|url| url.contains("/cookie-seen?")).ends_with("?email=ada%40corp.example"));
}

#[test]
fn a_person_with_a_mouse_presses_what_has_a_label() {
    let pages = Pages::serve();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&pages.url("acme.localhost", "/form"));
    browser.fill("input", "one@corp.example");
    browser.fill("input", "two@corp.example");
    browser.press("Continue");
    assert!(browser.wait_for_url(|url| url.contains("/cookie-seen?")).ends_with("?email=two%40corp.example"));
    browser.back();
    assert_eq!(browser.attribute("input", "type").as_deref(), Some("email"));
    assert!(browser.has("main") && browser.count("button") == 1);
}

#[test]
fn what_the_content_security_policy_stops_is_on_the_console() {
    let pages = Pages::serve();
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&pages.url("acme.localhost", "/form"));
    assert_eq!(browser.console(), [""; 0]);
    browser.goto(&pages.url("acme.localhost", "/scripted"));
    assert_eq!(browser.text("output"), "no script ran");
    let console = browser.console();
    assert!(console.iter().any(|line| line.contains("Content Security Policy")), "{console:?}");
}

#[test]
fn a_person_sees_the_page_in_his_own_way() {
    let pages = Pages::serve();
    let looks = [
        ("desktop", Look::DESKTOP),
        ("phone", Look::PHONE),
        ("dark", Look::DARK),
        ("german", Look::GERMAN),
        ("zoomed", Look::ZOOMED),
        ("without-script", Look::WITHOUT_SCRIPT),
    ];
    for (name, look) in looks {
        let browser = Browser::open(&look);
        browser.goto(&pages.url("app.localhost", "/look"));
        browser.wait_for("main");
        assert!(browser.text("#language").starts_with(look.language), "{name}: {}", browser.text("#language"));
        assert_eq!(browser.text("#script") == "on", look.script == Script::On, "{name}");
        let dark = browser.execute("return matchMedia('(prefers-color-scheme: dark)').matches", &[]);
        assert_eq!(dark, look.scheme == Scheme::Dark, "{name}");
        assert_eq!(browser.execute("return innerWidth", &[]), look.width, "{name}");
        assert_eq!(browser.overflow(), i64::from(400_u32.saturating_sub(look.width)), "{name}");
        let picture = std::fs::read(browser.screenshot(&format!("harness-{name}"))).unwrap();
        // The header of a PNG has its size at a fixed place.
        let number = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
        let height = browser.execute("return document.documentElement.scrollHeight", &[]);
        assert_eq!(number(16), look.width.max(400), "{name}");
        assert_eq!(height, number(20), "{name}");
        // The page is longer than any window but that of somebody without scripts.
        assert_eq!(number(20) > look.height, look.script == Script::On, "{name}");
    }
}
