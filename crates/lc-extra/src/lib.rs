#![doc = include_str!("../README.md")]

mod owned;
mod rsa;
mod secret;
#[cfg(feature = "test-doubles")]
mod sha1_signing;

pub use rsa::{DecryptFailed, EncryptFailed, Hash, KeyRejected, RsaPrivateKey, RsaPublicKey};
pub use secret::Secret;
#[cfg(feature = "test-doubles")]
pub use sha1_signing::SignFailed;
