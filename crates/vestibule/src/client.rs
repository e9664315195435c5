//! `vestibule client list`: the applications that people sign in to, as OpenID Connect clients or sites behind a proxy.

use serde::Serialize;
use vestibule_journeys::console::{self, ApplicationRow};

use crate::account::path_of;
use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::output::{Output, table, written};
use crate::services;

#[derive(Debug, clap::Args)]
pub(crate) struct ClientArgs {
    #[command(subcommand)]
    command: ClientCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ClientCommand {
    /// List applications, by `client_id`. Reads, and writes nothing.
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 listed; 2 there is no such account, or unusable arguments or configuration.")]
struct ListArgs {
    /// Those that people of this account may sign in to, by its path. Default: all.
    #[arg(long, value_name = "PATH")]
    account: Option<String>,
    #[command(flatten)]
    config: ConfigArg,
    /// How they are written; the shape of JSON is documented in docs/operate/commands.md.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

impl ClientArgs {
    pub(crate) fn format(&self) -> Format {
        let ClientCommand::List(arguments) = &self.command;
        arguments.format
    }
}

pub(crate) fn run(arguments: &ClientArgs) -> Result<Output, Failure> {
    let ClientCommand::List(arguments) = &arguments.command;
    let path = arguments.account.as_deref().map(|text| path_of("--account", text)).transpose()?;
    let found =
        services::looked_up(&arguments.config, 1, async |ctx, viewer| console::applications(ctx, viewer, path).await)?;
    let found = found.ok_or_else(|| {
        let got = arguments.account.as_deref().unwrap_or_default();
        Failure::Arguments(format!("there is no account {got:?}; `vestibule account list` shows them"))
    })?;
    let clients: Vec<_> = found.rows.iter().map(ClientShape::of).collect();
    let text = || {
        let rows = clients.iter().map(|it| {
            let places = it.redirect_uris.iter().chain(&it.sites).cloned().collect::<Vec<_>>().join(", ");
            [it.client_id.clone(), it.name.clone(), it.kind.to_owned(), places]
        });
        table(["CLIENT_ID", "NAME", "KIND", "WHERE"], rows)
    };
    Ok(written(arguments.format, &ClientsShape { version: 1, clients: &clients }, text))
}

#[derive(Serialize)]
struct ClientsShape<'a> {
    version: u8,
    clients: &'a [ClientShape],
}

#[derive(Serialize)]
struct ClientShape {
    client_id: String,
    name: String,
    kind: &'static str,
    is_of_one_account: bool,
    redirect_uris: Vec<String>,
    sites: Vec<String>,
    refresh_tokens: bool,
}

impl ClientShape {
    fn of(row: &ApplicationRow) -> Self {
        Self {
            client_id: row.client_id.clone(),
            name: row.name.clone(),
            kind: match (row.redirect_uris.is_empty(), row.is_public) {
                (true, _) if !row.sites.is_empty() => "site",
                (_, true) => "public",
                _ => "confidential",
            },
            is_of_one_account: row.is_own,
            redirect_uris: row.redirect_uris.clone(),
            sites: row.sites.clone(),
            refresh_tokens: row.refreshes,
        }
    }
}
