//! Authorization codes, redeemed once, and the access tokens made from them. Both are found by their hashes.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{FamilyId, SessionId};

use super::{NewFamily, ToTell};
use crate::{StoreError, Tx};

/// An authorization code to be kept.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCode {
    /// SHA-256 of the code.
    pub hash: [u8; 32],
    /// For which application.
    pub client_id: String,
    /// From which session.
    pub session: SessionId,
    /// What it grants, as JSON.
    pub grant: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An access token to be kept, in exchange for a code. It belongs to the code's session.
#[derive(Clone, PartialEq, Eq)]
pub struct NewToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// What it grants, as JSON.
    pub grant: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The application, where it wants to be told of the session's end.
    pub tell: Option<ToTell>,
    /// The family that begins with it, where the application gets a refresh token.
    pub family: Option<NewFamily>,
}

/// What became of a code.
#[derive(Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// It is redeemed now, and this is what it grants.
    Grant(String),
    /// There is none, or its time is over.
    Unknown,
    /// It was redeemed before. What it gave is gone: the token, and the family with all that it gave (RFC 6749 §4.1.2).
    Reused,
}

/// An access token that holds.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// What it grants, as JSON.
    pub grant: String,
    /// From which session.
    pub session: SessionId,
}

impl Tx {
    /// Keeps a code for a session that exists already.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the hash exists.
    pub async fn insert_code(&mut self, code: &NewCode, event: &AuditEvent) -> Result<(), StoreError> {
        self.insert_code_row(code).await?;
        self.insert_event(event).await
    }

    /// What a code grants, redeemed or not, before its end and that of its session: for checking the application and
    /// PKCE in the unit that then redeems it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn code_grant(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<Option<String>, StoreError> {
        let sql = "SELECT c.content FROM codes c JOIN sessions s ON s.id = c.session_id \
                   WHERE c.hash = $1 AND c.expires_at > $2 AND s.expires_at > $3";
        let row = self.query_opt(sql, &[hash.into(), now.into(), now.into()]).await?;
        row.map(|row| row.text(0).map(str::to_owned)).transpose()
    }

    /// Redeems a code for a token, by one conditional write, where neither the code nor its session has ended: a session
    /// may end between the check of the application and this. A second use takes away again what it gave. `redeemed` is
    /// logged for the first, `reused` for every other.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the token's hash exists.
    pub async fn redeem_code(
        &mut self,
        hash: &[u8; 32],
        now: Timestamp,
        token: &NewToken,
        redeemed: &AuditEvent,
        reused: &AuditEvent,
    ) -> Result<Redeemed, StoreError> {
        let redeem = "UPDATE codes SET token_hash = $1, family_id = $2 \
                      WHERE hash = $3 AND token_hash IS NULL AND expires_at > $4 \
                      AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = session_id AND s.expires_at > $5) \
                      RETURNING content, session_id";
        let family = token.family.as_ref().map(|family| family.id);
        let params = [(&token.hash).into(), family.into(), hash.into(), now.into(), now.into()];
        let Some(row) = self.query_opt(redeem, &params).await? else { return self.reuse(hash, reused).await };
        let session: SessionId = row.id(1)?;
        if token.tell.is_some() || token.family.is_some() {
            let Some(held) = self.hold_session(session, now).await? else {
                // It ended at this moment; the code is used up, which opens nothing.
                return Ok(Redeemed::Unknown);
            };
            if let Some(to) = &token.tell {
                self.will_tell(session, to).await?;
            }
            if let Some(family) = &token.family {
                self.insert_family(family, &held, now).await?;
            }
        }
        self.insert_token(&token.hash, session, family, token.expires_at, &token.grant).await?;
        self.insert_event(redeemed).await?;
        Ok(Redeemed::Grant(row.text(0)?.to_owned()))
    }

    pub(super) async fn insert_token(
        &mut self,
        hash: &[u8; 32],
        session: SessionId,
        family: Option<FamilyId>,
        expires_at: Timestamp,
        grant: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO tokens (hash, session_id, family_id, expires_at, content) VALUES ($1, $2, $3, $4, $5)";
        let params = [hash.into(), session.into(), family.into(), expires_at.into(), grant.into()];
        self.execute(sql, &params).await.map(drop)
    }

    /// The token, where neither it nor what it rests on has ended: its session, or its family, which may outlive that.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn token(&mut self, hash: &[u8; 32], now: Timestamp) -> Result<Option<TokenRecord>, StoreError> {
        let sql = "SELECT t.content, t.session_id FROM tokens t WHERE t.hash = $1 AND t.expires_at > $2 AND \
                   (EXISTS (SELECT 1 FROM sessions s WHERE s.id = t.session_id AND s.expires_at > $3) \
                   OR EXISTS (SELECT 1 FROM refresh_families f WHERE f.id = t.family_id AND f.is_offline = 1)) \
                   AND (t.family_id IS NULL OR EXISTS \
                   (SELECT 1 FROM refresh_families f WHERE f.id = t.family_id AND f.expires_at > $4))";
        let row = self.query_opt(sql, &[hash.into(), now.into(), now.into(), now.into()]).await?;
        row.map(|row| Ok(TokenRecord { grant: row.text(0)?.to_owned(), session: row.id(1)? })).transpose()
    }

    pub(super) async fn insert_code_row(&mut self, code: &NewCode) -> Result<(), StoreError> {
        let sql = "INSERT INTO codes (hash, client_id, session_id, expires_at, content) VALUES ($1, $2, $3, $4, $5)";
        let params = [
            (&code.hash).into(),
            code.client_id.as_str().into(),
            code.session.into(),
            code.expires_at.into(),
            code.grant.as_str().into(),
        ];
        self.execute(sql, &params).await.map(drop)
    }

    pub(super) async fn reuse(&mut self, hash: &[u8; 32], event: &AuditEvent) -> Result<Redeemed, StoreError> {
        for sql in [
            "DELETE FROM tokens WHERE hash = (SELECT token_hash FROM codes WHERE hash = $1)",
            "DELETE FROM refresh_families WHERE id = (SELECT family_id FROM codes WHERE hash = $1)",
            "DELETE FROM site_sessions WHERE hash = (SELECT token_hash FROM codes WHERE hash = $1)",
        ] {
            self.execute(sql, &[hash.into()]).await?;
        }
        let sql = "SELECT 1 FROM codes WHERE hash = $1 AND token_hash IS NOT NULL";
        if self.query_opt(sql, &[hash.into()]).await?.is_none() {
            return Ok(Redeemed::Unknown);
        }
        self.insert_event(event).await?;
        Ok(Redeemed::Reused)
    }
}

macro_rules! debug_without_content {
    ($($name:ident { $($field:ident),* })*) => {$(
        /// What is granted names a person, and hashes open what they belong to for whoever can write the database.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    )*};
}
pub(super) use debug_without_content;

debug_without_content! {
    NewCode { client_id, session, expires_at }
    NewToken { expires_at }
    TokenRecord { session }
}

impl fmt::Debug for Redeemed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grant(_) => "Grant(…)",
            Self::Unknown => "Unknown",
            Self::Reused => "Reused",
        })
    }
}
