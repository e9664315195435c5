//! Webhooks: who is told of events.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::webhook::Webhook;

use crate::value::{Row, json};
use crate::{StoreError, Tx};

/// A webhook as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredWebhook {
    /// It.
    pub webhook: Webhook,
    /// Its secrets, sealed.
    pub sealed: Vec<u8>,
    /// From when on it is told.
    pub since: Timestamp,
    /// How often in a row it did not answer.
    pub failures: u32,
    /// Until when nothing is sent, because it did not answer.
    pub rests_until: Option<Timestamp>,
    /// Counts its changes.
    pub version: i64,
}

/// A webhook that is saved.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookChange {
    /// It.
    pub webhook: Webhook,
    /// Its secrets, sealed.
    pub sealed: Vec<u8>,
}

macro_rules! columns {
    () => {
        "SELECT name, account_id, is_enabled, settings, sealed, since, failures, rests_until, version FROM webhooks "
    };
}

impl Tx {
    /// All webhooks, by name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn webhooks(&mut self) -> Result<Vec<StoredWebhook>, StoreError> {
        self.query_all(concat!(columns!(), "ORDER BY name"), &[]).await?.iter().map(webhook).collect()
    }

    /// The webhook of this name.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn webhook(&mut self, name: &str) -> Result<Option<StoredWebhook>, StoreError> {
        let found = self.query_opt(concat!(columns!(), "WHERE name = $1"), &[name.into()]).await?;
        found.as_ref().map(webhook).transpose()
    }

    /// Inserts the webhook, or changes the one of its name. It is told from now on, where it was not before, and of
    /// what waits at once; of one that is told no more nothing waits any longer.
    ///
    /// # Errors
    /// [`StoreError::Reference`] for an account that does not exist.
    pub async fn save_webhook(&mut self, change: &WebhookChange, event: &AuditEvent) -> Result<(), StoreError> {
        let webhook = &change.webhook;
        let sql = "INSERT INTO webhooks (name, account_id, is_enabled, settings, sealed, since, failures, version) \
                   VALUES ($1, $2, $3, $4, $5, $6, 0, 1) \
                   ON CONFLICT (name) DO UPDATE SET account_id = excluded.account_id, \
                   is_enabled = excluded.is_enabled, settings = excluded.settings, sealed = excluded.sealed, \
                   since = CASE WHEN webhooks.is_enabled = 1 THEN webhooks.since ELSE excluded.since END, \
                   failures = 0, rests_until = NULL, version = webhooks.version + 1";
        let params = [
            webhook.name.as_str().into(),
            webhook.account.into(),
            webhook.is_enabled.into(),
            json(&webhook.settings)?,
            change.sealed.as_slice().into(),
            event.at.into(),
        ];
        self.execute(sql, &params).await?;
        if webhook.is_enabled {
            // Whoever mends its address does not wait for hours to see that it is mended.
            let sql = "UPDATE webhook_deliveries SET due_at = $1 WHERE webhook = $2 AND due_at > $1";
            self.execute(sql, &[event.at.into(), webhook.name.as_str().into()]).await?;
        } else {
            self.drop_deliveries(webhook.name.as_str(), event.at).await?;
        }
        self.settings_changed().await?;
        self.insert_event(event).await
    }

    /// Removes a webhook that is told nothing, with the log of what it was told. False, and nothing changed, where it is told
    /// of events still, or there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_webhook(&mut self, name: &str, event: &AuditEvent) -> Result<bool, StoreError> {
        if self.execute("DELETE FROM webhooks WHERE name = $1 AND is_enabled = 0", &[name.into()]).await? == 0 {
            return Ok(false);
        }
        self.execute("DELETE FROM webhook_deliveries WHERE webhook = $1", &[name.into()]).await?;
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// A webhook is told no more, by the wish of the other side. False, and nothing changed, where it was not told anyway,
    /// or was changed since its version was read.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_webhook(&mut self, name: &str, version: i64, event: &AuditEvent) -> Result<bool, StoreError> {
        let sql = "UPDATE webhooks SET is_enabled = 0, version = version + 1 \
                   WHERE name = $1 AND version = $2 AND is_enabled = 1";
        if self.execute(sql, &[name.into(), version.into()]).await? == 0 {
            return Ok(false);
        }
        self.drop_deliveries(name, event.at).await?;
        self.settings_changed().await?;
        self.insert_event(event).await?;
        Ok(true)
    }
}

fn webhook(row: &Row) -> Result<StoredWebhook, StoreError> {
    Ok(StoredWebhook {
        webhook: Webhook {
            name: row.parsed(0, |text| text.parse().ok())?,
            account: row.id_or_null(1)?,
            is_enabled: row.truth(2)?,
            settings: row.json(3)?,
        },
        sealed: row.blob(4)?.to_owned(),
        since: row.time(5)?,
        failures: u32::try_from(row.int(6)?).unwrap_or(u32::MAX),
        rests_until: row.time_or_null(7)?,
        version: row.int(8)?,
    })
}

/// Without the secrets, sealed though they are.
impl fmt::Debug for StoredWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredWebhook")
            .field("webhook", &self.webhook)
            .field("since", &self.since)
            .field("failures", &self.failures)
            .field("rests_until", &self.rests_until)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookChange").field("webhook", &self.webhook).finish_non_exhaustive()
    }
}
