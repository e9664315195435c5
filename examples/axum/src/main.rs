//! The application by itself, on any Vestibule that knows it; without variables, on the demonstration of this machine.

use std::error::Error;
use std::net::Ipv4Addr;
use std::process::ExitCode;

use aws_lc_rs::rand;
use jiff::Timestamp;
use tokio::net::TcpListener;
use vestibule_example_axum::{Client, Settings, Transport, http_client, router};
use vestibule_oidc::{ClientId, Issuer, RedirectUri};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let port = variable("PORT", "3000");
    let port = port.parse::<u16>().map_err(|_| format!("PORT is {port:?}; a number up to 65535 is wanted"))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|error| format!("127.0.0.1:{port} (PORT): {error}"))?;
    let own = variable("BASE_URL", &format!("http://localhost:{}", listener.local_addr()?.port()));
    let own = own.trim_end_matches('/').to_owned();
    let issuer = variable("ISSUER", "http://localhost:8400");
    let settings = Settings {
        issuer: Issuer::new(issuer.trim_end_matches('/')).map_err(|error| format!("ISSUER: {error}"))?,
        client: Client {
            id: ClientId::new(variable("CLIENT_ID", "sample")).map_err(|error| format!("CLIENT_ID: {error}"))?,
            secret: Some(variable("CLIENT_SECRET", "sample-demo-secret-that-opens-nothing-else")),
            redirect_uri: RedirectUri::new(format!("{own}/callback")).map_err(|error| format!("BASE_URL: {error}"))?,
        },
        own,
        company: None,
        clock: now,
        draw,
    };
    println!("Open {}; people sign in at {}.", settings.own, settings.issuer.as_str());
    let transport = Transport::Http(http_client(&settings.issuer)?);
    axum::serve(listener, router(settings, transport)).await?;
    Ok(())
}

fn variable(name: &str, default: &str) -> String {
    std::env::var(name).ok().filter(|value| !value.is_empty()).unwrap_or_else(|| default.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "the edge reads the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(clippy::disallowed_methods, reason = "the edge draws random octets")]
fn draw(octets: &mut [u8]) {
    // AWS-LC ends the process itself where the system gives no randomness.
    if rand::fill(octets).is_err() {
        std::process::abort();
    }
}
