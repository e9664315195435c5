//! Applications that are told of the end of sessions: who is to be told, and what became of it.
//!
//! The rows of a session's applications become due in the unit that ends the session, whatever ends it, so that none is
//! forgotten; a session that is over age tells nobody, for applications know its end.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::application::ApplicationSettings;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, ConnectionId, SessionId, UserId};

use crate::value::Row;
use crate::{StoreError, Tx};

/// An application that has tokens of a session, and wants to be told of its end.
#[derive(Clone, PartialEq, Eq)]
pub struct ToTell {
    /// Which.
    pub client_id: String,
    /// The account of the session.
    pub account: AccountId,
    /// What the application calls the person.
    pub sub: String,
}

/// An application that has not been told yet of a session's end.
#[derive(Clone, PartialEq, Eq)]
pub struct Untold {
    /// The session that has ended.
    pub session: SessionId,
    /// The application.
    pub to: ToTell,
    /// Since when the session is over.
    pub ended_at: Timestamp,
    /// When the application is told next.
    pub due_at: Timestamp,
    /// How often it was tried in vain.
    pub failures: u32,
    /// Why the last time was in vain.
    pub note: Option<String>,
    /// The application as it is now; none: it is gone.
    pub application: Option<ApplicationSettings>,
}

/// A session that cannot end before this unit does.
#[derive(Debug, Clone)]
pub(super) struct HeldSession {
    pub(super) id: SessionId,
    pub(super) account: AccountId,
    pub(super) connection: Option<ConnectionId>,
    pub(super) user: Option<UserId>,
    pub(super) expires_at: Timestamp,
}

/// Which of an application's ends wait after one could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// That one: it was refused by itself.
    One,
    /// All that are due: the application does not answer at all.
    All,
}

macro_rules! columns {
    () => {
        "n.session_id, n.client_id, n.account_id, n.sub, n.ended_at, n.due_at, n.failures, n.note, a.settings \
         FROM session_applications n LEFT JOIN applications a ON a.client_id = n.client_id"
    };
}

impl Tx {
    /// The applications that are to be told by now, those that wait longest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn due_to_tell(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Untold>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " WHERE n.due_at <= $1 ORDER BY n.due_at, n.session_id LIMIT $2");
        let rows = self.query_all(sql, &[now.into(), i64::from(limit).into()]).await?;
        rows.iter().map(untold).collect()
    }

    /// Whether an application is to be told by now. Nothing is written.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn are_applications_due(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM session_applications WHERE due_at <= $1 ORDER BY due_at LIMIT 1";
        Ok(self.query_opt(sql, &[now.into()]).await?.is_some())
    }

    /// The first that have not been told yet, by the time of their next turn: at most `limit`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn untold(&mut self, limit: u32) -> Result<Vec<Untold>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " WHERE n.due_at IS NOT NULL ORDER BY n.due_at, n.session_id, n.client_id LIMIT $1"
        );
        let rows = self.query_all(sql, &[i64::from(limit).into()]).await?;
        rows.iter().map(untold).collect()
    }

    /// An application was told, or is given up: it is due no more. False where it was not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn told(
        &mut self,
        session: SessionId,
        client_id: &str,
        event: Option<&AuditEvent>,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM session_applications WHERE session_id = $1 AND client_id = $2 AND due_at IS NOT NULL";
        if self.execute(sql, &[session.into(), client_id.into()]).await? == 0 {
            return Ok(false);
        }
        if let Some(event) = event {
            self.insert_event(event).await?;
        }
        Ok(true)
    }

    /// An application could not be told, and is again at `due_at`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn tell_again(
        &mut self,
        session: SessionId,
        client_id: &str,
        note: &str,
        due_at: Timestamp,
        waiting: Waiting,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE session_applications SET due_at = $1, failures = failures + 1, note = $2 \
                   WHERE session_id = $3 AND client_id = $4 AND due_at IS NOT NULL";
        self.execute(sql, &[due_at.into(), note.into(), session.into(), client_id.into()]).await?;
        if waiting == Waiting::All {
            // Those wait as long as this one, or a turn would spend its time on an application that is not there.
            let sql = "UPDATE session_applications SET due_at = $1, note = $2 \
                       WHERE client_id = $3 AND due_at IS NOT NULL AND due_at < $4";
            self.execute(sql, &[due_at.into(), note.into(), client_id.into(), due_at.into()]).await?;
        }
        Ok(())
    }

    /// Holds a session's row until this unit ends, so that whoever ends the session at this moment finds what the unit
    /// hangs on it. None where it has ended: nothing may be hung on it then.
    pub(super) async fn hold_session(
        &mut self,
        session: SessionId,
        now: Timestamp,
    ) -> Result<Option<HeldSession>, StoreError> {
        let hold = "UPDATE sessions SET expires_at = expires_at WHERE id = $1 AND expires_at > $2 \
                    RETURNING id, account_id, connection_id, user_id, expires_at";
        let row = self.query_opt(hold, &[session.into(), now.into()]).await?;
        let held = |row: Row| {
            Ok(HeldSession {
                id: row.id(0)?,
                account: row.id(1)?,
                connection: row.id_or_null(2)?,
                user: row.id_or_null(3)?,
                expires_at: row.time(4)?,
            })
        };
        row.map(held).transpose()
    }

    /// The application gets tokens of a session, which is held.
    pub(super) async fn will_tell(&mut self, session: SessionId, to: &ToTell) -> Result<(), StoreError> {
        let sql = "INSERT INTO session_applications (session_id, client_id, account_id, sub, failures) \
                   VALUES ($1, $2, $3, $4, 0) ON CONFLICT (session_id, client_id) DO NOTHING";
        let params = [session.into(), to.client_id.as_str().into(), to.account.into(), to.sub.as_str().into()];
        self.execute(sql, &params).await.map(drop)
    }

    /// A session has just ended in this unit: its applications are due.
    pub(super) async fn tell_end_of(&mut self, session: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE session_applications SET ended_at = $1, due_at = $2 \
                   WHERE session_id = $3 AND due_at IS NULL";
        self.execute(sql, &[at.into(), at.into(), session.into()]).await.map(drop)
    }

    /// Many sessions have just ended in this unit: the applications of whatever session is no more are due.
    pub(super) async fn tell_ends(&mut self, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE session_applications SET ended_at = $1, due_at = $2 WHERE due_at IS NULL AND NOT EXISTS \
                   (SELECT 1 FROM sessions s WHERE s.id = session_applications.session_id)";
        self.execute(sql, &[at.into(), at.into()]).await.map(drop)
    }
}

fn untold(row: &Row) -> Result<Untold, StoreError> {
    Ok(Untold {
        session: row.id(0)?,
        to: ToTell { client_id: row.text(1)?.to_owned(), account: row.id(2)?, sub: row.text(3)?.to_owned() },
        ended_at: row.time(4)?,
        due_at: row.time(5)?,
        failures: u32::try_from(row.int(6)?).unwrap_or(u32::MAX),
        note: row.text_or_null(7)?.map(str::to_owned),
        application: row.json_or_null(8)?,
    })
}

impl fmt::Debug for ToTell {
    /// Who somebody is to an application may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToTell")
            .field("client_id", &self.client_id)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Untold")
            .field("session", &self.session)
            .field("to", &self.to)
            .field("due_at", &self.due_at)
            .field("failures", &self.failures)
            .field("note", &self.note)
            .finish_non_exhaustive()
    }
}
