//! Every page, as people have set up their browsers: nothing is wider than the window, axe-core finds no flaw, the
//! policy of the page stops nothing of its own. The pictures are in `screenshots` in the target folder.

mod console;
mod gallery;
mod portal;

use vestibule_e2e::peers::chromium::{Browser, Look, Script};
use vestibule_e2e::scratch::Scratch;

use crate::demo::{ACME, BAKERY, Demo, complaints, name_and_password, password, signed_in};
use crate::journeys::native::started;
use crate::journeys::{BY_POST, NEEDS_MAIL, TAKES_UNSOLICITED};

const UUID: &str = "0198a000-0000-7000-8000-00000000ffff";

/// Somebody who looks at one page after another.
struct Visitor {
    name: &'static str,
    look: Look,
    browser: Browser,
}

impl Visitor {
    /// The page that is open is looked at.
    #[track_caller]
    fn sees(&self, page: &str) {
        self.browser.wait_for("h1");
        // Where scripts are off the browser now and then never ends a picture; those pages are seen with script too.
        if self.look.script == Script::On {
            self.browser.screenshot(&format!("{page}-{}", self.name));
        }
        assert_eq!(self.browser.overflow(), 0, "{page} is wider than {} pixels", self.look.width);
        // The checker waits with the page's own timers, which stand still without script.
        if self.look.script == Script::On {
            self.browser.assert_accessible();
        }
        assert_eq!(complaints(&self.browser), [""; 0], "{page}");
    }

    /// A page of Vestibule, which speaks the person's language.
    #[track_caller]
    fn reads(&self, page: &str) {
        self.sees(page);
        let language = self.browser.attribute("html", "lang");
        assert!(language.is_some_and(|language| self.look.language.starts_with(&language)), "{page}");
    }

    #[track_caller]
    fn opens(&self, page: &str, url: &str) {
        self.browser.goto(url);
        self.reads(page);
    }

    #[track_caller]
    fn continues(&self) {
        if self.look == Look::WITHOUT_SCRIPT {
            self.sees("entra-post");
            self.browser.click("#continue");
        }
    }
}

#[test]
fn all_pages_on_a_laptop() {
    all_pages("desktop", &Look::DESKTOP);
}

#[test]
fn all_pages_on_a_phone_without_scrolling_sideways() {
    all_pages("phone", &Look::PHONE);
}

#[test]
fn all_pages_on_a_tablet() {
    all_pages("tablet", &Look::TABLET);
}

#[test]
fn all_pages_in_the_dark() {
    all_pages("dark", &Look::DARK);
}

#[test]
fn all_pages_in_german() {
    all_pages("german", &Look::GERMAN);
}

#[test]
fn all_pages_at_200_percent() {
    all_pages("zoomed", &Look::ZOOMED);
}

#[test]
fn all_pages_without_script() {
    all_pages("without-script", &Look::WITHOUT_SCRIPT);
}

#[track_caller]
fn all_pages(name: &'static str, look: &Look) {
    let demo = Demo::start();
    let visitor = Visitor { name, look: look.clone(), browser: Browser::open(look) };
    addresses(&demo, &visitor);
    sign_in(&demo, &visitor);
    beside_orchard(&demo, &visitor);
    refusals(&demo, &visitor);
    reports(&demo, &visitor);
    by_post(&demo, &visitor);
    console::console(&demo, &visitor);
    portal::portal(&demo, &visitor);
}

/// What is seen without signing in.
#[track_caller]
fn addresses(demo: &Demo, visitor: &Visitor) {
    visitor.opens("address-not-found", &demo.issuer("/nothing"));
    visitor.opens("address-unknown-host", &demo.url("nobody", "/"));
    visitor.opens("address-acs", &demo.of("acme", ACME, "acs"));
    visitor.opens("address-attempt-over", &demo.url("acme", &format!("/sign-in/{UUID}")));
    visitor.opens("address-outbox", &demo.issuer("/outbox"));
    visitor.opens("address-authorize", &demo.issuer("/oidc/authorize?client_id=unknown"));
    visitor.opens("account-sign-in", &demo.url("acme", "/"));
    visitor.opens("account-being-set-up", &demo.url("garage", "/"));
}

/// From the sample application to its page for those who are in, and to our page for them.
#[track_caller]
fn sign_in(demo: &Demo, visitor: &Visitor) {
    let browser = &visitor.browser;
    browser.goto(&demo.url("app", "/callback?error=access_denied"));
    visitor.sees("app-trouble");
    browser.goto(&demo.url("app", "/"));
    visitor.sees("app-home");
    browser.click("#sign-in");
    browser.wait_for("#email");
    visitor.reads("sign-in");
    // What the browser itself would not send comes from one that does not look.
    browser.execute("document.forms[0].noValidate = true", &[]);
    browser.fill("#email", "ada");
    browser.click("form button");
    browser.wait_for("#error");
    visitor.reads("sign-in-refused");
    browser.fill("#email", "somebody.with.a.rather.long.address@a-company-that-nobody-knows.example");
    browser.click("form button");
    browser.wait_for("main ul");
    visitor.reads("sign-in-unknown");
    browser.click("main a.button");
    browser.fill("#email", "ada@acme.example");
    browser.click("form button");
    browser.wait_for("form[action='/sign-in/start']");
    visitor.reads("sign-in-choose");
    browser.click("form[action='/sign-in/start'] button");
    browser.wait_for("#password");
    visitor.sees("entra-password");
    password(browser);
    visitor.continues();
    signed_in(browser);
    visitor.sees("app-signed-in");
    visitor.opens("me", &demo.issuer("/me"));
    browser.click("form[action='/sign-out'] button");
    browser.wait_for("main a.button");
    visitor.reads("signed-out");
    browser.goto(&demo.url("entra", "/myapps"));
    visitor.sees("entra-my-apps");
    browser.forget_cookies();
}

/// The wiki behind its proxy, and the last page of the application in the terminal.
#[track_caller]
fn beside_orchard(demo: &Demo, visitor: &Visitor) {
    let browser = &visitor.browser;
    browser.goto(&demo.of("acme", ACME, "start"));
    name_and_password(browser, "ada@acme.example");
    visitor.continues();
    signed_in(browser);
    browser.goto(&demo.url("wiki", "/"));
    browser.fill("#email", "ada@acme.example");
    browser.click("form button");
    browser.click("form[action='/sign-in/start'] button");
    visitor.continues();
    browser.wait_for("#managers");
    visitor.reads("wiki");
    browser.click("#managers");
    visitor.reads("wiki-managers");
    let folder = Scratch::new("native");
    let (_process, url) = started(demo, &folder);
    browser.goto(&url);
    browser.wait_for("footer");
    visitor.reads("native-signed-in");
    browser.forget_cookies();
}

/// Why somebody is not let in.
#[track_caller]
fn refusals(demo: &Demo, visitor: &Visitor) {
    let browser = &visitor.browser;
    browser.goto(&demo.of("bakery", BAKERY, "start"));
    browser.wait_for("#username");
    visitor.sees("entra-username");
    name_and_password(browser, "finn@bakery.example");
    visitor.continues();
    browser.wait_for("section.tell");
    visitor.reads("refused-not-invited");
    browser.forget_cookies();

    browser.goto(&demo.of("acme", ACME, "start"));
    name_and_password(browser, "dan@acme.example");
    browser.wait_for("#error");
    visitor.sees("entra-not-assigned");
    browser.forget_cookies();

    demo.apply(TAKES_UNSOLICITED);
    demo.change_application(r#"{ "identifiers": ["urn:somebody:else"] }"#);
    browser.goto(&demo.url("entra", "/myapps"));
    name_and_password(browser, "ada@acme.example");
    browser.wait_for("ul.tiles a");
    browser.click("ul.tiles a");
    visitor.continues();
    browser.wait_for("details");
    visitor.reads("refused-audience");
    browser.click("summary");
    visitor.reads("refused-audience-details");
    let identifier = demo.of("acme", ACME, "metadata");
    let login_url = demo.of("acme", ACME, "start");
    demo.change_application(&format!(r#"{{ "identifiers": ["{identifier}"], "reply_urls": ["{login_url}"] }}"#));
    browser.goto(&demo.url("entra", "/myapps"));
    browser.wait_for("ul.tiles a");
    browser.click("ul.tiles a");
    visitor.continues();
    browser.wait_for("section.tell");
    visitor.reads("refused-wrong-address");
    let acs = demo.of("acme", ACME, "acs");
    demo.change_application(&format!(r#"{{ "reply_urls": ["{acs}"] }}"#));
    browser.forget_cookies();
}

/// What an admin sees of a try.
#[track_caller]
fn reports(demo: &Demo, visitor: &Visitor) {
    let browser = &visitor.browser;
    browser.goto(&demo.of("acme", ACME, "test"));
    name_and_password(browser, "ada@acme.example");
    visitor.continues();
    browser.wait_for("ol.steps");
    visitor.reads("report-works");
    browser.forget_cookies();
    browser.goto(&demo.of("bakery", BAKERY, "test"));
    name_and_password(browser, "finn@bakery.example");
    visitor.continues();
    browser.wait_for("section.note.attention");
    visitor.reads("report-not-let-in");
    browser.forget_cookies();
}

/// What is set by the operator: claims that are needed, and requests by post.
#[track_caller]
fn by_post(demo: &Demo, visitor: &Visitor) {
    let browser = &visitor.browser;
    demo.apply(NEEDS_MAIL);
    demo.change_user("ada@acme.example", r#"{ "mail": null }"#);
    browser.goto(&demo.of("acme", ACME, "start"));
    name_and_password(browser, "ada@acme.example");
    visitor.continues();
    browser.wait_for("ul.named");
    visitor.reads("refused-missing-claims");
    demo.apply(BY_POST);
    // With script the page is gone before anybody sees it.
    if visitor.look == Look::WITHOUT_SCRIPT {
        browser.forget_cookies();
        visitor.opens("post-to-idp", &demo.of("acme", ACME, "start"));
    }
}
