//! From the application to the identity provider and back.

use http::StatusCode;
use vestibule_domain::event::Fact;

use crate::support::World;

/// XC-1, XC-29, HY-6, HY-7, HY-8, SC-26: no local password, the Redirect binding there, a form back, and in.
#[tokio::test]
async fn somebody_is_signed_in_to_the_application_by_their_own_identity_provider() {
    let world = World::new().await;
    let mut browser = world.browser();
    let token = world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    assert_eq!(token.email.as_deref(), Some("Ada.Example@acme.example"), "as it was received (XC-10)");
    assert_eq!(token.account.unwrap().slug, "acme");
    let users = world.users(&world.acme).await;
    assert_eq!(users.len(), 1, "created at the first sign-in (CC-17)");
    assert_eq!(token.sub, users[0].id.to_string());
    assert!(world.facts().await.iter().any(|fact| matches!(fact, Fact::SignedIn { user: Some(user), .. } if *user == users[0].id)));
}

#[tokio::test]
async fn the_same_person_is_the_same_user_next_time() {
    let world = World::new().await;
    let first = world.sign_in(&mut world.browser(), &world.acme, "ada@acme.example").await;
    let second = world.sign_in(&mut world.browser(), &world.acme, "ada@acme.example").await;
    assert_eq!(first.sub, second.sub);
    assert_eq!(world.users(&world.acme).await.len(), 1);
}

/// A16.4: an answer serves once, in whichever browser.
#[tokio::test]
async fn an_answer_that_comes_again_lets_nobody_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.answer(&sent, "ada@acme.example");
    browser.deliver(&delivery).await.location();
    let again = browser.post_from_elsewhere(&delivery.action, delivery.body()).await;
    // The attempt is over, so the message is one that nobody asked for; it only leads to a new start.
    assert!(again.location().contains("/start?restart=1"));
}

/// A23.3: the answer of one browser's attempt lets no other browser in.
#[tokio::test]
async fn another_browser_than_the_one_that_began_is_not_let_in() {
    let world = World::new().await;
    let (mut mallory, mut victim) = (world.browser(), world.browser());
    let (_, sent) = world.start(&mut mallory, &world.acme).await;
    let delivery = world.answer(&sent, "mallory@acme.example");
    let arrived = victim.deliver(&delivery).await;
    arrived.shows(StatusCode::FORBIDDEN, "another browser");
    assert_eq!(victim.cookie("acme.localhost:8400", "vestibule_session"), None);
}
