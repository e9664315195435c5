//! Who asks at an endpoint of applications, read but not yet believed. RFC 6749 §2.3, OIDC Core §9.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::TokenError;
use crate::client::{Client, ClientAuthentication, ClientId};
use crate::excerpt::excerpt;
use crate::form::{self, Parameters};

/// The longest `Authorization` header that is read, in octets.
const MAX_AUTHORIZATION: usize = 2048;

/// A client as it names itself, with what it proves that by: a secret by `client_secret_basic` or `client_secret_post`,
/// or nothing.
#[derive(Clone)]
pub(crate) struct PresentedClient {
    client_id: ClientId,
    secret: Option<String>,
}

impl PresentedClient {
    /// Reads the body of a form, no parameter of which comes twice, and who sends it.
    ///
    /// # Errors
    /// [`TokenError`]: an unreadable body, no client in it, or two ways of naming one.
    pub(crate) fn read<'b>(body: &'b str, authorization: Option<&str>) -> Result<(Self, Parameters<'b>), TokenError> {
        let parameters = Parameters::parse(body)?;
        if let Some(name) = parameters.repeated() {
            return Err(TokenError::Repeated { name: excerpt(name) });
        }
        let client = Self::of(&parameters, authorization)?;
        Ok((client, parameters))
    }

    fn of(parameters: &Parameters<'_>, authorization: Option<&str>) -> Result<Self, TokenError> {
        let in_body = parameters.value("client_id");
        let (client_id, secret) = match (authorization, parameters.value("client_secret")) {
            (Some(_), Some(_)) => return Err(TokenError::TwoAuthentications),
            (Some(header), None) => {
                let (client_id, secret) = decode_basic(header).ok_or(TokenError::AuthenticationMalformed)?;
                if in_body.is_some_and(|other| other != client_id) {
                    return Err(TokenError::ClientIdMismatch);
                }
                // An empty secret proves nothing; some libraries send one for a public client.
                (client_id, Some(secret).filter(|secret| !secret.is_empty()))
            }
            (None, secret) => {
                let client_id = in_body.ok_or(TokenError::AuthenticationMissing)?;
                (client_id.to_owned(), secret.map(str::to_owned))
            }
        };
        let client_id = ClientId::new(client_id).map_err(|_| TokenError::ClientNotAuthenticated)?;
        Ok(Self { client_id, secret })
    }

    pub(crate) fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Believes it when `client` is the one that it names, and it proves that as the client is registered to.
    ///
    /// # Errors
    /// [`TokenError::AuthenticationMissing`] for a client that has secrets and brings none,
    /// [`TokenError::ClientNotAuthenticated`] for any other difference.
    pub(crate) fn prove(&self, client: &Client) -> Result<(), TokenError> {
        if self.client_id != client.id {
            return Err(TokenError::ClientNotAuthenticated);
        }
        match (&client.authentication, &self.secret) {
            (ClientAuthentication::None, None) => Ok(()),
            (authentication, Some(secret)) if authentication.accepts(secret) => Ok(()),
            (ClientAuthentication::ClientSecret { .. }, None) => Err(TokenError::AuthenticationMissing),
            // A public client that brings a secret is set up for something else; whoever set it up should know.
            (ClientAuthentication::ClientSecret { .. } | ClientAuthentication::None, Some(_)) => {
                Err(TokenError::ClientNotAuthenticated)
            }
        }
    }
}

/// The credentials in HTTP Basic; each half is form-encoded inside of it (RFC 6749 §2.3.1), so that a `:` in an id does
/// not end it.
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

impl fmt::Debug for PresentedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedClient").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
