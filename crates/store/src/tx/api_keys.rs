//! Keys of the admin API.

use jiff::Timestamp;
use vestibule_domain::api::{self, ApiKey};
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, ApiKeyId};

use super::names::word;
use crate::value::{Row, json};
use crate::{StoreError, Tx};

macro_rules! columns {
    () => {
        "SELECT id, account_id, name, role, access, created_at, created_by, used_at, expires_at, revoked_at \
         FROM api_keys "
    };
}

impl Tx {
    /// A new key.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_api_key(
        &mut self,
        key: &ApiKey,
        hash: &[u8; 32],
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO api_keys (id, hash, account_id, name, role, access, created_at, created_by, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let params = [
            key.id.into(),
            hash.into(),
            key.account.into(),
            key.name.as_str().into(),
            word(key.role),
            word(key.access),
            key.created_at.into(),
            json(&key.created_by)?,
            key.expires_at.into(),
        ];
        self.execute(sql, &params).await?;
        self.insert_event(event).await
    }

    /// The key with this hash, whether it is good or over.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn api_key_by_hash(&mut self, hash: &[u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        let sql = concat!(columns!(), "WHERE hash = $1");
        self.query_opt(sql, &[hash.into()]).await?.as_ref().map(key).transpose()
    }

    /// The key of this id, whether it is good or over.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn api_key(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let sql = concat!(columns!(), "WHERE id = $1");
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(key).transpose()
    }

    /// The keys of an account, the newest first, behind the one with this id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn api_keys(
        &mut self,
        account: AccountId,
        after: Option<ApiKeyId>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let limit = i64::from(limit);
        let rows = if let Some(after) = after {
            let sql = concat!(columns!(), "WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
            self.query_all(sql, &[account.into(), after.into(), limit.into()]).await?
        } else {
            let sql = concat!(columns!(), "WHERE account_id = $1 ORDER BY id DESC LIMIT $2");
            self.query_all(sql, &[account.into(), limit.into()]).await?
        };
        rows.iter().map(key).collect()
    }

    /// Notes that a key was used, where nothing is noted since `unless`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_api_key_use(
        &mut self,
        id: ApiKeyId,
        now: Timestamp,
        unless: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE api_keys SET used_at = $1 WHERE id = $2 AND (used_at IS NULL OR used_at < $3)";
        self.execute(sql, &[now.into(), id.into(), unless.into()]).await.map(drop)
    }

    /// Takes a key back. False where there is none, or it was before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn revoke_api_key(
        &mut self,
        id: ApiKeyId,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
        if self.execute(sql, &[now.into(), id.into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Deletes at most `limit` keys that have been over for long, and as many answers of the API whose time is over.
    pub(super) async fn sweep_api(&mut self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        let listed = now.saturating_sub(api::KEPT).unwrap_or(Timestamp::MIN);
        let mut swept = 0;
        for (sql, before) in [
            (
                "DELETE FROM api_keys WHERE id IN \
                 (SELECT id FROM api_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
                listed,
            ),
            (
                "DELETE FROM api_keys WHERE id IN \
                 (SELECT id FROM api_keys WHERE revoked_at <= $1 ORDER BY revoked_at LIMIT $2)",
                listed,
            ),
            (
                "DELETE FROM api_answers WHERE (caller, name) IN \
                 (SELECT caller, name FROM api_answers WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
                now,
            ),
        ] {
            swept += self.execute(sql, &[before.into(), limit.into()]).await?;
        }
        Ok(swept)
    }
}

fn key(row: &Row) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: row.id(0)?,
        account: row.id(1)?,
        name: row.text(2)?.to_owned(),
        role: row.word(3)?,
        access: row.word(4)?,
        created_at: row.time(5)?,
        created_by: row.json(6)?,
        used_at: row.time_or_null(7)?,
        expires_at: row.time_or_null(8)?,
        revoked_at: row.time_or_null(9)?,
    })
}
