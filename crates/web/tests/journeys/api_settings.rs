//! What the console sets, set by programs: of accounts, of connections, of people; and what is bounded about that.

use std::net::IpAddr;

use jiff::SignedDuration;
use serde_json::{Value, json};
use vestibule_domain::api::ApiAccess;
use vestibule_domain::enforcement::Method;
use vestibule_domain::event::Fact;
use vestibule_domain::password::Passwords;
use vestibule_domain::user::{ConsoleRole, UserState};
use vestibule_journeys::console::{
    self, ConnectionChange, NotChanged, UserChangeWanted, UserChanged, change_connection_at, change_user_at,
};
use vestibule_store::tx::EventFilter;

use crate::api_scene::{nothing, operator, program};
use crate::support::{ADA, World};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"/>";

/// Each setting that a form of the console has is set, and shown as it was set.
#[tokio::test]
async fn what_the_console_sets_of_an_account_a_program_sets() {
    let world = World::new().await;
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let account = format!("/accounts/{}", world.acme.account);
    let wanted = json!({
        "name": "Acme Ltd",
        "contact": { "name": "Acme IT", "email": "it@acme.example" },
        "admission": "waiting",
        "unproved_email": "withhold",
        "required_claims": ["emailaddress"],
        "start": "direct",
        "show_details": "shown",
        "sign_in": "own",
        "passwords": "managers",
        "second_factor": "required",
        "setup_activation": "confirmed",
        "inspector": "open",
        "branding": { "product": "Acme", "accent": "#0a5f8a", "welcome": "Hello", "imprint": "https://acme.example/" },
    });
    let set = admin.patch(&account, &wanted).await.is(200);
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&set.body[name], value, "{name}");
    }
    let gone = admin.patch(&account, &json!({ "contact": null, "branding": {} })).await.is(200);
    assert_eq!((&gone.body["contact"], &gone.body["branding"]), (&Value::Null, &json!({})));
    let bad = json!({ "branding": { "accent": "#zzzzzz" } });
    assert_eq!(admin.patch(&account, &bad).await.refused_as(422, "unusable").fields(), ["body.branding"]);
    let bad = json!({ "branding": { "colour": "#0a5f8a" } });
    assert_eq!(admin.patch(&account, &bad).await.refused_as(400, "malformed").fields(), ["body.branding.colour"]);
}

/// A picture is named by itself, and stays when the rest of the looks is changed.
#[tokio::test]
async fn a_picture_stays_until_it_is_named() {
    let world = World::new().await;
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    let account = format!("/accounts/{}", world.acme.account);
    let set = writes.patch(&account, &json!({ "logo": SVG })).await.is(200);
    let logo = set.text("logo").to_owned();
    assert!(logo.starts_with("/brand/"), "{logo}");
    let kept = writes.patch(&account, &json!({ "branding": { "product": "Acme" } })).await.is(200);
    assert_eq!(kept.text("logo"), logo);
    assert_eq!(writes.patch(&account, &json!({ "logo": SVG })).await.is(200).text("logo"), logo);
    assert_eq!(writes.patch(&account, &json!({ "logo": null })).await.is(200).body["logo"], Value::Null);
    let refused = writes.patch(&account, &json!({ "logo": "bm8gcGljdHVyZQ==" })).await.refused_as(422, "unusable");
    assert_eq!(refused.fields(), ["body.logo"]);
}

/// What files alone could say stays the vendor's; who comes in, and who sees what is personal, is trust.
#[tokio::test]
async fn what_is_the_vendors_to_say_of_an_account_is_not_said_by_it() {
    let world = World::new().await;
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let account = format!("/accounts/{}", world.acme.account);
    let waiting = json!({ "waiting": { "days": 7, "second_step": "operator", "language": "de", "at_most": 50 } });
    let olga = operator(&world).await;
    let writes = program(&world, "", ConsoleRole::Operator, ApiAccess::Write).await;
    let refused = admin.patch(&account, &waiting).await.refused_as(422, "unusable");
    assert_eq!(refused.fields(), ["body.waiting"]);
    assert_eq!(refused.body["errors"][0]["who"], "operator");
    writes.patch(&account, &waiting).await.refused_as(403, "access");
    assert_eq!(olga.patch(&account, &waiting).await.is(200).body["waiting"], waiting["waiting"]);
    // As by the form of the console.
    let off = json!({ "single_sign_on": { "people": "optional", "managers": "off" } });
    writes.patch(&account, &off).await.refused_as(403, "access");
    assert_eq!(admin.patch(&account, &off).await.is(200).body["single_sign_on"], off["single_sign_on"]);
    for change in
        [json!({ "inspector": "open" }), json!({ "required_claims": ["x"] }), json!({ "admission": "waiting" })]
    {
        writes.patch(&account, &change).await.refused_as(403, "access");
    }
    writes.patch(&account, &json!({ "contact": { "name": "IT", "email": "it@acme.example" } })).await.is(200);
}

/// MX-33: nobody shuts the last door: it is refused in the planner's words.
#[tokio::test]
async fn single_sign_on_is_not_demanded_without_somebody_for_the_day_on_which_it_fails() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let account = format!("/accounts/{}", world.acme.account);
    let demand = json!({ "single_sign_on": { "people": "required" } });
    let refused = olga.patch(&account, &demand).await.refused_as(422, "unusable");
    assert!(refused.body["errors"][0]["want"].as_str().unwrap().contains("break"), "{refused:?}");
    assert_eq!(olga.get(&account).await.body["single_sign_on"], json!({ "people": "optional" }));
}

/// Each setting that a form of the console has of a connection is set, and shown as it was set.
#[tokio::test]
async fn what_the_console_sets_of_a_connection_a_program_sets() {
    let world = World::new().await;
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    let made = writes.post("/connections", &json!({ "name": "second", "preset": "entra" })).await.is(201);
    let connection = format!("/connections/{}", made.text("id"));
    let wanted = json!({
        "preset": "okta",
        "logout_url": "https://idp.example/slo",
        "logout_binding": "post",
        "logout_answer_url": "https://idp.example/slo-answer",
        "logout_reply": "none",
        "certificates_pinned": true,
        "name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
        "reauthentication": { "after": 28800 },
        "authn_context": ["urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"],
        "button": { "text": "Log in with Acme", "icon": "key" },
        "start": "direct",
        "subject": { "claims": ["employeeid"] },
        "keeps_attributes": true,
        "mapping": {
            "rules": { "email": { "sources": ["mail | lower"], "validate": "email" } },
            "more": { "department": { "sources": ["department | trim", "'unknown'"] } },
            "roles": [{ "claim": "groups", "value": "staff", "role": "reader" }],
        },
    });
    let set = writes.patch(&connection, &wanted).await.is(200);
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(&set.body[name], value, "{name}");
    }
    assert_eq!(set.body["mapping_in_force"]["rules"]["email"]["sources"], json!(["mail | lower"]));
    let less = json!({ "reauthentication": "never", "subject": null, "start": null, "mapping": {} });
    let less = writes.patch(&connection, &less).await.is(200);
    assert_eq!((&less.body["reauthentication"], &less.body["subject"]), (&json!("never"), &Value::Null));
    assert_eq!(less.body["mapping"], json!({ "rules": {}, "more": {}, "roles": [] }));
    let bad = json!({ "mapping": { "rules": { "email": { "sources": ["mail | upper"] } } } });
    let refused = writes.patch(&connection, &bad).await.refused_as(422, "unusable");
    assert_eq!(refused.fields(), ["body.mapping"]);
    assert!(refused.body["errors"][0]["want"].as_str().unwrap().contains("not a transform"), "{refused:?}");
    let bad = json!({ "reauthentication": { "after": 0 } });
    assert_eq!(writes.patch(&connection, &bad).await.refused_as(400, "malformed").fields(), ["body.reauthentication"]);
}

/// At which other addresses answers are taken is the vendor's to say, as in the console.
#[tokio::test]
async fn other_addresses_for_answers_are_the_vendors_to_say() {
    let world = World::new().await;
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let connection = format!("/connections/{}", world.acme.connection);
    let alias = json!({ "aliases": ["https://old.example/acs"], "answer_to": "first_alias" });
    let refused = admin.patch(&connection, &alias).await.refused_as(422, "unusable");
    assert_eq!((refused.fields()[0].as_str(), &refused.body["errors"][0]["who"]), ("body.aliases", &json!("operator")));
    let draft = json!({ "name": "second", "answer_to": "first_alias" });
    assert_eq!(admin.post("/connections", &draft).await.refused_as(422, "unusable").fields(), ["body.answer_to"]);
    let set = operator(&world).await.patch(&connection, &alias).await.is(200);
    assert_eq!((&set.body["aliases"], set.text("answer_to")), (&json!(["https://old.example/acs"]), "first_alias"));
}

/// How a person signs in is trust, and is changed as it was seen.
#[tokio::test]
async fn how_a_person_signs_in_is_changed_by_trust() {
    let world = World::new().await;
    let eve = world.add_user(&world.acme, "eve@acme.example", None).await;
    let path = format!("/users/{eve}");
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    writes.patch(&path, &json!({ "sign_in": "sso" })).await.refused_as(403, "access");
    let trusts = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let tag = trusts.get(&path).await.header("etag").to_owned();
    let change = json!({ "sign_in": "sso" });
    assert_eq!(trusts.ask("patch", &path, &[], Some(&change)).await.is(428).fields(), ["header.If-Match"]);
    let set = trusts.ask("patch", &path, &[("if-match", &tag)], Some(&change)).await.is(200);
    assert_eq!(set.text("sign_in"), "sso");
    trusts.ask("patch", &path, &[("if-match", &tag)], Some(&json!({ "sign_in": "account" }))).await.is(412);
    let user = world.users(&world.acme).await.remove(0);
    assert_eq!(user.sign_in.method, Method::Sso);
    let of_globex = program(&world, "globex", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    of_globex.patch(&path, &change).await.refused_as(404, "not-found");
}

/// RFC 9110 §13.1.1: what an action rests on is compared by its write, not by the look before it.
#[tokio::test]
async fn an_action_counts_only_where_what_was_seen_is_so_still() {
    let world = World::new().await;
    let (ctx, id) = (world.ctx(), world.acme.connection);
    let viewer = console::command_line(&ctx, 1).await.unwrap();
    let read = ctx.store.read(|tx| Box::pin(async move { tx.deployment_version().await })).await;
    let seen: i64 = read.unwrap();
    world.change_account(&world.acme, |account| account.name = "Elsewhere".to_owned()).await;
    let pause = |at| change_connection_at(&ctx, &viewer, id, Some(at), ConnectionChange::Pause);
    assert_eq!(pause(seen).await.unwrap(), Some(NotChanged::Changed));
    assert_eq!(pause(seen + 1).await.unwrap(), None);

    let eve = world.add_user(&world.acme, "eve@acme.example", None).await;
    let suspend = |at| change_user_at(&ctx, &viewer, eve, Some(at), UserChangeWanted::Suspend);
    let version = world.users(&world.acme).await[0].version;
    assert_eq!(suspend(version + 1).await.unwrap(), UserChanged::Overtaken);
    assert_eq!(world.users(&world.acme).await[0].state, UserState::Active);
    assert_eq!(suspend(version).await.unwrap(), UserChanged::Done);
}

/// Of two who saw the same person one suspends them by it.
#[tokio::test]
async fn an_action_with_an_old_version_is_refused() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let eve = world.add_user(&world.acme, "eve@acme.example", None).await;
    let path = format!("/users/{eve}");
    let tag = olga.get(&path).await.header("etag").to_owned();
    olga.ask("post", &format!("{path}/suspend"), &[("if-match", &tag)], Some(&nothing())).await.is(200);
    olga.ask("post", &format!("{path}/restore"), &[("if-match", &tag)], Some(&nothing())).await.is(412);
    assert_eq!(olga.get(&path).await.text("state"), "suspended");
}

/// Each fetch of metadata is a question of ours to somebody else: 50 at once from one address.
#[tokio::test]
async fn a_program_that_has_much_metadata_fetched_waits() {
    let world = World::new().await;
    let mut olga = operator(&world).await;
    olga.address = Some(IpAddr::from([192, 0, 2, 1]));
    let draft = json!({ "account": "acme", "name": "second", "metadata_url": "https://127.0.0.1:1/metadata" });
    for _ in 0..50 {
        assert_eq!(olga.post("/connections", &draft).await.is(422).fields(), ["body.metadata_url"]);
    }
    let wait = olga.post("/connections", &draft).await.refused_as(429, "too-many");
    assert_eq!(wait.header("retry-after"), "1");
    olga.post("/connections", &json!({ "account": "acme", "name": "second" })).await.is(201);
    world.pass(SignedDuration::from_secs(1));
    olga.post("/connections", &draft).await.is(422);
}

/// What is made by what is made does not go on for ever; the log says what each key may.
#[tokio::test]
async fn a_key_that_a_program_makes_has_an_end() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let made = olga.post("/api-keys", &json!({ "name": "x", "role": "support" })).await.is(201);
    assert_eq!(made.text("expires_at"), "2026-05-31T10:00:00Z");
    let longer = json!({ "name": "x", "role": "support", "days": 91 });
    assert_eq!(olga.post("/api-keys", &longer).await.is(400).fields(), ["body.days"]);
    let all = EventFilter { account: None, user: None, before: None, limit: 1000 };
    let events = world.services.store.read(move |tx| Box::pin(async move { tx.events(&all).await })).await;
    let said = events.unwrap().into_iter().find_map(|event| match event.fact {
        Fact::ApiKeyCreated { key, role, access, expires_at } if key.to_string() == made.text("id") => {
            Some((role, access, expires_at.map(|at| at.to_string())))
        }
        _ => None,
    });
    let end = Some("2026-05-31T10:00:00Z".to_owned());
    assert_eq!(said, Some((Some(ConsoleRole::Support), Some(ApiAccess::Read), end)));
}

/// Mails go to whom a program names, in our name: 500 at once in an account, and not to one person again and again.
#[tokio::test]
async fn invitations_of_an_account_are_bounded() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let new = |n: u32| json!({ "account": "acme", "email": format!("u{n}@acme.example"), "invite": true });
    for n in 0..500 {
        olga.post("/users", &new(n)).await.is(201);
    }
    let wait = olga.post("/users", &new(500)).await.refused_as(429, "too-many");
    assert_eq!(wait.header("retry-after"), "11");
    // Without a mail, and in another account.
    olga.post("/users", &json!({ "account": "acme", "email": "u500@acme.example" })).await.is(201);
    olga.post("/users", &json!({ "account": "globex", "email": "u1@globex.example", "invite": true })).await.is(201);
    world.pass(SignedDuration::from_secs(10));
    // Who is there already is told nothing, so it does not count.
    olga.post("/users", &new(1)).await.is(409);
    olga.post("/users", &new(501)).await.is(201);
}

/// What is claimed is looked for again and again, so it is bounded; what is claimed already is no further claim.
#[tokio::test]
async fn a_program_claims_domains_as_far_as_they_are_proved() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let claim = |n: u32| json!({ "account": "acme", "domain": format!("d{n}.example") });
    for n in 0..50 {
        olga.post("/domains", &claim(n)).await.is(201);
    }
    assert_eq!(olga.post("/domains", &claim(50)).await.is(422).fields(), ["body.domain"]);
    assert_ne!(olga.post("/domains", &claim(7)).await.status, 422);
}

/// MX-33: who opens the door on the day on which single sign-on fails is named by the API too, which is trust.
#[tokio::test]
async fn a_program_names_who_opens_the_door() {
    let world = World::new().await;
    world.sign_in(&mut world.browser(), &world.acme, ADA).await;
    let path = format!("/users/{}", world.users(&world.acme).await[0].id);
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    let named = json!({ "break_glass": true });
    writes.patch(&path, &named).await.refused_as(403, "access");
    let trusts = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let refused = trusts.patch(&path, &named).await.is(422);
    assert!(refused.body.to_string().contains("passwords = \\\"off\\\""), "nobody has passwords here: {refused:?}");
    world.change_account(&world.acme, |account| account.settings.passwords = Passwords::All).await;
    let set = trusts.patch(&path, &named).await.is(200);
    assert_eq!((&set.body["break_glass"], set.text("sign_in")), (&json!(true), "account"));
    let unnamed = trusts.patch(&path, &json!({ "break_glass": false })).await.is(200);
    assert_eq!(unnamed.body["break_glass"], json!(false));
}
