//! The real binary as a process of its own.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::fail;
use crate::http::Client;
use crate::process::Process;
use crate::scratch::{Scratch, profile};

/// The variable that names the binary under test. Without it, that of this build is taken.
pub const BINARY_VARIABLE: &str = "VESTIBULE_BIN";

/// How a server says that it takes requests.
#[derive(Debug, Clone)]
pub enum Ready {
    /// This address answers with 200, such as `http://127.0.0.1:8400/readyz`.
    Address(String),
    /// It writes a line with this in it.
    Line(String),
}

/// `vestibule ARGUMENTS…`. It is killed with this value.
#[derive(Debug)]
pub struct Server {
    name: String,
    process: Process,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    ready: Ready,
    folder: Scratch,
}

impl Server {
    /// Starts the binary in an empty folder and waits until it is ready. `name` is how logs and failures call it.
    #[track_caller]
    pub fn start(name: &str, arguments: &[&str], environment: &[(&str, &str)], ready: Ready) -> Self {
        Self::start_in(Scratch::new(name), name, arguments, environment, ready)
    }

    /// The same in a folder that was prepared, with a configuration file say.
    #[track_caller]
    pub fn start_in(
        folder: Scratch,
        name: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
        ready: Ready,
    ) -> Self {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let environment: Vec<_> = environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let process = launch(&folder, name, &arguments, &environment, &ready);
        Self { name: name.to_owned(), process, arguments, environment, ready, folder }
    }

    /// `kill -9`: nothing is flushed, nobody is told. Returns when it no longer runs.
    pub fn kill_9(&mut self) {
        self.process.kill_9();
    }

    /// Ends it in order, with SIGTERM.
    #[track_caller]
    pub fn stop(&mut self) {
        self.process.terminate();
    }

    /// Starts it again in the same folder, with the same arguments; whatever still runs is killed first.
    #[track_caller]
    pub fn restart(&mut self) {
        self.process.kill_9();
        self.process = launch(&self.folder, &self.name, &self.arguments, &self.environment, &self.ready);
    }

    /// Whether it has ended, by itself or by us.
    pub fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Its process id; another one after a restart.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it wrote to its output, over all restarts.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// The folder it runs in.
    pub fn folder(&self) -> &Scratch {
        &self.folder
    }
}

/// Where the binary under test is.
#[track_caller]
pub fn binary() -> PathBuf {
    let ours = env::var_os(BINARY_VARIABLE).map_or_else(|| profile().join("vestibule"), PathBuf::from);
    if !ours.is_file() {
        fail(format_args!("{} is missing: cargo build --workspace --bins, or set {BINARY_VARIABLE}", ours.display()));
    }
    ours
}

#[track_caller]
fn launch(
    folder: &Scratch,
    name: &str,
    arguments: &[OsString],
    environment: &[(String, String)],
    ready: &Ready,
) -> Process {
    let mut command = Command::new(binary());
    command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value))).current_dir(folder.path());
    // It is ours; the binary refuses settings that it does not know.
    command.env_remove(BINARY_VARIABLE);
    let before = std::fs::read(folder.path().join(format!("{name}.log"))).map_or(0, |log| log.len());
    let mut process = Process::start(name, folder.path(), &mut command);
    process.wait_for("it was ready", |process| match ready {
        Ready::Address(url) => Client::new().get(url).is_ok_and(|answer| answer.status == 200).then_some(()),
        Ready::Line(line) => process.log().get(before..).is_some_and(|log| log.contains(line)).then_some(()),
    });
    process
}
