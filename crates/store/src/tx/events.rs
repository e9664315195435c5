//! The audit log.

use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{AccountId, EventId, UserId};

use crate::value::{Row, json};
use crate::{StoreError, Tx};

/// Which lines of the audit log, the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFilter {
    /// Of one account's log only.
    pub account: Option<AccountId>,
    /// About, or by, one person only. Without an account the whole log is searched.
    pub user: Option<UserId>,
    /// Older than this one: the next page.
    pub before: Option<EventId>,
    /// How many at most.
    pub limit: u32,
}

impl Tx {
    /// Writes a line. Changes do it themselves; this is for facts without a change.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_event(&mut self, event: &AuditEvent) -> Result<(), StoreError> {
        let sql = "INSERT INTO events (id, at, account_id, user_id, actor, fact) VALUES ($1, $2, $3, $4, $5, $6)";
        let params = [
            event.id.into(),
            event.at.into(),
            event.account.into(),
            person(event).into(),
            json(&event.actor)?,
            json(&event.fact)?,
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// Lines of the log, the newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn events(&mut self, filter: &EventFilter) -> Result<Vec<AuditEvent>, StoreError> {
        let before = filter.before.unwrap_or(EventId::from_bytes([0xff; 16]));
        let limit = i64::from(filter.limit);
        let rows = match (filter.account, filter.user) {
            (None, None) => {
                let sql = "SELECT id, at, account_id, actor, fact FROM events WHERE id < $1 ORDER BY id DESC LIMIT $2";
                self.query_all(sql, &[before.into(), limit.into()]).await?
            }
            (Some(account), None) => {
                let sql = "SELECT id, at, account_id, actor, fact FROM events \
                           WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
                self.query_all(sql, &[account.into(), before.into(), limit.into()]).await?
            }
            (None, Some(user)) => {
                let sql = "SELECT id, at, account_id, actor, fact FROM events \
                           WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
                self.query_all(sql, &[user.into(), before.into(), limit.into()]).await?
            }
            (Some(account), Some(user)) => {
                let sql = "SELECT id, at, account_id, actor, fact FROM events \
                           WHERE account_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
                self.query_all(sql, &[account.into(), user.into(), before.into(), limit.into()]).await?
            }
        };
        rows.iter().map(event).collect()
    }
}

impl Tx {
    /// Lines whose id ends with these octets, the newest first; a few at most. The whole log is searched.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn events_ending(&mut self, tail: [u8; 2]) -> Result<Vec<AuditEvent>, StoreError> {
        let sql = "SELECT id, at, account_id, actor, fact FROM events WHERE substr(id, 15, 2) = $1 \
                   ORDER BY id DESC LIMIT 10000";
        self.query_all(sql, &[tail.as_slice().into()]).await?.iter().map(event).collect()
    }
}

fn event(row: &Row) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        id: row.id(0)?,
        at: row.time(1)?,
        account: row.id_or_null(2)?,
        actor: row.json(3)?,
        fact: row.json(4)?,
    })
}

/// Whom a line is about; else who did it.
fn person(event: &AuditEvent) -> Option<UserId> {
    match &event.fact {
        Fact::UserCreated { user }
        | Fact::UserChanged { user }
        | Fact::UserStateChanged { user, .. }
        | Fact::UserSessionsEnded { user }
        | Fact::IdentityLinked { user, .. }
        | Fact::ApplicantApproved { user, .. }
        | Fact::GrantsChanged { user }
        | Fact::IdentityUnlinked { user, .. }
        | Fact::SignedIn { user: Some(user), .. } => Some(*user),
        _ => match &event.actor {
            Actor::User(user) => Some(*user),
            _ => None,
        },
    }
}
