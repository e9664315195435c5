//! Encryption of one element, for the identity provider's side.

use super::algorithm::{ContentAlgorithm, KeyTransport, mgf1_uri};
use super::{NAMESPACE, NAMESPACE_11, TYPE_ELEMENT};
use crate::algorithms::DigestAlgorithm;
use crate::base64;
use crate::keys::EncryptionKey;
use crate::write::Writer;

/// How to encrypt, and for whom.
#[derive(Clone, Copy, Debug)]
pub struct Encryption<'a> {
    /// Whose key it is encrypted for.
    pub recipient: &'a EncryptionKey,
    /// How the content is encrypted. Default: AES-256-GCM.
    pub content: ContentAlgorithm,
    /// How the content key is encrypted. Default: `rsa-oaep` with SHA-256 and MGF1-SHA-256.
    pub transport: KeyTransport,
}

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptError {
    /// The content key is of another length than the algorithm's.
    #[error("the content key has {got} bytes, {} wants {want}", algorithm.uri())]
    KeyLength {
        /// Bytes given.
        got: usize,
        /// Bytes that it must have.
        want: usize,
        /// The algorithm.
        algorithm: ContentAlgorithm,
    },
    /// The initialisation vector is of another length than the algorithm's.
    #[error("the initialisation vector has {got} bytes, {} wants {want}", algorithm.uri())]
    IvLength {
        /// Bytes given.
        got: usize,
        /// Bytes that it must have.
        want: usize,
        /// The algorithm.
        algorithm: ContentAlgorithm,
    },
    /// The cryptographic provider failed, which happens only when it has no memory or no randomness.
    #[error("the cryptographic provider could not encrypt")]
    Provider,
}

impl<'a> Encryption<'a> {
    /// The defaults, for this recipient.
    pub fn new(recipient: &'a EncryptionKey) -> Self {
        Self {
            recipient,
            content: ContentAlgorithm::Aes256Gcm,
            transport: KeyTransport::RsaOaep { digest: DigestAlgorithm::Sha256, mgf1: DigestAlgorithm::Sha256 },
        }
    }
}

/// Encrypts `element`, the text of one element that declares every namespace it uses.
///
/// Returns an `xenc:EncryptedData` with the `xenc:EncryptedKey` in its `ds:KeyInfo`, to be put into a
/// `saml:EncryptedAssertion` or `saml:EncryptedID`. `content_key` and `iv` must be fresh random bytes,
/// [`ContentAlgorithm::key_len`] and [`ContentAlgorithm::iv_len`] of them, never used again. The seed of
/// OAEP is the provider's own; the padding of CBC is zeros and its length.
///
/// # Errors
/// [`EncryptError::KeyLength`] or [`EncryptError::IvLength`] where `content_key` or `iv` has
/// another length, [`EncryptError::Provider`] where the provider has no memory or no randomness.
pub fn encrypt(element: &str, how: &Encryption<'_>, content_key: &[u8], iv: &[u8]) -> Result<String, EncryptError> {
    let algorithm = how.content;
    let (got, want) = (content_key.len(), algorithm.key_len());
    if got != want {
        return Err(EncryptError::KeyLength { got, want, algorithm });
    }
    let (got, want) = (iv.len(), algorithm.iv_len());
    if got != want {
        return Err(EncryptError::IvLength { got, want, algorithm });
    }
    let content = algorithm.seal(content_key, iv, element.as_bytes()).ok_or(EncryptError::Provider)?;
    let (digest, mgf1) = (how.transport.digest(), how.transport.mgf1());
    // 32 bytes fit even SHA-512's OAEP with the smallest modulus: 256 - 2 * 64 - 2.
    let key = how.recipient.encrypt_oaep(digest, mgf1, content_key).ok_or(EncryptError::Provider)?;
    Ok(write(how, &content, &key))
}

fn write(how: &Encryption<'_>, content: &[u8], key: &[u8]) -> String {
    let mut xml = Writer::new();
    xml.open("xenc:EncryptedData").attribute("xmlns:xenc", NAMESPACE).attribute("Type", TYPE_ELEMENT);
    xml.open("xenc:EncryptionMethod").attribute("Algorithm", how.content.uri()).close();
    xml.open("ds:KeyInfo").attribute("xmlns:ds", "http://www.w3.org/2000/09/xmldsig#");
    xml.open("xenc:EncryptedKey");
    xml.open("xenc:EncryptionMethod").attribute("Algorithm", how.transport.uri());
    xml.open("ds:DigestMethod").attribute("Algorithm", how.transport.digest().uri()).close();
    if let KeyTransport::RsaOaep { mgf1, .. } = how.transport {
        xml.open("xenc11:MGF").attribute("xmlns:xenc11", NAMESPACE_11).attribute("Algorithm", mgf1_uri(mgf1)).close();
    }
    xml.close();
    cipher_data(&mut xml, key);
    xml.close().close();
    cipher_data(&mut xml, content);
    xml.finish()
}

fn cipher_data(xml: &mut Writer, octets: &[u8]) {
    xml.open("xenc:CipherData").leaf("xenc:CipherValue", &base64::encode(octets)).close();
}
