//! Maintenance of buildings, with a waiting room for each property: `examples/seed-systems/servusconnect`.

mod set_up;

use vestibule_e2e::peers::chromium::{Browser, Look};

use super::{operator, saves};
use crate::demo::{Demo, complaints, name_and_password, password, says, signed_in};

const NAME: &str = "servusconnect";
const MICROSOFT: &str = "Log In with Microsoft";
const LINDEN_APP: &str =
    "/portal/f5000000-0000-4000-8000-000000000002/applications/0f5ac3e0-0000-4000-8000-000000000502";

const ODILE: &str = "odile@upkeep.example";
const PAULA: &str = "paula@linden.example";
const MIKA: &str = "mika@linden.example";
const NORA: &str = "nora@linden-court.example";
const TESS: &str = "tess@linden.example";
const INES: &str = "ines@quayside.example";

fn begun() -> (Demo, Browser) {
    (Demo::scenario(NAME), Browser::open_recording(&Look::DESKTOP))
}

/// The address that every customer has registered as Reply URL since the old system.
fn reply_url(demo: &Demo) -> String {
    demo.url("login", "/saml2/idpresponse")
}

/// An e-mail address at the Sign on URL, and what follows it.
fn gives(demo: &Demo, browser: &Browser, who: &str) {
    browser.goto(&demo.url("app", "/sign-in"));
    continues(browser, who);
}

fn continues(browser: &Browser, who: &str) {
    browser.fill("#email", who);
    browser.press("Continue");
}

/// From the Sign on URL up to what follows the password at Entra.
fn comes(demo: &Demo, browser: &Browser, who: &str) {
    browser.forget_cookies();
    gives(demo, browser, who);
    browser.press(MICROSOFT);
    password(browser);
}

/// The text of the latest mail to somebody whose subject has these words.
fn mail(demo: &Demo, browser: &Browser, to: &str, subject: &str) -> String {
    let find = "const mail = [...document.querySelectorAll('article')].find(mail =>
            mail.querySelector('.cut').textContent === arguments[0]
            && mail.querySelector('h2').textContent.includes(arguments[1]));
        return mail ? mail.querySelector('pre').textContent : null";
    vestibule_e2e::wait_for(&format!("a mail to {to} with {subject:?}"), || {
        browser.goto(&demo.issuer("/outbox"));
        browser.execute(find, &[to.into(), subject.into()]).as_str().map(str::to_owned)
    })
}

/// The link that a mail has.
fn link_in(mail: &str) -> String {
    mail.lines().find(|line| line.starts_with("http")).unwrap_or_else(|| panic!("no link in {mail}")).to_owned()
}

/// Mika, the site manager of Elm Court, at a page of Linden's own address.
fn mika_at(demo: &Demo, page: &str) -> Browser {
    let browser = Browser::open(&Look::DESKTOP);
    browser.goto(&demo.url("linden", "/"));
    browser.press(MICROSOFT);
    name_and_password(&browser, MIKA);
    signed_in(&browser);
    browser.goto(&demo.url("linden", page));
    browser
}

/// A site manager asks for somebody: a technician of Elm Court.
fn asks_for(browser: &Browser, who: &str) {
    browser.fill("#email", who);
    browser.click("input[value=technician]");
    browser.click("input[value=elm-court]");
    browser.press("Ask for them");
}

/// The vendor's operator does the second step, to which their mail leads.
fn odile_confirms(demo: &Demo, who: &str) {
    let browser = Browser::open(&Look::DESKTOP);
    let told = mail(demo, &browser, ODILE, &format!("{who} waits for the second step at Linden Residences"));
    operator(demo, &browser, ODILE);
    browser.goto(&link_in(&told));
    browser.press("Confirm and let in");
    browser.wait_for_text("Let in by");
    assert_eq!(complaints(&browser), [""; 0]);
}

/// SC-7, SC-8, SC-14, SC-21, SC-23, SC-25, SC-26: at the Sign on URL the address comes first, then the button, then
/// Microsoft's page, which knows the address. The answer comes to the Reply URL of the old system, and whoever is known
/// comes in at once, with the property that stands in the file.
#[test]
fn somebody_who_is_known_comes_in_at_once() {
    let (demo, browser) = begun();
    gives(&demo, &browser, PAULA);
    browser.wait_for("form[action='/sign-in/start'] button");
    browser.screenshot("scenario-servusconnect-button");
    browser.press(MICROSOFT);
    browser.wait_for("#password");
    assert!(browser.url().starts_with(&demo.url("entra", "/")), "{}", browser.url());
    assert_eq!(browser.text("#who"), PAULA);
    password(&browser);
    assert_eq!(signed_in(&browser), PAULA);
    says(&browser.text("table"), &["account linden", "roles technician", "access property: mill-house"]);
    let sent = browser.sent();
    assert!(sent.iter().any(|one| one.method == "POST" && one.url == reply_url(&demo)), "{sent:#?}");
    assert_eq!(complaints(&browser), [""; 0]);
}

/// SC-15 to SC-19, SC-27, SC-29: whoever is new waits; the site manager's form leads to them and gives the one property
/// that is theirs to give; the operator confirms, everybody is told by mail, and the next sign-in brings the property.
#[test]
fn somebody_new_waits_and_comes_in_with_one_property() {
    let (demo, nora) = begun();
    comes(&demo, &nora, NORA);
    nora.wait_for_text("You are signed in, and still have to be let in");
    says(&nora.text("main"), &["first sign-in to Upkeep at Linden Residences", "Nora Petit", "desk@linden.example"]);
    assert_eq!(nora.cookie("vestibule_session"), None);
    nora.screenshot("scenario-servusconnect-waiting-room");

    let letters = Browser::open(&Look::DESKTOP);
    mail(&demo, &letters, MIKA, "Nora Petit (nora@linden-court.example) waits to be let in to Upkeep");
    let mika = mika_at(&demo, "/waiting");
    says(&mika.text("main"), &["Who is known at Linden Residences beforehand comes in at once. Everybody else"]);
    mika.press("Ask for somebody else");
    asks_for(&mika, NORA);
    mika.wait_for_text("waits already: this person");
    mika.screenshot("scenario-servusconnect-new-user-waits");
    mika.press("Let in");
    mika.wait_for_text("Let in first by");

    nora.press("Check again");
    nora.wait_for_text("You are nearly in");
    odile_confirms(&demo, "Nora Petit (nora@linden-court.example)");
    mail(&demo, &letters, NORA, "You are let in to Upkeep");
    mail(&demo, &letters, MIKA, "Nora Petit (nora@linden-court.example) is let in to Upkeep");
    nora.press("Check again");
    assert_eq!(signed_in(&nora), NORA);
    says(&nora.text("table"), &["account linden", "roles technician", "access property: elm-court"]);
    nora.screenshot("scenario-servusconnect-claims");
    assert_eq!(complaints(&nora), [""; 0]);
}

/// SC-14, SC-17, SC-18, SC-19: a site manager asks for somebody who has not come yet; after the operator's word they come
/// in at once, and never see the waiting room. An address of a domain that is not the customer's is refused.
#[test]
fn somebody_who_was_asked_for_never_waits() {
    let (demo, tess) = begun();
    let mika = mika_at(&demo, "/waiting/ask");
    says(&mika.text("main"), &["The operator confirms it first."]);
    let offered = |name: &str| {
        let all = "return [...document.querySelectorAll('input')].filter(it => it.name === arguments[0])
            .map(it => it.value).join(' ')";
        mika.execute(all, &[name.into()])
    };
    assert_eq!((offered("scope:property"), offered("role")), ("elm-court".into(), "manager technician".into()));
    asks_for(&mika, "tess@elsewhere.example");
    mika.wait_for(".note.refused");
    says(&mika.text(".note.refused"), &["The domain elsewhere.example is not proved for Linden Residences"]);
    mika.fill("#email", TESS);
    mika.fill("#name", "Tess Orban");
    mika.screenshot("scenario-servusconnect-new-user");
    mika.press("Ask for them");
    mika.wait_for_text("Asked for by");
    odile_confirms(&demo, "Tess Orban (tess@linden.example)");
    mail(&demo, &mika, TESS, "You are let in to Upkeep");
    comes(&demo, &tess, TESS);
    assert_eq!(signed_in(&tess), TESS);
    says(&tess.text("table"), &["roles technician", "access property: elm-court"]);
}

/// SC-9, SC-20, SC-21, SC-22: the Test button, the Sign on URL and the tile of My Apps end at the page that asks for the
/// address, and from there everybody comes in. With no Sign on URL the tile sends an answer that nobody asked for, to the
/// address that all customers share; its issuer says whose it is, and it is turned into a request.
#[test]
fn all_three_ways_of_a_test_lead_in() {
    let (demo, browser) = begun();
    let comes_in = || {
        browser.wait_for_url(|url| url.starts_with(&demo.issuer("/")));
        continues(&browser, PAULA);
        browser.press(MICROSOFT);
    };
    browser.goto(&demo.url("entra", &format!("{LINDEN_APP}/saml")));
    browser.execute("document.querySelector('#test').target = ''", &[]);
    browser.click("#test");
    comes_in();
    password(&browser);
    assert_eq!(signed_in(&browser), PAULA);

    comes(&demo, &browser, PAULA);
    assert_eq!(signed_in(&browser), PAULA);

    let tile = || {
        browser.forget_cookies();
        browser.goto(&demo.url("entra", "/myapps"));
        name_and_password(&browser, PAULA);
        browser.click("ul.tiles a");
    };
    tile();
    comes_in();
    assert_eq!(signed_in(&browser), PAULA);

    browser.goto(&demo.url("entra", &format!("{LINDEN_APP}/saml/basic")));
    browser.fill("#sign_on_url", "");
    browser.click("button[value=save]");
    browser.wait_for(".done");
    tile();
    assert_eq!(signed_in(&browser), PAULA);
    assert_eq!(complaints(&browser), [""; 0]);
}

/// SC-23, SC-24: an address whose domain leads nowhere has one answer, whether nobody knows the domain or a customer has
/// not proved it, and the page says what to do. Of a domain that leads on nobody learns who is there.
#[test]
fn a_domain_that_nobody_shared_is_told_neutrally() {
    let (demo, browser) = begun();
    let told = |who: &str| {
        browser.forget_cookies();
        gives(&demo, &browser, who);
        browser.wait_for(".who");
        browser.text("main").replace(who, "?")
    };
    let unknown = told("kim@nowhere.example");
    says(&unknown, &["No sign-in starts from this address", "whether single sign-on is set up for your e-mail domain"]);
    assert_eq!(told(INES), unknown, "a customer that is not connected yet");
    let known = told(PAULA);
    says(&known, &[MICROSOFT]);
    assert_eq!(told("nobody@linden.example"), known);
    assert_eq!(told(NORA), known, "the other domain of the customer");
}

/// SC-5: single sign-on is the vendor's to give: an operator withholds it from a customer, and gives it back. Strangers
/// learn nothing of it; whoever comes by the customer's own address reads why.
#[test]
fn a_customer_without_a_subscription_is_told_so() {
    let (demo, browser) = begun();
    let entitlement = |word: &str| {
        operator(&demo, &browser, ODILE);
        browser.goto(&demo.issuer("/console/accounts/linden"));
        browser.press("Settings of the account");
        browser.wait_for("#entitlement");
        browser.execute("document.querySelector('#entitlement').value = arguments[0]", &[word.into()]);
        saves(&browser);
        browser.forget_cookies();
    };
    entitlement("withheld");
    gives(&demo, &browser, PAULA);
    browser.wait_for_text("No sign-in starts from this address");
    browser.goto(&demo.of("linden", "0198b000-0000-7000-8000-000000000502", "start"));
    browser.wait_for("main h1");
    says(&browser.text("main"), &["is not part of its subscription", "desk@linden.example"]);
    entitlement("granted");
    comes(&demo, &browser, PAULA);
    assert_eq!(signed_in(&browser), PAULA);
}
