//! Signing out at our side, and then at the identity provider where the connection takes part in single logout.

use vestibule_domain::connection::Preset;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, LogoutId};
use vestibule_domain::logout::{self, PendingLogout};
use vestibule_domain::session::{Session, SessionUser};
use vestibule_oidc::PostLogout;

use crate::ctx::Ctx;
use crate::logout::{Onward, request};
use crate::problem::Problem;
use crate::trust::{self, Trust};

/// A session that has ended here.
#[derive(Debug)]
pub struct SignedOut {
    /// Whose identity provider it came from, where the person may still be signed in.
    pub preset: Option<Preset>,
    /// Where the browser goes to end that too (XC-13); none: nowhere.
    pub onward: Option<Onward>,
}

/// Ends the session of this token, if there is one, at the origin at which its browser is. Ending it twice is no error.
/// `after` is where an application waits for the browser, once the identity provider has ended its session too. Whatever the identity provider does afterwards, the session here has ended.
///
/// # Errors
/// Those of the store.
pub async fn sign_out(
    ctx: &Ctx,
    token_hash: [u8; 32],
    origin: &str,
    after: Option<&PostLogout>,
) -> Result<SignedOut, Problem> {
    let now = ctx.now;
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.session(&token_hash, now).await })).await?;
    let Some((session, _)) = found else { return Ok(SignedOut { preset: None, onward: None }) };
    let trust = match session.connection {
        Some(id) => trust::of(ctx, id, None).await.unwrap_or_else(|error| {
            tracing::error!(%error, connection = %id, "a connection could not be read to sign out at it");
            None
        }),
        // With a password: there is nobody to ask.
        None => None,
    };
    let logout = trust.as_ref().and_then(|trust| begin(ctx, trust, &session, origin, after));
    let (pending, onward) = logout.unzip();
    let user = match &session.user {
        SessionUser::Known(user) => Some(*user),
        SessionUser::PassedThrough { .. } => None,
    };
    let fact = Fact::SignedOut { session: session.id, user, connection: session.connection };
    let ended = ctx.event(session.account, Actor::Visitor, fact);
    let is_first = ctx
        .store
        .write(move |tx| {
            Box::pin(async move {
                let is_first = tx.end_session(&token_hash, &ended).await?;
                if let Some((pending, event)) = pending.filter(|_| is_first) {
                    tx.insert_logout(&pending, &event).await?;
                }
                Ok::<_, Problem>(is_first)
            })
        })
        .await?;
    let preset = trust.map(|trust| trust.connection.saml.preset);
    Ok(SignedOut { preset, onward: onward.filter(|_| is_first) })
}

/// The request to the identity provider, if it is to be asked. That it cannot be made keeps nobody signed in here.
fn begin(
    ctx: &Ctx,
    trust: &Trust,
    session: &Session,
    origin: &str,
    after: Option<&PostLogout>,
) -> Option<((PendingLogout, AuditEvent), Onward)> {
    let pending = PendingLogout {
        id: LogoutId::new(ctx.now, ctx.random::<{ id::RANDOM }>()),
        account: session.account,
        connection: trust.connection.id,
        origin: origin.to_owned(),
        onward: after.map(|after| after.as_str().to_owned()),
        created_at: ctx.now,
        expires_at: ctx.now + logout::LIFETIME,
        answer: None,
    };
    let onward = request(trust, &pending, session, ctx.now).unwrap_or_else(|error| {
        tracing::error!(%error, connection = %trust.connection.id, "a logout request could not be made");
        None
    });
    let fact = Fact::LogoutStarted { logout: pending.id, connection: pending.connection };
    let event = ctx.event(session.account, Actor::Visitor, fact);
    onward.map(|onward| ((pending, event), onward))
}
