//! The token endpoint: what a client sends there, and what it gets. RFC 6749 §4.1.3, §5; OIDC Core §3.1.3.
//!
//! ```text
//! body + Authorization ─▶ TokenRequest ─▶ authenticate(client) ─▶ AuthenticatedRequest ─▶ code::redeem ─▶ TokenResponse
//! ```

mod error;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

pub use self::error::TokenError;
use crate::client::{Client, ClientId};
use crate::code::AuthorizationCode;
use crate::excerpt::excerpt;
use crate::form::{self, Parameters};
use crate::pkce::CodeVerifier;
use crate::scope::Scope;
use crate::userinfo::{ACCESS_TOKEN_LIFETIME, AccessToken};

/// The longest `Authorization` header that is read, in octets.
const MAX_AUTHORIZATION: usize = 2048;

/// A request at the token endpoint, read but not yet believed: find the client of [`Self::client_id`], then
/// [`Self::authenticate`].
#[derive(Clone)]
pub struct TokenRequest {
    client_id: ClientId,
    secret: String,
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
        /// Must be the one behind the code challenge; compared by [`crate::code::redeem`].
        code_verifier: CodeVerifier,
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
    /// [`TokenError`]: an unreadable or incomplete request, another grant type, or no HTTP Basic authentication.
    pub fn parse(body: &str, authorization: Option<&str>) -> Result<Self, TokenError> {
        let parameters = Parameters::parse(body)?;
        if let Some(name) = parameters.repeated() {
            return Err(TokenError::Repeated { name: excerpt(name) });
        }
        let (client_id, secret) = client_secret_basic(&parameters, authorization)?;
        let grant = match require(&parameters, "grant_type")? {
            "authorization_code" => authorization_code(&parameters)?,
            other => return Err(TokenError::GrantTypeUnsupported { got: excerpt(other) }),
        };
        Ok(Self { client_id, secret, grant })
    }

    /// Who claims to ask.
    pub fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Believes the request when `client` is the one that it names and the secret is one of its secrets.
    ///
    /// # Errors
    /// [`TokenError::ClientNotAuthenticated`] otherwise.
    pub fn authenticate(&self, client: &Client) -> Result<AuthenticatedRequest<'_>, TokenError> {
        if self.client_id == client.id && client.authentication.accepts(&self.secret) {
            Ok(AuthenticatedRequest { request: self })
        } else {
            Err(TokenError::ClientNotAuthenticated)
        }
    }
}

impl AuthenticatedRequest<'_> {
    /// Who asks.
    pub fn client_id(&self) -> &ClientId {
        &self.request.client_id
    }

    /// What is asked for.
    pub fn grant(&self) -> &GrantRequest {
        &self.request.grant
    }
}

impl fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRequest")
            .field("client_id", &self.client_id)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

fn authorization_code(parameters: &Parameters<'_>) -> Result<GrantRequest, TokenError> {
    let code = require(parameters, "code")?;
    let redirect_uri = require(parameters, "redirect_uri")?.to_owned();
    let code_verifier = CodeVerifier::parse(require(parameters, "code_verifier")?)?;
    let code = AuthorizationCode::parse(code).ok_or(TokenError::CodeUnknown)?;
    Ok(GrantRequest::AuthorizationCode { code, redirect_uri, code_verifier })
}

fn require<'p>(parameters: &'p Parameters<'_>, name: &'static str) -> Result<&'p str, TokenError> {
    parameters.value(name).ok_or(TokenError::Missing { name })
}

/// The credentials in HTTP Basic; each half is form-encoded inside of it (RFC 6749 §2.3.1), so that a `:` in an id does
/// not end it.
fn client_secret_basic(
    parameters: &Parameters<'_>,
    authorization: Option<&str>,
) -> Result<(ClientId, String), TokenError> {
    let in_body = parameters.value("client_secret").is_some();
    let header = match authorization {
        Some(_) if in_body => return Err(TokenError::TwoAuthentications),
        Some(header) => header,
        None => return Err(TokenError::AuthenticationMissing),
    };
    let (client_id, secret) = decode_basic(header).ok_or(TokenError::AuthenticationMalformed)?;
    let client_id = ClientId::new(client_id).map_err(|_| TokenError::ClientNotAuthenticated)?;
    match parameters.value("client_id") {
        Some(other) if other != client_id.as_str() => Err(TokenError::ClientIdMismatch),
        _ => Ok((client_id, secret)),
    }
}

fn decode_basic(header: &str) -> Option<(String, String)> {
    if header.len() > MAX_AUTHORIZATION {
        return None;
    }
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((form::decode(id)?.into_owned(), form::decode(secret)?.into_owned()))
}

/// What a client gets for a redeemed code; send it with `Cache-Control: no-store`. RFC 6749 §5.1, OIDC Core §3.1.3.3.
#[derive(Serialize)]
pub struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    scope: Scope,
    id_token: String,
}

impl TokenResponse {
    /// An access token that lives [`ACCESS_TOKEN_LIFETIME`], and an ID token in its compact form.
    pub fn new(access_token: &AccessToken, scope: Scope, id_token: String) -> Self {
        Self {
            access_token: access_token.to_text(),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            scope,
            id_token,
        }
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
