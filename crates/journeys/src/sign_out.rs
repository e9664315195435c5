//! Signing out at our side. The identity provider's own session stays.

use vestibule_domain::event::{Actor, Fact};

use crate::ctx::Ctx;
use crate::problem::Problem;

/// Ends the session of this token, if there is one. Ending it twice is no error.
///
/// # Errors
/// Those of the store.
pub async fn sign_out(ctx: &Ctx, token_hash: [u8; 32]) -> Result<(), Problem> {
    let now = ctx.now;
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.session(&token_hash, now).await })).await?;
    let Some((session, _)) = found else { return Ok(()) };
    let event = ctx.event(session.account, Actor::Visitor, Fact::SignedOut { session: session.id });
    ctx.store.write(move |tx| Box::pin(async move { tx.end_session(&token_hash, &event).await })).await?;
    Ok(())
}
