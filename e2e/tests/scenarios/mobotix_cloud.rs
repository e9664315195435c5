//! A reseller's cloud for cameras: `examples/seed-systems/mobotix-cloud`.

use vestibule_e2e::peers::chromium::{Browser, Look};

use super::{begins_at_the_application, buttons, comes_in_at, operator};
use crate::demo::{Demo, complaints, signed_in};

const MICROSOFT: &str = "Log in with Microsoft";
const MILL: &str = "0198b000-0000-7000-8000-000000000103";

/// MX-1, MX-15, MX-16, MX-18: one identity provider for all users of a reseller, on pages with its looks, each account
/// at an address of its own.
#[test]
fn everybody_below_a_reseller_comes_by_its_identity_provider() {
    let demo = Demo::scenario("mobotix-cloud");
    let browser = Browser::open(&Look::DESKTOP);
    for (site, who) in [("harbour", "hugo@alpha.example"), ("museum", "mona@alpha.example")] {
        assert_eq!(buttons(&demo, &browser, site), [MICROSOFT], "{site}");
        assert_eq!(browser.text(".welcome"), "Alpha Security looks after this sign-in.");
        comes_in_at(&demo, &browser, site, MICROSOFT, who);
    }
    assert_eq!(complaints(&browser), [""; 0]);
}

/// MX-19, MX-30, MX-34, MX-9: a sub-account has an identity provider of its own, whose sign-in starts here; what it signs
/// with SHA-1 is refused with the reason until an operator says until when it is taken.
#[test]
fn a_sub_account_with_its_own_identity_provider_is_let_in_once_sha1_is_taken() {
    let demo = Demo::scenario("mobotix-cloud");
    let browser = Browser::open(&Look::DESKTOP);
    begins_at_the_application(&demo, &browser, "niko@mill.example");
    browser.wait_for("main h1");
    let refused = browser.text("main");
    assert!(refused.contains("has to choose SHA-256"), "{refused}");

    operator(&demo, &browser, "olga@camera.example");
    browser.goto(&demo.issuer(&format!("/console/connections/{MILL}/edit")));
    browser.wait_for("#sha1_until");
    let day = "const day = new Date(Date.now() + 30 * 86400000).toISOString().slice(0, 10);
        document.querySelector('#sha1_until').value = day; return day";
    browser.execute(day, &[]);
    browser.click("#look");
    browser.wait_for("#plan");
    assert!(browser.text("#plan").contains("SHA-1"), "{}", browser.text("#plan"));
    browser.click("#save");
    browser.wait_for_text("Saved.");

    begins_at_the_application(&demo, &browser, "niko@mill.example");
    assert_eq!(signed_in(&browser), "niko@mill.example");
}

/// MX-28, MX-29: what the original cannot combine: each account below one reseller has its own, the reseller's, both or
/// none.
#[test]
fn accounts_below_one_reseller_mix_what_they_have() {
    let demo = Demo::scenario("mobotix-cloud");
    let browser = Browser::open(&Look::DESKTOP);
    assert_eq!(buttons(&demo, &browser, "hotel").len(), 2);
    assert_eq!(buttons(&demo, &browser, "depot").len(), 1);
    assert_eq!(buttons(&demo, &browser, "shop"), [""; 0]);
    assert!(browser.has("#password") || browser.text("main").contains("password"), "{}", browser.text("main"));
    comes_in_at(&demo, &browser, "depot", MICROSOFT, "dora@gamma.example");
}

/// MX-32: whoever signs in by single sign-on alone is told how, and of no password; others get a link to set one.
#[test]
fn an_invitation_speaks_of_a_password_where_there_is_one() {
    let demo = Demo::scenario("mobotix-cloud");
    let browser = Browser::open(&Look::DESKTOP);
    let find = "const mail = [...document.querySelectorAll('article')]
        .find(mail => mail.querySelector('.cut').textContent === arguments[0]);
        return mail ? mail.querySelector('pre').textContent : null";
    let mail_to = |who: &str| {
        vestibule_e2e::wait_for("the mail", || {
            browser.goto(&demo.issuer("/outbox"));
            browser.execute(find, &[who.into()]).as_str().map(str::to_owned)
        })
    };
    let (sven, niko) = (mail_to("sven@school.example"), mail_to("niko@mill.example"));
    assert!(sven.contains("choose a password") && sven.contains("/sign-in/password/"), "{sven}");
    assert!(niko.contains("You need no password") && !niko.contains("/sign-in/password/"), "{niko}");
}
