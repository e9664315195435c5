//! HTTP: sockets, TLS, time limits, who the client is, one line in the log for each request.
//!
//! `listen` is all of it for `vestibule serve`. `Server` is one listener, for who needs several.

mod body;
mod client;
mod connection;
mod log;
mod metrics;
mod peers;
pub(crate) mod tls;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, middleware};
use hyper_util::server::graceful::GracefulShutdown;
use metrics_exporter_prometheus::BuildError;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use vestibule_outbound::Network;

use self::connection::Door;
use self::log::Numbers;
pub(crate) use self::log::start as start_log;
use self::peers::Peers;
use self::tls::{Certificate, TlsError};
use crate::config::{Config, TlsFiles};

/// How one listener behaves.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) trusted_proxies: Vec<Network>,
    /// Connections at once; further ones wait to be accepted.
    pub(crate) connections: u32,
    /// Of one address; further ones are closed at once. Trusted proxies are not bounded.
    pub(crate) connections_per_address: u32,
    /// The number of the first request, best drawn at random.
    pub(crate) first_request: u64,
}

/// A socket that is open and not served yet: connections wait in it.
pub(crate) struct Server {
    listener: TcpListener,
    certificate: Option<(Arc<Certificate>, TlsAcceptor)>,
    options: Options,
}

/// Why nothing is served.
#[derive(Debug, Error)]
pub(crate) enum ServeError {
    #[error(
        "{key} is {address}, which cannot be listened on: {source}; choose an address of this machine and a free port"
    )]
    Listen { key: &'static str, address: SocketAddr, source: io::Error },
    #[error("tls.certificate and tls.key: {0}")]
    Tls(#[from] TlsError),
    #[error("tls.certificate and tls.key cannot be used: {0}")]
    Rustls(#[from] rustls::Error),
    #[error("metrics cannot be recorded: {0}")]
    Metrics(#[from] BuildError),
}

/// How long requests that are under way may take once the end has come.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long nothing is accepted after an error that the next call would meet again: no descriptors, no memory.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` as `config` says, and metrics where it names an address for them, until `shutdown` completes and
/// what is under way is answered. `ready` is called once every socket is open.
///
/// # Errors
/// An address is taken, or the certificate cannot be used.
pub(crate) async fn listen(
    config: &Config,
    router: Router,
    first_request: u64,
    ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let options = Options {
        listen: config.listen,
        tls: config.tls.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        connections: config.limits.connections,
        connections_per_address: config.limits.connections_per_address,
        first_request,
    };
    let server = Server::bind("listen", options).await?;
    let metrics = match config.metrics_listen {
        Some(address) => Some(metrics_server(address).await?),
        None => None,
    };
    ready(server.address()?);
    // Metrics are there to the last: whoever looks at them wants to see the end too.
    let serve = server.run(router, shutdown);
    match metrics {
        None => serve.await,
        Some((metrics, router)) => {
            tokio::select! {
                () = serve => {}
                () = metrics.run(router, std::future::pending()) => {}
            }
        }
    }
    Ok(())
}

async fn metrics_server(listen: SocketAddr) -> Result<(Server, Router), ServeError> {
    let options = Options {
        listen,
        tls: None,
        trusted_proxies: Vec::new(),
        connections: 16,
        connections_per_address: 16,
        first_request: 0,
    };
    let server = Server::bind("metrics_listen", options).await?;
    tracing::info!(at = %server.address()?, "metrics are served");
    let handle = metrics::start()?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(metrics::UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.run_upkeep();
        }
    });
    Ok((server, metrics::router(handle)))
}

impl Server {
    /// Opens the socket; `key` is the setting that named its address, for the message.
    ///
    /// # Errors
    /// The address is taken, or the certificate cannot be used.
    pub(crate) async fn bind(key: &'static str, options: Options) -> Result<Self, ServeError> {
        let certificate = match &options.tls {
            None => None,
            Some(files) => {
                let certificate = Certificate::read(files)?;
                let config = Arc::clone(&certificate).configuration()?;
                Some((certificate, TlsAcceptor::from(Arc::new(config))))
            }
        };
        let address = options.listen;
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| ServeError::Listen { key, address, source })?;
        Ok(Self { listener, certificate, options })
    }

    /// The address that is listened on; it says which port was free where 0 was wanted.
    ///
    /// # Errors
    /// The system does not say.
    pub(crate) fn address(&self) -> Result<SocketAddr, ServeError> {
        let address = self.options.listen;
        self.listener.local_addr().map_err(|source| ServeError::Listen { key: "listen", address, source })
    }

    /// Serves `router` until `shutdown` completes; then accepts nobody, answers what is under way, and returns after
    /// at most 10 s.
    pub(crate) async fn run(self, router: Router, shutdown: impl Future<Output = ()> + Send) {
        let Self { listener, certificate, options } = self;
        let numbers = Numbers::from(options.first_request);
        let router = router.layer(middleware::from_fn_with_state(numbers, log::request));
        let permits = Arc::new(Semaphore::new(options.connections as usize));
        let peers = Peers::new(options.connections_per_address, options.trusted_proxies.clone());
        let door = Arc::new(Door {
            router,
            trusted_proxies: options.trusted_proxies,
            tls: certificate.as_ref().map(|(_, acceptor)| acceptor.clone()),
        });
        let graceful = GracefulShutdown::new();
        let accept = async {
            loop {
                // Before a connection is accepted, so that those too many wait in the system's queue.
                let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
                let (stream, peer) = accepted(&listener).await;
                // Told by closing: whoever holds so many asks for nothing that could be answered.
                let Some(counted) = peers.count(peer.ip()) else { continue };
                let (door, watcher) = (Arc::clone(&door), graceful.watcher());
                tokio::spawn(async move {
                    door.serve(stream, peer.ip(), watcher).await;
                    drop((permit, counted));
                });
            }
        };
        let follow = async {
            match &certificate {
                Some((certificate, _)) => certificate.follow().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = accept => {}
            () = follow => {}
            () = shutdown => {}
        }
        drop(listener);
        // What is not done by then is cut off.
        let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
    }
}

/// The next connection. An error is one client's, or passes.
async fn accepted(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
            }
            Err(error) => {
                tracing::warn!("no connection can be accepted: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
