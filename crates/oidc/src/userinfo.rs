//! The userinfo endpoint and the access token that opens it. OIDC Core §5.3, RFC 6750.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::claims::{ToldClaims, UserClaims};
use crate::client::ClientId;
use crate::code::Grant;
use crate::excerpt::excerpt;
use crate::opaque::opaque;
use crate::refresh::RefreshGrant;
use crate::scope::Scope;
use crate::stored_time;
use crate::subject::Subject;
use crate::token::TokenError;

opaque! {
    /// An access token: opaque, good at the userinfo endpoint and for introspection only. RFC 6750.
    AccessToken,
    /// The hash under which an access token and its [`AccessGrant`] are stored.
    AccessTokenHash
}

/// How long an access token lives: 10 minutes.
pub const ACCESS_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

impl AccessToken {
    /// Reads the `Authorization` header. Tokens in a query or a body are not read (RFC 9700 §4.3.2).
    ///
    /// # Errors
    /// [`UserinfoError::TokenMissing`] without a `Bearer` header, [`UserinfoError::TokenUnknown`] for a text that is no
    /// token of ours.
    pub fn from_authorization(authorization: Option<&str>) -> Result<Self, UserinfoError> {
        let (scheme, token) =
            authorization.and_then(|header| header.split_once(' ')).ok_or(UserinfoError::TokenMissing)?;
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(UserinfoError::TokenMissing);
        }
        Self::parse(token.trim()).ok_or(UserinfoError::TokenUnknown)
    }
}

/// What an access token stands for. Stored with the token's hash until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessGrant {
    /// Who got it.
    pub client_id: ClientId,
    /// Who signed in.
    pub subject: Subject,
    /// What was granted.
    pub scope: Scope,
    /// What the application may learn, within `scope`.
    pub claims: UserClaims,
    /// Our session, by its id.
    pub session: String,
    /// From this moment on the token is refused.
    #[serde(with = "stored_time")]
    pub expires: Timestamp,
}

impl AccessGrant {
    /// What an access token given for `grant` at `now` stands for.
    pub fn new(grant: &Grant, now: Timestamp) -> Self {
        Self {
            client_id: grant.client_id.clone(),
            subject: grant.subject.clone(),
            scope: grant.scope.clone(),
            claims: grant.claims.clone(),
            session: grant.session.clone(),
            expires: end(now),
        }
    }

    /// What an access token given at `now` for a renewed `grant` stands for: no more than `scope`, and what is known of
    /// the person now.
    pub fn renewed(grant: &RefreshGrant, scope: Scope, claims: UserClaims, now: Timestamp) -> Self {
        Self {
            client_id: grant.client_id.clone(),
            subject: grant.subject.clone(),
            scope,
            claims,
            session: grant.session.clone(),
            expires: end(now),
        }
    }

    /// What the userinfo endpoint answers at `now`.
    ///
    /// # Errors
    /// [`UserinfoError::TokenExpired`] from the moment of expiry on.
    pub fn userinfo(&self, now: Timestamp) -> Result<Userinfo<'_>, UserinfoError> {
        if now >= self.expires {
            return Err(UserinfoError::TokenExpired { at: self.expires, now });
        }
        Ok(Userinfo { sub: &self.subject, told: self.claims.within(&self.scope) })
    }
}

/// When an access token ends that is given at `now`.
fn end(now: Timestamp) -> Timestamp {
    now.checked_add(ACCESS_TOKEN_LIFETIME).unwrap_or(Timestamp::MAX)
}

/// What an access token of an application for itself stands for: no person, and scopes that the application alone gives a
/// meaning to. Stored with the token's hash until it expires. RFC 6749 §4.4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnGrant {
    /// Who got it.
    pub client_id: ClientId,
    /// What was granted, space-separated.
    pub scope: String,
    /// From this moment on the token is refused.
    #[serde(with = "stored_time")]
    pub expires: Timestamp,
}

impl OwnGrant {
    /// The part of what a client may have that it asks for, at `now`.
    ///
    /// # Errors
    /// [`TokenError::NoOwnScopes`] where it may have nothing, [`TokenError::ScopeTooWide`] where it asks for more.
    pub fn new(client_id: ClientId, may: &[String], asked: Option<&str>, now: Timestamp) -> Result<Self, TokenError> {
        if may.is_empty() {
            return Err(TokenError::NoOwnScopes);
        }
        let all = may.join(" ");
        let scope = match asked {
            None => all,
            Some(asked) => {
                let mut wanted: Vec<&str> = asked.split(' ').filter(|one| !one.is_empty()).collect();
                wanted.sort_unstable();
                wanted.dedup();
                if wanted.is_empty() || !wanted.iter().all(|one| may.iter().any(|known| known == one)) {
                    return Err(TokenError::ScopeTooWide { got: excerpt(asked), want: all });
                }
                wanted.join(" ")
            }
        };
        Ok(Self { client_id, scope, expires: end(now) })
    }
}

/// The body of the userinfo endpoint. OIDC Core §5.3.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Userinfo<'a> {
    sub: &'a Subject,
    #[serde(flatten)]
    told: ToldClaims<'a>,
}

impl Userinfo<'_> {
    /// The body; send it as `application/json` with `Cache-Control: no-store`.
    ///
    /// # Errors
    /// None that its fields can cause; `serde_json` cannot say so in its types.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// Why the userinfo endpoint tells nothing; the status is 401 always. The application mends it by a new sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UserinfoError {
    /// No bearer token in the `Authorization` header.
    #[error("the request has no bearer token in its Authorization header")]
    TokenMissing,
    /// No such token. The caller, who knows the tokens, makes this one too.
    #[error("the access token is unknown")]
    TokenUnknown,
    /// Too late.
    #[error("the access token expired at {at}, it is {now}")]
    TokenExpired {
        /// The first moment at which it was refused.
        at: Timestamp,
        /// The time of the request.
        now: Timestamp,
    },
}

impl UserinfoError {
    /// The header `WWW-Authenticate`. RFC 6750 §3: without an error code when there was no token at all.
    pub fn www_authenticate(&self) -> String {
        match self {
            Self::TokenMissing => r#"Bearer realm="userinfo""#.to_owned(),
            Self::TokenUnknown | Self::TokenExpired { .. } => {
                format!(r#"Bearer realm="userinfo", error="invalid_token", error_description="{self}""#)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AccountClaim;

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn granted(scope: &str) -> AccessGrant {
        AccessGrant {
            client_id: ClientId::new("board").unwrap(),
            subject: Subject::new("u-1").unwrap(),
            scope: Scope::granted(scope),
            claims: UserClaims {
                email: Some("ada@example.com".into()),
                email_verified: Some(true),
                account: Some(AccountClaim::new("a-1", "acme")),
                ..UserClaims::default()
            },
            session: "s-1".into(),
            expires: now() + ACCESS_TOKEN_LIFETIME,
        }
    }

    #[test]
    fn userinfo_tells_what_the_scope_allows() {
        let all = granted("openid email").userinfo(now()).unwrap().to_json().unwrap();
        assert_eq!(
            all,
            r#"{"sub":"u-1","email":"ada@example.com","email_verified":true,"account":{"id":"a-1","path":"acme","slug":"acme"}}"#
        );
        let little = granted("openid").userinfo(now()).unwrap().to_json().unwrap();
        assert_eq!(little, r#"{"sub":"u-1","account":{"id":"a-1","path":"acme","slug":"acme"}}"#);
    }

    #[test]
    fn an_access_token_is_expired_at_exactly_its_end() {
        let grant = granted("openid");
        assert!(grant.userinfo(grant.expires - SignedDuration::from_millis(1)).is_ok());
        let expired = UserinfoError::TokenExpired { at: grant.expires, now: grant.expires };
        assert_eq!(grant.userinfo(grant.expires), Err(expired));
    }

    #[test]
    fn only_a_bearer_header_brings_an_access_token() {
        let token = AccessToken::new(Timestamp::UNIX_EPOCH, &[3; crate::RANDOM]);
        let read = AccessToken::from_authorization(Some(&format!("bearer {}", token.to_text())));
        assert_eq!(read, Ok(token));
        for header in [None, Some("Bearer"), Some("Basic Zm9vOmJhcg==")] {
            let refused = AccessToken::from_authorization(header).unwrap_err();
            assert_eq!(refused, UserinfoError::TokenMissing);
            assert!(!refused.www_authenticate().contains("error"));
        }
        let refused = AccessToken::from_authorization(Some("Bearer x")).unwrap_err();
        assert_eq!(refused, UserinfoError::TokenUnknown);
        assert!(refused.www_authenticate().contains(r#"error="invalid_token""#));
    }
}
