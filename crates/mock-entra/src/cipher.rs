//! Encryption of assertions and names, with fixed content keys: these are test data, not secrets.

use vestibule_xmlsec::algorithms::DigestAlgorithm;
use vestibule_xmlsec::enc::{ContentAlgorithm, Encryption, KeyTransport, encrypt};
use vestibule_xmlsec::keys::EncryptionKey;

use crate::keys;
use crate::text::{cut, element, swap};

/// How something is encrypted. The default is AES-256-CBC under RSA-OAEP with SHA-1, as Entra does it.
#[derive(Debug, Clone)]
pub struct Cipher {
    /// Name of the recipient's certificate in `vectors/keys/`.
    pub recipient: &'static str,
    /// How the content is encrypted.
    pub content: ContentAlgorithm,
    /// How its key is.
    pub transport: KeyTransport,
    /// Octet that the content key is made of.
    pub content_key: u8,
}

impl Default for Cipher {
    fn default() -> Self {
        Self {
            recipient: "sp",
            content: ContentAlgorithm::Aes256Cbc,
            transport: KeyTransport::RsaOaepMgf1p { digest: DigestAlgorithm::Sha1 },
            content_key: 0x5A,
        }
    }
}

impl Cipher {
    /// AES-256-GCM under RSA-OAEP with SHA-256.
    pub fn modern() -> Self {
        let transport = KeyTransport::RsaOaep { digest: DigestAlgorithm::Sha256, mgf1: DigestAlgorithm::Sha256 };
        Self { content: ContentAlgorithm::Aes256Gcm, transport, ..Self::default() }
    }

    /// The `EncryptedData` of this text, which may be anything.
    ///
    /// # Panics
    /// The recipient's key cannot encrypt.
    pub fn seal(&self, plaintext: &str) -> String {
        let recipient = EncryptionKey::of(&keys::certificate(self.recipient)).expect("an RSA key");
        let how = Encryption { recipient: &recipient, content: self.content, transport: self.transport };
        let content_key = vec![self.content_key; self.content.key_len()];
        let iv = vec![0xA5; self.content.iv_len()];
        encrypt(plaintext, &how, &content_key, &iv).expect("lengths that fit")
    }

    /// The `EncryptedAssertion` of this text.
    pub fn encrypted_assertion(&self, plaintext: &str) -> String {
        wrap("EncryptedAssertion", &self.seal(plaintext))
    }

    /// The message with its assertion encrypted.
    pub fn assertion(&self, xml: &str) -> String {
        let parts = cut(xml, "Assertion");
        parts.with(&self.encrypted_assertion(&parts.it))
    }

    /// The message with its `NameID` encrypted.
    pub fn name_id(&self, xml: &str) -> String {
        let name_id = element(xml, "NameID");
        let alone = name_id.replacen("<NameID", &format!("<NameID xmlns=\"{ASSERTION}\""), 1);
        swap(xml, &name_id, &wrap("EncryptedID", &self.seal(&alone)))
    }
}

const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

/// What holds an `EncryptedData`.
pub(crate) fn wrap(name: &str, encrypted_data: &str) -> String {
    format!("<{name} xmlns=\"{ASSERTION}\">{encrypted_data}</{name}>")
}
