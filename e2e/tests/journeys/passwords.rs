//! Max of Acme has a password beside single sign-on: the invitation, the sign-in, a change, a link by mail, and a code
//! of an authenticator.

use vestibule_e2e::peers::chromium::{Browser, Look};

use crate::demo::{Demo, complaints, signed_in};

pub(crate) const MAX: &str = "max@acme.example";
pub(crate) const FIRST: &str = "four walls and a brass lamp";
const SECOND: &str = "another five words for it";

const WRONG: &str = "The e-mail address or the password is not right. Type them again, or ask for a link to set a \
    password. Code: ";

/// The address in the latest mail of this subject to somebody. Mails are sent once a minute.
pub(crate) fn link_in_mail(demo: &Demo, browser: &Browser, to: &str, subject: &str) -> String {
    let find = "const mails = [...document.querySelectorAll('article')];
        const mail = mails.find(mail => mail.querySelector('h2').textContent === arguments[1]
            && mail.querySelector('.cut').textContent === arguments[0]);
        return mail ? mail.querySelector('pre').textContent.match(/http:\\S+/)[0] : null";
    vestibule_e2e::wait_for("the mail", || {
        browser.goto(&demo.issuer("/outbox"));
        browser.execute(find, &[to.into(), subject.into()]).as_str().map(str::to_owned)
    })
}

/// Chooses a password on the page to which the link leads.
pub(crate) fn set(browser: &Browser, password: &str) {
    browser.wait_for_text("Choose a password");
    browser.fill("#password", password);
    browser.press("Set the password");
    browser.wait_for_text("Your password is set. Sign in with it.");
}

/// Max opens the link of the invitation, and chooses a password.
pub(crate) fn max_sets_a_password(demo: &Demo, browser: &Browser) {
    let link = link_in_mail(demo, browser, MAX, "You are invited to Orchard");
    assert!(link.starts_with(&demo.url("acme", "/sign-in/password/")), "{link}");
    browser.goto(&link);
    set(browser, FIRST);
}

/// What somebody types at the account's page for passwords.
pub(crate) fn type_password(browser: &Browser, email: &str, password: &str) {
    browser.fill("#email", email);
    browser.fill("#password", password);
    browser.press("Sign in");
}

/// Max is signed in at Acme with this password.
pub(crate) fn max_comes_in(demo: &Demo, browser: &Browser, password: &str) {
    browser.goto(&demo.url("acme", "/sign-in/password"));
    type_password(browser, MAX, password);
    signed_in(browser);
    browser.goto(&demo.url("acme", "/me"));
    browser.wait_for_text("Max Orlov");
}

/// Somebody is not let in, and reads what everybody reads. Returns the page, without the code and the address.
#[track_caller]
pub(crate) fn not_let_in(demo: &Demo, browser: &Browser, email: &str, password: &str) -> String {
    browser.goto(&demo.url("acme", "/sign-in/password"));
    type_password(browser, email, password);
    browser.wait_for("#error");
    let error = browser.text("#error");
    let code = error.strip_prefix(WRONG).unwrap_or_else(|| panic!("{error}"));
    assert!(code.starts_with("PAS-") && code.len() == 8, "{code}");
    assert_eq!(browser.value("#email"), email);
    let page = browser.source().replace(code, "").replace(&email.replace('@', "%40"), "").replace(email, "");
    let me = demo.url("acme", "/me");
    browser.goto(&me);
    assert_ne!(browser.url(), me, "nobody is signed in");
    page
}

/// SC-24, CC-5, MX-32: an invited manager sets a password by the link of the mail, which is good once, and comes in with
/// it from the page with the button of single sign-on.
#[test]
fn an_invited_manager_sets_a_password_and_comes_in_with_it() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    let link = link_in_mail(&demo, &browser, MAX, "You are invited to Orchard");
    browser.goto(&link);
    assert_eq!(browser.text(".who"), "for max@acme.example");
    // What the browser itself would hold back is told by the page too.
    browser.execute("document.querySelector('#password').minLength = 0", &[]);
    browser.fill("#password", "short");
    browser.press("Set the password");
    browser.wait_for("#error");
    assert_eq!(browser.text("#error"), "It has 5 characters. Wanted are 12 at least.");
    set(&browser, FIRST);
    browser.goto(&link);
    browser.wait_for_text("This link was used, or its time is over.");

    browser.goto(&demo.url("app", "/"));
    browser.click("#sign-in-acme");
    browser.press("Sign in with a password");
    type_password(&browser, MAX, FIRST);
    assert_eq!(signed_in(&browser), MAX);
    let claims = browser.text("table");
    assert!(claims.contains("account acme"), "{claims}");
    browser.goto(&demo.url("acme", "/me"));
    let facts = browser.text("dl.facts");
    assert!(facts.contains("Signed in with\nPassword"), "{facts}");
    assert_eq!(complaints(&browser), [""; 0]);
}

/// The present password is asked for; the others of Max's sessions end, this one stays.
#[test]
fn somebody_changes_their_password_and_stays_signed_in_here_alone() {
    let demo = Demo::start();
    let (here, there) = (Browser::open(&Look::DESKTOP), Browser::open(&Look::DESKTOP));
    max_sets_a_password(&demo, &here);
    max_comes_in(&demo, &there, FIRST);
    max_comes_in(&demo, &here, FIRST);
    here.press("Change your password");
    here.fill("#present", SECOND);
    here.fill("#password", SECOND);
    here.press("Set the password");
    here.wait_for("#present-error");
    assert_eq!(here.text("#present-error"), "It is not your present password. Type it again.");
    here.fill("#present", FIRST);
    here.fill("#password", SECOND);
    here.press("Set the password");
    here.wait_for_text("Your password is changed. Everywhere else you are signed out.");
    here.press("Back to your account");
    here.wait_for_text("Max Orlov");

    let me = demo.url("acme", "/me");
    there.goto(&me);
    assert_ne!(there.url(), me, "{}", there.source());
    not_let_in(&demo, &there, MAX, FIRST);
    max_comes_in(&demo, &there, SECOND);
}

/// Whoever forgot their password asks for a link, and has a new one; the page says the same to somebody unknown.
#[test]
fn a_forgotten_password_is_set_anew_by_a_link_in_a_mail() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    max_sets_a_password(&demo, &browser);
    let pages = ["nobody@acme.example", MAX].map(|email| {
        browser.goto(&demo.url("acme", "/sign-in/password"));
        browser.press("Forgot it, or never had one?");
        browser.fill("#email", email);
        browser.press("Send the link");
        browser.wait_for_text("Look into your mail");
        browser.source().replace(email, "")
    });
    assert_eq!(pages[0], pages[1]);
    let link = link_in_mail(&demo, &browser, MAX, "Set your password for Orchard");
    browser.goto(&demo.issuer("/outbox"));
    assert!(!browser.text("main").contains("nobody@acme.example"), "{}", browser.text("main"));
    browser.goto(&link);
    set(&browser, SECOND);
    not_let_in(&demo, &browser, MAX, FIRST);
    max_comes_in(&demo, &browser, SECOND);
}

/// A wrong password, somebody unknown, and somebody who signs in through Entra alone: one page for all.
#[test]
fn a_wrong_password_and_an_unknown_person_are_answered_alike() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    max_sets_a_password(&demo, &browser);
    let wrong = not_let_in(&demo, &browser, MAX, SECOND);
    let unknown = not_let_in(&demo, &browser, "nobody@acme.example", SECOND);
    let elsewhere = not_let_in(&demo, &browser, "ben@acme.example", FIRST);
    assert_eq!(wrong, unknown);
    assert_eq!(wrong, elsewhere);
}

/// What the person's telephone shows for the secret that they typed (RFC 6238), `later` steps of 30 s from now. The
/// browser has what it takes.
pub(crate) fn code_of(browser: &Browser, secret: &str, later: u64) -> String {
    let script = "const bits = [...arguments[0]].map(letter =>
            'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
        const octets = Uint8Array.from(bits.match(/.{8}/g), octet => parseInt(octet, 2));
        const counter = new DataView(new ArrayBuffer(8));
        counter.setUint32(4, Math.floor(Date.now() / 30000) + arguments[1]);
        return crypto.subtle.importKey('raw', octets, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
            .then(key => crypto.subtle.sign('HMAC', key, counter))
            .then(tag => {
                const view = new DataView(tag);
                const number = view.getUint32(view.getUint8(19) & 15) & 0x7fffffff;
                return String(number % 1000000).padStart(6, '0');
            })";
    let code = browser.execute(script, &[secret.into(), later.into()]);
    code.as_str().unwrap_or_else(|| panic!("no code: {code}")).to_owned()
}

/// Max says the password, and is asked for a code.
fn asked_for_a_code(demo: &Demo, browser: &Browser) {
    browser.forget_cookies();
    browser.goto(&demo.url("acme", "/sign-in/password"));
    type_password(browser, MAX, FIRST);
    browser.wait_for_text("Enter a code");
    assert_eq!(browser.cookie("vestibule_session"), None);
}

fn say(browser: &Browser, code: &str) {
    browser.fill("#code", code);
    browser.click("form[action='/sign-in/second'] button");
}

fn is_refused(browser: &Browser) {
    browser.wait_for("#error");
    let told = "This code is not right, or was used. Take the one that the app shows now.";
    assert_eq!(browser.text("#error"), told);
    assert_eq!(browser.cookie("vestibule_session"), None);
}

/// An authenticator is set up at one's own page; from then on the password is followed by a code, and each is good once,
/// those for the day on which the telephone is lost too.
#[test]
fn an_authenticator_is_set_up_and_asked_for_from_then_on() {
    let demo = Demo::start();
    let browser = Browser::open(&Look::DESKTOP);
    max_sets_a_password(&demo, &browser);
    max_comes_in(&demo, &browser, FIRST);
    browser.press("Your authenticator");
    browser.wait_for_text("With an authenticator app your password alone lets nobody in.");
    browser.fill("#present", FIRST);
    browser.press("Set up an authenticator");
    browser.wait_for("svg.qr");
    let secret = browser.text("main p code").replace(' ', "");
    let used = code_of(&browser, &secret, 0);
    say(&browser, &used);
    browser.wait_for_text("Keep these codes");
    assert_eq!(browser.count("ul.list code"), 8);
    let recovery = browser.text("ul.list li:first-child code");
    browser.press("I have kept them");
    assert_eq!(browser.url(), demo.url("acme", "/me/second-factor"));

    asked_for_a_code(&demo, &browser);
    say(&browser, &used);
    is_refused(&browser);
    // A telephone whose clock is half a minute fast.
    say(&browser, &code_of(&browser, &secret, 1));
    signed_in(&browser);

    asked_for_a_code(&demo, &browser);
    say(&browser, &recovery);
    signed_in(&browser);
    asked_for_a_code(&demo, &browser);
    say(&browser, &recovery);
    is_refused(&browser);
    assert_eq!(complaints(&browser), [""; 0]);
}
