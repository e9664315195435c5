//! Decryption with our keys, under the one budget of RSA operations that a message has.

use vestibule_xmlsec::enc::{self, DecryptError, RsaBudget};
use vestibule_xmlsec::{Document, Element};

use super::{Expectation, Reason};

/// What may be decrypted in one message.
pub(super) struct Decryption<'a> {
    expect: &'a Expectation<'a>,
    budget: RsaBudget,
}

/// Why something was not decrypted.
pub(super) struct Undecrypted {
    pub(super) reason: Reason,
    pub(super) got: Option<String>,
}

impl<'a> Decryption<'a> {
    pub(super) fn new(expect: &'a Expectation<'a>) -> Self {
        Self { expect, budget: RsaBudget::new() }
    }

    /// Decrypts the one element in `EncryptedAssertion` or `EncryptedID`.
    pub(super) fn decrypt(&mut self, encrypted: Element<'_>) -> Result<Document, Undecrypted> {
        let Some(keys) = &self.expect.sp.decryption_keys else {
            return Err(Undecrypted { reason: Reason::NoDecryptionKey, got: None });
        };
        // Digests inside OAEP are not governed by the signature's policy (A11.3).
        enc::decrypt(encrypted, keys, &self.expect.algorithms, &mut self.budget).map_err(Undecrypted::from)
    }
}

impl Undecrypted {
    /// The failure of which nothing more may be said (A13.5).
    pub(super) fn in_general() -> Self {
        DecryptError::Undecryptable.into()
    }
}

impl From<DecryptError> for Undecrypted {
    fn from(error: DecryptError) -> Self {
        let reason = match error {
            DecryptError::Undecryptable => Reason::Undecryptable,
            _ => Reason::EncryptionNotAccepted,
        };
        Self { reason, got: Some(error.to_string()) }
    }
}
