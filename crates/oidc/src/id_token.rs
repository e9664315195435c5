//! The ID token: who signed in, for one application, signed. OIDC Core §2.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::client::ClientId;
use crate::code::Grant;
use crate::issuer::Issuer;
use crate::scope::Scope;
use crate::subject::Subject;

/// How long an ID token may be accepted after it was made: 10 minutes. It is read once, at sign-in.
pub const ID_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// What applications may learn about a user. OIDC Core §5.1; `account`, `roles` and `access` are claims of
/// this provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserClaims {
    /// The e-mail address; told with the scope `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the account has proved the domain of the address; told with `email`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The account that was signed in to; always told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountClaim>,
    /// What the user is in the application; always told, where there is something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Within which scopes of the application: kinds, such as `site`, each with values; always told, where there is
    /// something.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<String, Vec<String>>,
}

/// The claim `account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClaim {
    /// Stable for ever.
    pub id: String,
    /// The name in addresses; an operator may change it.
    pub slug: String,
}

impl UserClaims {
    /// The part of the claims that `scope` allows to tell. OIDC Core §5.4.
    pub(crate) fn within(&self, scope: &Scope) -> ToldClaims<'_> {
        let email = self.email.as_deref().filter(|_| scope.has_email());
        ToldClaims {
            email,
            email_verified: email.and(self.email_verified),
            account: self.account.as_ref(),
            roles: &self.roles,
            access: &self.access,
        }
    }
}

/// The claims that one scope allows to tell.
pub(crate) struct ToldClaims<'a> {
    pub(crate) email: Option<&'a str>,
    pub(crate) email_verified: Option<bool>,
    pub(crate) account: Option<&'a AccountClaim>,
    pub(crate) roles: &'a [String],
    pub(crate) access: &'a BTreeMap<String, Vec<String>>,
}

/// The claims of an ID token, borrowed from what they are made of; [`crate::SigningKey::sign`] makes the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claims<'a> {
    iss: &'a Issuer,
    sub: &'a Subject,
    aud: &'a ClientId,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a AccountClaim>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    roles: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    access: &'a BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
}

impl<'a> Claims<'a> {
    /// The claims of the ID token for a redeemed `grant`, made at `now`, good for [`ID_TOKEN_LIFETIME`].
    pub fn new(issuer: &'a Issuer, grant: &'a Grant, now: Timestamp) -> Self {
        let told = grant.claims.within(&grant.scope);
        Self {
            iss: issuer,
            sub: &grant.subject,
            aud: &grant.client_id,
            exp: now.as_second().saturating_add(ID_TOKEN_LIFETIME.as_secs()),
            iat: now.as_second(),
            auth_time: grant.auth_time.as_second(),
            amr: &grant.amr,
            nonce: grant.nonce.as_deref(),
            email: told.email,
            email_verified: told.email_verified,
            account: told.account,
            roles: told.roles,
            access: told.access,
            sid: None,
        }
    }

    /// The same naming the session, for an application that is told of its end. Back-Channel Logout §2.1.
    #[must_use]
    pub fn with_session(self, grant: &'a Grant) -> Self {
        Self { sid: Some(&grant.session), ..self }
    }
}
