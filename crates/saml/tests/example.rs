//! The example of the crate, driven by a browser and the stand-in for Entra ID: it lets in whom it should and no other.

#[path = "../examples/sp.rs"]
#[expect(dead_code, reason = "its own main reads the environment and listens")]
mod sp;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use tower::ServiceExt as _;
use vestibule_mock_entra::service::{Entra, Person, Seed, Surroundings};
use vestibule_saml::metadata::{Reading, SpMetadata};

const TENANT: &str = "11111111-aaaa-4000-8000-000000000001";
const APP: &str = "22222222-aaaa-4000-8000-000000000001";
const BASE: &str = "https://app.test";
const NOT_SIGNED_IN: &str = "<a href='/saml/login'>Sign in</a>";

const SEED: &str = r#"
[[tenants]]
id = "11111111-aaaa-4000-8000-000000000001"
name = "Acme"
domains = ["acme.example"]

[[tenants.users]]
user_principal_name = "ada@acme.example"
password = "correct horse"

[[tenants.applications]]
app_id = "22222222-aaaa-4000-8000-000000000001"
name = "App"
identifiers = ["https://app.test/saml/metadata"]
reply_urls = ["https://app.test/saml/acs"]
assignments = [{ principal = "ada@acme.example" }]
"#;

#[tokio::test]
async fn somebody_whom_entra_vouches_for_is_signed_in() {
    let world = World::new();
    let mut browser = world.browser();
    assert_eq!(browser.get("/").await.body, NOT_SIGNED_IN);
    let answer = world.answer(&browser.get("/saml/login").await.location());
    let page = browser.post(&answer).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, "/".to_owned()));
    assert_eq!(browser.get("/").await.body, "You are ada@acme.example.");
    assert_eq!(world.browser().get("/").await.body, NOT_SIGNED_IN);
}

#[tokio::test]
async fn a_response_counts_once() {
    let world = World::new();
    let mut browser = world.browser();
    let answer = world.answer(&browser.get("/saml/login").await.location());
    assert_eq!(browser.post(&answer).await.status, StatusCode::SEE_OTHER);
    browser.assert_refused(&answer).await;
}

#[tokio::test]
async fn an_answer_to_another_request_is_refused_and_spoils_nothing() {
    let world = World::new();
    let (mut browser, mut other) = (world.browser(), world.browser());
    let answer = world.answer(&browser.get("/saml/login").await.location());
    // A browser that did not ask, and one that asked something else.
    other.assert_refused(&answer).await;
    other.get("/saml/login").await;
    other.assert_refused(&answer).await;
    assert_eq!(other.get("/").await.body, NOT_SIGNED_IN);
    assert_eq!(browser.post(&answer).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_answer_that_comes_late_is_refused() {
    let world = World::new();
    let mut browser = world.browser();
    let answer = world.answer(&browser.get("/saml/login").await.location());
    LATER.set(SignedDuration::from_hours(2));
    browser.assert_refused(&answer).await;
}

#[tokio::test]
async fn a_session_ends_after_eight_hours() {
    let world = World::new();
    let mut browser = world.browser();
    let answer = world.answer(&browser.get("/saml/login").await.location());
    browser.post(&answer).await;
    LATER.set(SignedDuration::from_secs(8 * 3600 - 1));
    assert_eq!(browser.get("/").await.body, "You are ada@acme.example.");
    LATER.set(SignedDuration::from_hours(8));
    assert_eq!(browser.get("/").await.body, NOT_SIGNED_IN);
}

#[tokio::test]
async fn an_answer_to_nothing_is_refused() {
    let world = World::new();
    let mut browser = world.browser();
    let unasked = world.entra.unsolicited(TENANT, APP, &ada()).unwrap().body();
    browser.assert_refused(&unasked).await;
    browser.get("/saml/login").await;
    browser.assert_refused(&unasked).await;
}

#[tokio::test]
async fn an_answer_to_a_request_of_another_process_is_refused() {
    let world = World::new();
    let mut browser = world.browser();
    let answer = world.answer(&browser.get("/saml/login").await.location());
    browser.router = world.router();
    browser.assert_refused(&answer).await;
}

#[tokio::test]
async fn a_response_with_one_byte_changed_is_refused() {
    let world = World::new();
    let mut browser = world.browser();
    let url = browser.get("/saml/login").await.location();
    let mut delivery = world.entra.answer(&url, &ada()).unwrap();
    let genuine = delivery.body();
    let changed = delivery.xml.replace("ada@acme.example", "bda@acme.example");
    assert_ne!(changed, delivery.xml);
    delivery.saml_response = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, changed);
    browser.assert_refused(&delivery.body()).await;
    assert_eq!(browser.post(&genuine).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_response_for_another_audience_or_place_or_time_is_refused() {
    let world = World::new();
    let mut browser = world.browser();
    let url = browser.get("/saml/login").await.location();
    let bent = |bend: fn(&mut vestibule_mock_entra::service::Draft)| {
        world.entra.answer_bent(&url, &ada(), bend).unwrap().body()
    };
    let bodies = [
        bent(|draft| draft.response.audiences = vec!["https://other.test/saml/metadata".into()]),
        bent(|draft| draft.response.recipient = Some("https://other.test/saml/acs".into())),
        bent(|draft| draft.response.not_on_or_after = Some("2026-03-02T09:00:00Z".into())),
    ];
    for body in bodies {
        browser.assert_refused(&body).await;
    }
    assert_eq!(browser.post(&bent(|_| {})).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_no_response_is_refused() {
    let mut browser = World::new().browser();
    browser.get("/saml/login").await;
    for body in ["", "SAMLResponse=", "SAMLResponse=%", "SAMLRequest=PGEvPg%3D%3D", "SAMLResponse=PGEvPg%3D%3D"] {
        browser.assert_refused(body).await;
    }
}

#[tokio::test]
async fn cookies_are_for_this_host_over_https_and_hidden_from_scripts() {
    let world = World::new();
    let mut browser = world.browser();
    let page = browser.get("/saml/login").await;
    let request = page.cookie.clone().unwrap();
    let session = browser.post(&world.answer(&page.location())).await.cookie.unwrap();
    assert!(request.starts_with("__Host-request="), "{request}");
    assert!(session.starts_with("__Host-session="), "{session}");
    for cookie in [&request, &session] {
        assert!(cookie.contains("; Path=/; Secure; HttpOnly; SameSite="), "{cookie}");
    }
}

#[tokio::test]
async fn the_metadata_names_us_and_where_answers_go() {
    let page = World::new().browser().get("/saml/metadata").await;
    let metadata = SpMetadata::parse(page.body.as_bytes(), &Reading::at(now())).unwrap();
    assert_eq!(metadata.entity_id.as_str(), "https://app.test/saml/metadata");
    let service = metadata.default_assertion_consumer_service().unwrap();
    assert_eq!(service.location.as_str(), "https://app.test/saml/acs");
}

thread_local! {
    /// How much later than at the start of the test it is. Each test has a thread of its own.
    static LATER: Cell<SignedDuration> = const { Cell::new(SignedDuration::ZERO) };
}

fn now() -> Timestamp {
    let start: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
    start + LATER.get()
}

fn ada() -> Person {
    Person::new("ada@acme.example")
}

/// The stand-in, and the example that trusts it.
struct World {
    entra: Entra,
    router: Router,
}

impl World {
    fn new() -> Self {
        let drawn = AtomicU8::new(0);
        let surroundings = Surroundings {
            base_url: "https://entra.test".into(),
            clock: Arc::new(now),
            entropy: Arc::new(move |octets| octets.fill(drawn.fetch_add(1, Ordering::Relaxed))),
        };
        let entra = Entra::new(Seed::from_toml(SEED).unwrap(), surroundings).unwrap();
        let router = trusting(&entra);
        Self { entra, router }
    }

    /// The example anew, as after a restart.
    fn router(&self) -> Router {
        trusting(&self.entra)
    }

    fn browser(&self) -> Browser {
        Browser { router: self.router.clone(), cookies: Vec::new() }
    }

    /// What Ada's browser posts after she signed in at the address that it was sent to.
    fn answer(&self, url: &str) -> String {
        self.entra.answer(url, &ada()).unwrap().body()
    }
}

fn trusting(entra: &Entra) -> Router {
    sp::router(BASE, entra.metadata(TENANT, Some(APP)).unwrap().as_bytes(), now).unwrap()
}

/// Keeps cookies.
struct Browser {
    router: Router,
    cookies: Vec<(String, String)>,
}

struct Page {
    status: StatusCode,
    location: Option<String>,
    cookie: Option<String>,
    body: String,
}

impl Page {
    fn location(&self) -> String {
        self.location.clone().expect("a place to go")
    }
}

impl Browser {
    async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path), String::new()).await
    }

    async fn post(&mut self, body: &str) -> Page {
        let request = Request::post("/saml/acs").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, body.to_owned()).await
    }

    async fn assert_refused(&mut self, body: &str) {
        let page = self.post(body).await;
        assert_eq!((page.status, page.cookie), (StatusCode::FORBIDDEN, None), "{body}");
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Page {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(header::COOKIE, cookies.join("; ")).body(Body::from(body)).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let text = |name| parts.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let cookie = text(header::SET_COOKIE);
        if let Some((name, rest)) = cookie.as_deref().and_then(|cookie| cookie.split_once('=')) {
            self.cookies.retain(|(other, _)| other != name);
            self.cookies.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
        }
        let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Page { status: parts.status, location: text(header::LOCATION), cookie, body }
    }
}
