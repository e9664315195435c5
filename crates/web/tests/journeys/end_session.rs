//! An application signs people out (OpenID Connect RP-Initiated Logout 1.0).

use http::StatusCode;
use http::header::LOCATION;
use jiff::SignedDuration;
use vestibule_domain::event::Fact;
use vestibule_oidc::relying_party::TokenAnswer;
use vestibule_oidc::{Algorithm, SigningKey};
use vestibule_saml::types::{Status, StatusCode as SamlCode};

use crate::single_logout;
use crate::support::{ADA, BASE, Browser, CLIENT, ENTRA, Seen, World, token_key};

const BERT: &str = "bert@acme.example";
const BYE: &str = "http://app.localhost:8400/bye";
const HOST: &str = "acme.localhost:8400";

async fn world() -> World {
    let world = World::new().await;
    registered(&world, &[BYE]).await;
    world
}

async fn registered(world: &World, addresses: &[&str]) {
    let addresses: Vec<String> = addresses.iter().map(|address| (*address).to_owned()).collect();
    world.change_application(|application| application.settings.post_logout_redirect_uris = addresses).await;
}

/// Somebody signs in to the application: their browser, and the ID token as the application keeps it.
async fn signed_in(world: &World, person: &str) -> (Browser, String) {
    let mut browser = world.browser();
    let (pending, sent) = world.start(&mut browser, &world.acme).await;
    let arrived = browser.deliver(&world.answer(&sent, person)).await;
    let answered = world.token(&browser, &pending, &arrived.location()).await;
    (browser, TokenAnswer::parse(&answered.body).unwrap().id_token)
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

async fn logout(browser: &mut Browser, origin: &str, pairs: &[(&str, &str)]) -> Seen {
    browser.get(&format!("{origin}/oidc/logout?{}", query(pairs))).await
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get(&format!("http://{HOST}/me")).await.status == StatusCode::OK
}

/// That a page with the reason is shown, that nothing is followed, and that nobody is signed out.
async fn refused(browser: &mut Browser, origin: &str, pairs: &[(&str, &str)], why: &str) {
    let seen = logout(browser, origin, pairs).await;
    seen.shows(StatusCode::BAD_REQUEST, why);
    assert!(!seen.headers.contains_key(LOCATION));
    assert!(is_in(browser).await, "{why}");
}

/// §2, §3: the ID token of this very session ends it without a question, and the browser goes back with `state`.
#[tokio::test]
async fn the_id_token_of_the_session_ends_it_and_the_browser_goes_back() {
    let world = world().await;
    for with_sid in [false, true] {
        let told_at = with_sid.then(|| "http://app.localhost:8400/told".to_owned());
        world.change_application(|application| application.settings.backchannel_logout_uri = told_at).await;
        let (mut ada, token) = signed_in(&world, ADA).await;
        let mut thief = ada.clone();
        // However old the token is (§4).
        world.pass(SignedDuration::from_hours(11));
        let more = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", BYE), ("state", "a &b")];
        let seen = logout(&mut ada, &world.acme.origin, &more).await;
        assert_eq!(seen.location(), format!("{BYE}?state=a%20%26b"));
        assert_eq!(ada.cookie(HOST, "vestibule_session"), None);
        assert!(!is_in(&mut thief).await);
    }
    let out = world.facts().await.into_iter().filter(|fact| matches!(fact, Fact::SignedOut { .. }));
    assert_eq!(out.count(), 2);
}

/// Without an address to go on the page says that it is done.
#[tokio::test]
async fn without_an_address_our_own_page_says_that_it_is_done() {
    let world = world().await;
    let (mut ada, token) = signed_in(&world, ADA).await;
    let seen = logout(&mut ada, &world.acme.origin, &[("id_token_hint", &token), ("state", "x")]).await;
    seen.shows(StatusCode::OK, "You are signed out");
    assert!(!is_in(&mut ada).await);
}

/// An application knows the deployment's own address; the session is at the account's.
#[tokio::test]
async fn a_logout_goes_on_at_the_accounts_own_address() {
    let world = world().await;
    let (mut ada, token) = signed_in(&world, ADA).await;
    let pairs = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", BYE)];
    let there = logout(&mut ada, BASE, &pairs).await.location();
    assert_eq!(there, format!("{}/oidc/logout?{}", world.acme.origin, query(&pairs)));
    assert_eq!(ada.get(&there).await.location(), BYE);
    assert!(!is_in(&mut ada).await);

    // The same of an application that is for one account alone, without a hint.
    world.change_application(|application| application.account = Some(world.acme.account)).await;
    let there = logout(&mut ada, BASE, &[("client_id", CLIENT)]).await.location();
    assert_eq!(there, format!("{}/oidc/logout?client_id={CLIENT}", world.acme.origin));
}

/// Whoever gave their e-mail address has signed in at the deployment's own address, and is signed out there.
#[tokio::test]
async fn a_logout_ends_the_session_at_the_deployments_own_address() {
    let world = world().await;
    let at_base = async |browser: &mut Browser| {
        let (pending, sent) = world.start_at(browser, BASE, &[("login_hint", ADA)]).await;
        let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
        let answered = world.token(browser, &pending, &arrived.location()).await;
        TokenAnswer::parse(&answered.body).unwrap().id_token
    };
    let is_in_at_base = |browser: &Browser| browser.cookie("sso.localhost:8400", "vestibule_session").is_some();
    for with_sid in [false, true] {
        let told_at = with_sid.then(|| "http://app.localhost:8400/told".to_owned());
        world.change_application(|application| application.settings.backchannel_logout_uri = told_at).await;
        let mut ada = world.browser();
        let token = at_base(&mut ada).await;
        assert!(is_in_at_base(&ada));
        let pairs = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", BYE)];
        assert_eq!(logout(&mut ada, BASE, &pairs).await.location(), BYE);
        assert!(!is_in_at_base(&ada));
        // However old the token is: it says who it is that has signed in anew.
        at_base(&mut ada).await;
        assert_eq!(logout(&mut ada, BASE, &pairs).await.location(), BYE);
        assert!(!is_in_at_base(&ada));
    }

    // Somebody is in at both addresses: the token says which session is meant.
    let (mut ada, token) = signed_in(&world, ADA).await;
    at_base(&mut ada).await;
    let there = logout(&mut ada, BASE, &[("id_token_hint", &token)]).await.location();
    assert!(there.starts_with(&format!("{}/oidc/logout?", world.acme.origin)), "{there}");
    // And somebody else who is in here is not signed out by it.
    let (_, token) = signed_in(&world, BERT).await;
    let there = logout(&mut ada, BASE, &[("id_token_hint", &token)]).await.location();
    assert!(there.starts_with(&format!("{}/oidc/logout?", world.acme.origin)), "{there}");
    assert!(is_in_at_base(&ada));
}

/// §2: the request may be posted. No cookie comes with it, so the browser asks once more by GET.
#[tokio::test]
async fn a_logout_may_be_posted() {
    let world = world().await;
    let (mut ada, token) = signed_in(&world, ADA).await;
    let body = query(&[("id_token_hint", &token), ("post_logout_redirect_uri", BYE)]);
    let url = format!("{}/oidc/logout", world.acme.origin);
    let seen = ada.post_from_elsewhere(&url, body.clone()).await;
    assert_eq!(seen.location(), format!("{url}?{body}"));
    assert!(is_in(&mut ada).await, "nothing has happened yet");
    assert_eq!(ada.get(&seen.location()).await.location(), BYE);
    let long = format!("state={}", "x".repeat(8 * 1024));
    assert_eq!(ada.post_from_elsewhere(&url, long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// §2: whoever cannot prove which session is meant has the person asked, so that no page of another site signs them out.
#[tokio::test]
async fn who_is_not_beyond_doubt_meant_is_asked() {
    let world = world().await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let (_, berts) = signed_in(&world, BERT).await;
    let origin = world.acme.origin.clone();
    for pairs in [
        &[][..],
        &[("logout_hint", ADA)],
        &[("client_id", CLIENT), ("post_logout_redirect_uri", BYE), ("state", "s")],
        &[("id_token_hint", &*berts), ("post_logout_redirect_uri", BYE), ("state", "s")],
    ] {
        let page = logout(&mut ada, &origin, pairs).await;
        page.shows(StatusCode::OK, "Sign out?");
        assert!(is_in(&mut ada).await, "{pairs:?}");
    }
    let asked = query(&[("client_id", CLIENT), ("post_logout_redirect_uri", BYE), ("state", "s")]);
    let page =
        logout(&mut ada, &origin, &[("client_id", CLIENT), ("post_logout_redirect_uri", BYE), ("state", "s")]).await;
    page.shows(StatusCode::OK, "Orchard asks whether to sign you out");
    let elsewhere = ada.post_from_elsewhere(&format!("{origin}/sign-out"), format!("to={asked}")).await;
    assert!(elsewhere.status.is_client_error());
    assert!(is_in(&mut ada).await);
    let seen = ada.post(&format!("{origin}/sign-out"), &[("to", &asked)]).await;
    assert_eq!(seen.location(), format!("{BYE}?state=s"));
    assert!(!is_in(&mut ada).await);
}

/// What comes through the form is judged again: a page that was made up leads nowhere.
#[tokio::test]
async fn the_form_of_the_question_leads_to_registered_addresses_alone() {
    let world = world().await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let to = query(&[("client_id", CLIENT), ("post_logout_redirect_uri", "https://evil.example/")]);
    let seen = ada.post(&format!("{}/sign-out", world.acme.origin), &[("to", &to)]).await;
    seen.shows(StatusCode::OK, "You are signed out");
    assert!(!is_in(&mut ada).await);
}

/// §2, §3: what is wrong is shown, with the reason; nothing is followed and nobody is signed out.
#[tokio::test]
async fn a_wrong_request_is_shown_and_never_followed() {
    let world = world().await;
    let (mut ada, token) = signed_in(&world, ADA).await;
    let origin = world.acme.origin.clone();
    let foreign =
        SigningKey::from_pkcs8(Algorithm::Es256, include_bytes!("../../../oidc/testdata/signing-key.p8")).unwrap();
    let torn = format!("{}{}", &token[..token.len() - 4], if token.ends_with("AAAA") { "BBBB" } else { "AAAA" });
    let of_other_key = {
        let parts: Vec<&str> = token.split('.').collect();
        let header = token_key(Algorithm::Es256).kid().to_owned();
        assert_ne!(header, foreign.kid());
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86))
    };
    for (pairs, why) in [
        (&[("id_token_hint", torn.as_str())][..], "signature is not the issuer"),
        (&[("id_token_hint", &of_other_key)], "signature is not the issuer"),
        (&[("id_token_hint", "eyJhbGciOiJub25lIn0.e30.")], "is signed with"),
        (&[("id_token_hint", "x")], "cannot be read"),
        (&[("id_token_hint", &token), ("client_id", "vineyard")], "was issued to"),
        (&[("client_id", "vineyard")], "no application is registered"),
        (&[("post_logout_redirect_uri", BYE)], "came without id_token_hint or client_id"),
        (
            &[("id_token_hint", &token), ("post_logout_redirect_uri", "http://app.localhost:8400/bye/")],
            "at the end only",
        ),
        (&[("client_id", CLIENT), ("post_logout_redirect_uri", "https://evil.example/")], "which is not registered"),
        (&[("client_id", CLIENT), ("client_id", CLIENT)], "more than once"),
    ] {
        refused(&mut ada, &origin, pairs, why).await;
    }
    registered(&world, &[]).await;
    let none = [("client_id", CLIENT), ("post_logout_redirect_uri", BYE)];
    refused(&mut ada, &origin, &none, "has no post-logout redirect URI registered").await;
    logout(&mut ada, "http://elsewhere.example:8400", &none).await.shows(StatusCode::MISDIRECTED_REQUEST, "<h1");
}

/// Nobody is signed in: straight on, or a page that says that it is done.
#[tokio::test]
async fn where_nobody_is_signed_in_the_browser_goes_straight_on() {
    let world = world().await;
    let (_, token) = signed_in(&world, ADA).await;
    let mut stranger = world.browser();
    let pairs = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let seen = logout(&mut stranger, &world.acme.origin, &pairs).await;
    assert_eq!(seen.location(), format!("{BYE}?state=s"));
    logout(&mut stranger, &world.acme.origin, &[]).await.shows(StatusCode::OK, "You are signed out");
    logout(&mut stranger, BASE, &[]).await.shows(StatusCode::OK, "You are signed out");
}

/// XC-13: through the identity provider, and from there straight back to the application.
#[tokio::test]
async fn the_browser_comes_back_to_the_application_after_the_identity_provider() {
    let world = single_logout::world().await;
    registered(&world, &[BYE]).await;
    let (mut ada, token) = signed_in(&world, ADA).await;
    let pairs = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
    let sent = logout(&mut ada, &world.acme.origin, &pairs).await;
    assert!(sent.location().starts_with(&format!("{ENTRA}/")), "{}", sent.location());
    assert!(!is_in(&mut ada).await, "ended before anybody was asked");
    let back = world.entra.logout_answer(&sent.location()).unwrap().url().unwrap();
    for _ in 0..2 {
        assert_eq!(ada.get(&back).await.location(), format!("{BYE}?state=s"));
    }

    // The same after a question.
    let (mut ada, _) = signed_in(&world, ADA).await;
    let to = query(&[("client_id", CLIENT), ("post_logout_redirect_uri", BYE)]);
    let sent = ada.post(&format!("{}/sign-out", world.acme.origin), &[("to", &to)]).await;
    let back = world.entra.logout_answer(&sent.location()).unwrap().url().unwrap();
    assert_eq!(ada.get(&back).await.location(), BYE);
}

/// XC-13, E-42: where the identity provider did not end all, our page says so, and leads on.
#[tokio::test]
async fn what_the_identity_provider_did_not_end_is_told_before_the_browser_goes_on() {
    let world = single_logout::world().await;
    registered(&world, &[BYE]).await;
    let partial = Status::failure(SamlCode::RESPONDER, Some(SamlCode::PARTIAL_LOGOUT), None);
    let failed = Status::failure(SamlCode::REQUESTER, None, Some("AADSTS50068: Signout failed.".to_owned()));
    for (status, means) in
        [(partial, "some other application did not answer"), (failed, "Microsoft did not sign you out")]
    {
        let (mut ada, token) = signed_in(&world, ADA).await;
        let pairs = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
        let sent = logout(&mut ada, &world.acme.origin, &pairs).await;
        let mut answer = world.entra.logout_answer(&sent.location()).unwrap();
        answer.response.status = status;
        let page = ada.get(&answer.url().unwrap()).await.location();
        assert!(page.starts_with(&format!("{}/sign-out/", world.acme.origin)), "{page}");
        let page = ada.get(&page).await;
        page.shows(StatusCode::OK, means);
        page.shows(StatusCode::OK, &format!("href=\"{BYE}?state=s\""));
    }
}

/// The page that asks speaks the language that the application wants.
#[tokio::test]
async fn the_question_speaks_the_language_that_the_application_wants() {
    let world = world().await;
    let (mut ada, _) = signed_in(&world, ADA).await;
    let page = logout(&mut ada, &world.acme.origin, &[("ui_locales", "fr de"), ("client_id", CLIENT)]).await;
    page.shows(StatusCode::OK, "<html lang=\"de\">");
    page.shows(StatusCode::OK, "Abmelden?");
}

/// RFC 8252 §7.3, §7.1 hold here too.
#[tokio::test]
async fn a_native_application_goes_on_at_its_port_and_its_scheme() {
    let world = world().await;
    registered(&world, &["http://127.0.0.1/bye", "com.example.app:/bye"]).await;
    world.change_application(|application| application.settings.native = true).await;
    for own in ["http://127.0.0.1:51004/bye", "com.example.app:/bye"] {
        let (mut ada, token) = signed_in(&world, ADA).await;
        let pairs = [("id_token_hint", token.as_str()), ("post_logout_redirect_uri", own)];
        let seen = logout(&mut ada, &world.acme.origin, &pairs).await;
        assert_eq!((seen.status, seen.headers[LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, own));
    }
    let (mut ada, _) = signed_in(&world, ADA).await;
    let to = query(&[("client_id", CLIENT), ("post_logout_redirect_uri", "com.example.app:/bye")]);
    let page = ada.post(&format!("{}/sign-out", world.acme.origin), &[("to", &to)]).await;
    page.shows(StatusCode::OK, "href=\"com.example.app:/bye\"");
    assert_eq!(ada.cookie(HOST, "vestibule_session"), None);
    let (mut bert, _) = signed_in(&world, BERT).await;
    let evil = [("client_id", CLIENT), ("post_logout_redirect_uri", "http://127.0.0.1:1@evil.example/bye")];
    refused(&mut bert, &world.acme.origin, &evil, "which is not registered").await;
}
