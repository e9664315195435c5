//! What an application may ask for at the authorization endpoint, and how it is answered.

use http::StatusCode;
use http::header::LOCATION;
use jiff::SignedDuration;
use vestibule_domain::application::Pkce;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::Fact;
use vestibule_domain::id::ConnectionId;
use vestibule_mock_entra::service::{Method, Person};
use vestibule_oidc::ClientId;
use vestibule_oidc::relying_party::{self, Pending, TokenAnswer};
use vestibule_saml::types::AuthnContextClassRef;

use crate::support::{ADA, BASE, Browser, CALLBACK, CLIENT, ENTRA, SECRET, Seen, World, parameter, request_of, start};

const BERT: &str = "bert@acme.example";

/// The query of a request without PKCE, with this address and more.
fn plain(redirect_uri: &str, more: &[(&str, &str)]) -> String {
    let pairs = [("response_type", "code"), ("client_id", CLIENT), ("scope", "openid"), ("redirect_uri", redirect_uri)];
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).extend_pairs(more).finish()
}

/// The value of a hidden field of a page.
#[track_caller]
fn hidden(page: &Seen, name: &str) -> String {
    let mark = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
    let (_, rest) = page.body.split_once(&mark).unwrap_or_else(|| panic!("no field {name}:\n{}", page.body));
    let value = rest.split('"').next().unwrap();
    value.replace("&#38;", "&").replace("&amp;", "&")
}

/// What an application reads at its callback from an answer that was posted.
#[track_caller]
fn posted(page: &Seen, names: &[&str]) -> String {
    page.shows(StatusCode::OK, &format!("<form method=\"post\" action=\"{CALLBACK}\">"));
    assert_eq!(page.body.matches("type=\"hidden\"").count(), names.len(), "{}", page.body);
    let pairs = names.iter().map(|name| (*name, hidden(page, name)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{CALLBACK}?{query}")
}

/// The error of an answer in the query.
#[track_caller]
fn error(seen: &Seen) -> String {
    let location = seen.location();
    assert_eq!(parameter(&location, "iss").as_deref(), Some(BASE), "{location}");
    parameter(&location, "error").unwrap_or_else(|| panic!("no error: {location}"))
}

async fn signed_in(world: &World) -> Browser {
    let mut browser = world.browser();
    world.sign_in(&mut browser, &world.acme, ADA).await;
    browser
}

async fn ask(world: &World, browser: &mut Browser, more: &[(&str, &str)]) -> (Pending, Seen) {
    world.start_at(browser, &world.acme.origin, more).await
}

/// Presses the only button of a page of ways.
async fn press(world: &World, browser: &mut Browser, page: &Seen) -> Seen {
    page.shows(StatusCode::OK, "action=\"/sign-in/start\"");
    let (to, connection) = (hidden(page, "to"), world.acme.connection.to_string());
    let start = format!("{}/sign-in/start", world.acme.origin);
    browser.post(&start, &[("to", &to), ("connection", &connection)]).await
}

/// OIDC Core §3.1.2.1: the session is not used and nothing starts by itself; the way that is chosen leads in, once.
#[tokio::test]
async fn who_is_to_choose_sees_the_ways_although_they_are_signed_in() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    for prompt in ["select_account", "consent select_account"] {
        let (pending, page) = ask(&world, &mut browser, &[("prompt", prompt)]).await;
        let sent = press(&world, &mut browser, &page).await;
        assert!(!request_of(&sent).contains("ForceAuthn"), "a choice is no new authentication");
        let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
        world.redeem(&browser, &pending, &arrived.location()).await;
    }
    let (_, page) = ask(&world, &mut browser, &[("prompt", "select_account login")]).await;
    assert!(request_of(&press(&world, &mut browser, &page).await).contains("ForceAuthn=\"true\""));
}

/// OIDC Core §3.1.2.1: `consent` was given when the application was registered, and unknown values are passed over.
#[tokio::test]
async fn values_of_prompt_without_effect_change_nothing() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    for prompt in ["consent", "create", "create consent"] {
        let (pending, seen) = ask(&world, &mut browser, &[("prompt", prompt)]).await;
        world.redeem(&browser, &pending, &seen.location()).await;
    }
    let (_, seen) = ask(&world, &mut browser, &[("prompt", "none select_account")]).await;
    assert_eq!(error(&seen), "invalid_request");
}

/// The ID token that an application gets when somebody signs in, as it keeps it.
async fn kept_token(world: &World, person: &str) -> (Browser, String) {
    let mut browser = world.browser();
    let (pending, sent) = ask(world, &mut browser, &[]).await;
    let arrived = browser.deliver(&world.answer(&sent, person)).await;
    let answered = world.token(&browser, &pending, &arrived.location()).await;
    (browser, TokenAnswer::parse(&answered.body).unwrap().id_token)
}

/// OIDC Core §3.1.2.1: whoever the hint does not name is never handed over, silently or after signing in.
#[tokio::test]
async fn a_session_of_somebody_else_than_the_hint_names_does_not_serve() {
    let world = World::new().await;
    let (mut browser, ada) = kept_token(&world, ADA).await;
    let (_, bert) = kept_token(&world, BERT).await;
    // Her own, however old it is.
    world.pass(SignedDuration::from_mins(30));
    let (pending, seen) = ask(&world, &mut browser, &[("id_token_hint", &ada), ("prompt", "none")]).await;
    let hers = world.redeem(&browser, &pending, &seen.location()).await;

    let (_, silent) = ask(&world, &mut browser, &[("id_token_hint", &bert), ("prompt", "none")]).await;
    assert_eq!(error(&silent), "login_required");
    let (_, sent) = ask(&world, &mut browser, &[("id_token_hint", &bert)]).await;
    assert!(request_of(&sent).contains("ForceAuthn=\"true\""));
    let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
    assert_eq!(error(&arrived), "login_required", "she comes again");
    let (pending, sent) = ask(&world, &mut browser, &[("id_token_hint", &bert)]).await;
    let arrived = browser.deliver(&world.answer(&sent, BERT)).await;
    let his = world.redeem(&browser, &pending, &arrived.location()).await;
    assert_ne!(his.sub, hers.sub);

    // Where nobody is in, nothing is forced; who comes is looked at all the same.
    let mut fresh = world.browser();
    let (_, sent) = ask(&world, &mut fresh, &[("id_token_hint", &bert)]).await;
    assert!(!request_of(&sent).contains("ForceAuthn=\"true\""));
    assert_eq!(error(&fresh.deliver(&world.answer(&sent, ADA)).await), "login_required");
}

/// Libraries renew silently at the issuer; the session is at its account's own address, where the hint's account leads.
#[tokio::test]
async fn a_hint_leads_to_the_accounts_own_address_where_its_session_is() {
    let world = World::new().await;
    let (mut browser, ada) = kept_token(&world, ADA).await;
    let more = [("id_token_hint", &*ada), ("prompt", "none")];
    let (pending, seen) = world.start_at(&mut browser, "http://sso.localhost:8400", &more).await;
    world.redeem(&browser, &pending, &seen.location()).await;
    // Without it nothing says where she may be.
    let (_, seen) = world.start_at(&mut browser, "http://sso.localhost:8400", &[("prompt", "none")]).await;
    assert_eq!(error(&seen), "login_required");
}

/// What somebody made up names nobody.
#[tokio::test]
async fn a_hint_that_is_no_id_token_of_ours_is_refused() {
    let world = World::new().await;
    let (mut browser, ada) = kept_token(&world, ADA).await;
    for hint in ["x", &format!("{ada}A"), "eyJhbGciOiJub25lIn0.e30."] {
        for more in [&[("id_token_hint", hint)][..], &[("id_token_hint", hint), ("prompt", "none")]] {
            let (_, seen) = ask(&world, &mut browser, more).await;
            assert_eq!(error(&seen), "invalid_request", "{hint}");
        }
    }
}

/// OIDC Core §3.1.2.1: `max_age=0` is `prompt=login`, asked of the identity provider once.
#[tokio::test]
async fn an_age_of_nothing_asks_for_a_new_sign_in_and_never_in_circles() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let (pending, sent) = ask(&world, &mut browser, &[("max_age", "0")]).await;
    assert!(request_of(&sent).contains("ForceAuthn=\"true\""));
    let since = world.now() - SignedDuration::from_hours(3);
    let delivery = world.entra.answer(&sent.location(), &Person::new(ADA).signed_in_since(since)).unwrap();
    world.pass(SignedDuration::from_secs(2));
    let arrived = browser.deliver(&delivery).await;
    let token = world.redeem(&browser, &pending, &arrived.location()).await;
    assert_eq!(token.auth_time, Some(world.now().as_second() - 2));
    let (_, silent) = ask(&world, &mut browser, &[("max_age", "0"), ("prompt", "none")]).await;
    assert_eq!(error(&silent), "login_required", "no session satisfies that");
}

/// An identity provider that answers from an old session though it was asked for a new one is refused, once.
#[tokio::test]
async fn an_old_session_at_the_identity_provider_ends_in_a_refusal_not_in_circles() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let (_, sent) = ask(&world, &mut browser, &[("max_age", "0")]).await;
    let old = world.now() - SignedDuration::from_hours(3);
    let bent = world.answer_bent(&sent, ADA, |draft| draft.response.authn_instant = old.to_string());
    browser.deliver(&bent).await.shows(StatusCode::FORBIDDEN, "<code>");
}

/// Somebody who came by a certificate.
async fn signed_in_by_certificate(world: &World) -> Browser {
    let mut browser = world.browser();
    let (_, sent) = world.start(&mut browser, &world.acme).await;
    let delivery = world.entra.answer(&sent.location(), &Person::new(ADA).by(Method::X509)).unwrap();
    assert!(browser.deliver(&delivery).await.location().starts_with(CALLBACK));
    browser
}

/// OIDC Core §3.1.2.1, E-17: a session by a method that is wished for serves; else the identity provider is asked for it.
#[tokio::test]
async fn a_method_that_is_wished_for_is_asked_for_where_the_session_has_another() {
    let world = World::new().await;
    let mut browser = signed_in_by_certificate(&world).await;
    let (certificate, password) = (AuthnContextClassRef::X509, AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT);
    let both = format!("{} {}", password.as_str(), certificate.as_str());
    let (pending, seen) = ask(&world, &mut browser, &[("acr_values", &both)]).await;
    world.redeem(&browser, &pending, &seen.location()).await;

    let wish = format!("loa2 {}", password.as_str());
    let (_, silent) = ask(&world, &mut browser, &[("acr_values", &wish), ("prompt", "none")]).await;
    assert_eq!(error(&silent), "login_required");
    let (pending, sent) = ask(&world, &mut browser, &[("acr_values", &wish)]).await;
    let request = request_of(&sent);
    let class = format!("<saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>", password.as_str());
    assert!(request.contains("Comparison=\"exact\"") && request.contains(&class), "{request}");
    assert!(!request.contains("loa2") && request.contains("ForceAuthn=\"true\""), "{request}");
    // Signed in there by a certificate too: without ForceAuthn that were AADSTS75011.
    let delivery = world.entra.answer(&sent.location(), &Person::new(ADA).by(Method::X509)).unwrap();
    let arrived = browser.deliver(&delivery).await;
    world.redeem(&browser, &pending, &arrived.location()).await;
    let (pending, seen) = ask(&world, &mut browser, &[("acr_values", &wish), ("prompt", "none")]).await;
    world.redeem(&browser, &pending, &seen.location()).await;
}

/// OIDC Core §5.5.1.1: a wish; whoever comes by another method is let in, and is not sent round again.
#[tokio::test]
async fn a_method_that_is_wished_for_and_does_not_come_about_is_no_refusal() {
    let world = World::new().await;
    let mut browser = signed_in_by_certificate(&world).await;
    let wish = AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT;
    let (pending, sent) = ask(&world, &mut browser, &[("acr_values", wish.as_str())]).await;
    let bent = world.answer_bent(&sent, ADA, |draft| {
        draft.response.authn_context = AuthnContextClassRef::X509.as_str().to_owned();
    });
    let arrived = browser.deliver(&bent).await;
    world.redeem(&browser, &pending, &arrived.location()).await;

    // What is no URI cannot be asked for.
    let (pending, sent) = ask(&world, &mut browser, &[("acr_values", "loa2 a:")]).await;
    let request = request_of(&sent);
    assert!(!request.contains("RequestedAuthnContext") && !request.contains("ForceAuthn"), "{request}");
    let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
    world.redeem(&browser, &pending, &arrived.location()).await;
}

/// What the connection demands is demanded of everybody, and no wish takes its place.
#[tokio::test]
async fn the_methods_of_a_connection_come_before_wishes() {
    let world = World::new().await;
    let own = AuthnContextClassRef::PASSWORD_PROTECTED_TRANSPORT;
    world.set(&world.acme, |saml| saml.authn_context = vec![own.clone()]).await;
    let wish = AuthnContextClassRef::X509;
    let (_, sent) = ask(&world, &mut world.browser(), &[("acr_values", wish.as_str())]).await;
    let request = request_of(&sent);
    assert!(request.contains(own.as_str()) && !request.contains(wish.as_str()), "{request}");
    assert!(!request.contains("ForceAuthn"), "{request}");
}

/// OIDC Core §3.1.2.1: the pages of this sign-in speak the first language of the list that we speak, and no later ones do.
#[tokio::test]
async fn the_pages_of_a_sign_in_speak_the_language_that_the_application_wants() {
    let world = World::new().await;
    let mut browser = world.browser();
    let german = |page: &Seen| assert!(page.body.contains("<html lang=\"de\">"), "{}: {}", page.url, page.body);
    let (_, page) = world.start_at(&mut browser, BASE, &[("ui_locales", "fr-CA de-AT en")]).await;
    german(&page);
    let discover = format!("{BASE}/sign-in/discover");
    let to = hidden(&page, "to");
    german(&browser.post(&discover, &[("email", "nobody@nowhere.example"), ("to", &to)]).await);
    german(&browser.post(&discover, &[("email", "no address"), ("to", &to)]).await);
    let (_, page) = world.start_at(&mut browser, BASE, &[]).await;
    page.shows(StatusCode::OK, "<html lang=\"en\">");
    let (_, page) = world.start_at(&mut browser, BASE, &[("ui_locales", "fr")]).await;
    page.shows(StatusCode::OK, "<html lang=\"en\">");
}

/// Also where the identity provider's own page brings the browser, so that no cookie comes with it; and not after.
#[tokio::test]
async fn a_refusal_speaks_the_language_that_the_application_wants() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (_, sent) = ask(&world, &mut browser, &[("ui_locales", "de")]).await;
    let bent = world.answer_bent(&sent, ADA, |draft| draft.response.audiences = vec!["urn:other".to_owned()]);
    browser.deliver(&bent).await.shows(StatusCode::FORBIDDEN, "<html lang=\"de\">");

    let (pending, sent) = ask(&world, &mut browser, &[("ui_locales", "de")]).await;
    let arrived = browser.deliver(&world.answer(&sent, ADA)).await;
    world.redeem(&browser, &pending, &arrived.location()).await;
    browser.get(&format!("{}/me", world.acme.origin)).await.shows(StatusCode::OK, "<html lang=\"en\">");
}

/// SC-12: a domain leads as an address of it would. What says more counts more.
#[tokio::test]
async fn a_domain_leads_to_the_account_for_which_it_is_proved() {
    let world = World::new().await;
    let [acme, globex] = [&world.acme, &world.globex].map(|party| party.tenant);
    for (hints, tenant) in [
        (&[("domain_hint", "acme.example")][..], acme),
        (&[("domain_hint", "ACME.example")], acme),
        (&[("domain_hint", "acme.example"), ("login_hint", "ada")], acme),
        (&[("domain_hint", "acme.example"), ("login_hint", "dora@globex.example")], globex),
        (&[("domain_hint", "acme.example"), ("account", "globex")], globex),
    ] {
        let (_, sent) = world.start_at(&mut world.browser(), BASE, hints).await;
        assert!(sent.location().starts_with(&format!("{ENTRA}/{tenant}/")), "{hints:?}: {}", sent.location());
    }
    // A guest's domain does not lead away from the account whose address was opened.
    let mut browser = signed_in(&world).await;
    let (pending, seen) = ask(&world, &mut browser, &[("domain_hint", "globex.example")]).await;
    world.redeem(&browser, &pending, &seen.location()).await;
}

/// SC-23, SC-24: a domain of nobody gets the page that no hint gets, and so does what is no domain.
#[tokio::test]
async fn a_domain_that_leads_nowhere_tells_nothing() {
    let world = World::new().await;
    let bare = |page: &Seen| page.body.split("name=\"to\"").next().unwrap().to_owned();
    let (_, none) = world.start_at(&mut world.browser(), BASE, &[]).await;
    for hint in ["nowhere.example", "organizations", "a b", "*"] {
        let (_, page) = world.start_at(&mut world.browser(), BASE, &[("domain_hint", hint)]).await;
        assert_eq!((page.status, bare(&page)), (StatusCode::OK, bare(&none)), "{hint}");
    }
}

/// OAuth 2.0 Form Post Response Mode §2: the answer is in a form that leads to the one address, and nobody keeps it.
#[tokio::test]
async fn an_answer_is_posted_where_the_application_wants_it() {
    let world = World::new().await;
    let mut browser = world.browser();
    let form_post = ("response_mode", "form_post");
    let (pending, sent) = ask(&world, &mut browser, &[form_post]).await;
    let first = browser.deliver(&world.answer(&sent, ADA)).await;
    world.redeem(&browser, &pending, &posted(&first, &["code", "state", "iss"])).await;
    assert!(browser.cookie("acme.localhost:8400", "vestibule_session").is_some(), "the session came with it");

    let (pending, again) = ask(&world, &mut browser, &[form_post, ("prompt", "none")]).await;
    world.redeem(&browser, &pending, &posted(&again, &["code", "state", "iss"])).await;
    for page in [&first, &again] {
        assert_eq!(page.headers["cache-control"], "no-store");
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("; form-action http://app.localhost:8400; "), "{policy}");
        assert!(page.body.contains("<button type=\"submit\"") && page.body.contains("<script src=\"/assets/post."));
        assert!(!page.headers.contains_key(LOCATION));
    }
}

/// The same for errors; a mode that is not offered is told in the query, which the standard's default is.
#[tokio::test]
async fn an_error_is_posted_where_the_application_wants_it() {
    let world = World::new().await;
    let more = [("response_mode", "form_post"), ("prompt", "none")];
    let (pending, page) = ask(&world, &mut world.browser(), &more).await;
    let callback = posted(&page, &["error", "error_description", "state", "iss"]);
    assert_eq!(parameter(&callback, "error").as_deref(), Some("login_required"));
    assert_eq!(parameter(&callback, "state"), Some(pending.state));
    assert_eq!(parameter(&callback, "iss").as_deref(), Some(BASE));
    let wrong = [("response_mode", "form_post"), ("max_age", "x")];
    let (_, page) = ask(&world, &mut world.browser(), &wrong).await;
    assert_eq!(hidden(&page, "error"), "invalid_request");
    for mode in ["fragment", "web_message", "query.jwt"] {
        let (_, seen) = ask(&world, &mut world.browser(), &[("response_mode", mode)]).await;
        assert_eq!(error(&seen), "invalid_request");
    }
}

/// OIDC Core §3.1.2.1: a request may be posted; the browser asks once more by GET, with its session.
#[tokio::test]
async fn a_request_may_be_posted() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let endpoint = format!("{}/oidc/authorize", world.acme.origin);
    let (client, callback) = (ClientId::new(CLIENT).unwrap(), vestibule_oidc::RedirectUri::new(CALLBACK).unwrap());
    let pending = Pending::from_random(&[5; 96]);
    let url = pending.authorization_url(&endpoint, &client, &callback, "openid", &[("login_hint", "ada ü&=")]);
    let body = url.split_once('?').unwrap().1.to_owned();
    let seen = browser.post_from_elsewhere(&endpoint, body).await;
    assert_eq!(seen.location(), url);
    let seen = browser.get(&seen.location()).await;
    world.redeem(&browser, &pending, &seen.location()).await;
}

#[tokio::test]
async fn a_posted_request_is_bounded_and_a_form() {
    let world = World::new().await;
    let mut browser = world.browser();
    let endpoint = format!("{BASE}/oidc/authorize");
    let long = format!("client_id={CLIENT}&state={}", "x".repeat(8 * 1024));
    assert_eq!(browser.post_from_elsewhere(&endpoint, long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    for body in ["client_id=a#b", "client_id=a b", "client_id=ä", "client_id=a\r\nLocation: x"] {
        let seen = browser.post_from_elsewhere(&endpoint, body.to_owned()).await;
        assert_eq!(seen.status, StatusCode::BAD_REQUEST, "{body:?}");
    }
    let json = [("content-type", "application/json")];
    assert_eq!(browser.raw("POST", &endpoint, &json, "{}".to_owned()).await.status, StatusCode::BAD_REQUEST);
    let empty = browser.post_from_elsewhere(&endpoint, String::new()).await;
    browser.get(&empty.location()).await.shows(StatusCode::BAD_REQUEST, "in a way that we do not understand");
}

async fn redeem(browser: &Browser, code: &str, redirect_uri: &str, verifier: Option<&str>) -> Seen {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs([("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri)]);
    body.extend_pairs(verifier.map(|verifier| ("code_verifier", verifier)));
    let authorization = relying_party::basic_authorization(&ClientId::new(CLIENT).unwrap(), SECRET);
    browser.as_application(&format!("{BASE}/oidc/token"), body.finish(), &authorization).await
}

/// RFC 9700 §2.1.1, §4.8.2: PKCE is left out only where the operator says so, only with a nonce, and never taken back.
#[tokio::test]
async fn pkce_is_left_out_where_the_operator_says_so_and_a_nonce_stands_in() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    let origin = &world.acme.origin;
    let with_nonce = format!("{origin}/oidc/authorize?{}", plain(CALLBACK, &[("nonce", "n-1")]));
    assert_eq!(error(&browser.get(&with_nonce).await), "invalid_request", "required by default");

    world.change_application(|application| application.settings.pkce = Pkce::Optional).await;
    let without = format!("{origin}/oidc/authorize?{}", plain(CALLBACK, &[]));
    let refused = browser.get(&without).await;
    assert_eq!(error(&refused), "invalid_request");
    assert!(parameter(&refused.location(), "error_description").unwrap().contains("must send a nonce"));

    let code = |seen: Seen| parameter(&seen.location(), "code").unwrap();
    let first = code(browser.get(&with_nonce).await);
    let verifier = "v".repeat(43);
    redeem(&browser, &first, CALLBACK, Some(&verifier)).await.shows(StatusCode::BAD_REQUEST, "invalid_grant");
    redeem(&browser, &first, CALLBACK, None).await.shows(StatusCode::OK, "id_token");
    let (pending, seen) = ask(&world, &mut browser, &[]).await;
    let stripped = redeem(&browser, &code(seen.clone()), CALLBACK, None).await;
    stripped.shows(StatusCode::BAD_REQUEST, "invalid_request");
    world.redeem(&browser, &pending, &seen.location()).await;
}

async fn native(world: &World, addresses: &[&str]) {
    let addresses: Vec<String> = addresses.iter().map(|address| (*address).to_owned()).collect();
    world
        .change_application(|application| {
            application.settings.native = true;
            application.settings.redirect_uris = addresses;
        })
        .await;
}

const CHALLENGE: [(&str, &str); 2] =
    [("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), ("code_challenge_method", "S256")];
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// RFC 8252 §7.3: the answer goes to the port that was asked for, and the code is good for that one alone.
#[tokio::test]
async fn a_native_application_is_answered_at_any_port_of_the_loopback_interface() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    native(&world, &["http://127.0.0.1/cb", "http://[::1]/cb"]).await;
    for own in ["http://127.0.0.1:51004/cb", "http://[::1]:51004/cb"] {
        let url = format!("{}/oidc/authorize?{}", world.acme.origin, plain(own, &CHALLENGE));
        let location = browser.get(&url).await.location();
        assert!(location.starts_with(&format!("{own}?code=")), "{location}");
        let code = parameter(&location, "code").unwrap();
        let other = own.replace("51004", "51005");
        redeem(&browser, &code, &other, Some(VERIFIER)).await.shows(StatusCode::BAD_REQUEST, "invalid_grant");
        redeem(&browser, &code, own, Some(VERIFIER)).await.shows(StatusCode::OK, "id_token");
    }
    world.change_application(|application| application.settings.native = false).await;
    let url = format!("{}/oidc/authorize?{}", world.acme.origin, plain("http://127.0.0.1:51004/cb", &CHALLENGE));
    browser.get(&url).await.shows(StatusCode::BAD_REQUEST, "registered with native = true");
}

/// RFC 8252 §7.3, RFC 9700 §2.1: whatever only looks like a registered address is shown, and nothing is sent there.
#[tokio::test]
async fn an_address_that_only_looks_like_the_loopback_interface_is_never_followed() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    native(&world, &["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/callback"]).await;
    for evil in [
        "http://127.0.0.1.evil.test/cb",
        "http://127.0.0.1:1@evil.test/cb",
        "http://user@127.0.0.1/cb",
        "http://127.0.0.1./cb",
        "http://127.0.0.1:51004/cb/",
        "http://127.0.0.1:51004/cb?x=1",
        "http://127.0.0.1:51004/%63b",
        "http://127.0.0.1:51004/cb#",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.2:51004/cb",
        "http://localhost:51004/cb",
        "http://[::1%25lo]:51004/cb",
        "http://[::1].evil.test/cb",
        "http://%31%32%37.0.0.1:51004/cb",
        "HTTP://127.0.0.1:51004/cb",
        "https://127.0.0.1:51004/cb",
        "Com.example.app:/callback",
        "com.example.app:/callback/",
        "com.example.app.evil:/callback",
        "javascript:alert(1)",
        "data:text/html,x",
    ] {
        let url = format!("{}/oidc/authorize?{}", world.acme.origin, plain(evil, &CHALLENGE));
        let seen = browser.get(&url).await;
        seen.shows(StatusCode::BAD_REQUEST, "at an address that is not registered");
        assert!(!seen.headers.contains_key(LOCATION), "{evil}");
    }
}

/// RFC 8252 §7.1: by a redirection; and by a page where a browser would not follow one, which is after a form.
#[tokio::test]
async fn a_native_application_is_answered_at_a_scheme_of_its_own() {
    let world = World::new().await;
    let mut browser = signed_in(&world).await;
    native(&world, &["com.example.app:/callback"]).await;
    let query = plain("com.example.app:/callback", &CHALLENGE);
    let url = format!("{}/oidc/authorize?{query}", world.acme.origin);
    let seen = browser.get(&url).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER);
    let location = seen.headers[LOCATION].to_str().unwrap();
    assert!(location.starts_with("com.example.app:/callback?code="), "{location}");

    let discover = format!("{}/sign-in/discover", world.acme.origin);
    let page = browser.post(&discover, &[("email", ADA), ("to", &query)]).await;
    page.shows(StatusCode::OK, "<meta http-equiv=\"refresh\" content=\"0;url=com.example.app:/callback?code=");
    page.shows(StatusCode::OK, "href=\"com.example.app:/callback?code=");

    let posted = format!("{url}&response_mode=form_post");
    let seen = browser.get(&posted).await;
    let location = seen.headers[LOCATION].to_str().unwrap();
    assert!(location.starts_with("com.example.app:/callback?error=invalid_request&"), "{location}");
    world.change_application(|application| application.settings.native = false).await;
    browser.get(&url).await.shows(StatusCode::BAD_REQUEST, "at an address that is not registered");
}

/// A choice of ways is kept where there are several, whoever asks.
#[tokio::test]
async fn who_is_to_choose_sees_all_ways() {
    let world = World::new().await;
    let mut second = world.connection(&world.acme).await;
    (second.id, second.version) = (ConnectionId::new(start(), [9; 10]), 0);
    second.name = "second".parse().unwrap();
    second.state = ConnectionState::Active;
    world.save_connection(&second).await;
    let mut browser = world.browser();
    let (_, page) = ask(&world, &mut browser, &[("prompt", "select_account")]).await;
    assert_eq!(page.body.matches("name=\"connection\"").count(), 2, "{}", page.body);
    assert!(world.facts().await.iter().all(|fact| !matches!(fact, Fact::SignInStarted { .. })));
}
