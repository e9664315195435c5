//! One delivery: what is sent, and what becomes of it.

use vestibule_domain::event::{Actor, AuditEvent, Fact};
use vestibule_domain::schedule;
use vestibule_domain::webhook::{TRIED, asked_pause};
use vestibule_outbound::{Answered, FetchError, Fetcher};
use vestibule_store::StoreError;
use vestibule_store::tx::{Delivery, DeliveryState, Ending, Retry, StoredWebhook};

use super::{Places, body, sign};
use crate::ctx::Ctx;
use crate::jobs::{Job, Means};
use crate::metrics;
use crate::problem::Problem;

/// The other side wants to be told no more.
const GONE: u16 = 410;

/// Why something was not taken.
pub(super) struct InVain {
    /// What was answered; none: nothing.
    pub(super) status: Option<u16>,
    /// In words.
    pub(super) why: String,
    /// The pause that was asked for, as it stands there.
    retry_after: Option<String>,
}

/// Sends what is due, and writes down what became of it.
pub(super) async fn one(ctx: &Ctx, means: &Means, stored: &StoredWebhook, it: &Delivery) -> Result<(), Problem> {
    if !stored.webhook.is_enabled {
        // It was told at the moment at which it was ended.
        return end(ctx, stored, it, DeliveryState::Dropped, None, None).await;
    }
    let (key, known) = (it.key.clone(), stored.clone());
    let read = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(event) = tx.event(key.event).await? else { return Ok(Err("its line of the log is gone")) };
            // It may have been set up for another account, or for other kinds, since this was queued.
            let places = Places::of(tx, std::slice::from_ref(&event), std::slice::from_ref(&known)).await?;
            if !places.wanted(&known, &event, event.at).iter().any(|wanted| wanted.key.kind == key.kind) {
                return Ok(Err("the webhook is told of this no more"));
            }
            body::of(tx, &event, key.kind).await.map(Ok::<_, &'static str>)
        })
    });
    let read: Result<_, StoreError> = read.await;
    let body = match read? {
        Ok(body) => body,
        Err(why) => return end(ctx, stored, it, DeliveryState::Dropped, None, Some(why)).await,
    };
    let id = it.key.kind.message_id(it.key.event);
    match send(ctx, &means.fetcher, stored, &id, body).await {
        Ok(status) => end(ctx, stored, it, DeliveryState::Delivered, Some(status), None).await,
        Err(in_vain) if in_vain.status == Some(GONE) => gone(ctx, stored, it, &in_vain).await,
        Err(in_vain) => again(ctx, stored, it, in_vain).await,
    }
}

/// Sends a body and tells the status with which it was taken.
pub(super) async fn send(
    ctx: &Ctx,
    fetcher: &Fetcher,
    stored: &StoredWebhook,
    id: &str,
    body: String,
) -> Result<u16, InVain> {
    let unsent = |why: String| InVain { status: None, why, retry_after: None };
    let secrets = sign::open(stored, ctx.store.sealer()).map_err(|error| unsent(error.to_string()))?;
    let timestamp = ctx.now.as_second();
    let signature = sign::sign(&secrets, id, timestamp, &body);
    let timestamp = timestamp.to_string();
    let headers =
        [("webhook-id", id), ("webhook-timestamp", timestamp.as_str()), ("webhook-signature", signature.as_str())];
    match fetcher.post_json(&stored.webhook.settings.url, &headers, body).await {
        Ok(Answered { status: status @ 200..=299, .. }) => Ok(status),
        Ok(Answered { status, retry_after }) => {
            Err(InVain { status: Some(status), why: answered(status), retry_after })
        }
        Err(error) => Err(unsent(told(&error))),
    }
}

async fn end(
    ctx: &Ctx,
    stored: &StoredWebhook,
    it: &Delivery,
    state: DeliveryState,
    status: Option<u16>,
    note: Option<&'static str>,
) -> Result<(), Problem> {
    let (key, at, is_back) = (it.key.clone(), ctx.now, stored.failures > 0 && status.is_some());
    let write = ctx.store.write(move |tx| {
        Box::pin(async move {
            if is_back {
                tx.webhook_answered(&key.webhook).await?;
            }
            tx.end_delivery(&key, &Ending { state, status, note, at }).await
        })
    });
    write.await?;
    metrics::job_result(Job::SendWebhooks.name(), state.name());
    Ok(())
}

async fn gone(ctx: &Ctx, stored: &StoredWebhook, it: &Delivery, in_vain: &InVain) -> Result<(), Problem> {
    let (key, at, version) = (it.key.clone(), ctx.now, stored.version);
    tracing::warn!(webhook = %key.webhook, "a webhook answered 410: it is told no more until somebody enables it again");
    let event = event(ctx, stored, Fact::WebhookEnded { webhook: key.webhook.clone() });
    let (status, why) = (in_vain.status, in_vain.why.clone());
    let write = ctx.store.write(move |tx| {
        Box::pin(async move {
            let is_same = tx.webhook(&key.webhook).await?.is_some_and(|present| present.version == version);
            if !is_same {
                // Somebody changed it meanwhile: what the former address said does not count for the present one.
                return tx.deliver_again(&key, &Retry { due_at: at, status, note: &why }).await;
            }
            let end = Ending { state: DeliveryState::Dropped, status, note: Some(&why), at };
            tx.end_delivery(&key, &end).await?;
            tx.end_webhook(&key.webhook, version, &event).await.map(drop)
        })
    });
    write.await?;
    metrics::job_result(Job::SendWebhooks.name(), "ended");
    Ok(())
}

async fn again(ctx: &Ctx, stored: &StoredWebhook, it: &Delivery, in_vain: InVain) -> Result<(), Problem> {
    let (now, key, InVain { status, why, retry_after }) = (ctx.now, it.key.clone(), in_vain);
    let pause = retry_after.filter(|_| matches!(status, Some(429 | 503))).and_then(|it| asked_pause(&it, now));
    let asked = pause.map_or(now, |pause| now.saturating_add(pause).unwrap_or(now));
    let is_too_late = now.duration_since(it.queued_at) >= TRIED;
    let next = schedule::next_delivery(it.failures.saturating_add(1), now).filter(|_| !is_too_late);
    let result = if next.is_some() { "in_vain" } else { DeliveryState::GivenUp.name() };
    let rest = (!is_about_one(status)).then(|| {
        let failures = stored.failures.saturating_add(1);
        (failures, schedule::rest_of_webhook(failures, now).max(asked))
    });
    tracing::warn!(webhook = %key.webhook, event = %key.event, why, result, "a webhook was not told of an event");
    let given_up = event(ctx, stored, Fact::WebhookGivenUp { webhook: key.webhook.clone(), deliveries: 0 });
    let write = ctx.store.write(move |tx| {
        Box::pin(async move {
            let mut deliveries = 0;
            if let Some(next) = next {
                tx.deliver_again(&key, &Retry { due_at: next.max(asked), status, note: &why }).await?;
            } else {
                let end = Ending { state: DeliveryState::GivenUp, status, note: Some(&why), at: now };
                deliveries += u64::from(tx.end_delivery(&key, &end).await?);
            }
            if let Some((failures, until)) = rest {
                let forgotten = now.saturating_sub(TRIED).unwrap_or(now);
                deliveries += tx.rest_webhook(&key.webhook, failures, until, forgotten, now).await?;
            }
            if deliveries > 0 {
                let fact = Fact::WebhookGivenUp { webhook: key.webhook, deliveries };
                tx.insert_event(&AuditEvent { fact, ..given_up }).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    write.await?;
    metrics::job_result(Job::SendWebhooks.name(), result);
    Ok(())
}

fn event(ctx: &Ctx, stored: &StoredWebhook, fact: Fact) -> AuditEvent {
    ctx.event(stored.webhook.account, Actor::System, fact)
}

/// Whether the other side answered, and refused this one.
fn is_about_one(status: Option<u16>) -> bool {
    matches!(status, Some(400..=499)) && !matches!(status, Some(408 | 429))
}

fn answered(status: u16) -> String {
    let redirects = if (300..400).contains(&status) { "; redirects are not followed" } else { "" };
    format!(
        "it answered with status {status} where 200 to 299 was wanted{redirects}; whoever runs it sees why in its log"
    )
}

/// Why nothing was answered, for whoever runs the deployment.
fn told(error: &FetchError) -> String {
    match error {
        FetchError::TooSlow { host } => {
            format!("{host} did not answer within {} seconds; whoever runs it mends that", Fetcher::TIME.as_secs())
        }
        FetchError::Scheme { got } => format!(
            "its address begins with {got}://, and only https:// is told, unless public_url is on loopback too; set url \
             in the file for `vestibule apply`"
        ),
        FetchError::Address { host, address, range } => format!(
            "{host} has the {} address {address}, and only public addresses are told; list the host or its network in \
             fetch.allow",
            range.name()
        ),
        other => other.to_string(),
    }
}
