//! Sites behind a proxy that asks us about each request.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::Value;
use vestibule_domain::application::{Application, ApplicationSettings};
use vestibule_domain::event::Fact;
use vestibule_domain::session;
use vestibule_domain::site::SiteRule;
use vestibule_domain::user::UserState;

use crate::support::{BASE, Browser, Seen, World};

const ADA: &str = "ada@acme.example";
/// As the identity provider has it.
const EMAIL: &str = "Ada.Example@acme.example";
/// Another site than the deployment's: no cookie of one comes to the other.
const WIKI: &str = "http://wiki.localhost:8410";
const DOCS: &str = "http://docs.localhost:8410";

fn rule(path: &str) -> SiteRule {
    SiteRule { path: path.to_owned(), ..SiteRule::default() }
}

fn wiki() -> Application {
    let settings = ApplicationSettings {
        name: "Wiki".to_owned(),
        sites: vec![WIKI.to_owned()],
        site_rules: vec![
            SiteRule { public: true, ..rule("/assets/") },
            SiteRule { roles: vec!["editor".to_owned()], ..rule("/edit/") },
            SiteRule { accounts: vec!["globex".to_owned()], ..rule("/globex/") },
        ],
        ..ApplicationSettings::default()
    };
    Application { client_id: "wiki".to_owned(), account: None, settings, version: 0 }
}

async fn world() -> World {
    let world = World::new().await;
    world.save_application(&wiki()).await;
    let settings =
        ApplicationSettings { name: "Docs".to_owned(), sites: vec![DOCS.to_owned()], ..ApplicationSettings::default() };
    let docs = Application { client_id: "docs".to_owned(), account: None, settings, version: 0 };
    world.save_application(&docs).await;
    world
}

async fn ask(browser: &mut Browser, url: &str) -> Seen {
    browser.through_proxy(url, "", &[]).await
}

/// From a page of a site by way of the account's identity provider back to the page.
async fn sign_in(world: &World, browser: &mut Browser, page: &str) -> Seen {
    let to_us = ask(browser, page).await;
    assert_eq!(to_us.status, StatusCode::FOUND, "{}", to_us.body);
    let authorize = format!("{}&account=acme", to_us.location());
    let mut seen = browser.get(&authorize).await;
    while seen.location().contains("/oidc/authorize?") {
        seen = browser.get(&seen.location()).await;
    }
    if !seen.location().starts_with("http://wiki") && !seen.location().starts_with("http://docs") {
        seen = browser.deliver(&world.answer(&seen, ADA)).await;
    }
    let back = ask(browser, &seen.location()).await;
    assert_eq!(back.status, StatusCode::FOUND, "{}", back.body);
    back
}

fn told<'a>(seen: &'a Seen, name: &str) -> &'a str {
    seen.headers[name].to_str().unwrap()
}

#[tokio::test]
async fn somebody_signs_in_at_a_site_and_what_is_behind_it_is_told_who_it_is() {
    let world = world().await;
    let mut browser = world.browser();
    let back = sign_in(&world, &mut browser, &format!("{WIKI}/page?a=1&b=%20")).await;
    assert_eq!(back.location(), format!("{WIKI}/page?a=1&b=%20"), "where they wanted to");
    let passed = ask(&mut browser, &back.location()).await;
    assert_eq!((passed.status, passed.body.as_str()), (StatusCode::NO_CONTENT, ""));
    let ada = world.users(&world.acme).await.remove(0);
    assert_eq!(told(&passed, "x-vestibule-user"), ada.id.to_string());
    assert_eq!(told(&passed, "x-vestibule-email"), EMAIL);
    assert_eq!(told(&passed, "x-vestibule-account"), "acme");
    for name in ["name", "roles", "groups", "token"] {
        assert!(passed.headers.contains_key(format!("x-vestibule-{name}")), "{name}");
    }
    assert_eq!(passed.headers["cache-control"], "no-store");
}

/// A header that a proxy believes is worth less than a signature that what is behind it verifies.
#[tokio::test]
async fn the_signed_header_says_who_asks_at_which_application_for_a_few_minutes() {
    use base64::Engine as _;
    let world = world().await;
    let mut browser = world.browser();
    sign_in(&world, &mut browser, WIKI).await;
    let part = |token: &str, at: usize| -> Value {
        let text = token.split('.').nth(at).unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    };
    let passed = ask(&mut browser, WIKI).await;
    let token = told(&passed, "x-vestibule-token").to_owned();
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!(header["typ"], "forward-auth+jwt", "no ID token");
    assert!(world.jwks().find(header["kid"].as_str().unwrap()).is_some());
    assert_eq!((&claims["iss"], &claims["aud"], &claims["email"]), (&BASE.into(), &"wiki".into(), &EMAIL.into()));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    world.pass(SignedDuration::from_secs(149));
    assert_eq!(told(&ask(&mut browser, WIKI).await, "x-vestibule-token"), token, "signed once for many requests");
    world.pass(SignedDuration::from_secs(1));
    let later = told(&ask(&mut browser, WIKI).await, "x-vestibule-token").to_owned();
    assert_eq!(part(&later, 1)["exp"].as_i64().unwrap() - world.now().as_second(), 300);
}

/// Each site has its own cookie; a session that there is lets the browser in at the next one without a question.
#[tokio::test]
async fn a_second_site_needs_no_second_sign_in_and_takes_no_cookie_of_the_first() {
    let world = world().await;
    let mut browser = world.browser();
    sign_in(&world, &mut browser, WIKI).await;
    let wiki = browser.cookie("wiki.localhost:8410", "vestibule_site").unwrap().to_owned();
    let mut thief = world.browser();
    thief.set_cookie(DOCS, "vestibule_site", &wiki);
    assert_eq!(ask(&mut thief, DOCS).await.status, StatusCode::FOUND, "it opens nothing at another site");
    assert_eq!(ask(&mut browser, DOCS).await.status, StatusCode::FOUND);
    sign_in(&world, &mut browser, DOCS).await;
    assert_eq!(ask(&mut browser, DOCS).await.status, StatusCode::NO_CONTENT);
    let sign_ins = world.facts().await.into_iter().filter(|fact| matches!(fact, Fact::SignedIn { .. })).count();
    assert_eq!(sign_ins, 1);
}

/// nginx hears yes or no; a page's script is not sent elsewhere.
#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_where_a_page_is_wanted_and_refused_elsewhere() {
    let world = world().await;
    let mut browser = world.browser();
    assert_eq!(browser.through_proxy(WIKI, "?mode=401", &[]).await.status, StatusCode::UNAUTHORIZED);
    for header in [("accept", "application/json"), ("x-forwarded-method", "POST"), ("sec-fetch-mode", "cors")] {
        let refused = browser.through_proxy(WIKI, "", &[header]).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{header:?}");
        assert!(refused.body.starts_with("Nobody is signed in here."), "{}", refused.body);
        assert!(!refused.headers.contains_key("set-cookie"));
    }
    assert_eq!(ask(&mut browser, WIKI).await.status, StatusCode::FOUND);
}

/// nginx asks so after any 403, its own too, and hands the answer to the browser: who it is stays between us and the site.
#[tokio::test]
async fn after_a_no_of_the_sites_own_nothing_is_told_of_who_it_is() {
    let world = world().await;
    let mut browser = world.browser();
    sign_in(&world, &mut browser, WIKI).await;
    assert_eq!(browser.through_proxy(WIKI, "", &[]).await.status, StatusCode::NO_CONTENT);
    let seen = browser.through_proxy(WIKI, "?mode=after-no", &[]).await;
    seen.shows(StatusCode::FORBIDDEN, "This site itself does not show what is at this address.");
    assert!(seen.headers.keys().all(|name| !name.as_str().starts_with("x-vestibule")), "{:?}", seen.headers);
    // A no of ours is told as ever.
    let seen = world.browser().through_proxy(WIKI, "?mode=after-no", &[]).await;
    assert_eq!(seen.status, StatusCode::FOUND);
}

#[tokio::test]
async fn rules_say_who_may_open_which_part() {
    let world = world().await;
    let mut browser = world.browser();
    let open = ask(&mut browser, &format!("{WIKI}/assets/app.css")).await;
    assert_eq!((open.status, told(&open, "x-vestibule-user")), (StatusCode::NO_CONTENT, ""));
    sign_in(&world, &mut browser, WIKI).await;
    for path in ["/edit/", "/EDIT/x", "/x/../edit/", "/globex/"] {
        let denied = ask(&mut browser, &format!("{WIKI}{path}")).await;
        assert_eq!(denied.status, StatusCode::FORBIDDEN, "{path}");
        assert!(denied.body.contains("this part of Wiki is not for you"), "{}", denied.body);
    }
    let mut ada = world.users(&world.acme).await.remove(0);
    ada.profile.roles = vec!["editor".to_owned()];
    world.save_user(&ada).await;
    let seen = ask(&mut browser, &format!("{WIKI}/edit/")).await;
    assert_eq!((seen.status, told(&seen, "x-vestibule-roles")), (StatusCode::NO_CONTENT, "editor"), "at once");
}

/// HY-2: the next request after the end of a session, by whatever, is not let through.
#[tokio::test]
async fn a_site_is_closed_when_the_session_behind_it_ends() {
    let world = world().await;
    let mut browser = world.browser();
    sign_in(&world, &mut browser, WIKI).await;
    browser.post(&format!("{}/sign-out", world.acme.origin), &[]).await;
    assert_eq!(ask(&mut browser, WIKI).await.status, StatusCode::FOUND, "signed out");

    sign_in(&world, &mut browser, WIKI).await;
    let mut ada = world.users(&world.acme).await.remove(0);
    ada.state = UserState::Suspended;
    world.save_user(&ada).await;
    assert_eq!(ask(&mut browser, WIKI).await.status, StatusCode::FOUND, "suspended");

    ada = world.users(&world.acme).await.remove(0);
    ada.state = UserState::Active;
    world.save_user(&ada).await;
    assert_eq!(ask(&mut browser, WIKI).await.status, StatusCode::NO_CONTENT);
    world.pass(session::ABSOLUTE);
    assert_eq!(ask(&mut browser, WIKI).await.status, StatusCode::FOUND, "over age");
}

/// RFC 6749 §10.12, §10.5: a code is good once, and in the browser that began alone.
#[tokio::test]
async fn a_code_lets_in_the_browser_that_began_and_once() {
    let world = world().await;
    let (mut eve, mut ada) = (world.browser(), world.browser());
    let to_us = ask(&mut eve, WIKI).await;
    let authorize = format!("{}&account=acme", to_us.location());
    let mut seen = eve.get(&authorize).await;
    while seen.location().contains("/oidc/authorize?") {
        seen = eve.get(&seen.location()).await;
    }
    let arrived = eve.deliver(&world.answer(&seen, ADA)).await;
    let callback = arrived.location();
    // Eve has Ada open her callback: Ada would be signed in as Eve.
    let forced = ask(&mut ada, &callback).await;
    assert_eq!(forced.status, StatusCode::BAD_REQUEST);
    assert!(forced.body.contains("began in another browser"), "{}", forced.body);
    let mut copy = world.browser();
    for name in ["code", "state"] {
        assert!(callback.contains(&format!("{name}=")));
    }
    let begun = eve.site_cookies("wiki.localhost:8410");
    for (name, value) in &begun {
        copy.set_cookie(WIKI, name, value);
    }
    assert_eq!(ask(&mut eve, &callback).await.status, StatusCode::FOUND);
    assert_eq!(ask(&mut eve, WIKI).await.status, StatusCode::NO_CONTENT);
    let again = ask(&mut copy, &callback).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(again.body.contains("was used before"), "{}", again.body);
    assert_eq!(ask(&mut eve, WIKI).await.status, StatusCode::FOUND, "one of the two had it from somebody");
}

/// A proxy that is not set up is told so, and nothing of us is an open redirect.
#[tokio::test]
async fn a_request_that_no_proxy_told_of_or_for_an_unknown_site_is_refused() {
    let world = world().await;
    let browser = world.browser();
    let bare = browser.raw("GET", &format!("{BASE}/forward-auth"), &[], String::new()).await;
    assert_eq!(bare.status, StatusCode::BAD_REQUEST);
    assert!(bare.body.contains("The header X-Forwarded-Host is missing"), "{}", bare.body);
    for (host, proto, uri) in [
        ("evil.example", "https", "/"),
        ("wiki.localhost:8410", "https", "/"),
        ("wiki.localhost:8410@evil.example", "http", "/"),
        ("wiki.localhost:8410, evil.example", "http", "/"),
        ("wiki.localhost:8410", "http", "//evil.example/"),
        ("wiki.localhost:8410", "http", "https://evil.example/"),
        ("wiki.localhost:8410", "http", ""),
    ] {
        let headers = [
            ("x-forwarded-host", host),
            ("x-forwarded-proto", proto),
            ("x-forwarded-uri", uri),
            ("accept", "text/html"),
        ];
        let seen = browser.raw("GET", &format!("{BASE}/forward-auth"), &headers, String::new()).await;
        let location = seen.headers.get("location").map(|location| location.to_str().unwrap().to_owned());
        match seen.status {
            StatusCode::FOUND => assert!(location.unwrap().starts_with(&format!("{BASE}/oidc/authorize?")), "{host}"),
            status => assert!(status.is_client_error() && location.is_none(), "{host} {uri}: {status}"),
        }
    }
    let mut browser = world.browser();
    let long = format!("{WIKI}/{}", "a".repeat(2000));
    let back = sign_in(&world, &mut browser, &long).await;
    assert_eq!(back.location(), format!("{WIKI}/"), "too long to be kept");
}

#[tokio::test]
async fn whoever_signs_out_at_a_site_goes_on_to_sign_out_here() {
    let world = world().await;
    let mut browser = world.browser();
    sign_in(&world, &mut browser, WIKI).await;
    let seen = ask(&mut browser, &format!("{WIKI}/.vestibule/sign-out")).await;
    assert_eq!((seen.status, seen.location()), (StatusCode::FOUND, format!("{BASE}/oidc/logout?client_id=wiki")));
    assert_eq!(browser.cookie("wiki.localhost:8410", "vestibule_site"), None);
    assert_eq!(ask(&mut browser, &format!("{WIKI}/.vestibule/else")).await.status, StatusCode::NOT_FOUND);
}
