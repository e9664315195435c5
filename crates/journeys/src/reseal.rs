//! The sealing key changes: all that older keys sealed is sealed anew, so that they can be destroyed.
//!
//! ```text
//! each kind, page by page ─▶ whose key? ─▶ open, seal with the present one ─▶ one conditional write each
//! ```
//!
//! Nodes go on meanwhile: each of them opens what either key sealed. What one of them writes at the same moment is not
//! overwritten, and is found by the next run.

use vestibule_domain::event::{Actor, Fact};
use vestibule_store::tx::{SealedKind, SealedPlace, SealedRow};
use vestibule_store::{KeyId, NONCE_LENGTH, SealError, Sealable, Sealed, Sealer, StoreError};

use crate::ctx::Ctx;
use crate::inspect::kept::{self, Packed};
use crate::keys::{PrivateKey, connection_row};
use crate::password::AuthenticatorSecret;
use crate::problem::Problem;
use crate::webhooks::{Secrets, secrets_row};

/// How many are read, and written, at once.
const PAGE: u32 = 200;

/// What is done with what older keys sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// It is counted.
    Count,
    /// It is sealed anew.
    Reseal,
}

/// What was found of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The kind.
    pub kind: SealedKind,
    /// So many are sealed with the present key.
    pub current: u64,
    /// So many are sealed with an older one that is configured.
    pub older: u64,
    /// So many were sealed anew.
    pub resealed: u64,
    /// What no configured key opens.
    pub closed: Vec<Closed>,
}

/// Something that does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Where it stands.
    pub place: SealedPlace,
    /// Why it stays closed.
    pub why: SealError,
}

impl Found {
    fn none(kind: SealedKind) -> Self {
        Self { kind, current: 0, older: 0, resealed: 0, closed: Vec::new() }
    }

    /// Whether the present key alone opens all of it.
    pub fn is_current(&self) -> bool {
        self.older == 0 && self.closed.is_empty()
    }
}

/// Looks at all that is sealed, opening each, and seals anew what is to be. One line of each kind.
///
/// # Errors
/// Those of the store. What does not open is no error: it is told, and stays.
pub async fn reseal(ctx: &Ctx, wish: Wish) -> Result<Vec<Found>, Problem> {
    let mut all = Vec::new();
    for kind in SealedKind::ALL {
        let mut found = Found::none(kind);
        let mut after: Option<SealedPlace> = None;
        loop {
            let from = after.clone();
            let rows: Vec<SealedRow> =
                ctx.store.read(move |tx| Box::pin(async move { tx.sealed(kind, from.as_ref(), PAGE).await })).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.place.clone());
            page(ctx, wish, rows, &mut found).await?;
        }
        all.push(found);
    }
    Ok(all)
}

/// One sealing takes the place of another.
struct Replacement {
    place: SealedPlace,
    old: Vec<u8>,
    new: Vec<u8>,
}

async fn page(ctx: &Ctx, wish: Wish, rows: Vec<SealedRow>, found: &mut Found) -> Result<(), Problem> {
    let sealer = ctx.store.sealer();
    let current = sealer.current_key();
    let mut replacements = Vec::new();
    for SealedRow { place, octets } in rows {
        match again(sealer, &place, &octets, ctx.random()) {
            Err(why) => found.closed.push(Closed { place, why }),
            Ok((key, _)) if key == Some(current) => found.current += 1,
            Ok((_, new)) => {
                found.older += 1;
                replacements.push(Replacement { place, old: octets, new });
            }
        }
    }
    if wish == Wish::Reseal && !replacements.is_empty() {
        let resealed = replace(ctx, current, replacements).await?;
        found.resealed += resealed;
        found.older -= resealed;
        found.current += resealed;
    }
    Ok(())
}

async fn replace(ctx: &Ctx, key: KeyId, replacements: Vec<Replacement>) -> Result<u64, StoreError> {
    let shared = ctx.clone();
    ctx.store
        .write(move |tx| {
            Box::pin(async move {
                let mut secrets = 0;
                for Replacement { place, old, new } in replacements {
                    secrets += u64::from(tx.put_sealed(&place, &old, &new).await?);
                }
                if secrets > 0 {
                    let fact = Fact::SecretsResealed { key: key.to_string(), secrets };
                    tx.insert_event(&shared.event(None, Actor::CommandLine, fact)).await?;
                }
                Ok(secrets)
            })
        })
        .await
}

/// By which key it was sealed, and the same sealed by the present one.
fn again(
    sealer: &Sealer,
    place: &SealedPlace,
    octets: &[u8],
    nonce: [u8; NONCE_LENGTH],
) -> Result<(Option<KeyId>, Vec<u8>), SealError> {
    match place {
        SealedPlace::TokenKey(id) => one::<PrivateKey>(sealer, id, octets, nonce),
        SealedPlace::ConnectionKey(connection, id) => {
            one::<PrivateKey>(sealer, &connection_row(*connection, id), octets, nonce)
        }
        SealedPlace::Webhook(name) => one::<Secrets>(sealer, &secrets_row(name), octets, nonce),
        SealedPlace::Authenticator(user) | SealedPlace::Enrolment(_, user) => {
            one::<AuthenticatorSecret>(sealer, &user.to_string(), octets, nonce)
        }
        SealedPlace::Message(id) => one::<Packed>(sealer, &kept::row(*id), octets, nonce),
    }
}

fn one<T: Sealable>(
    sealer: &Sealer,
    subject: &str,
    octets: &[u8],
    nonce: [u8; NONCE_LENGTH],
) -> Result<(Option<KeyId>, Vec<u8>), SealError> {
    let sealed = Sealed::<T>::from_stored(octets.to_vec());
    let content = sealer.open(subject, &sealed)?;
    Ok((sealed.key(), sealer.seal(subject, &content, nonce)?.stored().to_vec()))
}
