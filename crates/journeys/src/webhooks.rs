//! Webhooks: programs of others are told of what happens (Standard Webhooks 1.0).
//!
//! ```text
//! any change ──its line of the log, marked in the same statement──▶ job: who is told? ──a row for each──▶ sign, POST
//!                                                                                              │
//!                          the log says so, for a month ◀──2xx──┤──410──▶ the webhook is told no more
//!                                                                ▼ anything else, or nothing
//!                                        again, ever later, for three days; then given up with a line
//! ```
//!
//! A webhook may be told twice of one event, where its answer was lost: `webhook-id` is the same then. What is told of people
//! is read when it is sent, so that nobody's old state overwrites a newer one.

mod body;
mod deliver;
mod manage;
mod sign;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::AccountId;
use vestibule_domain::webhook::kinds_of;
use vestibule_store::tx::{Delivery, DeliveryKey, NewDelivery, StoredWebhook};
use vestibule_store::{StoreError, Tx};

use crate::ctx::Ctx;
use crate::jobs::{self, Means, Turn};
use crate::problem::Problem;

pub use manage::{Listed, NotReplayed, Span, Tried, deliveries, list, replay, send_test};
pub(crate) use sign::row as secrets_row;
pub use sign::{Secrets, open, seal, sign};

/// How many events are told to whoever wants them in one unit.
const FANNED_OUT: u32 = 200;
/// How many deliveries of a webhook are sent in one turn, all of them at once. A turn is so as long as the slowest answer.
const AT_ONCE: u32 = 5;
/// How many deliveries are sent at once: all of a turn, unless there are very many webhooks.
const ALL_AT_ONCE: usize = 100;

/// Decides who is told of what has happened, and tells those whose time has come.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    let is_more_marked = fan_out(ctx).await?;
    let now = ctx.now;
    let due = ctx.store.read(move |tx| Box::pin(async move { due(tx, now).await })).await?;
    // Also where one was sent alone: it may be back.
    let is_more_due = due.iter().any(|(stored, of_one)| of_one.len() == at_once(stored) as usize);
    let pieces: Vec<_> =
        due.into_iter().flat_map(|(webhook, of_one)| of_one.into_iter().map(move |it| (webhook.clone(), it))).collect();
    let one = |ctx, means, (webhook, it): (StoredWebhook, Delivery)| async move {
        deliver::one(&ctx, &means, &webhook, &it).await
    };
    jobs::each(ctx, means, pieces, ALL_AT_ONCE, one).await?;
    Ok(Turn::after(is_more_marked || is_more_due))
}

/// Each webhook with what is due to it. One that did not answer the last time is sent one only, to see whether it is back.
async fn due(tx: &mut Tx, now: Timestamp) -> Result<Vec<(StoredWebhook, Vec<Delivery>)>, StoreError> {
    let mut all = Vec::new();
    for stored in tx.webhooks().await? {
        let due = tx.due_deliveries(stored.webhook.name.as_str(), now, at_once(&stored)).await?;
        all.push((stored, due));
    }
    Ok(all)
}

const fn at_once(stored: &StoredWebhook) -> u32 {
    if stored.failures == 0 { AT_ONCE } else { 1 }
}

/// True where as many events were marked as one unit takes.
async fn fan_out(ctx: &Ctx) -> Result<bool, Problem> {
    let is_any = ctx.store.read(|tx| Box::pin(async move { Ok::<_, StoreError>(!tx.outbox(1).await?.is_empty()) }));
    if !is_any.await? {
        return Ok(false);
    }
    let now = ctx.now;
    let done = ctx.store.write(move |tx| {
        Box::pin(async move {
            let events = tx.outbox(FANNED_OUT).await?;
            let webhooks = tx.webhooks().await?;
            let places = Places::of(tx, &events, &webhooks).await?;
            let mut deliveries = Vec::new();
            for stored in &webhooks {
                // What happened before it was told is replayed on demand.
                let since = events.iter().filter(|event| event.at >= stored.since);
                let due_at = stored.rests_until.map_or(now, |until| until.max(now));
                deliveries.extend(since.flat_map(|event| places.wanted(stored, event, due_at)));
            }
            let ids: Vec<_> = events.iter().map(|event| event.id).collect();
            tx.fan_out(&ids, &deliveries, now).await?;
            Ok::<_, StoreError>(events.len() == FANNED_OUT as usize)
        })
    });
    Ok(done.await?)
}

/// Where accounts stand.
struct Places(BTreeMap<AccountId, AccountPath>);

impl Places {
    async fn of(tx: &mut Tx, events: &[AuditEvent], webhooks: &[StoredWebhook]) -> Result<Self, StoreError> {
        let of_webhooks = webhooks.iter().filter_map(|stored| stored.webhook.account);
        let accounts: BTreeSet<_> = events.iter().filter_map(|event| event.account).chain(of_webhooks).collect();
        let mut places = BTreeMap::new();
        for id in accounts {
            if let Some(account) = tx.account(id).await? {
                places.insert(id, account.path);
            }
        }
        Ok(Self(places))
    }

    /// What a webhook is told of an event.
    fn wanted(&self, stored: &StoredWebhook, event: &AuditEvent, due_at: Timestamp) -> Vec<NewDelivery> {
        let webhook = &stored.webhook;
        let path = |id: Option<AccountId>| id.and_then(|id| self.0.get(&id));
        let (scope, account) = (path(webhook.account), path(event.account));
        let kinds = kinds_of(&event.fact).iter().filter(|kind| webhook.wants(**kind, scope, account));
        let key = |kind| DeliveryKey { webhook: webhook.name.as_str().to_owned(), event: event.id, kind };
        kinds.map(|kind| NewDelivery { key: key(*kind), due_at }).collect()
    }
}
