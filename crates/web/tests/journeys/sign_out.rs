//! The person's own page, and the end of a session at our side.

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::event::Fact;
use vestibule_domain::mapping::Mapping;

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
    gone.shows(StatusCode::OK, "You may still be signed in at Microsoft.");
    assert_eq!(browser.cookie(HOST, SESSION), None);
    assert_eq!(browser.get("http://acme.localhost:8400/me").await.location(), "http://acme.localhost:8400/");
    assert!(world.facts().await.iter().any(|fact| matches!(fact, Fact::SignedOut { .. })));
    world.sign_in(&mut browser, &world.acme, ADA).await;
}

/// CC-16: the check at the end of a set-up: log out, log in, to the identity provider and back, and in. CC-12 to CC-15:
/// the properties are those of the mapping.
#[tokio::test]
async fn who_logs_out_and_in_again_is_redirected_and_comes_back_signed_in() {
    let world = World::new().await;
    let mapping: Mapping = serde_json::from_str(
        r#"{"rules": {
            "name": "http://schemas.microsoft.com/identity/claims/displayname | lower | split(' ') | join('.')",
            "email": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
            "given_name": "givenname",
            "family_name": "surname"
        }}"#,
    )
    .unwrap();
    world.set(&world.acme, |saml| saml.mapping = mapping).await;
    let mut browser = signed_in(&world).await;
    browser.post("http://acme.localhost:8400/sign-out", &[]).await.shows(StatusCode::OK, "You are signed out");

    let login = browser.get("http://acme.localhost:8400/").await;
    assert!(login.location().starts_with(ENTRA), "redirected: {}", login.location());
    let returned = browser.deliver(&world.answer(&login, ADA)).await;
    assert_eq!(returned.location(), "http://acme.localhost:8400/me");
    browser.get(&returned.location()).await.shows(StatusCode::OK, "Ada.Example@acme.example");
    let users = world.users(&world.acme).await;
    let profile = &users[0].profile;
    assert_eq!(profile.name.as_deref(), Some("ada.example"));
    assert_eq!((profile.given_name.as_deref(), profile.family_name.as_deref()), (Some("Ada"), Some("Example")));
    assert_eq!(users.len(), 1, "the same person");
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
    let page = browser.post("http://acme.localhost:8400/sign-out", &[]).await;
    page.shows(StatusCode::OK, "You are signed out");
    page.shows(StatusCode::OK, "On a shared computer, close the browser too.");
}

/// A session ends by itself; the next test is of one that ends sooner.
#[tokio::test]
async fn a_session_ends_by_itself() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    world.pass(SignedDuration::from_hours(12) - SignedDuration::from_secs(1));
    browser.get("http://acme.localhost:8400/me").await.shows(StatusCode::OK, "Ada Example");
    world.pass(SignedDuration::from_secs(1));
    assert_eq!(browser.get("http://acme.localhost:8400/me").await.location(), "http://acme.localhost:8400/");
}

/// The short sessions of SC-28: the identity provider's policy is heeded.
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

/// HY-2: a person sees where else they are signed in, and ends one of those or all; nobody else's.
#[tokio::test]
async fn a_person_lists_and_ends_their_other_sessions() {
    let world = World::new().await;
    let mut here = signed_in(&world).await;
    world.pass(SignedDuration::from_secs(1));
    let mut there = signed_in(&world).await;
    world.pass(SignedDuration::from_secs(1));
    let mut third = signed_in(&world).await;
    let mut bert = world.browser();
    world.sign_in(&mut bert, &world.acme, "bert@acme.example").await;
    let me = "http://acme.localhost:8400/me";
    let page = here.get(me).await;
    page.shows(StatusCode::OK, "You are also signed in elsewhere");
    let ends: Vec<String> = page
        .body
        .split("action=\"/me/sessions/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(ends.len(), 3, "two others, and all others: {ends:?}");
    assert_eq!(ends[2], "others/end");
    let end = |which: &str| format!("http://acme.localhost:8400/me/sessions/{which}");
    // Of somebody else, whatever the address says.
    bert.post(&end(&ends[0]), &[]).await.location();
    assert_eq!(third.get(me).await.status, StatusCode::OK);
    // The latest first.
    assert_eq!(here.post(&end(&ends[0]), &[]).await.location(), me);
    assert_ne!(third.get(me).await.status, StatusCode::OK);
    assert_eq!(there.get(me).await.status, StatusCode::OK);
    third = signed_in(&world).await;
    here.post(&end("others/end"), &[]).await.location();
    assert_ne!(there.get(me).await.status, StatusCode::OK);
    assert_ne!(third.get(me).await.status, StatusCode::OK);
    assert_eq!(here.get(me).await.status, StatusCode::OK, "this one stays");
    assert!(!here.get(me).await.body.contains("also signed in elsewhere"));
    assert_eq!(bert.get(me).await.status, StatusCode::OK);
    let ended = |fact: &Fact| match fact {
        Fact::OwnSessionsEnded { sessions, .. } => sessions.len(),
        _ => 0,
    };
    assert_eq!(world.facts().await.iter().map(ended).collect::<Vec<_>>().iter().sum::<usize>(), 3);
    here.post(&end("nonsense/end"), &[]).await.shows(StatusCode::NOT_FOUND, "There is nothing at this address.");
}

/// Operators see who is signed in to an account, and end it.
#[tokio::test]
async fn an_operator_lists_and_ends_sessions_of_a_person_or_an_account() {
    use vestibule_journeys::sessions::{Whose, end, list};

    let world = World::new().await;
    let (mut ada, mut bert) = (signed_in(&world).await, world.browser());
    world.sign_in(&mut bert, &world.acme, "bert@acme.example").await;
    let mut dora = world.browser();
    world.sign_in(&mut dora, &world.globex, "dora@globex.example").await;
    let acme = Whose::Account(vestibule_domain::account::AccountPath::parse("acme").unwrap());
    let listed = list(&world.ctx(), &acme, 10).await.unwrap().unwrap();
    assert_eq!(listed.len(), 2);
    let users = world.users(&world.acme).await;
    let ada_id = users.iter().find(|user| user.profile.given_name.as_deref() == Some("Ada")).unwrap().id;
    assert_eq!(end(&world.ctx(), &Whose::User(ada_id)).await.unwrap(), Some(1));
    let me = "http://acme.localhost:8400/me";
    assert_ne!(ada.get(me).await.status, StatusCode::OK);
    assert_eq!(bert.get(me).await.status, StatusCode::OK);
    assert_eq!(end(&world.ctx(), &acme).await.unwrap(), Some(1));
    assert_ne!(bert.get(me).await.status, StatusCode::OK);
    assert_eq!(dora.get("http://globex.localhost:8400/me").await.status, StatusCode::OK, "another account's stay");
    assert!(world.facts().await.contains(&Fact::AccountSessionsEnded { account: world.acme.account }));
    let nobody = Whose::Account(vestibule_domain::account::AccountPath::parse("nobody").unwrap());
    assert_eq!(list(&world.ctx(), &nobody, 10).await.unwrap(), None);
    assert_eq!(end(&world.ctx(), &nobody).await.unwrap(), None);
}
