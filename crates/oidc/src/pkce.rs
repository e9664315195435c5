//! Proof Key for Code Exchange, method S256 only: RFC 7636.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use crate::{form, opaque};

/// The SHA-256 hash of a verifier that the application keeps. RFC 7636 §4.2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge([u8; opaque::OCTETS]);

/// Why a text is no `code_challenge` of method S256. The application's developer mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("code_challenge is not the base64url SHA-256 hash of a verifier: it has 43 characters and no '='")]
pub struct CodeChallengeError;

impl CodeChallenge {
    /// Reads the 43 characters of base64url that the application sent.
    ///
    /// # Errors
    /// [`CodeChallengeError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, CodeChallengeError> {
        opaque::decode(text).map(Self).ok_or(CodeChallengeError)
    }

    /// The challenge of `verifier`.
    pub fn of(verifier: &CodeVerifier) -> Self {
        Self(opaque::sha256(verifier.0.as_bytes()))
    }

    /// Whether `verifier` is the one behind this challenge, in constant time. RFC 7636 §4.6.
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        verify_slices_are_equal(&self.0, &Self::of(verifier).0).is_ok()
    }

    /// The text that travels.
    pub fn to_text(&self) -> String {
        opaque::encode(&self.0)
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = CodeChallengeError;

    fn try_from(text: String) -> Result<Self, CodeChallengeError> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.to_text()
    }
}

/// What the application kept: 43 to 128 unreserved characters. RFC 7636 §4.1.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(String);

/// Why a text is no `code_verifier`. The application's developer mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeVerifierError {
    /// Too short to be secret, or too long.
    #[error("code_verifier has {got} characters; it must have 43 to 128")]
    Length {
        /// Characters that came.
        got: usize,
    },
    /// A character that is not unreserved.
    #[error("code_verifier has a character other than A-Z, a-z, 0-9, '-', '.', '_' and '~'")]
    Character,
}

impl CodeVerifier {
    /// Judges `text`.
    ///
    /// # Errors
    /// [`CodeVerifierError`] for a length or a character that the grammar excludes.
    pub fn parse(text: &str) -> Result<Self, CodeVerifierError> {
        if !text.bytes().all(form::is_unreserved) {
            return Err(CodeVerifierError::Character);
        }
        if !(43..=128).contains(&text.len()) {
            return Err(CodeVerifierError::Length { got: text.len() });
        }
        Ok(Self(text.to_owned()))
    }

    /// The caller draws the octets, from a generator that is fit for secrets.
    pub fn from_random(octets: [u8; 32]) -> Self {
        Self(opaque::encode(&octets))
    }

    /// The text that the application keeps and sends once.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.is_met_by(&verifier));
        assert_eq!(CodeChallenge::of(&verifier).to_text(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(!challenge.is_met_by(&CodeVerifier::from_random([1; 32])));
    }

    #[test]
    fn a_verifier_has_43_to_128_unreserved_characters() {
        assert_eq!(CodeVerifier::parse(&"a".repeat(42)), Err(CodeVerifierError::Length { got: 42 }));
        assert_eq!(CodeVerifier::parse(&"a".repeat(129)), Err(CodeVerifierError::Length { got: 129 }));
        assert!(CodeVerifier::parse(&"a".repeat(43)).is_ok());
        assert!(CodeVerifier::parse(&"~".repeat(128)).is_ok());
        assert_eq!(CodeVerifier::parse(&"a b+".repeat(12)), Err(CodeVerifierError::Character));
    }
}
