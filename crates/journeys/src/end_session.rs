//! An application wants somebody signed out: OpenID Connect RP-Initiated Logout 1.0.
//!
//! ```text
//! begin: is the request in order? ──▶ is the session here? ──▶ is it meant? ──▶ sign_out ──▶ onward
//!              │ no: a page                  │ no: at the account's    │ no: a page asks
//!                                                 own address
//! ```
//!
//! Whoever can have a browser opened at an address of ours must not be able to sign people out (§2): only an ID token of
//! ours that is about the very session ends it without a question.

use vestibule_domain::account::Account;
use vestibule_domain::application::Application;
use vestibule_domain::id::AccountId;
use vestibule_domain::session::{Session, SessionUser};
use vestibule_oidc::{EndSessionError, EndSessionRequest, PostLogout};

use crate::ctx::Ctx;
use crate::deployment::Place;
use crate::issue_tokens;
use crate::problem::Problem;

/// What is to be done about a request.
#[derive(Debug)]
pub enum EndSession {
    /// The session is at the account's own address: it goes on there.
    Elsewhere(String),
    /// Nobody is signed in here.
    Nobody(Option<PostLogout>),
    /// The session is the one that is meant: it ends.
    Meant(Option<PostLogout>),
    /// Somebody is signed in, and perhaps not whom the application means: they are asked.
    Ask(Box<Asked>),
}

/// Somebody is asked whether they want to sign out.
#[derive(Debug)]
pub struct Asked {
    /// Whose people they are.
    pub account: Option<Account>,
    /// The application's name, where one asked.
    pub application: Option<String>,
}

/// A request that is in order.
struct Judged {
    request: EndSessionRequest,
    application: Option<Application>,
    onward: Option<PostLogout>,
}

/// An application's request arrives at `origin`, which is `place`, in a browser with this session.
///
/// # Errors
/// [`Problem::EndSession`] for what is wrong with it; those of the store.
pub async fn begin(
    ctx: &Ctx,
    query: &str,
    place: &Place,
    origin: &str,
    session: Option<[u8; 32]>,
) -> Result<EndSession, Problem> {
    let judged = judge(ctx, query).await?;
    let now = ctx.now;
    let found = match session {
        Some(hash) => ctx.store.read(move |tx| Box::pin(async move { tx.session(&hash, now).await })).await?,
        None => None,
    };
    let found = found.map(|(session, _)| session);
    if let Some(own) = at_the_accounts_own_address(ctx, &judged, place).await?.filter(|own| own != origin)
        && !is_here(ctx, &judged, found.as_ref()).await?
    {
        return Ok(EndSession::Elsewhere(format!("{own}/oidc/logout?{query}")));
    }
    let Judged { request, application, onward } = judged;
    let Some(session) = found else { return Ok(EndSession::Nobody(onward)) };
    if request.hint.as_ref().is_some_and(|hint| issue_tokens::is_about(hint, &session)) {
        return Ok(EndSession::Meant(onward));
    }
    let account = session.account;
    let account = ctx.store.read(move |tx| Box::pin(async move { tx.account(account).await })).await?;
    let application = application.map(|application| application.settings.name);
    Ok(EndSession::Ask(Box::new(Asked { account, application })))
}

/// Where the browser goes after the logout that this request wanted; judged again, for it came through a form.
///
/// # Errors
/// As [`begin`].
pub async fn onward(ctx: &Ctx, query: &str) -> Result<Option<PostLogout>, Problem> {
    Ok(judge(ctx, query).await?.onward)
}

async fn judge(ctx: &Ctx, query: &str) -> Result<Judged, Problem> {
    let refused = |error: EndSessionError| Problem::EndSession(Box::new(error));
    let keys = ctx.token_keys.ring().known();
    let request = EndSessionRequest::parse(query, &keys, &ctx.issuer).map_err(refused)?;
    let application = match &request.client_id {
        Some(client_id) => {
            let found = issue_tokens::application(ctx, client_id).await?;
            Some(found.ok_or_else(|| refused(EndSessionError::ClientUnknown { got: client_id.to_string() }))?)
        }
        None => None,
    };
    let client = application.as_ref().map(issue_tokens::client).transpose().map_err(Problem::broken)?;
    let onward = request.post_logout(client.as_ref()).map_err(refused)?;
    Ok(Judged { request, application, onward })
}

/// The address at which the session that is meant would be: that of the account which the hint names, or of the only one
/// that the application serves. An application knows the deployment's own address alone.
async fn at_the_accounts_own_address(ctx: &Ctx, judged: &Judged, place: &Place) -> Result<Option<String>, Problem> {
    let of_hint = judged.request.hint.as_ref().and_then(|hint| hint.account.as_ref());
    let of_hint = of_hint.and_then(|account| account.id.parse::<AccountId>().ok());
    let only = judged.application.as_ref().and_then(|application| application.account);
    let Some(account) = of_hint.or(only).filter(|_| *place == Place::Base) else { return Ok(None) };
    let account = ctx.store.read(move |tx| Box::pin(async move { tx.account(account).await })).await?;
    let sub_domain = account.and_then(|account| account.sub_domain);
    Ok(sub_domain.map(|sub_domain| ctx.deployment.origin_of(Some(&sub_domain))))
}

/// Whether the session at the deployment's own address, where whoever gave their e-mail address signed in, is the one that
/// is meant; a token that names another one, which has not ended, means that.
async fn is_here(ctx: &Ctx, judged: &Judged, session: Option<&Session>) -> Result<bool, Problem> {
    let Some(session) = session else { return Ok(false) };
    let Some(hint) = &judged.request.hint else {
        let only = judged.application.as_ref().and_then(|application| application.account);
        return Ok(only == Some(session.account));
    };
    let is_about = issue_tokens::is_about(hint, session);
    let (SessionUser::Known(user), Some(sid)) = (&session.user, &hint.sid) else { return Ok(is_about) };
    if !is_about || *sid == session.id.to_string() {
        return Ok(is_about);
    }
    let (user, now) = (*user, ctx.now);
    let theirs = ctx.store.read(move |tx| Box::pin(async move { tx.sessions_of(user, now).await })).await?;
    Ok(!theirs.iter().any(|other| other.id.to_string() == *sid))
}
