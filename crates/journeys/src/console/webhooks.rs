//! Whom events are told, and what became of it.

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::id::EventId;
use vestibule_domain::permission::Action;
use vestibule_domain::webhook::{EventKind, Subscribed};
use vestibule_store::StoreError;
use vestibule_store::tx::{DeliveryState, StoredWebhook};

use super::viewer::{Spot, Viewer};
use crate::ctx::Ctx;
use crate::problem::Problem;

/// Webhooks.
#[derive(Debug)]
pub struct Webhooks {
    /// Of this account and those below it.
    pub spot: Spot,
    /// By name.
    pub rows: Vec<WebhookRow>,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// Its name.
    pub name: String,
    /// Of whose events it is told.
    pub account: AccountPath,
    /// Where they are posted to.
    pub url: String,
    /// Of which kinds; empty: of all.
    pub kinds: Vec<&'static str>,
    /// Whether it is told.
    pub is_enabled: bool,
    /// How often in a row it did not answer.
    pub failures: u32,
    /// Until when nothing is sent for that.
    pub rests_until: Option<Timestamp>,
    /// How many deliveries wait.
    pub waiting: u64,
}

/// A webhook with its log.
#[derive(Debug)]
pub struct WebhookPage {
    /// Whose.
    pub spot: Spot,
    /// It.
    pub row: WebhookRow,
    /// What became of what was sent, the newest event first.
    pub deliveries: Vec<DeliveryRow>,
    /// Behind which the next page begins; none: this is the last.
    pub next: Option<BehindDelivery>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// `webhook-id`.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// How far it is.
    pub state: DeliveryState,
    /// Since when it is to be told.
    pub queued_at: Timestamp,
    /// When it is tried next.
    pub due_at: Option<Timestamp>,
    /// How often it was tried in vain.
    pub failures: u32,
    /// What the other side answered the last time.
    pub status: Option<u16>,
    /// Why it did not take it.
    pub note: Option<String>,
}

fn row(stored: StoredWebhook, account: AccountPath, waiting: u64) -> WebhookRow {
    WebhookRow {
        name: stored.webhook.name.to_string(),
        account,
        url: stored.webhook.settings.url,
        kinds: match &stored.webhook.settings.events {
            Subscribed::All => Vec::new(),
            Subscribed::Only(kinds) => kinds.iter().map(|kind| kind.name()).collect(),
        },
        is_enabled: stored.webhook.is_enabled,
        failures: stored.failures,
        rests_until: stored.rests_until,
        waiting,
    }
}

/// The webhooks of an account and those below it.
///
/// # Errors
/// [`Problem::NotFound`] for an account that does not exist, or beyond reach.
pub async fn webhooks(ctx: &Ctx, viewer: &Viewer, account: Option<AccountPath>) -> Result<Webhooks, Problem> {
    let spot = viewer.spot(ctx, account, Action::SeeWebhooks).await?;
    let found = ctx.store.read(|tx| {
        Box::pin(async move {
            let mut found = Vec::new();
            for stored in tx.webhooks().await? {
                let path = match stored.webhook.account {
                    Some(id) => tx.account(id).await?.map(|account| account.path),
                    None => Some(AccountPath::ROOT),
                };
                let waiting = tx.deliveries_waiting(stored.webhook.name.as_str()).await?;
                found.extend(path.map(|path| (stored, path, waiting)));
            }
            Ok::<_, StoreError>(found)
        })
    });
    let within = spot.account.path.clone();
    let seen = found.await?.into_iter().filter(|(_, path, _)| within.holds(path));
    let rows = seen
        .filter(|(_, path, _)| viewer.may(Action::SeeWebhooks, path))
        .map(|(stored, path, waiting)| row(stored, path, waiting))
        .collect();
    Ok(Webhooks { spot, rows })
}

/// A webhook, and what became of what was sent to it; `failed`: what was tried in vain and is not delivered.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn webhook(ctx: &Ctx, viewer: &Viewer, name: &str, failed: bool) -> Result<WebhookPage, Problem> {
    webhook_behind(ctx, viewer, name, failed, None).await
}

/// Behind which delivery a page begins.
pub type BehindDelivery = (EventId, EventKind);

/// The same with the deliveries behind one.
///
/// # Errors
/// [`Problem::NotFound`] for one that does not exist, or beyond reach.
pub async fn webhook_behind(
    ctx: &Ctx,
    viewer: &Viewer,
    name: &str,
    failed: bool,
    behind: Option<BehindDelivery>,
) -> Result<WebhookPage, Problem> {
    let (name, rows) = (name.to_owned(), viewer.rows);
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(stored) = tx.webhook(&name).await? else { return Ok::<_, StoreError>(None) };
            let path = match stored.webhook.account {
                Some(id) => tx.account(id).await?.map(|account| account.path),
                None => Some(AccountPath::ROOT),
            };
            let waiting = tx.deliveries_waiting(&name).await?;
            let deliveries = tx.deliveries(&name, failed, behind, rows + 1).await?;
            Ok(path.map(|path| (stored, path, waiting, deliveries)))
        })
    });
    let (stored, path, waiting, mut deliveries) = found.await?.ok_or(Problem::NotFound)?;
    let more = deliveries.len() > rows as usize;
    deliveries.truncate(rows as usize);
    let next = deliveries.last().filter(|_| more).map(|last| (last.key.event, last.key.kind));
    let spot = viewer.spot(ctx, Some(path.clone()), Action::SeeWebhooks).await?;
    let delivery = |it: vestibule_store::tx::LoggedDelivery| DeliveryRow {
        id: it.key.kind.message_id(it.key.event),
        kind: it.key.kind.name(),
        state: it.state,
        queued_at: it.queued_at,
        due_at: it.due_at,
        failures: it.failures,
        status: it.status,
        note: it.note,
    };
    Ok(WebhookPage {
        spot,
        row: row(stored, path, waiting),
        deliveries: deliveries.into_iter().map(delivery).collect(),
        next,
    })
}
