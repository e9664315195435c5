//! By which identities somebody comes in, and taking one of them away (XC-6).

use jiff::Timestamp;
use thiserror::Error;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::{AccountId, ConnectionId, UserId};
use vestibule_domain::user::Subject;
use vestibule_store::{StoreError, Tx};

use crate::ctx::Ctx;

/// An identity by which somebody comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The connection's name for people: `acme/entra`.
    pub connection: String,
    /// Since when.
    pub linked_at: Timestamp,
    /// Others of the account who come in by it too.
    pub others: Vec<UserId>,
    id: ConnectionId,
    subject: Subject,
}

/// Why nothing is unlinked.
#[derive(Debug, Error)]
pub enum UnlinkError {
    /// No such person.
    #[error("there is no user {got}; `vestibule events` and applications (`sub`) name people by their ids")]
    NoUser {
        /// The id.
        got: UserId,
    },
    /// They have no identity at the connection.
    #[error("the user has no identity at {got:?}; {there}")]
    NotLinked {
        /// The connection's name.
        got: String,
        /// Where they have.
        there: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// By which identities somebody comes in, the oldest first.
///
/// # Errors
/// No such person; those of the store.
pub async fn identities(ctx: &Ctx, user: UserId) -> Result<Vec<Linked>, UnlinkError> {
    ctx.store.read(move |tx| Box::pin(async move { Ok(known(tx, user).await?.1) })).await
}

/// Takes every identity away that somebody has at the connection of this name, and tells which. Their sessions end.
///
/// # Errors
/// No such person, none at that connection; those of the store.
pub async fn unlink(ctx: &Ctx, user: UserId, connection: &str) -> Result<Vec<Linked>, UnlinkError> {
    let (name, of) = (connection.to_owned(), ctx.clone());
    let done = ctx.store.write(move |tx| {
        Box::pin(async move {
            let (account, linked) = known(tx, user).await?;
            let there: Vec<&str> = linked.iter().map(|it| it.connection.as_str()).collect();
            let there =
                if there.is_empty() { "it has none".to_owned() } else { format!("it has at {}", there.join(", ")) };
            let gone: Vec<Linked> = linked.into_iter().filter(|it| it.connection == name).collect();
            if gone.is_empty() {
                return Err(UnlinkError::NotLinked { got: name, there });
            }
            for it in &gone {
                let fact = Fact::IdentityUnlinked { user, connection: it.id };
                let event = of.event(account, Actor::CommandLine, fact);
                tx.unlink(user, it.id, &it.subject, &event).await?;
            }
            Ok(gone)
        })
    });
    done.await
}

/// The same by the connection's id, on somebody's word.
///
/// # Errors
/// No such person, none at that connection; those of the store.
pub async fn unlink_at(ctx: &Ctx, user: UserId, connection: ConnectionId, by: Actor) -> Result<(), UnlinkError> {
    let of = ctx.clone();
    let done = ctx.store.write(move |tx| {
        Box::pin(async move {
            let (account, linked) = known(tx, user).await?;
            let gone: Vec<Linked> = linked.into_iter().filter(|it| it.id == connection).collect();
            if gone.is_empty() {
                return Err(UnlinkError::NotLinked { got: connection.to_string(), there: String::new() });
            }
            for it in &gone {
                let fact = Fact::IdentityUnlinked { user, connection };
                tx.unlink(user, connection, &it.subject, &of.event(account, by.clone(), fact)).await?;
            }
            Ok(())
        })
    });
    done.await
}

async fn known(tx: &mut Tx, id: UserId) -> Result<(AccountId, Vec<Linked>), UnlinkError> {
    let user = tx.user(id).await?.ok_or(UnlinkError::NoUser { got: id })?;
    let mut linked = Vec::new();
    for identity in tx.identities_of(id).await? {
        let behind = tx.users_by_identity(user.account, identity.connection, &identity.subject).await?;
        let Some(connection) = tx.connection(identity.connection).await? else { continue };
        let owner = tx.account(connection.account).await?;
        linked.push(Linked {
            connection: owner.map_or_else(String::new, |owner| format!("{}/{}", owner.path, connection.name)),
            linked_at: identity.linked_at,
            others: behind.into_iter().map(|other| other.id).filter(|other| *other != id).collect(),
            id: identity.connection,
            subject: identity.subject,
        });
    }
    Ok((user.account, linked))
}
