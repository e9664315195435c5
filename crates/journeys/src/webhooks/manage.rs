//! What operators do with webhooks: see them and what became of what was sent, send again, and try one.

use jiff::Timestamp;
use thiserror::Error;
use vestibule_domain::id::{self, EventId};
use vestibule_domain::webhook::EventKind;
use vestibule_outbound::Fetcher;
use vestibule_store::tx::{LoggedDelivery, StoredWebhook};
use vestibule_store::{Store, StoreError};

use super::{Places, body, deliver};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// How many lines of the log are looked at in one unit, so that no sign-in waits for long.
const REPLAYED: u32 = 500;

/// A webhook, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// It.
    pub stored: StoredWebhook,
    /// The path of its account; none: the whole deployment.
    pub account: Option<String>,
    /// How many deliveries wait.
    pub waiting: u64,
}

/// All webhooks, by name.
///
/// # Errors
/// Those of the store.
pub async fn list(store: &Store) -> Result<Vec<Listed>, StoreError> {
    let found = store.read(|tx| {
        Box::pin(async move {
            let mut listed = Vec::new();
            for stored in tx.webhooks().await? {
                let account = match stored.webhook.account {
                    Some(id) => tx.account(id).await?.map(|account| account.path.to_string()),
                    None => None,
                };
                let waiting = tx.deliveries_waiting(stored.webhook.name.as_str()).await?;
                listed.push(Listed { stored, account, waiting });
            }
            Ok(listed)
        })
    });
    found.await
}

/// What became of what was sent to a webhook, the newest event first; `failed`: what was tried in vain and is not delivered.
/// None where there is no such webhook.
///
/// # Errors
/// Those of the store.
pub async fn deliveries(
    store: &Store,
    name: &str,
    failed: bool,
    limit: u32,
) -> Result<Option<Vec<LoggedDelivery>>, StoreError> {
    let name = name.to_owned();
    let found = store.read(move |tx| {
        Box::pin(async move {
            match tx.webhook(&name).await? {
                Some(_) => tx.deliveries(&name, failed, None, limit).await.map(Some),
                None => Ok(None),
            }
        })
    });
    found.await
}

/// Which events are sent once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From this time on.
    pub since: Timestamp,
    /// Before this time; none: up to now.
    pub until: Option<Timestamp>,
    /// Of this kind alone.
    pub kind: Option<EventKind>,
}

/// Why nothing is sent once more.
#[derive(Debug, Error)]
pub enum NotReplayed {
    /// No such webhook.
    #[error("there is no webhook {got:?}; `vestibule webhook list` shows those that there are")]
    Unknown {
        /// What was given.
        got: String,
    },
    /// It is told nothing.
    #[error("the webhook {name} is not enabled; set enabled = true in the file for `vestibule apply` first")]
    Disabled {
        /// Its name.
        name: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends a webhook what it is told of, as far back as the audit log goes, once more, under the same `webhook-id`. What still
/// waits is not sent twice. Tells how many events that are; the job sends them.
///
/// # Errors
/// See [`NotReplayed`].
pub async fn replay(ctx: &Ctx, name: &str, span: Span) -> Result<u64, NotReplayed> {
    let now = ctx.now;
    let (mut after, mut replayed) = (None, 0);
    loop {
        let name = name.to_owned();
        let step = ctx.store.write(move |tx| {
            Box::pin(async move {
                let Some(stored) = tx.webhook(&name).await? else {
                    return Err(NotReplayed::Unknown { got: name });
                };
                if !stored.webhook.is_enabled {
                    return Err(NotReplayed::Disabled { name });
                }
                let until = span.until.unwrap_or(now).min(now);
                let events = tx.events_between(span.since, until, after, REPLAYED).await?;
                let places = Places::of(tx, &events, std::slice::from_ref(&stored)).await?;
                let wanted = events.iter().flat_map(|event| places.wanted(&stored, event, now));
                let of_kind = wanted.filter(|it| span.kind.is_none_or(|kind| it.key.kind == kind));
                let replayed = tx.replay(&of_kind.collect::<Vec<_>>(), now).await?;
                let is_full = events.len() == REPLAYED as usize;
                Ok((replayed, events.last().map(|event| event.id).filter(|_| is_full)))
            })
        });
        let (of_step, last) = step.await?;
        replayed += of_step;
        match last {
            Some(last) => after = Some(last),
            None => return Ok(replayed),
        }
    }
}

/// What a webhook answered to a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The status; none: nothing was answered.
    pub status: Option<u16>,
    /// Why it was not taken; none: it was.
    pub problem: Option<String>,
}

/// Sends a webhook an event of the kind `webhook.test` now, whether it is enabled or not; the log of deliveries does not
/// tell of it. None where there is no such webhook.
///
/// # Errors
/// Those of the store.
pub async fn send_test(ctx: &Ctx, fetcher: &Fetcher, name: &str) -> Result<Option<Tried>, Problem> {
    let wanted = name.to_owned();
    let found = ctx.store.read(move |tx| Box::pin(async move { tx.webhook(&wanted).await })).await?;
    let Some(stored) = found else { return Ok(None) };
    let id = format!("{}-webhook-test", EventId::new(ctx.now, ctx.random::<{ id::RANDOM }>()));
    let sent = deliver::send(ctx, fetcher, &stored, &id, body::of_test(name, ctx.now)).await;
    Ok(Some(match sent {
        Ok(status) => Tried { status: Some(status), problem: None },
        Err(in_vain) => Tried { status: in_vain.status, problem: Some(in_vain.why) },
    }))
}
