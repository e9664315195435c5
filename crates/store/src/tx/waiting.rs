//! Waiting rooms: who asks to be let in, and what is decided about them, once.

use std::fmt;

use jiff::Timestamp;
use vestibule_domain::account::AccountPath;
use vestibule_domain::id::{AccountId, ApplicantId, ConnectionId, UserId};
use vestibule_domain::user::{Identity, Subject, User};
use vestibule_domain::waiting::{self, Applicant, ApplicantState, Came, MAX_APPLICANTS};

use super::UserChange;
use super::names::word;
use crate::value::{Row, Value, json};
use crate::{StoreError, Tx};

/// What became of somebody who comes and has to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waited {
    /// They wait from now on.
    New,
    /// They were here before: what is known of them now, and what was decided.
    Known(Box<Applicant>),
    /// As many wait as may; nothing changed.
    Full,
}

/// Which applicants of an account, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicantFilter {
    /// Whose waiting room.
    pub account: AccountId,
    /// How far it is with them.
    pub state: ApplicantState,
    /// In which order.
    pub order: ApplicantOrder,
    /// How what they are sorted by begins, in lower case; means nothing where that is the time.
    pub begins: String,
    /// The last one of the page before.
    pub after: Option<ApplicantKey>,
    /// How many at most.
    pub limit: u32,
}

/// The order of a list of applicants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicantOrder {
    /// Who waits longest first.
    Oldest,
    /// Who came last first.
    Newest,
    /// By name.
    Name,
    /// By e-mail address.
    Email,
}

/// Where in a list an applicant stands.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicantKey {
    /// What the list is sorted by: the time in milliseconds, or the key of the name or the address.
    pub text: String,
    /// Which of those with the same.
    pub id: ApplicantId,
}

/// All that a decision about an applicant changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecideApplicant {
    /// As they are afterwards, of the version that was decided about.
    pub applicant: Applicant,
    /// How far it was with them.
    pub from: ApplicantState,
    /// When the next mail about them is due.
    pub mail_at: Option<Timestamp>,
    /// What becomes of the user that they are.
    pub user: UserChange,
    /// How the connection knows that user from now on.
    pub link: Option<Identity>,
}

/// An account in which somebody waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPlace {
    /// Its path.
    pub path: AccountPath,
    /// Its name.
    pub name: String,
}

/// What [`applicant`] reads, in its order.
macro_rules! columns {
    () => {
        "p.id, p.account_id, p.connection_id, p.subject, p.state, p.asked_at, p.expires_at, p.file, p.version"
    };
}

impl Tx {
    /// Somebody comes whom a connection vouches for. Who was here before, and is not forgotten, stays as they are, but
    /// for what is known of them; who is new begins to wait, and a mail is due at `mail_at`. There are `at_most` so many in
    /// an account; of several who come at once a few more.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn wait(
        &mut self,
        applicant: &Applicant,
        now: Timestamp,
        mail_at: Option<Timestamp>,
        at_most: u32,
    ) -> Result<Waited, StoreError> {
        let Some(came) = &applicant.came else { return Err(StoreError::Unwritable { what: "applicant" }) };
        if let Some(known) = self.applicant_by_subject(applicant.account, came).await? {
            if self.still_counts(&known, came, now).await? {
                return self.met_again(known, applicant).await.map(|known| Waited::Known(Box::new(known)));
            }
            self.execute("DELETE FROM applicants WHERE id = $1", &[known.id.into()]).await?;
        }
        if self.is_waiting_room_full(applicant.account, at_most).await? {
            return Ok(Waited::Full);
        }
        if self.insert_applicant(applicant, mail_at).await? {
            return Ok(Waited::New);
        }
        let known = self.applicant_by_subject(applicant.account, came).await?;
        known.map(|known| Waited::Known(Box::new(known))).ok_or(StoreError::Stale { what: "applicant" })
    }

    /// Whether what was decided about somebody still stands: not once they are to be forgotten, nor where the user that
    /// they were made is theirs no more.
    async fn still_counts(&mut self, known: &Applicant, came: &Came, now: Timestamp) -> Result<bool, StoreError> {
        if known.expires_at <= now {
            return Ok(false);
        }
        match known.state {
            ApplicantState::Approved => {
                Ok(self.user_by_identity(known.account, came.connection, &came.subject).await?.is_some())
            }
            _ => Ok(true),
        }
    }

    /// Takes over what is known of somebody now. What an approver sees changes with its version.
    async fn met_again(&mut self, mut known: Applicant, now: &Applicant) -> Result<Applicant, StoreError> {
        let is_same = known.file.profile == now.file.profile && known.file.language == now.file.language;
        if is_same || !known.state.is_open() {
            return Ok(known);
        }
        known.file.profile.clone_from(&now.file.profile);
        known.file.language = now.file.language;
        let sql = "UPDATE applicants SET name_key = $1, email_key = $2, file = $3, version = version + 1 \
                   WHERE id = $4 AND version = $5";
        let params = [
            known.name_key().into(),
            email_key(&known).into(),
            json(&known.file)?,
            known.id.into(),
            known.version.into(),
        ];
        // Somebody who decides at this moment decides about who they saw.
        if self.execute(sql, &params).await? == 1 {
            known.version += 1;
        }
        Ok(known)
    }

    /// Whether an account has as many applicants as it may.
    async fn is_waiting_room_full(&mut self, account: AccountId, at_most: u32) -> Result<bool, StoreError> {
        let full = "SELECT 1 FROM applicants WHERE account_id = $1 LIMIT 1 OFFSET $2";
        let last = i64::from(at_most.clamp(1, MAX_APPLICANTS)) - 1;
        Ok(self.query_opt(full, &[account.into(), last.into()]).await?.is_some())
    }

    /// Somebody asks on behalf of a person who was not here yet. False, and nothing changed, where there are `at_most` so
    /// many applicants already.
    ///
    /// # Errors
    /// [`StoreError::Stale`] where the id exists: the unit must fail then.
    pub async fn ask_for(&mut self, asked: &DecideApplicant, at_most: u32) -> Result<bool, StoreError> {
        if self.is_waiting_room_full(asked.applicant.account, at_most).await? {
            return Ok(false);
        }
        if !self.insert_applicant(&asked.applicant, asked.mail_at).await? {
            return Err(StoreError::Stale { what: "applicant" });
        }
        self.change_user(&asked.user).await?;
        Ok(true)
    }

    /// False where the subject has an applicant already.
    async fn insert_applicant(
        &mut self,
        applicant: &Applicant,
        mail_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO applicants (id, account_id, connection_id, subject, state, name_key, email_key, \
                   asked_at, expires_at, mail_at, version, file) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11) ON CONFLICT DO NOTHING";
        let params = [
            applicant.id.into(),
            applicant.account.into(),
            applicant.came.as_ref().map(|came| came.connection).into(),
            applicant.came.as_ref().map(|came| came.subject.as_str()).into(),
            word(applicant.state),
            applicant.name_key().into(),
            email_key(applicant).into(),
            applicant.asked_at.into(),
            applicant.expires_at.into(),
            mail_at.into(),
            json(&applicant.file)?,
        ];
        Ok(self.execute(sql, &params).await? == 1)
    }

    /// The applicant, even one whose time is over until they are swept.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applicant(&mut self, id: ApplicantId) -> Result<Option<Applicant>, StoreError> {
        let sql = concat!("SELECT ", columns!(), " FROM applicants p WHERE p.id = $1");
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(applicant).transpose()
    }

    /// Everything of a waiting room that is about a person: who asked under their address in their account, or came as
    /// one of their identities. With a person that is erased it goes.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applicants_of(&mut self, user: UserId) -> Result<Vec<Applicant>, StoreError> {
        let by_address = concat!(
            "SELECT ",
            columns!(),
            " FROM users u JOIN applicants p ON p.account_id = u.account_id AND p.email_key = u.email_key \
             WHERE u.id = $1 AND p.state IN ('waiting', 'second_step', 'approved', 'refused')"
        );
        let by_identity = concat!(
            "SELECT ",
            columns!(),
            " FROM identities i JOIN applicants p ON p.account_id = i.account_id AND p.connection_id = i.connection_id \
             AND p.subject = i.subject WHERE i.user_id = $1"
        );
        let mut found: Vec<Applicant> = Vec::new();
        for sql in [by_address, by_identity] {
            for row in self.query_all(sql, &[user.into()]).await? {
                let one = applicant(&row)?;
                if found.iter().all(|known| known.id != one.id) {
                    found.push(one);
                }
            }
        }
        Ok(found)
    }

    /// The applicant who came as this subject.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applicant_by_subject(
        &mut self,
        account: AccountId,
        came: &Came,
    ) -> Result<Option<Applicant>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM applicants p WHERE p.account_id = $1 AND p.connection_id = $2 AND p.subject = $3"
        );
        let params = [account.into(), came.connection.into(), came.subject.as_str().into()];
        self.query_opt(sql, &params).await?.as_ref().map(applicant).transpose()
    }

    /// A page of applicants of one account and state, sorted by an index.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applicants(&mut self, filter: &ApplicantFilter) -> Result<Vec<Applicant>, StoreError> {
        let limit = i64::from(filter.limit);
        let (account, state) = (filter.account.into(), word(filter.state));
        let rows = match filter.order {
            ApplicantOrder::Oldest => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM applicants p WHERE p.account_id = $1 AND p.state = $2 AND (p.asked_at, p.id) > ($3, $4) \
                     ORDER BY p.asked_at, p.id LIMIT $5"
                );
                let (at, id) = filter.after_time(i64::MIN, [0; 16]);
                self.query_all(sql, &[account, state, at.into(), id.into(), limit.into()]).await?
            }
            ApplicantOrder::Newest => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM applicants p WHERE p.account_id = $1 AND p.state = $2 AND (p.asked_at, p.id) < ($3, $4) \
                     ORDER BY p.asked_at DESC, p.id DESC LIMIT $5"
                );
                let (at, id) = filter.after_time(i64::MAX, [0xff; 16]);
                self.query_all(sql, &[account, state, at.into(), id.into(), limit.into()]).await?
            }
            ApplicantOrder::Name => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM applicants p WHERE p.account_id = $1 AND p.state = $2 AND (p.name_key, p.id) > ($3, $4) \
                     AND p.name_key < $5 ORDER BY p.name_key, p.id LIMIT $6"
                );
                let (from, id, to) = filter.after_text();
                self.query_all(sql, &[account, state, from.into(), id.into(), to.into(), limit.into()]).await?
            }
            ApplicantOrder::Email => {
                let sql = concat!(
                    "SELECT ",
                    columns!(),
                    " FROM applicants p WHERE p.account_id = $1 AND p.state = $2 AND (p.email_key, p.id) > ($3, $4) \
                     AND p.email_key < $5 ORDER BY p.email_key, p.id LIMIT $6"
                );
                let (from, id, to) = filter.after_text();
                self.query_all(sql, &[account, state, from.into(), id.into(), to.into(), limit.into()]).await?
            }
        };
        rows.iter().map(applicant).collect()
    }

    /// The accounts at and below a path in which somebody waits, by path.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn waiting_places(&mut self, within: &AccountPath, limit: u32) -> Result<Vec<WaitingPlace>, StoreError> {
        let sql = "SELECT a.path, a.name FROM \
                   (SELECT DISTINCT account_id FROM applicants WHERE state IN ('waiting', 'second_step')) w \
                   CROSS JOIN accounts a WHERE a.id = w.account_id \
                   AND (a.path = $1 OR (a.path >= $2 AND a.path < $3)) ORDER BY a.path LIMIT $4";
        let path = within.to_string();
        // A slash is followed by a zero.
        let (from, to) =
            if path.is_empty() { (String::new(), END.to_owned()) } else { (format!("{path}/"), format!("{path}0")) };
        let rows = self.query_all(sql, &[path.into(), from.into(), to.into(), i64::from(limit).into()]).await?;
        let place = |row: &Row| {
            let path = row.parsed(0, |text| AccountPath::parse(text).ok())?;
            Ok(WaitingPlace { path, name: row.text(1)?.to_owned() })
        };
        rows.iter().map(place).collect()
    }

    /// Somebody decides: one conditional write, with what follows from it. False, and nothing changed, where somebody
    /// else was first, where what was decided about was changed, or where the time is over.
    ///
    /// # Errors
    /// [`StoreError::Unique`] where the link came to be in the meantime, [`StoreError::Stale`] where the user was
    /// changed: the unit must fail then, which undoes the rest.
    pub async fn decide_applicant(&mut self, decided: &DecideApplicant, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE applicants SET state = $1, expires_at = $2, mail_at = $3, file = $4, \
                   version = version + 1 \
                   WHERE id = $5 AND account_id = $6 AND version = $7 AND state = $8 AND expires_at > $9";
        let it = &decided.applicant;
        let params = [
            word(it.state),
            it.expires_at.into(),
            decided.mail_at.into(),
            json(&it.file)?,
            it.id.into(),
            it.account.into(),
            it.version.into(),
            word(decided.from),
            now.into(),
        ];
        if self.execute(sql, &params).await? == 0 {
            return Ok(false);
        }
        self.change_user(&decided.user).await?;
        if let Some(identity) = &decided.link {
            self.link_row(identity).await?;
        }
        Ok(true)
    }

    async fn change_user(&mut self, change: &UserChange) -> Result<(), StoreError> {
        match change {
            UserChange::Keep => Ok(()),
            UserChange::Insert(user) => self.insert_user_row(user).await,
            UserChange::Save(user) => self.save_user_row(user).await,
        }
    }

    /// The people of an account with an address, in a unit that may make one more of them: until it ends, no other unit
    /// of this kind goes on in the account.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn namesakes(&mut self, account: AccountId, email_key: &str) -> Result<Vec<User>, StoreError> {
        // An update that changes nothing holds the row.
        self.execute("UPDATE accounts SET version = version WHERE id = $1", &[account.into()]).await?;
        let nowhere = ConnectionId::from_bytes([0; 16]);
        let found = self.users_by_email(account, email_key, nowhere).await?;
        Ok(found.into_iter().map(|found| found.user).collect())
    }

    /// The people who may let others in at an account: its own, with a role for it.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn people_with_roles(&mut self, account: AccountId, limit: u32) -> Result<Vec<User>, StoreError> {
        let sql = concat!(
            "SELECT ",
            super::users::columns!(),
            " FROM users u WHERE u.account_id = $1 AND u.console_role IS NOT NULL AND u.state = 'active' \
             ORDER BY u.id LIMIT $2"
        );
        let rows = self.query_all(sql, &[account.into(), i64::from(limit).into()]).await?;
        rows.iter().map(|row| super::users::user(row, 0)).collect()
    }

    /// The applicants about whom a mail is due, the longest due first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applicant_mails(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Applicant>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM applicants p WHERE p.mail_at <= $1 AND p.expires_at > $2 ORDER BY p.mail_at LIMIT $3"
        );
        let rows = self.query_all(sql, &[now.into(), now.into(), i64::from(limit).into()]).await?;
        rows.iter().map(applicant).collect()
    }

    /// Whether a mail about an applicant is due. Nothing is written.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn are_applicants_due(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM applicants WHERE mail_at <= $1 AND expires_at > $2 ORDER BY mail_at LIMIT 1";
        Ok(self.query_opt(sql, &[now.into(), now.into()]).await?.is_some())
    }

    /// Those about whom nobody has decided in time, and who are to be told so now.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applicants_over(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Applicant>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM applicants p WHERE p.expires_at <= $1 AND p.state IN ('waiting', 'second_step') \
             AND (p.mail_at IS NULL OR p.mail_at <= $1) ORDER BY p.expires_at LIMIT $2"
        );
        let rows = self.query_all(sql, &[now.into(), i64::from(limit).into()]).await?;
        rows.iter().map(applicant).collect()
    }

    /// Forgets an applicant who is as they were read.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn forget_applicant(&mut self, applicant: &Applicant) -> Result<(), StoreError> {
        let sql = "DELETE FROM applicants WHERE id = $1 AND version = $2";
        self.execute(sql, &[applicant.id.into(), applicant.version.into()]).await.map(drop)
    }

    /// A mail was sent, or shall be tried again at `again`: what the applicant's file says of it is kept. False, and
    /// nothing changed, where somebody has decided meanwhile, for then another mail is due. What an approver sees to
    /// decide is the same, and so is its version.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn applicant_mailed(
        &mut self,
        applicant: &Applicant,
        again: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE applicants SET mail_at = $1, file = $2 WHERE id = $3 AND version = $4";
        let params = [again.into(), json(&applicant.file)?, applicant.id.into(), applicant.version.into()];
        Ok(self.execute(sql, &params).await? == 1)
    }
}

/// Behind every text that begins with another one.
const END: &str = "\u{10ffff}";

impl ApplicantFilter {
    fn after_time(&self, first: i64, id: [u8; 16]) -> (i64, ApplicantId) {
        let after = self.after.as_ref().and_then(|after| Some((after.text.parse().ok()?, after.id)));
        after.unwrap_or((first, ApplicantId::from_bytes(id)))
    }

    fn after_text(&self) -> (String, ApplicantId, String) {
        let to = format!("{}{END}", self.begins);
        match &self.after {
            Some(after) if after.text.starts_with(&self.begins) => (after.text.clone(), after.id, to),
            _ => (self.begins.clone(), ApplicantId::from_bytes([0; 16]), to),
        }
    }
}

impl ApplicantOrder {
    /// Where an applicant stands in a list of this order.
    pub fn key(self, applicant: &Applicant) -> ApplicantKey {
        let text = match self {
            Self::Oldest | Self::Newest => applicant.asked_at.as_millisecond().to_string(),
            Self::Name => applicant.name_key(),
            Self::Email => email_key(applicant).to_owned(),
        };
        ApplicantKey { text, id: applicant.id }
    }
}

/// Without the person.
impl fmt::Debug for ApplicantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicantKey").field("id", &self.id).finish_non_exhaustive()
    }
}

fn email_key(applicant: &Applicant) -> &str {
    waiting::email_key(&applicant.file.profile).unwrap_or_default()
}

fn applicant(row: &Row) -> Result<Applicant, StoreError> {
    let came = match (row.id_or_null(2)?, row.text_or_null(3)?) {
        (Some(connection), Some(subject)) => Some(Came { connection, subject: Subject::from_text(subject) }),
        _ => None,
    };
    Ok(Applicant {
        id: row.id(0)?,
        account: row.id(1)?,
        came,
        state: row.word(4)?,
        asked_at: row.time(5)?,
        expires_at: row.time(6)?,
        file: row.json(7)?,
        version: row.int(8)?,
    })
}

/// As the column has it: nothing where it is nothing.
pub(super) fn grants(user: &User) -> Result<Value<'static>, StoreError> {
    if user.grants.is_empty() { Ok(Value::Null) } else { json(&user.grants) }
}
