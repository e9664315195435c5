//! Keys that carry other keys: ours, which decrypts, and another party's, which encrypts for it.

use std::fmt;

use aws_lc_rs::hmac;
use vestibule_lc_extra::{Hash, KeyRejected, RsaPrivateKey, RsaPublicKey, Secret};

use super::private::{check_rsa, private_block};
use super::text::Pasted;
use super::{Certificate, KeyError, PrivateKeyError};
use crate::algorithms::DigestAlgorithm;

/// A private key that decrypts: RSA of 2048 to 8192 bits. `Debug` shows its size only.
pub struct DecryptionKey {
    key: RsaPrivateKey,
    /// Makes the keys that stand in where this key decrypts nothing: see [`Self::substitute`].
    rejection: hmac::Key,
}

/// At least one key that decrypts, in the order in which they are tried: the current one and, while
/// one replaces another, the next or the last.
#[derive(Debug)]
pub struct DecryptionKeys(Vec<DecryptionKey>);

/// There was no key to decrypt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no decryption key is given")]
pub struct NoDecryptionKey;

/// Another party's public key, for which content keys are encrypted: RSA of 2048 to 8192 bits.
#[derive(Debug)]
pub struct EncryptionKey(RsaPublicKey);

impl DecryptionKey {
    /// Reads one RSA private key: PKCS#8 or PKCS#1, in PEM, DER or bare base64.
    ///
    /// Certificates beside the key, as `openssl` writes them, are passed over.
    ///
    /// # Errors
    /// As [`SigningKey::read`](super::SigningKey::read); an elliptic curve or Ed25519 key is
    /// [`PrivateKeyError::Unusable`] as well.
    pub fn read(input: &[u8]) -> Result<Self, PrivateKeyError> {
        let block = private_block(input)?;
        let key = match block.kind {
            Pasted::Pkcs1 => RsaPrivateKey::from_pkcs1(&block.der),
            _ => RsaPrivateKey::from_pkcs8(&block.der),
        };
        let key = check_rsa(key, &block)?;
        // Secret, because the whole private key goes into it; the same for the same key text.
        let rejection = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"implicit rejection"), &block.der);
        Ok(Self { key, rejection: hmac::Key::new(hmac::HMAC_SHA256, rejection.as_ref()) })
    }

    /// Bytes of the modulus, which is the length of every ciphertext for this key.
    pub(crate) fn modulus_len(&self) -> usize {
        self.key.modulus_len()
    }

    /// RSA-OAEP with an empty label; `None` says no more than that it did not decrypt.
    pub(crate) fn decrypt_oaep(
        &self,
        digest: DigestAlgorithm,
        mgf1: DigestAlgorithm,
        ciphertext: &[u8],
    ) -> Option<Secret> {
        self.key.decrypt_oaep(hash(digest), hash(mgf1), ciphertext).ok()
    }

    /// A content key of up to 32 bytes to go on with where `ciphertext` did not decrypt: the same each
    /// time, and unknown to whoever made the ciphertext, so that failing here looks like failing later.
    pub(crate) fn substitute(&self, ciphertext: &[u8], len: usize) -> Secret {
        let tag = hmac::sign(&self.rejection, ciphertext);
        Secret::new(tag.as_ref().iter().copied().cycle().take(len).collect())
    }
}

impl DecryptionKeys {
    /// Takes these keys, in this order; refuses an empty list.
    ///
    /// # Errors
    /// [`NoDecryptionKey`] for the empty list.
    pub fn new(keys: Vec<DecryptionKey>) -> Result<Self, NoDecryptionKey> {
        if keys.is_empty() { Err(NoDecryptionKey) } else { Ok(Self(keys)) }
    }

    /// Takes one key.
    pub fn one(key: DecryptionKey) -> Self {
        Self(vec![key])
    }

    /// The keys in the order given.
    pub(crate) fn as_slice(&self) -> &[DecryptionKey] {
        &self.0
    }
}

impl EncryptionKey {
    /// Reads an X.509 `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for anything but an RSA key, [`KeyError::RsaSize`] outside 2048 to
    /// 8192 bits, [`KeyError::RsaExponent`] for a public exponent below 65537.
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        RsaPublicKey::from_spki(spki).map(Self).map_err(|error| match error {
            KeyRejected::Malformed => KeyError::Malformed,
            KeyRejected::Size { got } => KeyError::RsaSize { got: got as usize },
            KeyRejected::Exponent { got } => KeyError::RsaExponent { got },
        })
    }

    /// The key in a certificate.
    ///
    /// # Errors
    /// As [`from_spki`](Self::from_spki).
    pub fn of(certificate: &Certificate) -> Result<Self, KeyError> {
        Self::from_spki(certificate.spki())
    }

    /// RSA-OAEP with an empty label; `None` where `plaintext` is too long for the key and digest.
    pub(crate) fn encrypt_oaep(
        &self,
        digest: DigestAlgorithm,
        mgf1: DigestAlgorithm,
        plaintext: &[u8],
    ) -> Option<Vec<u8>> {
        self.0.encrypt_oaep(hash(digest), hash(mgf1), plaintext).ok()
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey(RSA {}, …)", self.key.bits())
    }
}

fn hash(digest: DigestAlgorithm) -> Hash {
    match digest {
        DigestAlgorithm::Sha1 => Hash::Sha1,
        DigestAlgorithm::Sha256 => Hash::Sha256,
        DigestAlgorithm::Sha384 => Hash::Sha384,
        DigestAlgorithm::Sha512 => Hash::Sha512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decryption_without_a_key_cannot_be_set_up() {
        assert_eq!(DecryptionKeys::new(Vec::new()).unwrap_err(), NoDecryptionKey);
    }
}
