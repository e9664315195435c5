//! A contact centre that was set up by variables of its server: `examples/seed-systems/xcally`.

mod centre;

use vestibule_e2e::peers::chromium::{Browser, Look};
use vestibule_e2e::scratch::Scratch;

use self::centre::{
    APPLICATION, AtEntra, BUTTON, Centre, IDA, OLD_REPLY_URL, OTTO, comes_by_password, comes_by_the_button, import,
    printed, refused,
};
use super::{buttons, operator, saves};
use crate::demo::{Demo, complaints, name_and_password, password, says, signed_in};
use crate::journeys::native::started;
use crate::journeys::passwords::{FIRST, link_in_mail, set};

const PEOPLE: &str = include_str!("../../../examples/seed-systems/xcally/people.toml");
const AMIR: &str = "amir@bluebird.example";
const URSULA: &str = "ursula@bluebird.example";
/// Ida's address, as Entra writes it.
const RECEIVED: &str = "Ida.Quill@Bluebird.example";

/// XC-12, XC-15, XC-16, XC-20 to XC-24, XC-32, XC-33: the five variables with what the portal shows are a draft that asks
/// nothing new of Entra; a certificate is taken with quotes and line ends, and what cannot be taken is told with its place
/// and what to do.
#[test]
fn five_variables_are_a_draft_and_what_is_wrong_with_one_is_told() {
    let (demo, browser) = (Demo::scenario("xcally"), Browser::open(&Look::DESKTOP));
    let (at_entra, domain) = (AtEntra::read(&demo, &browser), demo.url("motion", ""));
    let line = at_entra.on_one_line();
    let tries = |domain: &str, certificate: &str| {
        let tried = import(&demo, &at_entra.variables(domain, certificate), &["--dry-run"]);
        tried.unwrap_or_else(|wrong| wrong)
    };
    let wildcard = tries("https://*.motion.example", &line);
    let why = "has a wildcard; name each host by itself, because an answer is accepted at one exact address only";
    says(&wildcard, &["motion.env: DOMAIN: \"https://*.motion.example/api/auth/saml/callback\"", why]);
    says(&tries("192.0.2.7", &line), &["https://192.0.2.7/api/auth/saml/callback", "Nothing was changed"]);
    let broken = tries(&domain, &format!("{}%{}", &line[..40], &line[40..]));
    let copy = "'%' does not belong in base64; copy it again as plain text, from the BEGIN line to the END line";
    says(&broken, &["motion.env: XC_SAML_CERT, byte 40: ", copy]);
    says(&tries(&domain, &line[..300]), &["the text is cut off: 225 bytes where", "copy the whole text again"]);

    let quoted = format!("\"{}\"", at_entra.certificate.trim().replace('\n', "\r\n"));
    let made = import(&demo, &at_entra.variables(&domain, &quoted), &[]).unwrap();
    assert_eq!(printed(&made, "Identifier (Entity ID)"), "motion-server-12");
    assert_eq!(printed(&made, "Reply URL (ACS URL)"), format!("{domain}{OLD_REPLY_URL}"));
    assert_eq!((printed(&made, "issuer"), printed(&made, "logout_url")), (at_entra.issuer, at_entra.logout_url));
    says(&made, &[&at_entra.login_url, "CN=Microsoft Azure Federated SSO Certificate"]);

    let id = printed(&made, "Sign on URL").rsplit('/').nth(1).unwrap().to_owned();
    operator(&demo, &browser, OTTO);
    browser.goto(&demo.issuer(&format!("/console/connections/{id}")));
    says(&browser.text("main"), &["○ Draft", "motion-server-12", &format!("{domain}{OLD_REPLY_URL}")]);
    browser.screenshot("scenario-xcally-draft");
}

/// XC-2, XC-5, XC-8, XC-11, XC-14, XC-15, XC-18, XC-19, XC-33: the same values are typed in the console, without a shell,
/// beside what is done in the portal page by page; a wildcard is refused beside its field.
#[test]
fn the_same_values_are_typed_in_the_console_beside_the_steps_of_the_portal() {
    let (demo, console) = (Demo::scenario("xcally"), Browser::open(&Look::DESKTOP));
    let at_entra = AtEntra::read(&demo, &console);
    operator(&demo, &console, OTTO);
    console.goto(&demo.issuer("/console/accounts/motion"));
    console.click("#add-connection");
    console.fill("#name", "typed");
    console.click("#make");
    console.wait_for("#given");
    let steps = [
        "with the role Cloud Application Administrator",
        "Enterprise applications → New application",
        "Create your own application",
        "leave the boxes of Implicit grant and hybrid flows unchecked",
        "Users and groups → Add user/group",
        "emailaddress is sent from user.mail",
    ];
    says(&console.text("main"), &steps);
    console.click("#given");
    console.wait_for_text("1 of 4 done");
    let set_up = console.url();
    console.click("#by-hand summary");
    for (field, value) in [("#sign_on", &at_entra.login_url), ("#issuer", &at_entra.issuer)] {
        console.fill(field, value);
    }
    console.fill("#certificates", &format!("\"{}\"", at_entra.certificate));
    console.click("#save-values");
    console.wait_for("#known");

    console.goto(&set_up.replace("/set-up", "/edit"));
    console.fill("#entity_id", &at_entra.identifier);
    console.fill("#aliases", &format!("https://*.motion.example{OLD_REPLY_URL}"));
    console.execute("document.querySelector('#answer_to').value = 'first_alias'", &[]);
    console.click("#look");
    console.wait_for("#aliases-error");
    says(&console.text("#aliases-error"), &["has a wildcard; name each host by itself"]);
    console.fill("#aliases", &demo.url("motion", OLD_REPLY_URL));
    saves(&console);
    console.goto(&set_up);
    says(&console.text("main"), &["2 of 4 done", "motion-server-12", &demo.url("motion", OLD_REPLY_URL)]);
    console.screenshot("scenario-xcally-set-up");
    console.execute("document.querySelector('[data-begins]').target = ''", &[]);
    console.click("#test");
    name_and_password(&console, IDA);
    console.wait_for_text("It works");
    says(&console.text("main"), &[RECEIVED]);
    assert_eq!(complaints(&console), [""; 0]);
}

/// XC-1, XC-3, XC-4, XC-5, XC-10, XC-17, XC-25, XC-28, XC-29: a draft has no button and a test of it signs nobody in; from
/// the moment at which it is switched on whoever is known by their address comes in, however Entra writes it and without
/// a password of ours, to the application and to the Phonebar.
#[test]
fn a_draft_is_tried_and_switched_on_and_people_come_in_at_once() {
    let centre = Centre::draft();
    let (demo, browser) = (&centre.demo, Browser::open(&Look::DESKTOP));
    assert_eq!(buttons(demo, &browser, "motion"), [""; 0]);
    centre.begins_a_test();
    name_and_password(&centre.console, IDA);
    centre.console.wait_for_text("Nobody was signed in, and nothing changed for your people.");
    says(&centre.console.text("main"), &["It works", RECEIVED, "emailaddress"]);
    assert_eq!(centre.console.cookie("vestibule_session"), None);
    centre.console.screenshot("scenario-xcally-test");
    centre.switches_on();

    assert_eq!(buttons(demo, &browser, "motion"), [BUTTON]);
    browser.screenshot("scenario-xcally-button");
    comes_by_the_button(demo, &browser, IDA);
    assert_eq!(signed_in(&browser), RECEIVED);
    // What only the account says of her: she is nobody new.
    says(&browser.text("table"), &["account motion", "roles agent"]);
    assert_eq!(complaints(&browser), [""; 0]);

    let folder = Scratch::new("phonebar");
    let (mut phonebar, url) = started(demo, &folder);
    browser.forget_cookies();
    browser.goto(&url);
    browser.fill("#email", "IDA.QUILL@bluebird.example");
    browser.press("Continue");
    browser.press(BUTTON);
    password(&browser);
    browser.wait_for_text("Go back to the terminal.");
    let said = phonebar.answer(|it| it.log().contains("account").then(|| it.log())).unwrap();
    says(&said, &["You are signed in.", RECEIVED]);
}

/// XC-6: one account at Entra stands for two users, of whom its human chooses one.
#[test]
fn one_account_at_entra_is_two_users() {
    let centre = Centre::active();
    let told = centre.demo.try_apply(PEOPLE).unwrap();
    says(&told, &["timo-agent", "timo-user", "at entra, shared"]);
    let browser = Browser::open(&Look::DESKTOP);
    for (place, role, name) in [(1, "agent", "Timo Kern (calls)"), (2, "user", "Timo Kern (reports)")] {
        comes_by_the_button(&centre.demo, &browser, "timo@bluebird.example");
        browser.wait_for_text("As whom do you continue?");
        says(&browser.text("main"), &["several users of Bluebird Calls", &format!("{name}\nRoles: {role}")]);
        browser.screenshot("scenario-xcally-chooser");
        browser.click(&format!("button[name=user]:nth-of-type({place})"));
        signed_in(&browser);
        says(&browser.text("table"), &[&format!("roles {role}"), &format!("name {name}")]);
    }
}

/// XC-27: administrators, users and agents each have their own rule.
#[test]
fn single_sign_on_is_switched_for_each_role() {
    let centre = Centre::active();
    let (demo, browser) = (&centre.demo, Browser::open(&Look::DESKTOP));
    demo.apply(PEOPLE);
    for who in [AMIR, URSULA, IDA] {
        browser.goto(&link_in_mail(demo, &browser, who, "You are invited to Motion"));
        set(&browser, FIRST);
    }
    let form = demo.issuer("/console/enforcement/motion");
    centre.console.goto(&form);
    says(
        &centre.console.text("main"),
        &["It cannot be demanded of more people yet", "no break-glass user has signed in"],
    );
    comes_by_password(demo, &browser, AMIR);
    assert_eq!(signed_in(&browser), AMIR);
    centre.console.goto(&form);
    centre.console.fill("#roles", "agent = required\nuser = off");
    let plan = saves(&centre.console);
    says(&plan, &["their passwords open nothing from then on", "single sign-on is switched off for more people"]);
    says(&centre.console.text("main"), &["different for each role"]);

    // Agents come by single sign-on alone, also after answers of Entra that say nothing of roles,
    for _ in 0..3 {
        comes_by_password(demo, &browser, IDA);
        browser.wait_for("#error");
        says(&browser.text("#error"), &["The e-mail address or the password is not right."]);
        comes_by_the_button(demo, &browser, IDA);
        assert_eq!(signed_in(&browser), RECEIVED);
    }
    // users by their password alone,
    comes_by_the_button(demo, &browser, URSULA);
    says(&refused(&browser), &["You sign in to Motion with a password", "single sign-on is switched off for them"]);
    browser.screenshot("scenario-xcally-password");
    comes_by_password(demo, &browser, URSULA);
    assert_eq!(signed_in(&browser), URSULA);
    // and administrators as they like, until it is switched off for them too.
    for comes in [comes_by_password, comes_by_the_button] {
        comes(demo, &browser, AMIR);
        assert_eq!(signed_in(&browser), AMIR);
    }
    centre.console.goto(&form);
    centre.console.execute("document.querySelector('[name=managers]').value = 'off'", &[]);
    saves(&centre.console);
    comes_by_the_button(demo, &browser, AMIR);
    says(&refused(&browser), &["single sign-on is switched off for them"]);
    comes_by_password(demo, &browser, AMIR);
    assert_eq!(signed_in(&browser), AMIR);
}

/// XC-13, XC-24: who signs out of the application or here is signed out at Entra, and who signs out at Entra is signed out
/// here.
#[test]
fn whoever_signs_out_at_one_side_is_signed_out_at_both() {
    let centre = Centre::active();
    let (demo, browser) = (&centre.demo, Browser::open(&Look::DESKTOP));
    centre.at_entra(&format!("{APPLICATION}/saml/basic"), "logout_url", &centre.logout_url);
    let (own, me) = (demo.url("motion", "/"), demo.url("motion", "/me"));
    let entra_asks = || {
        browser.goto(&own);
        browser.press(BUTTON);
        browser.wait_for("#username");
    };
    comes_by_the_button(demo, &browser, IDA);
    signed_in(&browser);
    browser.goto(&me);
    browser.press("Sign out");
    browser.wait_for_text("You are signed out at Microsoft too, and everywhere that it knows of.");
    browser.screenshot("scenario-xcally-signed-out");
    entra_asks();

    comes_by_the_button(demo, &browser, IDA);
    signed_in(&browser);
    browser.click("#sign-out");
    browser.wait_for("#sign-in-motion");
    entra_asks();

    comes_by_the_button(demo, &browser, IDA);
    signed_in(&browser);
    browser.goto(&me);
    assert_eq!(browser.url(), me);
    browser.goto(&demo.url("entra", "/logout"));
    browser.wait_for_text("You signed out of your account");
    browser.goto(&me);
    assert_ne!(browser.url(), me, "{}", browser.source());
}

/// XC-26, XC-30: single sign-on is switched off and on for the account with one setting, which loses nothing that is set
/// up; the sign-in after that asks nobody anything, for Entra knows them still.
#[test]
fn switched_off_and_on_again_it_is_as_before_and_the_second_sign_in_is_silent() {
    let centre = Centre::active();
    let (demo, browser) = (&centre.demo, Browser::open(&Look::DESKTOP));
    comes_by_the_button(demo, &browser, IDA);
    signed_in(&browser);
    says(&centre.chooses("sign_in", "off"), &["whoever is signed in there", "is signed out"]);
    let me = demo.url("motion", "/me");
    browser.goto(&me);
    assert_ne!(browser.url(), me, "{}", browser.source());
    assert_eq!(buttons(demo, &browser, "motion"), [""; 0]);
    centre.console.goto(&centre.connection);
    says(&centre.console.text("main"), &["● Active", "CN=Microsoft Azure Federated SSO Certificate"]);

    centre.chooses("sign_in", "own_first");
    assert_eq!(buttons(demo, &browser, "motion"), [BUTTON]);
    browser.press(BUTTON);
    browser.wait_for_url(|url| url.starts_with(&demo.url("app", "/")));
    browser.goto(&me);
    assert_eq!((browser.url(), browser.text("h1")), (me, "Ida Quill".to_owned()));
}

/// XC-7, XC-9, XC-31: whoever does not come in learns why and who mends it: somebody who is not assigned at Entra, somebody
/// whose address there is another, and somebody who is new, until the account takes new people.
#[test]
fn whoever_does_not_come_in_learns_what_is_to_be_changed_where() {
    let centre = Centre::draft();
    let (demo, browser) = (&centre.demo, Browser::open(&Look::DESKTOP));
    centre.begins_a_test();
    name_and_password(&centre.console, "pia@bluebird.example");
    centre.console.wait_for_text("AADSTS50105");
    let told = centre.console.text("body");
    centre.set_up();
    centre.console.fill("#pasted", &told);
    centre.console.press("Explain it");
    centre.console.wait_for("#explain .facts");
    let explained = [
        "The person is not assigned to this application",
        "Enterprise applications → the application → Users and groups",
    ];
    says(&centre.console.text("#explain"), &explained);
    centre.console.screenshot("scenario-xcally-not-assigned");
    browser.goto(&demo.url("entra", &format!("{APPLICATION}/users")));
    browser.press("Assign");
    browser.wait_for("button[aria-label='Remove pia@bluebird.example']");
    // Entra has her name already.
    centre.begins_a_test();
    centre.console.wait_for_text("This person would not be let in");
    centre.switches_on();

    comes_by_the_button(demo, &browser, "nora.falk@bluebird.example");
    let why =
        ["claims/emailaddress\": nora.falk@bluebird.example", "known to Bluebird Calls", "correct it there or at the"];
    says(&refused(&browser), &why);
    browser.screenshot("scenario-xcally-another-address");
    let nora = "/portal/bluebird.example/users/c2020000-0000-4000-8000-000000000204";
    centre.at_entra(nora, "mail", "nora.berg@bluebird.example");
    comes_by_the_button(demo, &browser, "nora.falk@bluebird.example");
    assert_eq!(signed_in(&browser), "nora.berg@bluebird.example");

    comes_by_the_button(demo, &browser, "pia@bluebird.example");
    says(
        &refused(&browser),
        &["You are not invited to Motion yet.", "set the account's admission to create or to waiting"],
    );
    centre.chooses("admission", "create");
    comes_by_the_button(demo, &browser, "pia@bluebird.example");
    assert_eq!(signed_in(&browser), "pia@bluebird.example");
}
