//! Refresh tokens, each of which is good once, and the access tokens of applications for themselves.
//!
//! A family is a row with the hash of its newest token. It is renewed by one conditional write, so that of many who bring
//! one token a single one gets the next; whoever brings another of the family ends it (RFC 9700 §4.14.2). Access tokens
//! name their family, so nothing has to be looked for when it ends.

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, ConnectionId, FamilyId, SessionId, UserId};

use super::SessionsOf;
use super::codes::debug_without_content;
use super::session_applications::HeldSession;
use crate::value::Value;
use crate::{StoreError, Tx};

/// A family that begins with a redeemed code.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFamily {
    /// Its name, which its tokens carry.
    pub id: FamilyId,
    /// SHA-256 of the first token's secret.
    pub secret_hash: [u8; 32],
    /// Whose it is.
    pub client_id: String,
    /// What it stands for, as JSON.
    pub grant: String,
    /// When it ends, where it outlives its session. None: with its session.
    pub offline_until: Option<Timestamp>,
}

/// A family that has not ended.
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyRecord {
    /// What it stands for, as JSON.
    pub grant: String,
    /// SHA-256 of its newest token's secret.
    pub secret_hash: [u8; 32],
    /// The session with which it began; perhaps over.
    pub session: SessionId,
    /// For which account.
    pub account: AccountId,
    /// Through which connection; none: with a password.
    pub connection: Option<ConnectionId>,
    /// Whose; none: of somebody whom the application alone knows.
    pub user: Option<UserId>,
    /// Whether it outlives its session.
    pub is_offline: bool,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The next token of a family, and the access token beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct Renewal {
    /// SHA-256 of the secret that was brought.
    pub old: [u8; 32],
    /// SHA-256 of the next one.
    pub new: [u8; 32],
    /// SHA-256 of the access token.
    pub token_hash: [u8; 32],
    /// What that grants, as JSON.
    pub token_grant: String,
    /// When that ends.
    pub token_expires_at: Timestamp,
}

/// What became of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// The next one holds.
    Yes,
    /// There is no such family, or it has ended.
    Unknown,
    /// It was used before: its family has ended.
    Reused,
}

/// An access token of an application for itself.
#[derive(Clone, PartialEq, Eq)]
pub struct NewOwnToken {
    /// Its hash.
    pub hash: [u8; 32],
    /// Whose it is.
    pub client_id: String,
    /// What it grants, as JSON.
    pub grant: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Tx {
    /// A family, where neither it nor, unless it outlives that, its session has ended.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn refresh_family(&mut self, id: FamilyId, now: Timestamp) -> Result<Option<FamilyRecord>, StoreError> {
        let sql = "SELECT f.content, f.secret_hash, f.session_id, f.account_id, f.connection_id, f.user_id, f.expires_at, f.is_offline \
                   FROM refresh_families f WHERE f.id = $1 AND f.expires_at > $2 AND (f.is_offline = 1 OR EXISTS \
                   (SELECT 1 FROM sessions s WHERE s.id = f.session_id AND s.expires_at > $3))";
        let Some(row) = self.query_opt(sql, &[id.into(), now.into(), now.into()]).await? else { return Ok(None) };
        Ok(Some(FamilyRecord {
            grant: row.text(0)?.to_owned(),
            secret_hash: row.array(1)?,
            session: row.id(2)?,
            account: row.id(3)?,
            connection: row.id_or_null(4)?,
            user: row.id_or_null(5)?,
            expires_at: row.time(6)?,
            is_offline: row.truth(7)?,
        }))
    }

    /// Takes a family from one token to the next, by one conditional write, and keeps the access token. A token that is
    /// not the newest ends the family and all that it gave, with a line in the log.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the access token's hash exists.
    pub async fn renew_family(
        &mut self,
        id: FamilyId,
        now: Timestamp,
        renewal: &Renewal,
        reused: &AuditEvent,
    ) -> Result<Renewed, StoreError> {
        let sql = "UPDATE refresh_families SET secret_hash = $1 WHERE id = $2 AND secret_hash = $3 AND expires_at > $4 \
                   AND (is_offline = 1 OR EXISTS \
                   (SELECT 1 FROM sessions s WHERE s.id = session_id AND s.expires_at > $5)) RETURNING session_id";
        let params = [(&renewal.new).into(), id.into(), (&renewal.old).into(), now.into(), now.into()];
        if let Some(row) = self.query_opt(sql, &params).await? {
            let Renewal { token_hash, token_grant, token_expires_at, .. } = renewal;
            self.insert_token(token_hash, row.id(0)?, Some(id), *token_expires_at, token_grant).await?;
            return Ok(Renewed::Yes);
        }
        let sql = "DELETE FROM refresh_families WHERE id = $1 AND secret_hash <> $2 RETURNING id";
        if self.query_opt(sql, &[id.into(), (&renewal.old).into()]).await?.is_none() {
            return Ok(Renewed::Unknown);
        }
        self.insert_event(reused).await?;
        Ok(Renewed::Reused)
    }

    /// Ends a family, and all that it gave. False where there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn end_family(&mut self, id: FamilyId, event: &AuditEvent) -> Result<bool, StoreError> {
        if self.execute("DELETE FROM refresh_families WHERE id = $1", &[id.into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Gives an access token up, of a person or of an application. False where there is none.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn revoke_token(&mut self, hash: &[u8; 32], event: &AuditEvent) -> Result<bool, StoreError> {
        let of_person = self.execute("DELETE FROM tokens WHERE hash = $1", &[hash.into()]).await?;
        let own = self.execute("DELETE FROM own_tokens WHERE hash = $1", &[hash.into()]).await?;
        if of_person + own == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Keeps an access token of an application for itself.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the hash exists.
    pub async fn insert_own_token(&mut self, token: &NewOwnToken, event: &AuditEvent) -> Result<(), StoreError> {
        let sql = "INSERT INTO own_tokens (hash, client_id, expires_at, content) VALUES ($1, $2, $3, $4)";
        let params = [
            (&token.hash).into(),
            token.client_id.as_str().into(),
            token.expires_at.into(),
            token.grant.as_str().into(),
        ];
        self.execute(sql, &params).await?;
        self.insert_event(event).await
    }

    /// What an application's token for itself grants, as JSON, before its end and while the application is registered.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn own_token(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<Option<String>, StoreError> {
        let sql = "SELECT t.content FROM own_tokens t JOIN applications a ON a.client_id = t.client_id \
                   WHERE t.hash = $1 AND t.expires_at > $2";
        let row = self.query_opt(sql, &[hash.into(), now.into()]).await?;
        row.map(|row| row.text(0).map(str::to_owned)).transpose()
    }

    /// Begins a family with a session, which is held.
    pub(super) async fn insert_family(
        &mut self,
        family: &NewFamily,
        session: &HeldSession,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO refresh_families (id, secret_hash, client_id, session_id, account_id, connection_id, \
                   user_id, is_offline, created_at, expires_at, content) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let params = [
            family.id.into(),
            (&family.secret_hash).into(),
            family.client_id.as_str().into(),
            session.id.into(),
            session.account.into(),
            session.connection.into(),
            session.user.into(),
            i64::from(family.offline_until.is_some()).into(),
            now.into(),
            family.offline_until.unwrap_or(session.expires_at).into(),
            family.grant.as_str().into(),
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// What outlives sessions ends where its ground is taken away: after the sessions themselves, for whoever redeems a
    /// code at this moment holds one.
    pub(super) async fn end_families_of(&mut self, whose: SessionsOf) -> Result<(), StoreError> {
        let (sql, id): (_, Value<'_>) = match whose {
            SessionsOf::User(user) => ("DELETE FROM refresh_families WHERE user_id = $1", user.into()),
            SessionsOf::ByPassword(user) => {
                ("DELETE FROM refresh_families WHERE user_id = $1 AND connection_id IS NULL", user.into())
            }
            SessionsOf::BySingleSignOn(user) => {
                ("DELETE FROM refresh_families WHERE user_id = $1 AND connection_id IS NOT NULL", user.into())
            }
            SessionsOf::Connection(connection) => {
                ("DELETE FROM refresh_families WHERE connection_id = $1", connection.into())
            }
            SessionsOf::Account(account) => ("DELETE FROM refresh_families WHERE account_id = $1", account.into()),
        };
        self.execute(sql, &[id]).await.map(drop)
    }
}

debug_without_content! {
    NewFamily { client_id, offline_until }
    FamilyRecord { session, account, expires_at }
    Renewal { token_expires_at }
    NewOwnToken { client_id, expires_at }
}
