//! Authenticators, recovery codes, and people who have said their password and not yet a code.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::UserId;

use super::StoredPassword;
use crate::{StoreError, Tx};

/// Somebody's authenticator.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredTotp {
    /// Its secret, sealed.
    pub secret: Vec<u8>,
    /// The last step of which a code was used.
    pub last_step: i64,
}

/// Somebody whose password was right.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondStep {
    /// The hash of the secret that their page has.
    pub hash: [u8; 32],
    /// Who.
    pub user: UserId,
    /// What their password was compared with.
    pub password: StoredPassword,
    /// The sealed secret of an authenticator that they are setting up.
    pub secret: Option<Vec<u8>>,
    /// Until when a code is heard.
    pub expires_at: Timestamp,
}

/// A new authenticator, of which a code was said.
#[derive(Clone, PartialEq, Eq)]
pub struct NewTotp {
    /// Its secret, sealed.
    pub secret: Vec<u8>,
    /// The step of that code.
    pub step: i64,
    /// The hashes of the recovery codes.
    pub codes: Vec<[u8; 32]>,
    /// The line for the audit log.
    pub event: AuditEvent,
}

impl Tx {
    /// Somebody's authenticator, if they have one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn totp(&mut self, user: UserId) -> Result<Option<StoredTotp>, StoreError> {
        let row = self.query_opt("SELECT secret, last_step FROM totps WHERE user_id = $1", &[user.into()]).await?;
        row.map(|row| Ok(StoredTotp { secret: row.blob(0)?.to_vec(), last_step: row.int(1)? })).transpose()
    }

    /// Gives somebody this authenticator and these recovery codes, and no others; sessions that began with their password
    /// alone end.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_totp(&mut self, user: UserId, new: &NewTotp, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO totps (user_id, secret, last_step, since) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = excluded.last_step, \
                   since = excluded.since";
        self.execute(sql, &[user.into(), (&new.secret).into(), new.step.into(), now.into()]).await?;
        self.execute("DELETE FROM recovery_codes WHERE user_id = $1", &[user.into()]).await?;
        for code in &new.codes {
            let sql = "INSERT INTO recovery_codes (hash, user_id) VALUES ($1, $2)";
            self.execute(sql, &[code.into(), user.into()]).await?;
        }
        // Whoever signs in by the password alone at this moment is waited for, and then has a session to end.
        self.execute("UPDATE passwords SET epoch = epoch WHERE user_id = $1", &[user.into()]).await?;
        self.end_password_sessions(user, new.event.at).await?;
        self.insert_event(&new.event).await
    }

    /// Takes somebody's authenticator and recovery codes away. False where they have none; then no line is written.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn remove_totp(&mut self, user: UserId, event: &AuditEvent) -> Result<bool, StoreError> {
        if self.execute("DELETE FROM totps WHERE user_id = $1", &[user.into()]).await? == 0 {
            return Ok(false);
        }
        self.execute("DELETE FROM recovery_codes WHERE user_id = $1", &[user.into()]).await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Uses the code of a step up. False where one of this step, or of a later one, was used.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn use_totp(&mut self, user: UserId, step: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE totps SET last_step = $1 WHERE user_id = $2 AND last_step < $1";
        Ok(self.execute(sql, &[step.into(), user.into()]).await? == 1)
    }

    /// Uses a recovery code up. False where it is none of theirs, or was used.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn use_recovery_code(
        &mut self,
        user: UserId,
        hash: &[u8; 32],
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM recovery_codes WHERE hash = $1 AND user_id = $2";
        if self.execute(sql, &[hash.into(), user.into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Somebody said their password, and has yet to say a code.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the hash exists.
    pub async fn insert_second_step(&mut self, step: &SecondStep) -> Result<(), StoreError> {
        let sql = "INSERT INTO second_steps (hash, user_id, phc, epoch, secret, expires_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        let params = [
            (&step.hash).into(),
            step.user.into(),
            step.password.phc.as_str().into(),
            step.password.epoch.into(),
            step.secret.as_ref().into(),
            step.expires_at.into(),
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// Who said their password, by the hash of what their page has; and one of at most `tries` is counted. None where
    /// there is no such step, it is over, or as many were heard.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn try_second_step(
        &mut self,
        hash: &[u8; 32],
        tries: u32,
        now: Timestamp,
    ) -> Result<Option<SecondStep>, StoreError> {
        let sql = "UPDATE second_steps SET tries = tries + 1 WHERE hash = $1 AND tries < $2 AND expires_at > $3 \
                   RETURNING user_id, phc, epoch, secret, expires_at";
        let row = self.query_opt(sql, &[hash.into(), i64::from(tries).into(), now.into()]).await?;
        row.map(|row| {
            Ok(SecondStep {
                hash: *hash,
                user: row.id(0)?,
                password: StoredPassword { phc: row.text(1)?.to_owned(), epoch: row.int(2)? },
                secret: row.blob_or_null(3)?.map(<[u8]>::to_vec),
                expires_at: row.time(4)?,
            })
        })
        .transpose()
    }

    /// The step is done. False where it is gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn drop_second_step(&mut self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.execute("DELETE FROM second_steps WHERE hash = $1", &[hash.into()]).await? == 1)
    }
}

/// Without the secret.
macro_rules! debug_without_secret {
    ($($kind:ident)*) => {$(
        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($kind)).finish_non_exhaustive()
            }
        }
    )*};
}
debug_without_secret! { StoredTotp SecondStep NewTotp }
