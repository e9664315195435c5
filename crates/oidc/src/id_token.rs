//! The ID token: who signed in, for one application, signed. OIDC Core §2.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::claims::{ToldClaims, UserClaims};
use crate::client::ClientId;
use crate::code::Grant;
use crate::issuer::Issuer;
use crate::refresh::RefreshGrant;
use crate::scope::Scope;
use crate::subject::Subject;

/// How long an ID token may be accepted after it was made: 10 minutes. It is read once, at sign-in.
pub const ID_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// The claims of an ID token, borrowed from what they are made of; [`crate::SigningKey::sign`] makes the token.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    sid: &'a str,
    #[serde(flatten)]
    told: ToldClaims<'a>,
}

/// What the claims of an ID token are made of, whichever grant it comes from.
#[derive(Clone, Copy)]
struct Source<'a> {
    subject: &'a Subject,
    client_id: &'a ClientId,
    auth_time: Timestamp,
    amr: &'a [String],
    acr: Option<&'a str>,
    nonce: Option<&'a str>,
    session: &'a str,
    claims: &'a UserClaims,
    scope: &'a Scope,
}

impl<'a> Claims<'a> {
    /// The claims of the ID token for a redeemed `grant`, made at `now`, good for [`ID_TOKEN_LIFETIME`].
    pub fn new(issuer: &'a Issuer, grant: &'a Grant, now: Timestamp) -> Self {
        let source = Source {
            subject: &grant.subject,
            client_id: &grant.client_id,
            auth_time: grant.auth_time,
            amr: &grant.amr,
            acr: grant.acr.as_deref(),
            nonce: grant.nonce.as_deref(),
            session: &grant.session,
            claims: &grant.claims,
            scope: &grant.scope,
        };
        Self::of(issuer, source, now)
    }

    /// The same for a refresh: of the sign-in that it goes back to, with what is known of the person now as `claims` and
    /// told within `scope`, and without a nonce. OIDC Core §12.2.
    pub fn refreshed(
        issuer: &'a Issuer,
        grant: &'a RefreshGrant,
        claims: &'a UserClaims,
        scope: &'a Scope,
        now: Timestamp,
    ) -> Self {
        let source = Source {
            subject: &grant.subject,
            client_id: &grant.client_id,
            auth_time: grant.auth_time,
            amr: &grant.amr,
            acr: grant.acr.as_deref(),
            nonce: None,
            session: &grant.session,
            claims,
            scope,
        };
        Self::of(issuer, source, now)
    }

    fn of(issuer: &'a Issuer, source: Source<'a>, now: Timestamp) -> Self {
        Self {
            iss: issuer,
            sub: source.subject,
            aud: source.client_id,
            exp: now.as_second().saturating_add(ID_TOKEN_LIFETIME.as_secs()),
            iat: now.as_second(),
            auth_time: source.auth_time.as_second(),
            amr: source.amr,
            acr: source.acr,
            nonce: source.nonce,
            sid: source.session,
            told: source.claims.within(source.scope),
        }
    }
}
