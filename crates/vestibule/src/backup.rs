//! `vestibule backup` and `vestibule restore`: copies of a database that is in use, and the way back.

use std::path::PathBuf;

use vestibule_store::{DatabaseUrl, Restore, Role};

use crate::cli::ConfigArg;
use crate::failure::Failure;
use crate::output::Output;
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct BackupArgs {
    /// A file that does not exist yet; only its owner will be able to read it.
    #[arg(value_name = "FILE")]
    copy: PathBuf,
    #[command(flatten)]
    config: ConfigArg,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RestoreArgs {
    /// What `vestibule backup` has made, by this version or an earlier one.
    #[arg(value_name = "FILE")]
    copy: PathBuf,
    /// Put the database that is there aside, as DATABASE.before-restore.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    config: ConfigArg,
}

pub(crate) fn back_up(arguments: &BackupArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let octets = vestibule_store::backup(&config.database, &arguments.copy)?;
    let stdout = format!(
        "{} is a copy of {}, {octets} octets. It tells of people, and has hashes of \
         their passwords: guard it like the database, and keep the sealing key apart from it.\n",
        arguments.copy.display(),
        config.database
    );
    Ok(Output { stdout, ..Output::status(0) })
}

pub(crate) fn restore(arguments: &RestoreArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let restore = Restore::prepare(&arguments.copy, &config.database, arguments.replace)?;
    services::block_on(opens(&restore.database(), &Setup::of(&config, Role::Command)))?;
    let aside = restore.commit()?;
    let before = aside.map(|aside| format!(" What was there before is in {}.", aside.display())).unwrap_or_default();
    let stdout = format!("{} is as it was in {}.{before}\n", config.database, arguments.copy.display());
    Ok(Output { stdout, ..Output::status(0) })
}

/// Whether this version and the configured sealing key can work with it: the schema is brought up to date, and the keys
/// that sign tokens are opened.
async fn opens(database: &DatabaseUrl, setup: &Setup<'_>) -> Result<(), Failure> {
    services::services(&Setup { database, ..*setup }).await.map(drop)
}
