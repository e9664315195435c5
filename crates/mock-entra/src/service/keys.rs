//! The keys of the service, in `keys/` of this crate. They are public and prove nothing to anybody.

use std::fmt;

use vestibule_lc_extra::RsaPrivateKey;
use vestibule_xmlsec::keys::SigningKey;

use crate::text::unbase64;

/// An RSA key, ready to sign with either algorithm.
pub struct Key {
    name: &'static str,
    signing: SigningKey,
    sha1: RsaPrivateKey,
}

/// There is no key of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no key {got:?}; app-1 to app-6 and tenant-1 to tenant-3 exist, and attacker for forgeries")]
pub struct UnknownKey {
    /// The name.
    pub got: String,
}

macro_rules! keys {
    ($($name:literal at $path:literal)*) => {
        const KEYS: &[(&str, &str)] = &[$(($name, include_str!($path))),*];
    };
}

keys! {
    "app-1" at "../../keys/app-1.key.pem"
    "app-2" at "../../keys/app-2.key.pem"
    "app-3" at "../../keys/app-3.key.pem"
    "app-4" at "../../keys/app-4.key.pem"
    "app-5" at "../../keys/app-5.key.pem"
    "app-6" at "../../keys/app-6.key.pem"
    "tenant-1" at "../../keys/tenant-1.key.pem"
    "tenant-2" at "../../keys/tenant-2.key.pem"
    "tenant-3" at "../../keys/tenant-3.key.pem"
    "attacker" at "../../../../vectors/keys/attacker.key.pem"
}

/// Names of the keys that certificates of applications take in turn.
pub(super) const FOR_APPLICATIONS: [&str; 6] = ["app-1", "app-2", "app-3", "app-4", "app-5", "app-6"];
/// Names of the keys that certificates of tenants take in turn.
pub(super) const FOR_TENANTS: [&str; 3] = ["tenant-1", "tenant-2", "tenant-3"];

impl Key {
    /// The key of this name.
    ///
    /// # Errors
    /// There is none.
    ///
    /// # Panics
    /// One of the files that this was built from is no key.
    pub fn named(name: &str) -> Result<Self, UnknownKey> {
        let unknown = || UnknownKey { got: name.to_owned() };
        let (name, pem) = KEYS.iter().find(|(known, _)| *known == name).ok_or_else(unknown)?;
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        Ok(Self {
            name,
            signing: SigningKey::read(pem.as_bytes()).expect("a key of ours can be read"),
            sha1: RsaPrivateKey::from_pkcs8(&unbase64(&body)).expect("a key of ours can be read"),
        })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The key as it signs with SHA-256.
    pub fn signing_key(&self) -> &SigningKey {
        &self.signing
    }

    /// RSA PKCS#1 v1.5 with SHA-1. None where the provider fails.
    pub(super) fn sign_sha1(&self, octets: &[u8]) -> Option<Vec<u8>> {
        self.sha1.sign_pkcs1_sha1(octets).ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.name)
    }
}
