//! Single logout: sessions found by the names that identity providers give them, and what we asked ourselves.

use std::fmt;

use aws_lc_rs::digest;
use jiff::{SignedDuration, Timestamp};
use vestibule_domain::attempt::Asserted;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId, LogoutId, SessionId};
use vestibule_domain::logout::{Answer, PendingLogout};
use vestibule_domain::session::Authentication;

use super::sign_in::{self, Replay};
use crate::value::{Value, json};
use crate::{StoreError, Tx};

/// How long another name of somebody is remembered after it was seen last: 400 days.
pub(super) const EARLIER_NAMES: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A name by which an identity provider may ask for the end of sessions: a hash over connection, kind and name, so that
/// no name of one connection is one of another's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionName([u8; 32]);

impl SessionName {
    /// The identity provider's own name of a session.
    pub fn session_index(connection: ConnectionId, index: &str) -> Self {
        Self::new(connection, b's', index)
    }

    /// What a person is called. Format and qualifiers do not count: identity providers leave them out, and within a
    /// connection the value alone tells people apart.
    pub fn name_id(connection: ConnectionId, value: &str) -> Self {
        Self::new(connection, b'n', value)
    }

    fn new(connection: ConnectionId, kind: u8, name: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&connection.bytes());
        context.update(&[kind]);
        context.update(name.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }
}

/// The sessions of a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Those that have not ended.
    pub open: Vec<SessionId>,
    /// Whether there was one that has, or a sign-in that came to none.
    pub ended: bool,
}

/// A session that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedSession {
    /// Which.
    pub id: SessionId,
    /// Whose: a connection may serve several accounts.
    pub account: AccountId,
}

impl Tx {
    /// Remembers a message by its ID. False where it was remembered already, even past its end.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remember_message(&mut self, message: &Replay) -> Result<bool, StoreError> {
        self.remember(&sign_in::hash(message), message.remember_until).await
    }

    /// The sessions of a connection that have this name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sessions_named(
        &mut self,
        connection: ConnectionId,
        name: SessionName,
        now: Timestamp,
    ) -> Result<Named, StoreError> {
        let sql = "SELECT s.id FROM session_names n LEFT JOIN sessions s \
                   ON s.id = n.session_id AND s.connection_id = $1 AND s.expires_at > $2 \
                   WHERE n.hash = $3 ORDER BY n.session_id";
        let mut named = Named::default();
        for row in self.query_all(sql, &[connection.into(), now.into(), (&name.0).into()]).await? {
            match row.id_or_null(0)? {
                Some(open) => named.open.push(open),
                None => named.ended = true,
            }
        }
        Ok(named)
    }

    /// The name that somebody of this name signs in by, where a browser told us so before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn earlier_name(&mut self, name: SessionName) -> Result<Option<SessionName>, StoreError> {
        let sql = "SELECT name_hash FROM earlier_names WHERE hash = $1";
        let row = self.query_opt(sql, &[(&name.0).into()]).await?;
        row.map(|row| row.array(0).map(SessionName)).transpose()
    }

    /// Keeps that `name` is what an identity provider also calls who signs in as `signs_in_as`. The last word counts.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keep_earlier_name(
        &mut self,
        name: SessionName,
        signs_in_as: SessionName,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO earlier_names (hash, name_hash, seen_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (hash) DO UPDATE SET name_hash = excluded.name_hash, seen_at = excluded.seen_at";
        self.execute(sql, &[(&name.0).into(), (&signs_in_as.0).into(), now.into()]).await.map(drop)
    }

    /// Ends these sessions, with their codes and tokens, and tells which there still were. Their applications are told.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_sessions(
        &mut self,
        sessions: &[SessionId],
        at: Timestamp,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let mut ended = Vec::new();
        for session in sessions {
            // Codes and tokens open nothing without their session.
            let sql = "DELETE FROM sessions WHERE id = $1 RETURNING id, account_id";
            if let Some(row) = self.query_opt(sql, &[(*session).into()]).await? {
                self.tell_end_of(*session, at).await?;
                ended.push(EndedSession { id: row.id(0)?, account: row.id(1)? });
            }
        }
        Ok(ended)
    }

    /// An identity provider is asked.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_logout(&mut self, pending: &PendingLogout, event: &AuditEvent) -> Result<(), StoreError> {
        let sql = "INSERT INTO logouts (id, account_id, connection_id, origin, created_at, expires_at, answer, onward) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let params = [
            pending.id.into(),
            pending.account.into(),
            pending.connection.into(),
            pending.origin.as_str().into(),
            pending.created_at.into(),
            pending.expires_at.into(),
            pending.answer.as_ref().map_or(Ok(Value::Null), json)?,
            pending.onward.as_deref().map_or(Value::Null, Value::from),
        ];
        self.execute(sql, &params).await?;
        self.insert_event(event).await
    }

    /// A logout that has not been forgotten.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn logout(&mut self, id: LogoutId, now: Timestamp) -> Result<Option<PendingLogout>, StoreError> {
        let sql = "SELECT id, account_id, connection_id, origin, created_at, expires_at, answer, onward FROM logouts \
                   WHERE id = $1 AND expires_at > $2";
        let Some(row) = self.query_opt(sql, &[id.into(), now.into()]).await? else { return Ok(None) };
        Ok(Some(PendingLogout {
            id: row.id(0)?,
            account: row.id(1)?,
            connection: row.id(2)?,
            origin: row.text(3)?.to_owned(),
            created_at: row.time(4)?,
            expires_at: row.time(5)?,
            answer: row.json_or_null(6)?,
            onward: row.text_or_null(7)?.map(str::to_owned),
        }))
    }

    /// The identity provider answered. False, and nothing changed, where it had before, or too late.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn answer_logout(
        &mut self,
        id: LogoutId,
        answer: &Answer,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE logouts SET answer = $1 WHERE id = $2 AND answer IS NULL AND expires_at > $3";
        if self.execute(sql, &[json(answer)?, id.into(), now.into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// By which names the identity provider may ask for a session's end.
    pub(super) async fn name_session(
        &mut self,
        session: SessionId,
        connection: ConnectionId,
        authentication: &Authentication,
    ) -> Result<(), StoreError> {
        let name_id = authentication.name_id.as_ref().map(|name_id| name_id.value.as_str());
        self.name(session.into(), connection, name_id, authentication.session_index.as_deref()).await
    }

    /// The same for a sign-in whose answer holds, and which is not at its end yet: also then a logout must reach it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn name_attempt(
        &mut self,
        attempt: AttemptId,
        connection: ConnectionId,
        asserted: &Asserted,
    ) -> Result<(), StoreError> {
        let name_id = Some(asserted.name_id.value.as_str());
        self.name(attempt.into(), connection, name_id, asserted.session_index.as_deref()).await
    }

    /// Ends the sign-ins of this name that are between their answer and their end, and tells whose they were. Comes before
    /// [`sessions_named`](Self::sessions_named) is asked: whoever was about to end has a session by then, or never will.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_attempts_named(
        &mut self,
        connection: ConnectionId,
        name: SessionName,
    ) -> Result<Vec<AccountId>, StoreError> {
        let sql = "UPDATE attempts SET progress = 'refused', refusal = 'logged_out' \
                   WHERE progress = 'asserted' AND connection_id = $1 \
                   AND id IN (SELECT session_id FROM session_names WHERE hash = $2) RETURNING account_id";
        let rows = self.query_all(sql, &[connection.into(), (&name.0).into()]).await?;
        rows.iter().map(|row| row.id(0)).collect()
    }

    async fn name(
        &mut self,
        id: Value<'_>,
        connection: ConnectionId,
        name_id: Option<&str>,
        index: Option<&str>,
    ) -> Result<(), StoreError> {
        let index = index.map(|index| SessionName::session_index(connection, index));
        match (name_id.map(|name_id| SessionName::name_id(connection, name_id)), index) {
            (Some(name_id), Some(index)) => {
                let sql = "INSERT INTO session_names (hash, session_id) VALUES ($1, $2), ($3, $4)";
                let params = [(&name_id.0).into(), id.clone(), (&index.0).into(), id];
                self.execute(sql, &params).await.map(drop)
            }
            (Some(only), None) | (None, Some(only)) => {
                let sql = "INSERT INTO session_names (hash, session_id) VALUES ($1, $2)";
                self.execute(sql, &[(&only.0).into(), id]).await.map(drop)
            }
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Debug for SessionName {
    /// It tells whether somebody has a session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionName(…)")
    }
}
