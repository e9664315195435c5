//! `cargo xtask`: the project's one test command, and the command that fuzzes.
//!
//! Standard library only, so that it is there in seconds on a bare machine.

mod fuzz;
mod links;
mod suite;
mod table;
mod test;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [SUITE…] [--without SUITE]…   run all suites, or the named ones
cargo xtask test --list                        say which suites there are
cargo xtask fuzz [TARGET] [--seconds N]        fuzz one target, or each in turn (needs a nightly toolchain)

A suite that could not run makes the exit status non-zero unless it is named in --without.";

/// Exit status for arguments that make no sense, as against a suite that failed.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let run = match arguments.split_first() {
        Some((command, rest)) if command == "test" => test::run(rest),
        Some((command, rest)) if command == "fuzz" => fuzz::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    run.unwrap_or_else(|unusable| {
        eprintln!("{unusable}");
        ExitCode::from(UNUSABLE)
    })
}

/// The checkout that this program was compiled from.
fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Cargo's build folder; tools that suites need are kept below it.
fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => std::path::absolute(&folder).unwrap_or_else(|_| folder.into()),
        None => root().join("target"),
    }
}
