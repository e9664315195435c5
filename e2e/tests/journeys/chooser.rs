//! Ivo of Harbour Office is two users by one identity, and chooses.

use vestibule_e2e::peers::chromium::{Browser, Key, Look};

use crate::demo::{Demo, begin_with_address, complaints, password, signed_in};

const IVO: &str = "ivo@harbour.example";

/// Ivo comes from the application, up to the page on which he chooses.
fn ivo_chooses(demo: &Demo) -> Browser {
    let browser = Browser::open(&Look::DESKTOP);
    begin_with_address(demo, &browser, IVO);
    password(&browser);
    browser.wait_for_text("As whom do you continue?");
    browser
}

/// The button of one of the users: they differ by their roles.
fn choose(browser: &Browser, role: &str) {
    let mark = "for (const button of document.querySelectorAll('button[name=user]'))
        button.classList.toggle('wanted', button.textContent.includes(arguments[0]))";
    browser.wait_for("button[name=user]");
    browser.execute(mark, &[format!("Roles: {role}").into()]);
    browser.click("button.wanted");
}

/// The application's claims, once it has let Ivo in.
fn claims(browser: &Browser) -> String {
    signed_in(browser);
    browser.text("table")
}

/// The value of the claim `sub`.
fn sub(claims: &str) -> String {
    let (_, rest) = claims.split_once("sub ").unwrap();
    rest.split(' ').next().unwrap().to_owned()
}

/// What Ivo's own page calls him.
fn is_at_his_page_as(demo: &Demo, browser: &Browser, name: &str) {
    browser.goto(&demo.issuer("/me"));
    assert_eq!(browser.text("h1"), name);
}

/// XC-6: the page tells both users apart, nobody is signed in before the choice, and each leads to that user, who is
/// somebody of their own to the application.
#[test]
fn each_choice_leads_to_that_user() {
    let demo = Demo::start();
    let mut subs = Vec::new();
    for (role, name) in [("crane", "Ivo Marek (crane)"), ("office", "Ivo Marek (office)")] {
        let browser = ivo_chooses(&demo);
        assert_eq!(browser.count("button[name=user]"), 2);
        let page = browser.text("main");
        for told in [
            "Your sign-in stands for several users of Harbour Office.",
            "Ivo Marek (crane)\nRoles: crane",
            "Ivo Marek (office)\nRoles: office",
        ] {
            assert!(page.contains(told), "{told} in {page}");
        }
        assert_eq!(browser.cookie("vestibule_session"), None);
        assert_eq!(complaints(&browser), [""; 0]);
        choose(&browser, role);
        let claims = claims(&browser);
        assert!(claims.contains(&format!("roles {role}")), "{claims}");
        subs.push(sub(&claims));
        is_at_his_page_as(&demo, &browser, name);
    }
    assert_ne!(subs[0], subs[1]);
}

/// XC-6: what the device remembers answers the next time, until Ivo wants to be the other one.
#[test]
fn a_choice_is_remembered_until_the_other_user_is_wanted() {
    let demo = Demo::start();
    let browser = ivo_chooses(&demo);
    browser.click("input[name=remember]");
    choose(&browser, "crane");
    signed_in(&browser);
    // Out of Orchard, here and at Microsoft, and back again.
    browser.click("#sign-out");
    browser.wait_for("#sign-in");
    begin_with_address(&demo, &browser, IVO);
    password(&browser);
    let crane = claims(&browser);
    assert!(crane.contains("roles crane"), "nobody is asked: {crane}");

    browser.goto(&demo.issuer("/me"));
    browser.press("Continue as another of your users");
    browser.wait_for_text("As whom do you continue?");
    choose(&browser, "office");
    let office = claims(&browser);
    assert!(office.contains("roles office"), "{office}");
    is_at_his_page_as(&demo, &browser, "Ivo Marek (office)");
}

/// Nobody needs a mouse to choose.
#[test]
fn a_user_is_chosen_with_the_keyboard_alone() {
    let demo = Demo::start();
    let browser = ivo_chooses(&demo);
    browser.tab_to("button[name=user]:last-of-type");
    browser.key(Key::Enter);
    let claims = claims(&browser);
    assert!(claims.contains("roles office"), "{claims}");
}
