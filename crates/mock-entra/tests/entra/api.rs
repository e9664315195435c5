//! Settings by HTTP and by file.

use http::StatusCode;
use vestibule_mock_entra::service::{Seed, SigningOption};

use crate::support::browser::Browser;
use crate::support::{ACME, ACME_APP, ADA, World, ada, code};

#[test]
fn an_application_is_changed_by_a_merge_patch_and_refusals_change_nothing() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let address = format!("/api/tenants/{ACME}/applications/{ACME_APP}");
    let page = browser.json("PATCH", &address, r#"{"signing_option": "response_and_assertion", "relay_state": null}"#);
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
    let app = world.app().get();
    assert_eq!((app.signing_option, app.relay_state), (SigningOption::ResponseAndAssertion, None));
    for (body, part) in [
        (r#"{"signing_optoin": "x"}"#, "unknown field `signing_optoin`"),
        (r#"{"reply_urls": ["ftp://x"]}"#, "reply URL"),
        (r#"{"groups": {"filter": "("}}"#, "regular expression"),
        ("{", "EOF"),
    ] {
        let page = browser.json("PATCH", &address, body);
        assert!(page.status == StatusCode::BAD_REQUEST && page.has(part), "{}", page.html);
    }
    assert_eq!(browser.get(&format!("{address}x")).status, StatusCode::NOT_FOUND);
}

#[test]
fn users_groups_and_applications_come_and_go() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let at = |rest: &str| format!("/api/tenants/acme.example/{rest}");
    let user = r#"{"user_principal_name": "eve@acme.example", "password": "x"}"#;
    assert_eq!(browser.json("POST", &at("users"), user).status, StatusCode::CREATED);
    let page = browser.json("PATCH", &at("users/eve@acme.example"), r#"{"mail": "eve@acme.example"}"#);
    assert!(page.has("\"mail\": \"eve@acme.example\""), "{}", page.html);
    assert_eq!(browser.json("DELETE", &at("users/eve@acme.example"), "").status, StatusCode::NO_CONTENT);
    assert_eq!(browser.get(&at("users/eve@acme.example")).status, StatusCode::NOT_FOUND);
    assert_eq!(browser.json("POST", &at("groups"), r#"{"display_name": "New"}"#).status, StatusCode::CREATED);
    assert!(browser.json("PATCH", &at("groups/New"), r#"{"members": ["ada@acme.example"]}"#).has("ada@acme.example"));
    assert_eq!(browser.json("DELETE", &at("groups/New"), "").status, StatusCode::NO_CONTENT);
    let app = r#"{"app_id": "22222222-aaaa-4000-8000-00000000000f", "name": "New"}"#;
    assert_eq!(browser.json("POST", &at("applications"), app).status, StatusCode::CREATED);
    assert_eq!(browser.json("POST", &at("applications"), app).status, StatusCode::BAD_REQUEST, "there is one already");
    assert_eq!(browser.json("DELETE", &at("applications/New"), "").status, StatusCode::NO_CONTENT);
    assert!(browser.get("/api/tenants").has("Borealis"));
    assert!(browser.json("PATCH", "/api/tenants/acme.example", r#"{"name": "Acme Ltd"}"#).has("Acme Ltd"));
}

#[test]
fn a_certificate_is_made_and_activated() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let address = format!("/api/tenants/{ACME}/applications/{ACME_APP}/certificates");
    let made = browser.json("POST", &address, "");
    assert_eq!(made.status, StatusCode::CREATED);
    let thumbprint = made.between("\"thumbprint\": \"", "\"");
    assert!(browser.json("POST", &format!("{address}/{thumbprint}/activate"), "").has("\"signs\": true"));
    assert_eq!(world.app().signing_certificate().unwrap().thumbprint_sha1(), thumbprint);
}

#[test]
fn a_file_is_read_as_toml_or_json_and_unknown_keys_are_refused() {
    let seed = World::new().entra.seed();
    let json = format!("{{\"tenants\": [{{\"id\": \"{ACME}\"}}]}}");
    assert_eq!(Seed::from_json(&json).unwrap().tenants[0].id, ACME);
    assert_eq!(seed.tenants.len(), 2);
    let error = Seed::from_toml("[[tenants]]\nidd = \"x\"\n").unwrap_err();
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[test]
fn the_session_of_somebody_who_was_deleted_is_none() {
    let world = World::new();
    let mut browser = Browser::new(world.entra.router());
    let page = browser.get("/myapps");
    browser.sign_in(&page, ADA, "correct horse");
    world
        .entra
        .tenant(ACME)
        .unwrap()
        .change(|tenant| tenant.users.retain(|user| !user.user_principal_name.starts_with("ada")))
        .unwrap();
    assert!(browser.get(&world.url()).has("id=\"username\""), "a session of nobody is none");
    assert_eq!(code(world.entra.answer(&world.url(), &ada())), 50034);
}
