//! The logout token, which tells an application that a session has ended. OpenID Connect Back-Channel Logout 1.0 §2.4.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::client::ClientId;
use crate::issuer::Issuer;
use crate::subject::Subject;
use crate::url::{HttpUrl, UrlError};

/// How long a logout token may be accepted after it was made: 2 minutes, as the standard advises. Each attempt to deliver
/// one makes a new one.
pub const LOGOUT_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(2);

/// Where an application is told: https, or http on a loopback host; without fragment; at most 2048 octets.
/// Back-Channel Logout §2.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackChannelUri(String);

impl BackChannelUri {
    /// Judges `text`.
    ///
    /// # Errors
    /// [`UrlError`] says what is not as it must be.
    pub fn new(text: impl Into<String>) -> Result<Self, UrlError> {
        let text = text.into();
        HttpUrl::parse(&text)?;
        Ok(Self(text))
    }
}

impl From<BackChannelUri> for String {
    fn from(uri: BackChannelUri) -> Self {
        uri.0
    }
}

/// The name of the one event.
pub(crate) const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a logout token; [`crate::SigningKey::sign_logout`] makes the token. Nothing in it is personal, and there
/// never is a `nonce`, so that no ID token can stand for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogoutClaims<'a> {
    iss: &'a Issuer,
    sub: &'a Subject,
    aud: &'a ClientId,
    iat: i64,
    exp: i64,
    jti: String,
    events: Events,
    sid: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    logout: Nothing,
}

/// `{}`: the event has no members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Nothing {}

impl<'a> LogoutClaims<'a> {
    /// The session `sid` of `subject` has ended, and `audience` is told at `now`. `random` makes the token's own name.
    pub fn new(
        issuer: &'a Issuer,
        audience: &'a ClientId,
        subject: &'a Subject,
        sid: &'a str,
        random: [u8; 16],
        now: Timestamp,
    ) -> Self {
        Self {
            iss: issuer,
            sub: subject,
            aud: audience,
            iat: now.as_second(),
            exp: now.as_second().saturating_add(LOGOUT_TOKEN_LIFETIME.as_secs()),
            jti: format!("{:032x}", u128::from_be_bytes(random)),
            events: Events { logout: Nothing {} },
            sid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_back_channel_address_is_https_or_on_this_machine() {
        for good in ["https://app.example.com/logout?tenant=1", "http://127.0.0.1:8400/logout", "http://localhost/"] {
            assert_eq!(BackChannelUri::new(good).map(String::from).as_deref(), Ok(good));
        }
        for bad in ["http://app.example.com/logout", "app.example.com", "https://app.example.com/#x", "ftp://x.test/"] {
            assert!(BackChannelUri::new(bad).is_err(), "{bad}");
        }
    }
}
