//! A customer's IT admin sets a sign-in up by a link and Entra's portal, copying only what the two show; and an operator
//! does the same from the console alone.

use vestibule_e2e::http::Client;
use vestibule_e2e::peers::chromium::{Browser, Key, Look};

use super::console::olga_comes_in;
use crate::demo::{Demo, begin_with_address, complaints, name_and_password, password, signed_in};

pub(super) const GUS: &str = "gus@garage.example";
const PORTAL: &str = "/portal/garage.example/applications";

/// The link that the demonstration prints.
pub(crate) fn link(demo: &Demo) -> String {
    let log = demo.log();
    let words = log.split_whitespace().map(str::to_owned);
    words.into_iter().find(|word| word.contains("/set-up/")).unwrap_or_else(|| panic!("no link is printed:\n{log}"))
}

/// What the page shows under a label.
pub(crate) fn shown(browser: &Browser, label: &str) -> String {
    let script = "return [...document.querySelectorAll('.copyable')].find(it => it.querySelector('.label').textContent \
                  === arguments[0]).querySelector('code').textContent";
    browser.execute(script, &[label.into()]).as_str().unwrap().to_owned()
}

/// What the portal shows in a field that can be copied.
pub(crate) fn copied(browser: &Browser, label: &str) -> String {
    browser.value(&format!("input[aria-label='{label}']"))
}

/// An application at Entra, with our values as a page of set-up shows them and with Gus assigned. Returns the address of
/// its single sign-on.
pub(super) fn at_entra(demo: &Demo, portal: &Browser, page: &Browser) -> String {
    portal.goto(&demo.url("entra", &format!("{PORTAL}/new")));
    portal.fill("#name", "Orchard");
    portal.click("main form button");
    portal.wait_for("ol.steps");
    let application = portal.url().split('?').next().unwrap_or_default().to_owned();
    portal.goto(&format!("{application}/users"));
    portal.wait_for("#principal");
    portal.press("Assign");
    portal.wait_for("button[aria-label^=Remove]");
    portal.goto(&format!("{application}/saml/basic"));
    portal.wait_for("input[name=identifier]");
    portal.fill("input[name=identifier]", &shown(page, "Identifier (Entity ID)"));
    portal.fill("input[name=reply_url]", &shown(page, "Reply URL (Assertion Consumer Service URL)"));
    portal.fill("#sign_on_url", &shown(page, "Sign on URL"));
    portal.fill("#logout_url", &shown(page, "Logout Url"));
    portal.click("button[value=save]");
    portal.wait_for(".done");
    format!("{application}/saml")
}

/// Whoever has the link, at its page, and the portal, which has our values and shows its own.
struct SetUp {
    link: String,
    portal: Browser,
    page: Browser,
}

impl SetUp {
    fn begun(demo: &Demo) -> Self {
        let (link, portal, page) = (link(demo), Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
        page.goto(&link);
        let saml = at_entra(demo, &portal, &page);
        portal.goto(&saml);
        Self { link, portal, page }
    }
}

/// A test, in the window of the page, and back to it.
fn tries(page: &Browser, link: &str) {
    page.execute("document.querySelector('[data-begins]').target = ''", &[]);
    page.click("#test");
    name_and_password(page, GUS);
    page.wait_for_text("It works");
    page.goto(link);
    page.wait_for_text("It works");
}

/// It is switched on, the link ends, and Gus comes in from the application.
fn finishes(demo: &Demo, page: &Browser, link: &str) {
    page.click("#switch-on");
    page.wait_for_text("It is switched on");
    page.goto(link);
    page.wait_for_text("This link opens nothing");
    assert_eq!(complaints(page), [""; 0]);
    gus_comes_in(demo);
}

fn gus_comes_in(demo: &Demo) {
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(demo, &browser, GUS);
    password(&browser);
    assert_eq!(signed_in(&browser), GUS);
}

/// MX-2, MX-3, SC-10, XC-16, SC-11, MX-10: by the address of the metadata.
#[test]
fn an_it_admin_sets_a_sign_in_up_by_metadata() {
    let demo = Demo::start();
    let SetUp { link, portal, page } = SetUp::begun(&demo);
    let url = copied(&portal, "App Federation Metadata Url");
    page.click("#given");
    page.wait_for_text("1 of 4 done");
    page.fill("#metadata_url", &url);
    page.click("#read");
    page.wait_for("#known");
    tries(&page, &link);
    finishes(&demo, &page, &link);
}

/// MX-12 to MX-14: by the values.
#[test]
fn an_it_admin_sets_a_sign_in_up_by_pasted_values() {
    let demo = Demo::start();
    let SetUp { link, portal, page } = SetUp::begun(&demo);
    let values = [("#sign_on", "Login URL"), ("#issuer", "Microsoft Entra Identifier")];
    let values = values.map(|(field, label)| (field, copied(&portal, label)));
    let file = portal.attribute("a[aria-label='Download Certificate (Base64)']", "href").unwrap();
    let file = demo.url("entra", &file);
    let certificate = Client::new().get(&file).unwrap().text();
    page.click("#by-hand summary");
    for (field, value) in values {
        page.fill(field, &value);
    }
    page.fill("#certificates", &certificate);
    page.click("#save-values");
    page.wait_for("#known");
    tries(&page, &link);
    finishes(&demo, &page, &link);
}

/// Nobody needs a mouse: from the link to the end of it.
#[test]
fn an_it_admin_sets_a_sign_in_up_with_the_keyboard_alone() {
    let demo = Demo::start();
    let SetUp { link, portal, page } = SetUp::begun(&demo);
    let url = copied(&portal, "App Federation Metadata Url");
    let enters = |css: &str| {
        page.tab_to(css);
        page.key(Key::Enter);
    };
    enters("#given");
    page.wait_for_text("1 of 4 done");
    page.tab_to("#metadata_url");
    page.type_text(&url);
    page.key(Key::Enter);
    page.wait_for_url(|url| url.ends_with("#known"));
    page.execute("document.querySelector('[data-begins]').target = ''", &[]);
    enters("#test");
    page.wait_for("#username:focus");
    page.type_text(GUS);
    page.key(Key::Enter);
    page.wait_for("#password:focus");
    page.type_text("demo");
    page.key(Key::Enter);
    page.wait_for_text("Stay signed in?");
    enters("#next");
    page.wait_for_text("It works");
    page.goto(&link);
    page.wait_for_text("It works");
    enters("#switch-on");
    page.wait_for_text("It is switched on");
    assert_eq!(complaints(&page), [""; 0]);
}

/// A new connection from the console alone: from the page of the account to a draft, the same three parts as by a link, a
/// test at another address than the console's, and in force.
#[test]
fn an_operator_sets_a_new_connection_up_from_the_console_alone() {
    let demo = Demo::start();
    let page = Browser::open(&Look::DESKTOP);
    olga_comes_in(&demo, &page);
    page.click("a[href='/console/accounts']");
    page.wait_for("table");
    page.click("a[href='/console/accounts/north/garage']");
    page.wait_for("#add-connection");
    page.click("#add-connection");
    page.fill("#name", "second");
    page.click("#make");
    page.wait_for("#given");
    let set_up = page.url();
    let portal = Browser::open(&Look::DESKTOP);
    let saml = at_entra(&demo, &portal, &page);
    portal.goto(&saml);
    let url = copied(&portal, "App Federation Metadata Url");
    page.click("#given");
    page.wait_for_text("1 of 4 done");
    page.fill("#metadata_url", &url);
    page.click("#read");
    page.wait_for("#known");
    tries(&page, &set_up);
    page.click("#switch-on");
    page.wait_for_text("Activated.");
    assert_eq!(complaints(&page), [""; 0]);
    gus_comes_in(&demo);
}
