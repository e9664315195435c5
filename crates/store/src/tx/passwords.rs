//! Passwords, the links by which they are set, and the wish for such a link.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, EventId, UserId};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::user::{ConsoleRole, User};

use super::names::word;
use super::{NewCode, NewSession, users};
use crate::{StoreError, Tx};

/// A person of an account, and the hash of their password, if they have one.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHolder {
    /// Who.
    pub user: User,
    /// Argon2id, in the PHC string format.
    pub phc: Option<String>,
}

/// A sign-in that a password has proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSignIn {
    /// Who.
    pub user: UserId,
    /// The hash that the password was compared with.
    pub phc: String,
    /// The session that begins.
    pub session: NewSession,
    /// The code for the application that asked, if one did.
    pub code: Option<NewCode>,
}

/// Somebody asked for a link: nobody knows yet whether there is such a person.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordRequest {
    /// Sorts by time.
    pub id: EventId,
    /// At which account's address.
    pub account: AccountId,
    /// The address that was typed.
    pub email: EmailAddress,
    /// The language of the page: `en`, `de`.
    pub language: String,
    /// When.
    pub at: Timestamp,
}

/// The longest time that a wish for a link waits for a mail server: what comes later surprises.
pub const REQUEST_LIFETIME: jiff::SignedDuration = jiff::SignedDuration::from_hours(4);

impl Tx {
    /// The people of an account with an address, by its key ([`EmailAddress::key`]), with their passwords.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn password_holders(
        &mut self,
        account: AccountId,
        email_key: &str,
    ) -> Result<Vec<PasswordHolder>, StoreError> {
        let sql = concat!(
            "SELECT ",
            users::columns!(),
            ", p.phc FROM users u LEFT JOIN passwords p ON p.user_id = u.id \
             WHERE u.account_id = $1 AND u.email_key = $2 ORDER BY u.id"
        );
        let rows = self.query_all(sql, &[account.into(), email_key.into()]).await?;
        let holder = |row: &crate::value::Row| {
            Ok(PasswordHolder { user: users::user(row, 0)?, phc: row.text_or_null(8)?.map(str::to_owned) })
        };
        rows.iter().map(holder).collect()
    }

    /// Begins the session that a password has proved, and notes its use. False, and nothing changed, where the password
    /// was changed or the person suspended meanwhile.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sign_in_by_password(
        &mut self,
        sign_in: &PasswordSignIn,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE passwords SET used_at = $1 WHERE user_id = $2 AND phc = $3 \
                   AND EXISTS (SELECT 1 FROM users u WHERE u.id = passwords.user_id AND u.state = 'active')";
        if self.execute(sql, &[now.into(), sign_in.user.into(), sign_in.phc.as_str().into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_session(&sign_in.session).await?;
        if let Some(code) = &sign_in.code {
            self.insert_code_row(code).await?;
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// A new link. Without a person it is the first operator's.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the hash exists.
    pub async fn insert_password_link(
        &mut self,
        hash: &[u8; 32],
        user: Option<UserId>,
        expires_at: Timestamp,
        event: Option<&AuditEvent>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO password_links (hash, user_id, expires_at) VALUES ($1, $2, $3)";
        self.execute(sql, &[hash.into(), user.into(), expires_at.into()]).await?;
        match event {
            Some(event) => self.insert_event(event).await,
            None => Ok(()),
        }
    }

    /// Whose password a link sets: none where it is unknown, used or over; the inner none is the first operator.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn password_link(
        &mut self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Option<UserId>>, StoreError> {
        let sql = "SELECT user_id FROM password_links WHERE hash = $1 AND expires_at > $2";
        let row = self.query_opt(sql, &[hash.into(), now.into()]).await?;
        row.map(|row| row.id_or_null(0)).transpose()
    }

    /// Uses a link of a person up and sets their password; their other links and their sessions end. False, and nothing
    /// changed, where the link is not theirs, was used, or is over.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn set_password(
        &mut self,
        link: &[u8; 32],
        user: UserId,
        phc: &str,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM password_links WHERE hash = $1 AND user_id = $2 AND expires_at > $3";
        if self.execute(sql, &[link.into(), user.into(), now.into()]).await? == 0 {
            return Ok(false);
        }
        self.execute("DELETE FROM password_links WHERE user_id = $1", &[user.into()]).await?;
        self.end_sessions_of_user(user, now).await?;
        self.keep_password(user, phc, now).await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Uses the first operator's link up, and makes them, with their password. False, and nothing changed, where the link
    /// is none, or there is an operator by now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn create_first_operator(
        &mut self,
        link: &[u8; 32],
        operator: &User,
        phc: &str,
        now: Timestamp,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        // One statement takes all of these links, so that of two at once one finds none.
        let sql = "DELETE FROM password_links WHERE user_id IS NULL AND EXISTS \
                   (SELECT 1 FROM password_links l WHERE l.hash = $1 AND l.user_id IS NULL AND l.expires_at > $2)";
        if self.execute(sql, &[link.into(), now.into()]).await? == 0 || self.has_operator().await? {
            return Ok(false);
        }
        self.insert_user_row(operator).await?;
        self.keep_password(operator.id, phc, now).await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// Whether there is an operator.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn has_operator(&mut self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM users WHERE console_role = $1 LIMIT 1";
        Ok(self.query_opt(sql, &[word(ConsoleRole::Operator)]).await?.is_some())
    }

    /// Keeps somebody's wish for a link.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn request_password_link(&mut self, request: &PasswordRequest) -> Result<(), StoreError> {
        let sql = "INSERT INTO password_requests (id, account_id, email, language, requested_at) \
                   VALUES ($1, $2, $3, $4, $5)";
        let params = [
            request.id.into(),
            request.account.into(),
            request.email.as_str().into(),
            request.language.as_str().into(),
            request.at.into(),
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// The oldest wishes for links.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn password_requests(&mut self, limit: u32) -> Result<Vec<PasswordRequest>, StoreError> {
        let sql = "SELECT id, account_id, email, language, requested_at FROM password_requests ORDER BY id LIMIT $1";
        let rows = self.query_all(sql, &[i64::from(limit).into()]).await?;
        let request = |row: &crate::value::Row| {
            Ok(PasswordRequest {
                id: row.id(0)?,
                account: row.id(1)?,
                email: row.parsed(2, |text| text.parse().ok())?,
                language: row.text(3)?.to_owned(),
                at: row.time(4)?,
            })
        };
        rows.iter().map(request).collect()
    }

    /// A wish is fulfilled, or cannot be. False where it is gone.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn drop_password_request(&mut self, id: EventId) -> Result<bool, StoreError> {
        Ok(self.execute("DELETE FROM password_requests WHERE id = $1", &[id.into()]).await? == 1)
    }

    async fn keep_password(&mut self, user: UserId, phc: &str, now: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO passwords (user_id, phc, changed_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (user_id) DO UPDATE SET phc = excluded.phc, changed_at = excluded.changed_at, \
                   used_at = NULL";
        self.execute(sql, &[user.into(), phc.into(), now.into()]).await.map(drop)
    }
}

impl fmt::Debug for PasswordHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHolder").field("user", &self.user.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordRequest").field("id", &self.id).field("account", &self.account).finish_non_exhaustive()
    }
}
