//! Certificates and keys: read from what people paste, trusted because the caller says so.
//!
//! A certificate is a container for a key and for the words that help a person recognise it. Trust is
//! by identity (the key itself is configured); no chain is built and no extension is judged.

mod certificate;
mod der;
mod encryption;
mod name;
mod private;
mod public;
mod text;
mod trusted;

pub use certificate::{Certificate, CertificateError, read_certificates};
pub use encryption::{DecryptionKey, DecryptionKeys, EncryptionKey, NoDecryptionKey};
pub use private::{PrivateKeyError, SigningError, SigningKey};
pub use public::{Curve, KeyError, KeyFingerprint, KeyKind, VerifyError, VerifyingKey};
pub use text::{Pasted, TextError};
pub use trusted::{NoTrustedKey, TrustedKeys};
