//! Connections, the addresses at which they take answers, and their keys.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::connection::{Connection, ConnectionState};
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, ConnectionId};
use vestibule_saml::types::EntityId;

use super::names::word;
use crate::value::{Row, json};
use crate::{StoreError, Tx};

/// What the sign-in path needs of a connection before it needs its settings, which it keeps by version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionHead {
    /// Its identity.
    pub id: ConnectionId,
    /// Whose it is.
    pub account: AccountId,
    /// How far it is set up.
    pub state: ConnectionState,
    /// Counts its changes.
    pub version: i64,
}

/// A key pair of our own, with which a connection signs requests or decrypts assertions.
#[derive(Clone, PartialEq, Eq)]
pub struct ConnectionKey {
    /// Its name within the connection: a fingerprint, or what the maker chose.
    pub id: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is in force: it signs, or stands in the metadata. One that is not still decrypts (HY-12).
    pub is_active: bool,
}

/// What a connection's key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Signing requests.
    Signing,
    /// Decrypting assertions.
    Decryption,
}

impl Tx {
    /// The connection with all its settings.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connection(&mut self, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
        let sql = "SELECT id, account_id, name, state, settings, edited_at, tested_at, version FROM connections \
                   WHERE id = $1";
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(connection).transpose()
    }

    /// The head of one connection.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connection_head(&mut self, id: ConnectionId) -> Result<Option<ConnectionHead>, StoreError> {
        let sql = "SELECT id, account_id, state, version FROM connections WHERE id = $1";
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(head).transpose()
    }

    /// The heads of an account's connections, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connection_heads(&mut self, account: AccountId) -> Result<Vec<ConnectionHead>, StoreError> {
        let sql = "SELECT id, account_id, state, version FROM connections WHERE account_id = $1 ORDER BY name";
        self.query_all(sql, &[account.into()]).await?.iter().map(head).collect()
    }

    /// An account's connections, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connections_in(&mut self, account: AccountId) -> Result<Vec<Connection>, StoreError> {
        let sql = "SELECT id, account_id, name, state, settings, edited_at, tested_at, version FROM connections \
                   WHERE account_id = $1 ORDER BY name";
        self.query_all(sql, &[account.into()]).await?.iter().map(connection).collect()
    }

    /// The connections that take answers at a further address. There may be several (XC-12, SC-8).
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connections_at_alias(&mut self, url: &str) -> Result<Vec<ConnectionHead>, StoreError> {
        let sql = "SELECT c.id, c.account_id, c.state, c.version FROM connection_aliases a \
                   JOIN connections c ON c.id = a.connection_id WHERE a.url = $1 ORDER BY c.id";
        self.query_all(sql, &[url.into()]).await?.iter().map(head).collect()
    }

    /// Those of them that trust this issuer.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connections_by_issuer_at_alias(
        &mut self,
        url: &str,
        issuer: &str,
    ) -> Result<Vec<ConnectionHead>, StoreError> {
        let sql = "SELECT c.id, c.account_id, c.state, c.version FROM connection_aliases a \
                   JOIN connections c ON c.id = a.connection_id WHERE a.url = $1 AND c.issuer = $2 ORDER BY c.id";
        self.query_all(sql, &[url.into(), issuer.into()]).await?.iter().map(head).collect()
    }

    /// Inserts the connection, or changes the one with its id, and keeps its further addresses in step. Returns the
    /// new version. The account of a connection never changes.
    ///
    /// # Errors
    /// [`Constraint::ConnectionName`](crate::Constraint::ConnectionName) where the account has another connection of
    /// that name; [`StoreError::Stale`] where the id is another account's.
    pub async fn save_connection(&mut self, connection: &Connection, event: &AuditEvent) -> Result<i64, StoreError> {
        let sql = "INSERT INTO connections \
                   (id, account_id, name, state, issuer, settings, edited_at, tested_at, attention_at, \
                   certificate_ends, version) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1) \
                   ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state, \
                   issuer = excluded.issuer, settings = excluded.settings, edited_at = excluded.edited_at, \
                   tested_at = excluded.tested_at, attention_at = excluded.attention_at, \
                   certificate_ends = excluded.certificate_ends, version = connections.version + 1 \
                   WHERE connections.account_id = excluded.account_id \
                   RETURNING version";
        let standing = connection.saml.standing();
        let params = [
            connection.id.into(),
            connection.account.into(),
            connection.name.as_str().into(),
            word(connection.state),
            connection.saml.issuer.as_ref().map(EntityId::as_str).into(),
            json(&connection.saml)?,
            connection.edited_at.into(),
            connection.tested_at.into(),
            standing.attention_at.into(),
            standing.certificate_ends.into(),
        ];
        let saved = self.query_opt(sql, &params).await?.ok_or(StoreError::Stale { what: "connection" })?;
        self.execute("DELETE FROM connection_aliases WHERE connection_id = $1", &[connection.id.into()]).await?;
        for alias in &connection.saml.aliases {
            let insert = "INSERT INTO connection_aliases (url, connection_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            self.execute(insert, &[alias.as_str().into(), connection.id.into()]).await?;
        }
        self.schedule_refresh(connection).await?;
        if connection.state == ConnectionState::Active {
            self.end_setup_links(connection.id, event.at).await?;
        }
        self.settings_changed().await?;
        self.insert_event(event).await?;
        saved.int(0)
    }

    /// From one state to another. False, and nothing changed, where it is in a different one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_connection_state(
        &mut self,
        id: ConnectionId,
        from: ConnectionState,
        to: ConnectionState,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE connections SET state = $1, version = version + 1 WHERE id = $2 AND state = $3";
        if self.execute(sql, &[word(to), id.into(), word(from)]).await? == 0 {
            return Ok(false);
        }
        if to == ConnectionState::Active {
            self.end_setup_links(id, event.at).await?;
        }
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// A test passed: the time of it, and a draft becomes tested. False where there is no such connection.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn record_test_passed(
        &mut self,
        id: ConnectionId,
        at: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE connections SET tested_at = $1, version = version + 1, \
                   state = CASE state WHEN 'draft' THEN 'tested' ELSE state END WHERE id = $2";
        if self.execute(sql, &[at.into(), id.into()]).await? == 0 {
            return Ok(false);
        }
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Removes the connection with all that is only true through it: keys, links to people, sessions, recent answers.
    /// The people stay. False where there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_connection(&mut self, id: ConnectionId, event: &AuditEvent) -> Result<bool, StoreError> {
        // Attempts first: whoever finishes one at this moment is waited for, and then has a session to end.
        let sql = "UPDATE attempts SET progress = 'refused', refusal = $1 \
                   WHERE connection_id = $2 AND progress IN ('started', 'asserted')";
        self.execute(sql, &[super::sessions::ENDED.into(), id.into()]).await?;
        for sql in [
            "DELETE FROM connection_aliases WHERE connection_id = $1",
            "DELETE FROM connection_keys WHERE connection_id = $1",
            "UPDATE proved_domains SET connection_id = NULL WHERE connection_id = $1",
            "UPDATE domain_claims SET connection_id = NULL WHERE connection_id = $1",
            "DELETE FROM setup_links WHERE connection_id = $1",
            "DELETE FROM console_setups WHERE connection_id = $1",
            "DELETE FROM observed_claims WHERE connection_id = $1",
            "DELETE FROM metadata_refreshes WHERE connection_id = $1",
            "DELETE FROM certificate_notices WHERE connection_id = $1",
            "DELETE FROM identities WHERE connection_id = $1",
            "DELETE FROM applicants WHERE connection_id = $1",
            "DELETE FROM sessions WHERE connection_id = $1",
            "DELETE FROM refresh_families WHERE connection_id = $1",
            "DELETE FROM recent_answers WHERE connection_id = $1",
            "DELETE FROM answer_counters WHERE connection_id = $1",
            "DELETE FROM kept_messages WHERE connection_id = $1",
        ] {
            self.execute(sql, &[id.into()]).await?;
        }
        if self.execute("DELETE FROM connections WHERE id = $1", &[id.into()]).await? == 0 {
            return Ok(false);
        }
        self.tell_ends(event.at).await?;
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// The connection's keys, the oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn connection_keys(&mut self, connection: ConnectionId) -> Result<Vec<ConnectionKey>, StoreError> {
        let sql = "SELECT id, purpose, sealed, certificate, created_at, is_active FROM connection_keys \
                   WHERE connection_id = $1 ORDER BY created_at, id";
        self.query_all(sql, &[connection.into()]).await?.iter().map(connection_key).collect()
    }

    /// Adds a key to a connection, whose version grows.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where it has one of that id;
    /// [`StoreError::Reference`] where the connection does not exist.
    pub async fn insert_connection_key(
        &mut self,
        connection: ConnectionId,
        key: &ConnectionKey,
        event: &AuditEvent,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO connection_keys \
                   (connection_id, id, purpose, sealed, certificate, created_at, is_active) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let params = [
            connection.into(),
            key.id.as_str().into(),
            word(key.purpose),
            (&key.sealed).into(),
            (&key.certificate).into(),
            key.created_at.into(),
            key.is_active.into(),
        ];
        self.execute(sql, &params).await?;
        self.keys_changed(connection, event).await
    }

    /// Puts a key in force, or out of it. False where the connection has none of that id.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_connection_key_active(
        &mut self,
        connection: ConnectionId,
        key: &str,
        is_active: bool,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE connection_keys SET is_active = $1 WHERE connection_id = $2 AND id = $3";
        if self.execute(sql, &[is_active.into(), connection.into(), key.into()]).await? == 0 {
            return Ok(false);
        }
        self.keys_changed(connection, event).await?;
        Ok(true)
    }

    /// Removes a key that is out of force: what was encrypted for it is lost. False where the connection has none of that
    /// id, or it is in force.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_connection_key(
        &mut self,
        connection: ConnectionId,
        key: &str,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM connection_keys WHERE connection_id = $1 AND id = $2 AND is_active = 0";
        if self.execute(sql, &[connection.into(), key.into()]).await? == 0 {
            return Ok(false);
        }
        self.keys_changed(connection, event).await?;
        Ok(true)
    }

    async fn keys_changed(&mut self, connection: ConnectionId, event: &AuditEvent) -> Result<(), StoreError> {
        let sql = "UPDATE connections SET version = version + 1 WHERE id = $1";
        self.execute(sql, &[connection.into()]).await?;
        self.settings_changed().await?;
        self.insert_event(event).await
    }
}

impl fmt::Debug for ConnectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionKey")
            .field("id", &self.id)
            .field("purpose", &self.purpose)
            .field("is_active", &self.is_active)
            .finish_non_exhaustive()
    }
}

pub(super) fn connection(row: &Row) -> Result<Connection, StoreError> {
    Ok(Connection {
        id: row.id(0)?,
        account: row.id(1)?,
        name: row.parsed(2, |text| text.parse().ok())?,
        state: row.word(3)?,
        saml: row.json(4)?,
        edited_at: row.time(5)?,
        tested_at: row.time_or_null(6)?,
        version: row.int(7)?,
    })
}

pub(super) fn head(row: &Row) -> Result<ConnectionHead, StoreError> {
    Ok(ConnectionHead { id: row.id(0)?, account: row.id(1)?, state: row.word(2)?, version: row.int(3)? })
}

fn connection_key(row: &Row) -> Result<ConnectionKey, StoreError> {
    Ok(ConnectionKey {
        id: row.text(0)?.to_owned(),
        purpose: row.word(1)?,
        sealed: row.blob(2)?.to_owned(),
        certificate: row.blob(3)?.to_owned(),
        created_at: row.time(4)?,
        is_active: row.truth(5)?,
    })
}
