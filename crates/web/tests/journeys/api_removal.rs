//! What programs take away for good, and what is refused because somebody would lose by it.

use serde_json::{Value, json};
use vestibule_domain::api::ApiAccess;
use vestibule_domain::enforcement::Demand;
use vestibule_domain::event::Fact;
use vestibule_domain::user::ConsoleRole;
use vestibule_store::tx::EventFilter;

use crate::api_scene::{Answer, Program, nothing, operator, program};
use crate::support::{ADA, BASE, CLIENT, World, base64, start};

async fn delete(program: &Program<'_>, path: &str) -> Answer {
    program.ask("delete", path, &[], None).await
}

/// The lines of the log that `of` finds.
async fn lines(world: &World, of: impl Fn(&Fact) -> bool) -> usize {
    let all = EventFilter { account: None, user: None, before: None, limit: 1000 };
    let found = world.services.store.read(move |tx| Box::pin(async move { tx.events(&all).await })).await;
    found.unwrap().iter().filter(|event| of(&event.fact)).count()
}

/// A connection goes when nobody comes in by it and nobody is known by it; what to do first is said.
#[tokio::test]
async fn a_connection_is_taken_away_when_nobody_loses_by_it() {
    let world = World::new().await;
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    world.prove("mail.example", &world.acme).await;
    let olga = operator(&world).await;
    let path = format!("/connections/{}", world.acme.connection);
    let why = async || delete(&olga, &path).await.refused_as(409, "conflict").text("detail").to_owned();
    assert!(why().await.starts_with("it is in force; pause it first"));
    olga.post(&format!("{path}/pause"), &nothing()).await.is(200);
    assert!(why().await.starts_with("1 person is known by it"));
    let ada = world.users(&world.acme).await[0].id;
    delete(&olga, &format!("/users/{ada}/identities/{}", world.acme.connection)).await.is(204);
    olga.post("/domains", &json!({ "account": "acme", "domain": "mail.example", "connection": "entra" })).await.is(201);
    assert!(why().await.starts_with("the e-mail domain mail.example leads to it"));
    olga.post("/domains", &json!({ "account": "acme", "domain": "mail.example" })).await.is(201);
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    delete(&writes, &path).await.refused_as(403, "access");
    let old = olga.ask("delete", &path, &[("if-match", "\"old\"")], None).await;
    old.refused_as(412, "changed");
    delete(&olga, &path).await.is(204);
    delete(&olga, &path).await.is(404);
    assert_eq!(world.users(&world.acme).await.len(), 1, "people stay");
    let id = world.acme.connection;
    let is_told = |fact: &Fact| matches!(fact, Fact::ConnectionRemoved { connection } if *connection == id);
    assert_eq!(lines(&world, is_told).await, 1);
    let before = |fact: &Fact| matches!(fact, Fact::SignedIn { connection, .. } if *connection == id);
    assert_eq!(lines(&world, before).await, 1, "nothing of the log is taken");
}

#[tokio::test]
async fn a_draft_that_nobody_used_is_taken_away() {
    let world = World::new().await;
    let trusts = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let made = trusts.post("/connections", &json!({ "name": "second", "preset": "okta" })).await.is(201);
    let path = format!("/connections/{}", made.text("id"));
    let of_globex = program(&world, "globex", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    delete(&of_globex, &path).await.refused_as(404, "not-found");
    delete(&trusts, &path).await.is(204);
    trusts.post("/connections", &json!({ "name": "second", "preset": "okta" })).await.is(201);
}

#[tokio::test]
async fn a_webhook_is_taken_away_that_is_told_nothing() {
    let world = World::new().await;
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    let given = |enabled: bool| {
        let secret = format!("whsec_{}", base64(&[7; 32]));
        json!({ "url": "https://127.0.0.1:1/hook", "secrets": [secret], "enabled": enabled })
    };
    let put = async |enabled| admin.ask("put", "/webhooks/crm", &[("if-match", "*")], Some(&given(enabled))).await;
    admin.ask("put", "/webhooks/crm", &[], Some(&given(true))).await.is(200);
    let told = delete(&admin, "/webhooks/crm").await.refused_as(409, "conflict");
    assert!(told.text("detail").contains("set enabled to false first"), "{told:?}");
    put(false).await.is(200);
    let of_globex = program(&world, "globex", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    delete(&of_globex, "/webhooks/crm").await.refused_as(404, "not-found");
    delete(&admin, "/webhooks/crm").await.is(204);
    admin.get("/webhooks/crm").await.is(404);
    assert_eq!(lines(&world, |fact| matches!(fact, Fact::WebhookRemoved { .. })).await, 1);
}

/// Nobody is left at an address that leads nowhere.
#[tokio::test]
async fn an_application_is_taken_away_to_which_nobody_is_led() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let account = format!("/accounts/{}", world.acme.account);
    olga.patch(&account, &json!({ "application": CLIENT })).await.is(200);
    let path = format!("/applications/{CLIENT}");
    let led = delete(&olga, &path).await.refused_as(409, "conflict");
    assert!(led.text("detail").starts_with("people of acme go to it"), "{led:?}");
    olga.patch(&account, &json!({ "application": null })).await.is(200);
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    delete(&admin, &path).await.refused_as(403, "role");
    delete(&olga, &path).await.is(204);
    delete(&olga, &path).await.is(404);
    let listed = olga.get("/applications?account=acme").await.is(200);
    assert!(listed.items().iter().all(|it| it["client_id"] != CLIENT), "{listed:?}");
    let asked = world.browser().get(&format!("{BASE}/oidc/authorize?client_id={CLIENT}")).await;
    assert_eq!(asked.status, 400, "{}", asked.body);
}

/// Forgotten is forgotten: for the vendor's operators alone, as by the command.
#[tokio::test]
async fn a_person_is_forgotten_by_the_vendors_operators() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    let ada = world.users(&world.acme).await[0].id;
    let path = format!("/users/{ada}");
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    delete(&admin, &path).await.refused_as(403, "role");
    let olga = operator(&world).await;
    delete(&olga, &path).await.is(204);
    delete(&olga, &path).await.is(404);
    assert_eq!(olga.get("/users?account=acme").await.body["items"], Value::Array(Vec::new()));
    assert_eq!(lines(&world, |fact| matches!(fact, Fact::UserErased { user } if *user == ada)).await, 1);
}

/// RFC 9110 §13.1.1: what cannot be undone is not done to another one than was meant, and a condition that nothing is
/// compared with does not hold.
#[tokio::test]
async fn a_condition_that_does_not_hold_takes_nothing_away() {
    let world = World::new().await;
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    let ada = world.users(&world.acme).await[0].id;
    let olga = operator(&world).await;
    let path = format!("/users/{ada}");
    let old = [("if-match", "\"of-old\"")];
    olga.ask("delete", &path, &old, None).await.refused_as(412, "changed");
    olga.ask("delete", &format!("{path}/sessions"), &old, None).await.refused_as(400, "malformed");
    olga.get(&path).await.is(200);
    let seen = olga.get(&path).await.header("etag").to_owned();
    olga.ask("delete", &path, &[("if-match", &seen)], None).await.is(204);
}

/// MX-33: whoever opens the door on the day on which single sign-on fails is not forgotten while it is demanded.
#[tokio::test]
async fn who_opens_the_door_is_not_forgotten() {
    let world = World::new().await;
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    let mut ada = world.users(&world.acme).await.pop().unwrap();
    ada.sign_in.break_glass_since = Some(start());
    world.save_user(&ada).await;
    world.change_account(&world.acme, |account| account.settings.single_sign_on.people = Demand::Required).await;
    let olga = operator(&world).await;
    let path = format!("/users/{}", ada.id);
    let refused = delete(&olga, &path).await.refused_as(409, "conflict");
    assert!(refused.body["detail"].as_str().unwrap().contains("take that from them first"), "{refused:?}");
    world.change_account(&world.acme, |account| account.settings.single_sign_on.people = Demand::Optional).await;
    delete(&olga, &path).await.is(204);
}
