//! Figures of a run, as a table for people and as JSON.

use std::time::Duration;

use serde::Serialize;

use super::process::Memory;
use super::run::Outcome;

/// What a run shows.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// What was measured.
    pub name: String,
    /// Clients at a time.
    pub clients: usize,
    /// Complete sign-ins, visits or whatever was measured.
    pub count: usize,
    /// So many of them a second.
    pub per_second: f64,
    /// Time of one in milliseconds: median.
    pub p50_ms: f64,
    /// 95 of a hundred are at most this.
    pub p95_ms: f64,
    /// 99 of a hundred are at most this.
    pub p99_ms: f64,
    /// The slowest.
    pub max_ms: f64,
    /// Median and 99th percentile of each request in milliseconds.
    pub requests: Vec<RequestFigures>,
    /// Time of the server's processor for each in milliseconds.
    pub server_cpu_ms: f64,
    /// How much of it is spent in the kernel.
    pub server_system_ms: f64,
    /// How busy the server's core was, in per cent.
    pub server_busy: f64,
    /// How often a thread of the server went to sleep, for each.
    pub voluntary_switches: f64,
    /// How often a thread of the server was put aside, for each.
    pub involuntary_switches: f64,
    /// Octets that the server caused to be written to disk, for each.
    pub written: f64,
    /// Time of the client's processor for each in milliseconds.
    pub client_cpu_ms: f64,
    /// The server's memory after the run.
    pub memory: MemoryFigures,
}

/// The time of one kind of request.
#[derive(Debug, Clone, Serialize)]
pub struct RequestFigures {
    /// Which.
    pub request: &'static str,
    /// Its median in milliseconds.
    pub p50_ms: f64,
    /// Its 99th percentile in milliseconds.
    pub p99_ms: f64,
}

/// Memory in MiB.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct MemoryFigures {
    /// Resident.
    pub resident_mib: f64,
    /// In proportion, where pages are shared.
    pub proportional_mib: f64,
    /// The most that was resident.
    pub peak_mib: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^52")]
impl Figures {
    /// The figures of a run.
    pub fn of(name: impl Into<String>, outcome: &Outcome, memory: Memory) -> Self {
        let (count, wall) = (outcome.count() as f64, outcome.wall);
        let each = |time: Duration| time.as_secs_f64() * 1e3 / count;
        let each_one = || outcome.times.chunks_exact(outcome.requests.len().max(1));
        let whole = sorted(each_one().map(|times| times.iter().sum()).collect());
        let requests = outcome.requests.iter().enumerate().map(|(at, &request)| {
            let times = sorted(each_one().map(|times| times[at]).collect());
            RequestFigures { request, p50_ms: percentile(&times, 0.50), p99_ms: percentile(&times, 0.99) }
        });
        Self {
            name: name.into(),
            clients: outcome.clients,
            count: outcome.count(),
            per_second: count / wall.as_secs_f64(),
            p50_ms: percentile(&whole, 0.50),
            p95_ms: percentile(&whole, 0.95),
            p99_ms: percentile(&whole, 0.99),
            max_ms: percentile(&whole, 1.0),
            requests: requests.collect(),
            server_cpu_ms: each(outcome.server.cpu()),
            server_system_ms: each(outcome.server.system),
            server_busy: 100.0 * outcome.server.cpu().as_secs_f64() / wall.as_secs_f64(),
            voluntary_switches: outcome.server.voluntary_switches as f64 / count,
            involuntary_switches: outcome.server.involuntary_switches as f64 / count,
            written: outcome.server.written as f64 / count,
            client_cpu_ms: each(outcome.client.cpu()),
            memory: MemoryFigures::of(memory),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "KiB of a process are far below 2^52")]
impl MemoryFigures {
    /// In MiB.
    pub fn of(memory: Memory) -> Self {
        let mib = |kib: u64| kib as f64 / 1024.0;
        Self {
            resident_mib: mib(memory.resident),
            proportional_mib: mib(memory.proportional),
            peak_mib: mib(memory.peak),
        }
    }
}

/// Shows runs as a table.
pub fn print(figures: &[Figures]) {
    let heads =
        ["/s", "p50 ms", "p95 ms", "p99 ms", "max ms", "CPU ms", "system", "busy %", "sleeps", "KiB out", "client"];
    println!("{:<34} {:>7}{}{:>9}", "", "clients", heads.map(|head| format!("{head:>9}")).concat(), "peak MiB");
    for run in figures {
        let cells = [
            format!("{:.0}", run.per_second),
            format!("{:.2}", run.p50_ms),
            format!("{:.2}", run.p95_ms),
            format!("{:.2}", run.p99_ms),
            format!("{:.1}", run.max_ms),
            format!("{:.3}", run.server_cpu_ms),
            format!("{:.3}", run.server_system_ms),
            format!("{:.0}", run.server_busy),
            format!("{:.2}", run.voluntary_switches),
            format!("{:.1}", run.written / 1024.0),
            format!("{:.3}", run.client_cpu_ms),
            format!("{:.1}", run.memory.peak_mib),
        ];
        println!("{:<34} {:>7}{}", run.name, run.clients, cells.map(|cell| format!("{cell:>9}")).concat());
    }
}

/// Shows the requests of runs.
pub fn print_requests(figures: &[Figures]) {
    let mut heads: &[RequestFigures] = &[];
    for run in figures {
        if !run.requests.iter().map(|r| r.request).eq(heads.iter().map(|r| r.request)) {
            heads = &run.requests;
            let names = heads.iter().map(|r| format!("{:>20}", r.request)).collect::<String>();
            println!("{:<34} {:>7}  {names}", "median (p99) of each request, ms", "clients");
        }
        let cells = run.requests.iter().map(|r| format!("{:>20}", format!("{:.2} ({:.2})", r.p50_ms, r.p99_ms)));
        println!("{:<34} {:>7}  {}", run.name, run.clients, cells.collect::<String>());
    }
}

fn sorted(mut times: Vec<Duration>) -> Vec<Duration> {
    times.sort_unstable();
    times
}

/// The time in milliseconds that this share of all is at most.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index of a list of times, which its length bounds"
)]
pub(super) fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
}
