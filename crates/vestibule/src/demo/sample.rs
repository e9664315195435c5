//! Orchard, an invented product: what an application has to do to let people in by Vestibule.
//!
//! ```text
//! home ─▶ sign-in: state, nonce, verifier kept ─▶ Vestibule ─▶ callback: code redeemed, ID token believed ─▶ home
//! ```

mod pages;
mod visitors;

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use thiserror::Error;
use tower::ServiceExt as _;
use vestibule_oidc::issuer::IssuerError;
use vestibule_oidc::relying_party::{
    CallbackError, Expectation, IdToken, Pending, Provider, ProviderError, TokenAnswer, VerifyError,
    basic_authorization, token_request_body, verify,
};
use vestibule_oidc::{ClientId, Issuer, Jwks, RedirectUri};

use crate::clock;
use crate::failure::Failure;
use crate::services;
use pages::{Home, Trouble, page};
use visitors::Visitors;

/// The most that is read of an answer of Vestibule's.
const MAX_ANSWER: usize = 64 * 1024;
/// The cookie of a sign-in that was begun.
const PENDING: &str = "orchard_pending";
/// The cookie of somebody who is signed in.
const SESSION: &str = "orchard_session";

/// What the application is set up with.
#[derive(Debug)]
pub(super) struct Setup {
    /// Its own origin.
    pub(super) own: String,
    /// Vestibule's.
    pub(super) issuer: String,
    /// The origin at which Acme's people sign in.
    pub(super) acme: String,
    pub(super) secret: &'static str,
    /// Vestibule, in whose process the application runs.
    pub(super) vestibule: Router,
}

struct Orchard {
    issuer: Issuer,
    acme: String,
    client_id: ClientId,
    redirect_uri: RedirectUri,
    secret: &'static str,
    vestibule: Router,
    visitors: Visitors,
}

/// Why somebody is not let in.
#[derive(Debug, Error)]
enum Refused {
    #[error("This browser has begun no sign-in, or too long ago.")]
    NotBegun,
    #[error(transparent)]
    Callback(#[from] CallbackError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
    #[error("Vestibule answered with status {status} at {path}: {body}")]
    Status { path: String, status: StatusCode, body: String },
    #[error("The answer at {path} cannot be read.")]
    Answer { path: String },
    #[error(transparent)]
    Token(#[from] VerifyError),
}

/// The application.
///
/// # Errors
/// An address of the demonstration that cannot be one.
pub(super) fn router(setup: Setup) -> Result<Router, Failure> {
    let invented = |error: String| Failure::StandIn { place: "the sample application".to_owned(), problem: error };
    let orchard = Orchard {
        issuer: Issuer::new(setup.issuer).map_err(|error: IssuerError| invented(error.to_string()))?,
        acme: setup.acme,
        client_id: ClientId::new("orchard").map_err(|error| invented(error.to_string()))?,
        redirect_uri: RedirectUri::new(format!("{}/callback", setup.own))
            .map_err(|error| invented(error.to_string()))?,
        secret: setup.secret,
        vestibule: setup.vestibule,
        visitors: Visitors::default(),
    };
    Ok(Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in))
        .route("/sign-in/acme", get(sign_in_at_acme))
        .route("/callback", get(callback))
        .route("/sign-out", post(sign_out))
        .route("/orchard.css", get(style))
        .fallback(missing)
        .with_state(Arc::new(orchard)))
}

async fn home(State(orchard): State<Arc<Orchard>>, headers: HeaderMap) -> Response {
    let visitor = cookie(&headers, SESSION).and_then(|token| orchard.visitors.signed_in(token));
    page(StatusCode::OK, &Home::new(visitor.as_ref()))
}

/// Where everybody begins, whatever their company: Vestibule finds it out.
async fn sign_in(State(orchard): State<Arc<Orchard>>, RawQuery(query): RawQuery) -> Response {
    let hint = query.as_deref().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("account="));
    // A slug needs no decoding; whatever else stands there names no account.
    let account = hint.filter(|hint| hint.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte)));
    let more: Vec<(&str, &str)> = account.map(|account| ("account", account)).into_iter().collect();
    begin(&orchard, orchard.issuer.as_str(), &more)
}

/// Where Acme's people begin: the host names the account.
async fn sign_in_at_acme(State(orchard): State<Arc<Orchard>>) -> Response {
    begin(&orchard, &orchard.acme, &[])
}

fn begin(orchard: &Orchard, origin: &str, more: &[(&str, &str)]) -> Response {
    let pending = Pending::from_random(&services::random());
    let endpoint = format!("{origin}/oidc/authorize");
    let url = pending.authorization_url(&endpoint, &orchard.client_id, &orchard.redirect_uri, "openid email", more);
    let token = orchard.visitors.begin(pending, clock::now());
    with_cookie(Redirect::to(&url).into_response(), PENDING, &token, 1800)
}

async fn callback(State(orchard): State<Arc<Orchard>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let pending = cookie(&headers, PENDING).and_then(|token| orchard.visitors.take(token, clock::now()));
    match orchard.admit(pending, &query.unwrap_or_default()).await {
        Ok(token) => {
            let session = orchard.visitors.admit(token);
            let response = with_cookie(Redirect::to("/").into_response(), PENDING, "", 0);
            with_cookie(response, SESSION, &session, 12 * 3600)
        }
        Err(refused) => page(StatusCode::BAD_REQUEST, &Trouble { sentence: refused.to_string() }),
    }
}

async fn sign_out(State(orchard): State<Arc<Orchard>>, headers: HeaderMap) -> Response {
    if let Some(token) = cookie(&headers, SESSION) {
        orchard.visitors.sign_out(token);
    }
    with_cookie(Redirect::to("/").into_response(), SESSION, "", 0)
}

async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("sample/orchard.css")).into_response()
}

async fn missing() -> Response {
    page(StatusCode::NOT_FOUND, &Trouble { sentence: "There is nothing at this address.".to_owned() })
}

impl Orchard {
    /// The four checks of an application: is the answer ours, is it the issuer's, is the code good, is the token.
    async fn admit(&self, pending: Option<Pending>, query: &str) -> Result<IdToken, Refused> {
        let pending = pending.ok_or(Refused::NotBegun)?;
        let code = pending.check_callback(query, &self.issuer)?;
        let document = self.ask(get_of("/.well-known/openid-configuration")).await?;
        let provider = Provider::parse(&document, &self.issuer)?;
        let body = token_request_body(&code, self.redirect_uri.as_str(), &pending.code_verifier);
        let request = Request::post(path_of(&provider.token_endpoint))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, basic_authorization(&self.client_id, self.secret))
            .body(Body::from(body));
        let answer = self.ask(request).await?;
        let unreadable = |path: &str| Refused::Answer { path: path.to_owned() };
        let answer = TokenAnswer::parse(&answer).map_err(|_| unreadable(path_of(&provider.token_endpoint)))?;
        let keys = self.ask(get_of(path_of(&provider.jwks_uri))).await?;
        let keys = Jwks::parse(&keys).map_err(|_| unreadable(path_of(&provider.jwks_uri)))?;
        let expected =
            Expectation { issuer: &self.issuer, audience: &self.client_id, nonce: &pending.nonce, now: clock::now() };
        Ok(verify(&answer.id_token, &keys, &expected)?)
    }

    /// A request to Vestibule, which is in this process: what an application elsewhere sends by HTTPS.
    async fn ask(&self, request: http::Result<Request<Body>>) -> Result<String, Refused> {
        let mut request = request.map_err(|_| Refused::Answer { path: "the provider's address".to_owned() })?;
        let path = request.uri().path().to_owned();
        let unreadable = || Refused::Answer { path: path.clone() };
        let host = HeaderValue::from_str(host_of(self.issuer.as_str())).map_err(|_| unreadable())?;
        request.headers_mut().insert(HOST, host);
        let response = match self.vestibule.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), MAX_ANSWER).await.map_err(|_| unreadable())?;
        let body = String::from_utf8(body.to_vec()).map_err(|_| unreadable())?;
        if status == StatusCode::OK { Ok(body) } else { Err(Refused::Status { path, status, body }) }
    }
}

fn get_of(path: &str) -> http::Result<Request<Body>> {
    Request::get(path).body(Body::empty())
}

fn host_of(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// The path of an address at the issuer.
fn path_of(url: &str) -> &str {
    let rest = host_of(url);
    rest.find('/').map_or("/", |at| &rest[at..])
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

fn with_cookie(mut response: Response, name: &str, value: &str, seconds: u32) -> Response {
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

impl fmt::Debug for Orchard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orchard").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
