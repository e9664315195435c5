//! Why a request is not followed, and to whom that is said.

use std::fmt;

use super::Answer;
use crate::client::ClientId;
use crate::form::FormError;
use crate::redirect_uri::{Difference, RedirectUri};

/// Why an authorization request is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationError {
    /// Show it to the person: the address of an answer is not known to be the application's, so nothing is sent there.
    /// RFC 6749 §4.1.2.1.
    #[error(transparent)]
    Show(#[from] Shown),
    /// Send the browser back to the application.
    #[error("the application's request is not accepted ({code}): {description}")]
    RedirectBack {
        /// With `error`, `error_description`, `state` and `iss`.
        answer: Answer,
        /// The standard code in it.
        code: ErrorCode,
        /// The sentence in it, for the application's developer; without secrets.
        description: String,
    },
}

/// An error that is shown, since there is no address to send it to. The application's developer or operator mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Shown {
    /// The query is too long or broken.
    #[error("the application's request cannot be read: {0}")]
    Unreadable(#[from] FormError),
    /// No `client_id`.
    #[error("the application's request has no client_id")]
    ClientIdMissing,
    /// A `client_id` that is not registered here. The caller, who knows the clients, makes this one.
    #[error("no application is registered with the client_id '{got}'")]
    ClientUnknown {
        /// What came, cut and printable.
        got: String,
    },
    /// No `redirect_uri`.
    #[error("the application's request has no redirect_uri; it must send one that is registered")]
    RedirectUriMissing,
    /// The client has no registered address at all.
    #[error("the application '{client}' has no redirect URI registered")]
    NoRedirectUris {
        /// The client.
        client: ClientId,
    },
    /// An address that is not registered.
    #[error(
        "the application asked for an answer at '{got}', which is not registered; the nearest registered address is \
         '{nearest}': {difference}"
    )]
    RedirectUriMismatch {
        /// What came, cut and printable.
        got: String,
        /// The registered address that agrees longest.
        nearest: RedirectUri,
        /// How the two differ.
        difference: Difference,
    },
    /// A parameter that decides where the answer goes came more than once.
    #[error("the application's request has the parameter '{name}' more than once")]
    Repeated {
        /// The parameter.
        name: &'static str,
    },
}

/// The standard codes of `error`. RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The request is malformed.
    InvalidRequest,
    /// This client may not ask so.
    UnauthorizedClient,
    /// The person or a policy said no.
    AccessDenied,
    /// Another `response_type` than `code`.
    UnsupportedResponseType,
    /// `openid` is missing in `scope`.
    InvalidScope,
    /// Our failure.
    ServerError,
    /// Try again later.
    TemporarilyUnavailable,
    /// `prompt=none`, and nobody is signed in.
    LoginRequired,
    /// `prompt=none`, and a page is needed.
    InteractionRequired,
    /// The parameter `request` is not supported.
    RequestNotSupported,
    /// The parameter `request_uri` is not supported.
    RequestUriNotSupported,
    /// The parameter `registration` is not supported.
    RegistrationNotSupported,
}

impl ErrorCode {
    /// As it stands in `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
