//! `vestibule connection import-env FILE --account PATH`: a draft from the variables of an older system (XC-20 to
//! XC-24).

use std::fmt::Write as _;
use std::path::PathBuf;

use vestibule_domain::account::AccountPath;
use vestibule_domain::env_import::{EnvProblem, import, read};
use vestibule_domain::name::Slug;
use vestibule_journeys::Ctx;
use vestibule_journeys::apply::{ApplyError, Wanted, WantedAccount, WantedConnection, WantedState, WantedSubDomain};
use vestibule_saml::types::LoopbackHttp;

use crate::apply::{Done, Told, apply, located, output};
use crate::cli::{ConfigArg, Format};
use crate::failure::Failure;
use crate::file;
use crate::output::Output;
use crate::services::{self, Opened};

#[derive(Debug, clap::Args)]
pub(crate) struct ImportEnvArgs {
    /// The file with the variables, one a line.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The path of the account, which exists.
    #[arg(long, value_name = "PATH")]
    pub(crate) account: String,
    /// The connection's short name in the account.
    #[arg(long, value_name = "NAME", default_value = "imported")]
    pub(crate) name: String,
    /// Say what would be made, and make nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &ImportEnvArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let text = String::from_utf8_lossy(&file::input(&arguments.file)?).into_owned();
    services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        let done = if arguments.dry_run { Done::Planned } else { Done::Applied };
        let imported = imported(&ctx, &text, &arguments.account, &arguments.name, done).await?;
        let (told, problems) = imported.map_err(|error| located(&arguments.file, error))?;
        let mut output = output(&told, done, arguments.format);
        // The draft is there, and whoever runs this by a script learns that it is not whole.
        output.status = u8::from(!problems.is_empty());
        for problem in problems {
            let _ = writeln!(output.stderr, "vestibule: {}: {problem}", file::name(&arguments.file));
        }
        Ok(output)
    })
}

/// Makes the draft, with what could not be read of the variables.
async fn imported(
    ctx: &Ctx,
    text: &str,
    account: &str,
    name: &str,
    done: Done,
) -> Result<Result<(Told, Vec<EnvProblem>), ApplyError>, Failure> {
    let path = AccountPath::parse(account).map_err(|error| Failure::Arguments(format!("--account: {error}")))?;
    let name: Slug = name.parse().map_err(|error| Failure::Arguments(format!("--name: {error}")))?;
    let wanted_path = path.clone();
    let found = ctx.store.read(move |tx| {
        Box::pin(async move {
            let Some(account) = tx.account_by_path(&wanted_path).await? else { return Ok(None) };
            let connections = tx.connections_in(account.id).await?;
            Ok::<_, vestibule_store::StoreError>(Some((account, connections)))
        })
    });
    let Some((present, connections)) = found.await.map_err(ApplyError::from).map_err(Failure::Apply)? else {
        return Err(Failure::Arguments(format!(
            "--account: there is no account {account:?}; make it with `vestibule apply`"
        )));
    };
    if connections.iter().any(|connection| connection.name == name) {
        return Err(Failure::Arguments(format!(
            "--name: the account has a connection {name} already; choose another name"
        )));
    }
    let loopback_http = if ctx.deployment.is_loopback() { LoopbackHttp::Allow } else { LoopbackHttp::Refuse };
    let imported = import(&read(text), loopback_http);
    let connection = WantedConnection {
        line: 1,
        id: None,
        name,
        state: Some(WantedState::Draft),
        saml: imported.settings,
        notes: Vec::new(),
    };
    let wanted = Wanted {
        accounts: vec![WantedAccount {
            line: 1,
            path,
            kind: Some(present.kind),
            name: present.name,
            sub_domain: WantedSubDomain::AsItIs,
            settings: present.settings,
            logo: None,
            connections: vec![connection],
            domains: Vec::new(),
            users: Vec::new(),
        }],
        ..Wanted::default()
    };
    Ok(apply(ctx, &wanted, done).await.map(|told| (told, imported.problems)))
}

#[cfg(test)]
mod tests;
