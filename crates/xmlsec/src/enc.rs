//! XML Encryption 1.1, as far as SAML needs it: one element, encrypted with AES for the holder of an
//! RSA key (SAML Core §6, XML Encryption §5).
//!
//! What stands in the message in clear (elements, algorithms, lengths) is checked first and refused by
//! name. What depends on a key or on the plaintext fails in one way, [`DecryptError::Undecryptable`],
//! after the same steps: otherwise an answer, or the time it takes, would decrypt messages for
//! strangers (A13.5, A13.7). What was decrypted is a [`Document`](crate::Document) of its
//! own, and proves nothing: a signature still has to.
//!
//! RSA PKCS#1 v1.5 key transport, 3DES, key wrapping and key agreement do not exist here.

mod algorithm;
mod cipher;
mod decrypt;
mod encrypt;
mod read;

pub use algorithm::{ContentAlgorithm, EncryptionAlgorithmError, KeyTransport, RefusedEncryption};
pub use decrypt::{DecryptError, RsaBudget, decrypt};
pub use encrypt::{EncryptError, Encryption, encrypt};

/// The namespace of XML Encryption 1.0.
pub const NAMESPACE: &str = "http://www.w3.org/2001/04/xmlenc#";
/// The namespace of what XML Encryption 1.1 added.
pub const NAMESPACE_11: &str = "http://www.w3.org/2009/xmlenc11#";
/// `Type` of an encrypted element, the only one that SAML has.
const TYPE_ELEMENT: &str = "http://www.w3.org/2001/04/xmlenc#Element";
/// `Type` of a `ds:RetrievalMethod` that leads to an `EncryptedKey`.
const TYPE_ENCRYPTED_KEY: &str = "http://www.w3.org/2001/04/xmlenc#EncryptedKey";
