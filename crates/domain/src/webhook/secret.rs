//! Secrets of webhooks, in the form of Standard Webhooks.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many octets a secret has (Standard Webhooks, "Signature scheme").
const OCTETS: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that signs what a webhook is told. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

/// A text that is no secret. Nothing of the text is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SecretError {
    /// Another beginning.
    #[error("a secret begins with {PREFIX}; make one by: echo \"{PREFIX}$(openssl rand -base64 32)\"")]
    Prefix,
    /// What follows is no base64.
    #[error("what follows {PREFIX} is not base64; make a secret by: echo \"{PREFIX}$(openssl rand -base64 32)\"")]
    Base64,
    /// Too short or too long.
    #[error(
        "a secret has {} to {} octets, and this has {got}; make one by: echo \"{PREFIX}$(openssl rand -base64 32)\"",
        OCTETS.start(), OCTETS.end()
    )]
    Length {
        /// How many it has.
        got: usize,
    },
}

impl WebhookSecret {
    /// Reads `whsec_` and base64 with padding.
    ///
    /// # Errors
    /// See [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let octets = STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?;
        Self::from_octets(&octets).ok_or(SecretError::Length { got: octets.len() })
    }

    /// From its octets; none where there are too few or too many.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        OCTETS.contains(&octets.len()).then(|| Self(octets.to_vec()))
    }

    /// The octets: the key of the HMAC.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}
