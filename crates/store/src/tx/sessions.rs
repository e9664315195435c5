//! Sessions of browsers, found by the hash of their token.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vestibule_domain::account::Account;
use vestibule_domain::enforcement::Demand;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, ConnectionId, SessionId, UserId};
use vestibule_domain::session::{Session, SessionUser};
use vestibule_domain::user::{User, UserState};

use super::users;
use crate::value::{Row, Value, json};
use crate::{StoreError, Tx};

/// A session that begins, and the hash of the token that its browser holds.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whether its identity provider may ask for its end: its names are kept then.
    pub is_named: bool,
}

/// Whose sessions are to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionsOf {
    /// A person's.
    User(UserId),
    /// A person's that began with a password.
    ByPassword(UserId),
    /// A person's that began by single sign-on.
    BySingleSignOn(UserId),
    /// Those that began through a connection.
    Connection(ConnectionId),
    /// All of an account.
    Account(AccountId),
}

/// Why an attempt is refused that was under way when its connection's sessions ended.
pub(super) const ENDED: &str = "sessions_ended";

/// What [`session`] reads, in its order.
macro_rules! columns {
    () => {
        "s.id, s.account_id, s.connection_id, s.user_id, s.passed_through, s.created_at, s.expires_at, \
         s.authentication"
    };
}
pub(super) use columns;

impl Tx {
    /// The session that a token opens, and its person: none past its end, nor where the person may not sign in any
    /// more. Somebody who only passes through has no record.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn session(
        &mut self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<(Session, Option<User>)>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", ",
            users::columns!(),
            " FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1 AND s.expires_at > $2"
        );
        let Some(row) = self.query_opt(sql, &[token_hash.into(), now.into()]).await? else { return Ok(None) };
        let session = session(&row)?;
        match session.user {
            SessionUser::PassedThrough { .. } => Ok(Some((session, None))),
            // A person whose record is gone is nobody.
            SessionUser::Known(_) if row.blob_or_null(8)?.is_none() => Ok(None),
            SessionUser::Known(_) => {
                let user = users::user(&row, 8)?;
                Ok((user.state == UserState::Active).then_some((session, Some(user))))
            }
        }
    }

    /// A person's sessions that have not ended, the oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sessions_of(&mut self, user: UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let sql =
            concat!("SELECT ", columns!(), " FROM sessions s WHERE s.user_id = $1 AND s.expires_at > $2 ORDER BY s.id");
        self.query_all(sql, &[user.into(), now.into()]).await?.iter().map(session).collect()
    }

    /// An account's sessions that have not ended, the oldest first: at most `limit`. Looks at all sessions, for a sign-in
    /// shall not write an index for it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sessions_in(
        &mut self,
        account: AccountId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM sessions s WHERE s.account_id = $1 AND s.expires_at > $2 ORDER BY s.id LIMIT $3"
        );
        let rows = self.query_all(sql, &[account.into(), now.into(), i64::from(limit).into()]).await?;
        rows.iter().map(session).collect()
    }

    /// Ends the session that a token opens. False where there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_session(&mut self, token_hash: &[u8; 32], event: &AuditEvent) -> Result<bool, StoreError> {
        let sql = "DELETE FROM sessions WHERE token_hash = $1 RETURNING id";
        let Some(row) = self.query_opt(sql, &[token_hash.into()]).await? else { return Ok(false) };
        self.tell_end_of(row.id(0)?, event.at).await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Ends all of somebody's sessions and tells how many there were; their applications are told. The event is written
    /// even for none: the wish counts. Those of a connection or an account are looked for in all sessions, which takes
    /// the longer the more there are; and what is under way to a session there is refused too, for it may rest on what is
    /// no longer trusted. Tests go on: they sign nobody in.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_sessions_of(&mut self, whose: SessionsOf, event: &AuditEvent) -> Result<u64, StoreError> {
        let ended = match whose {
            SessionsOf::User(user) => {
                self.close_password_door(user).await?;
                self.end_sessions_of_user(user, event.at).await?
            }
            SessionsOf::ByPassword(user) => {
                self.close_password_door(user).await?;
                self.end_password_sessions(user, event.at).await?
            }
            SessionsOf::BySingleSignOn(user) => {
                let sql = "DELETE FROM sessions WHERE user_id = $1 AND connection_id IS NOT NULL RETURNING id";
                self.end_and_tell(sql, &[user.into()], event.at).await?
            }
            SessionsOf::Connection(connection) => {
                // Attempts first: whoever finishes one at this moment is waited for, and then has a session to end.
                let sql = "UPDATE attempts SET progress = 'refused', refusal = $1 \
                           WHERE connection_id = $2 AND progress IN ('started', 'asserted') AND purpose <> 'test'";
                self.execute(sql, &[ENDED.into(), connection.into()]).await?;
                let ended = self.execute("DELETE FROM sessions WHERE connection_id = $1", &[connection.into()]).await?;
                self.tell_ends(event.at).await?;
                ended
            }
            SessionsOf::Account(account) => {
                self.end_attempts_of(account).await?;
                let ended = self.execute("DELETE FROM sessions WHERE account_id = $1", &[account.into()]).await?;
                self.tell_ends(event.at).await?;
                ended
            }
        };
        self.end_families_of(whose).await?;
        self.insert_event(event).await?;
        Ok(ended)
    }

    /// Single sign-on is switched off for some of an account's people: their sessions end that began by it. What is under
    /// way ends for everybody, first: whoever it is will be seen at the next sign-in.
    pub(super) async fn close_single_sign_on(&mut self, account: &Account, at: Timestamp) -> Result<(), StoreError> {
        self.end_attempts_of(account.id).await?;
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", ",
            users::columns!(),
            " FROM sessions s LEFT JOIN users u ON u.id = s.user_id WHERE s.account_id = $1 AND s.connection_id IS NOT NULL"
        );
        let enforcement = &account.settings.single_sign_on;
        for row in self.query_all(sql, &[account.id.into()]).await? {
            let session = session(&row)?;
            let stays = match &session.user {
                SessionUser::PassedThrough { profile, .. } => enforcement.of(None, &profile.roles) != Demand::Off,
                SessionUser::Known(_) if row.blob_or_null(8)?.is_none() => true,
                SessionUser::Known(_) => enforcement.lets_in_by_single_sign_on(&users::user(&row, 8)?),
            };
            if !stays {
                let sql = "DELETE FROM sessions WHERE id = $1 RETURNING id";
                self.end_and_tell(sql, &[session.id.into()], at).await?;
            }
        }
        // Of those that outlive their sessions it is not asked whose they are: at worst somebody signs in again.
        let sql = "DELETE FROM refresh_families WHERE account_id = $1 AND connection_id IS NOT NULL AND is_offline = 1";
        self.execute(sql, &[account.id.into()]).await.map(drop)
    }

    /// What is under way to a session of an account is refused; tests go on.
    async fn end_attempts_of(&mut self, account: AccountId) -> Result<(), StoreError> {
        let sql = "UPDATE attempts SET progress = 'refused', refusal = $1 \
                   WHERE account_id = $2 AND progress IN ('started', 'asserted') AND purpose <> 'test'";
        self.execute(sql, &[ENDED.into(), account.into()]).await.map(drop)
    }

    /// Ends all of somebody's sessions; their applications are told.
    pub(super) async fn end_sessions_of_user(&mut self, user: UserId, at: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM sessions WHERE user_id = $1 RETURNING id";
        let ended = self.end_and_tell(sql, &[user.into()], at).await?;
        self.end_families_of(SessionsOf::User(user)).await?;
        Ok(ended)
    }

    /// Ends the few sessions that a statement deletes, which returns their ids; their applications are told.
    pub(super) async fn end_and_tell(
        &mut self,
        sql: &'static str,
        params: &[Value<'_>],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let ended = self.query_all(sql, params).await?;
        for row in &ended {
            let session: SessionId = row.id(0)?;
            self.tell_end_of(session, at).await?;
        }
        Ok(ended.len() as u64)
    }

    pub(super) async fn insert_session(&mut self, new: &NewSession) -> Result<(), StoreError> {
        let sql = "INSERT INTO sessions (id, token_hash, account_id, connection_id, user_id, passed_through, \
                   created_at, expires_at, authentication) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let session = &new.session;
        let (user, passed_through) = match &session.user {
            SessionUser::Known(user) => (Some(*user), Value::Null),
            SessionUser::PassedThrough { sub, profile } => (None, json(&PassedThrough { sub, profile })?),
        };
        let params = [
            session.id.into(),
            (&new.token_hash).into(),
            session.account.into(),
            session.connection.into(),
            user.into(),
            passed_through,
            session.created_at.into(),
            session.expires_at.into(),
            json(&session.authentication)?,
        ];
        self.execute(sql, &params).await?;
        if let Some(connection) = session.connection.filter(|_| new.is_named) {
            self.name_session(session.id, connection, &session.authentication).await?;
        }
        Ok(())
    }
}

/// Somebody without a record, in their session.
#[derive(Serialize, Deserialize)]
struct PassedThrough<S, P> {
    sub: S,
    profile: P,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession").field("session", &self.session).finish_non_exhaustive()
    }
}

pub(super) fn session(row: &Row) -> Result<Session, StoreError> {
    let user = match (row.id_or_null(3)?, row.json_or_null::<PassedThrough<String, _>>(4)?) {
        (Some(user), None) => SessionUser::Known(user),
        (None, Some(PassedThrough { sub, profile })) => SessionUser::PassedThrough { sub, profile },
        _ => return Err(row.unreadable(3, "both or neither", "a person, or one who passes through")),
    };
    Ok(Session {
        id: row.id(0)?,
        account: row.id(1)?,
        connection: row.id_or_null(2)?,
        user,
        created_at: row.time(5)?,
        expires_at: row.time(6)?,
        authentication: row.json(7)?,
    })
}
