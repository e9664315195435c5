//! What is told to webhooks: from the marks of the audit log to rows that are due, and the log of what became of them.

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::EventId;
use vestibule_domain::webhook::EventKind;

use super::events;
use super::names::word;
use crate::value::Row;
use crate::{StoreError, Tx};

/// What is told to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryKey {
    /// The name of the webhook.
    pub webhook: String,
    /// The line of the audit log.
    pub event: EventId,
    /// As which kind of event.
    pub kind: EventKind,
}

/// Something that is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// What, to whom.
    pub key: DeliveryKey,
    /// When.
    pub due_at: Timestamp,
}

/// Something that waits to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// What, to whom.
    pub key: DeliveryKey,
    /// Since when it waits.
    pub queued_at: Timestamp,
    /// How often it was tried in vain.
    pub failures: u32,
}

/// How far it is with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is to be told.
    Waiting,
    /// The other side took it.
    Delivered,
    /// It did not, as often as it was tried.
    GivenUp,
    /// The webhook was told no more before that.
    Dropped,
}

/// The end of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    /// Which.
    pub state: DeliveryState,
    /// What the other side answered; none: nothing.
    pub status: Option<u16>,
    /// Why, where it was not taken.
    pub note: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// A delivery that is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry<'a> {
    /// When.
    pub due_at: Timestamp,
    /// What the other side answered; none: nothing.
    pub status: Option<u16>,
    /// Why.
    pub note: &'a str,
}

/// A line of the log of deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedDelivery {
    /// What, to whom.
    pub key: DeliveryKey,
    /// How far it is.
    pub state: DeliveryState,
    /// Since when it is to be told.
    pub queued_at: Timestamp,
    /// When it is tried next; none: it is over.
    pub due_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// How often it was tried in vain.
    pub failures: u32,
    /// What the other side answered the last time.
    pub status: Option<u16>,
    /// Why it did not take it the last time.
    pub note: Option<String>,
}

impl DeliveryState {
    /// Its name.
    pub fn name(self) -> &'static str {
        super::names::Name::word(self)
    }
}

impl Tx {
    /// Whether an event or a delivery is due. Two looks at an index; nothing is written.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn are_webhooks_due(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        // Each in the order of its index, so that no planner reads a table to find nothing.
        let sql = "SELECT 1 FROM (SELECT id FROM events WHERE outbox = 1 ORDER BY id LIMIT 1) marked UNION ALL \
                   SELECT 1 FROM (SELECT due_at FROM webhook_deliveries WHERE due_at <= $1 ORDER BY due_at LIMIT 1) due";
        Ok(self.query_opt(sql, &[now.into()]).await?.is_some())
    }

    /// Events that are marked, the oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn outbox(&mut self, limit: u32) -> Result<Vec<AuditEvent>, StoreError> {
        let sql = "SELECT id, at, account_id, actor, fact FROM events WHERE outbox = 1 ORDER BY id LIMIT $1";
        self.query_all(sql, &[i64::from(limit).into()]).await?.iter().map(events::event).collect()
    }

    /// It was decided who is told of these events: the marks go, and what is to be told waits. What was told before stays
    /// so.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn fan_out(
        &mut self,
        events: &[EventId],
        deliveries: &[NewDelivery],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO webhook_deliveries (webhook, event_id, kind, state, queued_at, due_at, failures) \
                   VALUES ($1, $2, $3, 'waiting', $4, $5, 0) ON CONFLICT (webhook, event_id, kind) DO NOTHING";
        for NewDelivery { key, due_at } in deliveries {
            let params =
                [key.webhook.as_str().into(), key.event.into(), key.kind.name().into(), now.into(), (*due_at).into()];
            self.execute(sql, &params).await?;
        }
        for id in events {
            self.execute("UPDATE events SET outbox = NULL WHERE id = $1", &[(*id).into()]).await?;
        }
        Ok(())
    }

    /// Events are to be told once more. What still waits is left as it is. Tells how many wait that did not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn replay(&mut self, deliveries: &[NewDelivery], now: Timestamp) -> Result<u64, StoreError> {
        let sql = "INSERT INTO webhook_deliveries (webhook, event_id, kind, state, queued_at, due_at, failures) \
                   VALUES ($1, $2, $3, 'waiting', $4, $5, 0) ON CONFLICT (webhook, event_id, kind) DO UPDATE \
                   SET state = excluded.state, queued_at = excluded.queued_at, due_at = excluded.due_at, \
                   ended_at = NULL, failures = 0, status = NULL, note = NULL \
                   WHERE webhook_deliveries.due_at IS NULL";
        let mut replayed = 0;
        for NewDelivery { key, due_at } in deliveries {
            let params =
                [key.webhook.as_str().into(), key.event.into(), key.kind.name().into(), now.into(), (*due_at).into()];
            replayed += self.execute(sql, &params).await?;
        }
        Ok(replayed)
    }

    /// What is due to a webhook, the longest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn due_deliveries(
        &mut self,
        webhook: &str,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = "SELECT webhook, event_id, kind, queued_at, failures FROM webhook_deliveries \
                   WHERE webhook = $1 AND due_at <= $2 ORDER BY due_at, event_id LIMIT $3";
        let rows = self.query_all(sql, &[webhook.into(), now.into(), i64::from(limit).into()]).await?;
        let read = |row: &Row| {
            Ok(Delivery {
                key: key(row)?,
                queued_at: row.time(3)?,
                failures: u32::try_from(row.int(4)?).unwrap_or(u32::MAX),
            })
        };
        rows.iter().map(read).collect()
    }

    /// A delivery is over. False, and nothing changed, where it was already.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_delivery(&mut self, key: &DeliveryKey, end: &Ending<'_>) -> Result<bool, StoreError> {
        let is_delivered = i64::from(end.state == DeliveryState::Delivered);
        let sql = "UPDATE webhook_deliveries SET state = $1, due_at = NULL, ended_at = $2, status = $3, note = $4, \
                   failures = failures + 1 - $5 \
                   WHERE webhook = $6 AND event_id = $7 AND kind = $8 AND due_at IS NOT NULL";
        let params = [
            word(end.state),
            end.at.into(),
            end.status.map(i64::from).into(),
            end.note.into(),
            is_delivered.into(),
            key.webhook.as_str().into(),
            key.event.into(),
            key.kind.name().into(),
        ];
        Ok(self.execute(sql, &params).await? == 1)
    }

    /// A delivery was in vain and is tried again.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn deliver_again(&mut self, key: &DeliveryKey, retry: &Retry<'_>) -> Result<(), StoreError> {
        let sql = "UPDATE webhook_deliveries SET due_at = $1, failures = failures + 1, status = $2, note = $3 \
                   WHERE webhook = $4 AND event_id = $5 AND kind = $6 AND due_at IS NOT NULL";
        let params = [
            retry.due_at.into(),
            retry.status.map(i64::from).into(),
            retry.note.into(),
            key.webhook.as_str().into(),
            key.event.into(),
            key.kind.name().into(),
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// A webhook answered: the next may be sent at once.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn webhook_answered(&mut self, webhook: &str) -> Result<(), StoreError> {
        let sql = "UPDATE webhooks SET failures = 0, rests_until = NULL WHERE name = $1 AND failures > 0";
        self.execute(sql, &[webhook.into()]).await.map(drop)
    }

    /// A webhook did not answer, so many times in a row: all that is due to it waits until then, or turns would be spent on
    /// one that is not there. What has waited since before `forgotten` is given up; tells how many those are.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn rest_webhook(
        &mut self,
        webhook: &str,
        failures: u32,
        until: Timestamp,
        forgotten: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let sql = "UPDATE webhooks SET failures = $1, rests_until = $2 WHERE name = $3";
        self.execute(sql, &[i64::from(failures).into(), until.into(), webhook.into()]).await?;
        let sql = "UPDATE webhook_deliveries SET state = 'given_up', due_at = NULL, ended_at = $1 \
                   WHERE webhook = $2 AND due_at IS NOT NULL AND queued_at < $3";
        let given_up = self.execute(sql, &[now.into(), webhook.into(), forgotten.into()]).await?;
        let sql = "UPDATE webhook_deliveries SET due_at = $1 WHERE webhook = $2 AND due_at < $3";
        self.execute(sql, &[until.into(), webhook.into(), until.into()]).await?;
        Ok(given_up)
    }

    /// The log of a webhook's deliveries behind this one, the newest event first; `failed`: those that were tried in vain
    /// and are not delivered.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn deliveries(
        &mut self,
        webhook: &str,
        failed: bool,
        behind: Option<(EventId, EventKind)>,
        limit: u32,
    ) -> Result<Vec<LoggedDelivery>, StoreError> {
        macro_rules! select {
            ($behind:literal, $limit:literal) => {
                concat!(
                    "SELECT webhook, event_id, kind, state, queued_at, due_at, ended_at, failures, status, note \
                     FROM webhook_deliveries WHERE webhook = $1 \
                     AND ($2 = 0 OR state <> 'delivered' AND (failures > 0 OR state <> 'waiting')) ",
                    $behind,
                    "ORDER BY event_id DESC, kind LIMIT ",
                    $limit
                )
            };
        }
        let (failed, limit) = (i64::from(failed), i64::from(limit));
        let rows = match behind {
            None => self.query_all(select!("", "$3"), &[webhook.into(), failed.into(), limit.into()]).await?,
            Some((event, kind)) => {
                let sql = select!("AND event_id <= $3 AND (event_id < $3 OR kind > $4) ", "$5");
                let params = [webhook.into(), failed.into(), event.into(), kind.name().into(), limit.into()];
                self.query_all(sql, &params).await?
            }
        };
        rows.iter().map(logged).collect()
    }

    /// How many deliveries of a webhook wait.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn deliveries_waiting(&mut self, webhook: &str) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM webhook_deliveries WHERE webhook = $1 AND due_at IS NOT NULL";
        let row = self.query_opt(sql, &[webhook.into()]).await?;
        let row = row.ok_or(StoreError::Unreadable {
            table: "webhook_deliveries",
            column: 0,
            got: "nothing",
            want: "a number",
        })?;
        Ok(u64::try_from(row.int(0)?).unwrap_or(0))
    }

    /// A webhook is told no more: nothing of it waits.
    pub(super) async fn drop_deliveries(&mut self, webhook: &str, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE webhook_deliveries SET state = 'dropped', due_at = NULL, ended_at = $1 \
                   WHERE webhook = $2 AND due_at IS NOT NULL";
        self.execute(sql, &[at.into(), webhook.into()]).await.map(drop)
    }
}

fn key(row: &Row) -> Result<DeliveryKey, StoreError> {
    Ok(DeliveryKey { webhook: row.text(0)?.to_owned(), event: row.id(1)?, kind: row.parsed(2, EventKind::named)? })
}

fn logged(row: &Row) -> Result<LoggedDelivery, StoreError> {
    Ok(LoggedDelivery {
        key: key(row)?,
        state: row.word(3)?,
        queued_at: row.time(4)?,
        due_at: row.time_or_null(5)?,
        ended_at: row.time_or_null(6)?,
        failures: u32::try_from(row.int(7)?).unwrap_or(u32::MAX),
        status: row.int_or_null(8)?.and_then(|status| u16::try_from(status).ok()),
        note: row.text_or_null(9)?.map(str::to_owned),
    })
}
