//! `vestibule events`: the audit log, one line each, the newest last. Reads, and writes nothing.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::event::{Actor, Fact};
use vestibule_domain::id::ConnectionId;
use vestibule_journeys::lookup::{self, Line, Wanted};
use vestibule_journeys::{Problem as Ended, trace};

use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, json, sanitised};
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct EventsArgs {
    /// Of one account only, by its path: acme, or north/bakery.
    #[arg(long, value_name = "PATH")]
    pub(crate) account: Option<String>,
    /// About one connection only, by its id.
    #[arg(long, value_name = "ID")]
    pub(crate) connection: Option<String>,
    /// How many lines at most.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) last: u32,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the lines are written; the shape of JSON is documented in docs/operate/refusals.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// Prints the last lines of the configured database.
pub(crate) fn run(arguments: &EventsArgs) -> Result<Output, Failure> {
    let account = match &arguments.account {
        None => None,
        Some(text) => {
            Some(AccountPath::parse(text).map_err(|error| Failure::Arguments(format!("--account: {error}")))?)
        }
    };
    let connection = match &arguments.connection {
        None => None,
        Some(text) => Some(text.parse::<ConnectionId>().map_err(|_| {
            Failure::Arguments(format!(
                "--connection is {text:?}; the id of a connection is wanted, as its addresses have it"
            ))
        })?),
    };
    let config = services::configuration(arguments.config.as_deref())?;
    let lines = services::block_on(async {
        let store = services::open_to_read(&Setup::of(&config, vestibule_store::Role::Command)).await?;
        let wanted = Wanted { account: account.clone(), connection, last: arguments.last };
        Ok(lookup::events(&store, wanted).await.map_err(Ended::Store)?)
    })?;
    let Some(lines) = lines else {
        let path = account.map(|path| path.to_string()).unwrap_or_default();
        return Err(Failure::Arguments(format!(
            "--account: there is no account {path:?}; `vestibule events` without it shows all"
        )));
    };
    let stdout = match arguments.format {
        Format::Json => json(&Shape { version: 1, events: lines.iter().map(EventShape::of).collect() }),
        Format::Text => lines.iter().map(|line| sanitised(&text(line)) + "\n").collect(),
    };
    Ok(Output { stdout, ..Output::status(0) })
}

/// What programs get.
#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    events: Vec<EventShape<'a>>,
}

#[derive(Serialize)]
struct EventShape<'a> {
    id: String,
    at: String,
    account: Option<&'a str>,
    actor: String,
    code: Option<String>,
    fact: &'a Fact,
}

impl<'a> EventShape<'a> {
    fn of(line: &'a Line) -> Self {
        let event = &line.event;
        Self {
            id: event.id.to_string(),
            at: event.at.to_string(),
            account: line.account.as_deref(),
            actor: actor(&event.actor),
            code: trace::code_of(event).map(|code| code.as_str().to_owned()),
            fact: &event.fact,
        }
    }
}

/// `2026-03-02T10:00:00Z acme visitor answer_refused AUD-7K2Q code=audience_mismatch connection=…`
fn text(line: &Line) -> String {
    let event = &line.event;
    let account = line.account.as_deref().unwrap_or("-");
    let mut text = format!("{} {account} {}", event.at.strftime("%Y-%m-%dT%H:%M:%SZ"), actor(&event.actor));
    // A fact is an object of plain values; see its type.
    let Ok(Value::Object(fact)) = serde_json::to_value(&event.fact) else { return text };
    let kind = fact.get("kind").and_then(Value::as_str).unwrap_or_default();
    let _ = write!(text, " {kind}");
    if let Some(code) = trace::code_of(event) {
        let _ = write!(text, " {}", code.as_str());
    }
    for (name, value) in fact.iter().filter(|(name, value)| *name != "kind" && !value.is_null()) {
        let _ = match value {
            Value::String(value) => write!(text, " {name}={value}"),
            Value::Array(values) => {
                let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                write!(text, " {name}={}", values.join(","))
            }
            other => write!(text, " {name}={other}"),
        };
    }
    text
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Visitor => "visitor".to_owned(),
        Actor::User(user) => format!("user:{user}"),
        Actor::CommandLine => "command_line".to_owned(),
        Actor::Application(client_id) => format!("application:{client_id}"),
        Actor::SetupLink(link) => format!("setup_link:{link}"),
        Actor::ApiKey(key) => format!("api_key:{key}"),
        Actor::System => "system".to_owned(),
    }
}
