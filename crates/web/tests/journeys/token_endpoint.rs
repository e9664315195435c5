//! What applications get at the endpoints that they call themselves: for a code, for a refresh token, for themselves, and
//! what they are told of a token.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use vestibule_domain::application::{Application, ApplicationSettings, ClaimRule, ClaimSource, RefreshTokens, True};
use vestibule_domain::event::Fact;
use vestibule_domain::session;
use vestibule_domain::user::UserState;
use vestibule_oidc::relying_party::{self, Expectation, Pending};
use vestibule_oidc::{Algorithm, ClientId, ClientSecret, Jwks, RedirectUri};
use vestibule_store::tx::SessionsOf;

use crate::support::{BASE, Browser, CALLBACK, CLIENT, Party, SECRET, Seen, World, token_key};

const ADA: &str = "ada@acme.example";
const OTHER: &str = "other";
const OTHER_SECRET: &str = "another-application-has-a-secret-too";

/// An application with what its tests want, and a second one beside it.
struct Scene {
    world: World,
}

impl Scene {
    async fn with(change: impl FnOnce(&mut ApplicationSettings)) -> Self {
        let world = World::new().await;
        world.change_application(|application| change(&mut application.settings)).await;
        let settings = ApplicationSettings {
            name: "Other".to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            secret_hashes: vec![ClientSecret::new(OTHER_SECRET).unwrap().hash().into()],
            refresh_tokens: RefreshTokens::Offline,
            ..ApplicationSettings::default()
        };
        let other = Application { client_id: OTHER.to_owned(), account: None, settings, version: 0 };
        world.save_application(&other).await;
        Self { world }
    }

    async fn refreshing(how: RefreshTokens) -> Self {
        Self::with(|settings| settings.refresh_tokens = how).await
    }

    /// Ada signed in with this scope, and what the application got for its code.
    async fn signed_in(&self, scope: &str) -> (Browser, Value) {
        let mut browser = self.world.browser();
        let tokens = self.sign_in(&mut browser, &self.world.acme, scope).await;
        (browser, tokens)
    }

    async fn sign_in(&self, browser: &mut Browser, party: &Party, scope: &str) -> Value {
        let (pending, callback) = self.code(browser, party, scope).await;
        let seen = self.world.token(browser, &pending, &callback).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        serde_json::from_str(&seen.body).unwrap()
    }

    /// A sign-in up to the address that carries the code.
    async fn code(&self, browser: &mut Browser, party: &Party, scope: &str) -> (Pending, String) {
        let mut random = [0; 96];
        (self.world.services.entropy)(&mut random);
        let pending = Pending::from_random(&random);
        let (client, callback) = (ClientId::new(CLIENT).unwrap(), RedirectUri::new(CALLBACK).unwrap());
        let endpoint = format!("{}/oidc/authorize", party.origin);
        let url = pending.authorization_url(&endpoint, &client, &callback, scope, &[]);
        let sent = browser.get(&url).await;
        if sent.location().starts_with(CALLBACK) {
            return (pending, sent.location());
        }
        let arrived = browser.deliver(&self.world.answer(&sent, ADA)).await;
        (pending, arrived.location())
    }

    /// A form to an endpoint by HTTP Basic.
    async fn post_as(&self, client: (&str, &str), path: &str, fields: &[(&str, &str)]) -> Seen {
        let authorization = relying_party::basic_authorization(&ClientId::new(client.0).unwrap(), client.1);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.world.browser().as_application(&format!("{BASE}{path}"), body, &authorization).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        self.post_as((CLIENT, SECRET), path, fields).await
    }

    /// A form to an endpoint without an `Authorization` header.
    async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.world.browser().raw("POST", &format!("{BASE}{path}"), &headers, body).await
    }

    async fn refresh(&self, token: &Value) -> Seen {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
        self.post("/oidc/token", &fields).await
    }

    /// Whether the userinfo endpoint takes an access token.
    async fn opens(&self, token: &Value) -> bool {
        self.userinfo(token).await.status == StatusCode::OK
    }

    async fn userinfo(&self, token: &Value) -> Seen {
        let authorization = format!("Bearer {}", token.as_str().unwrap());
        let headers = [("authorization", authorization.as_str())];
        self.world.browser().raw("GET", &format!("{BASE}/oidc/userinfo"), &headers, String::new()).await
    }

    async fn introspect(&self, client: (&str, &str), token: &Value) -> Value {
        let seen = self.post_as(client, "/oidc/introspect", &[("token", token.as_str().unwrap())]).await;
        read(&seen)
    }

    async fn suspend(&self) {
        let mut user = self.world.users(&self.world.acme).await.remove(0);
        user.state = UserState::Suspended;
        self.world.save_user(&user).await;
        let ctx = self.world.ctx();
        let fact = Fact::UserSessionsEnded { user: user.id };
        let event = ctx.event(user.account, vestibule_domain::event::Actor::CommandLine, fact);
        let whose = SessionsOf::User(user.id);
        let end =
            self.world.services.store.write(move |tx| Box::pin(async move { tx.end_sessions_of(whose, &event).await }));
        end.await.unwrap();
    }
}

/// The body of an answer that is good.
#[track_caller]
fn read(seen: &Seen) -> Value {
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    assert_eq!(seen.headers["cache-control"], "no-store");
    serde_json::from_str(&seen.body).unwrap()
}

/// Error and description of a refusal.
#[track_caller]
fn refused(seen: &Seen, status: StatusCode) -> (String, String) {
    assert_eq!(seen.status, status, "{}", seen.body);
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("error"), text("error_description"))
}

/// The claims of a JWT whose signature somebody else looks at.
fn claims(jwt: &Value) -> Value {
    use base64::Engine as _;
    let payload = jwt.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

const UNKNOWN: &str = "the refresh token is unknown, was used before, or has ended; sign the person in again";

/// RFC 6749 §2.3.1: either place of a secret is good.
#[tokio::test]
async fn a_secret_travels_in_the_header_or_in_the_body() {
    let scene = Scene::with(|_| {}).await;
    let mut browser = scene.world.browser();
    let (pending, callback) = scene.code(&mut browser, &scene.world.acme, "openid").await;
    let query = callback.split_once('?').unwrap().1;
    let code = pending.check_callback(query, &scene.world.services.issuer).unwrap();
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", pending.code_verifier.as_str()),
        ("client_id", CLIENT),
        ("client_secret", "a-wrong-secret-that-is-long-enough-too"),
    ];
    let (error, _) = refused(&scene.post_bare("/oidc/token", &fields).await, StatusCode::UNAUTHORIZED);
    assert_eq!(error, "invalid_client");
    fields[5].1 = SECRET;
    assert!(read(&scene.post_bare("/oidc/token", &fields).await)["id_token"].is_string());
}

/// RFC 8252 §8.4: a public client brings its name and its verifier; without the verifier nothing.
#[tokio::test]
async fn a_public_client_redeems_by_its_verifier_alone() {
    let public = |settings: &mut ApplicationSettings| {
        settings.is_public = true;
        settings.secret_hashes.clear();
        settings.refresh_tokens = RefreshTokens::Session;
    };
    let scene = Scene::with(public).await;
    let mut browser = scene.world.browser();
    let (pending, callback) = scene.code(&mut browser, &scene.world.acme, "openid").await;
    let query = callback.split_once('?').unwrap().1;
    let code = pending.check_callback(query, &scene.world.services.issuer).unwrap();
    let other = Pending::from_random(&[7; 96]);
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", &*code),
        ("redirect_uri", CALLBACK),
        ("client_id", CLIENT),
        ("code_verifier", other.code_verifier.as_str()),
    ];
    let (error, _) = refused(&scene.post_bare("/oidc/token", &fields).await, StatusCode::BAD_REQUEST);
    assert_eq!(error, "invalid_grant");
    let without = &fields[..4];
    let (error, description) = refused(&scene.post_bare("/oidc/token", without).await, StatusCode::BAD_REQUEST);
    assert_eq!((&*error, &*description), ("invalid_request", "the parameter 'code_verifier' is missing"));
    fields[4].1 = pending.code_verifier.as_str();
    let tokens = read(&scene.post_bare("/oidc/token", &fields).await);
    let again = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ("client_id", CLIENT),
    ];
    assert!(read(&scene.post_bare("/oidc/token", &again).await)["refresh_token"].is_string());
    // RFC 7662 §2.1: anybody could ask in its name.
    let question = [("token", tokens["access_token"].as_str().unwrap()), ("client_id", CLIENT)];
    let (error, description) = refused(&scene.post_bare("/oidc/introspect", &question).await, StatusCode::BAD_REQUEST);
    assert_eq!((&*error, description.starts_with("introspection is for clients")), ("unauthorized_client", true));
}

/// RFC 6749 §6, OIDC Core §12: new tokens of the same sign-in, and the next refresh token.
#[tokio::test]
async fn a_refresh_token_gives_new_tokens_and_the_next_one() {
    let scene = Scene::refreshing(RefreshTokens::Session).await;
    let (_, first) = scene.signed_in("openid email").await;
    scene.world.pass(SignedDuration::from_mins(30));
    assert!(!scene.opens(&first["access_token"]).await, "over age");
    let second = read(&scene.refresh(&first["refresh_token"]).await);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert!(scene.opens(&second["access_token"]).await);
    let (old, new) = (claims(&first["id_token"]), claims(&second["id_token"]));
    for same in ["iss", "sub", "aud", "auth_time", "sid", "email", "amr", "acr"] {
        assert_eq!(old[same], new[same], "{same}");
    }
    assert!(new["iat"].as_i64() > old["iat"].as_i64());
    assert!(new.get("nonce").is_none());
    assert!(read(&scene.refresh(&second["refresh_token"]).await)["access_token"].is_string());
}

/// RFC 9700 §4.14.2: of two who bring one token one is a thief, so neither goes on.
#[tokio::test]
async fn a_refresh_token_that_comes_again_ends_all_that_goes_back_to_its_sign_in() {
    let scene = Scene::refreshing(RefreshTokens::Offline).await;
    let (_, first) = scene.signed_in("openid offline_access").await;
    let second = read(&scene.refresh(&first["refresh_token"]).await);
    let again = refused(&scene.refresh(&first["refresh_token"]).await, StatusCode::BAD_REQUEST);
    assert_eq!(again, ("invalid_grant".to_owned(), UNKNOWN.to_owned()));
    let newest = refused(&scene.refresh(&second["refresh_token"]).await, StatusCode::BAD_REQUEST);
    assert_eq!(newest.0, "invalid_grant");
    for tokens in [&first, &second] {
        assert!(!scene.opens(&tokens["access_token"]).await);
    }
    let reuse = |fact: &Fact| matches!(fact, Fact::RefreshTokenReused { application, .. } if application == CLIENT);
    assert_eq!(scene.world.facts().await.iter().filter(|fact| reuse(fact)).count(), 1);
}

/// RFC 9700 §4.14: another application's token ends nothing and gives nothing.
#[tokio::test]
async fn a_refresh_token_serves_its_own_application_alone() {
    let scene = Scene::refreshing(RefreshTokens::Session).await;
    let (_, tokens) = scene.signed_in("openid").await;
    let stolen = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let seen = scene.post_as((OTHER, OTHER_SECRET), "/oidc/token", &stolen).await;
    assert_eq!(refused(&seen, StatusCode::BAD_REQUEST), ("invalid_grant".to_owned(), UNKNOWN.to_owned()));
    read(&scene.refresh(&tokens["refresh_token"]).await);
}

/// A token of one kind is none of another.
#[tokio::test]
async fn no_token_stands_for_one_of_another_kind() {
    let scene = Scene::refreshing(RefreshTokens::Session).await;
    let (_, tokens) = scene.signed_in("openid").await;
    for wrong in [&tokens["refresh_token"], &tokens["id_token"]] {
        assert_eq!(scene.userinfo(wrong).await.status, StatusCode::UNAUTHORIZED);
    }
    for wrong in [&tokens["access_token"], &tokens["id_token"]] {
        assert_eq!(refused(&scene.refresh(wrong).await, StatusCode::BAD_REQUEST).0, "invalid_grant");
    }
}

/// RFC 6749 §6: less may be asked for, and no more; the family keeps what was granted.
#[tokio::test]
async fn a_refresh_narrows_the_scope_for_once_and_never_widens_it() {
    let scene = Scene::refreshing(RefreshTokens::Session).await;
    let (_, first) = scene.signed_in("openid email").await;
    let refresh = |token: &Value, scope: &'static str| {
        let token = token.as_str().unwrap().to_owned();
        let scene = &scene;
        async move {
            let fields = [("grant_type", "refresh_token"), ("refresh_token", &*token), ("scope", scope)];
            scene.post("/oidc/token", &fields).await
        }
    };
    let wide = refused(&refresh(&first["refresh_token"], "openid profile").await, StatusCode::BAD_REQUEST);
    let want = "scope is 'openid profile'; at most 'openid email' can be had";
    assert_eq!(wide, ("invalid_scope".to_owned(), want.to_owned()));
    let second = read(&refresh(&first["refresh_token"], "openid").await);
    assert_eq!(second["scope"], "openid");
    assert!(claims(&second["id_token"]).get("email").is_none());
    let told: Value = serde_json::from_str(&scene.userinfo(&second["access_token"]).await.body).unwrap();
    assert!(told.get("email").is_none());
    assert_eq!(read(&scene.refresh(&second["refresh_token"]).await)["scope"], "openid email");
}

/// OIDC Core §11: what lives as long as the session, and what outlives it.
#[tokio::test]
async fn signing_out_ends_a_refresh_token_that_is_not_for_offline_access() {
    for (scope, stays) in [("openid", false), ("openid offline_access", true)] {
        let scene = Scene::refreshing(RefreshTokens::Offline).await;
        let (mut browser, tokens) = scene.signed_in(scope).await;
        assert_eq!(tokens["scope"], scope);
        browser.post(&format!("{}/sign-out", scene.world.acme.origin), &[]).await;
        let seen = scene.refresh(&tokens["refresh_token"]).await;
        assert_eq!(seen.status == StatusCode::OK, stays, "{scope}: {}", seen.body);
        assert_eq!(scene.opens(&tokens["access_token"]).await, stays, "{scope}");
    }
}

#[tokio::test]
async fn an_offline_refresh_token_lives_for_thirty_days() {
    let scene = Scene::refreshing(RefreshTokens::Offline).await;
    let (_, mut tokens) = scene.signed_in("openid offline_access").await;
    scene.world.pass(session::DEFAULT_LENGTH);
    tokens = read(&scene.refresh(&tokens["refresh_token"]).await);
    assert!(scene.opens(&tokens["access_token"]).await, "though the session is over");
    scene.world.pass(SignedDuration::from_hours(30 * 24 - 12) - SignedDuration::from_secs(1));
    tokens = read(&scene.refresh(&tokens["refresh_token"]).await);
    scene.world.pass(SignedDuration::from_secs(1));
    assert_eq!(refused(&scene.refresh(&tokens["refresh_token"]).await, StatusCode::BAD_REQUEST).0, "invalid_grant");
    assert!(!scene.opens(&tokens["access_token"]).await, "no longer than its family");
}

/// HY-2: a leaver's applications lose their tokens at once.
#[tokio::test]
async fn whoever_is_suspended_is_refreshed_no_more() {
    let scene = Scene::refreshing(RefreshTokens::Offline).await;
    let (_, tokens) = scene.signed_in("openid offline_access").await;
    scene.suspend().await;
    assert_eq!(refused(&scene.refresh(&tokens["refresh_token"]).await, StatusCode::BAD_REQUEST).0, "invalid_grant");
    assert!(!scene.opens(&tokens["access_token"]).await);
}

/// A refresh tells what is known by now: a role that was taken is not told again.
#[tokio::test]
async fn a_refresh_tells_what_is_known_of_the_person_by_now() {
    let scene = Scene::refreshing(RefreshTokens::Session).await;
    let (_, tokens) = scene.signed_in("openid profile").await;
    let mut user = scene.world.users(&scene.world.acme).await.remove(0);
    user.profile.display_name = Some("Ada King".to_owned());
    user.profile.roles = vec!["reader".to_owned()];
    scene.world.save_user(&user).await;
    let tokens = read(&scene.refresh(&tokens["refresh_token"]).await);
    let told: Value = serde_json::from_str(&scene.userinfo(&tokens["access_token"]).await.body).unwrap();
    for said in [claims(&tokens["id_token"]), told] {
        assert_eq!((&said["name"], &said["roles"]), (&json!("Ada King"), &json!(["reader"])));
    }
}

#[tokio::test]
async fn an_application_without_refresh_tokens_gets_none_and_no_offline_access() {
    let scene = Scene::refreshing(RefreshTokens::Off).await;
    let (_, tokens) = scene.signed_in("openid offline_access").await;
    assert!(tokens.get("refresh_token").is_none());
    assert_eq!(tokens["scope"], "openid");
    let made_up = vestibule_oidc::RefreshToken::new([1; 16], [2; 32]).to_text();
    let seen = scene.refresh(&json!(made_up)).await;
    let want = "the client is registered without refresh tokens; whoever runs the provider sets refresh_tokens";
    assert_eq!(refused(&seen, StatusCode::BAD_REQUEST), ("unauthorized_client".to_owned(), want.to_owned()));
}

/// RFC 6749 §4.4: a token for the application itself, within what it is registered for.
#[tokio::test]
async fn an_application_gets_a_token_for_itself_within_its_own_scopes() {
    let own = |settings: &mut ApplicationSettings| {
        settings.own_scopes = vec!["orders:read".to_owned(), "orders:write".to_owned()];
    };
    let scene = Scene::with(own).await;
    let ask = |scope: &'static str| {
        let scene = &scene;
        async move {
            let fields = [("grant_type", "client_credentials"), ("scope", scope)];
            scene.post("/oidc/token", &fields[..if scope.is_empty() { 1 } else { 2 }]).await
        }
    };
    let tokens = read(&ask("orders:read").await);
    assert_eq!((&tokens["scope"], &tokens["token_type"]), (&json!("orders:read"), &json!("Bearer")));
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
    assert_eq!(read(&ask("").await)["scope"], "orders:read orders:write");
    let wide = refused(&ask("orders:read openid").await, StatusCode::BAD_REQUEST);
    let want = "scope is 'orders:read openid'; at most 'orders:read orders:write' can be had";
    assert_eq!(wide, ("invalid_scope".to_owned(), want.to_owned()));
    assert!(!scene.opens(&tokens["access_token"]).await, "it is nobody's");
    let seen = scene.post_as((OTHER, OTHER_SECRET), "/oidc/token", &[("grant_type", "client_credentials")]).await;
    let want = "the client is registered without scopes of its own; whoever runs the provider sets own_scopes";
    assert_eq!(refused(&seen, StatusCode::BAD_REQUEST), ("unauthorized_client".to_owned(), want.to_owned()));
    let issued = |fact: &Fact| matches!(fact, Fact::OwnTokenIssued { application } if application == CLIENT);
    assert_eq!(scene.world.facts().await.iter().filter(|fact| issued(fact)).count(), 2);
}

/// RFC 7662 §2.2: what a token is, to whom it was given, until when.
#[tokio::test]
async fn an_application_is_told_what_its_tokens_are() {
    let both = |settings: &mut ApplicationSettings| {
        settings.refresh_tokens = RefreshTokens::Session;
        settings.own_scopes = vec!["orders:read".to_owned()];
    };
    let scene = Scene::with(both).await;
    let (mut browser, tokens) = scene.signed_in("openid email").await;
    let own = read(&scene.post("/oidc/token", &[("grant_type", "client_credentials")]).await);
    let me = (CLIENT, SECRET);
    let now = scene.world.now().as_second();
    let sub = claims(&tokens["id_token"])["sub"].clone();
    let access = scene.introspect(me, &tokens["access_token"]).await;
    let want = [
        ("active", json!(true)),
        ("iss", json!(BASE)),
        ("client_id", json!(CLIENT)),
        ("aud", json!(CLIENT)),
        ("scope", json!("openid email")),
        ("exp", json!(now + 600)),
        ("token_type", json!("Bearer")),
        ("sub", sub.clone()),
    ];
    for (name, want) in want {
        assert_eq!(access[name], want, "{name}");
    }
    assert_eq!(access["account"]["slug"], "acme");
    let refresh = scene.introspect(me, &tokens["refresh_token"]).await;
    assert_eq!((&refresh["active"], &refresh["sub"]), (&json!(true), &sub));
    assert!(refresh.get("token_type").is_none());
    let own = scene.introspect(me, &own["access_token"]).await;
    assert_eq!((&own["active"], &own["scope"], own.get("sub")), (&json!(true), &json!("orders:read"), None));
    browser.post(&format!("{}/sign-out", scene.world.acme.origin), &[]).await;
    for token in ["access_token", "refresh_token"] {
        assert_eq!(scene.introspect(me, &tokens[token]).await, json!({"active": false}), "{token}");
    }
    assert_eq!(scene.introspect(me, &json!("guess")).await, json!({"active": false}));
}

/// RFC 7662 §2.1, §4: who does not prove itself is told nothing, and of others' tokens only who may ask.
#[tokio::test]
async fn an_application_is_told_of_others_tokens_where_it_may_ask_alone() {
    let scene = Scene::with(|_| {}).await;
    let (_, tokens) = scene.signed_in("openid").await;
    let other = (OTHER, OTHER_SECRET);
    assert_eq!(scene.introspect(other, &tokens["access_token"]).await, json!({"active": false}));
    let bare = [("token", tokens["access_token"].as_str().unwrap()), ("client_id", CLIENT)];
    let (error, _) = refused(&scene.post_bare("/oidc/introspect", &bare).await, StatusCode::UNAUTHORIZED);
    assert_eq!(error, "invalid_client");
    let missing = scene.post("/oidc/introspect", &[("tokn", "x")]).await;
    assert_eq!(refused(&missing, StatusCode::BAD_REQUEST).1, "the parameter 'token' is missing");

    let settings = ApplicationSettings {
        name: "API".to_owned(),
        secret_hashes: vec![ClientSecret::new(OTHER_SECRET).unwrap().hash().into()],
        introspects: vec![CLIENT.to_owned()],
        ..ApplicationSettings::default()
    };
    let api = Application { client_id: "api".to_owned(), account: None, settings, version: 0 };
    scene.world.save_application(&api).await;
    let told = scene.introspect(("api", OTHER_SECRET), &tokens["access_token"]).await;
    assert_eq!((&told["active"], &told["aud"]), (&json!(true), &json!(CLIENT)));
}

/// RFC 7009 §2: a token, and by its refresh token all that goes back to a sign-in, is given up.
#[tokio::test]
async fn a_token_that_is_given_up_is_good_for_nothing() {
    let scene = Scene::refreshing(RefreshTokens::Session).await;
    let (mut browser, tokens) = scene.signed_in("openid").await;
    let revoke = |client: (&'static str, &'static str), token: &Value| {
        let token = token.as_str().unwrap().to_owned();
        let scene = &scene;
        async move { scene.post_as(client, "/oidc/revoke", &[("token", &*token), ("token_type_hint", "nonsense")]).await }
    };
    let me = (CLIENT, SECRET);
    let seen = revoke((OTHER, OTHER_SECRET), &tokens["access_token"]).await;
    let others = refused(&seen, StatusCode::BAD_REQUEST);
    assert_eq!(others, ("unauthorized_client".to_owned(), "the token was given to another client".to_owned()));
    assert!(scene.opens(&tokens["access_token"]).await);

    assert_eq!(revoke(me, &tokens["access_token"]).await.status, StatusCode::OK);
    assert!(!scene.opens(&tokens["access_token"]).await);
    let tokens = read(&scene.refresh(&tokens["refresh_token"]).await);
    assert_eq!(revoke(me, &tokens["refresh_token"]).await.status, StatusCode::OK);
    assert!(!scene.opens(&tokens["access_token"]).await, "it came by the same sign-in");
    assert_eq!(refused(&scene.refresh(&tokens["refresh_token"]).await, StatusCode::BAD_REQUEST).0, "invalid_grant");
    for none in [&tokens["refresh_token"], &json!("guess")] {
        assert_eq!(revoke(me, none).await.status, StatusCode::OK, "RFC 7009 §2.2");
    }
    let again = scene.sign_in(&mut browser, &scene.world.acme, "openid").await;
    assert!(scene.opens(&again["access_token"]).await, "the person's session stays");
}

/// RFC 7009 §2.1: whoever gives up an earlier token of a family means the family; somebody else may have the newest.
#[tokio::test]
async fn an_earlier_refresh_token_that_is_given_up_takes_its_family_along() {
    let scene = Scene::refreshing(RefreshTokens::Offline).await;
    let (_, first) = scene.signed_in("openid offline_access").await;
    let stolen = read(&scene.refresh(&first["refresh_token"]).await);
    let given_up = [("token", first["refresh_token"].as_str().unwrap())];
    assert_eq!(scene.post("/oidc/revoke", &given_up).await.status, StatusCode::OK);
    assert_eq!(refused(&scene.refresh(&stolen["refresh_token"]).await, StatusCode::BAD_REQUEST).0, "invalid_grant");
    assert!(!scene.opens(&stolen["access_token"]).await);
}

/// What was granted while the operator allowed more is renewed no more.
#[tokio::test]
async fn an_offline_refresh_token_ends_when_the_operator_allows_none_any_more() {
    let scene = Scene::refreshing(RefreshTokens::Offline).await;
    let (_, tokens) = scene.signed_in("openid offline_access").await;
    scene.world.change_application(|it| it.settings.refresh_tokens = RefreshTokens::Session).await;
    let seen = scene.refresh(&tokens["refresh_token"]).await;
    assert_eq!(refused(&seen, StatusCode::BAD_REQUEST), ("invalid_grant".to_owned(), UNKNOWN.to_owned()));
}

/// OIDC Core §3.1.3.7: an application that takes RS256 gets RS256.
#[tokio::test]
async fn an_id_token_is_signed_as_the_application_wants_it() {
    let scene = Scene::with(|settings| settings.id_token_alg = Some("RS256".to_owned())).await;
    let mut browser = scene.world.browser();
    let (pending, callback) = scene.code(&mut browser, &scene.world.acme, "openid").await;
    let seen = scene.world.token(&browser, &pending, &callback).await;
    let tokens = relying_party::TokenAnswer::parse(&seen.body).unwrap();
    let audience = ClientId::new(CLIENT).unwrap();
    let (nonce, now) = (pending.nonce.as_str(), scene.world.now());
    let expected = Expectation { issuer: &scene.world.services.issuer, audience: &audience, nonce, now };
    let rs256 = Jwks::new([token_key(Algorithm::Rs256).jwk().clone()]);
    assert!(relying_party::verify(&tokens.id_token, &rs256, &expected).is_ok());
}

/// What is told of a person, by scope and by the application's own rules.
#[tokio::test]
async fn claims_follow_the_scope_and_the_applications_rules() {
    let rules = |settings: &mut ApplicationSettings| {
        let rule = |claim: &str, says| ClaimRule { claim: claim.to_owned(), says };
        settings.claims = vec![
            rule("upn", ClaimSource::From("name".to_owned())),
            rule("https://orchard.example/teams", ClaimSource::ListFrom("groups".to_owned())),
            rule("tier", ClaimSource::Value("gold".to_owned())),
            rule("family_name", ClaimSource::LeaveOut(True)),
            rule("nothing", ClaimSource::From("absent".to_owned())),
        ];
    };
    let scene = Scene::with(rules).await;
    let (mut browser, little) = scene.signed_in("openid").await;
    let mut user = scene.world.users(&scene.world.acme).await.remove(0);
    user.profile.groups = vec!["pickers".to_owned()];
    user.profile.given_name = Some("Ada".to_owned());
    user.profile.family_name = Some("Lovelace".to_owned());
    user.profile.name = Some("ada".to_owned());
    scene.world.save_user(&user).await;
    let little = claims(&little["id_token"]);
    for absent in ["name", "email", "groups", "given_name", "attributes"] {
        assert!(little.get(absent).is_none(), "{absent}");
    }
    assert_eq!(little["connection"], scene.world.acme.connection.to_string());
    assert_eq!(little["acr"], "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport");
    assert_eq!(little["amr"], json!(["pwd"]));

    let tokens = scene.sign_in(&mut browser, &scene.world.acme, "openid profile groups email").await;
    let told: Value = serde_json::from_str(&scene.userinfo(&tokens["access_token"]).await.body).unwrap();
    for said in [claims(&tokens["id_token"]), told] {
        assert_eq!((&said["given_name"], &said["preferred_username"]), (&json!("Ada"), &json!("ada")));
        assert_eq!((&said["groups"], &said["upn"]), (&json!(["pickers"]), &json!("ada")));
        assert_eq!((&said["https://orchard.example/teams"], &said["tier"]), (&json!(["pickers"]), &json!("gold")));
        assert!(said.get("family_name").is_none() && said.get("nothing").is_none());
    }
}

/// The attributes as they came, where the connection keeps them and the application asks.
#[tokio::test]
async fn raw_attributes_are_told_where_the_connection_keeps_them() {
    let scene = Scene::with(|_| {}).await;
    let (_, without) = scene.signed_in("openid attributes").await;
    assert!(claims(&without["id_token"]).get("attributes").is_none());
    scene.world.set(&scene.world.acme, |saml| saml.keeps_attributes = true).await;
    let (mut browser, with) = scene.signed_in("openid attributes").await;
    let object_id = "http://schemas.microsoft.com/identity/claims/objectidentifier";
    assert!(claims(&with["id_token"])["attributes"][object_id][0].is_string());
    let not_asked = scene.sign_in(&mut browser, &scene.world.acme, "openid").await;
    assert!(claims(&not_asked["id_token"]).get("attributes").is_none());
}
