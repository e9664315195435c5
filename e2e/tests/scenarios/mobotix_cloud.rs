//! A reseller's cloud for cameras: `examples/seed-systems/mobotix-cloud`.

use vestibule_e2e::peers::chromium::{Browser, Look};

use vestibule_e2e::scratch::Scratch;

use super::{begins_at_the_application, buttons, comes_in_at, operator, saves};
use crate::demo::{Demo, complaints, name_and_password, password, says, signed_in};
use crate::journeys::native;
use crate::journeys::passwords::{FIRST, link_in_mail, set, type_password};

const MICROSOFT: &str = "Log in with Microsoft";
const MILL: &str = "0198b000-0000-7000-8000-000000000103";
const MILL_APP: &str = "b1000000-0000-4000-8000-000000000003/applications/0b11ac3e-0000-4000-8000-000000000103";

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

/// An administrator chooses SHA-256 at Entra, where The Mill's application signed with SHA-1.
fn the_mill_signs_with_sha256(demo: &Demo, browser: &Browser) {
    browser.goto(&demo.url("entra", &format!("/portal/{MILL_APP}/saml/certificates")));
    browser.wait_for("[name=algorithm]");
    browser.execute("document.querySelector('[name=algorithm]').value = 'sha256'", &[]);
    browser.press("Save");
    browser.wait_for(".done");
}

/// Somebody of The Mill chooses a password by the link of their invitation, and types it.
fn comes_in_with_a_password(demo: &Demo, browser: &Browser, who: &str) {
    let link = link_in_mail(demo, browser, who, "You are invited to Camera Cloud");
    browser.goto(&link);
    set(browser, FIRST);
    type_password(browser, who, FIRST);
    assert_eq!(signed_in(browser), who);
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
    says(&saves(&browser), &["SHA-1"]);

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
    for (place, who) in [(0, "hans@hotel.example"), (1, "gina@gamma.example")] {
        browser.forget_cookies();
        browser.goto(&demo.url("hotel", "/"));
        browser.execute(
            "document.querySelectorAll('form[action=\"/sign-in/start\"] button')[arguments[0]].click()",
            &[place.into()],
        );
        name_and_password(&browser, who);
        browser.wait_for_url(|url| !url.contains("entra.localhost"));
        browser.goto(&demo.url("hotel", "/me"));
        browser.wait_for("dl.facts");
    }
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

/// MX-31: an application on a telephone signs in by the browser of the system, with single sign-on switched on.
#[test]
fn a_native_application_signs_in_where_single_sign_on_is_on() {
    let demo = Demo::scenario("mobotix-cloud");
    let browser = Browser::open(&Look::PHONE);
    the_mill_signs_with_sha256(&demo, &browser);
    let folder = Scratch::new("mobile");
    let (mut application, url) = native::started(&demo, &folder);
    browser.goto(&url);
    browser.fill("#email", "niko@mill.example");
    browser.press("Continue");
    browser.press(MICROSOFT);
    password(&browser);
    browser.wait_for_text("Go back to the terminal.");
    let said = application.answer(|process| process.log().contains("mill\n").then(|| process.log())).unwrap();
    assert!(said.contains("  e-mail   niko@mill.example\n  account  beta/mill\n"), "{said}");
}

/// MX-33: once The Mill demands single sign-on, a password lets nobody in but whoever is named for the day on which it
/// fails.
#[test]
fn a_password_opens_nothing_once_single_sign_on_is_demanded() {
    let demo = Demo::scenario("mobotix-cloud");
    let (browser, console) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
    comes_in_with_a_password(&demo, &browser, "pia@mill.example");

    operator(&demo, &console, "olga@camera.example");
    let demand = demo.issuer("/console/enforcement/beta/mill");
    console.goto(&demand);
    console.wait_for_text("It cannot be demanded of more people yet");
    assert!(console.text("main").contains("no test of \"entra\" has passed"), "{}", console.text("main"));

    let other = Browser::open(&Look::DESKTOP);
    the_mill_signs_with_sha256(&demo, &other);
    other.goto(&demo.of("mill", MILL, "test"));
    name_and_password(&other, "niko@mill.example");
    other.wait_for_text("It works");
    other.forget_cookies();
    comes_in_with_a_password(&demo, &other, "mara@mill.example");

    console.goto(&demand);
    console.wait_for_text("It can be demanded of more people");
    console.execute("document.querySelector('[name=people]').value = 'required'", &[]);
    console.click("#look");
    console.wait_for("#plan");
    console.screenshot("scenario-mobotix-cloud-demand");
    console.click("#save");
    console.wait_for_text("Saved.");

    vestibule_e2e::wait_for("the application has forgotten her", || {
        browser.goto(&demo.url("app", "/"));
        browser.has("#sign-in").then_some(())
    });
    browser.goto(&demo.url("mill", "/me"));
    assert!(!browser.url().ends_with("/me"), "the session that began with a password has ended: {}", browser.url());
    browser.goto(&demo.url("mill", "/sign-in/password"));
    type_password(&browser, "pia@mill.example", FIRST);
    browser.wait_for("#error");
    assert!(browser.text("#error").starts_with("The e-mail address or the password is not right."));
    other.forget_cookies();
    other.goto(&demo.url("mill", "/sign-in/password"));
    type_password(&other, "mara@mill.example", FIRST);
    assert_eq!(signed_in(&other), "mara@mill.example");
}

/// MX-21: what a reseller does not permit is said where somebody tries it, with who may permit it.
#[test]
fn an_own_identity_provider_that_the_reseller_does_not_permit_is_refused_with_the_reason() {
    let demo = Demo::scenario("mobotix-cloud");
    let harbour = "[[account]]\npath = \"alpha/harbour\"\nname = \"Harbour Gate\"\nsign_in = \"own\"\n";
    let told = demo.try_apply(harbour).unwrap_err();
    let why = "sign_in is \"own\", and the account above, \"alpha\", permits \"inherit\"; choose within that, or let \
               whoever runs \"alpha\" set `permitted` of this account";
    assert!(told.contains(why), "{told}");
}

/// MX-22: who manages a sub-account sees it in the console, and none beside it.
#[test]
fn who_manages_a_sub_account_sees_it_alone() {
    let demo = Demo::scenario("mobotix-cloud");
    let browser = Browser::open(&Look::DESKTOP);
    the_mill_signs_with_sha256(&demo, &browser);
    browser.goto(&demo.url("mill", "/console"));
    browser.press(MICROSOFT);
    name_and_password(&browser, "mara@mill.example");
    browser.wait_for(".top nav");
    browser.goto(&demo.url("mill", &format!("/console/connections/{MILL}/edit")));
    browser.wait_for("#sha1_until");
    browser.goto(&demo.url("mill", "/console/accounts"));
    browser.wait_for_text("The Mill");
    let seen = browser.text("body");
    assert!(!seen.contains("Hill School") && !seen.contains("Alpha Security"), "{seen}");
    browser.goto(&demo.url("mill", "/console/accounts/beta/school"));
    browser.wait_for("main h1");
    assert!(!browser.text("body").contains("Hill School"), "{}", browser.text("body"));
}
