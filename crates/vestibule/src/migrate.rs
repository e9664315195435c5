//! `vestibule migrate`: the schema of the database, brought up to date before nodes of a new version start.

use vestibule_store::Role;

use crate::cli::ConfigArg;
use crate::failure::Failure;
use crate::output::Output;
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

pub(crate) fn run(arguments: &MigrateArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    services::block_on(async { services::open(&Setup::of(&config, Role::Command)).await.map(drop) })?;
    let stdout = format!("The schema of {} is that of this version.\n", config.database);
    Ok(Output { stdout, ..Output::status(0) })
}
