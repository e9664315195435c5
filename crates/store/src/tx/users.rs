//! People, and how connections know them.

use vestibule_domain::enforcement::SignInRule;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, ConnectionId, UserId};
use vestibule_domain::name::EmailAddress;
use vestibule_domain::user::{Identity, Subject, User};

use super::groups::Before;
use super::names::word;
use super::sessions::{ENDED, SessionsOf};
use super::waiting::grants;
use crate::value::{Row, json};
use crate::{StoreError, Tx};

/// A person found by their e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailMatch {
    /// Who.
    pub user: User,
    /// Whether the connection in question knows them already, by some subject.
    pub is_linked: bool,
}

/// What [`user`] reads, in its order.
macro_rules! columns {
    () => {
        "u.id, u.account_id, u.state, u.profile, u.console_role, u.created_at, u.version, u.grants, u.sign_in, \
         u.break_glass_since"
    };
}
pub(super) use columns;

/// How many they are.
pub(super) const COLUMNS: usize = 10;

impl Tx {
    /// The person.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM users u WHERE u.id = $1");
        self.query_opt(sql, &[id.into()]).await?.map(|row| user(&row, 0)).transpose()
    }

    /// The person of an account whom a connection knows by a subject: the first, where it stands for several.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn user_by_identity(
        &mut self,
        account: AccountId,
        connection: ConnectionId,
        subject: &Subject,
    ) -> Result<Option<User>, StoreError> {
        Ok(self.users_by_identity(account, connection, subject).await?.into_iter().next())
    }

    /// The people of an account for whom a connection's subject stands, which is compared octet by octet (A25.3); the
    /// first link first. In another account that the connection serves the subject may be somebody else.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn users_by_identity(
        &mut self,
        account: AccountId,
        connection: ConnectionId,
        subject: &Subject,
    ) -> Result<Vec<User>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM identities i JOIN users u ON u.id = i.user_id \
             WHERE i.connection_id = $1 AND i.subject = $2 AND i.account_id = $3 ORDER BY i.seat"
        );
        let rows = self.query_all(sql, &[connection.into(), subject.as_str().into(), account.into()]).await?;
        rows.iter().map(|row| user(row, 0)).collect()
    }

    /// The people of an account with an address, by its key ([`EmailAddress::key`]), and whether the connection knows
    /// them already.
    ///
    /// [`EmailAddress::key`]: vestibule_domain::name::EmailAddress::key
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn users_by_email(
        &mut self,
        account: AccountId,
        email_key: &str,
        connection: ConnectionId,
    ) -> Result<Vec<EmailMatch>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", (SELECT COUNT(*) FROM identities i WHERE i.user_id = u.id AND i.connection_id = $1)",
            " FROM users u WHERE u.account_id = $2 AND u.email_key = $3 ORDER BY u.id"
        );
        let found = self.query_all(sql, &[connection.into(), account.into(), email_key.into()]).await?;
        let matched = |row: &Row| Ok(EmailMatch { user: user(row, 0)?, is_linked: row.int(COLUMNS)? > 0 });
        found.iter().map(matched).collect()
    }

    /// How many people a connection knows by a subject.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn identities_at(&mut self, connection: ConnectionId) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM identities WHERE connection_id = $1";
        let counted = self.query_opt(sql, &[connection.into()]).await?;
        Ok(counted.map(|row| row.int(0)).transpose()?.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
    }

    /// People of an account, the oldest first: at most `limit`, those after `after`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn users_in(
        &mut self,
        account: AccountId,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<User>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM users u WHERE u.account_id = $1 AND u.id > $2 ORDER BY u.id LIMIT $3"
        );
        let after = after.unwrap_or(UserId::from_bytes([0; 16]));
        let rows = self.query_all(sql, &[account.into(), after.into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| user(row, 0)).collect()
    }

    /// A new person, of version 1.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_user(&mut self, user: &User, event: &AuditEvent) -> Result<(), StoreError> {
        self.insert_user_row(user).await?;
        self.insert_event(event).await
    }

    pub(super) async fn insert_user_row(&mut self, user: &User) -> Result<(), StoreError> {
        let sql = "INSERT INTO users \
                   (id, account_id, version, state, console_role, email_key, created_at, profile, grants, sign_in, \
                   break_glass_since, name_key, groups_listed) \
                   VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)";
        let params = [
            user.id.into(),
            user.account.into(),
            word(user.state),
            user.console_role.map(word).into(),
            email_key(user).into(),
            user.created_at.into(),
            json(&user.profile)?,
            grants(user)?,
            word(user.sign_in.method),
            user.sign_in.break_glass_since.into(),
            user.name_key().into(),
        ];
        self.execute(sql, &params).await?;
        self.list_in_groups(user, &Before::default()).await
    }

    /// Changes a person who is still at `user.version`; the version grows by one.
    ///
    /// # Errors
    /// [`StoreError::Stale`] where somebody else was first, or there is no such person in this account.
    pub async fn save_user(&mut self, user: &User, event: &AuditEvent) -> Result<(), StoreError> {
        self.save_user_row(user).await?;
        self.insert_event(event).await
    }

    pub(super) async fn save_user_row(&mut self, user: &User) -> Result<(), StoreError> {
        let before = self.groups_before(user).await?.ok_or(StoreError::Stale { what: "user" })?;
        let sql = "UPDATE users SET state = $1, console_role = $2, email_key = $3, profile = $4, \
                   grants = $5, sign_in = $6, break_glass_since = $7, name_key = $8, groups_listed = 1, \
                   version = version + 1 \
                   WHERE id = $9 AND account_id = $10 AND version = $11";
        let params = [
            word(user.state),
            user.console_role.map(word).into(),
            email_key(user).into(),
            json(&user.profile)?,
            grants(user)?,
            word(user.sign_in.method),
            user.sign_in.break_glass_since.into(),
            user.name_key().into(),
            user.id.into(),
            user.account.into(),
            user.version.into(),
        ];
        match self.execute(sql, &params).await? {
            0 => Err(StoreError::Stale { what: "user" }),
            _ => self.list_in_groups(user, &before).await,
        }
    }

    /// Links a person to a connection's subject, for ever.
    ///
    /// # Errors
    /// [`Constraint::Identity`](crate::Constraint::Identity) where the subject is linked in the person's account already,
    /// [`StoreError::Stale`] where there is no such person.
    pub async fn link(&mut self, identity: &Identity, event: &AuditEvent) -> Result<(), StoreError> {
        self.link_row(identity).await?;
        self.insert_event(event).await
    }

    pub(super) async fn link_row(&mut self, identity: &Identity) -> Result<(), StoreError> {
        let sql = "INSERT INTO identities (connection_id, subject, linked_at, account_id, seat, user_id) \
                   SELECT $1, $2, $3, u.account_id, 0, u.id FROM users u WHERE u.id = $4";
        self.link_by(sql, identity).await
    }

    /// Links by a statement, which takes connection, subject, time and person.
    async fn link_by(&mut self, sql: &'static str, identity: &Identity) -> Result<(), StoreError> {
        let params = [
            identity.connection.into(),
            identity.subject.as_str().into(),
            identity.linked_at.into(),
            identity.user.into(),
        ];
        if self.execute(sql, &params).await? == 0 {
            return Err(StoreError::Stale { what: "user" });
        }
        let sql = "UPDATE connections SET people = people + 1 WHERE id = $1";
        self.execute(sql, &[identity.connection.into()]).await?;
        // Who is somebody now waits no longer: nobody shall decide about them, and tell them so.
        let sql = "DELETE FROM applicants WHERE account_id = (SELECT u.account_id FROM users u WHERE u.id = $1) \
                   AND connection_id = $2 AND subject = $3 AND state IN ('waiting', 'second_step')";
        let params = [identity.user.into(), identity.connection.into(), identity.subject.as_str().into()];
        self.execute(sql, &params).await.map(drop)
    }

    /// Links a further person of the account to a subject that stands for somebody there already, or may (XC-6). Only an
    /// administrator says so.
    ///
    /// # Errors
    /// [`Constraint::Identity`](crate::Constraint::Identity) where another link came between, [`StoreError::Stale`] where
    /// there is no such person, or they have the subject already.
    pub async fn link_beside(&mut self, identity: &Identity, event: &AuditEvent) -> Result<(), StoreError> {
        let sql = "INSERT INTO identities (connection_id, subject, linked_at, account_id, seat, user_id) \
                   SELECT $1, $2, $3, u.account_id, \
                   (SELECT COALESCE(MAX(i.seat) + 1, 0) FROM identities i \
                   WHERE i.connection_id = $1 AND i.subject = $2 AND i.account_id = u.account_id), u.id \
                   FROM users u WHERE u.id = $4 AND NOT EXISTS (SELECT 1 FROM identities i \
                   WHERE i.user_id = u.id AND i.connection_id = $1 AND i.subject = $2)";
        self.link_by(sql, identity).await?;
        self.insert_event(event).await
    }

    /// Takes a subject from a person again; their sessions end, and what is under way at the connection in their account
    /// is refused, for it may be about to make them one. False, and nothing changed, where they do not have it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn unlink(
        &mut self,
        user: UserId,
        connection: ConnectionId,
        subject: &Subject,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "DELETE FROM identities WHERE user_id = $1 AND connection_id = $2 AND subject = $3";
        if self.execute(sql, &[user.into(), connection.into(), subject.as_str().into()]).await? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE connections SET people = people - 1 WHERE id = $1";
        self.execute(sql, &[connection.into()]).await?;
        let sql = "UPDATE attempts SET progress = 'refused', refusal = $1 \
                   WHERE connection_id = $2 AND progress = 'asserted' AND purpose <> 'test' \
                   AND account_id = (SELECT u.account_id FROM users u WHERE u.id = $3)";
        self.execute(sql, &[ENDED.into(), connection.into(), user.into()]).await?;
        self.end_sessions_of(SessionsOf::User(user), event).await?;
        Ok(true)
    }

    /// How connections know a person, the oldest link first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn identities_of(&mut self, user: UserId) -> Result<Vec<Identity>, StoreError> {
        let sql = "SELECT connection_id, subject, user_id, linked_at FROM identities \
                   WHERE user_id = $1 ORDER BY linked_at, connection_id, subject";
        self.query_all(sql, &[user.into()]).await?.iter().map(identity).collect()
    }
}

/// A person from the columns that begin at `from`.
pub(super) fn user(row: &Row, from: usize) -> Result<User, StoreError> {
    Ok(User {
        id: row.id(from)?,
        account: row.id(from + 1)?,
        state: row.word(from + 2)?,
        profile: row.json(from + 3)?,
        console_role: row.word_or_null(from + 4)?,
        created_at: row.time(from + 5)?,
        version: row.int(from + 6)?,
        grants: row.json_or_null(from + 7)?.unwrap_or_default(),
        sign_in: SignInRule { method: row.word(from + 8)?, break_glass_since: row.time_or_null(from + 9)? },
    })
}

fn identity(row: &Row) -> Result<Identity, StoreError> {
    Ok(Identity {
        connection: row.id(0)?,
        subject: Subject::from_text(row.text(1)?),
        user: row.id(2)?,
        linked_at: row.time(3)?,
    })
}

fn email_key(user: &User) -> Option<&str> {
    user.profile.email.as_ref().map(EmailAddress::key)
}
