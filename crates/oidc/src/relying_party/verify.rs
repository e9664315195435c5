//! Whether an ID token was made by this issuer, for us, for this sign-in, now. OIDC Core §3.1.3.7.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::algorithm::Algorithm;
use crate::claims::AccountClaim;
use crate::client::ClientId;
use crate::excerpt::excerpt;
use crate::issuer::Issuer;
use crate::jwks::Jwks;

/// The longest token that is read, in octets.
const MAX_TOKEN: usize = 16 * 1024;

/// How far the issuer's clock may be ahead of ours, in seconds. Behind, an ID token's lifetime covers it.
const AHEAD: i64 = 60;

/// What an ID token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// Who must have issued it.
    pub issuer: &'a Issuer,
    /// For whom: our `client_id`.
    pub audience: &'a ClientId,
    /// For which sign-in.
    pub nonce: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// An ID token that was verified; [`verify`] alone returns one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct IdToken {
    /// Who issued it.
    pub iss: String,
    /// Who signed in.
    pub sub: String,
    /// For whom it is.
    pub aud: Audience,
    /// Seconds since 1970 from which on it is refused.
    pub exp: i64,
    /// Seconds since 1970 at which it was made.
    pub iat: i64,
    /// Seconds since 1970 at which the person proved who they are.
    pub auth_time: Option<i64>,
    /// How, in the words of RFC 8176; empty where the provider does not say.
    #[serde(default)]
    pub amr: Vec<String>,
    /// Of the sign-in.
    pub nonce: Option<String>,
    /// The name for people, with the scope `profile`.
    pub name: Option<String>,
    /// With the scope `email`.
    pub email: Option<String>,
    /// Whether the account has proved the domain of `email`.
    pub email_verified: Option<bool>,
    /// The account that was signed in to.
    pub account: Option<AccountClaim>,
    /// What the person is in the application.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Within which scopes: kinds, each with values.
    #[serde(default)]
    pub access: BTreeMap<String, Vec<String>>,
    /// Groups at the identity provider, with the scope `groups`.
    #[serde(default)]
    pub groups: Vec<String>,
    /// The session, for an application that is told of its end.
    pub sid: Option<String>,
}

/// `aud`: one name, or a list. RFC 7519 §4.1.3.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One name.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// Why an ID token is not believed. The provider mends it, or somebody tampers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a JWS in compact form with JSON inside.
    #[error("the ID token is not a JWS in compact form: its {part} cannot be read")]
    Malformed {
        /// `header`, `payload`, `signature`, or `form` for the number and length of its parts.
        part: &'static str,
    },
    /// Another algorithm than ES256 and RS256, such as `none`; or not that of its key.
    #[error("the ID token is signed with '{got}', which is not the algorithm of a key of the issuer's")]
    Algorithm {
        /// In the header, cut and printable.
        got: String,
    },
    /// An extension that must be understood, and is not. RFC 7515 §4.1.11.
    #[error("the ID token's header has 'crit', of which nothing is understood here")]
    CriticalHeader,
    /// No such key in the set; fetch it again.
    #[error("the ID token is signed with the key '{kid}', which is not in the issuer's key set")]
    UnknownKey {
        /// In the header, cut and printable; empty when absent.
        kid: String,
    },
    /// The signature does not fit.
    #[error("the ID token's signature is not the issuer's")]
    Signature,
    /// Another issuer.
    #[error("the ID token is from '{got}', not from '{want}'")]
    Issuer {
        /// `iss`, cut and printable.
        got: String,
        /// Who was asked.
        want: Issuer,
    },
    /// Not for us, or not for us alone.
    #[error("the ID token is for '{got}', not for '{want}' alone")]
    Audience {
        /// `aud`, cut and printable.
        got: String,
        /// Our `client_id`.
        want: ClientId,
    },
    /// Of another sign-in.
    #[error("the ID token's nonce is not the one of this sign-in")]
    Nonce,
    /// Too late.
    #[error("the ID token expired at {exp}, it is {now} (seconds since 1970)")]
    Expired {
        /// `exp`.
        exp: i64,
        /// The time.
        now: i64,
    },
    /// Made more than a minute from now.
    #[error("the ID token was made at {iat}, but it is {now} (seconds since 1970)")]
    FromTheFuture {
        /// `iat`.
        iat: i64,
        /// The time.
        now: i64,
    },
}

/// The ID token in `jws`, when a key of `keys` signed it and it says what is expected.
///
/// # Errors
/// [`VerifyError`] names the first check that failed; claims are looked at only behind a good signature.
pub fn verify(jws: &str, keys: &Jwks, expected: &Expectation<'_>) -> Result<IdToken, VerifyError> {
    let (_, payload) = verify_signature(jws, keys)?;
    let token: IdToken = json(payload, "payload")?;
    check_origin(&token.iss, &token.aud, expected.issuer, expected.audience)?;
    check_time(token.iat, token.exp, expected.now)?;
    if token.nonce.as_deref() != Some(expected.nonce) {
        return Err(VerifyError::Nonce);
    }
    Ok(token)
}

/// From whom and for whom.
pub(super) fn check_origin(iss: &str, aud: &Audience, issuer: &Issuer, want: &ClientId) -> Result<(), VerifyError> {
    if iss != issuer.as_str() {
        return Err(VerifyError::Issuer { got: excerpt(iss), want: issuer.clone() });
    }
    let audience: &[String] = match aud {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Many(many) => many,
    };
    if audience == [want.as_str()] {
        return Ok(());
    }
    Err(VerifyError::Audience { got: excerpt(&audience.join(" ")), want: want.clone() })
}

/// From `iat`, a minute ahead of our clock at most, until `exp`.
pub(super) fn check_time(iat: i64, exp: i64, now: Timestamp) -> Result<(), VerifyError> {
    let now = now.as_second();
    if now >= exp {
        return Err(VerifyError::Expired { exp, now });
    }
    if iat > now.saturating_add(AHEAD) {
        return Err(VerifyError::FromTheFuture { iat, now });
    }
    Ok(())
}

/// The type and the payload, still in base64url, of a JWS that a key of `keys` signed. RFC 7515 §5.2.
pub(crate) fn verify_signature<'j>(jws: &'j str, keys: &Jwks) -> Result<(String, &'j str), VerifyError> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        #[serde(default)]
        typ: String,
        kid: Option<String>,
        crit: Option<serde::de::IgnoredAny>,
    }
    let form = VerifyError::Malformed { part: "form" };
    if jws.len() > MAX_TOKEN {
        return Err(form);
    }
    let (Some((signed, signature)), Some((header, _))) = (jws.rsplit_once('.'), jws.split_once('.')) else {
        return Err(form);
    };
    let Some((_, payload)) = signed.split_once('.').filter(|(_, payload)| !payload.contains('.')) else {
        return Err(form);
    };
    let header: Header = json(header, "header")?;
    let algorithm: Algorithm = header.alg.parse().map_err(|_| VerifyError::Algorithm { got: excerpt(&header.alg) })?;
    if header.crit.is_some() {
        return Err(VerifyError::CriticalHeader);
    }
    let key = header.kid.as_deref().and_then(|kid| keys.find(kid));
    let key = key.ok_or_else(|| VerifyError::UnknownKey { kid: excerpt(&header.kid.unwrap_or_default()) })?;
    // The key says how it verifies, never the token.
    if key.algorithm() != algorithm {
        return Err(VerifyError::Algorithm { got: algorithm.as_str().to_owned() });
    }
    let signature = base64url(signature, "signature")?;
    if !key.has_signed(signed.as_bytes(), &signature) {
        return Err(VerifyError::Signature);
    }
    Ok((header.typ, payload))
}

pub(crate) fn json<T: DeserializeOwned>(text: &str, part: &'static str) -> Result<T, VerifyError> {
    serde_json::from_slice(&base64url(text, part)?).map_err(|_| VerifyError::Malformed { part })
}

fn base64url(text: &str, part: &'static str) -> Result<Vec<u8>, VerifyError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| VerifyError::Malformed { part })
}
