//! Processes that end with the test that started them, however that ends.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::scratch::done;
use crate::wait::{PATIENCE, until};
use crate::{fail, wait_for};

/// A process that we started, and what it started.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    guard: Child,
    log: PathBuf,
    ended: bool,
}

/// Waits beside a process for the end of ours, which closes its standard input, and then ends that process and all
/// that it started. `Drop` is not enough: nothing is dropped when the test process is killed, or for a static.
/// A word instead of the end of input says that there is nothing left to end.
const GUARD: &str = r#"
read -r word && exit
tree() { echo "$1"; for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do tree "$child"; done; }
kill -s KILL $(tree "$0")
"#;

impl Process {
    /// Starts `command` with nothing to read. What it writes goes to `NAME.log` in `folder`, after what is there.
    #[track_caller]
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = done(&log, File::options().create(true).append(true).open(&log));
        let twin = done(&log, file.try_clone());
        // A group of its own: an interrupt of the terminal reaches us, and then the guard ends it.
        command.stdin(Stdio::null()).stdout(file).stderr(twin).process_group(0);
        let child = command.spawn().unwrap_or_else(|error| fail(format_args!("{name} did not start: {error}")));
        let guard = Command::new("sh")
            .args(["-c", GUARD, &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| fail(format_args!("no guard for {name}: {error}")));
        Self { name: name.to_owned(), child, guard, log, ended: false }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it has written.
    pub fn log(&self) -> String {
        fs::read(&self.log).map_or_else(|_| String::new(), |log| String::from_utf8_lossy(&log).into_owned())
    }

    /// Whether it has ended by itself or was ended.
    pub fn has_ended(&mut self) -> bool {
        if !self.ended && !matches!(self.child.try_wait(), Ok(None)) {
            self.release_guard();
        }
        self.ended
    }

    /// Waits for an answer of the process; when it ends first, the test fails with what it wrote last.
    #[track_caller]
    pub fn wait_for<T>(&mut self, what: &str, ask: impl FnMut(&Self) -> Option<T>) -> T {
        self.answer(ask).unwrap_or_else(|| {
            let state = if self.ended { "ended" } else { "did not answer" };
            fail(format_args!("{} {state} before {what}; it wrote:\n{}", self.name, self.last_lines()))
        })
    }

    /// The same for a process that may well end first; there is no answer then.
    pub fn answer<T>(&mut self, mut ask: impl FnMut(&Self) -> Option<T>) -> Option<T> {
        let answer = until(Instant::now() + PATIENCE, &mut || match ask(self) {
            Some(answer) => Some(Some(answer)),
            None => self.has_ended().then_some(None),
        });
        answer.flatten()
    }

    /// The end of what it has written.
    pub fn last_lines(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Asks it to end with SIGTERM, and waits until it has.
    #[track_caller]
    pub fn terminate(&mut self) {
        self.end("TERM");
    }

    /// Asks it to end with SIGINT, and waits until it has.
    #[track_caller]
    pub fn interrupt(&mut self) {
        self.end("INT");
    }

    /// `kill -9` of it and of all that it started. When this returns, none of them runs.
    pub fn kill_9(&mut self) {
        if self.has_ended() {
            return;
        }
        let all = tree(self.child.id());
        let ids: Vec<_> = all.iter().map(ToString::to_string).collect();
        send("KILL", &ids);
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Those that were not ours are reaped by somebody else, at their time.
        let _ = until(Instant::now() + PATIENCE, &mut || all.iter().all(|id| !runs(*id)).then_some(()));
        self.release_guard();
    }

    #[track_caller]
    fn end(&mut self, signal: &str) {
        if !self.has_ended() {
            send(signal, &[self.child.id().to_string()]);
            let name = self.name.clone();
            wait_for(&format!("the end of {name} after SIG{signal}"), || self.has_ended().then_some(()));
        }
    }

    fn release_guard(&mut self) {
        self.ended = true;
        if let Some(mut input) = self.guard.stdin.take() {
            let _ = input.write_all(b"ended\n");
        }
        let _ = self.guard.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_9();
    }
}

/// `id` and all that it started, and what those started.
fn tree(id: u32) -> Vec<u32> {
    let mut found = vec![id];
    let mut at = 0;
    while let Some(id) = found.get(at) {
        let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        let children: Vec<u32> = tasks
            .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
            .flat_map(|line| line.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<_>>())
            .collect();
        found.extend(children);
        at += 1;
    }
    found
}

/// A process that has ended and was not reaped yet does not run.
fn runs(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state stands behind the name, which is in parentheses and may hold some.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// The shell's own `kill`: the standard library sends no signal but SIGKILL, and a bare machine has no other.
fn send(signal: &str, ids: &[String]) {
    let mut kill = Command::new("sh");
    kill.args(["-c", r#"kill -s "$0" "$@""#, signal]).args(ids).stdin(Stdio::null()).stderr(Stdio::null());
    let _ = kill.status();
}
