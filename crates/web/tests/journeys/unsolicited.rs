//! From the identity provider's own page: tiles of My Apps, and responses that nobody asked for.

use http::StatusCode;
use http::header::SET_COOKIE;
use jiff::SignedDuration;
use vestibule_domain::connection::Unsolicited;
use vestibule_domain::event::Fact;
use vestibule_mock_entra::service::{Delivery, Person};

use crate::support::{ADA, Browser, CLIENT, Seen, World, request_of};

const HOST: &str = "acme.localhost:8400";
const SESSION: &str = "vestibule_session";

/// Follows a response that leads to a request to where the person ends up.
async fn follow(world: &World, browser: &mut Browser, posted: &Seen) -> Seen {
    let sent = browser.get(&posted.location()).await;
    let asked_for = world.answer(&sent, ADA);
    browser.deliver(&asked_for).await
}

/// E-43, MX-30, SC-22: a tile without a Sign on URL works; what it posts is not believed, the identity provider is
/// asked.
#[tokio::test]
async fn a_response_that_nobody_asked_for_becomes_a_request() {
    let world = World::new().await;
    let mut browser = world.browser();
    let tile = world.tile(&world.acme, ADA);
    let posted = browser.post_from_elsewhere(&tile.action, tile.body()).await;
    assert!(!world.has_signed_in().await && world.users(&world.acme).await.is_empty());
    let sent = browser.get(&posted.location()).await;
    assert!(request_of(&sent).contains(&world.acme.at("acs")));
    assert_eq!(browser.cookie(HOST, SESSION), None);

    let home = browser.deliver(&world.answer(&sent, ADA)).await.location();
    assert_eq!(home, "http://acme.localhost:8400/me");
    browser.get(&home).await.shows(StatusCode::OK, "Ada Example");
}

/// E-43: at most once in five minutes for each browser, so that nobody runs in a circle.
#[tokio::test]
async fn a_browser_is_turned_round_once_and_then_told() {
    let world = World::new().await;
    let mut browser = world.browser();
    let tile = world.tile(&world.acme, ADA);
    let posted = browser.post_from_elsewhere(&tile.action, tile.body()).await;
    let sent = browser.get(&posted.location()).await;
    let kept = sent.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    assert!(kept.into_iter().any(|line| line.contains("Max-Age=300;")), "for five minutes");

    let again = world.tile(&world.acme, ADA);
    let posted = browser.post_from_elsewhere(&again.action, again.body()).await;
    browser.get(&posted.location()).await.shows(StatusCode::FORBIDDEN, "sends you back without an answer");
    // Another browser is not held up by that, and this one only for the five minutes.
    let mut other = world.browser();
    assert!(follow(&world, &mut other, &posted).await.location().ends_with("/me"));
    world.pass(SignedDuration::from_secs(299));
    browser.get(&posted.location()).await.shows(StatusCode::FORBIDDEN, "sends you back without an answer");
    world.pass(SignedDuration::from_secs(1));
    assert!(follow(&world, &mut browser, &posted).await.location().ends_with("/me"));
}

/// SC-3, E-43: where the account accepts it, the response itself signs in, and the audit log says that nobody asked.
#[tokio::test]
async fn a_response_that_nobody_asked_for_signs_in_where_that_is_accepted() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.unsolicited = Unsolicited::Accept).await;
    let mut browser = world.browser();
    let arrived = browser.deliver(&world.tile(&world.acme, ADA)).await;
    assert_eq!(arrived.location(), "http://acme.localhost:8400/me");
    browser.get(&arrived.location()).await.shows(StatusCode::OK, "Ada Example");
    let facts = world.facts().await;
    assert!(facts.iter().any(|fact| matches!(fact, Fact::UnsolicitedAccepted { .. })), "{facts:?}");
}

/// A16.4: an accepted response serves once.
#[tokio::test]
async fn an_accepted_response_that_comes_again_lets_nobody_in() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.unsolicited = Unsolicited::Accept).await;
    let tile = world.tile(&world.acme, ADA);
    world.browser().deliver(&tile).await.location();
    world.browser().deliver(&tile).await.shows(StatusCode::FORBIDDEN, "already used");
}

/// A16.3: a response that answers some request is none that comes unasked, whatever the policy.
#[tokio::test]
async fn an_answer_to_a_forgotten_request_is_never_taken_for_one_that_came_unasked() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.unsolicited = Unsolicited::Accept).await;
    let mut browser = world.browser();
    let answers = world.tile_bent(&world.acme, ADA, |draft| {
        draft.response.in_response_to = Some("_0123456789abcdef0123456789abcdef".to_owned());
    });
    let posted = browser.post_from_elsewhere(&answers.action, answers.body()).await;
    assert!(posted.location().contains("/start?restart=1"));

    let hidden = world.tile_bent(&world.acme, ADA, |draft| {
        draft.response.confirmation_in_response_to = Some("_0123456789abcdef0123456789abcdef".to_owned());
    });
    browser.deliver(&hidden).await.shows(StatusCode::FORBIDDEN, "not started here");
    assert!(!world.has_signed_in().await);
}

/// A16.3: every other check holds for an accepted response too.
#[tokio::test]
async fn an_accepted_response_is_checked_like_an_answer() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.unsolicited = Unsolicited::Accept).await;
    let foreign =
        world.tile_bent(&world.acme, ADA, |draft| draft.response.audiences = vec!["https://x.example".into()]);
    world.browser().deliver(&foreign).await.shows(StatusCode::FORBIDDEN, "meant for another application");
    assert!(!world.has_signed_in().await);
}

/// E-43: where the account refuses it, a page says where to start.
#[tokio::test]
async fn a_response_that_nobody_asked_for_is_refused_where_that_is_set() {
    let world = World::new().await;
    world.set(&world.acme, |saml| saml.unsolicited = Unsolicited::Refuse).await;
    let mut browser = world.browser();
    browser.deliver(&world.tile(&world.acme, ADA)).await.shows(StatusCode::FORBIDDEN, "not started here");
    let facts = world.facts().await;
    let refused = |fact: &Fact| matches!(fact, Fact::AnswerRefused { code, .. } if code == "unsolicited");
    assert!(facts.iter().any(refused), "{facts:?}");
}

/// E-44, A23.1: a RelayState leads into the application where its list allows the path, and nowhere else, whether the
/// response itself signs in or leads to a request.
#[tokio::test]
async fn a_relay_state_leads_only_where_the_application_allows() {
    const HOME: &str = "http://app.localhost:8400/?iss=http%3A%2F%2Fsso.localhost%3A8400&account=acme";
    let listed = ["/reports/7", "/reports/7?view=all"];
    let others = [
        "//evil.example/reports/",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/reports/",
        "javascript:alert(1)",
        "/reports/\u{1}",
        "/reports/\t/x",
        "/reports/%0d%0aSet-Cookie:x=y",
        "/reports/../admin",
        "/reports/%2e%2e/admin",
        "/reports//evil.example",
        "/admin",
        "reports/7",
    ];
    for policy in [Unsolicited::Accept, Unsolicited::Restart] {
        let world = World::new().await;
        world.set(&world.acme, |saml| saml.unsolicited = policy).await;
        world.change_account(&world.acme, |account| account.settings.application = Some(CLIENT.to_owned())).await;
        world.change_application(|app| app.settings.deep_links = vec!["/reports/".to_owned()]).await;
        let wanted = listed.map(|link| (link, format!("http://app.localhost:8400{link}")));
        for (link, home) in wanted.into_iter().chain(others.map(|link| (link, HOME.to_owned()))) {
            let mut browser = world.browser();
            let tile = Delivery { relay_state: Some(link.to_owned()), ..world.tile(&world.acme, ADA) };
            let posted = browser.post_from_elsewhere(&tile.action, tile.body()).await;
            let landed = match policy {
                Unsolicited::Restart => follow(&world, &mut browser, &posted).await,
                _ => browser.get(&posted.location()).await,
            };
            assert_eq!(landed.location(), home, "{link:?} {policy:?}");
        }
    }
}

/// E-43, SC-9, SC-20, SC-21, SC-22: with a Sign on URL, tile and test button of Entra open it, and we ask.
#[tokio::test]
async fn with_a_sign_on_url_the_tile_starts_here() {
    let world = World::new().await;
    let tile = world.entra.unsolicited(world.acme.tenant, "Vestibule", &Person::new(ADA)).unwrap_err();
    assert!(tile.to_string().contains(&world.acme.at("start")), "{tile}");
    let mut browser = world.browser();
    let sent = browser.get(&world.acme.at("start")).await;
    let home = browser.deliver(&world.answer(&sent, ADA)).await.location();
    browser.get(&home).await.shows(StatusCode::OK, "Ada Example");
}

/// An identity provider that loses the RelayState, or a proxy that garbles it, does not break the sign-in: the answer
/// says which request it answers.
#[tokio::test]
async fn an_answer_is_matched_by_its_request_where_the_relay_state_was_lost() {
    for lost in [None, Some(String::new()), Some("a%zz b".to_owned()), Some("x".repeat(500))] {
        let world = World::new().await;
        let mut browser = world.browser();
        let (pending, sent) = world.start(&mut browser, &world.acme).await;
        let delivery = Delivery { relay_state: lost, ..world.answer(&sent, ADA) };
        let home = browser.deliver(&delivery).await.location();
        world.redeem(&browser, &pending, &home).await;
    }
}

/// A16.1: an answer that was found by what it says of itself is checked as a whole.
#[tokio::test]
async fn an_answer_without_relay_state_is_checked_as_a_whole() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let bent = world.answer_bent(&sent, ADA, |draft| {
        draft.relay_state = None;
        draft.response.audiences = vec!["https://x.example".to_owned()];
    });
    browser.deliver(&bent).await.shows(StatusCode::FORBIDDEN, "meant for another application");
    // Another browser that posts it lets nobody in either (A23.3).
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let answer = Delivery { relay_state: None, ..world.answer(&sent, ADA) };
    world.browser().deliver(&answer).await.shows(StatusCode::FORBIDDEN, "another browser");
    assert!(!world.has_signed_in().await);
}
