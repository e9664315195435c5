//! The log: one line for each request, and what the other crates tell. No query, no body, no header, no address: none
//! of what is secret or personal is there to be left out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Log, LogFormat};

/// Counts requests.
#[derive(Clone, Debug)]
pub(super) struct Numbers(Arc<AtomicU64>);

/// Starts the log on the standard output. Once in a process; a second time changes nothing.
pub(crate) fn start(log: Log) {
    // Fails where there is one already.
    let _ = tracing_subscriber::registry().with(layer(log, io::stdout)).try_init();
}

/// Lines of our crates from the level on, and of those of others only what they warn of: below that they tell of
/// connections and lookups, with names in them.
fn layer<S>(log: Log, to: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    // All our targets begin with that word.
    let targets = Targets::new().with_default(log.level.min(Level::WARN)).with_target("vestibule", log.level);
    let lines = fmt::layer().with_ansi(false).with_target(false).with_writer(to);
    let lines = match log.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    lines.with_filter(targets)
}

impl Numbers {
    /// Begins with `first`, which should differ at each start.
    pub(super) fn from(first: u64) -> Self {
        Self(Arc::new(AtomicU64::new(first)))
    }

    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Logs a request when it is answered.
pub(super) async fn request(State(numbers): State<Numbers>, request: Request, next: Next) -> Response {
    if !tracing::enabled!(Level::INFO) {
        return next.run(request).await;
    }
    let number = numbers.next();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let started = now();
    let response = next.run(request).await;
    tracing::info!(
        request = format_args!("{number:x}"),
        method = method.as_str(),
        // The pattern, such as `/sso/{connection}/acs`: a path that matches none may hold anything.
        route = route.as_ref().map_or("none", MatchedPath::as_str),
        status = response.status().as_u16(),
        microseconds = u64::try_from(now().saturating_duration_since(started).as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    response
}

#[expect(clippy::disallowed_methods, reason = "the edge measures how long a request took; nothing is decided by it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use axum::Router;
    use axum::body::Body;
    use axum::middleware;
    use axum::routing::post;
    use tower::ServiceExt as _;

    use super::*;

    /// Remembers what is written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(octets);
            Ok(octets.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged about requests to these targets, each with a body.
    async fn logged(log: Log, targets: &[&str]) -> String {
        let written = Written::default();
        let to = written.clone();
        let subscriber = tracing_subscriber::registry().with(layer(log, move || to.clone()));
        let _guard = tracing::subscriber::set_default(subscriber);
        let router = Router::new().route("/sso/{connection}/acs", post(async |_: String| "welcome"));
        let router = router.layer(middleware::from_fn_with_state(Numbers::from(0x2a), request));
        for target in targets {
            let body = Body::from("SAMLResponse=c2VjcmV0");
            let request = Request::post(*target).header("cookie", "vestibule_session=secret").body(body).unwrap();
            router.clone().oneshot(request).await.unwrap();
        }
        tracing::info!(target: "hyper", "somebody else's detail");
        let octets = written.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(octets).unwrap()
    }

    const TARGETS: &[&str] = &["/sso/7/acs?name=alice", "/no/such/page?token=secret"];

    /// A27.2.
    #[tokio::test]
    async fn a_request_is_one_line_with_its_route_and_nothing_that_it_carried() {
        let lines = logged(Log { format: LogFormat::Text, level: Level::INFO }, TARGETS).await;
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), 2, "{lines:?}");
        let first = "INFO answered request=2a method=\"POST\" route=\"/sso/{connection}/acs\" status=200 microseconds=";
        assert!(lines[0].contains(first), "{}", lines[0]);
        assert!(lines[1].contains("request=2b method=\"POST\" route=\"none\" status=404"), "{}", lines[1]);
        for carried in ["alice", "secret", "c2VjcmV0", "/7/", "no/such"] {
            assert!(!lines.concat().contains(carried), "{carried} in {lines:?}");
        }
    }

    #[tokio::test]
    async fn lines_for_programs_are_json() {
        let line = logged(Log { format: LogFormat::Json, level: Level::INFO }, &TARGETS[..1]).await;
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["message"], "answered");
        assert_eq!(line["request"], "2a");
        assert_eq!(line["route"], "/sso/{connection}/acs");
        assert_eq!(line["status"], 200);
        assert!(line["microseconds"].is_number(), "{line}");
    }

    #[tokio::test]
    async fn requests_are_not_logged_above_their_level() {
        assert_eq!(logged(Log { format: LogFormat::Text, level: Level::WARN }, TARGETS).await, "");
    }
}
