//! `vestibule connection refresh NAME --account PATH`: fetches the metadata of a connection at once (HY-10).

use vestibule_domain::account::AccountPath;
use vestibule_domain::name::Slug;
use vestibule_journeys::refresh_metadata::{self, Done, Refreshed};
use vestibule_store::StoreError;

use crate::cli::ConfigArg;
use crate::failure::Failure;
use crate::node;
use crate::output::{Output, sanitised};
use crate::services::{self, Opened};

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the connection is as its metadata says; 1 nothing was changed, and the output \
                        says why; 2 unusable arguments or configuration.")]
pub(crate) struct RefreshArgs {
    /// The connection's short name in the account.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The path of the account.
    #[arg(long, value_name = "PATH")]
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

pub(crate) fn run(arguments: &RefreshArgs) -> Result<Output, Failure> {
    let path =
        AccountPath::parse(&arguments.account).map_err(|error| Failure::Arguments(format!("--account: {error}")))?;
    let name: Slug = arguments.name.parse().map_err(|error| Failure::Arguments(format!("NAME: {error}")))?;
    let config = services::configuration(arguments.config.as_deref())?;
    let done = services::block_on(async {
        let Opened { ctx, .. } = services::for_command(&config).await?;
        let wanted = name.clone();
        let found = ctx.store.read(move |tx| {
            Box::pin(async move {
                let Some(account) = tx.account_by_path(&path).await? else { return Ok(None) };
                let connections = tx.connections_in(account.id).await?;
                Ok::<_, StoreError>(connections.into_iter().find(|connection| connection.name == wanted))
            })
        });
        let found = found.await.map_err(vestibule_journeys::Problem::from)?;
        let Some(connection) = found else { return Ok(None) };
        Ok(refresh_metadata::at_once(&ctx, &node::means(&config), connection.id).await?)
    })?;
    let place = format!("{}/{name}", arguments.account);
    let Some(done) = done else {
        return Err(Failure::Arguments(format!(
            "there is no connection {place} whose metadata has an address; give it metadata = {{ url = \"https://…\" }} \
             with `vestibule apply`"
        )));
    };
    Ok(output(&place, &done))
}

fn output(place: &str, done: &Done) -> Output {
    let (status, told) = match &done.refreshed {
        Refreshed::Unchanged => (0, "its metadata says what is set; nothing was changed".to_owned()),
        Refreshed::CertificatesAdded(thumbprints) => {
            let thumbprints = thumbprints.join(", ");
            (0, format!("new certificates are taken beside those before; SHA-256 thumbprints: {thumbprints}"))
        }
        Refreshed::Refused(note) => (1, format!("its metadata changed nothing, because {}", note.text)),
        Refreshed::Unreachable(note) => (1, format!("its metadata was not fetched: {}", note.text)),
        Refreshed::Overtaken => (1, "it was edited at this moment, and nothing was changed; run this again".to_owned()),
    };
    let mut stdout = sanitised(&format!("{place}: {told}")) + "\n";
    if !done.withdrawn.is_empty() {
        let thumbprints = done.withdrawn.join(", ");
        let told = format!(
            "{place}: certificates are taken that are no longer published; if they were replaced, `vestibule apply` \
             with the same url drops them (where the file sets certificates, take them out of it first); SHA-256 \
             thumbprints: {thumbprints}"
        );
        stdout += &(sanitised(&told) + "\n");
    }
    Output { stdout, ..Output::status(status) }
}
