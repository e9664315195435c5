//! Sessions are listed and ended: by the person whose they are, and by whoever runs the deployment.

use std::collections::BTreeMap;

use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::Connection;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{ConnectionId, SessionId, UserId};
use vestibule_domain::session::Session;
use vestibule_domain::user::User;
use vestibule_store::tx::{SessionsOf, Untold};
use vestibule_store::{Store, StoreError, Tx};

use crate::ctx::Ctx;
use crate::problem::Problem;

/// Which of a person's other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// That one.
    One(SessionId),
    /// All of them.
    All,
}

/// A person's other session, and how it began.
#[derive(Debug)]
pub struct Other {
    /// The session.
    pub session: Session,
    /// Its connection; none: it began with a password.
    pub connection: Option<Connection>,
}

/// A person's sessions but for the one in which they look, the latest first.
///
/// # Errors
/// See [`StoreError`].
pub async fn others(tx: &mut Tx, session: &Session, user: &User, ctx: &Ctx) -> Result<Vec<Other>, StoreError> {
    let all = tx.sessions_of(user.id, ctx.now).await?;
    let mut connections: BTreeMap<ConnectionId, Option<Connection>> = BTreeMap::new();
    let mut others = Vec::new();
    for other in all.into_iter().rev().filter(|other| other.id != session.id) {
        let connection = match other.connection {
            None => None,
            Some(id) => {
                if let std::collections::btree_map::Entry::Vacant(new) = connections.entry(id) {
                    new.insert(tx.connection(id).await?);
                }
                connections.get(&id).cloned().flatten()
            }
        };
        others.push(Other { session: other, connection });
    }
    Ok(others)
}

/// Ends other sessions of the person whose browser has this token, and tells how many. The one in which they are stays,
/// and so does whatever is not theirs. None where nobody is signed in whom we know.
///
/// # Errors
/// Those of the store.
pub async fn end_others(ctx: &Ctx, token_hash: [u8; 32], which: Others) -> Result<Option<usize>, Problem> {
    let shared = ctx.clone();
    let ended = ctx.store.write(move |tx| {
        Box::pin(async move {
            let Some((own, Some(user))) = tx.session(&token_hash, shared.now).await? else { return Ok(None) };
            let theirs = tx.sessions_of(user.id, shared.now).await?.into_iter().map(|session| session.id);
            let wanted = |id: &SessionId| match which {
                Others::One(one) => *id == one,
                Others::All => true,
            };
            let others: Vec<_> = theirs.filter(|id| *id != own.id && wanted(id)).collect();
            let ended = tx.end_sessions(&others, shared.now).await?;
            if !ended.is_empty() {
                let sessions = ended.iter().map(|one| one.id).collect();
                let fact = Fact::OwnSessionsEnded { user: user.id, sessions };
                tx.insert_event(&shared.event(user.account, Actor::User(user.id), fact)).await?;
            }
            Ok::<_, Problem>(Some(ended.len()))
        })
    });
    ended.await
}

/// Whose sessions an operator means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// A person's, by their id.
    User(UserId),
    /// All of an account, by its path.
    Account(AccountPath),
}

/// Sessions that have not ended, the oldest first; at most `limit`. None where there is no such person or account.
///
/// # Errors
/// See [`StoreError`].
pub async fn list(ctx: &Ctx, whose: &Whose, limit: u32) -> Result<Option<Vec<Session>>, StoreError> {
    let (whose, now) = (whose.clone(), ctx.now);
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            match whose {
                Whose::User(user) if tx.user(user).await?.is_none() => Ok(None),
                Whose::User(user) => Ok(Some(tx.sessions_of(user, now).await?)),
                Whose::Account(path) => match tx.account_by_path(&path).await? {
                    None => Ok(None),
                    Some(account) => tx.sessions_in(account.id, now, limit).await.map(Some),
                },
            }
        })
    });
    let sessions: Option<Vec<Session>> = found.await?;
    Ok(sessions.map(|mut sessions| {
        sessions.truncate(limit as usize);
        sessions
    }))
}

/// Ends them, and what is under way to one where they are an account's; tells how many sessions there were. None where
/// there is no such person or account.
///
/// # Errors
/// Those of the store.
pub async fn end(ctx: &Ctx, whose: &Whose) -> Result<Option<u64>, Problem> {
    let (whose, shared) = (whose.clone(), ctx.clone());
    let ended = ctx.store.write(move |tx| {
        Box::pin(async move {
            let (of, account, fact) = match whose {
                Whose::User(id) => match tx.user(id).await? {
                    None => return Ok(None),
                    Some(user) => (SessionsOf::User(id), user.account, Fact::UserSessionsEnded { user: id }),
                },
                Whose::Account(path) => match tx.account_by_path(&path).await? {
                    None => return Ok(None),
                    Some(account) => {
                        let fact = Fact::AccountSessionsEnded { account: account.id };
                        (SessionsOf::Account(account.id), account.id, fact)
                    }
                },
            };
            let event = shared.event(account, Actor::CommandLine, fact);
            Ok::<_, Problem>(Some(tx.end_sessions_of(of, &event).await?))
        })
    });
    ended.await
}

/// Applications that have not been told yet of a session's end.
///
/// # Errors
/// See [`StoreError`].
pub async fn untold(store: &Store, limit: u32) -> Result<Vec<Untold>, StoreError> {
    store.read(move |tx| Box::pin(async move { tx.untold(limit).await })).await
}
