//! Vestibule: enterprise single sign-on for SaaS vendors.
//!
//! The binary is the edge: it reads arguments, files and the clock, and hands values to the crates below, which do
//! without. One module for each command; `output` is what a terminal, a pipe or a program gets to see.

mod account;
mod api_key;
mod apply;
mod backup;
mod certificate;
mod cli;
mod client;
mod clock;
mod completions;
mod config;
mod connection;
mod connection_keys;
mod demo;
mod doctor;
mod domain;
mod events;
mod failure;
mod file;
mod import_env;
mod inspect;
mod jobs;
mod key_rotation;
mod keys;
mod mail;
mod metadata;
mod migrate;
mod mock;
mod node;
mod output;
mod refresh;
mod report;
mod serve;
mod services;
mod session;
mod setup_link;
mod user;
mod user_list;
mod validity;
mod waiting;
mod waiting_decide;
mod webhook;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::{Cli, Command, ConnectionCommand, Format};
use crate::failure::Failure;
use crate::output::Output;

/// A sign-in makes some thousands of small allocations: docs/adr/0014.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = cli::with_json(std::env::args_os());
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => {
            let format = cli.command.format();
            run(&cli.command).unwrap_or_else(|failure| failure.output(format)).print()
        }
        Err(error) if !error.use_stderr() => {
            // Help or the version: what was asked for.
            let _ = error.print();
            ExitCode::SUCCESS
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // No command at all: the help says which there are.
            let _ = error.print();
            ExitCode::from(Failure::STATUS)
        }
        Err(error) => Failure::Arguments(cli::sentence(&error)).output(cli::format_in(&arguments)).print(),
    }
}

fn run(command: &Command) -> Result<Output, Failure> {
    match command {
        Command::Inspect(arguments) => inspect::run(arguments),
        Command::Metadata(arguments) => metadata::run(arguments),
        Command::Certificate(arguments) => certificate::run(arguments),
        Command::Demo(arguments) => demo::run(arguments),
        Command::Serve(arguments) => node::run(arguments),
        Command::Apply(arguments) => apply::run(arguments),
        Command::Connection(arguments) => match &arguments.command {
            ConnectionCommand::List(arguments) => connection::list(arguments),
            ConnectionCommand::Show(arguments) => connection::show(arguments),
            ConnectionCommand::Pause(arguments) => connection::pause(arguments),
            ConnectionCommand::Activate(arguments) => connection::activate(arguments),
            ConnectionCommand::ImportEnv(arguments) => import_env::run(arguments),
            ConnectionCommand::Keys(arguments) => connection_keys::run(arguments),
            ConnectionCommand::Refresh(arguments) => refresh::run(arguments),
        },
        Command::Account(arguments) => account::run(arguments),
        Command::Client(arguments) => client::run(arguments),
        Command::Completions(arguments) => Ok(completions::run(arguments)),
        Command::Session(arguments) => session::run(arguments),
        Command::Domain(arguments) => domain::run(arguments),
        Command::User(arguments) => user::run(arguments),
        Command::Waiting(arguments) => waiting::run(arguments),
        Command::Mail(arguments) => mail::run(arguments),
        Command::Webhook(arguments) => webhook::run(arguments),
        Command::SetupLink(arguments) => setup_link::run(arguments),
        Command::ApiKey(arguments) => api_key::run(arguments),
        Command::Migrate(arguments) => migrate::run(arguments),
        Command::Check(arguments) => doctor::check(arguments),
        Command::Doctor(arguments) => doctor::doctor(arguments),
        Command::Backup(arguments) => backup::back_up(arguments),
        Command::Restore(arguments) => backup::restore(arguments),
        Command::Keys(arguments) => keys::run(arguments),
        Command::Report(arguments) => report::run(arguments),
        Command::Events(arguments) => events::run(arguments),
        Command::MockEntra(arguments) => mock::run(arguments),
    }
}

impl Command {
    fn format(&self) -> Format {
        match self {
            Self::Inspect(arguments) => arguments.format,
            Self::Metadata(arguments) => arguments.format,
            Self::Certificate(arguments) => arguments.format,
            Self::Apply(arguments) => arguments.format,
            Self::SetupLink(arguments) => arguments.format(),
            Self::ApiKey(arguments) => arguments.format(),
            Self::Connection(arguments) => match &arguments.command {
                ConnectionCommand::List(arguments) => arguments.format,
                ConnectionCommand::Show(arguments) => arguments.format,
                ConnectionCommand::ImportEnv(arguments) => arguments.format,
                ConnectionCommand::Keys(arguments) => arguments.format(),
                ConnectionCommand::Refresh(_) | ConnectionCommand::Pause(_) | ConnectionCommand::Activate(_) => {
                    Format::Text
                }
            },
            Self::Account(arguments) => arguments.format(),
            Self::Client(arguments) => arguments.format(),
            Self::User(arguments) => arguments.format(),
            Self::Waiting(arguments) => arguments.format(),
            Self::Check(arguments) => arguments.format,
            Self::Doctor(arguments) => arguments.format,
            Self::Keys(arguments) => arguments.format(),
            Self::Demo(_)
            | Self::Serve(_)
            | Self::Session(_)
            | Self::Domain(_)
            | Self::Completions(_)
            | Self::Mail(_)
            | Self::Webhook(_)
            | Self::Migrate(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Report(_)
            | Self::Events(_)
            | Self::MockEntra(_) => Format::Text,
        }
    }
}
