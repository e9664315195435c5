//! Vestibule tells that a session has ended, whoever ended it and wherever. OpenID Connect Back-Channel Logout 1.0.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Deserialize;
use vestibule_oidc::relying_party::{LogoutExpectation, verify_logout};

use crate::{Orchard, Trouble};

/// What is posted.
#[derive(Deserialize)]
pub(crate) struct Told {
    logout_token: String,
}

/// Whoever came in by that session is signed in here no more. Vestibule tells it again where this is no success.
pub(crate) async fn told(
    State(orchard): State<Arc<Orchard>>,
    Form(told): Form<Told>,
) -> Result<impl IntoResponse, Trouble> {
    let (us, keys) = (&orchard.settings, orchard.vestibule.keys().await?);
    let expected = LogoutExpectation { issuer: &us.issuer, audience: &us.client.id, now: (us.clock)() };
    let ended = verify_logout(&told.logout_token, &keys, &expected)?;
    // The session that is named, or all of the person's.
    orchard.visitors.end(ended.sid.as_deref(), ended.sub.as_deref());
    Ok(([(CACHE_CONTROL, "no-store")], StatusCode::OK))
}
