//! Why somebody is not let in.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use thiserror::Error;
use vestibule_oidc::relying_party::{CallbackError, LogoutTokenError, ProviderError, VerifyError};

use crate::pages;

/// Why somebody is not let in: a sentence for them.
#[derive(Debug, Error)]
pub enum Trouble {
    /// No cookie of ours.
    #[error("This browser has begun no sign-in, or too long ago.")]
    NotBegun,
    /// Not the answer to our question, or a refusal.
    #[error(transparent)]
    Callback(#[from] CallbackError),
    /// Another Vestibule than the one that was asked.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// No answer, or one without an end.
    #[error("Vestibule does not answer at {url}.")]
    Silent {
        /// What was asked for.
        url: String,
    },
    /// A refusal.
    #[error("Vestibule answered with status {status} at {url}: {body}")]
    Status {
        /// What was asked for.
        url: String,
        /// Its status.
        status: StatusCode,
        /// Its words.
        body: String,
    },
    /// Not what the standard says.
    #[error("Vestibule's answer at {url} cannot be read.")]
    Unreadable {
        /// What was asked for.
        url: String,
    },
    /// An ID token that is not for us, or not for this sign-in.
    #[error(transparent)]
    Token(#[from] VerifyError),
    /// What says that a session has ended is not for us, or from somebody else.
    #[error(transparent)]
    Logout(#[from] LogoutTokenError),
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NotBegun | Self::Callback(_) | Self::Logout(_) => StatusCode::BAD_REQUEST,
            // What Vestibule itself said is wrong, and not the browser's request.
            _ => StatusCode::BAD_GATEWAY,
        };
        pages::trouble(status, self.to_string())
    }
}
