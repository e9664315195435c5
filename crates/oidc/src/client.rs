//! The applications that may ask: who they are, where answers go, how they prove themselves.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use crate::opaque;
use crate::redirect_uri::RedirectUri;

/// An application that signs people in here. RFC 6749 §2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its `client_id`.
    pub id: ClientId,
    /// What people call it; shown on pages.
    pub name: String,
    /// Where answers may go; an address outside this list gets none.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where the browser may be sent after a logout; elsewhere it is not sent. RP-Initiated Logout 1.0 §3.1.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Whether it runs on a person's own machine: then any port of a loopback address is its own, and private-use
    /// schemes may be registered. RFC 8252 §7. Default: no.
    #[serde(default)]
    pub native: bool,
    /// Whether it must use PKCE. Default: it must.
    #[serde(default)]
    pub pkce: Pkce,
    /// How it proves itself at the token endpoint.
    pub authentication: ClientAuthentication,
}

/// Whether a client must prove by PKCE that the code comes back to whoever asked for it. RFC 9700 §2.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// Always, with S256.
    #[default]
    Required,
    /// Where it does not, its requests must carry a `nonce`, which it alone can compare. Weaker: for a confidential
    /// client whose software cannot do PKCE, and for no other.
    Optional,
}

/// How a client proves itself at the token endpoint. OIDC Core §9.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientAuthentication {
    /// By one of its secrets, in HTTP Basic (`client_secret_basic`) or in the body (`client_secret_post`). Several are
    /// valid at once, so that a secret can be replaced without an interruption; with none, the client is locked out.
    ClientSecret {
        /// The hashes of the valid secrets.
        secrets: Vec<SecretHash>,
    },
    /// Not at all (`none`): a public client, such as one on people's own devices, which can keep no secret. PKCE binds
    /// its codes to it (RFC 8252 §6, §8.4).
    None,
}

impl ClientAuthentication {
    /// Whether `secret` is one of the client's. Takes the same time whichever it is. A public client has none.
    pub fn accepts(&self, secret: &str) -> bool {
        let secrets: &[SecretHash] = match self {
            Self::ClientSecret { secrets } => secrets,
            Self::None => &[],
        };
        let presented = opaque::sha256(secret.as_bytes());
        secrets.iter().fold(false, |found, known| found | verify_slices_are_equal(&known.0, &presented).is_ok())
    }
}

/// `client_id`: 1 to 128 printable ASCII characters without a space, compared as they are. RFC 6749 §2.2.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

/// Why a text is no `client_id`. The application's developer mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientIdError {
    /// Empty, or longer than 128 characters.
    #[error("a client_id has 1 to 128 characters, this one {got}")]
    Length {
        /// Octets that came.
        got: usize,
    },
    /// Characters that are not printable ASCII.
    #[error("a client_id has printable ASCII characters only, and no space")]
    Character,
}

impl ClientId {
    /// Judges `text`.
    ///
    /// # Errors
    /// [`ClientIdError`] for a length or a character outside the grammar.
    pub fn new(text: impl Into<String>) -> Result<Self, ClientIdError> {
        let text = text.into();
        if text.is_empty() || text.len() > 128 {
            return Err(ClientIdError::Length { got: text.len() });
        }
        if !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(ClientIdError::Character);
        }
        Ok(Self(text))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ClientId {
    type Error = ClientIdError;

    fn try_from(text: String) -> Result<Self, ClientIdError> {
        Self::new(text)
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

/// A client's secret in the clear: at least 32 octets, so that its plain hash cannot be guessed back.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

/// The secret is short enough to be guessed from its hash. Whoever registers the application draws a longer one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the client secret has {got} octets; draw one of 32 to 256 (for example: 32 random octets in base64)")]
pub struct ClientSecretError {
    /// Octets that came.
    pub got: usize,
}

impl ClientSecret {
    /// Judges a secret that somebody chose.
    ///
    /// # Errors
    /// [`ClientSecretError`] below 32 octets and above 256.
    pub fn new(text: impl Into<String>) -> Result<Self, ClientSecretError> {
        let text = text.into();
        if !(32..=256).contains(&text.len()) {
            return Err(ClientSecretError { got: text.len() });
        }
        Ok(Self(text))
    }

    /// The caller draws the octets, from a generator that is fit for secrets.
    pub fn from_random(octets: [u8; 32]) -> Self {
        Self(opaque::encode(&octets))
    }

    /// The text that the application's operator gets, once.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored.
    pub fn hash(&self) -> SecretHash {
        SecretHash(opaque::sha256(self.0.as_bytes()))
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// SHA-256 of a client's secret: 43 characters of base64url where it is stored, nothing where it is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretHash([u8; opaque::OCTETS]);

/// Why a stored text is no hash of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret's hash has 43 characters of base64url")]
pub struct SecretHashError;

impl TryFrom<String> for SecretHash {
    type Error = SecretHashError;

    fn try_from(text: String) -> Result<Self, SecretHashError> {
        opaque::decode(&text).map(Self).ok_or(SecretHashError)
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        opaque::encode(&hash.0)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_of_several_secrets_is_accepted_and_no_other() {
        let (old, new) = (ClientSecret::from_random([1; 32]), ClientSecret::from_random([2; 32]));
        let both = ClientAuthentication::ClientSecret { secrets: vec![old.hash(), new.hash()] };
        assert!(both.accepts(old.as_str()) && both.accepts(new.as_str()));
        assert!(!both.accepts(ClientSecret::from_random([3; 32]).as_str()));
        assert!(!both.accepts(""));
        let none = ClientAuthentication::ClientSecret { secrets: vec![] };
        assert!(!none.accepts(old.as_str()) && !none.accepts(""));
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused() {
        assert_eq!(ClientSecret::new("correct horse battery staple"), Err(ClientSecretError { got: 28 }));
        assert!(ClientSecret::new("x".repeat(32)).is_ok());
    }

    #[test]
    fn a_client_is_stored_with_hashes_and_printed_without() {
        let client = Client {
            id: ClientId::new("board").unwrap(),
            name: "Board".into(),
            redirect_uris: vec![RedirectUri::new("https://app.example.com/callback").unwrap()],
            post_logout_redirect_uris: Vec::new(),
            native: false,
            pkce: Pkce::Required,
            authentication: ClientAuthentication::ClientSecret {
                secrets: vec![ClientSecret::from_random([1; 32]).hash()],
            },
        };
        let stored = serde_json::to_string(&client).unwrap();
        assert!(stored.contains(r#""method":"client_secret""#), "{stored}");
        assert!(!stored.contains(ClientSecret::from_random([1; 32]).as_str()));
        assert_eq!(serde_json::from_str::<Client>(&stored).unwrap(), client);
        let hash = String::from(ClientSecret::from_random([1; 32]).hash());
        assert!(!format!("{client:?}").contains(&hash));
    }
}
