//! What the token endpoint answers when it gives nothing. RFC 6749 §5.2.

use jiff::Timestamp;
use serde::Serialize;

use crate::form::FormError;
use crate::pkce::CodeVerifierError;
use crate::redirect_uri::RedirectUri;

/// Why the token endpoint gives nothing. The application's developer mends it; no message contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The body is too long or broken.
    #[error("the body cannot be read: {0}")]
    Unreadable(#[from] FormError),
    /// A parameter came more than once. RFC 6749 §3.2.
    #[error("the parameter '{name}' is repeated")]
    Repeated {
        /// The parameter, cut and printable.
        name: String,
    },
    /// A parameter is absent or empty.
    #[error("the parameter '{name}' is missing")]
    Missing {
        /// The parameter.
        name: &'static str,
    },
    /// An `Authorization` header and a secret in the body. RFC 6749 §2.3.
    #[error("the client authenticates both by the Authorization header and by client_secret in the body; use one")]
    TwoAuthentications,
    /// `client_id` in the body differs from that in HTTP Basic.
    #[error("client_id in the body is not the one in HTTP Basic")]
    ClientIdMismatch,
    /// Another grant type.
    #[error("grant_type is '{got}'; it must be 'authorization_code', 'refresh_token' or 'client_credentials'")]
    GrantTypeUnsupported {
        /// What came, cut and printable.
        got: String,
    },
    /// The verifier breaks the grammar.
    #[error(transparent)]
    Verifier(#[from] CodeVerifierError),
    /// No secret of a client that has one, or no client at all.
    #[error(
        "the client must authenticate: by HTTP Basic (client_secret_basic) or with client_id and client_secret in the \
         body (client_secret_post); a public client sends its client_id in the body"
    )]
    AuthenticationMissing,
    /// An `Authorization` header that is not HTTP Basic as RFC 6749 §2.3.1 wants it.
    #[error("the Authorization header is not 'Basic' with base64 of the form-encoded client_id, ':' and secret")]
    AuthenticationMalformed,
    /// An unknown client or a wrong secret; the answer does not tell which.
    #[error("no client has this client_id and secret")]
    ClientNotAuthenticated,
    /// A public client wants a token for itself.
    #[error("grant_type 'client_credentials' is for clients with a secret; this one is registered without")]
    NotForPublicClients,
    /// A public client asks what a token is: anybody could ask in its name. RFC 7662 §2.1.
    #[error("introspection is for clients with a secret; this one is registered without")]
    NotAskedByPublicClients,
    /// A client wants a token for itself, and may have none.
    #[error("the client is registered without scopes of its own; whoever runs the provider sets own_scopes")]
    NoOwnScopes,
    /// A client wants a refresh token's work done, and may have none.
    #[error("the client is registered without refresh tokens; whoever runs the provider sets refresh_tokens")]
    NoRefreshTokens,
    /// A token's question is about another client's token.
    #[error("the token was given to another client")]
    TokenOfAnotherClient,
    /// More than was granted, or may be.
    #[error("scope is '{got}'; at most '{want}' can be had")]
    ScopeTooWide {
        /// What came, cut and printable.
        got: String,
        /// What can be had.
        want: String,
    },
    /// No such refresh token, one that was used before or ended, or another client's.
    #[error("the refresh token is unknown, was used before, or has ended; sign the person in again")]
    RefreshTokenUnknown,
    /// No such code, or a used one.
    #[error("the code is unknown or was used before")]
    CodeUnknown,
    /// Too late.
    #[error("the code expired at {at}, it is {now}; a code must be redeemed within 60 seconds")]
    CodeExpired {
        /// The first moment at which it was refused.
        at: Timestamp,
        /// The time of the request.
        now: Timestamp,
    },
    /// The code was given to another client.
    #[error("the code was given to another client")]
    CodeOfAnotherClient,
    /// The address differs from that of the authorization request.
    #[error("redirect_uri is '{got}', but the code was sent to '{want}'")]
    RedirectUriMismatch {
        /// What came, cut and printable.
        got: String,
        /// Where the code was sent.
        want: RedirectUri,
    },
    /// The verifier is not the one behind the challenge.
    #[error("code_verifier does not belong to the code_challenge of the authorization request")]
    VerifierMismatch,
    /// A verifier, though the authorization request had no challenge. RFC 9700 §4.8.2.
    #[error("code_verifier came, but the authorization request had no code_challenge")]
    VerifierWithoutChallenge,
}

/// `WWW-Authenticate` of [`TokenError`]s with status 401.
const CHALLENGE: &str = r#"Basic realm="token", charset="UTF-8""#;

impl TokenError {
    /// As it stands in `error`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_)
            | Self::Repeated { .. }
            | Self::Missing { .. }
            | Self::TwoAuthentications
            | Self::ClientIdMismatch
            | Self::Verifier(_) => "invalid_request",
            Self::GrantTypeUnsupported { .. } => "unsupported_grant_type",
            Self::AuthenticationMissing | Self::AuthenticationMalformed | Self::ClientNotAuthenticated => {
                "invalid_client"
            }
            Self::NotForPublicClients
            | Self::NotAskedByPublicClients
            | Self::NoOwnScopes
            | Self::NoRefreshTokens
            | Self::TokenOfAnotherClient => "unauthorized_client",
            Self::ScopeTooWide { .. } => "invalid_scope",
            Self::RefreshTokenUnknown
            | Self::CodeUnknown
            | Self::CodeExpired { .. }
            | Self::CodeOfAnotherClient
            | Self::RedirectUriMismatch { .. }
            | Self::VerifierMismatch
            | Self::VerifierWithoutChallenge => "invalid_grant",
        }
    }

    /// The status of the answer: 401 for `invalid_client`, else 400.
    pub fn status(&self) -> u16 {
        if self.is_invalid_client() { 401 } else { 400 }
    }

    /// The header `WWW-Authenticate`, where the status demands one.
    pub fn www_authenticate(&self) -> Option<&'static str> {
        self.is_invalid_client().then_some(CHALLENGE)
    }

    /// The body; send it as `application/json` with `Cache-Control: no-store`.
    ///
    /// # Errors
    /// None that its fields can cause; `serde_json` cannot say so in its types.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Body { error: self.code(), error_description: self.to_string() })
    }

    fn is_invalid_client(&self) -> bool {
        self.code() == "invalid_client"
    }
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: String,
}
