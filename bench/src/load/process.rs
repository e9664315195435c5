//! The server's process: on a core of its own, and what it costs by `/proc`.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::{Add, Sub};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::error::LoadError;

/// How long a server may take to be ready or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ticks a second in `/proc/PID/stat`, on every Linux of today (`getconf CLK_TCK`).
const TICKS: u32 = 100;

/// A server that we started. It is killed with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    name: String,
}

/// What a process has spent since it began, or in between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// In user mode, all threads.
    pub user: Duration,
    /// In the kernel for it, all threads.
    pub system: Duration,
    /// How often a thread went to sleep.
    pub voluntary_switches: u64,
    /// How often a thread was put aside.
    pub involuntary_switches: u64,
    /// Octets that it caused to be written to disk.
    pub written: u64,
}

/// How much memory a process has, in KiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// Resident.
    pub resident: u64,
    /// Resident, pages that are shared counted in proportion.
    pub proportional: u64,
    /// The most that was resident since the last [`forget_peak`].
    pub peak: u64,
}

/// Binds this process to a core, before it starts a thread.
///
/// # Errors
/// There is no such core, or no `taskset`.
pub fn stay_on(core: usize) -> Result<(), LoadError> {
    let pid = std::process::id().to_string();
    let status = Command::new("taskset").args(["-p", "-c", &core.to_string(), &pid]).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed("taskset", status)),
        Err(error) => Err(failed("taskset", error)),
    }
}

impl Server {
    /// Starts a program on a core; what it writes goes to a file.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(core: usize, command: &Command, log: &Path) -> Result<Self, LoadError> {
        let in_file = |error| LoadError::File { path: log.to_owned(), error };
        let output = File::options().create(true).append(true).open(log).map_err(in_file)?;
        let twin = output.try_clone().map_err(in_file)?;
        let name = command.get_program().to_string_lossy().into_owned();
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", &core.to_string()]).arg(command.get_program()).args(command.get_args());
        for (key, value) in command.get_envs() {
            if let Some(value) = value {
                pinned.env(key, value);
            }
        }
        let child = pinned.stdin(Stdio::null()).stdout(output).stderr(twin).spawn();
        Ok(Self { child: child.map_err(|error| failed(&name, error))?, name })
    }

    /// Its process id: `taskset` becomes the program.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it answers `GET path` with 200.
    ///
    /// # Errors
    /// It ends before, or does not within a minute.
    pub fn wait_until_ready(&mut self, address: SocketAddr, host: &str, path: &str) -> Result<(), LoadError> {
        let begun = Instant::now();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        while !is_ready(address, &request) {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(failed(&self.name, format!("ended before it was ready: {status}")));
            }
            if begun.elapsed() > PATIENCE {
                return Err(failed(&self.name, "was not ready within a minute"));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Errors
    /// It does not within a minute.
    pub fn stop(mut self) -> Result<(), LoadError> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        asked.map_err(|error| failed("kill", error))?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(Some(_)) = self.child.try_wait() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(failed(&self.name, "did not end within a minute"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Cost {
    /// What a process has spent until now.
    ///
    /// # Errors
    /// There is no such process.
    pub fn of(process: u32) -> Result<Self, LoadError> {
        let stat = read(&format!("/proc/{process}/stat"))?;
        // The name stands in parentheses and may hold some; utime is the twelfth field behind it.
        let fields: Vec<u64> = stat
            .rsplit_once(") ")
            .map(|(_, rest)| rest.split(' ').map(|field| field.trim().parse().unwrap_or(0)).collect())
            .unwrap_or_default();
        let ticks = |at: usize| Duration::from_secs(fields.get(at).copied().unwrap_or(0)) / TICKS;
        let (mut voluntary_switches, mut involuntary_switches) = (0, 0);
        for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
            let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
            voluntary_switches += number(&status, "voluntary_ctxt_switches:");
            involuntary_switches += number(&status, "nonvoluntary_ctxt_switches:");
        }
        let io = fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
        let written = number(&io, "write_bytes:");
        Ok(Self { user: ticks(11), system: ticks(12), voluntary_switches, involuntary_switches, written })
    }

    /// In user mode and in the kernel.
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            user: self.user + other.user,
            system: self.system + other.system,
            voluntary_switches: self.voluntary_switches + other.voluntary_switches,
            involuntary_switches: self.involuntary_switches + other.involuntary_switches,
            written: self.written + other.written,
        }
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
            voluntary_switches: self.voluntary_switches.saturating_sub(before.voluntary_switches),
            involuntary_switches: self.involuntary_switches.saturating_sub(before.involuntary_switches),
            written: self.written.saturating_sub(before.written),
        }
    }
}

/// How much memory a process has.
///
/// # Errors
/// There is no such process.
pub fn memory(process: u32) -> Result<Memory, LoadError> {
    let status = read(&format!("/proc/{process}/status"))?;
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    Ok(Memory {
        resident: number(&status, "VmRSS:"),
        proportional: number(&rollup, "Pss:"),
        peak: number(&status, "VmHWM:"),
    })
}

/// Lets the peak begin anew from what is resident now (proc_pid_clear_refs(5)).
///
/// # Errors
/// There is no such process, or it is not ours.
pub fn forget_peak(process: u32) -> Result<(), LoadError> {
    let path = format!("/proc/{process}/clear_refs");
    fs::write(&path, "5").map_err(|error| LoadError::File { path: path.into(), error })
}

fn is_ready(address: SocketAddr, request: &str) -> bool {
    let answer = || -> std::io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(request.as_bytes())?;
        let mut beginning = [0; 12];
        stream.read_exact(&mut beginning)?;
        Ok(beginning)
    };
    answer().is_ok_and(|beginning| beginning.ends_with(b" 200"))
}

/// The number behind a name at the beginning of a line.
fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn read(path: &str) -> Result<String, LoadError> {
    fs::read_to_string(path).map_err(|error| LoadError::File { path: path.into(), error })
}

fn failed(program: &str, what: impl fmt::Display) -> LoadError {
    LoadError::Program { program: program.to_owned(), what: what.to_string() }
}
