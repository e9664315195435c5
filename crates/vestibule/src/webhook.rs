//! `vestibule webhook list`, `deliveries`, `replay` and `test`: who is told of what happens, and what became of it.

use jiff::Timestamp;
use serde::Serialize;
use vestibule_domain::webhook::{EventKind, Subscribed};
use vestibule_journeys::Problem as Ended;
use vestibule_journeys::webhooks::{self, Listed, NotReplayed, Span, Tried};
use vestibule_store::Role;
use vestibule_store::tx::LoggedDelivery;

use crate::cli::{ConfigArg, Format, time};
use crate::failure::Failure;
use crate::output::{Output, written};
use crate::services::{self, Opened, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct WebhookArgs {
    #[command(subcommand)]
    pub(crate) command: WebhookCommand,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum WebhookCommand {
    /// List the webhooks, and how many deliveries wait. Reads, and writes nothing.
    List(ListArgs),
    /// Show what was sent to a webhook in the last 30 days, and what became of it. Reads, and writes nothing.
    Deliveries(DeliveriesArgs),
    /// Send past events once more, as far back as the audit log goes.
    Replay(ReplayArgs),
    /// Send an event of the kind webhook.test now, and say what the other side answered.
    Test(TestArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/integrate/webhooks.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DeliveriesArgs {
    /// The webhook.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Only what was tried in vain and is not delivered.
    #[arg(long)]
    pub(crate) failed: bool,
    /// How many at most, those of the newest events first.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/integrate/webhooks.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each event is sent under the webhook-id that it had, with the present state of the person that it is about. What still waits \
is not sent twice, so this may be repeated.

Exit status: 0 they are on their way, also where there are none; 2 there is no such webhook, it is not enabled, or unusable \
arguments or configuration.")]
pub(crate) struct ReplayArgs {
    /// The webhook.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// From this time on, such as 2026-01-31T08:30:00Z.
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) since: Timestamp,
    /// Before this time. Default: now.
    #[arg(long, value_name = "RFC3339", value_parser = time)]
    pub(crate) until: Option<Timestamp>,
    /// Events of this kind alone, such as user.suspended.
    #[arg(long = "type", value_name = "KIND", value_parser = kind)]
    pub(crate) kind: Option<EventKind>,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the result is written; the shape of JSON is documented in docs/integrate/webhooks.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit status: 0 the other side took it; 1 it did not; 2 there is no such webhook, or unusable arguments or configuration.")]
pub(crate) struct TestArgs {
    /// The webhook.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the result is written; the shape of JSON is documented in docs/integrate/webhooks.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// A kind of event by its name.
fn kind(text: &str) -> Result<EventKind, String> {
    EventKind::named(text).ok_or_else(|| {
        let names: Vec<_> = EventKind::ALL.iter().map(|kind| kind.name()).collect();
        format!("there are {}", names.join(", "))
    })
}

pub(crate) fn run(arguments: &WebhookArgs) -> Result<Output, Failure> {
    match &arguments.command {
        WebhookCommand::List(arguments) => list(arguments),
        WebhookCommand::Deliveries(arguments) => deliveries(arguments),
        WebhookCommand::Replay(arguments) => replay(arguments),
        WebhookCommand::Test(arguments) => test(arguments),
    }
}

fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, Role::Command)).await?;
        Ok(webhooks::list(&store).await.map_err(Ended::Store)?)
    })?;
    let shapes: Vec<_> = found.iter().map(WebhookShape::of).collect();
    let text = || match shapes.as_slice() {
        [] => vec!["There is no webhook; [[webhook]] in the file for `vestibule apply` makes one.".to_owned()],
        shapes => shapes.iter().map(WebhookShape::text).collect(),
    };
    Ok(written(arguments.format, &Webhooks { version: 1, webhooks: &shapes }, text))
}

fn deliveries(arguments: &DeliveriesArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let found = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, Role::Command)).await?;
        let found = webhooks::deliveries(&store, &arguments.name, arguments.failed, arguments.limit).await;
        Ok(found.map_err(Ended::Store)?)
    })?;
    let found = found.ok_or_else(|| unknown(&arguments.name))?;
    let shapes: Vec<_> = found.iter().map(DeliveryShape::of).collect();
    let text = || match shapes.as_slice() {
        [] => vec!["No delivery.".to_owned()],
        shapes => shapes.iter().map(DeliveryShape::text).collect(),
    };
    Ok(written(arguments.format, &Deliveries { version: 1, deliveries: &shapes }, text))
}

fn replay(arguments: &ReplayArgs) -> Result<Output, Failure> {
    let span = Span { since: arguments.since, until: arguments.until, kind: arguments.kind };
    let config = services::configuration(arguments.config.as_deref())?;
    let replayed = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        webhooks::replay(&ctx, &arguments.name, span).await.map_err(|error| match error {
            NotReplayed::Store(error) => Ended::Store(error).into(),
            error => Failure::Arguments(error.to_string()),
        })
    })?;
    let text = || {
        let events = if replayed == 1 { "event is" } else { "events are" };
        vec![format!(
            "{replayed} {events} sent once more by a node that serves; `vestibule webhook deliveries` shows them."
        )]
    };
    Ok(written(arguments.format, &ReplayShape { version: 1, replayed }, text))
}

fn test(arguments: &TestArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let tried = services::block_on(async {
        let Opened { ctx, fetcher } = services::for_command(&config).await?;
        Ok(webhooks::send_test(&ctx, &fetcher, &arguments.name).await?)
    })?;
    let Tried { status, problem } = tried.ok_or_else(|| unknown(&arguments.name))?;
    let exit = u8::from(problem.is_some());
    let text = || match (&problem, status) {
        (None, Some(status)) => vec![format!("{} took it, with status {status}.", arguments.name)],
        (problem, _) => {
            vec![format!("{} did not take it: {}.", arguments.name, problem.as_deref().unwrap_or_default())]
        }
    };
    let shape = TestShape { version: 1, taken: problem.is_none(), status, problem: problem.as_deref() };
    Ok(Output { status: exit, ..written(arguments.format, &shape, text) })
}

fn unknown(name: &str) -> Failure {
    Failure::Arguments(format!("there is no webhook {name:?}; `vestibule webhook list` shows those that there are"))
}

#[derive(Serialize)]
struct Webhooks<'a> {
    version: u8,
    webhooks: &'a [WebhookShape],
}

#[derive(Serialize)]
struct WebhookShape {
    name: String,
    url: String,
    account: Option<String>,
    events: Subscribed,
    enabled: bool,
    waiting: u64,
    failures: u32,
    rests_until: Option<String>,
}

impl WebhookShape {
    fn of(listed: &Listed) -> Self {
        let stored = &listed.stored;
        Self {
            name: stored.webhook.name.to_string(),
            url: stored.webhook.settings.url.clone(),
            account: listed.account.clone(),
            events: stored.webhook.settings.events.clone(),
            enabled: stored.webhook.is_enabled,
            waiting: listed.waiting,
            failures: stored.failures,
            rests_until: stored.rests_until.map(|at| at.to_string()),
        }
    }

    /// `crm https://app.example.com/webhooks all events of acme, 3 wait, did not answer 2 times, next 2026-03-02T10:05:00Z`
    fn text(&self) -> String {
        let events = match &self.events {
            Subscribed::All => "all events".to_owned(),
            Subscribed::Only(kinds) => kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" "),
        };
        let of = match self.account.as_deref() {
            None => String::new(),
            Some("") => " of the platform and all below it".to_owned(),
            Some(path) => format!(" of {path}"),
        };
        let state = match (self.enabled, self.failures, &self.rests_until) {
            (false, ..) => ", not enabled".to_owned(),
            (true, 1.., Some(at)) => format!(", did not answer {} times, next {at}", self.failures),
            (true, ..) => String::new(),
        };
        format!("{} {} {events}{of}, {} wait{state}", self.name, self.url, self.waiting)
    }
}

#[derive(Serialize)]
struct Deliveries<'a> {
    version: u8,
    deliveries: &'a [DeliveryShape],
}

#[derive(Serialize)]
struct DeliveryShape {
    id: String,
    r#type: &'static str,
    state: &'static str,
    queued_at: String,
    next_at: Option<String>,
    ended_at: Option<String>,
    failures: u32,
    status: Option<u16>,
    why: Option<String>,
}

impl DeliveryShape {
    fn of(it: &LoggedDelivery) -> Self {
        Self {
            id: it.key.kind.message_id(it.key.event),
            r#type: it.key.kind.name(),
            state: it.state.name(),
            queued_at: it.queued_at.to_string(),
            next_at: it.due_at.map(|at| at.to_string()),
            ended_at: it.ended_at.map(|at| at.to_string()),
            failures: it.failures,
            status: it.status,
            why: it.note.clone(),
        }
    }

    /// `019c…-user-created waiting since 2026-03-02T10:00:00Z, in vain 2 times, next 2026-03-02T10:05:00Z: it answered …`
    fn text(&self) -> String {
        let state = match &self.ended_at {
            Some(at) => format!("{} {at}", self.state),
            None => format!("{} since {}", self.state, self.queued_at),
        };
        let status = self.status.map(|status| format!(", status {status}")).unwrap_or_default();
        let failures = if self.failures == 0 { String::new() } else { format!(", in vain {} times", self.failures) };
        let next = self.next_at.as_ref().map(|at| format!(", next {at}")).unwrap_or_default();
        let why = self.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("{} {state}{status}{failures}{next}{why}", self.id)
    }
}

#[derive(Serialize)]
struct ReplayShape {
    version: u8,
    replayed: u64,
}

#[derive(Serialize)]
struct TestShape<'a> {
    version: u8,
    taken: bool,
    status: Option<u16>,
    problem: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use vestibule_domain::id::EventId;
    use vestibule_store::tx::{DeliveryKey, DeliveryState};

    use super::*;

    #[test]
    fn a_delivery_is_a_line_that_names_nobody() {
        let at: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let key = DeliveryKey {
            webhook: "crm".to_owned(),
            event: EventId::from_bytes([1; 16]),
            kind: EventKind::UserCreated,
        };
        let waits = LoggedDelivery {
            key,
            state: DeliveryState::Waiting,
            queued_at: at,
            due_at: Some(at + jiff::SignedDuration::from_mins(5)),
            ended_at: None,
            failures: 2,
            status: Some(500),
            note: Some("it answered with status 500".to_owned()),
        };
        let id = "01010101-0101-0101-0101-010101010101-user-created";
        assert_eq!(
            DeliveryShape::of(&waits).text(),
            format!(
                "{id} waiting since 2026-03-02T10:00:00Z, status 500, in vain 2 times, next 2026-03-02T10:05:00Z: it \
                 answered with status 500"
            )
        );
        let state = DeliveryState::Delivered;
        let done = LoggedDelivery {
            state,
            due_at: None,
            ended_at: Some(at),
            failures: 0,
            status: Some(204),
            note: None,
            ..waits
        };
        assert_eq!(DeliveryShape::of(&done).text(), format!("{id} delivered 2026-03-02T10:00:00Z, status 204"));
    }

    #[test]
    fn a_kind_that_is_none_is_refused_with_those_that_there_are() {
        assert_eq!(kind("user.created"), Ok(EventKind::UserCreated));
        assert!(kind("user").unwrap_err().starts_with("there are user.created, user.waiting"));
    }
}
