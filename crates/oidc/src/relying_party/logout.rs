//! Whether a logout token tells us, from this issuer, that a session has ended. OpenID Connect Back-Channel Logout 1.0
//! §2.6.

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::verify::{self, Audience, VerifyError};
use crate::client::ClientId;
use crate::issuer::Issuer;
use crate::jwks::Jwks;
use crate::logout_token::EVENT;

/// What a logout token must say.
#[derive(Debug, Clone, Copy)]
pub struct LogoutExpectation<'a> {
    /// Who must have issued it.
    pub issuer: &'a Issuer,
    /// For whom: our `client_id`.
    pub audience: &'a ClientId,
    /// The time.
    pub now: Timestamp,
}

/// A logout token that was verified; [`verify_logout`] alone returns one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct LogoutToken {
    /// Who issued it.
    pub iss: String,
    /// Whose session has ended.
    pub sub: Option<String>,
    /// For whom it is.
    pub aud: Audience,
    /// Seconds since 1970 from which on it is refused.
    pub exp: i64,
    /// Seconds since 1970 at which it was made.
    pub iat: i64,
    /// Its own name: none comes twice.
    pub jti: String,
    /// The session, as the ID token's `sid` named it.
    pub sid: Option<String>,
    #[serde(default)]
    events: Events,
    nonce: Option<IgnoredAny>,
}

/// Of the events that a token may tell of, the one that is looked for.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Option<IgnoredAny>,
}

/// Why a logout token is not believed, though it may be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    /// As for an ID token.
    #[error("the logout token is not believed: {0}")]
    Verify(#[from] VerifyError),
    /// Another kind of token.
    #[error("the token's type is '{got}', not 'logout+jwt'")]
    Type {
        /// `typ` of the header, cut and printable.
        got: String,
    },
    /// It tells of no logout.
    #[error("the token has no event '{EVENT}'")]
    NoEvent,
    /// Neither a person nor a session.
    #[error("the logout token names neither 'sub' nor 'sid'")]
    Nobody,
    /// An ID token, or something that is made to look like one.
    #[error("the logout token has a 'nonce', which none may have")]
    Nonce,
}

/// The logout token in `jws`, when a key of `keys` signed it with ES256 and it says what is expected.
///
/// # Errors
/// [`LogoutTokenError`] names the first check that failed.
pub fn verify_logout(
    jws: &str,
    keys: &Jwks,
    expected: &LogoutExpectation<'_>,
) -> Result<LogoutToken, LogoutTokenError> {
    let (typ, payload) = verify::verify_signature(jws, keys)?;
    if !typ.eq_ignore_ascii_case("logout+jwt") {
        return Err(LogoutTokenError::Type { got: crate::excerpt::excerpt(&typ) });
    }
    let token: LogoutToken = verify::json(payload, "payload")?;
    verify::check_origin(&token.iss, &token.aud, expected.issuer, expected.audience)?;
    verify::check_time(token.iat, token.exp, expected.now)?;
    if token.events.logout.is_none() {
        return Err(LogoutTokenError::NoEvent);
    }
    if token.sub.is_none() && token.sid.is_none() {
        return Err(LogoutTokenError::Nobody);
    }
    if token.nonce.is_some() {
        return Err(LogoutTokenError::Nonce);
    }
    Ok(token)
}
