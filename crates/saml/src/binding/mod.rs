//! Bindings: how a message travels through a browser (SAML Bindings §3).
//!
//! HTTP-Redirect and HTTP-POST are spoken. HTTP-POST-SimpleSign and HTTP-Artifact are recognised and refused
//! by name. The two spoken ones share the rules for form fields: a field of SAML stands at most once and
//! under its plain name, so that two readers cannot read two different messages (A23.4, A26.1). Fields that
//! SAML does not name are passed over: identity providers add the name of their submit button.

mod base64;
mod form;
pub mod post;
mod received;
pub mod redirect;
mod signer;

pub use base64::Base64Error;
pub(crate) use base64::encode as encode_base64;
pub use form::{FormError, HexDigits};
pub use received::{Carrier, MessageError, Received};
pub(crate) use received::{Header, Opened, begin};
pub use signer::Signer;

use std::fmt;
use thiserror::Error;

/// The XML of a message is at most this many bytes long, whatever it travelled in: 256 KiB (A21).
pub const MAX_MESSAGE: usize = 256 * 1024;

/// A RelayState that we make is at most this many bytes long (SAML Bindings §3.4.3).
pub const MAX_RELAY_STATE: usize = 80;

/// A RelayState that we are sent is at most this many bytes long. Identity providers put whole addresses
/// there, and the standard's 80 bytes bind them little.
pub const MAX_FOREIGN_RELAY_STATE: usize = 2048;

/// Which of its two fields a message stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `SAMLRequest`: an AuthnRequest or a LogoutRequest.
    SamlRequest,
    /// `SAMLResponse`: a Response or a LogoutResponse.
    SamlResponse,
}

impl Field {
    /// The name as it stands in a query or a form.
    pub fn name(self) -> &'static str {
        match self {
            Self::SamlRequest => "SAMLRequest",
            Self::SamlResponse => "SAMLResponse",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A RelayState that we send: an opaque handle of ours, which the other party sends back with its answer
/// (SAML Bindings §3.4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayState(String);

impl RelayState {
    /// Takes a value of 1 to 80 bytes.
    ///
    /// # Errors
    /// [`RelayStateError::Empty`], or [`RelayStateError::TooLong`] beyond 80 bytes.
    pub fn new(value: impl Into<String>) -> Result<Self, RelayStateError> {
        let value = value.into();
        match value.len() {
            0 => Err(RelayStateError::Empty),
            1..=MAX_RELAY_STATE => Ok(Self(value)),
            got => Err(RelayStateError::TooLong { got, max: MAX_RELAY_STATE }),
        }
    }

    /// Another party's, to be sent back with the answer to its message: exactly as it came, up to 2,048 bytes, for
    /// identity providers put more there than the standard's 80 (SAML Bindings §3.4.3).
    ///
    /// # Errors
    /// [`RelayStateError::Empty`], or [`RelayStateError::TooLong`] beyond 2,048 bytes.
    pub fn echo(value: impl Into<String>) -> Result<Self, RelayStateError> {
        let value = value.into();
        match value.len() {
            0 => Err(RelayStateError::Empty),
            1..=MAX_FOREIGN_RELAY_STATE => Ok(Self(value)),
            got => Err(RelayStateError::TooLong { got, max: MAX_FOREIGN_RELAY_STATE }),
        }
    }

    /// The value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a value cannot be our RelayState.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RelayStateError {
    /// Nothing at all; leave it out instead.
    #[error("the RelayState is empty")]
    Empty,
    /// More than 80 bytes.
    #[error("the RelayState has {got} bytes, more than the {max} that are taken (SAML Bindings §3.4.3)")]
    TooLong {
        /// How many it has.
        got: usize,
        /// The bound.
        max: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_state_of_ours_has_1_to_80_bytes() {
        assert_eq!(RelayState::new(""), Err(RelayStateError::Empty));
        assert!(RelayState::new("r".repeat(80)).is_ok());
        assert_eq!(RelayState::new("é".repeat(41)), Err(RelayStateError::TooLong { got: 82, max: 80 }));
    }

    #[test]
    fn anothers_relay_state_is_sent_back_as_it_came_where_it_is_not_endless() {
        let long = "r".repeat(2048);
        assert_eq!(RelayState::echo(long.as_str()).unwrap().as_str(), long);
        assert_eq!(RelayState::echo(""), Err(RelayStateError::Empty));
        assert_eq!(RelayState::echo("r".repeat(2049)), Err(RelayStateError::TooLong { got: 2049, max: 2048 }));
    }
}
