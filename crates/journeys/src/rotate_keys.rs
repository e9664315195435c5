//! A connection's own keys change while people sign in (HY-12).
//!
//! A new key stands beside the one before: both are in the metadata, both decrypt, and the older one goes on signing
//! until it is retired, so that the identity provider can be given the new certificate in between. A retired key is
//! shown to nobody and still decrypts what was under way; when it is removed, that ends too.

use jiff::Timestamp;
use thiserror::Error;
use vestibule_domain::account::AccountPath;
use vestibule_domain::connection::{Connection, Encryption};
use vestibule_domain::event::{Actor, Fact, KeyChange};
use vestibule_domain::name::Slug;
use vestibule_store::tx::{ConnectionKey, KeyPurpose};
use vestibule_store::{NONCE_LENGTH, SealError, StoreError, Tx};
use vestibule_xmlsec::keys::{Certificate, CertificateError, read_certificates};

use crate::ctx::Ctx;
use crate::keys::{MadeKey, seal_connection_key};

/// A connection by its account's path and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionName {
    /// The account.
    pub account: AccountPath,
    /// The connection's short name in it.
    pub name: Slug,
}

/// A key of a connection, without its private half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnKey {
    /// Its name: the SHA-256 thumbprint of its certificate, in hexadecimal digits.
    pub id: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// What it does now.
    pub state: KeyState,
    /// What the identity provider is given.
    pub certificate: Certificate,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It stands in the metadata; it signs, or decrypts.
    InForce,
    /// It stands in the metadata, and signs once the one before is retired.
    Next,
    /// It is shown to nobody, and signs nothing; one for decryption still decrypts.
    Retired,
}

/// Why a key is not listed or changed.
#[derive(Debug, Error)]
pub enum RotateError {
    /// No such account.
    #[error("there is no account {got:?}; `vestibule apply` makes accounts")]
    NoAccount {
        /// Its path.
        got: String,
    },
    /// No such connection.
    #[error("the account {account:?} has no connection {got:?}; it has {there}")]
    NoConnection {
        /// The account's path.
        account: String,
        /// The name.
        got: String,
        /// The names that there are.
        there: String,
    },
    /// The settings want no key of this kind.
    #[error(
        "the connection has {setting} = \"{got}\" and uses no such key; set {setting} = \"{want}\" with `vestibule apply`, which makes the first one"
    )]
    NotUsed {
        /// The key of the settings.
        setting: &'static str,
        /// Its value.
        got: &'static str,
        /// One that uses keys.
        want: &'static str,
    },
    /// No key begins so.
    #[error("the connection has no key that begins with {got:?}; it has {there}")]
    NoKey {
        /// What was named.
        got: String,
        /// The keys that there are.
        there: String,
    },
    /// Several keys begin so.
    #[error("{count} keys of the connection begin with {got:?}; give more digits")]
    Ambiguous {
        /// What was named.
        got: String,
        /// How many.
        count: usize,
    },
    /// The last key that the settings need.
    #[error(
        "this is the only key in force for {purpose}, and the connection needs one; add another and give its certificate to the identity provider first"
    )]
    Last {
        /// What it is for.
        purpose: &'static str,
    },
    /// It is in force.
    #[error("this key is in force; retire it first, and remove it when nothing is encrypted for it any more")]
    InForce,
    /// It is out of force.
    #[error("this key is retired already")]
    Retired,
    /// What was stored is no certificate.
    #[error("the certificate of a key cannot be read: {0}")]
    Certificate(#[from] CertificateError),
    /// The private key was not sealed.
    #[error("the key cannot be sealed: {0}")]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The keys of a connection, the oldest first.
///
/// # Errors
/// No such connection; those of the store.
pub async fn list(ctx: &Ctx, of: &ConnectionName) -> Result<Vec<OwnKey>, RotateError> {
    let of = of.clone();
    ctx.store
        .read(move |tx| {
            Box::pin(async move {
                let (_, keys) = find(tx, &of).await?;
                own_keys(&keys)
            })
        })
        .await
}

/// Puts a key that was just made beside those in force.
///
/// # Errors
/// No such connection, or one whose settings use no such key; those of the store.
pub async fn add(ctx: &Ctx, of: &ConnectionName, purpose: KeyPurpose, made: MadeKey) -> Result<OwnKey, RotateError> {
    let (of, ctx_of_write) = (of.clone(), ctx.clone());
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                let ctx = ctx_of_write;
                let (connection, _) = find(tx, &of).await?;
                if let Some(not_used) = not_used(&connection, purpose) {
                    return Err(not_used);
                }
                let nonce = ctx.random::<NONCE_LENGTH>();
                let key = seal_connection_key(connection.id, purpose, &made, ctx.now, ctx.store.sealer(), nonce)?;
                let event = changed(&ctx, &connection, &key, KeyChange::Made);
                tx.insert_connection_key(connection.id, &key, &event).await?;
                the(tx, &connection, &key.id).await
            })
        })
        .await
}

/// Takes a key out of force; `begins` are the first digits of its name. The last one that the settings need stays.
///
/// # Errors
/// No such connection or key, the last key; those of the store.
pub async fn retire(ctx: &Ctx, of: &ConnectionName, begins: &str) -> Result<OwnKey, RotateError> {
    let (of, begins, ctx_of_write) = (of.clone(), begins.to_owned(), ctx.clone());
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                let (connection, keys) = find(tx, &of).await?;
                let key = named(&keys, &begins)?;
                if !key.is_active {
                    return Err(RotateError::Retired);
                }
                let is_other =
                    |other: &&ConnectionKey| other.is_active && other.purpose == key.purpose && other.id != key.id;
                if keys.iter().filter(is_other).count() == 0 && not_used(&connection, key.purpose).is_none() {
                    return Err(RotateError::Last { purpose: purpose_name(key.purpose) });
                }
                let event = changed(&ctx_of_write, &connection, key, KeyChange::Retired);
                tx.set_connection_key_active(connection.id, &key.id, false, &event).await?;
                the(tx, &connection, &key.id).await
            })
        })
        .await
}

/// Removes a retired key for good, and returns what it was.
///
/// # Errors
/// No such connection or key, a key in force; those of the store.
pub async fn remove(ctx: &Ctx, of: &ConnectionName, begins: &str) -> Result<OwnKey, RotateError> {
    let (of, begins, ctx_of_write) = (of.clone(), begins.to_owned(), ctx.clone());
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                let (connection, keys) = find(tx, &of).await?;
                let key = named(&keys, &begins)?;
                let own = the(tx, &connection, &key.id).await?;
                let event = changed(&ctx_of_write, &connection, key, KeyChange::Removed);
                if !tx.remove_connection_key(connection.id, &key.id, &event).await? {
                    return Err(RotateError::InForce);
                }
                Ok(own)
            })
        })
        .await
}

/// What a key is for, in a word.
pub const fn purpose_name(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::Signing => "signing",
        KeyPurpose::Decryption => "decryption",
    }
}

async fn find(tx: &mut Tx, of: &ConnectionName) -> Result<(Connection, Vec<ConnectionKey>), RotateError> {
    let no_account = || RotateError::NoAccount { got: of.account.to_string() };
    let account = tx.account_by_path(&of.account).await?.ok_or_else(no_account)?;
    let connections = tx.connections_in(account.id).await?;
    let there = listed(connections.iter().map(|connection| connection.name.as_str()));
    let no_connection =
        || RotateError::NoConnection { account: of.account.to_string(), got: of.name.to_string(), there };
    let found = connections.into_iter().find(|connection| connection.name == of.name);
    let connection = found.ok_or_else(no_connection)?;
    let keys = tx.connection_keys(connection.id).await?;
    Ok((connection, keys))
}

fn not_used(connection: &Connection, purpose: KeyPurpose) -> Option<RotateError> {
    let saml = &connection.saml;
    match purpose {
        KeyPurpose::Signing if !saml.signs() => {
            Some(RotateError::NotUsed { setting: "requests", got: "unsigned", want: "signed" })
        }
        KeyPurpose::Decryption if saml.encryption == Encryption::Off => {
            Some(RotateError::NotUsed { setting: "encryption", got: "off", want: "gcm" })
        }
        KeyPurpose::Signing | KeyPurpose::Decryption => None,
    }
}

fn named<'a>(keys: &'a [ConnectionKey], begins: &str) -> Result<&'a ConnectionKey, RotateError> {
    let got = begins.to_ascii_lowercase();
    let found: Vec<_> = keys.iter().filter(|key| key.id.to_ascii_lowercase().starts_with(&got)).collect();
    match found.as_slice() {
        [key] => Ok(key),
        [] => {
            let there = listed(keys.iter().map(|key| key.id.get(..12).unwrap_or(&key.id)));
            Err(RotateError::NoKey { got: begins.to_owned(), there })
        }
        several => Err(RotateError::Ambiguous { got: begins.to_owned(), count: several.len() }),
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn changed(ctx: &Ctx, of: &Connection, key: &ConnectionKey, change: KeyChange) -> vestibule_domain::event::AuditEvent {
    let fact = Fact::KeyChanged { purpose: purpose_name(key.purpose).to_owned(), key: key.id.clone(), change };
    ctx.event(of.account, Actor::CommandLine, fact)
}

/// One of the keys as it is now.
async fn the(tx: &mut Tx, of: &Connection, id: &str) -> Result<OwnKey, RotateError> {
    let keys = own_keys(&tx.connection_keys(of.id).await?)?;
    let no_key = || RotateError::NoKey { got: id.to_owned(), there: listed(keys.iter().map(|key| key.id.as_str())) };
    keys.iter().find(|key| key.id == id).cloned().ok_or_else(no_key)
}

fn own_keys(keys: &[ConnectionKey]) -> Result<Vec<OwnKey>, RotateError> {
    let signs = keys.iter().find(|key| key.is_active && key.purpose == KeyPurpose::Signing).map(|key| &key.id);
    let own = |key: &ConnectionKey| {
        let state = match (key.is_active, key.purpose) {
            (false, _) => KeyState::Retired,
            (true, KeyPurpose::Signing) if signs != Some(&key.id) => KeyState::Next,
            (true, _) => KeyState::InForce,
        };
        Ok(OwnKey {
            id: key.id.clone(),
            purpose: key.purpose,
            state,
            certificate: read_certificates(&key.certificate)?.swap_remove(0),
            created_at: key.created_at,
        })
    };
    keys.iter().map(own).collect()
}
