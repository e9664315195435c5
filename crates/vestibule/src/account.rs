//! `vestibule account list` and `show`: the tree, and one account of it.

use serde::Serialize;
use vestibule_domain::account::AccountPath;
use vestibule_journeys::console::{self, AccountPage, AccountRow, AccountsQuery};

use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, facts, table, word, written};
use crate::services;

#[derive(Debug, clap::Args)]
pub(crate) struct AccountArgs {
    #[command(subcommand)]
    command: AccountCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AccountCommand {
    /// List accounts, in the order of the tree. Reads, and writes nothing.
    List(ListArgs),
    /// Show an account: its address, connections, e-mail domains, and what is below it. Reads, and writes nothing.
    Show(ShowArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 listed; 2 there is no such account, or unusable arguments or configuration.")]
struct ListArgs {
    /// Those at and below this one, by its path. Default: all.
    #[arg(long, value_name = "PATH")]
    within: Option<String>,
    /// Those in whose name or path this stands.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Those behind this one: the last of the list before.
    #[arg(long, value_name = "PATH")]
    after: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    first: u32,
    #[command(flatten)]
    config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 shown; 2 there is no such account, or unusable arguments or configuration.")]
struct ShowArgs {
    /// The account, by its path; `platform` for the platform.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    config: ConfigArg,
    /// How it is written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl AccountArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.command {
            AccountCommand::List(arguments) => arguments.format,
            AccountCommand::Show(arguments) => arguments.format,
        }
    }
}

pub(crate) fn run(arguments: &AccountArgs) -> Result<Output, Failure> {
    match &arguments.command {
        AccountCommand::List(arguments) => list(arguments),
        AccountCommand::Show(arguments) => show(arguments),
    }
}

/// The path of an account as an argument names it.
pub(crate) fn path_of(option: &str, text: &str) -> Result<AccountPath, Failure> {
    let text = if text == PLATFORM { "" } else { text };
    AccountPath::parse(text).map_err(|error| Failure::Arguments(format!("{option}: {error}")))
}

/// What the platform is called where a path is wanted.
pub(crate) const PLATFORM: &str = "platform";

fn list(arguments: &ListArgs) -> Result<Output, Failure> {
    let path = |option, text: &Option<String>| text.as_deref().map(|text| path_of(option, text)).transpose();
    let query = AccountsQuery {
        within: path("--within", &arguments.within)?,
        text: arguments.text.clone().unwrap_or_default(),
        after: path("--after", &arguments.after)?,
    };
    let found = services::looked_up(&arguments.config, arguments.first, async |ctx, viewer| {
        console::accounts(ctx, viewer, query).await
    })?;
    let found = found.ok_or_else(|| none(arguments.within.as_deref().unwrap_or_default()))?;
    let accounts: Vec<_> = found.rows.iter().map(AccountShape::of).collect();
    let next = found.next.map(|path| path.to_string());
    let text = || {
        let rows = accounts
            .iter()
            .map(|it| [it.path.clone(), it.kind.clone(), it.name.clone(), it.origin.clone().unwrap_or_default()]);
        let mut lines = table(["PATH", "KIND", "NAME", "ADDRESS"], rows);
        lines.extend(more(next.as_deref()));
        lines
    };
    Ok(written(arguments.format, &AccountsShape { version: 1, accounts: &accounts, next: next.as_deref() }, text))
}

/// The line below a list that goes on.
pub(crate) fn more(next: Option<&str>) -> Option<String> {
    next.map(|next| format!("There are more: --after {next}"))
}

fn show(arguments: &ShowArgs) -> Result<Output, Failure> {
    let path = path_of("ACCOUNT", &arguments.account)?;
    let found =
        services::looked_up(&arguments.config, 1, async |ctx, viewer| console::account(ctx, viewer, path).await)?;
    let page = found.ok_or_else(|| none(&arguments.account))?;
    let shape = PageShape::of(&page);
    Ok(written(arguments.format, &shape, || shape.text()))
}

fn none(got: &str) -> Failure {
    Failure::Arguments(format!("there is no account {got:?}; `vestibule account list` shows them"))
}

#[derive(Serialize)]
struct AccountsShape<'a> {
    version: u8,
    accounts: &'a [AccountShape],
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct AccountShape {
    id: String,
    path: String,
    kind: String,
    name: String,
    origin: Option<String>,
}

impl AccountShape {
    fn of(row: &AccountRow) -> Self {
        Self {
            id: row.id.to_string(),
            path: row.path.shown(),
            kind: word(&row.kind),
            name: row.name.clone(),
            origin: row.origin.clone(),
        }
    }
}

#[derive(Serialize)]
struct PageShape {
    version: u8,
    id: String,
    path: String,
    kind: String,
    name: String,
    origin: String,
    connections: Vec<ConnectionShape>,
    domains: Vec<DomainShape>,
    below: Vec<AccountShape>,
    more_below: bool,
}

#[derive(Serialize)]
struct ConnectionShape {
    name: String,
    state: String,
    people: u64,
}

#[derive(Serialize)]
struct DomainShape {
    name: String,
    is_proved: bool,
}

impl PageShape {
    fn of(page: &AccountPage) -> Self {
        let account = &page.spot.account;
        let connections = page.connections.iter().map(|it| ConnectionShape {
            name: it.connection.name.to_string(),
            state: word(&it.connection.state),
            people: it.people,
        });
        let proved = page.domains.proved.iter().map(|it| DomainShape { name: it.domain.to_string(), is_proved: true });
        let is_new = |name: &str| !page.domains.proved.iter().any(|it| it.domain.to_string() == name);
        let claimed = page.domains.claims.iter().map(|it| it.domain.to_string()).filter(|name| is_new(name));
        Self {
            version: 1,
            id: account.id.to_string(),
            path: account.path.shown(),
            kind: word(&account.kind),
            name: account.name.clone(),
            origin: page.origin.clone(),
            connections: connections.collect(),
            domains: proved.chain(claimed.map(|name| DomainShape { name, is_proved: false })).collect(),
            below: page.below.iter().map(AccountShape::of).collect(),
            more_below: page.more_below,
        }
    }

    fn text(&self) -> Vec<String> {
        let domains = self.domains.iter().map(|it| {
            let proved = if it.is_proved { "" } else { " (not proved)" };
            format!("{}{proved}", it.name)
        });
        let mut lines = facts(&[
            ("path", self.path.clone()),
            ("name", self.name.clone()),
            ("kind", self.kind.clone()),
            ("id", self.id.clone()),
            ("address", self.origin.clone()),
            ("e-mail domains", domains.collect::<Vec<_>>().join(", ")),
        ]);
        if !self.connections.is_empty() {
            let rows = self.connections.iter().map(|it| [it.name.clone(), it.state.clone(), it.people.to_string()]);
            lines.push(String::new());
            lines.extend(table(["CONNECTION", "STATE", "PEOPLE"], rows));
        }
        if !self.below.is_empty() {
            let rows = self.below.iter().map(|it| [it.path.clone(), it.kind.clone(), it.name.clone()]);
            lines.push(String::new());
            lines.extend(table(["BELOW", "KIND", "NAME"], rows));
        }
        lines
    }
}
