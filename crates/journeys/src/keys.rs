//! Private keys in the store: sealed, each for the row that it stands in.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::id::ConnectionId;
use vestibule_store::tx::{ConnectionKey, KeyPurpose};
use vestibule_store::{NONCE_LENGTH, SealError, Sealable, Sealed, Sealer};
use vestibule_xmlsec::keys::Certificate;

/// A private key in PKCS#8 DER, as it is sealed.
pub struct PrivateKey(Vec<u8>);

impl PrivateKey {
    /// A key that its maker hands over.
    pub fn from_pkcs8(der: Vec<u8>) -> Self {
        Self(der)
    }

    /// PKCS#8 DER.
    pub fn pkcs8(&self) -> &[u8] {
        &self.0
    }
}

impl Sealable for PrivateKey {
    const PURPOSE: &'static str = "private key";

    fn octets(&self) -> &[u8] {
        &self.0
    }

    fn from_octets(octets: &[u8]) -> Option<Self> {
        Some(Self(octets.to_vec()))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// A key pair for a connection with its certificate, signed by itself. Made at the edge, which has a generator.
#[derive(Debug)]
pub struct MadeKey {
    /// The private key.
    pub private: PrivateKey,
    /// Its certificate, for the identity provider.
    pub certificate: Certificate,
}

/// The row of a connection's new key, which is in force at once.
///
/// # Errors
/// The cipher's.
pub fn seal_connection_key(
    connection: ConnectionId,
    purpose: KeyPurpose,
    made: &MadeKey,
    now: Timestamp,
    sealer: &Sealer,
    nonce: [u8; NONCE_LENGTH],
) -> Result<ConnectionKey, SealError> {
    let id = made.certificate.thumbprint_sha256();
    let sealed = sealer.seal(&connection_row(connection, &id), &made.private, nonce)?;
    Ok(ConnectionKey {
        id,
        purpose,
        sealed: sealed.stored().to_vec(),
        certificate: made.certificate.der().to_vec(),
        created_at: now,
        is_active: true,
    })
}

/// The private key of a connection's row.
///
/// # Errors
/// It was sealed with a key that is not configured, or changed.
pub fn open_connection_key(
    connection: ConnectionId,
    key: &ConnectionKey,
    sealer: &Sealer,
) -> Result<PrivateKey, SealError> {
    sealer.open(&connection_row(connection, &key.id), &Sealed::from_stored(key.sealed.clone()))
}

pub(crate) fn connection_row(connection: ConnectionId, key: &str) -> String {
    format!("connection {connection} {key}")
}
