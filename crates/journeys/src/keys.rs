//! Private keys in the store: sealed, each for the row that it stands in.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::ConnectionId;
use vestibule_oidc::SigningKey;
use vestibule_store::tx::{ConnectionKey, KeyPurpose, StoredKey};
use vestibule_store::{Constraint, NONCE_LENGTH, SealError, Sealable, Sealed, Sealer, Store, StoreError};
use vestibule_xmlsec::keys::Certificate;

use crate::problem::Problem;

/// The purpose of the keys that sign ID tokens.
pub const TOKEN_SIGNING: &str = "token_signing";

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

fn connection_row(connection: ConnectionId, key: &str) -> String {
    format!("connection {connection} {key}")
}

/// The key that signs ID tokens: of those that are not withdrawn the one that came into force last. None in a
/// database that has none yet.
///
/// # Errors
/// Those of the store, and a key that cannot be opened or read.
pub async fn token_signing_key(store: &Store, now: Timestamp) -> Result<Option<SigningKey>, Problem> {
    let keys = store.read(|tx| Box::pin(async move { tx.keys(TOKEN_SIGNING).await })).await?;
    let in_force = keys.iter().filter(|key| key.active_from <= now && key.retired_at.is_none_or(|at| now < at));
    let Some(newest) = in_force.max_by_key(|key| (key.active_from, &key.id)) else { return Ok(None) };
    let sealed = Sealed::<PrivateKey>::from_stored(newest.sealed.clone());
    let private = store.sealer().open(&newest.id, &sealed).map_err(StoreError::from)?;
    SigningKey::from_pkcs8(private.pkcs8()).map(Some).map_err(Problem::broken)
}

/// Keeps the first key that signs ID tokens. Of two nodes that come at once one wins, and both sign with its key.
///
/// # Errors
/// Those of the store, and a key that is none.
pub async fn keep_token_signing_key(
    store: &Store,
    private: &PrivateKey,
    nonce: [u8; NONCE_LENGTH],
    event: AuditEvent,
) -> Result<SigningKey, Problem> {
    let made = SigningKey::from_pkcs8(private.pkcs8()).map_err(Problem::broken)?;
    let at = event.at;
    // The name is the place in the series, so that two first keys collide.
    let id = format!("{TOKEN_SIGNING} 1");
    let sealed = store.sealer().seal(&id, private, nonce).map_err(StoreError::from)?.stored().to_vec();
    let key = StoredKey {
        id,
        purpose: TOKEN_SIGNING.to_owned(),
        sealed,
        public: made.kid().to_owned(),
        created_at: at,
        active_from: at,
        retired_at: None,
    };
    let kept = store.write(move |tx| Box::pin(async move { tx.insert_key(&key, &event).await })).await;
    match kept {
        Ok(()) => Ok(made),
        Err(StoreError::Unique { constraint: Constraint::PrimaryKey }) => {
            let other = token_signing_key(store, at).await?;
            other.ok_or_else(|| Problem::broken("the key that signs ID tokens is withdrawn, and there is no other"))
        }
        Err(error) => Err(error.into()),
    }
}
