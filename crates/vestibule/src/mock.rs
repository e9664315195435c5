//! `vestibule mock-entra`: the stand-in for Entra ID by itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use vestibule_mock_entra::service::{Entra, Seed, Surroundings};

use crate::clock;
use crate::demo;
use crate::failure::Failure;
use crate::file;
use crate::node;
use crate::output::Output;
use crate::serve::{Options, Server};
use crate::services;

#[derive(Debug, clap::Args)]
pub(crate) struct MockArgs {
    /// Its tenants, in TOML or JSON; the README of crates/mock-entra describes them. Default: those of the
    /// demonstration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The loopback address and port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8401")]
    pub(crate) listen: SocketAddr,
    /// Where browsers reach it. Default: `entra.localhost` and the port, by http.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// Runs until the process is told to end.
pub(crate) fn run(arguments: &MockArgs) -> Result<Output, Failure> {
    if !arguments.listen.ip().is_loopback() {
        return Err(Failure::Arguments(format!(
            "--listen is {}; the stand-in lets anybody in, so it listens on loopback addresses only, such as \
             127.0.0.1:8401",
            arguments.listen
        )));
    }
    let base_url = match &arguments.url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://entra.localhost:{}", arguments.listen.port()),
    };
    let (place, seed) = match &arguments.config {
        Some(path) => (file::name(path), read(path)?),
        None => ("the demonstration".to_owned(), demo::seed(&demo::Scenario::README, demo::PORT)),
    };
    let stand_in = entra(&place, seed, base_url)?;
    services::block_on(async {
        let server = Server::bind("--listen", options(arguments.listen)).await?;
        let place = stand_in.base_url();
        println!("{place} is ready. Its settings are pages below {place}/portal, and JSON below {place}/api.");
        server.run(stand_in.router(), node::end()).await;
        Ok(Output::status(0))
    })
}

/// The stand-in with the clock and the generator of this process.
pub(crate) fn entra(place: &str, seed: Seed, base_url: String) -> Result<Entra, Failure> {
    let surroundings = Surroundings { base_url, clock: Arc::new(clock::now), entropy: Arc::new(services::draw) };
    Entra::new(seed, surroundings)
        .map_err(|error| Failure::StandIn { place: place.to_owned(), problem: error.to_string() })
}

/// A listener on loopback, behind nobody.
pub(crate) fn options(listen: SocketAddr) -> Options {
    Options {
        listen,
        tls: None,
        trusted_proxies: Vec::new(),
        connections: 256,
        connections_per_address: 256,
        first_request: u64::from_be_bytes(services::random()),
    }
}

fn read(path: &std::path::Path) -> Result<Seed, Failure> {
    let text = String::from_utf8_lossy(&file::input(path)?).into_owned();
    let read = if text.trim_start().starts_with('{') {
        Seed::from_json(&text).map_err(|error| error.to_string())
    } else {
        Seed::from_toml(&text).map_err(|error| error.to_string())
    };
    read.map_err(|problem| Failure::StandIn { place: file::name(path), problem })
}
