//! The keys that sign tokens: made, published, used and taken back by the schedule of [`key_schedule`], for each
//! algorithm.
//!
//! ```text
//! job, on one node ─▶ what is due? ─▶ make, seal, write ─┐
//! each minute, on each node ─▶ read all, open, keep ◀────┘
//! ```
//!
//! A key signs days after it was written, so a node that reads it a minute late signs with the same one as all others.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use vestibule_domain::event::{Actor, AuditEvent, Fact, KeyChange};
use vestibule_domain::key_schedule::{self, KeyStep, KeyTimes};
use vestibule_oidc::{Algorithm, Jwks, SigningKey};
use vestibule_store::tx::StoredKey;
use vestibule_store::{Constraint, NONCE_LENGTH, Sealed, Store, StoreError};

use crate::ctx::Ctx;
use crate::jobs::{Means, Turn};
use crate::keys::PrivateKey;
use crate::problem::Problem;

/// Makes a private key for an algorithm, at the edge, which has a generator. It takes a while.
pub type MakeKey = fn(Algorithm) -> Result<PrivateKey, String>;

/// The keys as this node knows them.
pub struct TokenKeys(RwLock<Arc<Ring>>);

/// All keys, at one time.
#[derive(Debug, Default)]
pub struct Ring {
    keys: Vec<RingKey>,
}

#[derive(Debug)]
struct RingKey {
    key: SigningKey,
    times: KeyTimes,
}

impl TokenKeys {
    /// These, until others are read.
    pub fn new(ring: Ring) -> Self {
        Self(RwLock::new(Arc::new(ring)))
    }

    /// All of them.
    pub fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, ring: Ring) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }
}

impl Ring {
    /// These keys, each of which signs from `since` on.
    pub fn of(keys: impl IntoIterator<Item = SigningKey>, since: Timestamp) -> Self {
        let times = KeyTimes { active_from: since, retired_at: None };
        Self { keys: keys.into_iter().map(|key| RingKey { key, times }).collect() }
    }

    /// The key that signs now by an algorithm.
    ///
    /// # Errors
    /// There is none, which the schedule never leads to.
    pub fn signing(&self, algorithm: Algorithm, now: Timestamp) -> Result<&SigningKey, Problem> {
        let keys: Vec<&RingKey> = self.keys.iter().filter(|key| key.key.algorithm() == algorithm).collect();
        let times: Vec<KeyTimes> = keys.iter().map(|key| key.times).collect();
        let signing = key_schedule::signing(&times, now).and_then(|at| keys.get(at));
        signing.map(|key| &key.key).ok_or_else(|| Problem::broken(format!("no key signs by {algorithm}")))
    }

    /// What applications are shown: the keys that sign, that will, and whose tokens may still live.
    pub fn published(&self, now: Timestamp) -> Jwks {
        let shown = self.keys.iter().filter(|key| key.times.retired_at.is_none_or(|at| now < at));
        Jwks::new(shown.map(|key| key.key.jwk().clone()))
    }

    /// All that ever signed, for tokens of our own that come back long after they were made.
    pub fn known(&self) -> Jwks {
        Jwks::new(self.keys.iter().map(|key| key.key.jwk().clone()))
    }
}

/// The purpose of an algorithm's keys in the database.
pub(crate) const fn purpose(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "token_signing",
        Algorithm::Rs256 => "token_signing_rs256",
    }
}

/// Reads and opens all keys.
///
/// # Errors
/// Those of the store, and a key that cannot be opened or read.
pub async fn read(store: &Store) -> Result<Ring, Problem> {
    let mut ring = Ring::default();
    for algorithm in Algorithm::ALL {
        let stored = store.read(move |tx| Box::pin(async move { tx.keys(purpose(algorithm)).await })).await?;
        for key in stored {
            let sealed = Sealed::<PrivateKey>::from_stored(key.sealed.clone());
            let private = store.sealer().open(&key.id, &sealed).map_err(StoreError::from)?;
            let signing = SigningKey::from_pkcs8(algorithm, private.pkcs8()).map_err(Problem::broken)?;
            ring.keys.push(RingKey { key: signing, times: times(&key) });
        }
    }
    Ok(ring)
}

/// Reads all keys anew, for this node.
///
/// # Errors
/// Those of the store, and a key that cannot be opened or read: the node goes on with those it has.
pub async fn refresh(ctx: &Ctx) -> Result<(), Problem> {
    ctx.token_keys.replace(read(&ctx.store).await?);
    Ok(())
}

/// A turn of the job: whatever is due for each algorithm.
pub(crate) async fn turn(ctx: &Ctx, means: &Means) -> Result<Turn, Problem> {
    for algorithm in Algorithm::ALL {
        let random = || ctx.random();
        let event = |fact| ctx.event(None, Actor::System, fact);
        let edge = Edge { make: means.make_key, nonce: &random, event: &event };
        keep_up(&ctx.store, algorithm, ctx.now, &edge).await?;
    }
    refresh(ctx).await?;
    Ok(Turn::Done)
}

/// What keys are made with.
pub struct Edge<'a> {
    /// Makes a key.
    pub make: MakeKey,
    /// Draws what a sealing needs.
    pub nonce: &'a (dyn Fn() -> [u8; NONCE_LENGTH] + Sync),
    /// A line for the audit log.
    pub event: &'a (dyn Fn(Fact) -> AuditEvent + Sync),
}

/// Does what is due for an algorithm's keys. Of two nodes that come at once one wins, and both use its key.
///
/// # Errors
/// Those of the store, a key that cannot be made.
pub async fn keep_up(store: &Store, algorithm: Algorithm, now: Timestamp, edge: &Edge<'_>) -> Result<(), Problem> {
    let (stored, known) = stored(store, algorithm).await?;
    take(store, algorithm, &stored, key_schedule::due(&known, now), now, edge).await
}

/// When a key ahead of its time takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takeover {
    /// When applications have had two days to see it.
    Announced,
    /// As soon as every node knows it; the ones before are published no more, and what they signed is refused.
    AtOnce,
}

/// Makes the next key of an algorithm before its time. False where the next one is published already.
///
/// # Errors
/// Those of the store, a key that cannot be made.
pub async fn rotate(
    store: &Store,
    algorithm: Algorithm,
    when: Takeover,
    now: Timestamp,
    edge: &Edge<'_>,
) -> Result<bool, Problem> {
    let (stored, known) = stored(store, algorithm).await?;
    let steps = match when {
        Takeover::Announced => key_schedule::ahead(&known, now),
        Takeover::AtOnce => key_schedule::at_once(&known, now),
    };
    let is_made = !steps.is_empty();
    take(store, algorithm, &stored, steps, now, edge).await?;
    Ok(is_made)
}

/// A key as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// What it signs by.
    pub algorithm: Algorithm,
    /// Its name in tokens.
    pub kid: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs, and is published no more.
    pub times: KeyTimes,
    /// Whether it signs now.
    pub signs: bool,
}

/// All keys, by algorithm, the oldest first.
///
/// # Errors
/// Those of the store.
pub async fn list(store: &Store, now: Timestamp) -> Result<Vec<ListedKey>, Problem> {
    let mut listed = Vec::new();
    for algorithm in Algorithm::ALL {
        let (stored, known) = stored(store, algorithm).await?;
        let signing = key_schedule::signing(&known, now);
        listed.extend(stored.into_iter().zip(known).enumerate().map(|(place, (key, times))| ListedKey {
            algorithm,
            kid: key.public,
            created_at: key.created_at,
            times,
            signs: signing == Some(place),
        }));
    }
    Ok(listed)
}

async fn stored(store: &Store, algorithm: Algorithm) -> Result<(Vec<StoredKey>, Vec<KeyTimes>), Problem> {
    let stored = store.read(move |tx| Box::pin(async move { tx.keys(purpose(algorithm)).await })).await?;
    let known = stored.iter().map(times).collect();
    Ok((stored, known))
}

async fn take(
    store: &Store,
    algorithm: Algorithm,
    stored: &[StoredKey],
    steps: Vec<KeyStep>,
    now: Timestamp,
    edge: &Edge<'_>,
) -> Result<(), Problem> {
    for step in steps {
        match step {
            KeyStep::Make { active_from } => make(store, algorithm, stored.len() + 1, active_from, now, edge).await?,
            KeyStep::Retire { which, at } => {
                let Some(key) = stored.get(which) else { continue };
                let (id, event) = (key.id.clone(), (edge.event)(changed(algorithm, &key.id, KeyChange::Retired)));
                store.write(move |tx| Box::pin(async move { tx.retire_key(&id, at, &event).await })).await?;
            }
        }
    }
    Ok(())
}

async fn make(
    store: &Store,
    algorithm: Algorithm,
    number: usize,
    active_from: Timestamp,
    now: Timestamp,
    edge: &Edge<'_>,
) -> Result<(), Problem> {
    let make = edge.make;
    let made = tokio::task::spawn_blocking(move || make(algorithm)).await.map_err(Problem::broken)?;
    let private = made.map_err(Problem::broken)?;
    let public = SigningKey::from_pkcs8(algorithm, private.pkcs8()).map_err(Problem::broken)?;
    // The name is the place in the series, so that of two nodes' next keys one is kept.
    let id = format!("{} {number}", purpose(algorithm));
    let sealed = store.sealer().seal(&id, &private, (edge.nonce)()).map_err(StoreError::from)?.stored().to_vec();
    let event = (edge.event)(changed(algorithm, &id, KeyChange::Made));
    let key = StoredKey {
        id,
        purpose: purpose(algorithm).to_owned(),
        sealed,
        public: public.kid().to_owned(),
        created_at: now,
        active_from,
        retired_at: None,
    };
    match store.write(move |tx| Box::pin(async move { tx.insert_key(&key, &event).await })).await {
        Ok(()) | Err(StoreError::Unique { constraint: Constraint::PrimaryKey }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn changed(algorithm: Algorithm, key: &str, change: KeyChange) -> Fact {
    Fact::KeyChanged { purpose: purpose(algorithm).to_owned(), key: key.to_owned(), change }
}

fn times(key: &StoredKey) -> KeyTimes {
    KeyTimes { active_from: key.active_from, retired_at: key.retired_at }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TokenKeys").field(&self.ring()).finish()
    }
}

impl fmt::Debug for Edge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").finish_non_exhaustive()
    }
}
