//! Complete sign-ins against `vestibule serve`, which runs on a core of its own.
//!
//! `cargo run --release -p vestibule-bench --features load --bin load -- sign-ins --server target/release/vestibule`

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Probe};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::str::FromStr;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use vestibule_bench::load::application::Application;
use vestibule_bench::load::bare;
use vestibule_bench::load::error::LoadError;
use vestibule_bench::load::figures::{self, Figures, MemoryFigures};
use vestibule_bench::load::identity_provider::IdentityProvider;
use vestibule_bench::load::process::{self, Server};
use vestibule_bench::load::run::{Checks, Load, Target, run};
use vestibule_bench::load::setup::{Deployment, Fill};
use vestibule_bench::load::sign_in::Hosts;
use vestibule_bench::load::stub::{self, Care};
use vestibule_bench::timing;

/// Measures complete sign-ins: what they take, what they cost the server, how many there are in a second.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Starts a server, lets people sign in to it, and shows the figures beside the client's own ceiling.
    SignIns(SignIns),
    /// Answers with constant texts, as the server that shows the ceiling of the client.
    Stub {
        /// Where it listens.
        listen: SocketAddr,
    },
}

#[derive(Debug, Args)]
struct SignIns {
    /// The program: a release build of `vestibule`.
    #[arg(long)]
    server: PathBuf,
    /// Folder for configuration, database and log; it is emptied first. On the disk that is to be measured.
    #[arg(long, default_value = "target/load")]
    folder: PathBuf,
    /// `postgres://…`, an empty database. Default: a SQLite file in the folder.
    #[arg(long)]
    database: Option<String>,
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
    /// The server's core.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// The client's core.
    #[arg(long, default_value_t = 1)]
    client_core: usize,
    /// Writes the figures to a file as well.
    #[arg(long)]
    json: Option<PathBuf>,
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

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        What::SignIns(what) => sign_ins(&what),
        What::Stub { listen } => serve_stub(listen),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve_stub(listen: SocketAddr) -> Result<(), LoadError> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| LoadError::Connection { doing: "listening", error })?;
        stub::serve(listener, Care::Answers).await;
        Ok(())
    })
}

fn sign_ins(what: &SignIns) -> Result<(), LoadError> {
    process::stay_on(what.client_core)?;
    let in_folder = |error| LoadError::File { path: what.folder.clone(), error };
    if !what.again {
        let _ = fs::remove_dir_all(&what.folder);
    }
    fs::create_dir_all(&what.folder).map_err(in_folder)?;
    let folder = what.folder.canonicalize().map_err(in_folder)?;
    let runtime = runtime()?;
    let deployment = Deployment::write(&folder, what.database.as_deref(), free_port()?, what.accounts, random())?;
    if !what.again {
        let begun = Instant::now();
        runtime.block_on(deployment.seed(what.fill.0, Timestamp::now()))?;
        println!("seeded in {:.1} s: {:?}", begun.elapsed().as_secs_f64(), what.fill.0);
    }
    let ready_ms = ready_times("serve", what.starts, || start(what, &deployment, &folder))?;
    let demo_ready_ms = ready_times("demo", what.starts, || start_demo(what, &folder))?;
    let ceiling = ceiling(what, &runtime, &folder)?;
    let server = start(what, &deployment, &folder)?;
    let target = Target {
        address: (Ipv4Addr::LOCALHOST, deployment.port).into(),
        hosts: deployment.hosts(),
        application: deployment.application(),
        process: server.id(),
    };
    let idle = MemoryFigures::of(process::memory(server.id())?);
    println!("idle: {:.1} MiB resident, {:.1} MiB proportional", idle.resident_mib, idle.proportional_mib);
    let runs = runs(what, &runtime, &target)?;
    server.stop()?;
    let bare = bare::measured();
    println!("\nThe client against a stub that answers with constant texts: its ceiling");
    figures::print(&ceiling);
    println!("\nComplete sign-ins");
    figures::print(&runs);
    println!();
    figures::print_requests(&runs);
    println!("\nBare cryptography in the same run");
    timing::print(&bare);
    let bare_us = bare.iter().map(|times| (times.name.clone(), times.median())).collect();
    write_json(what, &Report { ready_ms, demo_ready_ms, idle, ceiling, runs, bare_us })
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
fn start_demo(what: &SignIns, folder: &Path) -> Result<Server, LoadError> {
    let port = free_port()?;
    let mut command = Command::new(&what.server);
    command.args(["demo", "--port", &port.to_string(), "--data"]).arg(folder.join("demo"));
    let mut server = Server::start(what.server_core, &command, &folder.join("demo.log"))?;
    server.wait_until_ready((Ipv4Addr::LOCALHOST, port).into(), &format!("sso.localhost:{port}"), "/readyz")?;
    Ok(server)
}

/// The server, ready.
fn start(what: &SignIns, deployment: &Deployment, folder: &Path) -> Result<Server, LoadError> {
    let mut command = Command::new(&what.server);
    command.arg("serve").arg("--config").arg(&deployment.config);
    let mut server = Server::start(what.server_core, &command, &folder.join("server.log"))?;
    let address = (Ipv4Addr::LOCALHOST, deployment.port).into();
    server.wait_until_ready(address, &deployment.hosts().issuer, "/readyz")?;
    Ok(server)
}

/// What the client reaches against a server that does nothing.
fn ceiling(what: &SignIns, runtime: &Runtime, folder: &Path) -> Result<Vec<Figures>, LoadError> {
    let itself = std::env::current_exe().map_err(|error| LoadError::File { path: "the load client".into(), error })?;
    let address: SocketAddr = (Ipv4Addr::LOCALHOST, free_port()?).into();
    let mut command = Command::new(itself);
    command.arg("stub").arg(address.to_string());
    let mut server = Server::start(what.server_core, &command, &folder.join("stub.log"))?;
    server.wait_until_ready(address, stub::ISSUER_HOST, "/readyz")?;
    let issuer = format!("http://{}", stub::ISSUER_HOST);
    let target = Target {
        address,
        hosts: Hosts { accounts: vec![stub::ACCOUNT_HOST.to_owned()], issuer: stub::ISSUER_HOST.to_owned() },
        application: Application::new(&issuer, stub::CLIENT_ID, stub::SECRET, stub::REDIRECT_URI),
        process: server.id(),
    };
    let mut all = Vec::new();
    for &clients in &what.clients {
        let load = Load { clients, sign_ins: people(what, clients), first_person: 0, checks: Checks::None };
        all.push(measured(runtime, &target, &IdentityProvider::new(1), "the stub", load)?);
    }
    server.stop()?;
    Ok(all)
}

/// First people that nobody knows, then the same people again.
fn runs(what: &SignIns, runtime: &Runtime, target: &Target) -> Result<Vec<Figures>, LoadError> {
    // Nobody of a run before.
    let first_person = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0);
    let warm = Load { clients: 4, sign_ins: 200, first_person, checks: Checks::Every };
    let idp = IdentityProvider::new(what.accounts);
    runtime.block_on(run(target, &idp, warm))?;
    let (mut all, mut first_person) = (Vec::new(), first_person + warm.sign_ins);
    for &clients in &what.clients {
        let load = Load { clients, sign_ins: people(what, clients), first_person, checks: Checks::Every };
        all.push(measured(runtime, target, &idp, "people created at this sign-in", load)?);
        all.push(measured(runtime, target, &idp, "people who were there before", load)?);
        first_person += load.sign_ins;
    }
    Ok(all)
}

fn measured(
    runtime: &Runtime,
    target: &Target,
    idp: &IdentityProvider,
    name: &str,
    load: Load,
) -> Result<Figures, LoadError> {
    process::forget_peak(target.process)?;
    let outcome = runtime.block_on(run(target, idp, load))?;
    let figures = Figures::of(name, &outcome, process::memory(target.process)?);
    eprintln!("{name}, {} clients: {:.0} a second", load.clients, figures.per_second);
    Ok(figures)
}

fn people(what: &SignIns, clients: usize) -> u64 {
    if clients == 1 { what.people.div_ceil(4) } else { what.people }
}

fn write_json(what: &SignIns, report: &Report) -> Result<(), LoadError> {
    let Some(path) = &what.json else { return Ok(()) };
    let failed = |error| LoadError::File { path: path.clone(), error };
    let text = serde_json::to_string_pretty(report).map_err(|error| failed(error.into()))?;
    fs::write(path, text).map_err(failed)
}

/// A port that nobody listens at now.
fn free_port() -> Result<u16, LoadError> {
    let probe = Probe::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|probe| probe.local_addr());
    probe.map(|address| address.port()).map_err(|error| LoadError::Connection { doing: "looking for a port", error })
}

fn runtime() -> Result<Runtime, LoadError> {
    let failed = |error| LoadError::Connection { doing: "starting the event loop", error };
    Builder::new_current_thread().enable_all().build().map_err(failed)
}

fn random() -> [u8; 32] {
    let mut octets = [0; 32];
    aws_lc_rs::rand::fill(&mut octets).expect("the system gives random octets");
    octets
}
