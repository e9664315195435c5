//! `vestibule serve`: one node.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use vestibule_journeys::Services;
use vestibule_store::{Role, StoreError};
use vestibule_web::App;
use vestibule_web::limits::Limits;

use crate::clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::Output;
use crate::serve;
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// The configuration. Default: the file that VESTIBULE_CONFIG names, and the environment.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// How often what is over is deleted.
const SWEEP: Duration = Duration::from_secs(60);
/// How long one node keeps the right to do so.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// How many records of each kind are deleted in one unit, so that no sign-in waits for long.
const SWEPT: u32 = 500;

/// Serves until the process is told to end.
pub(crate) fn run(arguments: &ServeArgs) -> Result<Output, Failure> {
    let config = services::configuration(arguments.config.as_deref())?;
    serve::start_log(config.log);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(config.workers).enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(serve(&config))?;
    Ok(Output::status(0))
}

async fn serve(config: &Config) -> Result<(), Failure> {
    let services = services::services(&Setup::of(config, Role::Node)).await?;
    tokio::spawn(sweep(Arc::clone(&services)));
    let router = vestibule_web::router(App {
        services,
        clock: Box::new(clock::now),
        product: config.product.clone(),
        limits: Limits::new(config.limits.rates),
        outbox: None,
    });
    if config.is_loopback {
        tracing::warn!("public_url is a loopback host, so http and private addresses are trusted: for trials only");
    }
    let mail = config.mail.is_some();
    let ready = |address| tracing::info!(%address, public_url = config.public_url, mail, "ready");
    let first = u64::from_be_bytes(services::random());
    Ok(serve::listen(config, router, first, ready, end()).await?)
}

/// Completes when the process is told to end.
pub(crate) async fn end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

/// Deletes what is over, for as long as the process lives. Of several nodes one does it.
pub(crate) async fn sweep(services: Arc<Services>) {
    let holder: [u8; 8] = services::random();
    let holder: String = holder.iter().map(|octet| format!("{octet:02x}")).collect();
    let mut ticks = tokio::time::interval(SWEEP);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = sweep_once(&services, &holder).await {
            tracing::warn!(%error, "what is over was not deleted; tried again in a minute");
        }
    }
}

async fn sweep_once(services: &Services, holder: &str) -> Result<(), StoreError> {
    let now = clock::now();
    let name = holder.to_owned();
    let until = now + LEASE;
    let lease =
        services.store.write(move |tx| Box::pin(async move { tx.take_lease("sweep", &name, now, until).await }));
    if !lease.await? {
        return Ok(());
    }
    while services.store.write(move |tx| Box::pin(async move { tx.sweep(now, SWEPT).await })).await? > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
