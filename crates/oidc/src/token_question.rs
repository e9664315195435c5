//! Introspection and revocation: an application asks what a token is, or gives one up. RFC 7662, RFC 7009.

use serde::Serialize;

use crate::claims::UserClaims;
use crate::client::{Client, ClientId};
use crate::issuer::Issuer;
use crate::refresh::RefreshToken;
use crate::subject::Subject;
use crate::token::authentication::PresentedClient;
use crate::token::{TokenError, require};
use crate::userinfo::AccessToken;

/// A request about a token, read but not yet believed: find the client of [`Self::client_id`], then
/// [`Self::authenticate`]. `token_type_hint` is not needed, for the kinds differ in form, and so it is passed over
/// (RFC 7009 §2.1).
#[derive(Debug, Clone)]
pub struct TokenQuestion {
    client: PresentedClient,
    token: Option<AnyToken>,
}

/// A token of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyToken {
    /// An access token.
    Access(AccessToken),
    /// A refresh token.
    Refresh(RefreshToken),
}

impl AnyToken {
    /// Reads a token; `None` for a text that is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let access = AccessToken::parse(text).map(Self::Access);
        access.or_else(|| RefreshToken::parse(text).map(Self::Refresh))
    }
}

impl TokenQuestion {
    /// Reads a form body and the `Authorization` header.
    ///
    /// # Errors
    /// [`TokenError`]: an unreadable or incomplete request, or no client.
    pub fn parse(body: &str, authorization: Option<&str>) -> Result<Self, TokenError> {
        let (client, parameters) = PresentedClient::read(body, authorization)?;
        let token = AnyToken::parse(require(&parameters, "token")?);
        Ok(Self { client, token })
    }

    /// Who claims to ask.
    pub fn client_id(&self) -> &ClientId {
        self.client.client_id()
    }

    /// Believes the request when `client` is the one that it names and proves itself as it is registered to. The token;
    /// `None` for a text that is none of ours.
    ///
    /// # Errors
    /// [`TokenError::ClientNotAuthenticated`] or [`TokenError::AuthenticationMissing`].
    pub fn authenticate(&self, client: &Client) -> Result<Option<&AnyToken>, TokenError> {
        self.client.prove(client)?;
        Ok(self.token.as_ref())
    }
}

/// What an application is told of a token. RFC 7662 §2.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Introspection<'a> {
    /// The token is good for nothing, or nothing that the asker may know: `{"active":false}`, whatever the reason.
    Inactive {
        /// False.
        active: bool,
    },
    /// The token holds.
    Active(Box<Active<'a>>),
}

/// A token that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Active<'a> {
    #[serde(rename = "active")]
    holds: bool,
    iss: &'a Issuer,
    client_id: &'a ClientId,
    aud: &'a ClientId,
    scope: &'a str,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a Subject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a crate::AccountClaim>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    roles: &'a [String],
}

impl<'a> Introspection<'a> {
    /// Of a token that is good for nothing.
    pub const fn inactive() -> Self {
        Self::Inactive { active: false }
    }

    /// Of a token that was given to `client_id` and is good until `exp`, in seconds since 1970.
    pub fn active(issuer: &'a Issuer, client_id: &'a ClientId, scope: &'a str, exp: i64) -> Active<'a> {
        Active {
            holds: true,
            iss: issuer,
            client_id,
            aud: client_id,
            scope,
            exp,
            token_type: None,
            sub: None,
            sid: None,
            account: None,
            roles: &[],
        }
    }

    /// The body; send it as `application/json` with `Cache-Control: no-store`.
    ///
    /// # Errors
    /// None that its fields can cause; `serde_json` cannot say so in its types.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl<'a> Active<'a> {
    /// The same of a token that is used as a bearer's. RFC 6750.
    #[must_use]
    pub fn bearer(self) -> Self {
        Self { token_type: Some("Bearer"), ..self }
    }

    /// The same of a token about a person, with what an API decides by: who, of which account, in which roles.
    #[must_use]
    pub fn about(self, subject: &'a Subject, session: &'a str, claims: &'a UserClaims) -> Self {
        Self { sub: Some(subject), sid: Some(session), account: claims.account.as_ref(), roles: &claims.roles, ..self }
    }
}

impl<'a> From<Active<'a>> for Introspection<'a> {
    fn from(active: Active<'a>) -> Self {
        Self::Active(Box::new(active))
    }
}
