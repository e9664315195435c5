//! Signing out at our side. The identity provider's own session stays.

use vestibule_domain::connection::Preset;
use vestibule_domain::event::{Actor, Fact};

use crate::ctx::Ctx;
use crate::problem::Problem;

/// Ends the session of this token, if there is one. Ending it twice is no error. Returns whose identity provider it came
/// from, where the person may still be signed in.
///
/// # Errors
/// Those of the store.
pub async fn sign_out(ctx: &Ctx, token_hash: [u8; 32]) -> Result<Option<Preset>, Problem> {
    let now = ctx.now;
    let found = ctx
        .store
        .read(move |tx| {
            Box::pin(async move {
                let Some((session, _)) = tx.session(&token_hash, now).await? else { return Ok(None) };
                let connection = match session.connection {
                    Some(connection) => tx.connection(connection).await?,
                    None => None,
                };
                Ok::<_, Problem>(Some((session, connection)))
            })
        })
        .await?;
    let Some((session, connection)) = found else { return Ok(None) };
    let event = ctx.event(session.account, Actor::Visitor, Fact::SignedOut { session: session.id });
    ctx.store.write(move |tx| Box::pin(async move { tx.end_session(&token_hash, &event).await })).await?;
    Ok(connection.map(|connection| connection.saml.preset))
}
