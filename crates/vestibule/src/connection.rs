//! `vestibule connection list`, `show`, `pause` and `activate`.

use serde::Serialize;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::id::ConnectionId;
use vestibule_domain::name::Slug;
use vestibule_journeys::apply::Activation;
use vestibule_journeys::console::{
    self, Attention, ConnectionChange, ConnectionPage, ConnectionRow, ConnectionsQuery, NotChanged, ReadinessStep,
    StepState,
};
use vestibule_journeys::{Ctx, Problem};
use vestibule_store::StoreError;

use crate::account::{more, path_of};
use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, facts, second, table, word, written};
use crate::services;

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 listed; 2 there is no such account, or unusable arguments or configuration.")]
pub(crate) struct ListArgs {
    /// Of this account and those below it, by its path. Default: all.
    #[arg(long, value_name = "PATH")]
    within: Option<String>,
    /// In this state alone.
    #[arg(long, value_enum, value_name = "STATE")]
    state: Option<State>,
    /// Those alone that need somebody.
    #[arg(long)]
    attention: bool,
    /// Those in whose name, or in whose account's name or path, this stands.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Those behind this one: the last of the list before.
    #[arg(long, value_name = "ACCOUNT/NAME")]
    after: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    first: u32,
    #[command(flatten)]
    config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

/// As [`ConnectionState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum State {
    Draft,
    Active,
    Paused,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 shown; 2 there is no such connection, or unusable arguments or configuration.")]
pub(crate) struct ShowArgs {
    /// The connection: its account's path and its name, acme/entra, or its id.
    #[arg(value_name = "CONNECTION")]
    connection: String,
    #[command(flatten)]
    config: ConfigArg,
    /// How it is written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nobody comes in by it any more, and whoever did is signed out.

Exit status: 0 paused; 2 there is no such connection, or unusable arguments or configuration.")]
pub(crate) struct PauseArgs {
    /// The connection: its account's path and its name, acme/entra, or its id.
    #[arg(value_name = "CONNECTION")]
    connection: String,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A test has to have passed since it was edited; `vestibule connection show` says where it is tried.

Exit status: 0 in force; 1 it is not ready, and the output says what is missing; 2 there is no such connection, or \
unusable arguments or configuration.")]
pub(crate) struct ActivateArgs {
    /// The connection: its account's path and its name, acme/entra, or its id.
    #[arg(value_name = "CONNECTION")]
    connection: String,
    /// Also where no test has passed. The audit log says so.
    #[arg(long)]
    untested: bool,
    #[command(flatten)]
    config: ConfigArg,
}

pub(crate) fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let query = ConnectionsQuery {
        within: arguments.within.as_deref().map(|text| path_of("--within", text)).transpose()?,
        state: arguments.state.map(|state| match state {
            State::Draft => ConnectionState::Draft,
            State::Active => ConnectionState::Active,
            State::Paused => ConnectionState::Paused,
        }),
        attention: arguments.attention,
        text: arguments.text.clone().unwrap_or_default(),
        after: arguments.after.as_deref().map(|text| named("--after", text)).transpose()?,
    };
    let found = services::looked_up(&arguments.config, arguments.first, async |ctx, viewer| {
        console::connections(ctx, viewer, query).await
    })?;
    let found = found.ok_or_else(|| {
        let got = arguments.within.as_deref().unwrap_or_default();
        Failure::Arguments(format!("there is no account {got:?}; `vestibule account list` shows them"))
    })?;
    let connections: Vec<_> = found.rows.iter().map(RowShape::of).collect();
    let next = found.next.map(|(path, name)| format!("{path}/{name}"));
    let text = || {
        let rows = connections.iter().map(|it| {
            [it.name.clone(), it.idp.clone(), it.state.clone(), it.people.to_string(), it.attention.join("; ")]
        });
        let mut lines = table(["CONNECTION", "KIND", "STATE", "PEOPLE", "NEEDS"], rows);
        lines.extend(more(next.as_deref()));
        lines
    };
    let shape = RowsShape { version: 1, connections: &connections, next: next.as_deref() };
    Ok(written(arguments.format, &shape, text))
}

pub(crate) fn show(arguments: &ShowArgs) -> Result<Output, Failure> {
    let wanted = &arguments.connection;
    let found = services::looked_up(&arguments.config, 1, async |ctx, viewer| {
        console::connection(ctx, viewer, id_of(ctx, wanted).await?).await
    })?;
    let page = found.ok_or_else(|| none(wanted))?;
    let shape = PageShape::of(&page);
    Ok(written(arguments.format, &shape, || shape.text()))
}

pub(crate) fn pause(arguments: &PauseArgs) -> Result<Output, Failure> {
    let done = changed(&arguments.connection, &arguments.config, &ConnectionChange::Pause)?;
    Ok(told(&arguments.connection, done, "is paused. Nobody comes in by it, and whoever did is signed out."))
}

pub(crate) fn activate(arguments: &ActivateArgs) -> Result<Output, Failure> {
    let activation = if arguments.untested { Activation::ByOperator } else { Activation::AfterTest };
    let done = changed(&arguments.connection, &arguments.config, &ConnectionChange::Activate(activation))?;
    Ok(told(&arguments.connection, done, "is in force."))
}

fn changed(wanted: &str, config: &ConfigArg, change: &ConnectionChange) -> Result<Option<NotChanged>, Failure> {
    let done = services::looked_up(config, 1, async |ctx, viewer| {
        console::change_connection(ctx, viewer, id_of(ctx, wanted).await?, change.clone()).await
    })?;
    done.ok_or_else(|| none(wanted))
}

fn told(connection: &str, not: Option<NotChanged>, done: &str) -> Output {
    let why = match not {
        None => {
            let stdout = crate::output::sanitised(&format!("{connection} {done}")) + "\n";
            return Output { stdout, ..Output::status(0) };
        }
        Some(NotChanged::Not(why)) => why,
        Some(NotChanged::Overtaken | NotChanged::Changed) => {
            vec!["somebody else changed settings at this moment; run this again".to_owned()]
        }
        Some(NotChanged::NotACertificate(why)) => vec![why],
        Some(NotChanged::SignInAgain | NotChanged::Already | NotChanged::NotRemovable) => {
            vec!["nothing was changed".to_owned()]
        }
    };
    let stdout = why.iter().map(|why| crate::output::sanitised(&format!("{connection}: {why}")) + "\n").collect();
    Output { stdout, ..Output::status(1) }
}

/// `acme/entra`.
fn named(option: &str, text: &str) -> Result<(AccountPath, Slug), Failure> {
    let (path, name) = text.rsplit_once('/').unwrap_or(("", text));
    let name = name.parse().map_err(|error| Failure::Arguments(format!("{option}: {error}")))?;
    Ok((path_of(option, path)?, name))
}

async fn id_of(ctx: &Ctx, text: &str) -> Result<ConnectionId, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let Ok((path, name)) = named("CONNECTION", text) else { return Err(Problem::NotFound) };
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account_by_path(&path).await? else { return Ok::<_, StoreError>(None) };
            Ok(tx.connections_in(account.id).await?.into_iter().find(|it| it.name == name))
        })
    });
    found.await?.map(|connection| connection.id).ok_or(Problem::NotFound)
}

fn none(got: &str) -> Failure {
    Failure::Arguments(format!("there is no connection {got:?}; `vestibule connection list` shows them"))
}

fn reason(reason: &Attention) -> String {
    match reason {
        Attention::Missing(missing) => missing.to_string(),
        Attention::Weak(weakness) => weakness.to_string(),
        Attention::Metadata(text) => text.clone(),
    }
}

#[derive(Serialize)]
struct RowsShape<'a> {
    version: u8,
    connections: &'a [RowShape],
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct RowShape {
    id: String,
    name: String,
    account_name: String,
    idp: String,
    state: String,
    people: u64,
    attention: Vec<String>,
}

impl RowShape {
    fn of(row: &ConnectionRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: format!("{}/{}", row.path.shown(), row.name),
            account_name: row.account_name.clone(),
            idp: word(&row.preset),
            state: word(&row.state),
            people: row.people,
            attention: row.reasons.iter().map(reason).collect(),
        }
    }
}

#[derive(Serialize)]
struct PageShape {
    version: u8,
    id: String,
    name: String,
    idp: String,
    state: String,
    people: u64,
    entity_id: String,
    acs_url: String,
    start_url: String,
    logout_url: String,
    test_url: String,
    attention: Vec<String>,
    readiness: Vec<StepShape>,
    certificates: Vec<CertificateShape>,
    settings: std::collections::BTreeMap<&'static str, String>,
    attempts: Vec<AttemptShape>,
}

#[derive(Serialize)]
struct StepShape {
    step: &'static str,
    state: &'static str,
}

#[derive(Serialize)]
struct CertificateShape {
    subject: String,
    sha256: String,
    from: String,
    until: String,
}

#[derive(Serialize)]
struct AttemptShape {
    at: String,
    refusal: Option<String>,
    code: Option<String>,
}

impl PageShape {
    fn of(page: &ConnectionPage) -> Self {
        let connection = &page.connection;
        let [entity_id, acs_url, start_url, logout_url] = page.addresses.clone();
        let step = |it: &console::Readiness| StepShape {
            step: match it.step {
                ReadinessStep::Values => "values",
                ReadinessStep::Certificate => "certificate",
                ReadinessStep::Domains => "domains",
                ReadinessStep::Mapping => "mapping",
                ReadinessStep::Tested => "tested",
                ReadinessStep::Active => "active",
            },
            state: match it.state {
                StepState::Done => "done",
                StepState::Weak => "weak",
                StepState::Missing => "missing",
            },
        };
        let certificate = |it: &console::CertificateRow| CertificateShape {
            subject: it.subject.clone(),
            sha256: it.sha256.clone(),
            from: second(it.from),
            until: second(it.until),
        };
        let attempt = |it: &console::KeptRow| AttemptShape {
            at: second(it.at),
            refusal: it.reason.clone().or_else(|| it.turned_away.clone()),
            code: it.code.clone(),
        };
        Self {
            version: 1,
            id: connection.id.to_string(),
            name: format!("{}/{}", page.spot.account.path.shown(), connection.name),
            idp: word(&connection.saml.preset),
            state: word(&connection.state),
            people: page.people,
            entity_id,
            acs_url,
            start_url,
            logout_url,
            test_url: page.test.clone(),
            attention: page.reasons.iter().map(reason).collect(),
            readiness: page.readiness.iter().map(step).collect(),
            certificates: page.certificates.iter().map(certificate).collect(),
            settings: page.settings.iter().map(|it| (it.name, it.value.clone())).collect(),
            attempts: page.attempts.iter().map(attempt).collect(),
        }
    }

    fn text(&self) -> Vec<String> {
        let readiness = self.readiness.iter().map(|it| format!("{} {}", it.step, it.state)).collect::<Vec<_>>();
        let mut lines = facts(&[
            ("connection", self.name.clone()),
            ("id", self.id.clone()),
            ("kind", self.idp.clone()),
            ("state", self.state.clone()),
            ("people", self.people.to_string()),
            ("ready", readiness.join(", ")),
            ("needs", self.attention.join("; ")),
            ("entity ID", self.entity_id.clone()),
            ("reply URL", self.acs_url.clone()),
            ("sign on URL", self.start_url.clone()),
            ("logout URL", self.logout_url.clone()),
            ("try it", self.test_url.clone()),
        ]);
        let certificates = self.certificates.iter().map(|it| [it.sha256.clone(), it.until.clone(), it.subject.clone()]);
        section(&mut lines, table(["CERTIFICATE", "UNTIL", "SUBJECT"], certificates));
        let settings = self.settings.iter().map(|(name, value)| [(*name).to_owned(), value.clone()]);
        section(&mut lines, table(["SETTING", "VALUE"], settings));
        let attempts = self.attempts.iter().map(|it| {
            let ended = it.refusal.clone().unwrap_or_else(|| "accepted".to_owned());
            [it.at.clone(), ended, it.code.clone().unwrap_or_default()]
        });
        section(&mut lines, table(["ANSWER", "ENDED", "CODE"], attempts));
        lines
    }
}

/// A table of its own, unless it is empty.
fn section(lines: &mut Vec<String>, table: Vec<String>) {
    if table.len() > 1 {
        lines.push(String::new());
        lines.extend(table);
    }
}
