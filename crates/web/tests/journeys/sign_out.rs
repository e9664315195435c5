//! The person's own page, and the end of a session at our side.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::event::Fact;

use crate::support::{ADA, Browser, ENTRA, World};

const HOST: &str = "acme.localhost:8400";
const SESSION: &str = "vestibule_session";

async fn signed_in(world: &World) -> Browser {
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    browser
}

#[tokio::test]
async fn a_persons_own_page_says_who_they_are_and_how_they_came_in() {
    let world = World::new().await;
    let page = signed_in(&world).await.get("http://acme.localhost:8400/me").await;
    for text in ["Ada Example", "Ada.Example@acme.example", "acme", "2026-03-02 10:00 UTC", "Sign out"] {
        page.shows(StatusCode::OK, text);
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_start() {
    let world = World::new().await;
    let seen = world.browser().get("http://acme.localhost:8400/me").await;
    assert_eq!(seen.location(), "http://acme.localhost:8400/");
}

/// XC-30: after signing out here the session at the identity provider stays, and signs in again.
#[tokio::test]
async fn signing_out_ends_the_session_here() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let gone = browser.post("http://acme.localhost:8400/sign-out", &[]).await;
    gone.shows(StatusCode::OK, "You are signed out");
    assert_eq!(browser.cookie(HOST, SESSION), None);
    assert_eq!(browser.get("http://acme.localhost:8400/me").await.location(), "http://acme.localhost:8400/");
    assert!(world.facts().await.iter().any(|fact| matches!(fact, Fact::SignedOut { .. })));
    world.sign_in(&mut browser, &world.acme, ADA).await;
}

/// A cookie that somebody kept is worth nothing once its session has ended.
#[tokio::test]
async fn a_cookie_of_an_ended_session_opens_nothing() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let mut thief = browser.clone();
    browser.post("http://acme.localhost:8400/sign-out", &[]).await;
    assert_eq!(thief.get("http://acme.localhost:8400/me").await.location(), "http://acme.localhost:8400/");
    let (_, sent) = world.start(&mut thief, &world.acme).await;
    assert!(sent.location().starts_with(ENTRA), "the identity provider is asked again");
}

/// A23.3: no other site signs anybody out.
#[tokio::test]
async fn another_site_cannot_sign_anybody_out() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let refused = browser.post_from_elsewhere("http://acme.localhost:8400/sign-out", String::new()).await;
    refused.shows(StatusCode::FORBIDDEN, "not sent from our own page");
    browser.get("http://acme.localhost:8400/me").await.shows(StatusCode::OK, "Ada Example");
}

#[tokio::test]
async fn signing_out_twice_is_no_error() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.post("http://acme.localhost:8400/sign-out", &[]).await.shows(StatusCode::OK, "You are signed out");
}

/// SC-28: a session ends by itself, and sooner where the identity provider says so.
#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    world.pass(SignedDuration::from_hours(12) - SignedDuration::from_secs(1));
    browser.get("http://acme.localhost:8400/me").await.shows(StatusCode::OK, "Ada Example");
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(browser.get("http://acme.localhost:8400/me").await.location(), "http://acme.localhost:8400/");
}

/// SC-28: short sessions of the identity provider's policy are heeded.
#[tokio::test]
async fn a_session_ends_when_the_identity_providers_does() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let short = world.answer_bent(&sent, ADA, |draft| {
        draft.response.session_not_on_or_after = Some("2026-03-02T11:00:00.000Z".to_owned());
    });
    browser.deliver(&short).await.location();
    browser.get("http://acme.localhost:8400/me").await.shows(StatusCode::OK, "Ada Example");
    world.pass(SignedDuration::from_hours(1));
    assert_eq!(browser.get("http://acme.localhost:8400/me").await.location(), "http://acme.localhost:8400/");
}

/// Cookies are for one host: the session of one account opens no other one's page.
#[tokio::test]
async fn a_session_is_of_one_account() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    assert_eq!(browser.get("http://globex.localhost:8400/me").await.location(), "http://globex.localhost:8400/");
}
