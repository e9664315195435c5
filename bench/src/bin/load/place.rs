//! Where it is measured: the programs, their cores, their folder.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Probe};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde::Serialize;
use tokio::runtime::{Builder, Runtime};
use vestibule_bench::load::application::Application;
use vestibule_bench::load::bare;
use vestibule_bench::load::error::LoadError;
use vestibule_bench::load::figures::{self, Figures};
use vestibule_bench::load::process::{self, Server};
use vestibule_bench::load::run::{Outcome, Target};
use vestibule_bench::load::setup::{Deployment, Kind};
use vestibule_bench::load::sign_in::Hosts;
use vestibule_bench::load::stub;
use vestibule_bench::timing;

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The program: a release build of `vestibule`.
    #[arg(long)]
    pub(crate) server: PathBuf,
    /// Folder for configuration, database and log; it is emptied first. On the disk that is to be measured.
    #[arg(long, default_value = "target/load")]
    pub(crate) folder: PathBuf,
    /// `postgres://…`, an empty database. Default: a SQLite file in the folder.
    #[arg(long)]
    pub(crate) database: Option<String>,
    /// The server's core.
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: usize,
    /// The client's core.
    #[arg(long, default_value_t = 1)]
    pub(crate) client_core: usize,
    /// Writes the figures to a file as well.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Place {
    /// The folder, emptied unless what is there is wanted, and this process on its core.
    pub(crate) fn prepare(&self, keep: bool) -> Result<PathBuf, LoadError> {
        process::stay_on(self.client_core)?;
        let in_folder = |error| LoadError::File { path: self.folder.clone(), error };
        if !keep {
            let _ = fs::remove_dir_all(&self.folder);
        }
        fs::create_dir_all(&self.folder).map_err(in_folder)?;
        self.folder.canonicalize().map_err(in_folder)
    }

    /// A deployment that nobody has started, whose database is still empty.
    pub(crate) fn deployment(&self, folder: &Path, accounts: u32) -> Result<Deployment, LoadError> {
        Deployment::write(folder, self.database.as_deref(), free_port()?, accounts, random())
    }

    /// The server, ready.
    pub(crate) fn start(&self, deployment: &Deployment, folder: &Path) -> Result<Server, LoadError> {
        let mut command = Command::new(&self.server);
        command.arg("serve").arg("--config").arg(&deployment.config);
        let mut server = Server::start(self.server_core, &command, &folder.join("server.log"))?;
        let address = (Ipv4Addr::LOCALHOST, deployment.port).into();
        server.wait_until_ready(address, &deployment.hosts().issuer, "/readyz")?;
        Ok(server)
    }

    /// The stub that answers with constant texts, on the server's core.
    pub(crate) fn start_stub(&self, folder: &Path) -> Result<(Server, Target), LoadError> {
        let itself =
            std::env::current_exe().map_err(|error| LoadError::File { path: "the load client".into(), error })?;
        let address: SocketAddr = (Ipv4Addr::LOCALHOST, free_port()?).into();
        let mut command = Command::new(itself);
        command.arg("stub").arg(address.to_string());
        let mut server = Server::start(self.server_core, &command, &folder.join("stub.log"))?;
        server.wait_until_ready(address, stub::ISSUER_HOST, "/readyz")?;
        let issuer = format!("http://{}", stub::ISSUER_HOST);
        let target = Target {
            address,
            hosts: Hosts { accounts: vec![stub::ACCOUNT_HOST.to_owned()], issuer: stub::ISSUER_HOST.to_owned() },
            application: Application::new(&issuer, stub::CLIENT_ID, stub::SECRET, stub::REDIRECT_URI),
            process: server.id(),
        };
        Ok((server, target))
    }

    pub(crate) fn write_json(&self, report: &impl Serialize) -> Result<(), LoadError> {
        let Some(path) = &self.json else { return Ok(()) };
        let failed = |error| LoadError::File { path: path.clone(), error };
        let text = serde_json::to_string_pretty(report).map_err(|error| failed(error.into()))?;
        fs::write(path, text).map_err(failed)
    }
}

/// A server of a deployment, and the application by which it is measured.
pub(crate) fn target(deployment: &Deployment, server: &Server, kind: Kind) -> Target {
    Target {
        address: (Ipv4Addr::LOCALHOST, deployment.port).into(),
        hosts: deployment.hosts(),
        application: deployment.application(kind),
        process: server.id(),
    }
}

/// The figures of what is run, and the peak of memory while it runs.
pub(crate) fn measured(
    runtime: &Runtime,
    target: &Target,
    name: &str,
    run: impl Future<Output = Result<Outcome, LoadError>>,
) -> Result<Figures, LoadError> {
    process::forget_peak(target.process)?;
    let outcome = runtime.block_on(run)?;
    let figures = Figures::of(name, &outcome, process::memory(target.process)?);
    eprintln!("{name}, {} clients: {:.0} a second", outcome.clients, figures.per_second);
    Ok(figures)
}

/// Shows what was measured beside the client's own ceiling and bare cryptography, which is measured now: its medians in
/// microseconds, by name.
pub(crate) fn shown(ceiling: &[Figures], what: &str, runs: &[Figures]) -> Vec<(String, f64)> {
    let bare = bare::measured();
    println!("\nThe client against a stub that answers with constant texts: its ceiling");
    figures::print(ceiling);
    println!("\n{what}");
    figures::print(runs);
    println!();
    figures::print_requests(runs);
    println!("\nBare cryptography in the same run");
    timing::print(&bare);
    bare.iter().map(|times| (times.name.clone(), times.median())).collect()
}

/// A port that nobody listens at now.
pub(crate) fn free_port() -> Result<u16, LoadError> {
    let probe = Probe::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|probe| probe.local_addr());
    probe.map(|address| address.port()).map_err(|error| LoadError::Connection { doing: "looking for a port", error })
}

pub(crate) fn runtime() -> Result<Runtime, LoadError> {
    let failed = |error| LoadError::Connection { doing: "starting the event loop", error };
    Builder::new_current_thread().enable_all().build().map_err(failed)
}

fn random() -> [u8; 32] {
    let mut octets = [0; 32];
    aws_lc_rs::rand::fill(&mut octets).expect("the system gives random octets");
    octets
}
