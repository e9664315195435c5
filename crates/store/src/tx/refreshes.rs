//! When the metadata of connections is fetched again, and what became of it the last time.

use jiff::Timestamp;
use vestibule_domain::connection::Connection;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::ConnectionId;

use super::connections::connection;
use crate::value::json;
use crate::{StoreError, Tx};

/// A connection whose metadata is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRefresh {
    /// The connection as it is.
    pub connection: Connection,
    /// What became of it the last time.
    pub last: Refresh,
}

/// What became of a fetch, and when the next one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refresh {
    /// When it is fetched next.
    pub due_at: Timestamp,
    /// When a document was last read that may be trusted.
    pub read_at: Option<Timestamp>,
    /// How often in a row there was none.
    pub failures: u32,
    /// What somebody should know of it.
    pub note: Option<RefreshNote>,
    /// Certificates in force that the last document did not have: their SHA-256 thumbprints. Each was told once.
    pub withdrawn: Vec<String>,
}

/// Why a document changed nothing, or why there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshNote {
    /// The reason in a word: while it stays the same, nothing new is told.
    pub code: String,
    /// The reason for people: what came, what was wanted, who mends it.
    pub text: String,
}

const COLUMNS: usize = 8;

impl Tx {
    /// The connections whose metadata is to be fetched by now, those that wait longest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn due_refreshes(&mut self, now: Timestamp, limit: u32) -> Result<Vec<DueRefresh>, StoreError> {
        let sql = "SELECT c.id, c.account_id, c.name, c.state, c.settings, c.edited_at, c.tested_at, c.version, \
                   r.due_at, r.read_at, r.failures, r.note_code, r.note, r.withdrawn \
                   FROM metadata_refreshes r JOIN connections c ON c.id = r.connection_id \
                   WHERE r.due_at <= $1 ORDER BY r.due_at, r.connection_id LIMIT $2";
        let rows = self.query_all(sql, &[now.into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| Ok(DueRefresh { connection: connection(row)?, last: refresh(row, COLUMNS)? })).collect()
    }

    /// What became of the last fetch; none for a connection whose metadata has no address.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn metadata_refresh(&mut self, id: ConnectionId) -> Result<Option<Refresh>, StoreError> {
        let sql = "SELECT due_at, read_at, failures, note_code, note, withdrawn FROM metadata_refreshes \
                   WHERE connection_id = $1";
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(|row| refresh(row, 0)).transpose()
    }

    /// Records what became of a fetch, with lines in the audit log where it matters. A connection that has no
    /// address any more has none to record.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn record_refresh(
        &mut self,
        id: ConnectionId,
        done: &Refresh,
        events: &[AuditEvent],
    ) -> Result<(), StoreError> {
        let sql = "UPDATE metadata_refreshes SET due_at = $1, read_at = $2, failures = $3, note_code = $4, note = $5, \
                   withdrawn = $6 WHERE connection_id = $7";
        let note = done.note.as_ref();
        let params = [
            done.due_at.into(),
            done.read_at.into(),
            i64::from(done.failures).into(),
            note.map(|note| note.code.as_str()).into(),
            note.map(|note| note.text.as_str()).into(),
            json(&done.withdrawn)?,
            id.into(),
        ];
        self.execute(sql, &params).await?;
        for event in events {
            self.insert_event(event).await?;
        }
        Ok(())
    }

    /// Puts newly published certificates in force, if nobody changed the connection since it was read: false then, and
    /// nothing changed. State, time of the last edit and time of the last test stay: nobody edited anything.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn save_certificates(&mut self, connection: &Connection, event: &AuditEvent) -> Result<bool, StoreError> {
        let sql = "UPDATE connections SET settings = $1, attention_at = $2, certificate_ends = $3, \
                   version = version + 1 WHERE id = $4 AND version = $5";
        let standing = connection.saml.standing();
        let params = [
            json(&connection.saml)?,
            standing.attention_at.into(),
            standing.certificate_ends.into(),
            connection.id.into(),
            connection.version.into(),
        ];
        if self.execute(sql, &params).await? == 0 {
            return Ok(false);
        }
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Whoever edits a connection whose metadata has an address has it fetched soon, and judged by the new settings.
    pub(super) async fn schedule_refresh(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if connection.saml.metadata_url.is_none() {
            let sql = "DELETE FROM metadata_refreshes WHERE connection_id = $1";
            return self.execute(sql, &[connection.id.into()]).await.map(drop);
        }
        let sql = "INSERT INTO metadata_refreshes (connection_id, due_at, failures) VALUES ($1, $2, 0) \
                   ON CONFLICT (connection_id) DO UPDATE SET due_at = excluded.due_at, failures = 0, \
                   note_code = NULL, note = NULL";
        self.execute(sql, &[connection.id.into(), connection.edited_at.into()]).await.map(drop)
    }
}

/// Six columns, from this one on.
fn refresh(row: &crate::value::Row, from: usize) -> Result<Refresh, StoreError> {
    let note = match (row.text_or_null(from + 3)?, row.text_or_null(from + 4)?) {
        (Some(code), Some(text)) => Some(RefreshNote { code: code.to_owned(), text: text.to_owned() }),
        _ => None,
    };
    Ok(Refresh {
        due_at: row.time(from)?,
        read_at: row.time_or_null(from + 1)?,
        failures: u32::try_from(row.int(from + 2)?).unwrap_or(u32::MAX),
        note,
        withdrawn: row.json_or_null(from + 5)?.unwrap_or_default(),
    })
}
