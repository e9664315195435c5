//! `vestibule apply FILE`: accounts, connections, domains, people, applications and webhooks as a file wants them.

mod accounts;
mod applications;
mod connections;
mod document;
mod shown;
mod sources;
mod webhooks;

use std::collections::BTreeMap;
use std::path::Path;

use vestibule_domain::event::Actor;
use vestibule_journeys::apply::{
    ApplyError, Change, ChangeKind, Misfit, Plan, Unnamed, Wanted, carry_out, plan, unnamed,
};
use vestibule_journeys::{Ctx, Problem};
use vestibule_outbound::DomainProof;

use crate::failure::Failure;
use crate::file;
use crate::keys::new_connection_key;
use crate::output::Output;
use crate::services::{self, Opened};

pub(crate) use document::FileProblems;
use document::{FileProblem, Reader, line_of};
pub(crate) use shown::{Done, output};
pub(crate) use sources::Sources;

/// What `vestibule apply` was told.
#[derive(Debug, clap::Args)]
pub(crate) struct ApplyArgs {
    /// What is wanted, in TOML; docs/operate/apply.md describes it.
    #[arg(value_name = "FILE")]
    pub(crate) file: std::path::PathBuf,
    /// Say what would change, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Say how what is set differs from the file, also by what the file does not name, and change nothing. Exit status 1
    /// where it does.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) drift: bool,
    #[command(flatten)]
    pub(crate) config: crate::cli::ConfigArg,
    /// How the result is written.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: crate::cli::Format,
}

/// Applies a file to the configured database.
pub(crate) fn run(arguments: &ApplyArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    let text = text_of(&arguments.file)?;
    services::block_on(async {
        let Opened { ctx, fetcher } = services::for_command(&config).await?;
        let variables: BTreeMap<String, String> = services::variables().into_iter().collect();
        let sources = Sources::beside(&arguments.file, &fetcher, &variables, ctx.now);
        let wanted = read(&text, &sources).await.map_err(|problems| FileProblems::new(&arguments.file, problems))?;
        let done = match (arguments.drift, arguments.dry_run) {
            (true, _) => Done::Compared,
            (_, true) => Done::Planned,
            _ => Done::Applied,
        };
        let mut told = apply(&ctx, &wanted, done).await.map_err(|error| located(&arguments.file, error))?;
        if done == Done::Compared {
            told.unnamed = unnamed(&ctx, &wanted).await.map_err(Problem::from)?;
        }
        Ok(output(&told, done, arguments.format))
    })
}

/// Plans, and carries the plan out unless it is only to be told.
pub(crate) async fn apply(ctx: &Ctx, wanted: &Wanted, done: Done) -> Result<Told, ApplyError> {
    let plan = plan(ctx, wanted, Actor::CommandLine).await?;
    let told = Told::of(&plan, done);
    if done == Done::Applied && !plan.is_empty() {
        carry_out(ctx, plan, |wanted| new_connection_key(&wanted.name, ctx.now)).await?;
    }
    Ok(told)
}

/// What is told of a plan after it was used up.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) changes: Vec<Change>,
    pub(crate) records: Vec<DomainProof>,
    /// What the file does not name, where that was asked for.
    pub(crate) unnamed: Vec<Unnamed>,
}

impl Told {
    fn of(plan: &Plan, done: Done) -> Self {
        let mut told = Self { changes: plan.changes.clone(), records: plan.records(), unnamed: Vec::new() };
        if done != Done::Applied {
            // Ids and tokens are drawn when a plan is made: those of one that is not carried out come true nowhere.
            told.records.clear();
            let new = told.changes.iter_mut().filter(|change| change.kind == ChangeKind::Create);
            new.for_each(|change| change.addresses = None);
        }
        told
    }
}

/// Reads a file of settings.
///
/// # Errors
/// All that is wrong with it.
pub(crate) async fn read(text: &str, sources: &Sources<'_>) -> Result<Wanted, Vec<FileProblem>> {
    let (mut reader, mut root) = Reader::new(text, "the file");
    let mut wanted = Wanted::default();
    if let Some((_, value)) = reader.raw(&mut root, "platform")
        && let Some(keys) = reader.table(value, "[platform]")
    {
        wanted.accounts.extend(accounts::platform(&mut reader, keys, sources).await);
    }
    for keys in reader.tables(&mut root, "account", "[[account]]") {
        wanted.accounts.extend(accounts::account(&mut reader, keys, sources).await);
    }
    for keys in reader.tables(&mut root, "application", "[[application]]") {
        wanted.applications.extend(applications::application(&mut reader, keys, sources));
    }
    for keys in reader.tables(&mut root, "webhook", "[[webhook]]") {
        wanted.webhooks.extend(webhooks::webhook(&mut reader, keys, sources));
    }
    reader.finish(root);
    if reader.problems.is_empty() { Ok(wanted) } else { Err(reader.problems) }
}

fn text_of(path: &Path) -> Result<String, Failure> {
    String::from_utf8(file::input(path)?).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = line_of(valid);
        let message = "a byte that is not UTF-8; save the file as UTF-8".to_owned();
        FileProblems::new(path, vec![FileProblem { line, message }]).into()
    })
}

/// What cannot be is told with its place in the file.
pub(crate) fn located(path: &Path, error: ApplyError) -> Failure {
    match error {
        ApplyError::Misfits(misfits) => {
            let problem = |misfit: Misfit| FileProblem {
                line: misfit.line,
                message: format!("{}: {}", misfit.what, misfit.reason),
            };
            FileProblems::new(path, misfits.into_iter().map(problem).collect()).into()
        }
        error => Failure::Apply(error),
    }
}

#[cfg(test)]
mod tests;
