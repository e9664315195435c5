//! Public keys, as they are published and read. RFC 7517, RFC 7518 §6.2, RFC 7638.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::opaque;

/// The longest set that is read, in octets.
const MAX_SET: usize = 64 * 1024;

/// An uncompressed P-256 point: 0x04, x, y. SEC 1 §2.3.3.
const POINT: usize = 65;

/// A P-256 public key for ES256 signatures, with its name.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(into = "Members")]
pub struct Jwk {
    kid: String,
    point: [u8; POINT],
}

impl Jwk {
    /// The key of an uncompressed point, named by its thumbprint; `None` for octets of another form.
    pub(crate) fn from_point(point: &[u8]) -> Option<Self> {
        let point: [u8; POINT] = point.try_into().ok().filter(|point: &[u8; POINT]| point[0] == 4)?;
        let (x, y) = coordinates(&point);
        // The members of RFC 7638 §3.2 in their order; the values need no escape.
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Some(Self { kid: opaque::encode(&opaque::sha256(members.as_bytes())), point })
    }

    /// The key's name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn point(&self) -> &[u8] {
        &self.point
    }

    /// The key of a published set, if it is one that ES256 signatures are checked with.
    fn from_members(members: &PublishedMembers) -> Option<Self> {
        let fits = |member: &Option<String>, want: &str| member.as_deref().is_none_or(|got| got == want);
        if members.kty != "EC" || !fits(&members.usage, "sig") || !fits(&members.alg, "ES256") {
            return None;
        }
        let (Some("P-256"), Some(x), Some(y)) = (members.crv.as_deref(), &members.x, &members.y) else { return None };
        let mut point = [4; POINT];
        point[1..33].copy_from_slice(&opaque::decode(x)?);
        point[33..].copy_from_slice(&opaque::decode(y)?);
        Some(Self { kid: members.kid.clone()?, point })
    }
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
    kty: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    crv: &'static str,
    x: String,
    y: String,
}

impl From<Jwk> for Members {
    fn from(jwk: Jwk) -> Self {
        let (x, y) = coordinates(&jwk.point);
        Self { kty: "EC", usage: "sig", alg: "ES256", kid: jwk.kid, crv: "P-256", x, y }
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

    /// Reads a published set. Keys that are not for ES256, or have no `kid`, are passed over (RFC 7517 §5).
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
