//! The token endpoint: what a client sends there, and what it gets. RFC 6749 §4.1.3, §4.4, §5, §6; OIDC Core §3.1.3.
//!
//! ```text
//! body + Authorization ─▶ TokenRequest ─▶ authenticate(client) ─▶ AuthenticatedRequest ─▶ code::redeem    ─▶ TokenResponse
//!                                                                                    ├─▶ refresh::renew
//!                                                                                    └─▶ own scopes
//! ```

pub(crate) mod authentication;
mod error;

use std::fmt;

use serde::Serialize;

use self::authentication::PresentedClient;
pub use self::error::TokenError;
use crate::client::{Client, ClientAuthentication, ClientId};
use crate::code::AuthorizationCode;
use crate::excerpt::excerpt;
use crate::form::Parameters;
use crate::pkce::CodeVerifier;
use crate::refresh::RefreshToken;
use crate::userinfo::{ACCESS_TOKEN_LIFETIME, AccessToken};

/// A request at the token endpoint, read but not yet believed: find the client of [`Self::client_id`], then
/// [`Self::authenticate`].
#[derive(Debug, Clone)]
pub struct TokenRequest {
    client: PresentedClient,
    grant: GrantRequest,
}

/// What is asked for, by `grant_type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantRequest {
    /// `authorization_code`. RFC 6749 §4.1.3.
    AuthorizationCode {
        /// The code; its hash finds the grant.
        code: AuthorizationCode,
        /// Must equal the one of the authorization request; compared by [`crate::code::redeem`].
        redirect_uri: String,
        /// Must be the one behind the code challenge, and absent where there is none; compared by
        /// [`crate::code::redeem`].
        code_verifier: Option<CodeVerifier>,
    },
    /// `refresh_token`. RFC 6749 §6.
    RefreshToken {
        /// The token; its family finds the grant.
        token: RefreshToken,
        /// Less than was granted, where that is enough; compared by [`crate::refresh::renew`].
        scope: Option<String>,
    },
    /// `client_credentials`: a token for the application itself. RFC 6749 §4.4.
    ClientCredentials {
        /// What it asks for; none: all that it may have.
        scope: Option<String>,
    },
}

/// A request whose client proved itself. Only [`TokenRequest::authenticate`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct AuthenticatedRequest<'a> {
    request: &'a TokenRequest,
}

impl TokenRequest {
    /// Reads a form body and the `Authorization` header.
    ///
    /// # Errors
    /// [`TokenError`]: an unreadable or incomplete request, another grant type, or no client.
    pub fn parse(body: &str, authorization: Option<&str>) -> Result<Self, TokenError> {
        let (client, parameters) = PresentedClient::read(body, authorization)?;
        let scope = || parameters.value("scope").map(str::to_owned);
        let grant = match require(&parameters, "grant_type")? {
            "authorization_code" => authorization_code(&parameters)?,
            "refresh_token" => {
                let token = RefreshToken::parse(require(&parameters, "refresh_token")?);
                GrantRequest::RefreshToken { token: token.ok_or(TokenError::RefreshTokenUnknown)?, scope: scope() }
            }
            "client_credentials" => GrantRequest::ClientCredentials { scope: scope() },
            other => return Err(TokenError::GrantTypeUnsupported { got: excerpt(other) }),
        };
        Ok(Self { client, grant })
    }

    /// Who claims to ask.
    pub fn client_id(&self) -> &ClientId {
        self.client.client_id()
    }

    /// What is asked for, to know which facts to read. Nothing of it may be acted on before [`Self::authenticate`].
    pub fn unproved_grant(&self) -> &GrantRequest {
        &self.grant
    }

    /// Believes the request when `client` is the one that it names and proves itself as it is registered to: by one of
    /// its secrets, or, a public one, not at all. A public client gets no token for itself (RFC 6749 §4.4).
    ///
    /// # Errors
    /// [`TokenError::ClientNotAuthenticated`] or [`TokenError::AuthenticationMissing`];
    /// [`TokenError::NotForPublicClients`].
    pub fn authenticate(&self, client: &Client) -> Result<AuthenticatedRequest<'_>, TokenError> {
        self.client.prove(client)?;
        let for_itself = matches!(self.grant, GrantRequest::ClientCredentials { .. });
        if for_itself && client.authentication == ClientAuthentication::None {
            return Err(TokenError::NotForPublicClients);
        }
        Ok(AuthenticatedRequest { request: self })
    }
}

impl<'a> AuthenticatedRequest<'a> {
    /// Who asks.
    pub fn client_id(&self) -> &'a ClientId {
        self.request.client_id()
    }

    /// What is asked for.
    pub fn grant(&self) -> &'a GrantRequest {
        &self.request.grant
    }
}

fn authorization_code(parameters: &Parameters<'_>) -> Result<GrantRequest, TokenError> {
    let code = require(parameters, "code")?;
    let redirect_uri = require(parameters, "redirect_uri")?.to_owned();
    let code_verifier = parameters.value("code_verifier").map(CodeVerifier::parse).transpose()?;
    let code = AuthorizationCode::parse(code).ok_or(TokenError::CodeUnknown)?;
    Ok(GrantRequest::AuthorizationCode { code, redirect_uri, code_verifier })
}

pub(crate) fn require<'p>(parameters: &'p Parameters<'_>, name: &'static str) -> Result<&'p str, TokenError> {
    parameters.value(name).ok_or(TokenError::Missing { name })
}

/// What a client gets; send it with `Cache-Control: no-store`. RFC 6749 §5.1, OIDC Core §3.1.3.3.
#[derive(Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

impl TokenResponse {
    /// An access token that lives [`ACCESS_TOKEN_LIFETIME`], for these scopes.
    pub fn new(access_token: &AccessToken, scope: impl Into<String>) -> Self {
        Self {
            access_token: access_token.to_text(),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            scope: scope.into(),
            id_token: None,
            refresh_token: None,
        }
    }

    /// The same with an ID token in its compact form.
    #[must_use]
    pub fn with_id_token(self, id_token: String) -> Self {
        Self { id_token: Some(id_token), ..self }
    }

    /// The same with a refresh token, which replaces the one before it.
    #[must_use]
    pub fn with_refresh_token(self, token: Option<&RefreshToken>) -> Self {
        Self { refresh_token: token.map(RefreshToken::to_text), ..self }
    }

    /// The body.
    ///
    /// # Errors
    /// None that its fields can cause; `serde_json` cannot say so in its types.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse").field("scope", &self.scope).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
