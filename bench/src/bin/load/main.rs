//! Complete sign-ins, and what applications do with them, against `vestibule serve`, which runs on a core of its own.
//!
//! `cargo run --release -p vestibule-bench --features load --bin load -- sign-ins --server target/release/vestibule`

mod applications;
mod pages;
mod place;
mod sign_ins;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::net::TcpListener;
use vestibule_bench::load::error::LoadError;
use vestibule_bench::load::stub::{self, Care};

/// Measures what a server does for people and applications: what it takes, what it costs the server, how much of it
/// there is in a second.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Starts a server, lets people sign in to it, and shows the figures beside the client's own ceiling.
    SignIns(sign_ins::SignIns),
    /// The same for what applications ask: code flow, whole sign-ins with userinfo, refresh tokens, sites behind a proxy.
    Applications(applications::Applications),
    /// Fills a database with a vendor's customers, and looks at every page of the console.
    Console(pages::Pages),
    /// Answers with constant texts, as the server that shows the ceiling of the client.
    Stub {
        /// Where it listens.
        listen: SocketAddr,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        What::SignIns(what) => sign_ins::sign_ins(&what),
        What::Applications(what) => applications::applications(&what),
        What::Console(what) => pages::console(&what),
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
    place::runtime()?.block_on(async {
        let listener = TcpListener::bind(listen).await;
        let listener = listener.map_err(|error| LoadError::Connection { doing: "listening", error })?;
        stub::serve(listener, Care::Answers).await;
        Ok(())
    })
}
