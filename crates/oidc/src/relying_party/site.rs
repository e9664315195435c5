//! Whether a request to a site behind a proxy is of whom its signed header says.

use jiff::Timestamp;
use serde::Deserialize;

use super::verify::{self, Audience, VerifyError};
use crate::claims::AccountClaim;
use crate::client::ClientId;
use crate::issuer::Issuer;
use crate::jwks::Jwks;
use crate::site_claims::SITE_TOKEN_TYPE;

/// What the token must say.
#[derive(Debug, Clone, Copy)]
pub struct SiteExpectation<'a> {
    /// Who must have issued it.
    pub issuer: &'a Issuer,
    /// For which application: the `client_id` of the site's.
    pub audience: &'a ClientId,
    /// The time.
    pub now: Timestamp,
}

/// Who asks for something at a site: a token that was verified; [`verify_site`] alone returns one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SiteIdentity {
    /// Who issued it.
    pub iss: String,
    /// Who asks.
    pub sub: String,
    /// For which application.
    pub aud: Audience,
    /// Seconds since 1970 from which on it is refused.
    pub exp: i64,
    /// Seconds since 1970 at which it was made.
    pub iat: i64,
    /// The session.
    pub sid: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// The account.
    pub account: Option<AccountClaim>,
    /// Roles.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Groups, as the identity provider calls them.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// Why a request is not believed to be of whom its token says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SiteTokenError {
    /// As for an ID token.
    #[error("the site's token is not believed: {0}")]
    Verify(#[from] VerifyError),
    /// Another kind of token, such as an ID token of the same application.
    #[error("the token's type is '{got}', not '{SITE_TOKEN_TYPE}'")]
    Type {
        /// `typ` of the header, cut and printable.
        got: String,
    },
}

/// Who asks, by the header `X-Vestibule-Token`, when a key of `keys` signed it and it says what is expected.
///
/// # Errors
/// [`SiteTokenError`] names the first check that failed.
pub fn verify_site(jws: &str, keys: &Jwks, expected: &SiteExpectation<'_>) -> Result<SiteIdentity, SiteTokenError> {
    let (typ, payload) = verify::verify_signature(jws, keys)?;
    if typ != SITE_TOKEN_TYPE {
        return Err(SiteTokenError::Type { got: crate::excerpt::excerpt(&typ) });
    }
    let identity: SiteIdentity = verify::json(payload, "payload")?;
    verify::check_origin(&identity.iss, &identity.aud, expected.issuer, expected.audience)?;
    verify::check_time(identity.iat, identity.exp, expected.now)?;
    Ok(identity)
}
