//! Single logout (SAML Profiles §4.4): messages arrive at a connection's logout address, and ours are sent.
//!
//! What a message asks for counts only where its signature holds, and reaches only sessions of the connection at whose
//! address it arrived (A26.1). A logout lets nobody in, so what is found beyond doubt ends, and what is not is told.

mod receive;
mod refusal;

use std::sync::Arc;

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::connection::{Preset, SignOnBinding};
use vestibule_domain::id::LogoutId;
use vestibule_domain::logout::{Answer, Found, Outcome, PendingLogout};
use vestibule_domain::session::Session;
use vestibule_saml::binding::post::PostForm;
use vestibule_saml::binding::{RelayState, Signer};
use vestibule_saml::logout::{LogoutRequest, LogoutResponse};
use vestibule_saml::types::{EndpointUrl, SessionIndex};

pub use receive::{Carried, receive};
pub use refusal::NoLogout;

use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::trust::{self, Trust};
use crate::way::Way;

/// Where the browser goes with a logout message of ours.
#[derive(Debug)]
pub enum Onward {
    /// To an address, by 303.
    Go(String),
    /// By a form that posts itself.
    Post(PostForm),
}

/// What became of a logout message that is acted on.
#[derive(Debug)]
pub enum Arrived {
    /// Sessions have ended, as far as there were any.
    LoggedOut {
        /// By what they were found.
        found: Found,
        /// Whether the session of the browser that brought the request was among them.
        own: bool,
        /// The account whose page it is.
        account: Arc<Account>,
        /// The identity provider.
        preset: Preset,
        /// Our answer; none where none is sent.
        onward: Option<Onward>,
    },
    /// Our own request was answered: the browser goes back to where it signed out.
    Answered {
        /// Where.
        location: String,
    },
}

/// What is known of a logout that we asked for.
#[derive(Debug)]
pub struct Progress {
    /// The account whose page it is.
    pub account: Arc<Account>,
    /// The identity provider.
    pub preset: Preset,
    /// What it said; none: nothing yet.
    pub answer: Option<Answer>,
    /// Where an application waits for the browser.
    pub onward: Option<String>,
}

/// How far a logout has come that began at this origin.
///
/// # Errors
/// There is none, or not any more, or those of the store.
pub async fn progress(ctx: &Ctx, id: LogoutId, origin: &str) -> Result<Progress, Problem> {
    let now = ctx.now;
    let pending = ctx.store.read(move |tx| Box::pin(async move { tx.logout(id, now).await })).await?;
    let pending = pending.filter(|pending| pending.origin == origin).ok_or(Problem::NotFound)?;
    let trust = trust::of(ctx, pending.connection, None).await?.ok_or(Problem::NotFound)?;
    let way = Way::leading_to(ctx, trust, pending.account).await?.ok_or(Problem::NotFound)?;
    let preset = way.connection.saml.preset;
    Ok(Progress { account: way.account, preset, answer: pending.answer, onward: pending.onward })
}

/// Where the answer to a logout leads: to the application that asked for it, once all has ended; else to our page, which
/// says what has not.
fn location(pending: &PendingLogout, outcome: Outcome) -> String {
    match (outcome, &pending.onward) {
        (Outcome::Complete, Some(onward)) => onward.clone(),
        _ => format!("{}/sign-out/{}", pending.origin, pending.id),
    }
}

/// The request that follows a session which ended here. None where the connection takes no part in single logout: it has
/// no logout address, or no key to sign with.
pub(crate) fn request(
    trust: &Trust,
    pending: &PendingLogout,
    session: &Session,
    now: Timestamp,
) -> Result<Option<Onward>, Problem> {
    let Some(url) = &trust.connection.saml.logout_url else { return Ok(None) };
    let Some(key) = &trust.signing else { return Ok(None) };
    let authentication = &session.authentication;
    let Some(name_id) = &authentication.name_id else { return Ok(None) };
    let mut request = LogoutRequest::new(
        pending.request_id(),
        now,
        trust.sp.entity_id.clone(),
        url.clone(),
        // As it was asserted: Entra wants one, whatever it says (E-39).
        name_id.name_id(),
    );
    request.reason = Some(BY_USER.to_owned());
    let index = authentication.session_index.as_deref().map(SessionIndex::new);
    request.session_indexes.extend(index.transpose().map_err(Problem::broken)?);
    let relay_state = RelayState::new(pending.id.to_string()).map_err(Problem::broken)?;
    let signer = Signer::new(key);
    let onward = match trust.connection.saml.logout_binding {
        SignOnBinding::Redirect => {
            Onward::Go(request.redirect_url(Some(&relay_state), &signer).map_err(Problem::broken)?)
        }
        SignOnBinding::Post => Onward::Post(request.post_form(Some(&relay_state), &signer).map_err(Problem::broken)?),
    };
    Ok(Some(onward))
}

/// The reason of a logout that a person wants (SAML Core §3.7.3).
const BY_USER: &str = "urn:oasis:names:tc:SAML:2.0:logout:user";

/// Our answer by the connection's binding, signed. None where there is no key to sign with.
fn answer(
    trust: &Trust,
    response: &LogoutResponse,
    relay_state: Option<&RelayState>,
) -> Result<Option<Onward>, Problem> {
    let Some(key) = &trust.signing else { return Ok(None) };
    let signer = Signer::new(key);
    Ok(Some(match trust.connection.saml.logout_binding {
        SignOnBinding::Redirect => Onward::Go(response.redirect_url(relay_state, &signer).map_err(Problem::broken)?),
        SignOnBinding::Post => Onward::Post(response.post_form(relay_state, &signer).map_err(Problem::broken)?),
    }))
}

/// Where answers to logout requests go.
fn answer_url(trust: &Trust) -> Option<&EndpointUrl> {
    let saml = &trust.connection.saml;
    saml.logout_answer_url.as_ref().or(saml.logout_url.as_ref())
}
