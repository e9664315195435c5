#![doc = include_str!("../README.md")]
//! ```text
//! home ─▶ sign-in: state, nonce, verifier kept ─▶ Vestibule ─▶ callback: code redeemed, ID token believed ─▶ home
//! home ─▶ sign-out: forgotten here ─▶ Vestibule: session ended ─▶ home
//! Vestibule ─▶ backchannel-logout: a session has ended elsewhere, forgotten here
//! ```

mod cookies;
mod logout;
mod pages;
mod settings;
mod trouble;
mod vestibule;
mod visitors;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use vestibule_oidc::relying_party::{Expectation, Pending, verify};

use crate::cookies::{Cookies, cookie};
pub use crate::pages::STYLE;
pub use crate::settings::{Client, Company, Settings};
pub use crate::trouble::Trouble;
pub use crate::vestibule::{Transport, Vestibule, http_client};
use crate::visitors::{Visitor, Visitors};

/// What Orchard asks to know.
const SCOPE: &str = "openid profile email groups";

struct Orchard {
    settings: Settings,
    cookies: Cookies,
    vestibule: Vestibule,
    visitors: Visitors,
}

/// The application.
pub fn router(settings: Settings, transport: Transport) -> Router {
    let (cookies, vestibule) = (Cookies::at(&settings.own), Vestibule::new(settings.issuer.clone(), transport));
    let orchard = Orchard { cookies, vestibule, visitors: Visitors::new(settings.draw), settings };
    let ours = Router::new().route("/", get(home)).route("/sign-in", get(sign_in)).route("/callback", get(callback));
    let ours = ours.route("/sign-out", post(sign_out)).route("/backchannel-logout", post(logout::told));
    ours.with_state(Arc::new(orchard)).merge(pages::others())
}

async fn home(State(orchard): State<Arc<Orchard>>, headers: HeaderMap) -> Response {
    let visitor =
        cookie(&headers, orchard.cookies.session).and_then(|key| orchard.visitors.of(key, (orchard.settings.clock)()));
    pages::home(visitor.as_ref(), orchard.settings.company.as_ref())
}

/// What whoever links to `/sign-in` may know already.
#[derive(Deserialize)]
struct Asked {
    account: Option<String>,
}

/// Sends the browser to Vestibule, which finds out the company by the e-mail address where nobody named one.
async fn sign_in(State(orchard): State<Arc<Orchard>>, Query(asked): Query<Asked>) -> Result<Response, Trouble> {
    let (us, provider) = (&orchard.settings, orchard.vestibule.provider().await?);
    let pending = Pending::from_random(&us.random());
    let account: Vec<_> = asked.account.as_deref().map(|account| ("account", account)).into_iter().collect();
    let endpoint = &provider.authorization_endpoint;
    let url = pending.authorization_url(endpoint, &us.client.id, &us.client.redirect_uri, SCOPE, &account);
    let key = orchard.visitors.begin(pending, (us.clock)());
    Ok((orchard.cookies.set(orchard.cookies.pending, &key, visitors::PATIENCE), Redirect::to(&url)).into_response())
}

/// Back from Vestibule: is this the answer to our question, is the code good, is the ID token?
async fn callback(
    State(orchard): State<Arc<Orchard>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let (us, now) = (&orchard.settings, (orchard.settings.clock)());
    let pending = cookie(&headers, orchard.cookies.pending)
        .and_then(|key| orchard.visitors.take(key, now))
        .ok_or(Trouble::NotBegun)?;
    let code = pending.check_callback(query.as_deref().unwrap_or_default(), &us.issuer)?;
    let id_token = orchard.vestibule.redeem(&us.client, &code, &pending).await?;
    let keys = orchard.vestibule.keys().await?;
    let expected = Expectation { issuer: &us.issuer, audience: &us.client.id, nonce: &pending.nonce, now };
    let claims = verify(&id_token, &keys, &expected)?;
    let key = orchard.visitors.admit(Visitor { claims, id_token }, now);
    Ok((orchard.cookies.set(orchard.cookies.session, &key, visitors::STAY), Redirect::to("/")).into_response())
}

/// Out here, whatever follows; then at Vestibule, which sends the browser back to the front page.
async fn sign_out(State(orchard): State<Arc<Orchard>>, headers: HeaderMap) -> Result<Response, Trouble> {
    let visitor = cookie(&headers, orchard.cookies.session).and_then(|key| orchard.visitors.leave(key));
    let Some(visitor) = visitor else { return Ok(Redirect::to("/").into_response()) };
    let (home, provider) = (orchard.settings.home(), orchard.vestibule.provider().await?);
    let onward = provider.end_session_url(&orchard.settings.client.id, &visitor.id_token, &home).unwrap_or(home);
    Ok((orchard.cookies.remove(orchard.cookies.session), Redirect::to(&onward)).into_response())
}
