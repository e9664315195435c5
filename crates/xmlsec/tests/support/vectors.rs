//! The folder `vectors/` and the keys in it.

use std::fs;
use std::path::{Path, PathBuf};

use vestibule_xmlsec::algorithms::SignatureAlgorithm;
use vestibule_xmlsec::keys::{Certificate, DecryptionKey, DecryptionKeys, SigningKey, TrustedKeys, read_certificates};

/// A path below `vectors/`.
pub(crate) fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(below)
}

pub(crate) fn read(below: &str) -> Vec<u8> {
    let path = path(below);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn text(below: &str) -> String {
    String::from_utf8(read(below)).unwrap_or_else(|error| panic!("{below}: {error}"))
}

pub(crate) fn certificate(name: &str) -> Certificate {
    let mut certificates = read_certificates(&read(&format!("keys/{name}.cert.pem"))).expect("a certificate");
    certificates.remove(0)
}

pub(crate) fn trusted(name: &str) -> TrustedKeys {
    TrustedKeys::one(certificate(name).public_key().expect("a usable key"))
}

pub(crate) fn signing_key(name: &str) -> SigningKey {
    SigningKey::read(&read(&format!("keys/{name}.key.pem"))).expect("a private key")
}

pub(crate) fn decryption_keys(name: &str) -> DecryptionKeys {
    DecryptionKeys::one(DecryptionKey::read(&read(&format!("keys/{name}.key.pem"))).expect("a private key"))
}

/// Every algorithm that we sign with, and the name of each key that does.
pub(crate) fn signers() -> Vec<(SignatureAlgorithm, &'static str)> {
    let mut signers = Vec::new();
    for algorithm in SignatureAlgorithm::ALL {
        for name in ["idp", "p256", "p384", "p521", "ed25519"] {
            if signing_key(name).sign(algorithm, b"").is_ok() {
                signers.push((algorithm, name));
            }
        }
    }
    signers
}
