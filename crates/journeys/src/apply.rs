//! A file says what is to be; what differs is changed, and nothing else.
//!
//! ```text
//! file ──(the edge reads it)──▶ Wanted ──plan: one read, one comparison──▶ Plan ──carry_out: one write──▶ done
//!                                          │                                │ somebody else changed settings
//!                                          ▼ what cannot be                 ▼
//!                                        Misfits                          Stale: plan again
//! ```
//!
//! A thing that the file names is described by it wholly: a key that is left out has its default. Things that the file
//! does not name stay as they are. What people did meanwhile is not undone: the state of a connection for which the
//! file names none, what an identity provider said of a person where the file says nothing.

mod accounts;
mod applications;
mod change;
mod connections;
mod domains;
mod drift;
mod enforcement;
mod misfit;
mod planner;
mod present;
mod users;
mod wanted;
mod webhooks;

pub use change::{Addresses, Change, ChangeKind, Difference, KeyWanted, Noun, Plan};
pub use drift::{Unnamed, unnamed};
pub use misfit::{ApplyError, Misfit, Reason};
pub use wanted::{
    Activation, Proof, Seen, Wanted, WantedAccount, WantedApplication, WantedConnection, WantedDomain, WantedIdentity,
    WantedLogo, WantedState, WantedSubDomain, WantedUser, WantedWebhook,
};

use vestibule_domain::event::Actor;

use crate::ctx::Ctx;
use crate::keys::MadeKey;
use planner::Planner;
use present::Present;

/// What has to change for everything to be as it is wanted, on the word of `actor`. Changes nothing.
///
/// # Errors
/// All that cannot be, with the lines of the file; or the store's.
pub async fn plan(ctx: &Ctx, wanted: &Wanted, actor: Actor) -> Result<Plan, ApplyError> {
    let (shared, wanted) = (ctx.clone(), wanted.clone());
    ctx.store
        .read(move |tx| {
            Box::pin(async move {
                let present = Present::load(tx, &wanted).await?;
                if !present.is_as(&wanted.seen) {
                    return Err(ApplyError::Stale);
                }
                let mut planner = Planner::new(&shared, present, actor);
                planner.accounts(&wanted.accounts);
                planner.connections(&wanted.accounts);
                planner.domains(&wanted.accounts);
                planner.applications(&wanted);
                planner.webhooks(&wanted.webhooks)?;
                let people = planner.people(&wanted.accounts);
                let known = users::load(tx, &people).await?;
                planner.users(&people, &known);
                planner.enforcement(&wanted.accounts);
                planner.finish()
            })
        })
        .await
}

/// Carries a plan out, all of it or nothing. Keys that it wants are made by `make`, whose argument is the name for the
/// certificate.
///
/// # Errors
/// [`ApplyError::Stale`] where settings or people were changed since the plan was made; else the store's.
pub async fn carry_out<M>(ctx: &Ctx, plan: Plan, make: M) -> Result<(), ApplyError>
where
    M: Fn(&KeyWanted) -> Result<MadeKey, String>,
{
    let base = plan.base();
    let writes = plan.into_writes(ctx, make)?;
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                if writes.is_empty() {
                    return Ok(());
                }
                if !tx.hold_settings(base).await? {
                    return Err(ApplyError::Stale);
                }
                for write in writes {
                    write.perform(tx).await?;
                }
                Ok(())
            })
        })
        .await
}
