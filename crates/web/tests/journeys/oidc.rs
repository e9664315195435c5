//! What an application sees: the OpenID provider.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Fact;
use vestibule_domain::id::ConnectionId;
use vestibule_oidc::relying_party::{self, CallbackError, Pending, TokenAnswer};
use vestibule_oidc::{Algorithm, ClientId};

use crate::support::{BASE, Browser, CALLBACK, CLIENT, Seen, World, start, token_key};

/// The parameters of what an application is told at its callback.
fn told(location: &str) -> Vec<(String, String)> {
    let query = location.strip_prefix(&format!("{CALLBACK}?")).unwrap_or_else(|| panic!("not home: {location}"));
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn value<'a>(told: &'a [(String, String)], name: &str) -> Option<&'a str> {
    told.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// A browser that is signed in to the application, and what it carries to it.
async fn signed_in(world: &World) -> (Browser, Pending, String) {
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    let arrived = browser.deliver(&world.answer(&sent, "ada@acme.example")).await;
    (browser, pending, arrived.location())
}

async fn json(world: &World, url: &str) -> Value {
    let seen = world.browser().get(url).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    assert_eq!(seen.headers["content-type"], "application/json");
    serde_json::from_str(&seen.body).unwrap()
}

/// The error of a token endpoint's refusal.
#[track_caller]
fn error(seen: &Seen, status: StatusCode) -> String {
    assert_eq!(seen.status, status, "{}", seen.body);
    assert_eq!(seen.headers["cache-control"], "no-store");
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

async fn redeem_with(browser: &Browser, body: String, secret: &str) -> Seen {
    let authorization = relying_party::basic_authorization(&ClientId::new(CLIENT).unwrap(), secret);
    browser.as_application(&format!("{BASE}/oidc/token"), body, &authorization).await
}

async fn userinfo(browser: &Browser, token: &str) -> Seen {
    let authorization = format!("Bearer {token}");
    browser.raw("GET", &format!("{BASE}/oidc/userinfo"), &[("authorization", &authorization)], String::new()).await
}

/// OIDC Discovery §3: the document names where everything is, and what is served there is served.
#[tokio::test]
async fn the_discovery_document_names_the_issuer_and_its_endpoints() {
    let world = World::new().await;
    let document = json(&world, &format!("{BASE}/.well-known/openid-configuration")).await;
    assert_eq!(document["issuer"], BASE);
    for (name, path) in [
        ("authorization_endpoint", "/oidc/authorize"),
        ("token_endpoint", "/oidc/token"),
        ("userinfo_endpoint", "/oidc/userinfo"),
        ("jwks_uri", "/oidc/jwks"),
    ] {
        assert_eq!(document[name], format!("{BASE}{path}"));
    }
    assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(document["id_token_signing_alg_values_supported"], serde_json::json!(["ES256", "RS256"]));
}

/// RFC 7517 §5: a public key of each kind, and nothing private of it.
#[tokio::test]
async fn the_keys_are_public_and_sign_id_tokens() {
    let world = World::new().await;
    let keys = json(&world, &format!("{BASE}/oidc/jwks")).await;
    let [es256, rs256] = keys["keys"].as_array().unwrap().as_slice() else { panic!("{keys}") };
    assert_eq!((&es256["kty"], &es256["crv"], &es256["alg"]), (&"EC".into(), &"P-256".into(), &"ES256".into()));
    assert_eq!((&rs256["kty"], &rs256["e"], &rs256["alg"]), (&"RSA".into(), &"AQAB".into(), &"RS256".into()));
    for (key, algorithm) in [(es256, Algorithm::Es256), (rs256, Algorithm::Rs256)] {
        assert_eq!(key["kid"], token_key(algorithm).kid());
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
}

/// RFC 9207, RFC 6749 §4.1.2: the answer has code, state and issuer, and nothing else.
#[tokio::test]
async fn the_answer_carries_state_and_issuer() {
    let world = World::new().await;
    let (_, pending, location) = signed_in(&world).await;
    let told = told(&location);
    assert_eq!(value(&told, "state"), Some(&*pending.state));
    assert_eq!(value(&told, "iss"), Some(BASE));
    assert!(value(&told, "code").is_some());
    assert_eq!(told.len(), 3);
}

/// The ID token says who, for whom, of which account, and when the person authenticated.
#[tokio::test]
async fn the_id_token_names_person_account_and_time() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    let since = world.now() - SignedDuration::from_hours(3);
    let person = vestibule_mock_entra::service::Person::new("ada@acme.example").signed_in_since(since);
    let delivery = world.entra.answer(&sent.location(), &person).unwrap();
    let arrived = browser.deliver(&delivery).await;
    let token = world.redeem(&browser, &pending, &arrived.location()).await;
    assert_eq!(token.auth_time, Some(since.as_second()), "of the identity provider's sign-in, not of ours");
    let account = token.account.unwrap();
    assert_eq!((&*account.slug, &*account.path, account.id), ("acme", "acme", world.acme.account.to_string()));
    assert_eq!(token.email_verified, Some(true));
}

/// RFC 6749 §4.1.2: a code serves once; coming again, it takes back what it gave.
#[tokio::test]
async fn a_code_that_comes_again_gives_nothing_and_ends_its_token() {
    let world = World::new().await;
    let (browser, pending, location) = signed_in(&world).await;
    let first = world.token(&browser, &pending, &location).await;
    let token = TokenAnswer::parse(&first.body).unwrap().access_token;
    assert_eq!(userinfo(&browser, &token).await.status, StatusCode::OK);

    let again = world.token(&browser, &pending, &location).await;
    assert_eq!(error(&again, StatusCode::BAD_REQUEST), "invalid_grant");
    assert_eq!(userinfo(&browser, &token).await.status, StatusCode::UNAUTHORIZED);
    assert!(
        world
            .facts()
            .await
            .iter()
            .any(|fact| matches!(fact, Fact::CodeReused { application } if application == CLIENT))
    );
}

/// One code, twice at once: at most one answer is good, and its token does not outlive the other try.
#[tokio::test]
async fn a_code_that_comes_twice_at_once_is_redeemed_once() {
    let world = World::new().await;
    let (browser, pending, location) = signed_in(&world).await;
    let (one, two) =
        tokio::join!(world.token(&browser, &pending, &location), world.token(&browser, &pending, &location));
    let good: Vec<&Seen> = [&one, &two].into_iter().filter(|seen| seen.status == StatusCode::OK).collect();
    let [good] = good.as_slice() else { panic!("{} {}", one.status, two.status) };
    let token = TokenAnswer::parse(&good.body).unwrap().access_token;
    assert_eq!(userinfo(&browser, &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_code_lives_for_sixty_seconds() {
    let world = World::new().await;
    let (browser, pending, location) = signed_in(&world).await;
    world.pass(SignedDuration::from_secs(60));
    let late = world.token(&browser, &pending, &location).await;
    assert_eq!(error(&late, StatusCode::BAD_REQUEST), "invalid_grant");

    let (browser, pending, location) = signed_in(&world).await;
    world.pass(SignedDuration::from_secs(59));
    world.redeem(&browser, &pending, &location).await;
}

#[tokio::test]
async fn a_code_is_given_to_no_other_secret() {
    let world = World::new().await;
    let (browser, pending, location) = signed_in(&world).await;
    let told = told(&location);
    let body = relying_party::token_request_body(value(&told, "code").unwrap(), CALLBACK, &pending.code_verifier);
    let refused = redeem_with(&browser, body, "an-orchard-of-somebody-else-with-a-gate").await;
    assert_eq!(error(&refused, StatusCode::UNAUTHORIZED), "invalid_client");
    assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    // A stranger's try does not spend the code.
    world.redeem(&browser, &pending, &location).await;
}

/// RFC 7636 §4.6.
#[tokio::test]
async fn a_code_is_given_to_no_other_verifier() {
    let world = World::new().await;
    let (browser, pending, location) = signed_in(&world).await;
    let other = Pending::from_random(&[7; 96]);
    let wrong = Pending { code_verifier: other.code_verifier, ..pending };
    let refused = world.token(&browser, &wrong, &location).await;
    assert_eq!(error(&refused, StatusCode::BAD_REQUEST), "invalid_grant");
}

/// RFC 6749 §4.1.2.1: what cannot be answered to a registered address is shown, and says what differs.
#[tokio::test]
async fn an_address_that_is_not_registered_is_shown_and_never_followed() {
    let world = World::new().await;
    let (_, right) = world.start(&mut world.browser(), &world.acme).await;
    let wrong = right.url.replace("callback", "callback%2F");
    assert_ne!(wrong, right.url);
    let shown = world.browser().get(&wrong).await;
    shown.shows(StatusCode::BAD_REQUEST, "wants you back at an address that is not registered");
    shown.shows(StatusCode::BAD_REQUEST, "http://app.localhost:8400/callback/");
    assert!(!shown.headers.contains_key("location"));
}

#[tokio::test]
async fn an_unknown_application_is_shown_and_never_followed() {
    let world = World::new().await;
    let (_, right) = world.start(&mut world.browser(), &world.acme).await;
    let shown = world.browser().get(&right.url.replace("client_id=orchard", "client_id=vineyard")).await;
    shown.shows(StatusCode::BAD_REQUEST, "You come from an application that is not registered here.");
    assert!(!shown.headers.contains_key("location"));
}

/// RFC 7636 §4.4.1: without a challenge there is no code; the application is told.
#[tokio::test]
async fn a_request_without_a_challenge_is_refused_to_the_application() {
    let world = World::new().await;
    let (pending, right) = world.start(&mut world.browser(), &world.acme).await;
    let without = right.url.replace("code_challenge_method=S256", "code_challenge_method=plain");
    assert_ne!(without, right.url);
    let told = told(&world.browser().get(&without).await.location());
    assert_eq!(value(&told, "error"), Some("invalid_request"));
    assert_eq!((value(&told, "state"), value(&told, "iss")), (Some(&*pending.state), Some(BASE)));
}

/// OIDC Core §3.1.2.6.
#[tokio::test]
async fn where_nobody_is_signed_in_a_silent_request_says_so() {
    let world = World::new().await;
    let (pending, seen) = world.start_at(&mut world.browser(), &world.acme.origin, &[("prompt", "none")]).await;
    let location = seen.location();
    let query = location.strip_prefix(&format!("{CALLBACK}?")).unwrap();
    let refused = pending.check_callback(query, &world.services.issuer).unwrap_err();
    assert!(matches!(&refused, CallbackError::Refused { error, .. } if error == "login_required"), "{refused}");
    assert!(world.facts().await.iter().all(|fact| !matches!(fact, Fact::SignInStarted { .. })));
}

#[tokio::test]
async fn a_session_gives_the_next_code_without_the_identity_provider() {
    let world = World::new().await;
    let mut browser = world.browser();
    let first = world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    for more in [&[][..], &[("prompt", "none")]] {
        let (pending, seen) = world.start_at(&mut browser, &world.acme.origin, more).await;
        assert_eq!(world.redeem(&browser, &pending, &seen.location()).await.sub, first.sub);
    }
}

/// XC-30, OIDC Core §3.1.2.1: `prompt=login` asks the identity provider to authenticate the person anew.
#[tokio::test]
async fn a_forced_sign_in_does_not_use_the_session() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    let (pending, sent) = world.start_at(&mut browser, &world.acme.origin, &[("prompt", "login")]).await;
    let since = world.now() - SignedDuration::from_hours(3);
    let person = vestibule_mock_entra::service::Person::new("ada@acme.example").signed_in_since(since);
    let delivery = world.entra.answer(&sent.location(), &person).unwrap();
    let arrived = browser.deliver(&delivery).await;
    let token = world.redeem(&browser, &pending, &arrived.location()).await;
    assert_eq!(token.auth_time, Some(world.now().as_second()), "ForceAuthn was in the request");
}

/// OIDC Core §3.1.2.1: a sign-in that is older than `max_age` is made anew, once.
#[tokio::test]
async fn a_sign_in_that_is_older_than_the_application_takes_is_made_anew() {
    let world = World::new().await;
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, "ada@acme.example").await;
    world.pass(SignedDuration::from_mins(10));
    let (_, young) = world.start_at(&mut browser, &world.acme.origin, &[("max_age", "700")]).await;
    assert!(young.location().starts_with(CALLBACK), "the session is young enough");

    let (pending, sent) = world.start_at(&mut browser, &world.acme.origin, &[("max_age", "60")]).await;
    let since = world.now() - SignedDuration::from_mins(10);
    let person = vestibule_mock_entra::service::Person::new("ada@acme.example").signed_in_since(since);
    let over_age = browser.deliver(&world.entra.answer(&sent.location(), &person).unwrap()).await;
    let delivery = world.entra.answer(&over_age.location(), &person).unwrap();
    let arrived = browser.deliver(&delivery).await;
    let token = world.redeem(&browser, &pending, &arrived.location()).await;
    assert_eq!(token.auth_time, Some(world.now().as_second()));
}

/// OIDC Core §5.3.
#[tokio::test]
async fn userinfo_tells_what_was_granted_for_ten_minutes() {
    let world = World::new().await;
    let (browser, pending, location) = signed_in(&world).await;
    let answer = world.token(&browser, &pending, &location).await;
    let token = TokenAnswer::parse(&answer.body).unwrap().access_token;
    let seen = userinfo(&browser, &token).await;
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    let users = world.users(&world.acme).await;
    assert_eq!(body["sub"], users[0].id.to_string());
    assert_eq!(body["email"], "Ada.Example@acme.example");
    assert_eq!(body["account"]["slug"], "acme");
    assert_eq!(seen.headers["cache-control"], "no-store");
    world.pass(SignedDuration::from_mins(10));
    assert_eq!(userinfo(&browser, &token).await.status, StatusCode::UNAUTHORIZED);
}

/// RFC 6750 §3.
#[tokio::test]
async fn userinfo_tells_nothing_without_a_token_of_ours() {
    let world = World::new().await;
    let browser = world.browser();
    for token in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let refused = userinfo(&browser, token).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        assert!(!refused.body.contains("sub"));
    }
    let without = browser.raw("GET", &format!("{BASE}/oidc/userinfo"), &[], String::new()).await;
    assert_eq!(without.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn after_signing_out_the_token_is_dead_and_the_next_request_asks_again() {
    let world = World::new().await;
    let (mut browser, pending, location) = signed_in(&world).await;
    let answer = world.token(&browser, &pending, &location).await;
    let token = TokenAnswer::parse(&answer.body).unwrap().access_token;
    let out = browser.post(&format!("{}/sign-out", world.acme.origin), &[]).await;
    assert_eq!(out.status, StatusCode::OK, "{}", out.body);
    assert_eq!(userinfo(&browser, &token).await.status, StatusCode::UNAUTHORIZED);
    let (_, asked) = world.start(&mut browser, &world.acme).await;
    assert!(!asked.location().starts_with(CALLBACK));
}

/// A code from a session that has ended meanwhile gives nothing.
#[tokio::test]
async fn after_signing_out_a_code_that_is_still_young_gives_nothing() {
    let world = World::new().await;
    let (mut browser, pending, location) = signed_in(&world).await;
    browser.post(&format!("{}/sign-out", world.acme.origin), &[]).await;
    let refused = world.token(&browser, &pending, &location).await;
    assert_eq!(error(&refused, StatusCode::BAD_REQUEST), "invalid_grant");
}

/// SC-23: the application may name the account, by its path or its id.
#[tokio::test]
async fn an_application_may_name_the_account() {
    let world = World::new().await;
    let id = world.globex.account.to_string();
    for name in ["globex", &id] {
        let (_, sent) = world.start_at(&mut world.browser(), BASE, &[("account", name)]).await;
        assert!(sent.location().contains(world.globex.tenant), "{}", sent.location());
    }
    let (_, unknown) = world.start_at(&mut world.browser(), BASE, &[("account", "nobody")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

/// The application may name the connection, by its id, or in an account by its name.
#[tokio::test]
async fn an_application_may_name_the_connection() {
    let world = World::new().await;
    let mut second = world.connection(&world.acme).await;
    (second.id, second.version) = (ConnectionId::new(start(), [9; 10]), 0);
    second.name = "second".parse().unwrap();
    second.state = ConnectionState::Active;
    world.save_connection(&second).await;

    let (_, choice) = world.start(&mut world.browser(), &world.acme).await;
    assert_eq!(choice.status, StatusCode::OK, "two to choose from");
    let id = world.acme.connection.to_string();
    for (origin, name) in [(BASE, id.as_str()), (&world.acme.origin, &id), (&world.acme.origin, "entra")] {
        let (_, sent) = world.start_at(&mut world.browser(), origin, &[("connection", name)]).await;
        assert!(sent.location().contains(world.acme.tenant), "{origin} {name}");
    }
    let started = world.facts().await.into_iter().filter_map(|fact| match fact {
        Fact::SignInStarted { connection, .. } => Some(connection),
        _ => None,
    });
    assert_eq!(started.collect::<Vec<_>>(), [world.acme.connection; 3]);
}
