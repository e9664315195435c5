//! All that is sealed, wherever it stands, for the day on which the sealing key changes.

use std::fmt;

use vestibule_domain::id::{ConnectionId, EventId, UserId};

use crate::value::Row;
use crate::{StoreError, Tx};

/// What is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedKind {
    /// The deployment's keys, which sign tokens.
    TokenKey,
    /// The keys of connections.
    ConnectionKey,
    /// The secrets of webhooks.
    Webhook,
    /// The secrets of authenticators.
    Authenticator,
    /// The secrets of authenticators that are being set up, for minutes.
    Enrolment,
    /// Kept answers of connections.
    Message,
}

impl SealedKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::TokenKey, Self::ConnectionKey, Self::Webhook, Self::Authenticator, Self::Enrolment, Self::Message];
}

/// Where something sealed stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedPlace {
    /// A key of the deployment, by its name.
    TokenKey(String),
    /// A key of a connection, by its name there.
    ConnectionKey(ConnectionId, String),
    /// A webhook, by its name.
    Webhook(String),
    /// Whose authenticator.
    Authenticator(UserId),
    /// By the hash of the page's secret, and who sets it up.
    Enrolment([u8; 32], UserId),
    /// An answer, by its id.
    Message(EventId),
}

/// Something sealed, and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// Where.
    pub place: SealedPlace,
    /// As it is stored.
    pub octets: Vec<u8>,
}

impl Tx {
    /// What is sealed of a kind, by place, behind `after`; at most `limit`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sealed(
        &mut self,
        kind: SealedKind,
        after: Option<&SealedPlace>,
        limit: u32,
    ) -> Result<Vec<SealedRow>, StoreError> {
        let limit = i64::from(limit);
        let rows = match kind {
            SealedKind::TokenKey => {
                let sql = "SELECT id, sealed FROM key_material WHERE id > $1 ORDER BY id LIMIT $2";
                self.query_all(sql, &[text(after).into(), limit.into()]).await?
            }
            SealedKind::ConnectionKey => {
                let sql = "SELECT id, sealed, connection_id FROM connection_keys \
                           WHERE (connection_id, id) > ($1, $2) ORDER BY connection_id, id LIMIT $3";
                let connection = match after {
                    Some(SealedPlace::ConnectionKey(connection, _)) => *connection,
                    _ => ConnectionId::from_bytes([0; 16]),
                };
                self.query_all(sql, &[connection.into(), text(after).into(), limit.into()]).await?
            }
            SealedKind::Webhook => {
                let sql = "SELECT name, sealed FROM webhooks WHERE name > $1 ORDER BY name LIMIT $2";
                self.query_all(sql, &[text(after).into(), limit.into()]).await?
            }
            SealedKind::Authenticator => {
                let sql = "SELECT user_id, secret FROM totps WHERE user_id > $1 ORDER BY user_id LIMIT $2";
                let user = match after {
                    Some(SealedPlace::Authenticator(user)) => *user,
                    _ => UserId::from_bytes([0; 16]),
                };
                self.query_all(sql, &[user.into(), limit.into()]).await?
            }
            SealedKind::Enrolment => {
                let sql = "SELECT hash, secret, user_id FROM second_steps \
                           WHERE hash > $1 AND secret IS NOT NULL ORDER BY hash LIMIT $2";
                let hash = match after {
                    Some(SealedPlace::Enrolment(hash, _)) => *hash,
                    _ => [0; 32],
                };
                self.query_all(sql, &[(&hash).into(), limit.into()]).await?
            }
            SealedKind::Message => {
                let sql = "SELECT id, sealed FROM kept_messages WHERE id > $1 ORDER BY id LIMIT $2";
                let id = match after {
                    Some(SealedPlace::Message(id)) => *id,
                    _ => EventId::from_bytes([0; 16]),
                };
                self.query_all(sql, &[id.into(), limit.into()]).await?
            }
        };
        rows.iter().map(|row| Ok(SealedRow { place: place(kind, row)?, octets: row.blob(1)?.to_owned() })).collect()
    }

    /// Puts the same in another sealing into its place. False, and nothing changed, where `old` is not there any more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn put_sealed(&mut self, place: &SealedPlace, old: &[u8], new: &[u8]) -> Result<bool, StoreError> {
        let (old, new) = (old.into(), new.into());
        let changed = match place {
            SealedPlace::TokenKey(id) => {
                let sql = "UPDATE key_material SET sealed = $1 WHERE id = $2 AND sealed = $3";
                self.execute(sql, &[new, id.as_str().into(), old]).await?
            }
            SealedPlace::ConnectionKey(connection, id) => {
                let sql = "UPDATE connection_keys SET sealed = $1 WHERE connection_id = $2 AND id = $3 AND sealed = $4";
                self.execute(sql, &[new, (*connection).into(), id.as_str().into(), old]).await?
            }
            SealedPlace::Webhook(name) => {
                let sql = "UPDATE webhooks SET sealed = $1 WHERE name = $2 AND sealed = $3";
                self.execute(sql, &[new, name.as_str().into(), old]).await?
            }
            SealedPlace::Authenticator(user) => {
                let sql = "UPDATE totps SET secret = $1 WHERE user_id = $2 AND secret = $3";
                self.execute(sql, &[new, (*user).into(), old]).await?
            }
            SealedPlace::Enrolment(hash, _) => {
                let sql = "UPDATE second_steps SET secret = $1 WHERE hash = $2 AND secret = $3";
                self.execute(sql, &[new, hash.into(), old]).await?
            }
            SealedPlace::Message(id) => {
                let sql = "UPDATE kept_messages SET sealed = $1 WHERE id = $2 AND sealed = $3";
                self.execute(sql, &[new, (*id).into(), old]).await?
            }
        };
        Ok(changed > 0)
    }
}

/// The name at the end of a place; empty where there is none.
fn text(place: Option<&SealedPlace>) -> &str {
    match place {
        Some(SealedPlace::TokenKey(name) | SealedPlace::ConnectionKey(_, name) | SealedPlace::Webhook(name)) => name,
        _ => "",
    }
}

fn place(kind: SealedKind, row: &Row) -> Result<SealedPlace, StoreError> {
    Ok(match kind {
        SealedKind::TokenKey => SealedPlace::TokenKey(row.text(0)?.to_owned()),
        SealedKind::ConnectionKey => SealedPlace::ConnectionKey(row.id(2)?, row.text(0)?.to_owned()),
        SealedKind::Webhook => SealedPlace::Webhook(row.text(0)?.to_owned()),
        SealedKind::Authenticator => SealedPlace::Authenticator(row.id(0)?),
        SealedKind::Enrolment => SealedPlace::Enrolment(row.array(0)?, row.id(2)?),
        SealedKind::Message => SealedPlace::Message(row.id(0)?),
    })
}

impl fmt::Debug for SealedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealedRow").field(&self.place).finish()
    }
}
