//! A code of an authenticator behind the password: setting it up, saying it, and the day on which it is lost.

use std::net::IpAddr;

use aws_lc_rs::hmac;
use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::event::Fact;
use vestibule_domain::password::{Passwords, SecondFactor};

use crate::passwords::{EVE, GOOD, Scene};
use crate::support::{Browser, CALLBACK, Seen, World};

/// What the person's telephone does: RFC 6238, from the secret as it is typed.
fn code(world: &World, secret: &str) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = secret.chars().map(|letter| format!("{:05b}", alphabet.find(letter).expect("base32"))).collect();
    let key: Vec<u8> =
        bits.as_bytes().chunks(8).map(|octet| octet.iter().fold(0, |n, bit| n << 1 | (bit - b'0'))).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &(world.now().as_second() / 30).to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// The text between two others on a page.
fn between<'a>(seen: &'a Seen, before: &str, after: &str) -> &'a str {
    let (_, rest) = seen.body.split_once(before).unwrap_or_else(|| panic!("no {before}: {}", seen.body));
    rest.split_once(after).unwrap().0
}

fn secret_on(page: &Seen) -> String {
    between(page, "type this into the app: <code>", "</code>").replace(' ', "")
}

fn codes_on(page: &Seen) -> Vec<String> {
    page.body.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

async fn say(scene: &Scene, browser: &mut Browser, page: &Seen, code: &str) -> Seen {
    let (to, step) = (between(page, "name=\"to\" value=\"", "\""), between(page, "name=\"step\" value=\"", "\""));
    let to = to.replace("&#38;", "&").replace("&amp;", "&");
    browser.post(&scene.at("second"), &[("to", &to), ("step", step), ("code", code)]).await
}

fn mine(scene: &Scene) -> String {
    format!("{}/me/second-factor", scene.world.acme.origin)
}

async fn is_signed_in(scene: &Scene, browser: &mut Browser) -> bool {
    browser.get(&format!("{}/me", scene.world.acme.origin)).await.status == StatusCode::OK
}

/// Eve has an authenticator with this secret, and these recovery codes.
async fn with_authenticator() -> (Scene, String, Vec<String>) {
    let scene = Scene::with_password(Passwords::All).await;
    let mut browser = scene.world.browser();
    scene.try_password(&mut browser, EVE, GOOD).await.location();
    let page = browser.post(&mine(&scene), &[("present", GOOD), ("action", "set")]).await;
    let secret = secret_on(&page);
    let kept = say(&scene, &mut browser, &page, &code(&scene.world, &secret)).await;
    kept.shows(StatusCode::OK, "Keep these codes");
    scene.world.pass(SignedDuration::from_mins(1));
    (scene, secret, codes_on(&kept))
}

#[tokio::test]
async fn an_authenticator_is_set_up_at_ones_own_page_and_asked_for_from_then_on() {
    let scene = Scene::with_password(Passwords::All).await;
    let (mut here, mut there) = (scene.world.browser(), scene.world.browser());
    for browser in [&mut here, &mut there] {
        scene.try_password(browser, EVE, GOOD).await.location();
    }
    let me = format!("{}/me", scene.world.acme.origin);
    here.get(&me).await.shows(StatusCode::OK, "href=\"/me/second-factor\"");
    here.get(&mine(&scene)).await.shows(StatusCode::OK, "your password alone lets nobody in");
    let wrong = here.post(&mine(&scene), &[("present", "not that one, surely"), ("action", "set")]).await;
    wrong.shows(StatusCode::FORBIDDEN, "It is not your present password.");
    let page = here.post(&mine(&scene), &[("present", GOOD), ("action", "set")]).await;
    page.shows(StatusCode::OK, "<svg class=\"qr\"");
    let secret = secret_on(&page);
    assert_eq!(secret.len(), 32);
    say(&scene, &mut here, &page, "000000").await.shows(StatusCode::FORBIDDEN, "This code is not right");
    let kept = say(&scene, &mut here, &page, &code(&scene.world, &secret)).await;
    assert_eq!(codes_on(&kept).len(), 8);
    kept.shows(StatusCode::OK, "href=\"/me/second-factor\"");
    assert!(is_signed_in(&scene, &mut here).await);
    assert!(!is_signed_in(&scene, &mut there).await, "what the password alone began is over");
    assert!(scene.world.facts().await.contains(&Fact::SecondFactorSet { user: scene.eve }));

    scene.world.pass(SignedDuration::from_mins(1));
    let asked = scene.try_password(&mut there, EVE, GOOD).await;
    asked.shows(StatusCode::OK, "Enter a code");
    assert!(!asked.body.contains("class=\"qr\"") && !is_signed_in(&scene, &mut there).await);
    let done = say(&scene, &mut there, &asked, &code(&scene.world, &secret)).await;
    assert_eq!(done.location(), me);
    assert!(is_signed_in(&scene, &mut there).await);
    there.language = "de";
    there.get(&mine(&scene)).await.shows(StatusCode::OK, "Sie melden sich mit Passwort und einem Code");
}

/// To a password alone no part of the console opens, whatever the account says of second factors; the page says what does.
#[tokio::test]
async fn the_console_opens_to_no_password_alone() {
    let scene = Scene::with_password(Passwords::Managers).await;
    let mut browser = scene.world.browser();
    scene.try_password(&mut browser, EVE, GOOD).await.location();
    assert!(is_signed_in(&scene, &mut browser).await, "an application would let her in");
    let at = |page: &str| format!("{}{page}", scene.world.acme.origin);
    for page in ["/console", "/console/users", "/waiting"] {
        browser.get(&at(page)).await.shows(StatusCode::FORBIDDEN, "One more step");
    }
    let shut = browser.post(&at("/console/settings"), &[("do", "look"), ("version", "1")]).await;
    shut.shows(StatusCode::FORBIDDEN, "href=\"/me/second-factor\"");
    let page = browser.post(&mine(&scene), &[("present", GOOD), ("action", "set")]).await;
    let code = code(&scene.world, &secret_on(&page));
    say(&scene, &mut browser, &page, &code).await.shows(StatusCode::OK, "Keep these codes");
    browser.get(&at("/console")).await.shows(StatusCode::OK, "Sign-ins of the last 14 days");
}

/// The application learns of both (RFC 8176), and its request is answered after the code.
#[tokio::test]
async fn an_applications_request_goes_on_after_the_code() {
    let (scene, secret, _) = with_authenticator().await;
    let world = &scene.world;
    let mut browser = world.browser();
    let (pending, to) = request(&scene, &mut browser).await;
    let asked = browser.post(&scene.at("password"), &[("to", &*to), ("email", EVE), ("password", GOOD)]).await;
    let home = say(&scene, &mut browser, &asked, &code(world, &secret)).await;
    assert!(home.location().starts_with(CALLBACK), "{}", home.location());
    let token = world.redeem(&browser, &pending, &home.location()).await;
    assert_eq!(token.amr, ["pwd", "otp"]);
}

/// What an application asks, as the page for passwords has it.
async fn request(scene: &Scene, browser: &mut Browser) -> (vestibule_oidc::relying_party::Pending, String) {
    let world = &scene.world;
    world.set(&world.acme, |saml| saml.start = Some(vestibule_domain::account::Start::Button)).await;
    let (pending, page) = world.start(browser, &world.acme).await;
    let link = between(&page, "/sign-in/password?", "\"").replace("&#38;", "&").replace("&amp;", "&");
    let to = form_urlencoded::parse(link.as_bytes()).find(|(name, _)| name == "to").unwrap().1.into_owned();
    (pending, to)
}

#[tokio::test]
async fn a_code_is_good_once_and_so_is_a_recovery_code() {
    let (scene, secret, recovery) = with_authenticator().await;
    let now = code(&scene.world, &secret);
    let ask = async |browser: &mut Browser| scene.try_password(browser, EVE, GOOD).await;
    let (mut one, mut other) = (scene.world.browser(), scene.world.browser());
    let page = ask(&mut one).await;
    say(&scene, &mut one, &page, &now).await.location();
    let page = ask(&mut other).await;
    say(&scene, &mut other, &page, &now).await.shows(StatusCode::FORBIDDEN, "This code is not right, or was used.");
    let typed = recovery[0].to_lowercase().replace('-', " ");
    say(&scene, &mut other, &page, &typed).await.location();
    assert!(scene.world.facts().await.contains(&Fact::RecoveryCodeUsed { user: scene.eve }));
    let page = ask(&mut other).await;
    say(&scene, &mut other, &page, &recovery[0]).await.shows(StatusCode::FORBIDDEN, "not right");
    say(&scene, &mut other, &page, &recovery[1]).await.location();
}

/// An account demands it: whoever has none sets one up before anything opens.
#[tokio::test]
async fn where_an_account_demands_it_nobody_comes_in_by_a_password_alone() {
    let scene = Scene::with_password(Passwords::All).await;
    let world = &scene.world;
    world.change_account(&world.acme, |acme| acme.settings.second_factor = SecondFactor::Required).await;
    let mut browser = world.browser();
    let (pending, to) = request(&scene, &mut browser).await;
    let page = browser.post(&scene.at("password"), &[("to", &*to), ("email", EVE), ("password", GOOD)]).await;
    page.shows(StatusCode::OK, "Set up an authenticator");
    assert!(!is_signed_in(&scene, &mut browser).await);
    let kept = say(&scene, &mut browser, &page, &code(world, &secret_on(&page))).await;
    kept.shows(StatusCode::OK, "They are not shown again.");
    // The codes may be read for long: the application asks again, and is answered at once.
    world.pass(SignedDuration::from_mins(5));
    let onward = between(&kept, "class=\"button\" href=\"", "\"").replace("&#38;", "&").replace("&amp;", "&");
    let home = browser.get(&onward).await;
    assert!(home.location().starts_with(CALLBACK), "{}", home.location());
    assert_eq!(world.redeem(&browser, &pending, &home.location()).await.amr, ["pwd", "otp"]);
}

/// A code is waited for ten minutes, and five of them are heard; what the password proved must still be so.
#[tokio::test]
async fn a_code_that_comes_too_late_or_too_often_wants_the_password_again() {
    let (scene, secret, _) = with_authenticator().await;
    let world = &scene.world;
    let mut browser = world.browser();
    let over = "The time for the code is over, or too many were wrong.";
    let page = scene.try_password(&mut browser, EVE, GOOD).await;
    for _ in 0..5 {
        say(&scene, &mut browser, &page, "000000").await.shows(StatusCode::FORBIDDEN, "not right");
    }
    say(&scene, &mut browser, &page, &code(world, &secret)).await.shows(StatusCode::GONE, over);
    world.pass(SignedDuration::from_mins(10));
    let page = scene.try_password(&mut browser, EVE, GOOD).await;
    world.pass(SignedDuration::from_mins(10));
    say(&scene, &mut browser, &page, &code(world, &secret)).await.shows(StatusCode::GONE, over);

    let page = scene.try_password(&mut browser, EVE, GOOD).await;
    let link = scene.link(EVE).await;
    world.browser().post(&link, &[("password", "another five words for it")]).await.location();
    say(&scene, &mut browser, &page, &code(world, &secret)).await.shows(StatusCode::GONE, over);
    assert!(!is_signed_in(&scene, &mut browser).await);
    browser.get(&scene.at("second")).await.shows(StatusCode::METHOD_NOT_ALLOWED, "");
}

/// Guesses of codes count for the person as guesses of passwords do, and right ones do not.
#[tokio::test]
async fn wrong_codes_are_bounded_for_each_person() {
    let (scene, secret, _) = with_authenticator().await;
    let mut browser = scene.world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    scene.world.pass(SignedDuration::from_mins(20));
    for _ in 0..15 {
        scene.world.pass(SignedDuration::from_secs(30));
        let page = scene.try_password(&mut browser, EVE, GOOD).await;
        say(&scene, &mut browser, &page, &code(&scene.world, &secret)).await.location();
    }
    let mut heard = 0;
    let last = 'guessing: loop {
        let page = scene.try_password(&mut browser, EVE, GOOD).await;
        if page.status != StatusCode::OK {
            break page;
        }
        for _ in 0..5 {
            let seen = say(&scene, &mut browser, &page, "000000").await;
            if seen.status != StatusCode::FORBIDDEN {
                break 'guessing seen;
            }
            heard += 1;
        }
    };
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS, "{}", last.body);
    assert_eq!(heard, 10, "the passwords before them are counted by themselves");
}

#[tokio::test]
async fn an_authenticator_is_given_up_by_whoever_types_the_password() {
    let (scene, secret, _) = with_authenticator().await;
    let mut browser = scene.world.browser();
    let page = scene.try_password(&mut browser, EVE, GOOD).await;
    say(&scene, &mut browser, &page, &code(&scene.world, &secret)).await.location();
    let wrong = browser.post(&mine(&scene), &[("present", "not that one, surely"), ("action", "remove")]).await;
    wrong.shows(StatusCode::FORBIDDEN, "It is not your present password.");
    let removed = browser.post(&mine(&scene), &[("present", GOOD), ("action", "remove")]).await;
    removed.shows(StatusCode::OK, "your password alone lets nobody in");
    assert!(scene.world.facts().await.contains(&Fact::SecondFactorRemoved { user: scene.eve }));
    let signed_in = scene.try_password(&mut scene.world.browser(), EVE, GOOD).await;
    assert_eq!(signed_in.location(), format!("{}/me", scene.world.acme.origin));
}
