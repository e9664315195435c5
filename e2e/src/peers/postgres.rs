//! A throw-away PostgreSQL cluster from Debian's packages.

use std::fmt;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{fs, io};

use super::free_port;
use crate::fail;
use crate::process::Process;
use crate::scratch::{Scratch, done};

/// The variable by which the tests of a database that somebody else started learn where it is.
pub const URL_VARIABLE: &str = "VESTIBULE_TEST_POSTGRES";

const USER: &str = "vestibule";

/// How often another port is tried, when another program took the first.
const TRIES: u32 = 3;

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// Once it is on disk, as in production.
    EveryCommit,
    /// At once. For tests that never take the power away; it survives a crash of PostgreSQL all the same.
    Never,
}

/// A cluster with one empty database. It stops, and is removed, with this value.
#[derive(Debug)]
pub struct Postgres {
    // Before the folder, which is removed next.
    process: Process,
    port: u16,
    sync: Sync,
    programs: PathBuf,
    owner: Option<Owner>,
    folder: Scratch,
}

/// The user that the cluster runs as when we are root, which PostgreSQL refuses to run as.
#[derive(Debug, Clone)]
struct Owner {
    name: String,
    user: u32,
    group: u32,
}

impl Postgres {
    /// Makes and starts a cluster.
    #[track_caller]
    pub fn start(sync: Sync) -> Self {
        let programs = programs();
        let owner = Owner::needed();
        let folder = Scratch::for_every_user("postgres");
        if let Some(owner) = &owner {
            done(folder.path(), chown(folder.path(), Some(owner.user), Some(owner.group)));
        }
        let mut initdb = as_owner(owner.as_ref(), &programs.join("initdb"));
        initdb.args(["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]);
        succeed("initdb", initdb.arg("--pgdata").arg(folder.path().join("data")).current_dir(folder.path()));
        let (process, port) = launch(&folder, &programs, owner.as_ref(), sync, None);
        let cluster = Self { process, port, sync, programs, owner, folder };
        cluster.create_database(USER);
        cluster
    }

    /// The address of the database that was there at the start, `postgres://vestibule@127.0.0.1:PORT/vestibule`.
    pub fn url(&self) -> String {
        self.url_of(USER)
    }

    /// Makes another empty database and returns its address.
    #[track_caller]
    pub fn create_database(&self, name: &str) -> String {
        let mut createdb = self.client("createdb");
        succeed("createdb", createdb.arg(name));
        self.url_of(name)
    }

    /// What `sql` returns from the first database: a line a row, `|` between columns.
    #[track_caller]
    pub fn query(&self, sql: &str) -> String {
        let mut psql = self.client("psql");
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--dbname", USER]);
        let output = succeed("psql", psql.args(["--command", sql]));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// `kill -9` of the whole cluster.
    pub fn crash(&mut self) {
        self.process.kill_9();
    }

    /// Ends the cluster in order; connections are closed.
    #[track_caller]
    pub fn stop(&mut self) {
        self.process.interrupt();
    }

    /// Starts it again on the same port, after a crash, after a stop or from where it is.
    #[track_caller]
    pub fn restart(&mut self) {
        self.stop();
        (self.process, _) = launch(&self.folder, &self.programs, self.owner.as_ref(), self.sync, Some(self.port));
    }

    /// Takes connections over TLS alone from now on, with this certificate and its key in PEM.
    #[track_caller]
    pub fn require_tls(&mut self, certificate: &str, key: &str) {
        for (name, content) in [
            ("data/server.crt", certificate),
            ("data/server.key", key),
            ("data/pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n"),
            ("data/postgresql.auto.conf", "ssl = on\n"),
        ] {
            let file = self.folder.write(name, content);
            done(&file, fs::set_permissions(&file, fs::Permissions::from_mode(0o600)));
            if let Some(owner) = &self.owner {
                done(&file, chown(&file, Some(owner.user), Some(owner.group)));
            }
        }
        self.restart();
    }

    /// What the server has written.
    pub fn log(&self) -> String {
        self.process.log()
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(["--host", "127.0.0.1", "--port", &self.port.to_string(), "--username", USER]);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Killed, it would leave its shared memory to the next cluster of this folder, and there is none.
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

impl Owner {
    /// `None` when we are not root.
    #[track_caller]
    fn needed() -> Option<Self> {
        let me = fs::metadata("/proc/self").map(|process| process.uid()).unwrap_or_default();
        (me == 0).then(|| {
            let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
            let find = |name: &str| users.lines().find_map(|line| Self::read(line, name));
            find("postgres").or_else(|| find("nobody")).unwrap_or_else(|| fail("there is no user to run PostgreSQL as"))
        })
    }

    /// Of a line of passwd(5), if it is that of `name`.
    fn read(line: &str, name: &str) -> Option<Self> {
        let mut fields = line.strip_prefix(name)?.strip_prefix(':')?.split(':').skip(1);
        let (user, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(Self { name: name.to_owned(), user, group })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}

#[track_caller]
fn launch(folder: &Scratch, programs: &Path, owner: Option<&Owner>, sync: Sync, port: Option<u16>) -> (Process, u16) {
    let mut last_words = String::new();
    for _ in 0..TRIES {
        let port = port.unwrap_or_else(free_port);
        let mut postgres = as_owner(owner, &programs.join("postgres"));
        postgres.arg("-D").arg(folder.path().join("data")).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        // The path of a socket in a deep folder would be too long, and nobody asks for one.
        for setting in ["unix_socket_directories=", "shared_buffers=64MB", "max_connections=100"] {
            postgres.args(["-c", setting]);
        }
        if sync == Sync::Never {
            postgres.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        }
        let mut process = Process::start("postgres", folder.path(), postgres.current_dir(folder.path()));
        let mut pg_isready = Command::new(programs.join("pg_isready"));
        pg_isready.args(["--quiet", "--host", "127.0.0.1", "--port", &port.to_string(), "--username", USER]);
        let ready = process.answer(|_| pg_isready.status().is_ok_and(|status| status.success()).then_some(()));
        if ready.is_some() {
            return (process, port);
        }
        last_words = process.last_lines();
    }
    fail(format_args!("PostgreSQL did not start in {TRIES} tries; it wrote:\n{last_words}"))
}

/// The folder of the newest version that is installed.
#[track_caller]
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    let version = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    folders.max_by_key(version).unwrap_or_else(|| fail("PostgreSQL is missing: apt-get install postgresql"))
}

fn as_owner(owner: Option<&Owner>, program: &Path) -> Command {
    let Some(owner) = owner else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &owner.name, "--regid", &owner.group.to_string(), "--init-groups", "--"]).arg(program);
    command
}

/// Runs a program of PostgreSQL's; the test fails with what it wrote when it does.
#[track_caller]
fn succeed(name: &str, command: &mut Command) -> Output {
    let output: io::Result<Output> = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| fail(format_args!("{name} did not start: {error}")));
    if !output.status.success() {
        fail(format_args!("{name}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    output
}
