//! What is known of one person, handed out as a whole, and forgotten (GDPR, articles 15, 17 and 20).

use jiff::Timestamp;
use serde_json::{Value, json};
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::UserId;
use vestibule_domain::user::UserState;
use vestibule_store::tx::EventFilter;
use vestibule_store::{StoreError, Tx};

use crate::ctx::Ctx;
use crate::problem::Problem;

/// So many lines of the audit log are handed out, the newest.
pub const LINES: u32 = 10_000;

/// All that is known of a person, as one document. None where there is no such person. Secrets are not in it: of a
/// password and an authenticator it says that there is one.
///
/// # Errors
/// Those of the store.
pub async fn export(ctx: &Ctx, user: UserId) -> Result<Option<Value>, Problem> {
    let now = ctx.now;
    Ok(ctx.store.read(move |tx| Box::pin(async move { document(tx, user, now).await })).await?)
}

async fn document(tx: &mut Tx, id: UserId, now: Timestamp) -> Result<Option<Value>, StoreError> {
    let Some(user) = tx.user(id).await? else { return Ok(None) };
    let account = tx.account(user.account).await?;
    let mut identities = Vec::new();
    for identity in tx.identities_of(id).await? {
        let name = tx.connection(identity.connection).await?.map(|connection| connection.name.to_string());
        identities.push(json!({
            "connection": name,
            "subject": identity.subject.as_str(),
            "linked_at": identity.linked_at,
        }));
    }
    let sessions: Vec<Value> = tx
        .sessions_of(id, now)
        .await?
        .into_iter()
        .map(|session| {
            json!({
                "id": session.id,
                "created_at": session.created_at,
                "expires_at": session.expires_at,
                "authentication": session.authentication,
            })
        })
        .collect();
    let waiting: Vec<Value> = tx
        .applicants_of(id)
        .await?
        .into_iter()
        .map(|applicant| {
            json!({
                "id": applicant.id,
                "state": applicant.state.name(),
                "asked_at": applicant.asked_at,
                "expires_at": applicant.expires_at,
                "file": applicant.file,
            })
        })
        .collect();
    let filter = EventFilter { account: None, user: Some(id), before: None, limit: LINES };
    let log: Vec<Value> = tx
        .events(&filter)
        .await?
        .into_iter()
        .map(|event| json!({ "at": event.at, "actor": event.actor, "fact": event.fact }))
        .collect();
    Ok(Some(json!({
        "version": 1,
        "exported_at": now,
        "user": id,
        "account": account.map(|account| account.path.shown()),
        "state": if user.state == UserState::Active { "active" } else { "suspended" },
        "created_at": user.created_at,
        "profile": user.profile,
        "console_role": user.console_role,
        "grants": user.grants,
        "sign_in": user.sign_in.method,
        "break_glass_since": user.sign_in.break_glass_since,
        "has_password": tx.password_of(id).await?.is_some(),
        "has_authenticator": tx.totp(id).await?.is_some(),
        "identities": identities,
        "sessions": sessions,
        "waiting": waiting,
        "log": log,
    })))
}

/// Forgets a person. False where there is no such person. The audit log goes on naming their id.
///
/// # Errors
/// Those of the store.
pub async fn erase(ctx: &Ctx, user: UserId, by: Actor) -> Result<bool, Problem> {
    let shared = ctx.clone();
    let erased = ctx.store.write(move |tx| {
        Box::pin(async move {
            let Some(known) = tx.user(user).await? else { return Ok(false) };
            tx.erase_user(user, &shared.event(known.account, by, Fact::UserErased { user })).await
        })
    });
    Ok(erased.await?)
}
