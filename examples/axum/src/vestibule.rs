//! What the application asks of Vestibule itself, without the browser: discovery, the code's redemption, the keys.

use std::fmt;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Request, StatusCode};
use tokio::sync::OnceCell;
use tower::ServiceExt as _;
use vestibule_oidc::relying_party::{Pending, Provider, TokenAnswer, basic_authorization, token_request_body};
use vestibule_oidc::{Issuer, Jwks};

use crate::settings::Client;
use crate::trouble::Trouble;

/// The most that is read of an answer, in octets.
const MAX_ANSWER: usize = 64 * 1024;
/// The longest that an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How requests reach Vestibule.
pub enum Transport {
    /// As from anywhere.
    Http(reqwest::Client),
    /// Vestibule runs in the same process.
    InProcess(Router),
}

/// A client for [`Transport::Http`].
///
/// # Errors
/// The machine's certificates cannot be read.
pub fn http_client(issuer: &Issuer) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    // An issuer at http is on this machine, where no proxy stands in between.
    let is_here = issuer.as_str().starts_with("http://");
    if is_here { builder.no_proxy().build() } else { builder.build() }
}

/// Vestibule, as an application asks it.
pub struct Vestibule {
    issuer: Issuer,
    transport: Transport,
    provider: OnceCell<Provider>,
}

impl Vestibule {
    /// The one that stands at `issuer`.
    pub fn new(issuer: Issuer, transport: Transport) -> Self {
        Self { issuer, transport, provider: OnceCell::new() }
    }

    /// Its addresses, which are asked for once.
    ///
    /// # Errors
    /// [`Trouble`]: it is out of reach, or another one answers.
    pub async fn provider(&self) -> Result<&Provider, Trouble> {
        let discover = async || {
            let url = format!("{}/.well-known/openid-configuration", self.issuer.as_str());
            let document = self.ask(Request::get(&url), &url, String::new()).await?;
            Ok(Provider::parse(&document, &self.issuer)?)
        };
        self.provider.get_or_try_init(discover).await
    }

    /// The ID token for a code, not believed yet.
    ///
    /// # Errors
    /// [`Trouble`]: Vestibule is out of reach, or refuses the code.
    pub async fn redeem(&self, client: &Client, code: &str, pending: &Pending) -> Result<String, Trouble> {
        let url = &self.provider().await?.token_endpoint;
        let request = Request::post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = token_request_body(code, client.redirect_uri.as_str(), &pending.code_verifier);
        // Whoever has no secret says who it is, and the verifier alone proves that the code is its own.
        let (request, body) = match &client.secret {
            Some(secret) => (request.header(AUTHORIZATION, basic_authorization(&client.id, secret)), body),
            None => (request, format!("{body}&client_id={}", client.id.as_str())),
        };
        let answer = self.ask(request, url, body).await?;
        let answer = TokenAnswer::parse(&answer).map_err(|_| Trouble::Unreadable { url: url.clone() })?;
        Ok(answer.id_token)
    }

    /// The keys that sign ID tokens. They follow each other, so each sign-in asks for them.
    ///
    /// # Errors
    /// [`Trouble`]: it is out of reach.
    pub async fn keys(&self) -> Result<Jwks, Trouble> {
        let url = &self.provider().await?.jwks_uri;
        let keys = self.ask(Request::get(url), url, String::new()).await?;
        Jwks::parse(&keys).map_err(|_| Trouble::Unreadable { url: url.clone() })
    }

    async fn ask(&self, request: http::request::Builder, url: &str, body: String) -> Result<String, Trouble> {
        let unreadable = || Trouble::Unreadable { url: url.to_owned() };
        let request = request.body(body).map_err(|_| unreadable())?;
        let (status, octets) = match &self.transport {
            Transport::Http(client) => over_http(client, request).await,
            Transport::InProcess(router) => in_process(router.clone(), request).await,
        }
        .ok_or_else(|| Trouble::Silent { url: url.to_owned() })?;
        let body = String::from_utf8(octets).map_err(|_| unreadable())?;
        match status {
            StatusCode::OK => Ok(body),
            _ => Err(Trouble::Status { url: url.to_owned(), status, body }),
        }
    }
}

/// Nothing where no whole answer came, or too long a one.
async fn over_http(client: &reqwest::Client, request: Request<String>) -> Option<(StatusCode, Vec<u8>)> {
    let mut response = client.execute(request.try_into().ok()?).await.ok()?;
    let mut octets = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        octets.extend_from_slice(&chunk);
        if octets.len() > MAX_ANSWER {
            return None;
        }
    }
    Some((response.status(), octets))
}

async fn in_process(router: Router, request: Request<String>) -> Option<(StatusCode, Vec<u8>)> {
    let mut request = request.map(Body::from);
    let host = HeaderValue::from_str(request.uri().authority()?.as_str()).ok()?;
    request.headers_mut().insert(HOST, host);
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let status = response.status();
    Some((status, to_bytes(response.into_body(), MAX_ANSWER).await.ok()?.to_vec()))
}

impl fmt::Debug for Vestibule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vestibule").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(_) => "Http",
            Self::InProcess(_) => "InProcess",
        })
    }
}
