//! Whether the process lives, and whether it can serve.

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;

use crate::extract::Caller;

/// The process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers.
pub(crate) async fn readyz(caller: Caller) -> Response {
    match caller.ctx.store.read(|tx| Box::pin(async move { tx.ping().await })).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}
