//! How much one address and one account may ask for.

use std::net::IpAddr;

use http::StatusCode;
use jiff::SignedDuration;
use vestibule_domain::connection::ConnectionState;
use vestibule_oidc::relying_party::basic_authorization;
use vestibule_oidc::{AuthorizationCode, ClientId};
use vestibule_saml::types::AcsUrl;

use crate::support::{BASE, CALLBACK, CLIENT, SECRET, World, base64, start};

const ADA: &str = "ada@acme.example";
const FORM: &str = "application/x-www-form-urlencoded";

const ALIAS: &str = "http://sso.localhost:8400/legacy/acs";
const DISCOVER: &str = "http://sso.localhost:8400/sign-in/discover";

/// Answers: 500 at once from one address. Another address is not in the way, and time heals.
#[tokio::test]
async fn an_address_that_sends_too_many_answers_has_to_wait() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    let acs = world.acme.at("acs");
    let mut seen = browser.raw("POST", &acs, &[("content-type", FORM)], "x=y").await;
    for _ in 0..500 {
        seen = browser.raw("POST", &acs, &[("content-type", FORM)], "x=y").await;
    }
    seen.shows(StatusCode::TOO_MANY_REQUESTS, "Too many tries in a short time.");
    let wait: i64 = seen.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    let mut other = world.browser();
    other.address = Some(IpAddr::from([192, 0, 2, 2]));
    world.sign_in(&mut other, &world.acme, ADA).await;
    world.pass(SignedDuration::from_secs(wait));
    world.sign_in(&mut browser, &world.acme, ADA).await;
}

/// From however many addresses: of 2,000 answers at once in one account that prove nothing the next is told to wait, and
/// not written. What is good is never kept out by them.
#[tokio::test]
async fn an_account_that_gets_too_many_refused_answers_has_its_own_measure() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let genuine = world.answer(&sent, ADA);
    let relay_state = genuine.relay_state.as_deref().unwrap();
    // "<a></a>", whose base64 needs nothing of percent-encoding but its padding.
    let body = format!("SAMLResponse=PGE%2BPC9hPg%3D%3D&RelayState={relay_state}");
    let acs = world.acme.at("acs");
    for _ in 0..2000 {
        browser.raw("POST", &acs, &[("content-type", FORM)], body.clone()).await;
    }
    let written = world.recent_answers(&world.acme).await;
    for body in [body.as_str(), "x=y", "SAMLResponse=%%%"] {
        let seen = browser.raw("POST", &acs, &[("content-type", FORM)], body.to_owned()).await;
        seen.shows(StatusCode::TOO_MANY_REQUESTS, "Too many tries in a short time.");
    }
    assert_eq!(world.recent_answers(&world.acme).await, written);
    assert!(browser.deliver(&genuine).await.location().starts_with(CALLBACK));
    world.sign_in(&mut world.browser(), &world.globex, "dora@globex.example").await;
}

/// Discovery: 50 questions at once of one address that lead nowhere; then it is not heard, whatever it asks.
#[tokio::test]
async fn an_address_that_asks_too_often_who_our_customers_are_has_to_wait() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    for _ in 0..50 {
        assert_eq!(browser.post(DISCOVER, &[("email", "ada@nowhere.example")]).await.status, StatusCode::OK);
    }
    let seen = browser.post(DISCOVER, &[("email", "ada@acme.example")]).await;
    seen.shows(StatusCode::TOO_MANY_REQUESTS, "Too many tries in a short time.");
    assert!(seen.headers.contains_key("retry-after"));
    browser.address = Some(IpAddr::from([192, 0, 2, 2]));
    browser.post(DISCOVER, &[("email", "ada@acme.example")]).await.location();
}

/// The other way to ask, by an application's request with somebody's address or an account's name, has the same bound.
#[tokio::test]
async fn an_address_that_asks_by_an_applications_request_has_to_wait_too() {
    let world = World::new().await;
    for asked in [("login_hint", "ada@nowhere.example"), ("domain_hint", "nowhere.example"), ("account", "nobody")] {
        let mut browser = world.browser();
        browser.address = Some(IpAddr::from([192, 0, 2, 1]));
        for _ in 0..50 {
            let (_, seen) = world.start_at(&mut browser, BASE, &[asked]).await;
            assert_ne!(seen.status, StatusCode::TOO_MANY_REQUESTS);
        }
        let (_, seen) = world.start_at(&mut browser, BASE, &[asked]).await;
        seen.shows(StatusCode::TOO_MANY_REQUESTS, "Too many tries in a short time.");
        // Where the account's own address is opened, a hint finds out nothing.
        let hint = [("login_hint", "ada@nowhere.example")];
        world.start_at(&mut browser, &world.acme.origin, &hint).await.1.location();
        world.pass(SignedDuration::from_mins(1));
    }
}

/// A company's people share an address and begin at nine: what leads to a connection counts as a start alone.
#[tokio::test]
async fn a_question_that_leads_somewhere_is_not_counted_as_one() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    for _ in 0..200 {
        browser.post(DISCOVER, &[("email", "ada@acme.example")]).await.location();
    }
    assert_eq!(browser.post(DISCOVER, &[("email", "ada@nowhere.example")]).await.status, StatusCode::OK);
}

/// From however many addresses: of 1,000 questions at once at an account's address that lead nowhere the next has to wait.
/// Another account's people are not in the way.
#[tokio::test]
async fn an_account_that_is_asked_for_too_often_has_its_own_measure() {
    let world = World::new().await;
    world.change_connection(&world.acme, |connection| connection.state = ConnectionState::Paused).await;
    let mut browser = world.browser();
    let at_acme = format!("{}/sign-in/discover", world.acme.origin);
    for _ in 0..1000 {
        assert_eq!(browser.post(&at_acme, &[("email", "ada@acme.example")]).await.status, StatusCode::OK);
    }
    let seen = browser.post(&at_acme, &[("email", "ada@acme.example")]).await;
    seen.shows(StatusCode::TOO_MANY_REQUESTS, "Too many tries in a short time.");
    // SC-24: at the deployment's own address nothing tells that the domain is a customer's.
    assert_eq!(browser.post(DISCOVER, &[("email", "ada@acme.example")]).await.status, StatusCode::OK);
    browser.post(DISCOVER, &[("email", "dora@globex.example")]).await.location();
}

/// Where several connections share an address, an issuer that belongs to none is a question too: whoever guesses the
/// tenants of our customers is not heard any more after fifty, and knows of no next one.
#[tokio::test]
async fn an_address_that_tries_issuers_at_a_shared_alias_has_to_wait() {
    let world = World::new().await;
    for party in [&world.acme, &world.globex] {
        world.set(party, |saml| saml.aliases = vec![AcsUrl::new(ALIAS).unwrap()]).await;
    }
    // Issued by "https://sts.example/1/".
    let guess = concat!(
        "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_1\" Version=\"2.0\">",
        "<Issuer xmlns=\"urn:oasis:names:tc:SAML:2.0:assertion\">https://sts.example/1/</Issuer></samlp:Response>",
    );
    let guess = format!("SAMLResponse={}", base64(guess.as_bytes()).replace('+', "%2B").replace('=', "%3D"));
    let mut browser = world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    for _ in 0..50 {
        let asked = browser.clone().post_from_elsewhere(ALIAS, guess.clone()).await;
        assert_eq!(asked.location(), format!("{BASE}/"));
    }
    let seen = browser.post_from_elsewhere(ALIAS, guess.clone()).await;
    seen.shows(StatusCode::TOO_MANY_REQUESTS, "Too many tries in a short time.");
}

/// Whoever says wrong secrets for an application has to wait; the application itself, at the same address, never has to.
#[tokio::test]
async fn an_address_that_fails_too_often_to_authenticate_has_to_wait_and_the_application_never_has_to() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    let wrong = [("content-type", FORM), ("authorization", "Basic b3JjaGFyZDp4")];
    for _ in 0..50 {
        let seen = browser.raw("POST", &token_url(), &wrong, good_for_nothing()).await;
        assert_eq!(seen.status, StatusCode::UNAUTHORIZED, "{}", seen.body);
        assert!(seen.body.starts_with("{\"error\":\"invalid_client\""), "{}", seen.body);
    }
    let seen = browser.raw("POST", &token_url(), &wrong, good_for_nothing()).await;
    assert_eq!(seen.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        seen.body.starts_with("{\"error\":\"invalid_client\",\"error_description\":\"too many wrong"),
        "{}",
        seen.body
    );
    assert_eq!(seen.headers["retry-after"], "1");
    world.sign_in(&mut browser.clone(), &world.acme, ADA).await;
    // Another application at that address is not in the way, and neither is another address.
    let other = [("content-type", FORM), ("authorization", "Basic bm9ib2R5Ong=")];
    assert_eq!(browser.raw("POST", &token_url(), &other, good_for_nothing()).await.status, StatusCode::UNAUTHORIZED);
    let mut elsewhere = world.browser();
    elsewhere.address = Some(IpAddr::from([192, 0, 2, 2]));
    let seen = elsewhere.raw("POST", &token_url(), &wrong, good_for_nothing()).await;
    assert_eq!(seen.status, StatusCode::UNAUTHORIZED);
}

/// Codes that strangers bring to an application's callback stop none of its sign-ins: the application authenticates, so
/// nothing that it sends counts against it.
#[tokio::test]
async fn codes_that_are_good_for_nothing_keep_no_application_from_its_tokens() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.address = Some(IpAddr::from([192, 0, 2, 1]));
    let secret = basic_authorization(&ClientId::new(CLIENT).unwrap(), SECRET);
    let right = [("content-type", FORM), ("authorization", secret.as_str())];
    for n in 0..120 {
        let body = if n % 2 == 0 { good_for_nothing() } else { good_for_nothing().replace("code=", "code=junk") };
        let seen = browser.raw("POST", &token_url(), &right, body).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{}", seen.body);
        assert!(seen.body.starts_with("{\"error\":\"invalid_grant\""), "{}", seen.body);
    }
    world.sign_in(&mut browser, &world.acme, ADA).await;
}

fn token_url() -> String {
    format!("{BASE}/oidc/token")
}

/// A request for tokens that is in order, but for its code.
fn good_for_nothing() -> String {
    let (verifier, code) = ("y".repeat(43), AuthorizationCode::new(start(), &[9; 26]).to_text());
    format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={verifier}")
}
