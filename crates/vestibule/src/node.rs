//! `vestibule serve`: one node.

use std::io::Write as _;
use std::sync::Arc;

use axum::Router;
use vestibule_journeys::jobs::Means;
use vestibule_journeys::set_up_connection::Tools;
use vestibule_journeys::{Ctx, Services, password};
use vestibule_outbound::Mailer;
use vestibule_store::Role;
use vestibule_web::App;
use vestibule_web::limits::{Limits, Rates};

use crate::cli::ConfigArg;
use crate::clock;
use crate::config::Config;
use crate::failure::Failure;
use crate::jobs;
use crate::keys::{new_connection_key, new_token_signing_key};
use crate::output::Output;
use crate::serve;
use crate::services::{self, Setup};

#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

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
    let operator = password::first_operators_link(&Ctx::new(Arc::clone(&services), clock::now())).await;
    let operator = operator.map_err(Failure::from)?;
    let end = jobs::until(end(), Arc::clone(&services), means(config));
    let tools =
        Tools { fetcher: config.fetcher.clone(), make_key: new_connection_key, make_token_key: new_token_signing_key };
    let router = router(services, tools, config.product.clone(), config.limits.rates);
    if config.is_loopback {
        tracing::warn!("public_url is a loopback host, so http and private addresses are trusted: for trials only");
    }
    let mail = config.mail.is_some();
    let ready = |address| {
        tracing::info!(%address, public_url = config.public_url, mail, "ready");
        if let Some(link) = &operator {
            tell_first_operator(link);
        }
    };
    let first = u64::from_be_bytes(services::random());
    Ok(serve::listen(config, router, first, ready, end).await?)
}

/// Whoever starts the server may make the first operator. Not in the log, which others read and keep.
fn tell_first_operator(link: &str) {
    let told = writeln!(
        std::io::stderr(),
        "There is no operator yet. Whoever opens this link becomes the first one; it is good once, and for a day:\n\n  \
         {link}\n"
    );
    if told.is_err() {
        tracing::warn!("there is no operator, and the link for the first one could not be printed: stderr is closed");
    }
}

/// What jobs and the commands that do not wait for them work with.
pub(crate) fn means(config: &Config) -> Means {
    Means {
        lookup: config.lookup.clone(),
        fetcher: config.fetcher.clone(),
        mailer: config.mail.clone().map(Mailer::Smtp),
        product: config.product.clone(),
        make_key: new_token_signing_key,
        retention: config.retention,
    }
}

/// What is served in production: no outbox, no stand-in for an identity provider, nothing that forges.
fn router(services: Arc<Services>, tools: Tools, product: String, rates: Rates) -> Router {
    vestibule_web::router(App {
        services,
        clock: Box::new(clock::now),
        product,
        tools,
        limits: Limits::new(rates),
        outbox: None,
    })
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

#[cfg(test)]
mod tests;
