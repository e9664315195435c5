//! Whom events are told, and what became of it.

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::name::Slug;
use vestibule_domain::permission::Action;
use vestibule_domain::webhook::{EventKind, Subscribed, WebhookSecret};
use vestibule_journeys::api::{self, WebhookSet};
use vestibule_journeys::console::{self, BehindDelivery, DeliveryRow, DeliveryState, WebhookRow};
use vestibule_journeys::webhooks::{self, NotReplayed, Span};

use crate::api::call::{Call, Reply, no_cursor, page};
use crate::api::endpoint::{Endpoint, run};
use crate::api::refusal::Refusal;
use crate::api::schema::{Input as _, Line, Schema, Shape, Taken, Whole, input, record};

pub(crate) static ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/webhooks", "listWebhooks", "The webhooks of an account and those below it", run!(list))
        .whoever(Action::SeeWebhooks)
        .query(&WebhooksOf::RECORD)
        .page(Webhook::SCHEMA),
    Endpoint::get("/webhooks/{webhook}", "readWebhook", "One webhook", run!(read))
        .whoever(Action::SeeWebhooks)
        .one(Webhook::SCHEMA),
    Endpoint::put("/webhooks/{webhook}", "setWebhook", "Make a webhook, or set all of one", run!(set))
        .whoever(Action::ChangeWebhooks)
        .body(&WebhookGiven::RECORD)
        .of(run!(read))
        .one(Webhook::SCHEMA),
    Endpoint::delete(
        "/webhooks/{webhook}",
        "deleteWebhook",
        "Take a webhook away for good that is told nothing, with the log of what it was told",
        run!(delete),
    )
    .whoever(Action::ChangeWebhooks)
    .of(run!(read)),
    Endpoint::get(
        "/webhooks/{webhook}/deliveries",
        "listDeliveries",
        "What was sent in the last 30 days",
        run!(deliveries),
    )
    .whoever(Action::SeeWebhooks)
    .query(&DeliveriesOf::RECORD)
    .page(Delivery::SCHEMA),
    Endpoint::post("/webhooks/{webhook}/replay", "replay", "Send past events once more", run!(replay))
        .whoever(Action::ChangeWebhooks)
        .body(&Replay::RECORD)
        .one(Replayed::SCHEMA),
    Endpoint::post("/webhooks/{webhook}/test", "testWebhook", "Send an event of the kind webhook.test now", run!(test))
        .whoever(Action::ChangeWebhooks)
        .one(Tested::SCHEMA),
];

/// The names of all kinds of events.
const KINDS: [&str; EventKind::ALL.len()] = {
    let mut names = [""; EventKind::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = EventKind::ALL[place].name();
        place += 1;
    }
    names
};

/// A kind of event.
#[derive(Clone, Copy)]
pub(super) struct Kind(EventKind);

impl Shape for Kind {
    const SCHEMA: Schema = Schema::Word(&KINDS);

    fn json(&self) -> Value {
        self.0.name().into()
    }
}

impl Taken for Kind {
    fn take(value: &Value) -> Result<Self, String> {
        value.as_str().and_then(EventKind::named).map(Self).ok_or_else(|| "a kind of event".to_owned())
    }
}

input! {
    /// Whose webhooks.
    WebhooksOf {
        /// Of which account and those below it, by its path; left out: the key's own.
        optional account: AccountPath,
    }
    /// All of a webhook.
    WebhookGiven {
        /// Of whose events it is told, by the account's path; left out: the key's own.
        optional account: AccountPath,
        /// Where they are posted to.
        required url: Line<1, 2000>,
        /// Of which kinds; left out: of all that there are, now and later.
        optional events: Vec<Kind>,
        /// Whether it is told. Default: as it is, and a new one is.
        optional enabled: bool,
        /// What signs, whsec_ and 24 to 64 octets in base64: one, or two during a rotation. Left out: as it is.
        optional secrets: Vec<Line<1, 200>>,
    }
    /// Which deliveries.
    DeliveriesOf {
        /// Only what was tried in vain and is not delivered.
        optional failed: bool,
        /// How many at most. Default: 50.
        optional limit: Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: Line<1, 300>,
    }
    /// Which events are sent once more.
    Replay {
        /// From this time on.
        required since: Timestamp,
        /// Before this time. Default: now.
        optional until: Timestamp,
        /// Of this kind alone.
        optional kind: Kind,
    }
}

record! {
    /// A webhook.
    Webhook {
        /// Its name.
        name: String,
        /// Of whose events it is told.
        account: AccountPath,
        /// Where they are posted to.
        url: String,
        /// Of which kinds; null: of all.
        events: Option<Vec<String>>,
        /// Whether it is told.
        enabled: bool,
        /// How often in a row it did not answer.
        failures: u64,
        /// Until when nothing is sent for that.
        rests_until: Option<Timestamp>,
        /// How many deliveries wait.
        waiting: u64,
    }
    /// What became of an event.
    Delivery {
        /// `webhook-id`.
        id: String,
        /// Its kind.
        kind: String,
        /// How far it is: waiting, delivered, given_up, dropped.
        state: String,
        /// Since when it is to be told.
        queued_at: Timestamp,
        /// When it is tried next.
        due_at: Option<Timestamp>,
        /// How often it was tried in vain.
        failures: u64,
        /// What the other side answered the last time.
        status: Option<u64>,
        /// Why it did not take it.
        note: Option<String>,
    }
    /// What is sent once more.
    Replayed {
        /// How many events.
        events: u64,
    }
    /// What the other side answered to a test.
    Tested {
        /// The status; null: nothing was answered.
        status: Option<u64>,
        /// Why it was not taken; null: it was.
        problem: Option<String>,
    }
}

fn shown(it: WebhookRow) -> Webhook {
    let kinds: Vec<String> = it.kinds.iter().map(|kind| (*kind).to_owned()).collect();
    Webhook {
        name: it.name,
        account: it.account,
        url: it.url,
        events: (!kinds.is_empty()).then_some(kinds),
        enabled: it.is_enabled,
        failures: it.failures.into(),
        rests_until: it.rests_until,
        waiting: it.waiting,
    }
}

async fn list(call: Call) -> Result<Reply, Refusal> {
    let query: WebhooksOf = call.query()?;
    let found = console::webhooks(call.ctx(), call.viewer(), query.account).await?;
    Ok(page(found.rows.into_iter().map(shown), None))
}

async fn found(call: &Call) -> Result<console::WebhookPage, Refusal> {
    let name: Slug = call.named("webhook")?;
    Ok(console::webhook(call.ctx(), call.viewer(), name.as_str(), false).await?)
}

async fn read(call: Call) -> Result<Reply, Refusal> {
    Ok(Reply::One(shown(found(&call).await?.row).json()))
}

async fn set(call: Call) -> Result<Reply, Refusal> {
    let body: WebhookGiven = call.body()?;
    let secrets = match body.secrets {
        None => None,
        Some(texts) => Some(secrets(&texts)?),
    };
    let events = body.events.map(|kinds| kinds.into_iter().map(|kind| kind.0).collect());
    let wanted = WebhookSet {
        name: call.named("webhook")?,
        account: body.account.unwrap_or_else(|| call.viewer().home.path.clone()),
        url: body.url.0,
        events: events.map_or(Subscribed::All, Subscribed::Only),
        is_enabled: body.enabled,
        secrets,
    };
    api::set_webhook(call.ctx(), call.viewer(), wanted, call.held_settings(), call.tools()).await?;
    read(call).await
}

async fn delete(call: Call) -> Result<Reply, Refusal> {
    let name: Slug = call.named("webhook")?;
    api::remove_webhook(call.ctx(), call.viewer(), name.as_str(), call.held_settings()).await?;
    Ok(Reply::Done)
}

fn secrets(texts: &[Line<1, 200>]) -> Result<Vec<WebhookSecret>, Refusal> {
    // What is wrong with one is told without it.
    let wrong = |error: &dyn std::fmt::Display| {
        Refusal::cannot("body.secrets", "a text that is not repeated", error.to_string())
    };
    texts.iter().map(|text| WebhookSecret::parse(&text.0).map_err(|error| wrong(&error))).collect()
}

async fn deliveries(call: Call) -> Result<Reply, Refusal> {
    let query: DeliveriesOf = call.query()?;
    let behind = match &query.cursor {
        None => None,
        Some(text) => Some(read_cursor(&text.0).ok_or_else(|| no_cursor(&text.0))?),
    };
    let (name, failed): (Slug, _) = (call.named("webhook")?, query.failed.unwrap_or_default());
    let found = console::webhook_behind(call.ctx(), call.viewer(), name.as_str(), failed, behind).await?;
    let next = found.next.map(|(event, kind)| format!("{event} {}", kind.name()));
    let row = |it: DeliveryRow| Delivery {
        id: it.id,
        kind: it.kind.to_owned(),
        state: match it.state {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::GivenUp => "given_up",
            DeliveryState::Dropped => "dropped",
        }
        .to_owned(),
        queued_at: it.queued_at,
        due_at: it.due_at,
        failures: it.failures.into(),
        status: it.status.map(u64::from),
        note: it.note,
    };
    Ok(page(found.deliveries.into_iter().map(row), next))
}

/// An event's id and its kind.
fn read_cursor(text: &str) -> Option<BehindDelivery> {
    let (event, kind) = text.split_once(' ')?;
    Some((event.parse().ok()?, EventKind::named(kind)?))
}

/// The name of a webhook that whoever asks may change.
async fn changeable(call: &Call) -> Result<String, Refusal> {
    let row = found(call).await?.row;
    if call.viewer().may(Action::ChangeWebhooks, &row.account) { Ok(row.name) } else { Err(Refusal::not_found()) }
}

async fn replay(call: Call) -> Result<Reply, Refusal> {
    let body: Replay = call.body()?;
    let name = changeable(&call).await?;
    let span = Span { since: body.since, until: body.until, kind: body.kind.map(|kind| kind.0) };
    match webhooks::replay(call.ctx(), &name, span).await {
        Ok(events) => Ok(Reply::One(Replayed { events }.json())),
        Err(NotReplayed::Unknown { .. }) => Err(Refusal::not_found()),
        Err(NotReplayed::Disabled { .. }) => {
            Err(Refusal::conflict("the webhook is told nothing; set enabled to true first"))
        }
        Err(NotReplayed::Store(error)) => Err(vestibule_journeys::Problem::from(error).into()),
    }
}

async fn test(call: Call) -> Result<Reply, Refusal> {
    let name = changeable(&call).await?;
    let tried = webhooks::send_test(call.ctx(), &call.tools().fetcher, &name).await?;
    let tried = tried.ok_or_else(Refusal::not_found)?;
    Ok(Reply::One(Tested { status: tried.status.map(u64::from), problem: tried.problem }.json()))
}
