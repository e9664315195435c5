//! A service provider on axum: people sign in with one identity provider, such as Microsoft Entra ID.
//!
//! `BASE_URL=https://app.example IDP_METADATA=entra.xml cargo run --example sp` listens on 127.0.0.1:3000, behind a
//! proxy that speaks https for the base URL. The identity provider reads our side at `/saml/metadata`. Sessions and
//! used assertions live in memory: several processes have to share them, and the key, in a database.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use aws_lc_rs::{hmac, rand};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, body::Bytes};
use jiff::{SignedDuration, Timestamp};
use vestibule_saml::binding::post::PostBinding;
use vestibule_saml::metadata::{IdpMetadata, Reading, SpMetadata};
use vestibule_saml::sp::{Expectation, Expected, IdpTrust, SpIdentity, accept_post, request::AuthnRequest};
use vestibule_saml::types::{AcsUrl, Binding, EndpointUrl, EntityId, RequestId};

struct Sp {
    clock: fn() -> Timestamp,
    key: hmac::Key,
    idp: IdpTrust,
    idp_until: Option<Timestamp>,
    sign_on: EndpointUrl,
    me: SpIdentity,
    acs_url: AcsUrl,
    /// Accepted assertions by ID, and until when each is remembered.
    used: Mutex<BTreeMap<String, Timestamp>>,
    /// Who is signed in by the value of the cookie, and until when.
    sessions: Mutex<BTreeMap<String, (String, Timestamp)>>,
}

pub(crate) fn router(base: &str, idp: &[u8], clock: fn() -> Timestamp) -> Result<Router, Box<dyn Error>> {
    let idp = IdpMetadata::parse(idp, &Reading::at(clock()))?;
    let sign_on = idp.single_sign_on(&Binding::HTTP_REDIRECT).ok_or("the metadata has no sign-on by HTTP-Redirect")?;
    let (sign_on, idp_until) = (sign_on.location.clone(), idp.valid_until);
    let idp = IdpTrust::new(idp.entity_id, &idp.signing_certificates)?;
    let me = SpIdentity { entity_id: EntityId::new(format!("{base}/saml/metadata"))?, decryption_keys: None };
    let acs_url = AcsUrl::new(format!("{base}/saml/acs"))?;
    let metadata = SpMetadata::new(me.entity_id.clone(), &acs_url).write();
    let metadata = ([(header::CONTENT_TYPE, "application/samlmetadata+xml")], metadata);
    // Another in each process: no request of before a restart is answered, so no answer counts before and after.
    let key = hmac::Key::new(hmac::HMAC_SHA256, random().as_bytes());
    let (used, sessions) = (Mutex::default(), Mutex::default());
    let sp = Arc::new(Sp { clock, key, idp, idp_until, sign_on, me, acs_url, used, sessions });
    let router = Router::new().route("/", get(home)).route("/saml/metadata", get(metadata));
    Ok(router.route("/saml/login", get(login)).route("/saml/acs", post(acs)).with_state(sp))
}

/// Asks the identity provider. The ID of the request follows from a secret that only this browser has and a key that
/// only we have, so nobody else can bring the answer, and a stranger who asks makes us store nothing.
async fn login(State(sp): State<Arc<Sp>>) -> impl IntoResponse {
    let (secret, now, us) = (random(), (sp.clock)(), sp.me.entity_id.clone());
    let request = AuthnRequest::new(sp.request_id(&secret), now, us, sp.sign_on.clone(), sp.acs_url.clone());
    let url = request.redirect_url(None, None, None).expect("only a signer can fail");
    // SameSite=None, for the answer is a POST from the identity provider's site.
    (set_cookie("request", &secret, "None; Max-Age=900"), Redirect::to(&url))
}

async fn acs(State(sp): State<Arc<Sp>>, headers: HeaderMap, body: Bytes) -> Result<impl IntoResponse, Response> {
    let session = sp.sign_in(&headers, &body).map_err(|why| {
        // Why is for us. Whoever sent it reads the same whatever the reason.
        eprintln!("sign-in refused: {why}");
        (StatusCode::FORBIDDEN, Html("You are not signed in. <a href='/saml/login'>Try again</a>")).into_response()
    })?;
    Ok((set_cookie("session", &session, "Lax"), Redirect::to("/")))
}

/// Says who is signed in: as plain text, for a name may hold anything.
async fn home(State(sp): State<Arc<Sp>>, headers: HeaderMap) -> Response {
    let mut sessions = sp.sessions.lock().unwrap();
    sessions.retain(|_, (_, until)| (sp.clock)() < *until);
    match cookie(&headers, "session").and_then(|session| sessions.get(session)) {
        Some((name, _)) => ([(header::CACHE_CONTROL, "no-store")], format!("You are {name}.")).into_response(),
        None => Html("<a href='/saml/login'>Sign in</a>").into_response(),
    }
}

impl Sp {
    fn request_id(&self, secret: &str) -> RequestId {
        let mut id = [0; 16];
        id.copy_from_slice(&hmac::sign(&self.key, secret.as_bytes()).as_ref()[..16]);
        RequestId::from_random(id)
    }

    /// From what a browser posts to a new session, or why there is none.
    fn sign_in(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, Box<dyn Error>> {
        let now = (self.clock)();
        if self.idp_until.is_some_and(|until| until <= now) {
            return Err("the identity provider's metadata has expired".into());
        }
        let request = self.request_id(cookie(headers, "request").ok_or("this browser did not ask")?);
        let expect = Expectation::new(&self.idp, &self.me, &self.acs_url, Expected::AnswerTo(request), now);
        let person = accept_post(&PostBinding::parse_response(body)?.base64, &expect).outcome?;
        let (id, until) = (person.replay.assertion_id, person.replay.remember_until);
        let mut used = self.used.lock().unwrap();
        used.retain(|_, until| now < *until);
        if used.insert(id, until).is_some() {
            return Err("this assertion signed in before".into());
        }
        let until = now.checked_add(SignedDuration::from_hours(8))?;
        let until = person.session_not_on_or_after.map_or(until, |theirs| theirs.min(until));
        let session = random();
        self.sessions.lock().unwrap().insert(session.clone(), (person.name_id.value, until));
        Ok(session)
    }
}

/// With `__Host-`, no neighbour under the same domain can set it.
fn set_cookie(name: &str, value: &str, same_site: &str) -> [(HeaderName, String); 1] {
    [(header::SET_COOKIE, format!("__Host-{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}"))]
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split("; ")).filter_map(|pair| pair.strip_prefix("__Host-"));
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// 128 random bits.
#[expect(clippy::disallowed_methods, reason = "the library draws nothing; this program does")]
fn random() -> String {
    let mut bits = [0; 16];
    rand::fill(&mut bits).expect("the system has a random generator");
    format!("{:032x}", u128::from_be_bytes(bits))
}

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "the library reads no clock; this program does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = std::env::var("BASE_URL").map_err(|_| "BASE_URL is wanted, such as https://app.example")?;
    let idp = std::env::var("IDP_METADATA").map_err(|_| "IDP_METADATA is wanted: the file of the metadata")?;
    let router = router(base.trim_end_matches('/'), &std::fs::read(idp)?, Timestamp::now)?;
    Ok(axum::serve(tokio::net::TcpListener::bind("127.0.0.1:3000").await?, router).await?)
}
