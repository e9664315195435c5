//! Complete sign-ins, beside the client's own ceiling.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;
use std::time::Instant;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use tokio::runtime::Runtime;
use vestibule_bench::load::error::LoadError;
use vestibule_bench::load::figures::{Figures, MemoryFigures};
use vestibule_bench::load::identity_provider::IdentityProvider;
use vestibule_bench::load::process::{self, Server};
use vestibule_bench::load::run::{Checks, Load, Target, run};
use vestibule_bench::load::setup::{Fill, Kind};

use crate::place::{Place, free_port, measured, runtime, shown, target};

/// Complete sign-ins.
#[derive(Debug, Args)]
pub(crate) struct SignIns {
    #[command(flatten)]
    place: Place,
    /// Over how many accounts the people who sign in are spread, each with its own connection.
    #[arg(long, default_value_t = 1)]
    accounts: u32,
    /// What else is in the database, such as `connections=20000,users=1000000`; with `tree=10000` the accounts stand at
    /// the fifth level of a tree of so many, and inherit a connection.
    #[arg(long, default_value = "connections=0,users=0")]
    fill: Filling,
    /// Measure once more with the folder, and the database, of a run before, as they are.
    #[arg(long)]
    again: bool,
    /// How many clients ask at a time, one run for each number.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64,256")]
    clients: Vec<usize>,
    /// People who sign in in each run; a quarter of them where there is one client.
    #[arg(long, default_value_t = 10_000)]
    people: u64,
    /// How often the server, and the demonstration, is started to measure how soon it is ready.
    #[arg(long, default_value_t = 20)]
    starts: usize,
}

/// [`Fill`] by its text.
#[derive(Debug, Clone, Copy)]
struct Filling(Fill);

impl FromStr for Filling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut fill = Fill::default();
        for pair in text.split(',') {
            let (name, number) = pair.split_once('=').ok_or("name=number is wanted, such as users=1000")?;
            let number = number.parse().map_err(|_| format!("{number:?} is not a number"))?;
            match name {
                "connections" => fill.connections = number,
                "users" => fill.users = number,
                "tree" => fill.tree = number,
                _ => return Err(format!("{name:?} is none of connections, users and tree")),
            }
        }
        Ok(Self(fill))
    }
}

/// All that one call of this program shows.
#[derive(Debug, Serialize)]
struct Report {
    /// Milliseconds until `vestibule serve` answers `GET /readyz`, sorted.
    ready_ms: Vec<f64>,
    /// The same of `vestibule demo`, which makes and fills its database each time.
    demo_ready_ms: Vec<f64>,
    idle: MemoryFigures,
    ceiling: Vec<Figures>,
    runs: Vec<Figures>,
    bare_us: Vec<(String, f64)>,
}

pub(crate) fn sign_ins(what: &SignIns) -> Result<(), LoadError> {
    let folder = what.place.prepare(what.again)?;
    let runtime = runtime()?;
    let deployment = what.place.deployment(&folder, what.accounts)?;
    if !what.again {
        let begun = Instant::now();
        runtime.block_on(deployment.seed(what.fill.0, Timestamp::now()))?;
        println!("seeded in {:.1} s: {:?}", begun.elapsed().as_secs_f64(), what.fill.0);
    }
    let ready_ms = ready_times("serve", what.starts, || what.place.start(&deployment, &folder))?;
    let demo_ready_ms = ready_times("demo", what.starts, || start_demo(&what.place, &folder))?;
    let ceiling = ceiling(what, &runtime, &folder)?;
    let server = what.place.start(&deployment, &folder)?;
    let target = target(&deployment, &server, Kind::Es256);
    let idle = MemoryFigures::of(process::memory(server.id())?);
    println!("idle: {:.1} MiB resident, {:.1} MiB proportional", idle.resident_mib, idle.proportional_mib);
    let runs = runs(what, &runtime, &target)?;
    server.stop()?;
    let bare_us = shown(&ceiling, "Complete sign-ins", &runs);
    what.place.write_json(&Report { ready_ms, demo_ready_ms, idle, ceiling, runs, bare_us })
}

/// How soon a command gives its first good answer, in milliseconds from the start of the process, sorted.
fn ready_times(
    command: &str,
    starts: usize,
    start: impl Fn() -> Result<Server, LoadError>,
) -> Result<Vec<f64>, LoadError> {
    let mut times = Vec::with_capacity(starts);
    for _ in 0..starts {
        let begun = Instant::now();
        let server = start()?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        server.stop()?;
    }
    times.sort_unstable_by(f64::total_cmp);
    let middle = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
    let most = times.last().copied().unwrap_or(f64::NAN);
    println!("{command}: ready after {middle:.1} ms (median of {starts}), at most {most:.1} ms");
    Ok(times)
}

/// The demonstration, ready, on a database that it makes and fills.
fn start_demo(place: &Place, folder: &Path) -> Result<Server, LoadError> {
    let port = free_port()?;
    let mut command = Command::new(&place.server);
    command.args(["demo", "--port", &port.to_string(), "--data"]).arg(folder.join("demo"));
    let mut server = Server::start(place.server_core, &command, &folder.join("demo.log"))?;
    server.wait_until_ready((Ipv4Addr::LOCALHOST, port).into(), &format!("localhost:{port}"), "/readyz")?;
    Ok(server)
}

/// What the client reaches against a server that does nothing.
fn ceiling(what: &SignIns, runtime: &Runtime, folder: &Path) -> Result<Vec<Figures>, LoadError> {
    let (server, target) = what.place.start_stub(folder)?;
    let mut all = Vec::new();
    for &clients in &what.clients {
        let sign_ins = people(what, clients);
        let load = Load { clients, sign_ins, first_person: 0, checks: Checks::None, userinfo: false };
        all.push(measured(runtime, &target, "the stub", run(&target, &IdentityProvider::new(1), load))?);
    }
    server.stop()?;
    Ok(all)
}

/// First people that nobody knows, then the same people again.
fn runs(what: &SignIns, runtime: &Runtime, target: &Target) -> Result<Vec<Figures>, LoadError> {
    // Nobody of a run before.
    let first_person = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0);
    let warm = Load { clients: 4, sign_ins: 200, first_person, checks: Checks::Every, userinfo: false };
    let idp = IdentityProvider::new(what.accounts);
    runtime.block_on(run(target, &idp, warm))?;
    let (mut all, mut first_person) = (Vec::new(), first_person + warm.sign_ins);
    for &clients in &what.clients {
        let sign_ins = people(what, clients);
        let load = Load { clients, sign_ins, first_person, ..warm };
        all.push(measured(runtime, target, "people created at this sign-in", run(target, &idp, load))?);
        all.push(measured(runtime, target, "people who were there before", run(target, &idp, load))?);
        first_person += load.sign_ins;
    }
    Ok(all)
}

fn people(what: &SignIns, clients: usize) -> u64 {
    if clients == 1 { what.people.div_ceil(4) } else { what.people }
}
