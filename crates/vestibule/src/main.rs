//! Vestibule: enterprise single sign-on for SaaS vendors.
//!
//! The binary is the edge: it reads arguments, files and the clock, and hands values to the crates below, which do
//! without. One module for each command; `output` is what a terminal, a pipe or a program gets to see.

mod certificate;
mod cli;
mod clock;
mod config;
mod failure;
mod file;
mod inspect;
mod metadata;
mod output;
mod serve;
mod validity;

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::{Cli, Command, Format};
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
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
    }
}

impl Command {
    fn format(&self) -> Format {
        match self {
            Self::Inspect(arguments) => arguments.format,
            Self::Metadata(arguments) => arguments.format,
            Self::Certificate(arguments) => arguments.format,
        }
    }
}
