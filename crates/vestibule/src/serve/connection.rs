//! One connection, from its first octet to its last.

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tower::Service as _;
use vestibule_outbound::Network;

use super::body::TimedBody;
use super::client::{client_address, settle_host};

/// The time for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The time for the head of a request, and for a connection to stay without one.
const HEAD: Duration = Duration::from_secs(30);

/// The most octets of a head.
const MAX_HEAD: usize = 64 * 1024;

/// What all connections of a server have in common.
pub(super) struct Door {
    pub(super) router: Router,
    pub(super) trusted_proxies: Vec<Network>,
    pub(super) tls: Option<TlsAcceptor>,
}

impl Door {
    /// Answers the requests of `peer` until either side has enough.
    pub(super) async fn serve(&self, stream: TcpStream, peer: IpAddr, watcher: Watcher) {
        // Answers are written whole; waiting for more to send only makes them late.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.answer(stream, peer, watcher).await,
            Some(acceptor) => {
                // Scanners and hasty browsers fail here all day; there is nothing to do about it, and nothing to log.
                if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                    self.answer(stream, peer, watcher).await;
                }
            }
        }
    }

    async fn answer(&self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static, peer: IpAddr, watcher: Watcher) {
        let service = service_fn(|request| self.route(request, peer));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_header_size(MAX_HEAD)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        // An error is a client that went away or spoke no HTTP.
        let _ = watcher.watch(connection).await;
    }

    async fn route(&self, request: Request<Incoming>, peer: IpAddr) -> Result<Response, Infallible> {
        let (mut head, body) = request.into_parts();
        head.extensions.insert(client_address(peer, &head.headers, &self.trusted_proxies));
        settle_host(peer, head.uri.path(), &mut head.headers, &self.trusted_proxies);
        // A router that has no state is always ready.
        self.router.clone().call(Request::from_parts(head, Body::new(TimedBody::new(body)))).await
    }
}
