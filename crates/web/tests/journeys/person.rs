//! One person is handed out as a whole, and forgotten.

use http::StatusCode;
use serde_json::json;
use vestibule_domain::account::Admission;
use vestibule_domain::event::{Actor, Fact};
use vestibule_journeys::person;

use crate::support::{ADA, World};

#[tokio::test]
async fn what_is_known_of_a_person_is_handed_out_as_one_document() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    let user = world.users(&world.acme).await.remove(0);
    let document = person::export(&world.ctx(), user.id).await.unwrap().unwrap();
    assert_eq!(document["user"], user.id.to_string());
    assert_eq!(document["account"], "acme");
    assert_eq!(document["profile"]["email"], user.profile.email.unwrap().as_str());
    assert_eq!(document["identities"].as_array().unwrap().len(), 1);
    assert_eq!(document["sessions"].as_array().unwrap().len(), 1);
    assert_eq!((&document["has_password"], &document["sign_in"]), (&json!(false), &json!("account")));
    assert_eq!(document["waiting"], json!([]));
    let log = document["log"].as_array().unwrap();
    assert!(log.iter().any(|line| line["fact"]["kind"] == "signed_in"), "{log:?}");
}

/// What a waiting room has of a person is handed out with them, as it is forgotten with them.
#[tokio::test]
async fn what_a_waiting_room_has_of_a_person_is_handed_out() {
    let world = World::new().await;
    world.admit(&world.acme, Admission::Waiting).await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    browser.deliver(&world.answer(&sent, ADA)).await;
    let user = world.add_user(&world.acme, "Ada.Example@acme.example", None).await;
    let document = person::export(&world.ctx(), user).await.unwrap().unwrap();
    let waiting = document["waiting"].as_array().unwrap();
    assert_eq!((waiting.len(), &waiting[0]["state"]), (1, &json!("waiting")));
    assert_eq!(waiting[0]["file"]["profile"]["email"], "Ada.Example@acme.example");
}

#[tokio::test]
async fn somebody_who_is_forgotten_is_out_and_is_somebody_new_when_they_come_again() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    let before = world.users(&world.acme).await.remove(0);
    assert!(person::erase(&world.ctx(), before.id, Actor::CommandLine).await.unwrap());
    assert_ne!(browser.get(&format!("{}/me", world.acme.origin)).await.status, StatusCode::OK);
    assert_eq!(person::export(&world.ctx(), before.id).await.unwrap(), None);
    assert!(!person::erase(&world.ctx(), before.id, Actor::CommandLine).await.unwrap());
    let lines = world.facts().await.into_iter().filter(|fact| *fact == Fact::UserErased { user: before.id });
    assert_eq!(lines.count(), 1);
    world.sign_in(&mut browser, &world.acme, ADA).await;
    let after = world.users(&world.acme).await.remove(0);
    assert_ne!(after.id, before.id);
}
