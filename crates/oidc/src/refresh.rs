//! Refresh tokens: each is good once and gives the next. RFC 6749 §6, RFC 9700 §4.14.
//!
//! ```text
//! code ─▶ family, token 1 ─▶ token 2 ─▶ token 3 …        an earlier token again: the family ends, and all it gave
//! ```
//!
//! All tokens that go back to one sign-in are a family. A token names its family and has a secret, of which the family
//! keeps the hash of the newest alone: whoever knows a family's name and not its newest secret has a token that was used
//! before, and one of the two who had it is a thief.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::claims::UserClaims;
use crate::client::ClientId;
use crate::code::Grant;
use crate::excerpt::excerpt;
use crate::opaque;
use crate::scope::Scope;
use crate::stored_time;
use crate::subject::Subject;
use crate::token::{AuthenticatedRequest, GrantRequest, TokenError};

/// Octets of a family's name.
pub const FAMILY: usize = 16;

/// Octets of a token's secret.
pub const SECRET: usize = opaque::OCTETS;

/// Characters of a token: base64url of the family's name and the secret.
const TEXT: usize = (FAMILY + SECRET) / 3 * 4;

/// How long a family lives that outlives its session: 30 days from the sign-in on, whether it is used or not.
pub const OFFLINE_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A refresh token.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    family: [u8; FAMILY],
    secret: [u8; SECRET],
}

impl RefreshToken {
    /// The caller draws the secret, from a generator that is fit for secrets.
    pub fn new(family: [u8; FAMILY], secret: [u8; SECRET]) -> Self {
        Self { family, secret }
    }

    /// Reads the 64 characters of base64url in which it travels; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut octets = [0; FAMILY + SECRET];
        if text.len() != TEXT || URL_SAFE_NO_PAD.decode_slice(text, &mut octets) != Ok(FAMILY + SECRET) {
            return None;
        }
        let (family, secret) = octets.split_at(FAMILY);
        Some(Self { family: family.try_into().ok()?, secret: secret.try_into().ok()? })
    }

    /// The text that the bearer gets: 64 characters of base64url.
    pub fn to_text(&self) -> String {
        let mut octets = [0; FAMILY + SECRET];
        octets[..FAMILY].copy_from_slice(&self.family);
        octets[FAMILY..].copy_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(octets)
    }

    /// The name of its family.
    pub fn family(&self) -> [u8; FAMILY] {
        self.family
    }

    /// What is stored: SHA-256 of the secret.
    pub fn hash(&self) -> [u8; 32] {
        opaque::sha256(&self.secret)
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

/// What a family stands for. Stored beside the hash of its newest token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshGrant {
    /// The only client that may renew it.
    pub client_id: ClientId,
    /// Who signed in.
    pub subject: Subject,
    /// What was granted; the newest token never has more or less.
    pub scope: Scope,
    /// What the application was told at the sign-in. Of a person whom we know, what is known by now counts.
    pub claims: UserClaims,
    /// When they proved who they are.
    #[serde(with = "stored_time")]
    pub auth_time: Timestamp,
    /// Our session, by its id; it may have ended where the family outlives it.
    pub session: String,
    /// How they proved it, in the words of RFC 8176.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// How, in the identity provider's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
}

impl RefreshGrant {
    /// What the family that begins with a redeemed code stands for.
    pub fn new(grant: &Grant) -> Self {
        Self {
            client_id: grant.client_id.clone(),
            subject: grant.subject.clone(),
            scope: grant.scope.clone(),
            claims: grant.claims.clone(),
            auth_time: grant.auth_time,
            session: grant.session.clone(),
            amr: grant.amr.clone(),
            acr: grant.acr.clone(),
        }
    }
}

/// The scope of the tokens that this request of an authenticated client gets of a family: what was granted, or the part
/// of it that is asked for. RFC 6749 §6.
///
/// # Errors
/// [`TokenError::RefreshTokenUnknown`] for another client's family, [`TokenError::ScopeTooWide`].
pub fn renew(request: &AuthenticatedRequest<'_>, grant: &RefreshGrant) -> Result<Scope, TokenError> {
    let GrantRequest::RefreshToken { scope, .. } = request.grant() else {
        return Err(TokenError::RefreshTokenUnknown);
    };
    if *request.client_id() != grant.client_id {
        return Err(TokenError::RefreshTokenUnknown);
    }
    let Some(asked) = scope else { return Ok(grant.scope.clone()) };
    let narrowed = grant.scope.narrowed(asked).filter(Scope::has_openid);
    narrowed.ok_or_else(|| TokenError::ScopeTooWide { got: excerpt(asked), want: grant.scope.as_str().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let token = RefreshToken::new([7; FAMILY], [9; SECRET]);
        assert_eq!(token.to_text().len(), 64);
        assert_eq!(RefreshToken::parse(&token.to_text()), Some(token));
    }

    #[test]
    fn no_other_text_is_a_refresh_token() {
        let access = crate::AccessToken::new(Timestamp::UNIX_EPOCH, &[3; crate::RANDOM]).to_text();
        let token = RefreshToken::new([7; FAMILY], [9; SECRET]).to_text();
        for text in ["", &access, &token[1..], &format!("{token}A"), &token.replace('B', "+")] {
            assert_eq!(RefreshToken::parse(text), None, "{text}");
        }
    }
}
