//! Single sign-on is demanded at Acme: not before it works and another door is proved, and then of everybody.

use vestibule_e2e::peers::chromium::{Browser, Look};

use super::passwords::{FIRST, MAX, link_in_mail, max_comes_in, max_sets_a_password, not_let_in, set, type_password};
use crate::demo::{ACME, Demo, begin_with_address, name_and_password, password, signed_in};

const OLA: &str = "ola@acme.example";

/// Acme, where everybody may have a password, and Ola, who is no manager.
fn acme(single_sign_on: &str) -> String {
    format!(
        r#"
[[account]]
path = "acme"
name = "Acme"
admission = "create"
unproved_email = "withhold"
application = "orchard"
passwords = "all"
single_sign_on = "{single_sign_on}"
contact = {{ name = "Acme IT", email = "it@acme.example" }}

[[account.user]]
email = "{OLA}"
display_name = "Ola Brandt"
invite = true
"#
    )
}

/// Max, who manages Acme, is named as its break-glass user, or is not.
fn max_is_named(demo: &Demo, break_glass: bool) {
    let max = format!(
        r#"
[[account.user]]
email = "{MAX}"
display_name = "Max Orlov"
console_role = "account_admin"
break_glass = {break_glass}
"#
    );
    demo.apply(&(acme("optional") + &max));
}

/// Why single sign-on cannot be demanded now.
#[track_caller]
fn refused(demo: &Demo) -> String {
    let told = demo.try_apply(&acme("required")).unwrap_err();
    let start = "changes.toml:2: account acme: single_sign_on cannot be \"required\" for people of \"acme\": ";
    let (_, why) = told.split_once(start).unwrap_or_else(|| panic!("{told}"));
    why.trim_end().to_owned()
}

/// Somebody of Acme's tenant tries the connection.
fn test_passes(demo: &Demo, browser: &Browser) {
    browser.goto(&demo.of("acme", ACME, "test"));
    name_and_password(browser, "ada@acme.example");
    browser.wait_for_text("Nobody was signed in, and nothing changed for your people.");
    assert_eq!(browser.text("h1"), "It works");
}

/// MX-33: switched on wrongly. Each time the file is refused with what is missing and who does it where, and nothing
/// changes: passwords open what they did.
#[test]
fn single_sign_on_is_not_demanded_before_a_test_and_a_break_glass_sign_in() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    assert_eq!(
        refused(&demo),
        "no test of \"entra\" has passed; somebody of the account's identity provider opens the address of its test \
         and signs in"
    );
    test_passes(&demo, &browser);
    max_is_named(&demo, false);
    assert_eq!(
        refused(&demo),
        "nobody who may sign in is named as break-glass user; set break_glass = true at one [[account.user]], apply that \
         first, and let them sign in with a password"
    );
    max_is_named(&demo, true);
    let why = refused(&demo);
    let (start, rest) = why.split_once(" since ").unwrap_or_else(|| panic!("{why}"));
    let (_, end) = rest.split_once(", when ").unwrap_or_else(|| panic!("{why}"));
    assert_eq!(
        (start, end),
        (
            "no break-glass user has signed in with their password",
            "they were named or the tested connection was last changed; got no sign-in at all; one of them signs in at \
             the account's /sign-in/password"
        )
    );
    max_sets_a_password(&demo, &browser);
    max_comes_in(&demo, &browser, FIRST);
}

/// MX-33, XC-26: switched on rightly. Ola's password, which let her in before, is answered as a wrong one is, and her
/// session has ended; Max, who is named for it, comes in; so does whoever comes by single sign-on.
#[test]
fn where_single_sign_on_is_demanded_only_the_break_glass_user_has_a_password() {
    let demo = Demo::start();
    let (browser, of_ola) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
    demo.apply(&acme("optional"));
    test_passes(&demo, &browser);
    max_sets_a_password(&demo, &browser);
    max_comes_in(&demo, &browser, FIRST);
    let link = link_in_mail(&demo, &of_ola, OLA, "You are invited to Orchard");
    of_ola.goto(&link);
    set(&of_ola, FIRST);
    type_password(&of_ola, OLA, FIRST);
    signed_in(&of_ola);

    demo.apply(&acme("required"));
    let me = demo.url("acme", "/me");
    of_ola.goto(&me);
    assert_ne!(of_ola.url(), me, "{}", of_ola.source());
    let hers = not_let_in(&demo, &of_ola, OLA, FIRST);
    assert_eq!(hers, not_let_in(&demo, &of_ola, "nobody@acme.example", FIRST));

    browser.forget_cookies();
    max_comes_in(&demo, &browser, FIRST);
    of_ola.forget_cookies();
    begin_with_address(&demo, &of_ola, "ada@acme.example");
    password(&of_ola);
    assert_eq!(signed_in(&of_ola), "Ada.Min@acme.example");
}
