//! Public keys, as they are published and read. RFC 7517, RFC 7518 §6, RFC 7638.

use std::fmt;
use std::ops::RangeInclusive;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::algorithm::Algorithm;
use crate::opaque;

/// The longest set that is read, in octets.
const MAX_SET: usize = 64 * 1024;

/// An uncompressed P-256 point: 0x04, x, y. SEC 1 §2.3.3.
const POINT: usize = 65;

/// Octets of an RSA modulus: at least what RFC 7518 §3.3 demands, at most what applications take.
const MODULUS: RangeInclusive<usize> = 256..=512;

/// The longest RSA exponent, in octets; 65537 has three.
const MAX_EXPONENT: usize = 8;

/// A public key for one algorithm, with its name.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(into = "Members")]
pub struct Jwk {
    kid: String,
    public: Public,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Public {
    /// An uncompressed P-256 point, for ES256.
    Point([u8; POINT]),
    /// Modulus and exponent without leading zeros, for RS256.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

impl Jwk {
    /// The key of an uncompressed point, named by its thumbprint; `None` for octets of another form.
    pub(crate) fn from_point(point: &[u8]) -> Option<Self> {
        let point: [u8; POINT] = point.try_into().ok().filter(|point: &[u8; POINT]| point[0] == 4)?;
        Some(Self::named(Public::Point(point)))
    }

    /// The key of an RSA modulus and exponent, named by its thumbprint; `None` for a length that is not taken.
    pub(crate) fn from_rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Option<Self> {
        rsa(modulus, exponent).map(Self::named)
    }

    fn named(public: Public) -> Self {
        // The members of RFC 7638 §3.2 in their order; the values need no escape.
        let members = match &public {
            Public::Point(point) => {
                let (x, y) = coordinates(point);
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Public::Rsa { modulus, exponent } => {
                let (n, e) = (URL_SAFE_NO_PAD.encode(modulus), URL_SAFE_NO_PAD.encode(exponent));
                format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
            }
        };
        Self { kid: opaque::encode(&opaque::sha256(members.as_bytes())), public }
    }

    /// The key's name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it verifies.
    pub fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Point(_) => Algorithm::Es256,
            Public::Rsa { .. } => Algorithm::Rs256,
        }
    }

    /// Whether `signature` is one of this key over `message`.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            Public::Point(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Public::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
        }
    }

    /// The key of a published set, if it is one that ES256 or RS256 signatures are checked with.
    fn from_members(members: &PublishedMembers) -> Option<Self> {
        let fits = |member: &Option<String>, want: &str| member.as_deref().is_none_or(|got| got == want);
        if !fits(&members.usage, "sig") {
            return None;
        }
        let public = match members.kty.as_str() {
            "EC" if fits(&members.alg, "ES256") && members.crv.as_deref() == Some("P-256") => {
                let mut point = [4; POINT];
                point[1..33].copy_from_slice(&opaque::decode(members.x.as_deref()?)?);
                point[33..].copy_from_slice(&opaque::decode(members.y.as_deref()?)?);
                Public::Point(point)
            }
            "RSA" if fits(&members.alg, "RS256") => {
                let octets = |member: &Option<String>| URL_SAFE_NO_PAD.decode(member.as_deref()?).ok();
                rsa(octets(&members.n)?, octets(&members.e)?)?
            }
            _ => return None,
        };
        Some(Self { kid: members.kid.clone()?, public })
    }
}

fn rsa(modulus: Vec<u8>, exponent: Vec<u8>) -> Option<Public> {
    let fits = MODULUS.contains(&modulus.len()) && (1..=MAX_EXPONENT).contains(&exponent.len());
    (fits && modulus[0] != 0 && exponent[0] != 0).then_some(Public::Rsa { modulus, exponent })
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn coordinates(point: &[u8; POINT]) -> (String, String) {
    (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]))
}

/// A key as it is written.
#[derive(Serialize)]
struct Members {
    #[serde(rename = "use")]
    usage: &'static str,
    alg: Algorithm,
    kid: String,
    #[serde(flatten)]
    public: PublicMembers,
}

/// RFC 7518 §6.
#[derive(Serialize)]
#[serde(tag = "kty")]
enum PublicMembers {
    #[serde(rename = "EC")]
    Point { crv: &'static str, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

impl From<Jwk> for Members {
    fn from(jwk: Jwk) -> Self {
        let alg = jwk.algorithm();
        let public = match jwk.public {
            Public::Point(point) => {
                let (x, y) = coordinates(&point);
                PublicMembers::Point { crv: "P-256", x, y }
            }
            Public::Rsa { modulus, exponent } => {
                PublicMembers::Rsa { n: URL_SAFE_NO_PAD.encode(modulus), e: URL_SAFE_NO_PAD.encode(exponent) }
            }
        };
        Self { usage: "sig", alg, kid: jwk.kid, public }
    }
}

/// A key as others publish it; a set may hold keys of any kind.
#[derive(Deserialize)]
struct PublishedMembers {
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The set of keys with which tokens may be signed. RFC 7517 §5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwks {
    keys: Vec<Jwk>,
}

/// Why a text is no set of keys. Whoever publishes it mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// Longer than is read.
    #[error("the key set is {got} octets long; at most {MAX_SET} are read")]
    TooLong {
        /// Octets that came.
        got: usize,
    },
    /// Not the JSON of a key set.
    #[error("the key set is not JSON as RFC 7517 describes it: {problem}")]
    Json {
        /// The parser's words, with line and column.
        problem: String,
    },
    /// Two keys of one name.
    #[error("the key set has two keys with the kid '{kid}'")]
    Repeated {
        /// The name.
        kid: String,
    },
}

impl Jwks {
    /// A set, in the order given: the key that signs now, those that will, those whose tokens may still live.
    pub fn new(keys: impl IntoIterator<Item = Jwk>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Reads a published set. Keys for neither ES256 nor RS256, and those without `kid`, are passed over (RFC 7517 §5).
    ///
    /// # Errors
    /// [`JwksError`] when the text is not a key set, or when a `kid` does not name one key.
    pub fn parse(json: &str) -> Result<Self, JwksError> {
        #[derive(Deserialize)]
        struct Published {
            keys: Vec<PublishedMembers>,
        }
        if json.len() > MAX_SET {
            return Err(JwksError::TooLong { got: json.len() });
        }
        let published: Published =
            serde_json::from_str(json).map_err(|error| JwksError::Json { problem: error.to_string() })?;
        let mut keys: Vec<Jwk> = Vec::new();
        for key in published.keys.iter().filter_map(Jwk::from_members) {
            if keys.iter().any(|known| known.kid == key.kid) {
                return Err(JwksError::Repeated { kid: key.kid });
            }
            keys.push(key);
        }
        Ok(Self { keys })
    }

    /// The key of this name.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid == kid)
    }

    /// The document.
    ///
    /// # Errors
    /// None that its fields can cause; `serde_json` cannot say so in its types.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relying_party::tests::{key, other_key};

    #[test]
    fn a_set_of_several_keys_is_read_back_as_it_was_written() {
        let set = Jwks::new([key().jwk().clone(), other_key().jwk().clone()]);
        let read = Jwks::parse(&set.to_json().unwrap()).unwrap();
        assert_eq!(read, set);
        assert_eq!(read.find(other_key().kid()), Some(other_key().jwk()));
        assert_eq!(read.find("absent"), None);
    }

    /// The thumbprint was computed with OpenSSL and Python from the members of RFC 7638 §3.2.
    #[test]
    fn a_keys_name_is_its_thumbprint() {
        assert_eq!(key().kid(), "oNVoew1paHsLFK-p1sN_ns2XqYeADZYKWAy3CEDjKpg");
    }

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let set = r#"{"keys":[{"kty":"RSA","kid":"r","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-384","kid":"p"},
            {"kty":"oct","kid":"o","k":"AA"},{"kty":"EC","crv":"P-256","use":"enc","kid":"e","x":"","y":""}]}"#;
        assert_eq!(Jwks::parse(set), Ok(Jwks::new([])));
    }

    #[test]
    fn a_name_that_two_keys_share_is_refused() {
        let twice = Jwks::new([key().jwk().clone(), key().jwk().clone()]).to_json().unwrap();
        assert_eq!(Jwks::parse(&twice), Err(JwksError::Repeated { kid: key().kid().into() }));
    }

    #[test]
    fn a_text_that_is_no_set_is_refused() {
        assert!(matches!(Jwks::parse("{}"), Err(JwksError::Json { .. })));
        let long = " ".repeat(MAX_SET + 1);
        assert_eq!(Jwks::parse(&long), Err(JwksError::TooLong { got: MAX_SET + 1 }));
    }
}
