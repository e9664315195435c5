//! What SAML needs and the crypto provider (`aws-lc-rs`) does not offer, in safe functions over its
//! own library (AWS-LC): RSA-OAEP whose digest and MGF1 digest differ, which XML Encryption allows
//! (`xenc11:MGF`), and, behind the feature `test-doubles`, RSA signatures over SHA-1, which a fake
//! identity provider must be able to make.
//!
//! This is the only crate of the workspace that may hold `unsafe`. Each foreign object has one owner
//! in `owned`, which frees it on every path; each `unsafe` block says why it is sound.

mod owned;
mod rsa;
mod secret;
#[cfg(feature = "test-doubles")]
mod sha1_signing;

pub use rsa::{DecryptFailed, EncryptFailed, Hash, KeyRejected, RsaPrivateKey, RsaPublicKey};
pub use secret::Secret;
#[cfg(feature = "test-doubles")]
pub use sha1_signing::SignFailed;
