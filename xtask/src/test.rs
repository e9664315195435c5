//! `cargo xtask test`: runs suites one after another and closes with the table.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::links;
use crate::suite::{SUITES, Step, Suite, owned_tests};
use crate::table::{self, Outcome, Row};
use crate::tools::Toolbox;
use crate::{root, target};

/// Runs what `arguments` select; `Err` is a message about arguments that make no sense.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let Some(selection) = Selection::read(arguments)? else {
        for suite in SUITES {
            println!("{:<14} {}", suite.name, suite.promise);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let mut toolbox = Toolbox::default();
    let mut rows = Vec::new();
    for suite in selection.suites {
        let without = selection.without.contains(suite.name);
        rows.push(if without { Row::left_out(suite.name) } else { timed(suite, &mut toolbox) });
    }
    print!("{}", table::render(&rows));
    Ok(if table::passed(&rows) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the command line asks for.
struct Selection {
    suites: Vec<&'static Suite>,
    without: BTreeSet<&'static str>,
}

impl Selection {
    /// `None` asks for the list of suites instead of a run.
    fn read(arguments: &[String]) -> Result<Option<Self>, String> {
        let mut named = BTreeSet::new();
        let mut without = BTreeSet::new();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => return Ok(None),
                "--without" => {
                    let name = arguments.next().ok_or("--without needs the name of a suite")?;
                    without.insert(find(name)?.name);
                }
                name => {
                    named.insert(find(name)?.name);
                }
            }
        }
        let suites = SUITES
            .iter()
            .filter(|suite| named.is_empty() || named.contains(suite.name) || without.contains(suite.name))
            .collect();
        Ok(Some(Self { suites, without }))
    }
}

fn find(name: &str) -> Result<&'static Suite, String> {
    SUITES.iter().find(|suite| suite.name == name).ok_or_else(|| {
        let names: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
        format!("there is no suite {name}; there are {}", names.join(", "))
    })
}

fn timed(suite: &Suite, toolbox: &mut Toolbox) -> Row {
    println!("\n== {}: {}", suite.name, suite.promise);
    // Keeps the headings in order with what cargo writes to the standard error.
    let _ = io::stdout().flush();
    let start = Instant::now();
    let outcome = run_suite(suite, toolbox);
    Row { suite: suite.name, outcome, time: start.elapsed() }
}

fn run_suite(suite: &Suite, toolbox: &mut Toolbox) -> Outcome {
    for need in suite.needs {
        if let Err(reason) = toolbox.ensure(need) {
            return Outcome::DidNotRun(reason);
        }
    }
    let mut tests = None;
    for step in suite.steps {
        match run_step(step, toolbox) {
            Ok(None) => {}
            Ok(Some(count)) => tests = Some(tests.unwrap_or(0) + count),
            Err(outcome) => return outcome,
        }
    }
    match tests {
        // A suite that lost its tests must not look like one that passed them.
        Some(0) => Outcome::Failed("ran no test".to_owned()),
        tests => Outcome::Passed { tests },
    }
}

/// How many tests the step ran, where it is made of tests.
fn run_step(step: &Step, toolbox: &mut Toolbox) -> Result<Option<u64>, Outcome> {
    match step {
        Step::Cargo { arguments, environment } => {
            let mut command = cargo(arguments);
            command.envs(environment.iter().copied());
            finish(&mut command, &format!("cargo {}", arguments[0])).map(|()| None)
        }
        Step::Tool { wheel, arguments } => {
            let program = toolbox.wheel(wheel).map_err(Outcome::DidNotRun)?;
            let mut command = Command::new(program);
            command.args(*arguments).current_dir(root());
            finish(&mut command, wheel.program).map(|()| None)
        }
        Step::Binaries => finish(&mut cargo(BUILD), "cargo build").map(|()| None),
        Step::Tests(names) => run_named_tests(names, cargo(TEST)),
        Step::TestsWith { feature, names } => {
            let mut command = cargo(TEST);
            command.args(["--features", feature]);
            run_named_tests(names, command)
        }
        Step::TestsOnPostgres(names) => {
            let mut command = Command::new(binaries().join("with-postgres"));
            let cargo = cargo(TEST);
            command.arg(cargo.get_program()).args(cargo.get_args()).current_dir(root()).stdin(Stdio::null());
            run_named_tests(names, command)
        }
        Step::OtherTests => {
            let owned: BTreeSet<_> = owned_tests().collect();
            let present = integration_tests();
            let others = present.iter().map(String::as_str).filter(|name| !owned.contains(name));
            run_tests(cargo(TEST).args(["--lib", "--bins"]), others)
        }
        Step::DocTests => run_tests(cargo(TEST).arg("--doc"), [].into_iter()),
        Step::Links => {
            let broken = links::broken(root());
            for link in &broken {
                println!("{link}");
            }
            if broken.is_empty() {
                return Ok(None);
            }
            Err(Outcome::Failed(format!("{} broken links in Markdown files", broken.len())))
        }
    }
}

const TEST: &[&str] = &["test", "--locked", "--workspace", "--no-fail-fast"];

/// With the examples, one of which is the gallery of pages that the browser looks at; and with the benches, although
/// nobody runs them here: their dependencies are those of tests, and with the same features everything is built once.
const BUILD: &[&str] = &["build", "--locked", "--workspace", "--profile", "test", "--bins", "--benches", "--examples"];

/// Where cargo leaves what it builds as tests are built.
fn binaries() -> PathBuf {
    target().join("debug")
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

fn finish(command: &mut Command, name: &str) -> Result<(), Outcome> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Outcome::Failed(format!("{name}: {status}"))),
        Err(error) => Err(Outcome::DidNotRun(format!("{name} did not start: {error}"))),
    }
}

/// Runs those that are there, and fails when one is not: a suite that lost tests must not pass.
fn run_named_tests(names: &[&'static str], mut command: Command) -> Result<Option<u64>, Outcome> {
    let all = integration_tests();
    let (present, missing): (Vec<_>, Vec<_>) = names.iter().copied().partition(|name| all.contains(*name));
    let result = if present.is_empty() { Ok(Some(0)) } else { run_tests(&mut command, present.into_iter()) };
    match result {
        Ok(_) if !missing.is_empty() => {
            Err(Outcome::DidNotRun(format!("no crate has an integration test named {}", missing.join(" or "))))
        }
        result => result,
    }
}

/// Runs `command`, which is `cargo test` at its end, passes its output on, and counts the tests in it.
fn run_tests<'n>(command: &mut Command, names: impl Iterator<Item = &'n str>) -> Result<Option<u64>, Outcome> {
    command.stdout(Stdio::piped()).env("VESTIBULE_BIN", binaries().join("vestibule"));
    for name in names {
        command.args(["--test", name]);
    }
    let unreadable = |error: io::Error| Outcome::DidNotRun(format!("cargo test did not run: {error}"));
    let mut child = command.spawn().map_err(unreadable)?;
    let mut count = 0;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(unreadable)?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            count += passed_tests(&line);
        }
    }
    let status = child.wait().map_err(unreadable)?;
    if status.success() {
        return Ok(Some(count));
    }
    Err(Outcome::Failed(format!("cargo test: {status}")))
}

/// The count in `test result: ok. 12 passed; …`, and 0 for every other line.
fn passed_tests(line: &str) -> u64 {
    line.strip_prefix("test result: ok. ")
        .and_then(|rest| rest.split_once(" passed"))
        .and_then(|(count, _)| count.parse().ok())
        .unwrap_or(0)
}

/// The names of all integration tests, by the rule by which cargo finds them: `tests/NAME.rs` and `tests/NAME/main.rs`.
fn integration_tests() -> BTreeSet<String> {
    let crates = children(&root().join("crates"));
    let folders = crates.chain(["bench", "e2e", "xtask"].map(|folder| root().join(folder)));
    folders
        .flat_map(|folder| children(&folder.join("tests")))
        .filter(|path| path.join("main.rs").is_file() || path.extension().is_some_and(|extension| extension == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

/// Empty for a folder that does not exist: not every crate has integration tests.
fn children(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path()))
}

#[cfg(test)]
mod tests {
    use super::{Selection, passed_tests};

    fn select(arguments: &[&str]) -> Result<Option<Selection>, String> {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        Selection::read(&arguments)
    }

    #[test]
    fn without_arguments_every_suite_is_selected() {
        let selection = select(&[]).unwrap().unwrap();
        assert_eq!(selection.suites.len(), super::SUITES.len());
    }

    #[test]
    fn a_suite_left_out_stays_in_the_table() {
        let selection = select(&["fmt", "--without", "deny"]).unwrap().unwrap();
        let names: Vec<_> = selection.suites.iter().map(|suite| suite.name).collect();
        assert_eq!(names, ["fmt", "deny"]);
        assert!(selection.without.contains("deny"));
    }

    #[test]
    fn an_unknown_suite_is_named() {
        let unusable = select(&["vektors"]).err().unwrap();
        assert!(unusable.starts_with("there is no suite vektors; there are fmt, "), "{unusable}");
    }

    #[test]
    fn tests_are_counted_from_the_runners_own_line() {
        assert_eq!(passed_tests("test result: ok. 12 passed; 0 failed; 0 ignored"), 12);
        assert_eq!(passed_tests("test a_promise ... ok"), 0);
    }
}
