//! Decryption of one element.

use super::algorithm::{ContentAlgorithm, EncryptionAlgorithmError};
use super::read::{self, Encrypted, EncryptedKey};
use crate::algorithms::{AlgorithmError, Algorithms};
use crate::children::ContentError;
use crate::error::ValueError;
use crate::keys::{DecryptionKey, DecryptionKeys};
use crate::tree::{Document, Element};

/// How many RSA operations one message may still cost (A13.10-11). Made once for a message and shared
/// by everything that is decrypted in it.
#[derive(Debug)]
pub struct RsaBudget {
    left: usize,
    /// The key that opened something in this message before: the one to begin with.
    found: Option<usize>,
}

/// Why an element was not decrypted.
///
/// All variants but the last follow from what the sender of the message can see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecryptError {
    /// A child that XML Encryption or its SAML profile does not have, a missing one, or a comment.
    #[error("the encrypted element is malformed: {0}")]
    Content(#[from] ContentError),
    /// An attribute that XML Encryption does not have.
    #[error("the encrypted element is malformed: {element} has attribute {attribute}")]
    Attribute {
        /// Local name of the element.
        element: String,
        /// Local name of the attribute.
        attribute: String,
    },
    /// An attribute that must be there.
    #[error("the encrypted element is malformed: {element} has no attribute {attribute}")]
    AttributeMissing {
        /// Local name of the element.
        element: String,
        /// Local name of the attribute.
        attribute: &'static str,
    },
    /// A value that is not one run of text.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// `CipherValue` is not base64, or is empty.
    #[error("CipherValue is not base64")]
    Base64,
    /// The ciphertext is elsewhere.
    #[error("the ciphertext must be in the message: CipherReference is not accepted")]
    CipherReference,
    /// The plaintext is said to be something else than one element.
    #[error("the plaintext must be one element, not of type {got:?}")]
    Type {
        /// The `Type` that was read.
        got: String,
    },
    /// An algorithm for content, key transport or mask that is not accepted.
    #[error(transparent)]
    Encryption(#[from] EncryptionAlgorithmError),
    /// A digest inside OAEP that is not accepted.
    #[error(transparent)]
    Digest(#[from] AlgorithmError),
    /// OAEP with a label.
    #[error("OAEPparams must be empty or absent")]
    OaepLabel,
    /// The ciphertext is of no length that the algorithm can give.
    #[error("{got} bytes cannot be a ciphertext of {}", algorithm.uri())]
    CiphertextLength {
        /// Bytes of IV, content and tag.
        got: usize,
        /// The algorithm that was named.
        algorithm: ContentAlgorithm,
    },
    /// No `EncryptedKey` in the `KeyInfo` of `EncryptedData` or beside it.
    #[error("there is no EncryptedKey, neither in KeyInfo nor beside EncryptedData")]
    NoEncryptedKey,
    /// Too many `EncryptedKey` elements.
    #[error("there are {got} or more EncryptedKey elements, at most {max} are accepted")]
    EncryptedKeys {
        /// How many, or one more than is accepted.
        got: usize,
        /// How many are accepted.
        max: usize,
    },
    /// A `RetrievalMethod` that does not lead to an `EncryptedKey` of the same document.
    #[error("RetrievalMethod {got:?} does not lead to an EncryptedKey in this message")]
    Retrieval {
        /// Its `URI`.
        got: String,
    },
    /// The message has used up its RSA operations.
    #[error("the message needs more than {max} RSA operations")]
    BudgetSpent {
        /// How many a message may cost.
        max: usize,
    },
    /// It does not decrypt to one well-formed element with any of our keys. There is no further reason,
    /// not in `Debug` either: whichever it is would be an oracle.
    #[error("it cannot be decrypted with our keys")]
    Undecryptable,
}

impl RsaBudget {
    /// RSA operations that one message may cost.
    pub const MAX: usize = 4;

    /// The budget of one message.
    pub fn new() -> Self {
        Self { left: Self::MAX, found: None }
    }
}

impl Default for RsaBudget {
    fn default() -> Self {
        Self::new()
    }
}

/// Decrypts the one element that `encrypted` holds.
///
/// `encrypted` is the parent of `EncryptedData`, such as `saml:EncryptedAssertion` or
/// `saml:EncryptedID`: `EncryptedKey` elements may stand beside `EncryptedData` in it. Its own name is
/// not looked at, nor is the name of the result's root; the caller knows which they must be. The
/// plaintext is parsed under the limits of the document that it came from.
///
/// Every key is tried on every `EncryptedKey`, as far as `budget` goes, also after one has fitted, and
/// the content is decrypted and parsed also when none has: how long it takes says nothing about which
/// step failed.
///
/// # Errors
/// Anything that the sender can see is named; anything else is [`DecryptError::Undecryptable`].
pub fn decrypt(
    encrypted: Element<'_>,
    keys: &DecryptionKeys,
    algorithms: &Algorithms,
    budget: &mut RsaBudget,
) -> Result<Document, DecryptError> {
    let parts = read::encrypted(encrypted, *algorithms)?;
    let attempts = attempts(&parts.keys, keys, budget);
    if attempts.is_empty() && budget.left == 0 {
        return Err(DecryptError::BudgetSpent { max: RsaBudget::MAX });
    }
    budget.left -= attempts.len();
    let (found, plaintext) = open(&parts, keys, &attempts);
    let document = Document::parse(&plaintext.bytes, encrypted.document.limits());
    match (found, plaintext.intact, document) {
        (Some(key), true, Ok(document)) => {
            budget.found = Some(key);
            Ok(document)
        }
        _ => Err(DecryptError::Undecryptable),
    }
}

/// One RSA operation to make: an encrypted key, and the index of the key of ours to try.
struct Attempt<'a> {
    encrypted: &'a EncryptedKey,
    key: &'a DecryptionKey,
    index: usize,
}

struct Plaintext {
    bytes: Vec<u8>,
    intact: bool,
}

/// The RSA operations to make: those whose lengths fit, which is public, within the budget.
fn attempts<'a>(encrypted: &'a [EncryptedKey], keys: &'a DecryptionKeys, budget: &RsaBudget) -> Vec<Attempt<'a>> {
    let mut ordered: Vec<(usize, &DecryptionKey)> = keys.as_slice().iter().enumerate().collect();
    ordered.sort_by_key(|(index, _)| budget.found != Some(*index));
    ordered
        .into_iter()
        .flat_map(|(index, key)| encrypted.iter().map(move |encrypted| Attempt { encrypted, key, index }))
        .filter(|attempt| attempt.encrypted.ciphertext.len() == attempt.key.modulus_len())
        .take(budget.left)
        .collect()
}

/// Makes all attempts and decrypts the content, with a substitute key where none has fitted.
fn open(parts: &Encrypted, keys: &DecryptionKeys, attempts: &[Attempt<'_>]) -> (Option<usize>, Plaintext) {
    let key_len = parts.algorithm.key_len();
    let mut found = None;
    let mut content_key = keys.as_slice().first().map(|key| key.substitute(&parts.ciphertext, key_len));
    for attempt in attempts {
        let transport = attempt.encrypted.transport;
        let opened = attempt.key.decrypt_oaep(transport.digest(), transport.mgf1(), &attempt.encrypted.ciphertext);
        // A key of another length is for another algorithm: not ours (A13.8).
        let fitting = opened.filter(|opened| opened.as_bytes().len() == key_len);
        if let (None, Some(fitting)) = (found, fitting) {
            found = Some(attempt.index);
            content_key = Some(fitting);
        }
    }
    let content_key = content_key.as_ref().map_or(&[][..], |key| key.as_bytes());
    let opened = parts.algorithm.open(content_key, &parts.ciphertext);
    (found, Plaintext { bytes: opened.plaintext, intact: opened.intact })
}
