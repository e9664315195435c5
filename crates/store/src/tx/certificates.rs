//! Certificates of connections that end soon, each told once for each time before.

use vestibule_domain::connection::Connection;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::ConnectionId;

use super::connections::connection;
use crate::{StoreError, Tx};

impl Tx {
    /// Active connections, by id. `after`: behind this one, the next page.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn active_connections(
        &mut self,
        after: Option<ConnectionId>,
        limit: u32,
    ) -> Result<Vec<Connection>, StoreError> {
        let sql = "SELECT id, account_id, name, state, settings, edited_at, tested_at, version FROM connections \
                   WHERE id > $1 AND state = 'active' ORDER BY id LIMIT $2";
        let after = after.unwrap_or(ConnectionId::from_bytes([0; 16]));
        self.query_all(sql, &[after.into(), i64::from(limit).into()]).await?.iter().map(connection).collect()
    }

    /// That a certificate ends in so many days at most is told now. False, and nothing changed, where it was before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn notice_certificate(
        &mut self,
        connection: ConnectionId,
        thumbprint: &str,
        days: u16,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO certificate_notices (connection_id, thumbprint, days) VALUES ($1, $2, $3) \
                   ON CONFLICT (connection_id, thumbprint, days) DO NOTHING";
        if self.execute(sql, &[connection.into(), thumbprint.into(), i64::from(days).into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }
}
