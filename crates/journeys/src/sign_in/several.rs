//! One identity at the identity provider that stands for several users of the account: the person says which of them they
//! are now (XC-6).

use std::sync::Arc;

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::event::Fact;
use vestibule_domain::id::AttemptId;
use vestibule_domain::session::{Session, SessionUser};
use vestibule_domain::user::User;
use vestibule_store::tx::EventFilter;
use vestibule_store::{StoreError, Tx};

use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::way::Way;

/// Several users of one person, of whom one comes in.
#[derive(Debug)]
pub struct Choosing {
    /// Their account.
    pub account: Arc<Account>,
    /// The attempt, which waits.
    pub attempt: AttemptId,
    /// The users, and when each was signed in last, as far as the audit log's last lines about them tell.
    pub users: Vec<(User, Option<Timestamp>)>,
}

/// So many lines of the audit log about a user are looked through for their last sign-in.
const LINES: u32 = 50;

/// The page, with who was signed in when.
pub(super) async fn choosing(ctx: &Ctx, way: &Way, attempt: AttemptId, users: Vec<User>) -> Result<Choosing, Problem> {
    let account = Some(way.account.id);
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let mut with_last = Vec::with_capacity(users.len());
            for user in users {
                let about = EventFilter { account, user: Some(user.id), before: None, limit: LINES };
                let lines = tx.events(&about).await?;
                let last = lines.iter().find(|line| matches!(line.fact, Fact::SignedIn { .. })).map(|line| line.at);
                with_last.push((user, last));
            }
            Ok::<_, Problem>(with_last)
        })
    });
    let users = read.await?;
    Ok(Choosing { account: Arc::clone(&way.account), attempt, users })
}

/// Whether somebody has further users behind the identity by which they came.
///
/// # Errors
/// Those of the store.
pub async fn has_other_users(tx: &mut Tx, session: &Session) -> Result<bool, StoreError> {
    let (Some(connection), SessionUser::Known(user)) = (session.connection, &session.user) else { return Ok(false) };
    for identity in tx.identities_of(*user).await? {
        if identity.connection == connection
            && tx.users_by_identity(session.account, connection, &identity.subject).await?.len() > 1
        {
            return Ok(true);
        }
    }
    Ok(false)
}
