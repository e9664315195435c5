//! What whoever has a set-up link cannot do with it: come in as people who are there already, claim domains without end,
//! mail administrators without end (A27.3).

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::account::{AccountKind, Admission};
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::user::ConsoleRole;
use vestibule_domain::ways::Permitted;

use crate::set_up::Scene;
use crate::support::{account, party};

const ASK: &str = "Ask an administrator to switch it on";

/// The set-up is done up to a test that passed; then an administrator is asked, and nothing is in force.
async fn is_asked_for(scene: &Scene) {
    scene.gives_values().await.location();
    let (_, report) = scene.tries().await;
    report.shows(StatusCode::OK, "It works");
    scene.page().await.shows(StatusCode::OK, ASK);
    scene.posts("switch-on", &[]).await.location();
    assert_eq!(scene.connection().await.state, ConnectionState::Tested);
}

/// People whom only the application knows are people too.
#[tokio::test]
async fn where_the_application_keeps_the_people_an_administrator_confirms() {
    let scene = Scene::new().await;
    scene.world.admit(&scene.world.acme, Admission::PassThrough).await;
    is_asked_for(&scene).await;
}

/// A reseller's connection leads into the accounts below it, whoever is there.
#[tokio::test]
async fn where_accounts_below_sign_in_by_it_an_administrator_confirms() {
    is_asked_for(&with_an_account_below(Permitted::Inherit).await).await;
}

/// An account that stands below and signs in by its own connections is not reached.
#[tokio::test]
async fn where_accounts_below_have_their_own_the_link_switches_on() {
    let scene = with_an_account_below(Permitted::Own).await;
    scene.gives_values().await.location();
    scene.tries().await;
    scene.posts("switch-on", &[]).await.shows(StatusCode::OK, "It is switched on");
    assert_eq!(scene.connection().await.state, ConnectionState::Active);
}

/// `acme` is a reseller, below which somebody is permitted this.
async fn with_an_account_below(permitted: Permitted) -> Scene {
    let scene = Scene::new().await;
    let acme = scene.world.acme.clone();
    scene.world.change_account(&acme, |acme| acme.kind = AccountKind::Reseller).await;
    let mill = party("mill", acme.tenant, "mill.example", 77);
    let mut below = account(mill.account, Some(acme.account), "acme/mill", AccountKind::Customer);
    below.settings.permitted = Some(permitted);
    scene.world.save_account(&below).await;
    scene
}

#[tokio::test]
async fn domains_are_claimed_as_far_as_they_are_proved() {
    let scene = Scene::new().await;
    let domains = |from: u32, to: u32| (from..to).map(|n| format!("d{n}.example\n")).collect::<String>();
    for (from, to) in [(0, 20), (20, 40), (40, 50)] {
        scene.posts("people", &[("domains", &domains(from, to))]).await.location();
    }
    let refused = scene.posts("people", &[("domains", "one-more.example")]).await;
    refused.shows(StatusCode::OK, "the proof of 50 is under way; at most 50 are proved at a time");
    refused.shows(StatusCode::OK, "one-more.example");
}

/// Whoever asks, changes something and asks again has the administrators mailed once an hour.
#[tokio::test]
async fn administrators_are_told_once_an_hour() {
    let scene = Scene::new().await;
    scene.world.add_user(&scene.world.acme, "max@acme.example", Some(ConsoleRole::AccountAdmin)).await;
    is_asked_for(&scene).await;
    assert_eq!(scene.mails().await.len(), 1);
    is_asked_for(&scene).await;
    assert_eq!(scene.mails().await.len(), 1);
    scene.world.pass(SignedDuration::from_hours(1));
    is_asked_for(&scene).await;
    assert_eq!(scene.mails().await.len(), 2);
}
