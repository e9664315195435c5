//! The deployment's own keys, sealed: those that sign ID tokens, to begin with.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;

use crate::value::Row;
use crate::{StoreError, Tx};

/// A key of the deployment.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its name, for ID tokens the `kid`.
    pub id: String,
    /// What it is for, by a name that never changes.
    pub purpose: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// The public key, in the form that its purpose wants.
    pub public: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub active_from: Timestamp,
    /// From when on it is published no more.
    pub retired_at: Option<Timestamp>,
}

impl Tx {
    /// The keys for a purpose, the oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keys(&mut self, purpose: &str) -> Result<Vec<StoredKey>, StoreError> {
        let sql = "SELECT id, purpose, sealed, public, created_at, active_from, retired_at FROM key_material \
                   WHERE purpose = $1 ORDER BY created_at, id";
        self.query_all(sql, &[purpose.into()]).await?.iter().map(key).collect()
    }

    /// A new key.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_key(&mut self, key: &StoredKey, event: &AuditEvent) -> Result<(), StoreError> {
        let sql = "INSERT INTO key_material (id, purpose, sealed, public, created_at, active_from, retired_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let params = [
            key.id.as_str().into(),
            key.purpose.as_str().into(),
            (&key.sealed).into(),
            key.public.as_str().into(),
            key.created_at.into(),
            key.active_from.into(),
            key.retired_at.into(),
        ];
        self.execute(sql, &params).await?;
        self.settings_changed().await?;
        self.insert_event(event).await
    }

    /// The key is published no more from a time on. False where there is none, or it has such a time that is not later.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn retire_key(&mut self, id: &str, at: Timestamp, event: &AuditEvent) -> Result<bool, StoreError> {
        let sql = "UPDATE key_material SET retired_at = $1 WHERE id = $2 AND (retired_at IS NULL OR retired_at > $1)";
        if self.execute(sql, &[at.into(), id.into()]).await? == 0 {
            return Ok(false);
        }
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("id", &self.id)
            .field("purpose", &self.purpose)
            .field("created_at", &self.created_at)
            .field("retired_at", &self.retired_at)
            .finish_non_exhaustive()
    }
}

fn key(row: &Row) -> Result<StoredKey, StoreError> {
    Ok(StoredKey {
        id: row.text(0)?.to_owned(),
        purpose: row.text(1)?.to_owned(),
        sealed: row.blob(2)?.to_owned(),
        public: row.text(3)?.to_owned(),
        created_at: row.time(4)?,
        active_from: row.time(5)?,
        retired_at: row.time_or_null(6)?,
    })
}
