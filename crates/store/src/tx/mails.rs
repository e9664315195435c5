//! Mails that are to be sent. What they say, and the links in them, is made when they are sent, but for notices of what has
//! happened.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, EventId, UserId};
use vestibule_domain::name::EmailAddress;

use super::names::{Name, word};
use crate::value::{Row, Value, json};
use crate::{StoreError, Tx};

/// A mail that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingMail {
    /// Sorts by time.
    pub id: EventId,
    /// In whose name it is.
    pub account: AccountId,
    /// What it is about, and to whom.
    pub about: MailAbout,
    /// The language of the page that it was wished for at: `en`, `de`.
    pub language: String,
    /// Since when it waits.
    pub at: Timestamp,
    /// How often it was tried. A new one was not.
    pub tries: u32,
    /// What was wrong the last time.
    pub problem: Option<String>,
}

/// What a mail is about, and to whom it goes.
#[derive(Clone, PartialEq, Eq)]
pub enum MailAbout {
    /// Somebody typed this address to get a link: nobody knows yet whether there is such a person.
    Link(EmailAddress),
    /// A person is told how they sign in, for the first time.
    Invitation(UserId),
    /// A break-glass user came in: to this contact.
    BreakGlass {
        /// Who came in.
        user: UserId,
        /// Who is told.
        to: EmailAddress,
    },
    /// Something has happened that a contact has to know.
    Notice {
        /// Who is told.
        to: EmailAddress,
        /// What.
        letter: StoredLetter,
    },
}

/// What a mail says, without its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLetter {
    /// Its subject.
    pub subject: String,
    /// Its paragraphs.
    pub paragraphs: Vec<String>,
}

/// A kind of mail, as a column names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    /// [`MailAbout::Link`].
    Link,
    /// [`MailAbout::Invitation`].
    Invitation,
    /// [`MailAbout::BreakGlass`].
    BreakGlass,
    /// [`MailAbout::Notice`].
    Notice,
}

impl MailAbout {
    /// Its kind.
    pub const fn kind(&self) -> MailKind {
        match self {
            Self::Link(_) => MailKind::Link,
            Self::Invitation(_) => MailKind::Invitation,
            Self::BreakGlass { .. } => MailKind::BreakGlass,
            Self::Notice { .. } => MailKind::Notice,
        }
    }

    fn email(&self) -> Option<&str> {
        match self {
            Self::Link(email) | Self::BreakGlass { to: email, .. } | Self::Notice { to: email, .. } => {
                Some(email.as_str())
            }
            Self::Invitation(_) => None,
        }
    }

    fn user(&self) -> Option<UserId> {
        match self {
            Self::Link(_) | Self::Notice { .. } => None,
            Self::Invitation(user) | Self::BreakGlass { user, .. } => Some(*user),
        }
    }
}

impl MailKind {
    /// How long such a mail waits for a mail server: a link that comes later than people wait for it surprises; what
    /// somebody has to know does not.
    pub const fn lifetime(self) -> SignedDuration {
        match self {
            Self::Link => SignedDuration::from_hours(4),
            Self::Invitation | Self::BreakGlass | Self::Notice => SignedDuration::from_hours(7 * 24),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.word()
    }
}

macro_rules! columns {
    () => {
        "SELECT id, account_id, kind, email, user_id, language, wished_at, tries, problem, letter FROM mails "
    };
}

impl Tx {
    /// A new mail, to be sent at once.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_mail(&mut self, mail: &WaitingMail) -> Result<(), StoreError> {
        let sql = "INSERT INTO mails \
                   (id, account_id, kind, email, user_id, language, wished_at, expires_at, next_try_at, letter) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $9)";
        let kind = mail.about.kind();
        let params = [
            mail.id.into(),
            mail.account.into(),
            word(kind),
            mail.about.email().into(),
            mail.about.user().into(),
            mail.language.as_str().into(),
            mail.at.into(),
            (mail.at.saturating_add(kind.lifetime()).unwrap_or(Timestamp::MAX)).into(),
            match &mail.about {
                MailAbout::Notice { letter, .. } => json(letter)?,
                _ => Value::Null,
            },
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// Mails that wait, each as [`Tx::insert_mail`] has it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn insert_mails(&mut self, mails: &[WaitingMail]) -> Result<(), StoreError> {
        for mail in mails {
            self.insert_mail(mail).await?;
        }
        Ok(())
    }

    /// Mails whose turn it is, the oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn mails_due(&mut self, now: Timestamp, limit: u32) -> Result<Vec<WaitingMail>, StoreError> {
        let sql = concat!(columns!(), "WHERE next_try_at <= $1 AND expires_at > $1 ORDER BY id LIMIT $2");
        let rows = self.query_all(sql, &[now.into(), i64::from(limit).into()]).await?;
        rows.iter().map(mail).collect()
    }

    /// Whether a mail may be sent, or given up with a line, now. Nothing is written. A link that is over is only swept.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn are_mails_due(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM mails WHERE next_try_at <= $1 AND (expires_at > $1 OR kind <> $2) \
                   ORDER BY next_try_at LIMIT 1";
        Ok(self.query_opt(sql, &[now.into(), word(MailKind::Link)]).await?.is_some())
    }

    /// Mails that nobody could send in their time, the oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn mails_over(&mut self, now: Timestamp, limit: u32) -> Result<Vec<WaitingMail>, StoreError> {
        let sql = concat!(columns!(), "WHERE expires_at <= $1 ORDER BY id LIMIT $2");
        let rows = self.query_all(sql, &[now.into(), i64::from(limit).into()]).await?;
        rows.iter().map(mail).collect()
    }

    /// All that wait, the oldest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn mails(&mut self, limit: u32) -> Result<Vec<WaitingMail>, StoreError> {
        let rows = self.query_all(concat!(columns!(), "ORDER BY id LIMIT $1"), &[i64::from(limit).into()]).await?;
        rows.iter().map(mail).collect()
    }

    /// A mail could not be sent: it is tried again then.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn mail_failed(&mut self, id: EventId, again_at: Timestamp, problem: &str) -> Result<(), StoreError> {
        let sql = "UPDATE mails SET tries = tries + 1, next_try_at = $1, problem = $2 WHERE id = $3";
        self.execute(sql, &[again_at.into(), problem.into(), id.into()]).await.map(drop)
    }

    /// A mail was sent, or never will be. False where it is gone; then no line is written either.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn drop_mail(&mut self, id: EventId, event: Option<&AuditEvent>) -> Result<bool, StoreError> {
        if self.execute("DELETE FROM mails WHERE id = $1", &[id.into()]).await? == 0 {
            return Ok(false);
        }
        if let Some(event) = event {
            self.insert_event(event).await?;
        }
        Ok(true)
    }
}

fn mail(row: &Row) -> Result<WaitingMail, StoreError> {
    let email = |row: &Row| row.parsed(3, |text| text.parse().ok());
    let about = match row.word(2)? {
        MailKind::Link => MailAbout::Link(email(row)?),
        MailKind::Invitation => MailAbout::Invitation(row.id(4)?),
        MailKind::BreakGlass => MailAbout::BreakGlass { user: row.id(4)?, to: email(row)? },
        MailKind::Notice => MailAbout::Notice { to: email(row)?, letter: row.json(9)? },
    };
    Ok(WaitingMail {
        id: row.id(0)?,
        account: row.id(1)?,
        about,
        language: row.text(5)?.to_owned(),
        at: row.time(6)?,
        tries: u32::try_from(row.int(7)?).unwrap_or(u32::MAX),
        problem: row.text_or_null(8)?.map(str::to_owned),
    })
}

/// Without the address.
impl fmt::Debug for WaitingMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingMail").field("id", &self.id).field("about", &self.about).finish_non_exhaustive()
    }
}

impl fmt::Debug for MailAbout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind())
    }
}
