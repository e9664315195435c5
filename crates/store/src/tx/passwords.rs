//! Passwords, and the links by which they are set.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::account::Account;
use vestibule_domain::enforcement::BreakGlass;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, UserId};
use vestibule_domain::password;
use vestibule_domain::user::{ConsoleRole, User};

use super::names::word;
use super::{NewCode, NewSession, SessionsOf, WaitingMail, users};
use crate::value::Row;
use crate::{StoreError, Tx};

/// A person of an account, and the hash of their password, if they have one.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHolder {
    /// Who.
    pub user: User,
    /// The password, if they have one.
    pub password: Option<StoredPassword>,
}

/// A password, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredPassword {
    /// Argon2id, in the PHC string format.
    pub phc: String,
    /// Counts the times at which it may have ceased to open the account.
    pub epoch: i64,
}

/// A sign-in that a password has proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordSignIn {
    /// Who.
    pub user: UserId,
    /// What the password was compared with, as it was before anybody asked whether the person may use it.
    pub password: StoredPassword,
    /// The session that begins.
    pub session: NewSession,
    /// The code for the application that asked, if one did.
    pub code: Option<NewCode>,
    /// What is told by mail.
    pub mails: Vec<WaitingMail>,
    /// The lines for the audit log.
    pub events: Vec<AuditEvent>,
}

/// A person replaces their password.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordChange {
    /// Who.
    pub user: UserId,
    /// What they typed was compared with this.
    pub before: StoredPassword,
    /// Argon2id of the new one.
    pub phc: String,
    /// The hash of the token of the session in which they do it, which stays.
    pub session: [u8; 32],
    /// The line for the audit log.
    pub event: AuditEvent,
}

impl Tx {
    /// The people of an account with an address, by its key ([`EmailAddress::key`]), with their passwords.
    ///
    /// [`EmailAddress::key`]: vestibule_domain::name::EmailAddress::key
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
            ", p.phc, p.epoch FROM users u LEFT JOIN passwords p ON p.user_id = u.id \
             WHERE u.account_id = $1 AND u.email_key = $2 ORDER BY u.id"
        );
        let rows = self.query_all(sql, &[account.into(), email_key.into()]).await?;
        let holder = |row: &Row| {
            let password = match row.text_or_null(users::COLUMNS)? {
                Some(phc) => Some(StoredPassword { phc: phc.to_owned(), epoch: row.int(users::COLUMNS + 1)? }),
                None => None,
            };
            Ok(PasswordHolder { user: users::user(row, 0)?, password })
        };
        rows.iter().map(holder).collect()
    }

    /// Begins the session that a password has proved, and notes its use. False, and nothing changed, where the password
    /// was changed, the person suspended, or the rules for passwords changed meanwhile.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn sign_in_by_password(&mut self, sign_in: &PasswordSignIn, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE passwords SET used_at = $1 WHERE user_id = $2 AND phc = $3 AND epoch = $4 \
                   AND EXISTS (SELECT 1 FROM users u WHERE u.id = passwords.user_id AND u.state = 'active')";
        let StoredPassword { phc, epoch } = &sign_in.password;
        let params = [now.into(), sign_in.user.into(), phc.as_str().into(), (*epoch).into()];
        if self.execute(sql, &params).await? == 0 {
            return Ok(false);
        }
        self.insert_session(&sign_in.session).await?;
        if let Some(code) = &sign_in.code {
            self.insert_code_row(code).await?;
        }
        for mail in &sign_in.mails {
            self.insert_mail(mail).await?;
        }
        for event in &sign_in.events {
            self.insert_event(event).await?;
        }
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
        // First: whoever signs in with the old one at this moment is waited for, and then has a session to end.
        self.keep_password(user, phc, now).await?;
        self.end_sessions_of_user(user, now).await?;
        self.insert_event(event).await?;
        Ok(true)
    }

    /// The password that a person has.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn password_of(&mut self, user: UserId) -> Result<Option<StoredPassword>, StoreError> {
        let row = self.query_opt("SELECT phc, epoch FROM passwords WHERE user_id = $1", &[user.into()]).await?;
        row.map(|row| Ok(StoredPassword { phc: row.text(0)?.to_owned(), epoch: row.int(1)? })).transpose()
    }

    /// Replaces the password of somebody who is signed in and typed it; their links and their other sessions end. False,
    /// and nothing changed, where it is another by now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn change_password(&mut self, change: &PasswordChange, now: Timestamp) -> Result<bool, StoreError> {
        let PasswordChange { user, before, phc, session, event } = change;
        let sql = "UPDATE passwords SET phc = $1, changed_at = $2, used_at = NULL, epoch = epoch + 1 \
                   WHERE user_id = $3 AND phc = $4 AND epoch = $5";
        let StoredPassword { phc: old, epoch } = before;
        let params = [phc.as_str().into(), now.into(), (*user).into(), old.as_str().into(), (*epoch).into()];
        if self.execute(sql, &params).await? == 0 {
            return Ok(false);
        }
        self.execute("DELETE FROM password_links WHERE user_id = $1", &[(*user).into()]).await?;
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND token_hash <> $2 RETURNING id";
        self.end_and_tell(sql, &[(*user).into(), session.into()], event.at).await?;
        self.end_families_of(SessionsOf::User(*user)).await?;
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

    /// Who may sign in to an account by password whatever is demanded there, and when they last did.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn break_glass_of(&mut self, account: AccountId) -> Result<Vec<BreakGlass>, StoreError> {
        let sql = concat!(
            "SELECT ",
            users::columns!(),
            ", p.used_at FROM users u LEFT JOIN passwords p ON p.user_id = u.id \
             WHERE u.account_id = $1 AND u.break_glass_since IS NOT NULL ORDER BY u.id"
        );
        let rows = self.query_all(sql, &[account.into()]).await?;
        let named =
            |row: &Row| Ok(BreakGlass { user: users::user(row, 0)?, signed_in_at: row.time_or_null(users::COLUMNS)? });
        rows.iter().map(named).collect()
    }

    /// The rules for passwords of an account were changed: ends the sessions of those whom a password lets in no more.
    /// Passwords first: whoever signs in at this moment is waited for, and then has a session to end.
    pub(super) async fn close_password_doors(&mut self, account: &Account, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE passwords SET epoch = epoch + 1 \
                   WHERE user_id IN (SELECT u.id FROM users u WHERE u.account_id = $1)";
        self.execute(sql, &[account.id.into()]).await?;
        let sql = concat!(
            "SELECT ",
            users::columns!(),
            " FROM passwords p JOIN users u ON u.id = p.user_id WHERE u.account_id = $1 AND (EXISTS \
             (SELECT 1 FROM sessions s WHERE s.user_id = u.id AND s.connection_id IS NULL) OR EXISTS \
             (SELECT 1 FROM refresh_families f WHERE f.user_id = u.id AND f.connection_id IS NULL))"
        );
        for row in self.query_all(sql, &[account.id.into()]).await? {
            let user = users::user(&row, 0)?;
            if !password::may_use(account, &user) {
                self.end_password_sessions(user.id, at).await?;
            }
        }
        Ok(())
    }

    /// A sign-in by password that began before this does not count; one that is being written is waited for.
    pub(super) async fn close_password_door(&mut self, user: UserId) -> Result<(), StoreError> {
        let sql = "UPDATE passwords SET epoch = epoch + 1 WHERE user_id = $1";
        self.execute(sql, &[user.into()]).await.map(drop)
    }

    pub(super) async fn end_password_sessions(&mut self, user: UserId, at: Timestamp) -> Result<u64, StoreError> {
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND connection_id IS NULL RETURNING id";
        let ended = self.end_and_tell(sql, &[user.into()], at).await?;
        self.end_families_of(SessionsOf::ByPassword(user)).await?;
        Ok(ended)
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

impl fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordChange").field("user", &self.user).finish_non_exhaustive()
    }
}

impl fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredPassword(…)")
    }
}
