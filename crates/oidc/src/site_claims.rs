//! What a site behind a proxy is told of a request, signed: so that what is behind it need not believe headers.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::claims::{ToldClaims, UserClaims};
use crate::client::ClientId;
use crate::issuer::Issuer;
use crate::scope::Scope;
use crate::subject::Subject;

/// How long the token may be accepted after it was made: 5 minutes. Each request brings one that has most of it left.
pub const SITE_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The type in its header, which tells it from ID tokens of the same application (RFC 8725 §3.11).
pub const SITE_TOKEN_TYPE: &str = "forward-auth+jwt";

/// The claims of such a token; [`crate::SigningKey::sign_site`] makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SiteClaims<'a> {
    iss: &'a Issuer,
    sub: &'a Subject,
    aud: &'a ClientId,
    iat: i64,
    exp: i64,
    sid: &'a str,
    #[serde(flatten)]
    told: ToldClaims<'a>,
}

impl<'a> SiteClaims<'a> {
    /// Somebody asks for something at a site of `audience` at `now`, in the session `sid`.
    pub fn new(
        issuer: &'a Issuer,
        audience: &'a ClientId,
        subject: &'a Subject,
        sid: &'a str,
        (claims, scope): (&'a UserClaims, &'a Scope),
        now: Timestamp,
    ) -> Self {
        Self {
            iss: issuer,
            sub: subject,
            aud: audience,
            iat: now.as_second(),
            exp: now.as_second().saturating_add(SITE_TOKEN_LIFETIME.as_secs()),
            sid,
            told: claims.within(scope),
        }
    }
}
