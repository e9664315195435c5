//! Lists of what belongs to one thing go on too: domains, set-up links, sessions, deliveries.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::api_scene::{Program, operator};
use crate::support::{ADA, World, base64};

/// Each row once, in the order of the whole list, however few a page has.
async fn is_read_page_by_page(olga: &Program<'_>, list: &str, wanted: usize) {
    let whole = olga.get(&format!("{list}limit=200")).await.is(200);
    assert_eq!((whole.items().len(), &whole.body["next"]), (wanted, &Value::Null), "{list}");
    let mut found = Vec::new();
    let mut path = format!("{list}limit=3");
    loop {
        let page = olga.get(&path).await.is(200);
        assert!(page.items().len() <= 3, "{list}");
        found.extend(page.items().clone());
        if page.body["next"].is_null() {
            break;
        }
        let link = page.header("link").trim_start_matches('<').split('>').next().unwrap().to_owned();
        link.split("/api/v1").nth(1).unwrap().clone_into(&mut path);
    }
    assert_eq!(&found, whole.items(), "{list}");
    assert_eq!(olga.get(&format!("{list}cursor=nonsense%21")).await.is(422).fields(), ["query.cursor"], "{list}");
}

#[tokio::test]
async fn domains_and_links_are_read_page_by_page() {
    let world = World::new().await;
    let olga = operator(&world).await;
    for n in 0..7 {
        let domain = json!({ "account": "acme", "domain": format!("d{n}.example") });
        olga.post("/domains", &domain).await.is(201);
        let link = json!({ "account": "acme", "connection": format!("l{n}"), "preset": "okta" });
        olga.post("/setup-links", &link).await.is(201);
    }
    // One is the account's from the beginning.
    is_read_page_by_page(&olga, "/domains?account=acme&", 8).await;
    is_read_page_by_page(&olga, "/setup-links?account=acme&", 7).await;
}

#[tokio::test]
async fn sessions_and_deliveries_are_read_page_by_page() {
    let world = World::new().await;
    let olga = operator(&world).await;
    for _ in 0..7 {
        world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    }
    let ada = world.users(&world.acme).await[0].id;
    is_read_page_by_page(&olga, &format!("/users/{ada}/sessions?"), 7).await;

    for n in 0..7 {
        let new = json!({ "account": "acme", "email": format!("u{n}@acme.example") });
        olga.post("/users", &new).await.is(201);
    }
    let secret = format!("whsec_{}", base64(&[7; 32]));
    let hook = json!({ "account": "acme", "url": "https://127.0.0.1:1/hook", "secrets": [secret] });
    olga.ask("put", "/webhooks/crm", &[], Some(&hook)).await.is(200);
    // What happens at this very moment is not of the past yet.
    world.pass(SignedDuration::from_secs(1));
    let since = json!({ "since": "2026-03-01T00:00:00Z", "kind": "user.created" });
    let replayed = olga.post("/webhooks/crm/replay", &since).await.is(200);
    let wanted = replayed.body["events"].as_u64().and_then(|events| usize::try_from(events).ok()).unwrap();
    assert!(wanted >= 7, "{replayed:?}");
    is_read_page_by_page(&olga, "/webhooks/crm/deliveries?", wanted).await;
}

/// Groups with how many are in them, and who is in one; sign-ins hour by hour.
#[tokio::test]
async fn groups_and_hours_are_read_as_the_console_shows_them() {
    let world = World::new().await;
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    let mut ada = world.users(&world.acme).await.pop().unwrap();
    ada.profile.groups = ["Berlin", "Paris", "Rome", "Wien"].map(str::to_owned).to_vec();
    world.save_user(&ada).await;
    let olga = operator(&world).await;
    is_read_page_by_page(&olga, "/groups?account=acme&", 4).await;
    let found = olga.get("/groups?account=acme&search=P").await.is(200);
    assert_eq!(found.items(), &[json!({ "name": "Paris", "people": 1, "more": false })]);
    let who = olga.get("/users?account=acme&group=Paris").await.is(200);
    assert_eq!(who.items().iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&json!(ada.id.to_string())]);
    assert!(olga.get("/users?account=acme&group=Oslo").await.is(200).items().is_empty());

    let overview = olga.get("/overview?account=acme&hours=24").await.is(200);
    let hours = overview.body["hours"].as_array().unwrap();
    let signed_in: u64 = hours.iter().filter_map(|hour| hour["signed_in"].as_u64()).sum();
    assert_eq!((hours.len(), signed_in), (24, 1));
    assert_eq!(olga.get("/overview?account=acme").await.is(200).body["hours"], json!([]));
}
