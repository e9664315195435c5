//! The audit log.

use jiff::Timestamp;
use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::id::{self, AccountId, EventId, UserId};
use vestibule_domain::webhook::kinds_of;

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
    /// Writes a line. Changes do it themselves; this is for facts without a change. Where it is an event of which webhooks
    /// are told, and there is one, it is marked for them in the same statement.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_event(&mut self, event: &AuditEvent) -> Result<(), StoreError> {
        let sql = if kinds_of(&event.fact).is_empty() {
            "INSERT INTO events (id, at, account_id, user_id, actor, fact) VALUES ($1, $2, $3, $4, $5, $6)"
        } else {
            "INSERT INTO events (id, at, account_id, user_id, actor, fact, outbox) VALUES ($1, $2, $3, $4, $5, $6, \
             CASE WHEN EXISTS (SELECT 1 FROM webhooks WHERE is_enabled = 1) THEN 1 END)"
        };
        let params = [
            event.id.into(),
            event.at.into(),
            event.account.into(),
            person(event).into(),
            json(&event.actor)?,
            json(&event.fact)?,
        ];
        self.execute(sql, &params).await?;
        self.count_sign_in(event).await
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

    /// One line.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn event(&mut self, id: EventId) -> Result<Option<AuditEvent>, StoreError> {
        let sql = "SELECT id, at, account_id, actor, fact FROM events WHERE id = $1";
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(event).transpose()
    }

    /// Lines from a time on and before another, the oldest first. `after`: behind this one, the next page.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn events_between(
        &mut self,
        since: Timestamp,
        until: Timestamp,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        // Ids sort by their time, to the millisecond.
        let first = EventId::new(since, [0; id::RANDOM]);
        let end = EventId::new(until, [0; id::RANDOM]);
        let sql = "SELECT id, at, account_id, actor, fact FROM events \
                   WHERE id >= $1 AND id > $2 AND id < $3 ORDER BY id LIMIT $4";
        let after = after.unwrap_or(EventId::from_bytes([0; 16]));
        let params = [first.into(), after.into(), end.into(), i64::from(limit).into()];
        self.query_all(sql, &params).await?.iter().map(event).collect()
    }

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

pub(super) fn event(row: &Row) -> Result<AuditEvent, StoreError> {
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
        | Fact::UserErased { user }
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
