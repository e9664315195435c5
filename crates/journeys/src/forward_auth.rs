//! Sites behind a proxy that asks us about each request: applications that know nothing of OpenID Connect.
//!
//! ```text
//! browser ─▶ proxy ──"may this request pass?"──▶ ask ──▶ yes, and who it is ─▶ what is behind the proxy
//!              ▲                                  │
//!              └── to /oidc/authorize ◀───────────┤ nobody is signed in at this site
//!                       │  as for every application
//!                       ▼
//!            site/.vestibule/callback ─▶ proxy ─▶ ask ─▶ the code for a cookie of that site
//! ```
//!
//! We are the application there: code, PKCE, state and issuer are checked as any other one would. The cookie is of the
//! site alone, whatever its domain, and opens nothing once the session has ended that stands behind it.

mod callback;
mod visitors;

use std::sync::Arc;

use jiff::Timestamp;
use vestibule_domain::application::Application;
use vestibule_domain::site::{self, Access, OWN_PATH, SiteRule};
use vestibule_oidc::relying_party::Pending;
use vestibule_oidc::{ClientId, RedirectUri, SiteToken};

pub use self::callback::{Begun, BegunCookies, Failure, SignedIn};
pub use self::visitors::{HEADERS, Visitor, Visitors};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// The longest address of a request to which somebody returns after signing in, in octets; from a longer one they return
/// to the site's front page.
const MAX_RETURN: usize = 512;

/// A request to a site, as its proxy tells of it.
#[derive(Debug, Clone)]
pub struct SiteRequest {
    /// The site, in the spelling of [`site::site_origin`].
    pub origin: String,
    /// Path and query, as they were sent.
    pub uri: String,
    /// The hash of the site's cookie, if the browser sent one of ours.
    pub cookie: Option<[u8; 32]>,
}

/// What the proxy is to do.
#[derive(Debug)]
pub enum Answer {
    /// Let the request pass, and tell who it is; nobody, where that part is for everybody.
    Pass(Option<Arc<Visitor>>),
    /// Have the browser sign in.
    SignIn {
        /// Where.
        location: String,
        /// What the browser keeps meanwhile, at the site.
        begun: Begun,
    },
    /// Refuse it: this person may not.
    Denied {
        /// What people call the application.
        application: String,
    },
    /// The browser is signed in at the site from now on.
    SignedIn(SignedIn),
    /// It has signed out at the site, and goes on to sign out here.
    SignedOut {
        /// Where.
        location: String,
    },
    /// The sign-in came to nothing.
    Failed(Failure),
}

/// Where codes for a site are sent.
pub(crate) fn callback(origin: &str) -> String {
    format!("{origin}{OWN_PATH}callback")
}

/// Decides about a request. `begun` finds what the browser keeps of a sign-in that it began.
///
/// # Errors
/// [`Problem::NotFound`] for a site that no application has; those of the store.
pub async fn ask(ctx: &Ctx, request: &SiteRequest, begun: BegunCookies<'_>) -> Result<Answer, Problem> {
    let (path, query) = request.uri.split_once('?').unwrap_or((&request.uri, ""));
    if let Some(own) = path.strip_prefix(OWN_PATH) {
        return match own {
            "callback" => callback::callback(ctx, request, query, begun).await,
            "sign-out" => sign_out(ctx, request).await,
            _ => Err(Problem::NotFound),
        };
    }
    if let Some(hash) = request.cookie
        && let Some(visitor) = visitors::find(ctx, hash, &request.origin).await?
    {
        return Ok(match site::access(&visitor.rules, path, Some(visitor.as_domain())) {
            Access::Allowed => Answer::Pass(Some(visitor)),
            Access::Denied | Access::SignIn => Answer::Denied { application: visitor.application.clone() },
        });
    }
    let application = application(ctx, &request.origin).await?;
    let rules: &[SiteRule] = &application.settings.site_rules;
    match site::access(rules, path, None) {
        Access::Allowed => Ok(Answer::Pass(None)),
        Access::SignIn | Access::Denied => begin(ctx, &application, request),
    }
}

async fn application(ctx: &Ctx, origin: &str) -> Result<Application, Problem> {
    let origin = origin.to_owned();
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.application_of_site(&origin).await }));
    found.await?.ok_or(Problem::NotFound)
}

/// Sends the browser to sign in. Nothing is written: what is needed of it comes back with the browser.
fn begin(ctx: &Ctx, application: &Application, request: &SiteRequest) -> Result<Answer, Problem> {
    let client_id = ClientId::new(&*application.client_id).map_err(Problem::broken)?;
    let redirect_uri = RedirectUri::new(callback(&request.origin)).map_err(Problem::broken)?;
    let pending = Pending::from_random(&ctx.random());
    let endpoint = format!("{}/oidc/authorize", ctx.issuer.as_str());
    let location = pending.authorization_url(&endpoint, &client_id, &redirect_uri, "openid", &[]);
    let is_short = request.uri.len() <= MAX_RETURN && request.uri.starts_with('/');
    let back = if is_short { request.uri.clone() } else { "/".to_owned() };
    Ok(Answer::SignIn { location, begun: Begun::new(&pending, &back) })
}

/// The site's cookie opens nothing any more; whoever came by it goes on to end the session behind it.
async fn sign_out(ctx: &Ctx, request: &SiteRequest) -> Result<Answer, Problem> {
    let application = application(ctx, &request.origin).await?;
    if let Some(hash) = request.cookie {
        ctx.store.write(move |tx| Box::pin(async move { tx.end_site_session(&hash).await })).await?;
    }
    let client_id: String = form_urlencoded::byte_serialize(application.client_id.as_bytes()).collect();
    Ok(Answer::SignedOut { location: format!("{}/oidc/logout?client_id={client_id}", ctx.issuer.as_str()) })
}

/// The hash of a site cookie's value; of one that is none of ours, nothing.
pub fn site_hash(cookie: &str) -> Option<[u8; 32]> {
    SiteToken::parse(cookie).map(|token| *token.hash().as_bytes())
}

/// How long a browser is let in at a site at most: as long as any session lasts; it ends with its own.
fn at_most(now: Timestamp) -> Timestamp {
    now.checked_add(vestibule_domain::session::ABSOLUTE).unwrap_or(Timestamp::MAX)
}
