//! Harbour Office's waiting room: whoever is new there waits, and June decides.

use vestibule_e2e::peers::chromium::{Browser, Key, Look};

use crate::demo::{Demo, begin_with_address, complaints, name_and_password, password, signed_in};

const HANA: &str = "hana@harbour.example";
const JUNE: &str = "june@harbour.example";

/// Hana comes from the application, and has to wait.
fn hana_waits(demo: &Demo) -> Browser {
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(demo, &browser, HANA);
    password(&browser);
    browser.wait_for_text("You are signed in, and still have to be let in");
    browser
}

/// June at the page of the first one who waits, to which her own page leads.
fn june_decides(demo: &Demo, look: &Look) -> Browser {
    let browser = Browser::open(look);
    browser.goto(&demo.url("harbour", "/"));
    browser.press("Log in with Microsoft");
    name_and_password(&browser, JUNE);
    if *look == Look::WITHOUT_SCRIPT {
        // Entra's own page posts by script where it may.
        browser.click("#continue");
    }
    signed_in(&browser);
    browser.goto(&demo.url("harbour", "/me"));
    browser.press("Waiting room");
    browser.wait_for("table");
    browser.press("Hana Lindgren");
    browser.wait_for_text("Let them in");
    browser
}

/// Hana looks again, and goes on to the application.
fn goes_on(browser: &Browser) {
    browser.press("Check again");
    assert_eq!(signed_in(browser), HANA);
}

/// SC-15, SC-16, SC-18, SC-19, SC-27: whoever is new waits, is told what happens next and whom to ask, has no session;
/// is let in with a role and a slope; and the next sign-in reaches the application with both.
#[test]
fn somebody_new_waits_and_comes_in_with_what_was_given() {
    let demo = Demo::start();
    let hana = hana_waits(&demo);
    assert!(hana.url().starts_with(&demo.issuer("/sign-in/")), "{}", hana.url());
    let page = hana.text("main");
    for told in [
        "This is your first sign-in to Orchard at Harbour Office. Somebody there decides who comes in.",
        "Somebody at Harbour Office looks at who you are and lets you in, or tells you why not. You get a mail then.",
        "You need not wait here. Come back when you like: this page says how it is.",
        "Hana Lindgren",
        "Harbour's desk",
        "desk@harbour.example",
    ] {
        assert!(page.contains(told), "{told} in {page}");
    }
    assert_eq!(hana.cookie("vestibule_session"), None);
    assert_eq!(complaints(&hana), [""; 0]);

    let june = june_decides(&demo, &Look::DESKTOP);
    june.click("input[name='role'][value='picker']");
    june.click("input[name='scope:slope'][value='south']");
    june.press("Let in");
    june.wait_for_text("Let in by");
    let decided = june.text("dl.facts");
    for told in ["How far it is\nlet in", "June Adeyemi", "Roles\nPicks fruit", "Slope\nsouth"] {
        assert!(decided.contains(told), "{told} in {decided}");
    }
    assert_eq!(complaints(&june), [""; 0]);

    goes_on(&hana);
    let claims = hana.text("table");
    for claim in ["account harbour", "roles picker", "access slope: south"] {
        assert!(claims.contains(claim), "{claim} in {claims}");
    }
}

/// SC-16: whoever is not let in reads the reason, as it was written, and is not let in by coming again.
#[test]
fn somebody_who_is_refused_reads_why() {
    let demo = Demo::start();
    let hana = hana_waits(&demo);
    let june = june_decides(&demo, &Look::DESKTOP);
    june.fill("#reason", "Ask <Kim> first.\nThen come again.");
    june.press("Do not let in");
    june.wait_for_text("Not let in by");

    hana.press("Check again");
    hana.wait_for_text("You were not let in");
    assert_eq!(hana.text(".note.refused"), "The reason\nAsk <Kim> first.\nThen come again.");
    hana.press("Check again");
    hana.wait_for(".note.refused");
    assert_eq!(hana.cookie("vestibule_session"), None);
    assert_eq!(complaints(&hana), [""; 0]);
}

/// A25.2: whoever waits is joined with somebody whom the account knows by another address, after both were shown, and
/// is that user from then on.
#[test]
fn somebody_is_joined_with_a_user_after_both_were_shown() {
    let demo = Demo::start();
    demo.apply(KNOWN_BEFORE);
    let hana = hana_waits(&demo);
    let june = june_decides(&demo, &Look::DESKTOP);
    june.fill("#merge", "nobody@harbour.example");
    june.press("Look at both");
    june.wait_for("[role=alert]");
    assert_eq!(
        june.text("[role=alert]"),
        "Nobody can be joined by this e-mail address. It has to be one active person of this account, without a role \
         in its administration."
    );
    june.fill("#merge", "h.lindgren@harbour.example");
    june.press("Look at both");
    june.wait_for_text("Are these one person?");
    let both = june.text(".compare");
    for shown in [HANA, "Hana (the old address)", "h.lindgren@harbour.example"] {
        assert!(both.contains(shown), "{shown} in {both}");
    }
    june.press("Yes, join them");
    june.wait_for_text("One with");

    goes_on(&hana);
    let claims = hana.text("table");
    assert!(claims.contains("roles owner"), "what the user had before: {claims}");
}

const KNOWN_BEFORE: &str = r#"
[[account]]
path = "harbour"
name = "Harbour Office"
admission = "waiting"
application = "orchard"
contact = { name = "Harbour's desk", email = "desk@harbour.example" }

[[account.user]]
email = "h.lindgren@harbour.example"
display_name = "Hana (the old address)"
granted = { roles = ["owner"] }
"#;

/// SC-16: nobody needs a mouse to decide.
#[test]
fn an_approver_lets_somebody_in_with_the_keyboard_alone() {
    let demo = Demo::start();
    let hana = hana_waits(&demo);
    let june = june_decides(&demo, &Look::DESKTOP);
    june.tab_to("input[value='owner']");
    june.key(Key::Space);
    june.tab_to("form[action$='/approve'] button");
    june.key(Key::Enter);
    june.wait_for_text("Let in by");
    goes_on(&hana);
    assert!(hana.text("table").contains("roles owner"), "{}", hana.text("table"));
}

/// SC-16: nor script.
#[test]
fn an_approver_lets_somebody_in_without_script() {
    let demo = Demo::start();
    let hana = hana_waits(&demo);
    let june = june_decides(&demo, &Look::WITHOUT_SCRIPT);
    june.click("input[value='picker']");
    june.click("input[value='north']");
    june.press("Let in");
    june.wait_for_text("Let in by");
    goes_on(&hana);
    assert!(hana.text("table").contains("access slope: north"), "{}", hana.text("table"));
}
