//! The admin API: who comes in, what is refused and how it is said, pages, versions, and requests that come twice.

use jiff::SignedDuration;
use serde_json::{Value, json};
use vestibule_domain::account::AccountKind;
use vestibule_domain::api::{ANSWERS_KEPT, ApiAccess, ApiOfApplication};
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::user::ConsoleRole;
use vestibule_store::tx::EventFilter;

use crate::api_scene::{Answer, Program, nothing, operator, program};
use crate::support::{ADA, BASE, CLIENT, SECRET, World, base64};

async fn actors(world: &World) -> Vec<(Actor, Fact)> {
    let all = EventFilter { account: None, user: None, before: None, limit: 1000 };
    let found = world.services.store.read(move |tx| Box::pin(async move { tx.events(&all).await })).await;
    found.unwrap().into_iter().map(|event| (event.actor, event.fact)).collect()
}

/// What a key does is in the log under its id, and when it was used is known.
#[tokio::test]
async fn a_key_acts_under_its_own_name_until_it_is_revoked() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let made = olga
        .post("/api-keys", &json!({ "account": "acme", "name": "CRM", "role": "account_admin", "access": "trust" }))
        .await
        .is(201);
    let crm = Program::with(&world, made.text("secret"));
    assert!(crm.secret.starts_with("vst_"), "a scanner knows it");
    let paused = crm.post(&format!("/connections/{}/pause", world.acme.connection), &nothing()).await.is(200);
    assert_eq!(paused.text("state"), "paused");
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Paused);
    let id = made.text("id");
    let by_key = |(actor, fact): &(Actor, Fact)| {
        matches!(actor, Actor::ApiKey(key) if key.to_string() == id) && matches!(fact, Fact::ConnectionChanged { .. })
    };
    assert!(actors(&world).await.iter().any(by_key));
    let shown = olga.get(&format!("/api-keys/{id}")).await.is(200);
    assert_eq!((shown.text("state"), shown.text("used_at")), ("good", "2026-03-02T10:00:00Z"));
    assert!(shown.body.get("secret").is_none(), "told once");
    assert_eq!(olga.post(&format!("/api-keys/{id}/revoke"), &nothing()).await.is(200).text("state"), "revoked");
    let over = crm.get("/accounts").await.is(401);
    assert!(over.text("detail").starts_with("the key was revoked"), "{over:?}");
}

#[tokio::test]
async fn a_key_ends_with_its_days() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let given = json!({ "name": "night", "role": "support", "days": 2 });
    let night = Program::with(&world, olga.post("/api-keys", &given).await.is(201).text("secret"));
    night.get("/accounts").await.is(200);
    world.pass(SignedDuration::from_hours(48));
    assert!(night.get("/accounts").await.is(401).text("detail").starts_with("the key has expired"));
}

/// Nobody gives more than they reach themselves.
#[tokio::test]
async fn a_key_makes_no_key_that_reaches_further() {
    let world = World::new().await;
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    for role in ["operator", "support"] {
        let refused = admin.post("/api-keys", &json!({ "name": "x", "role": role })).await.is(422);
        assert_eq!(refused.fields(), ["body.role"]);
    }
    let beyond = json!({ "account": "globex", "name": "x", "role": "approver" });
    admin.post("/api-keys", &beyond).await.is(404);
    admin.post("/api-keys", &json!({ "name": "x", "role": "approver" })).await.is(201);
}

/// A key that is given away for two days makes none that is left when they are over.
#[tokio::test]
async fn a_key_makes_no_key_that_outlives_it() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let given = json!({ "name": "two days", "role": "operator", "access": "trust", "days": 2 });
    let made = olga.post("/api-keys", &given).await.is(201);
    let (short, end) = (Program::with(&world, made.text("secret")), made.text("expires_at"));
    for days in [None, Some(30)] {
        let mut given = json!({ "name": "longer", "role": "approver" });
        given.as_object_mut().unwrap().extend(days.map(|days| ("days".to_owned(), json!(days))));
        assert_eq!(short.post("/api-keys", &given).await.is(201).text("expires_at"), end, "{given}");
    }
    let given = json!({ "name": "one day", "role": "approver", "days": 1 });
    assert!(short.post("/api-keys", &given).await.is(201).text("expires_at") < end);
}

/// What the console wants a fresh authentication for wants `trust` of a key, where it really changes.
#[tokio::test]
async fn what_is_trusted_of_an_account_wants_trust() {
    let world = World::new().await;
    let writes = program(&world, "", ConsoleRole::Operator, ApiAccess::Write).await;
    let account = format!("/accounts/{}", world.acme.account);
    let changes = [
        json!({ "passwords": "all" }),
        json!({ "second_factor": "required" }),
        json!({ "entitlement": "withheld" }),
        json!({ "permitted": "both" }),
        json!({ "sub_domain": "elsewhere" }),
        json!({ "sub_domain": null }),
        json!({ "kind": "reseller" }),
        json!({ "session_length_minutes": 30 }),
        json!({ "name": "Acme", "passwords": "all" }),
    ];
    for change in changes {
        writes.patch(&account, &change).await.refused_as(403, "access");
    }
    let before = writes.get(&account).await.is(200);
    assert_eq!((before.text("name"), before.text("passwords")), ("acme", "off"));
    let same = json!({ "name": "Acme", "passwords": "off", "kind": "customer", "sub_domain": "acme" });
    assert_eq!(writes.patch(&account, &same).await.is(200).text("name"), "Acme");
    let new = json!({ "path": "initech", "name": "Initech", "passwords": "all" });
    writes.post("/accounts", &new).await.refused_as(403, "access");
    writes.post("/accounts", &json!({ "path": "initech", "name": "Initech", "kind": "reseller" })).await.is(201);
    let olga = operator(&world).await;
    assert_eq!(olga.patch(&account, &json!({ "passwords": "all" })).await.is(200).text("passwords"), "all");
}

/// How long sessions last is set by one of two names, the other stays; null takes what stands above.
#[tokio::test]
async fn sessions_of_an_account_are_set_one_by_one() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let account = format!("/accounts/{}", world.acme.account);
    let minutes = async |change: serde_json::Value| {
        olga.patch(&account, &change).await.is(200);
        let sessions = world.account(&world.acme).await.settings.sessions;
        let (length, age) = (sessions.length_minutes, sessions.reauthenticate_after_minutes);
        (length.map(u32::from), age.map(u32::from))
    };
    assert_eq!(minutes(json!({ "session_length_minutes": 30 })).await, (Some(30), None));
    assert_eq!(minutes(json!({ "reauthenticate_after_minutes": 15 })).await, (Some(30), Some(15)));
    assert_eq!(minutes(json!({ "session_length_minutes": null })).await, (None, Some(15)));
    olga.patch(&account, &json!({ "session_length_minutes": 4 })).await.refused_as(400, "malformed");
}

/// An account does not say of itself what it is, nor to which application its people go.
#[tokio::test]
async fn what_is_said_from_above_is_not_said_by_the_account() {
    let world = World::new().await;
    world.change_account(&world.acme, |account| account.kind = AccountKind::Reseller).await;
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let account = format!("/accounts/{}", world.acme.account);
    for (field, value) in [("kind", "customer"), ("application", CLIENT)] {
        let refused = admin.patch(&account, &json!({ field: value })).await.refused_as(422, "unusable");
        assert_eq!(refused.fields(), [format!("body.{field}")]);
        assert_eq!(refused.body["errors"][0]["who"], "operator");
    }
    let below = json!({ "path": "acme/below", "name": "Below", "kind": "reseller", "sub_domain": null });
    let made = admin.post("/accounts", &below).await.is(201);
    let below = format!("/accounts/{}", made.text("id"));
    assert_eq!(admin.patch(&below, &json!({ "kind": "customer" })).await.is(200).text("kind"), "customer");
}

/// By which connection the people of a domain come is trust, once the domain is there.
#[tokio::test]
async fn a_domain_that_is_there_is_moved_by_trust_alone() {
    let world = World::new().await;
    world.prove("mail.example", &world.acme).await;
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    let moved = json!({ "domain": "mail.example", "connection": "entra" });
    writes.post("/domains", &moved).await.refused_as(403, "access");
    writes.post("/domains", &json!({ "domain": "new.example", "connection": "entra" })).await.is(201);
    writes.post("/domains", &json!({ "domain": "new.example" })).await.refused_as(403, "access");
    let trusts = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let connection = world.acme.connection.to_string();
    assert_eq!(trusts.post("/domains", &moved).await.is(201).text("connection"), connection);
    writes.post("/domains", &json!({ "domain": "mail.example" })).await.refused_as(403, "access");
}

/// How somebody signs in is trust; that they are there is not.
#[tokio::test]
async fn how_a_new_person_signs_in_wants_trust() {
    let world = World::new().await;
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    for method in ["sso", "password"] {
        let new = json!({ "email": "eve@acme.example", "sign_in": method });
        writes.post("/users", &new).await.refused_as(403, "access");
    }
    assert!(world.users(&world.acme).await.is_empty());
    let trusts = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let new = json!({ "email": "eve@acme.example", "sign_in": "sso" });
    assert_eq!(trusts.post("/users", &new).await.is(201).text("sign_in"), "sso");
    writes.post("/users", &json!({ "email": "bob@acme.example", "sign_in": "account" })).await.is(201);
}

/// Whose a name is that is taken only the platform's own programs are told.
#[tokio::test]
async fn whose_a_name_is_stays_within_reach() {
    let world = World::new().await;
    world.prove("mail.example", &world.globex).await;
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let account = format!("/accounts/{}", world.acme.account);
    let wanted = |refused: &Answer| refused.body["errors"][0]["want"].as_str().unwrap().to_owned();
    let domain = json!({ "account": "acme", "domain": "mail.example" });
    let refused = admin.post("/domains", &domain).await.refused_as(422, "unusable");
    assert_eq!(wanted(&refused), "the domain mail.example is taken; whoever runs the deployment can say by whom");
    assert!(!refused.body.to_string().contains("globex"), "{refused:?}");
    let refused = admin.patch(&account, &json!({ "sub_domain": "globex" })).await.refused_as(422, "unusable");
    assert_eq!(wanted(&refused), "the sub-domain \"globex\" is taken; whoever runs the deployment can say by whom");
    let refused = operator(&world).await.post("/domains", &domain).await.refused_as(422, "unusable");
    assert!(wanted(&refused).contains("another account, \"globex\""), "{refused:?}");
}

/// RFC 6749 §4.4: an application comes by a token for itself, where it was allowed that in so many words.
#[tokio::test]
async fn an_application_needs_to_be_allowed_the_api_and_to_ask_for_it() {
    let world = World::new().await;
    let allow = |scopes: &[&str], api| {
        let scopes = scopes.iter().map(|&scope| scope.to_owned()).collect();
        world.change_application(move |it| (it.settings.own_scopes, it.settings.api) = (scopes, api))
    };
    allow(&["orders", "vestibule.read", "vestibule.trust"], None).await;
    let refused = by_token(&world, "vestibule.read").await.get("/accounts").await.is(403);
    assert!(refused.text("detail").contains("api = {"), "{refused:?}");
    let role = ConsoleRole::Operator;
    allow(&["orders", "vestibule.read", "vestibule.trust"], Some(ApiOfApplication { role, access: ApiAccess::Write }))
        .await;
    let without = by_token(&world, "orders").await.get("/accounts").await.is(403);
    assert!(without.text("detail").contains("vestibule.read"), "{without:?}");
    let reads = by_token(&world, "vestibule.read").await;
    reads.get("/accounts").await.is(200);
    let refused = reads.post("/users", &json!({ "email": "eve@vendor.example" })).await.is(403);
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer error=\"insufficient_scope\", scope=\"vestibule.write\"",
        "{refused:?}"
    );
    // More than the application was allowed is not had by asking for it.
    let trusts = by_token(&world, "vestibule.trust").await;
    trusts.post("/users", &json!({ "email": "eve@vendor.example" })).await.is(201);
    trusts.post("/api-keys", &json!({ "name": "x", "role": "approver" })).await.is(403);
    let made = |(actor, fact): &(Actor, Fact)| {
        *actor == Actor::Application(CLIENT.to_owned()) && matches!(fact, Fact::UserCreated { .. })
    };
    assert!(actors(&world).await.iter().any(made));
    world.pass(SignedDuration::from_mins(10));
    reads.get("/accounts").await.is(401);
}

async fn by_token<'w>(world: &'w World, scope: &str) -> Program<'w> {
    let body = format!("grant_type=client_credentials&scope={scope}");
    let basic = format!("Basic {}", base64(format!("{CLIENT}:{SECRET}").as_bytes()));
    let seen = world.browser().as_application(&format!("{BASE}/oidc/token"), body, &basic).await;
    let token: Value = serde_json::from_str(&seen.body).unwrap();
    Program::with(world, token["access_token"].as_str().unwrap_or_else(|| panic!("{}", seen.body)))
}

/// Every key and every parameter that is wrong is named, with what was got and what is wanted; all of them at once.
#[tokio::test]
async fn what_does_not_fit_the_description_is_named() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let bad = json!({ "name": "", "role": "king", "days": 0, "acess": "read" });
    let refused = olga.post("/api-keys", &bad).await.is(400);
    let mut fields = refused.fields();
    fields.sort();
    assert_eq!(fields, ["body.acess", "body.days", "body.name", "body.role"]);
    let role = refused.body["errors"].as_array().unwrap().iter().find(|it| it["field"] == "body.role").unwrap();
    assert_eq!(
        *role,
        json!({
            "field": "body.role", "got": "\"king\"", "want": "one of operator, support, account_admin, approver",
            "who": "caller",
        })
    );
    assert_eq!(refused.text("type"), "urn:problem-type:vestibule:malformed");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let refused = olga.get("/accounts?limit=0&serach=a&account=acme&account=acme").await.is(400);
    assert_eq!(refused.fields(), ["query.account", "query.limit", "query.serach"]);
    assert_eq!(olga.get("/keys?limit=1").await.is(400).fields(), ["query.limit"]);
    assert_eq!(olga.post("/api-keys", &json!([1])).await.is(400).fields(), ["body"]);
    assert_eq!(olga.post("/api-keys", &nothing()).await.is(400).fields(), ["body.name", "body.role"]);
    let nul = json!({ "account": "acme", "email": "a@acme.example", "granted": { "scopes": { "\0": ["x"] } } });
    assert_eq!(olga.post("/users", &nul).await.is(400).fields(), ["body"]);
}

#[tokio::test]
async fn a_request_of_another_kind_is_told_which_is_wanted() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let path = "/api-keys";
    olga.raw("post", path, &[("content-type", "text/plain")], "{}".to_owned()).await.is(415);
    let json = [("content-type", "application/json; charset=utf-8")];
    assert_eq!(olga.raw("post", path, &json, "{".to_owned()).await.is(400).fields(), ["body"]);
    olga.raw("post", path, &json, " ".repeat(2 * 1024 * 1024 + 1)).await.is(413);
    let pause = format!("/connections/{}/pause", world.acme.connection);
    olga.raw("post", &pause, &json, "{\"a\":1}".to_owned()).await.is(400);
    olga.raw("get", "/accounts", &[("accept", "text/html")], String::new()).await.is(406);
    olga.raw("get", "/accounts", &[("accept", "text/html, application/*;q=0.5")], String::new()).await.is(200);
    let other = olga.raw("delete", "/accounts", &[], String::new()).await.is(405);
    assert_eq!(other.header("allow"), "GET, POST");
    for nowhere in ["", "/", "/account", "/accounts/x/y", "/openapi.yaml"] {
        assert_eq!(olga.get(nowhere).await.is(404).text("title"), "Not found", "{nowhere}");
    }
    assert_eq!(olga.get("/accounts/not-an-id").await.is(404).fields(), Vec::<String>::new());
}

/// What fits and cannot be is said in the words of whoever plans it, with the field where one is meant.
#[tokio::test]
async fn what_cannot_be_is_refused_with_the_reason() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let refused = olga.post("/accounts", &json!({ "path": "nowhere/x", "name": "X" })).await.is(422);
    assert!(refused.body["errors"][0]["want"].as_str().unwrap().contains("there is no account"), "{refused:?}");
    olga.post("/accounts", &json!({ "path": "acme", "name": "Again" })).await.is(409);
    let connection = format!("/connections/{}", world.acme.connection);
    let refused = olga.patch(&connection, &json!({ "issuer": "" })).await.is(400);
    assert_eq!(refused.fields(), ["body.issuer"]);
    let refused = olga.patch(&connection, &json!({ "sign_on_url": "ftp://x" })).await.is(422);
    assert_eq!(refused.body["errors"][0]["who"], "caller");
    let refused = olga.patch(&connection, &json!({ "metadata": "<x/>" })).await.is(422);
    assert_eq!(
        (refused.fields()[0].as_str(), refused.body["errors"][0]["got"].as_str()),
        ("body.metadata", Some("\"<x/>\""))
    );
    let refused = olga.post(&format!("{connection}/certificates"), &json!({ "certificates": "x" })).await.is(422);
    assert_eq!(refused.fields(), ["body.certificates"]);
    let only = world.connection(&world.acme).await.saml.read_certificates().next().unwrap().thumbprint_sha256();
    olga.ask("delete", &format!("{connection}/certificates/{only}"), &[], None).await.is(409);
    let admin = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let account = format!("/accounts/{}", world.acme.account);
    let refused = admin.patch(&account, &json!({ "entitlement": "withheld" })).await.is(422);
    assert_eq!(
        (refused.fields()[0].as_str(), &refused.body["errors"][0]["who"]),
        ("body.entitlement", &json!("operator"))
    );
    let bad = json!({ "url": "https://127.0.0.1/", "secrets": ["whsec_no"] });
    let refused = olga.ask("put", "/webhooks/crm", &[], Some(&bad)).await.is(422);
    assert!(!refused.body.to_string().contains("whsec_no"), "no secret is repeated: {refused:?}");
}

/// Pages follow one another by `next` and by `Link`, and hold each row once.
#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let world = World::new().await;
    let olga = operator(&world).await;
    for n in 0..7 {
        olga.post("/users", &json!({ "account": "acme", "email": format!("u{n}@acme.example") })).await.is(201);
        olga.post("/accounts", &json!({ "path": format!("t{n}"), "name": format!("T {n}") })).await.is(201);
        let draft = json!({ "account": "acme", "name": format!("c{n}"), "preset": "entra" });
        olga.post("/connections", &draft).await.is(201);
        olga.post("/api-keys", &json!({ "name": format!("k{n}"), "role": "support" })).await.is(201);
    }
    for (list, wanted) in [
        ("/accounts?", Some(10)),
        ("/connections?", Some(9)),
        ("/users?account=acme&order=email&", Some(7)),
        ("/users?account=acme&order=newest&", Some(7)),
        ("/api-keys?", Some(8)),
        ("/audit?", None),
    ] {
        let whole = olga.get(&format!("{list}limit=200")).await.is(200);
        assert_eq!(whole.body["next"], Value::Null, "{list}");
        assert_eq!(whole.header("link"), "", "{list}");
        let wanted = wanted.unwrap_or(whole.items().len());
        let mut found = Vec::new();
        let mut path = format!("{list}limit=3");
        loop {
            let page = olga.get(&path).await.is(200);
            assert!(page.items().len() <= 3, "{list}");
            found.extend(page.items().clone());
            let Some(next) = page.body["next"].as_str() else { break };
            let link = page.header("link");
            assert!(link.starts_with(&format!("<{BASE}/api/v1/")) && link.ends_with("; rel=\"next\""), "{link}");
            let url = link.trim_start_matches('<').split('>').next().unwrap();
            path = url.strip_prefix(&format!("{BASE}/api/v1")).unwrap().to_owned();
            assert!(path.contains("limit=3"), "{path}");
            assert!(!next.is_empty());
        }
        assert_eq!(found.len(), wanted, "{list}");
        assert_eq!(&found, whole.items(), "{list}");
    }
    for list in ["/accounts", "/connections", "/users", "/audit", "/api-keys", "/waiting"] {
        let refused = olga.get(&format!("{list}?cursor=nonsense%21")).await.is(422);
        assert_eq!(refused.fields(), ["query.cursor"], "{list}");
    }
}

/// RFC 9110 §13: who read an older version changes nothing, and who has the present one is not sent it again.
#[tokio::test]
async fn a_version_that_is_known_is_not_sent_and_an_old_one_not_changed() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let path = format!("/accounts/{}", world.acme.account);
    let read = olga.get(&path).await.is(200);
    let tag = read.header("etag").to_owned();
    let again = olga.ask("get", &path, &[("if-none-match", &tag)], None).await.is(304);
    assert_eq!(again.header("etag"), tag);
    olga.ask("get", &path, &[("if-none-match", "\"other\"")], None).await.is(200);
    let change = json!({ "name": "Acme Ltd" });
    let unsaid = olga.ask("patch", &path, &[], Some(&change)).await.is(428);
    assert_eq!((unsaid.fields()[0].as_str(), &unsaid.body["errors"][0]["want"]), ("header.If-Match", &json!(tag)));
    let changed = olga.ask("patch", &path, &[("if-match", &tag)], Some(&change)).await.is(200);
    assert_eq!(changed.text("name"), "Acme Ltd");
    assert_ne!(changed.header("etag"), tag);
    let late = olga.ask("patch", &path, &[("if-match", &tag)], Some(&json!({ "name": "Late" }))).await.is(412);
    assert_eq!(late.body["errors"][0]["want"], changed.header("etag"));
    assert_eq!(world.account(&world.acme).await.name, "Acme Ltd");
    for unread in ["", "\u{e9}"] {
        let guarded = olga.ask("patch", &path, &[("if-match", unread)], Some(&change)).await.is(400);
        assert_eq!(guarded.fields(), ["header.If-Match"]);
        olga.ask("get", &path, &[("if-none-match", unread)], None).await.is(400);
    }
    let both = format!("\"other\", {}", changed.header("etag"));
    olga.ask("get", &path, &[("if-none-match", &both)], None).await.is(304);
    let pause = format!("/connections/{}/pause", world.acme.connection);
    olga.ask("post", &pause, &[("if-match", "\"old\"")], Some(&nothing())).await.is(412);
    assert_eq!(world.connection(&world.acme).await.state, ConnectionState::Active);
    let new = json!({ "url": "https://127.0.0.1/", "secrets": [format!("whsec_{}", base64(&[7; 32]))] });
    olga.ask("put", "/webhooks/crm", &[("if-match", "*")], Some(&new)).await.is(412);
    olga.ask("put", "/webhooks/crm", &[], Some(&new)).await.is(200);
    olga.ask("put", "/webhooks/crm", &[], Some(&new)).await.is(428);
}

/// Of two who read the same version one changes it.
#[tokio::test]
async fn one_of_two_changes_of_a_version_counts() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let path = format!("/accounts/{}", world.acme.account);
    let tag = olga.get(&path).await.header("etag").to_owned();
    let tagged = [("if-match", tag.as_str())];
    let bodies = ["One", "Two", "Three", "Four"].map(|name| json!({ "name": name }));
    let [a, b, c, d] = &bodies;
    let ask = |body| olga.ask("patch", &path, &tagged, Some(body));
    let (a, b, c, d) = tokio::join!(ask(a), ask(b), ask(c), ask(d));
    let mut statuses = [a, b, c, d].map(|answer| answer.status.as_u16());
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{statuses:?}");
    assert!(statuses[1..].iter().all(|status| [409, 412].contains(status)), "{statuses:?}");
}

/// A request that comes again is answered as the first, secret and all; for a day, and to the same program.
#[tokio::test]
async fn a_request_that_comes_twice_is_carried_out_once() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let once = [("idempotency-key", "7b0c")];
    let body = json!({ "account": "acme", "name": "CRM", "role": "approver" });
    let first = olga.ask("post", "/api-keys", &once, Some(&body)).await.is(201);
    let again = olga.ask("post", "/api-keys", &once, Some(&body)).await.is(201);
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    let keys = || async { olga.get("/api-keys?account=acme").await.items().len() };
    assert_eq!(keys().await, 1);
    let other = json!({ "account": "acme", "name": "ERP", "role": "approver" });
    assert_eq!(olga.ask("post", "/api-keys", &once, Some(&other)).await.is(422).fields(), ["header.Idempotency-Key"]);
    olga.ask("post", "/users", &once, Some(&json!({ "email": "a@vendor.example" }))).await.is(422);
    let another = program(&world, "", ConsoleRole::Operator, ApiAccess::Trust).await;
    another.ask("post", "/api-keys", &once, Some(&other)).await.is(201);
    // What was not carried out may come again, mended.
    let twice = [("idempotency-key", "8")];
    olga.ask("post", "/accounts", &twice, Some(&json!({ "path": "nowhere/x", "name": "X" }))).await.is(422);
    olga.ask("post", "/accounts", &twice, Some(&json!({ "path": "x", "name": "X" }))).await.is(201);
    let bad = [("idempotency-key", "a b")];
    assert_eq!(olga.ask("post", "/api-keys", &bad, Some(&body)).await.is(400).fields(), ["header.Idempotency-Key"]);
    let unread = [("idempotency-key", "\u{e9}")];
    assert_eq!(olga.ask("post", "/api-keys", &unread, Some(&body)).await.is(400).fields(), ["header.Idempotency-Key"]);
    world.pass(ANSWERS_KEPT);
    let later = olga.ask("post", "/api-keys", &once, Some(&body)).await.is(201);
    assert_ne!(later.body, first.body);
}

/// At the same moment, too: one is carried out, and the others hear of it.
#[tokio::test]
async fn of_requests_with_one_key_at_once_one_is_carried_out() {
    let world = World::new().await;
    let olga = operator(&world).await;
    let once = [("idempotency-key", "at-once")];
    let body = json!({ "account": "acme", "email": "eve@acme.example" });
    let ask = || olga.ask("post", "/users", &once, Some(&body));
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    let statuses = [a, b, c, d].map(|answer| answer.status.as_u16());
    assert!(statuses.contains(&201), "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    assert_eq!(world.users(&world.acme).await.len(), 1);
}

/// The vendor's support sees that people are there, and nothing of who they are.
#[tokio::test]
async fn support_is_told_nothing_personal() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    let ada = world.users(&world.acme).await[0].id;
    let support = program(&world, "", ConsoleRole::Support, ApiAccess::Read).await;
    for path in
        ["/users?account=acme", "/users?account=acme&search=ada", &format!("/users/{ada}"), "/audit", "/waiting"]
    {
        let seen = support.get(path).await.is(200).body.to_string();
        for personal in ["Ada", "ada@", "Example"] {
            assert!(!seen.contains(personal), "{path}: {seen}");
        }
    }
    assert_eq!(support.get(&format!("/users/{ada}")).await.body["profile"], Value::Null);
    let olga = operator(&world).await;
    let user = olga.get(&format!("/users/{ada}")).await.is(200);
    assert_eq!(user.body["profile"]["email"], "Ada.Example@acme.example");
    assert!(user.body["identities"][0]["subject"].is_string());
}

/// A draft is made, set and put in force; what it trusts wants a key that may.
#[tokio::test]
async fn a_connection_is_set_up_by_a_program() {
    let world = World::new().await;
    let writes = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Write).await;
    let draft = json!({
        "name": "second", "preset": "entra", "issuer": "https://sts.windows.net/22222222-aaaa-4000-8000-000000000001/",
        "sign_on_url": "https://login.microsoftonline.com/22222222-aaaa-4000-8000-000000000001/saml2",
        "certificates": [base64(vestibule_mock_entra::keys::certificate("sp").der())],
    });
    let made = writes.post("/connections", &draft).await.is(201);
    assert_eq!((made.text("state"), made.body["certificates"].as_array().unwrap().len()), ("draft", 1));
    let path = made.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    let set =
        writes.patch(&path, &json!({ "clock_skew": 60, "sign_on_binding": "post", "entity_id": "ours" })).await.is(200);
    assert_eq!((&set.body["clock_skew"], set.text("sign_on_binding")), (&json!(60), "post"));
    assert_eq!(set.body["ours"]["entity_id"], "ours");
    let back = writes.patch(&path, &json!({ "entity_id": null })).await.is(200);
    assert_ne!(back.body["ours"]["entity_id"], "ours");
    let activate = format!("{path}/activate");
    writes.post(&activate, &nothing()).await.is(403);
    let trusts = program(&world, "acme", ConsoleRole::AccountAdmin, ApiAccess::Trust).await;
    let untested = trusts.post(&activate, &nothing()).await.is(409);
    assert!(untested.text("detail").contains("test"), "{untested:?}");
    assert_eq!(trusts.post(&activate, &json!({ "vouched": true })).await.is(422).fields(), ["body.vouched"]);
    let olga = operator(&world).await;
    assert_eq!(olga.post(&activate, &json!({ "vouched": true })).await.is(200).text("state"), "active");
    // In force, what it trusts is no draft's any more.
    writes.patch(&path, &json!({ "clock_skew": 90 })).await.is(403);
}

/// Too much of one program makes it wait, and no other.
#[tokio::test]
async fn a_program_that_asks_too_much_waits() {
    let world = World::new().await;
    let olga = operator(&world).await;
    for _ in 0..1000 {
        olga.get("/keys").await.is(200);
    }
    let wait = olga.get("/keys").await.is(429);
    assert_eq!(wait.header("retry-after"), "1");
    operator(&world).await.get("/keys").await.is(200);
    world.pass(SignedDuration::from_secs(1));
    olga.get("/keys").await.is(200);
}

/// The description is for everybody, and as it is stored for print. After a change: `BLESS=1 cargo test --test journeys`.
#[tokio::test]
async fn the_description_is_served_and_stored() {
    let world = World::new().await;
    let seen = world.browser().raw("GET", &format!("{BASE}/api/v1/openapi.json"), &[], "").await;
    assert_eq!((seen.status.as_u16(), &seen.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    let served: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(served["openapi"], "3.1.0");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/integrate/openapi.json");
    let text = serde_json::to_string_pretty(&served).unwrap() + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    assert!(std::fs::read_to_string(path).unwrap_or_default() == text, "docs/integrate/openapi.json is old: BLESS=1");
}

/// What the documentation shows is so.
#[tokio::test]
async fn the_examples_of_the_documentation_hold() {
    const DOCS: &str = include_str!("../../../../docs/integrate/api.md");
    let world = World::new().await;
    let report = program(&world, "acme", ConsoleRole::Support, ApiAccess::Read).await;
    let asked = DOCS.split("curl https://sso.example.com/api/v1").nth(1).unwrap().split(' ').next().unwrap();
    report.get(asked).await.is(200);
    let shown = DOCS.split("```json\n").nth(2).unwrap().split("```").next().unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    let olga = operator(&world).await;
    assert_eq!(olga.post("/api-keys", &json!({ "name": "x", "role": "king" })).await.is(400).body, shown);
}
