//! Attempts to sign in: each step is one conditional write, so that it happens once however often it is asked for.
//!
//! ```text
//! insert_attempt ─▶ started ─record_accepted─▶ asserted ─finish──────────▶ finished
//!                      └─────record_refused──▶ refused ◀─refuse_admission─┘
//! ```
//!
//! [`end_sessions_of`](Tx::end_sessions_of) a connection refuses all of its attempts that are not over.

use std::fmt;

use aws_lc_rs::digest;
use jiff::Timestamp;
use vestibule_domain::attempt::{Asserted, BindingHash, Progress, SignInAttempt};
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::event::AuditEvent;
use vestibule_domain::id::{AccountId, AttemptId, ConnectionId};
use vestibule_domain::user::{Identity, User};
use vestibule_saml::types::AcsUrl;

use super::names::word;
use super::{NewCode, NewSession};
use crate::value::{Row, Value, json};
use crate::{StoreError, Tx};

/// What judging an answer needs to know first; settings are kept by their versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptFacts {
    /// The attempt.
    pub attempt: SignInAttempt,
    /// How far it has come.
    pub progress: Progress,
    /// The state of its connection.
    pub connection_state: ConnectionState,
    /// The version of its connection.
    pub connection_version: i64,
    /// Whose its connection is: its account's, or that of an account above.
    pub owner: AccountId,
    /// The version of that account.
    pub owner_version: i64,
    /// Whether the account's people may sign in by that account's connections.
    pub is_way: bool,
}

/// What the continuation after the answer needs to know first.
#[derive(Clone, PartialEq, Eq)]
pub struct Continuation {
    /// The attempt, and what belongs to it.
    pub facts: AttemptFacts,
    /// What was asserted, from then on.
    pub asserted: Option<Asserted>,
    /// Why it was refused, if it was.
    pub refusal: Option<String>,
    /// The report, where one was kept.
    pub report: Option<String>,
}

/// A used assertion, or another message that counts once, to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// At which connection it was used.
    pub connection: ConnectionId,
    /// Its issuer.
    pub issuer: String,
    /// Its ID.
    pub assertion_id: String,
    /// Its IssueInstant: as old as the assertion itself, so the same every time that it comes.
    pub issued_at: Timestamp,
    /// Until when it could be accepted again.
    pub remember_until: Timestamp,
}

/// What became of an accepted answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It is the first: the attempt is asserted.
    First,
    /// The attempt does not wait for an answer, or not by what the answer was judged by; nothing changed.
    NotPending,
    /// The assertion was used before; nothing changed.
    Replayed,
}

/// All that the end of an attempt changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finish {
    /// What becomes of the person.
    pub user: UserChange,
    /// A first link to them.
    pub link: Option<Identity>,
    /// The browser's session; none for a test.
    pub session: Option<NewSession>,
    /// The application's code.
    pub code: Option<NewCode>,
    /// What the audit log says.
    pub event: AuditEvent,
    /// And what else it says: a person created, a link made.
    pub further_events: Vec<AuditEvent>,
}

/// What becomes of the person at the end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserChange {
    /// Nothing, or there is none.
    Keep,
    /// They are new. The event of it is `Finish::event` or among `further_events`.
    Insert(User),
    /// What is known of them changes.
    Save(User),
}

/// What [`facts`] reads, in its order.
macro_rules! columns {
    () => {
        "a.id, a.account_id, a.connection_id, a.purpose, a.target, a.origin, a.acs_url, a.binding, a.force_authn, \
         a.created_at, a.expires_at, a.progress, c.state, c.version, c.account_id, o.version, w.place"
    };
}

macro_rules! tables {
    () => {
        " FROM attempts a JOIN connections c ON c.id = a.connection_id \
         JOIN accounts o ON o.id = c.account_id \
         LEFT JOIN ways w ON w.account_id = a.account_id AND w.source_id = c.account_id \
         WHERE a.id = $1"
    };
}

impl Tx {
    /// A sign-in begins.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn insert_attempt(&mut self, attempt: &SignInAttempt, event: &AuditEvent) -> Result<(), StoreError> {
        self.insert_attempt_at(attempt, Progress::Started, Value::Null, Value::Null).await?;
        self.insert_event(event).await
    }

    /// The attempt, where its connection still exists. One past its end is found too until it is swept.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn attempt(&mut self, id: AttemptId) -> Result<Option<AttemptFacts>, StoreError> {
        let sql = concat!("SELECT ", columns!(), tables!());
        self.query_opt(sql, &[id.into()]).await?.as_ref().map(facts).transpose()
    }

    /// The attempt with what its answer brought.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn continuation(&mut self, id: AttemptId) -> Result<Option<Continuation>, StoreError> {
        let sql = concat!("SELECT ", columns!(), ", a.asserted, a.refusal, a.report", tables!());
        let Some(row) = self.query_opt(sql, &[id.into()]).await? else { return Ok(None) };
        Ok(Some(Continuation {
            facts: facts(&row)?,
            asserted: row.json_or_null(17)?,
            refusal: row.text_or_null(18)?.map(str::to_owned),
            report: row.text_or_null(19)?.map(str::to_owned),
        }))
    }

    /// An answer holds: the attempt goes from started to asserted and the assertion is remembered, both or neither.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn record_accepted(
        &mut self,
        attempt: AttemptId,
        asserted: &Asserted,
        report: Option<&str>,
        replay: &Replay,
        event: &AuditEvent,
    ) -> Result<Recorded, StoreError> {
        let hash = hash(replay);
        if !self.remember(&hash, replay.remember_until).await? {
            return Ok(Recorded::Replayed);
        }
        let sql = "UPDATE attempts SET progress = 'asserted', asserted = $1, report = $2 \
                   WHERE id = $3 AND progress = 'started'";
        if self.execute(sql, &[json(asserted)?, report.into(), attempt.into()]).await? == 0 {
            // Our own row of this transaction: nobody saw it.
            self.execute("DELETE FROM used_assertions WHERE hash = $1", &[(&hash).into()]).await?;
            return Ok(Recorded::NotPending);
        }
        self.insert_event(event).await?;
        Ok(Recorded::First)
    }

    /// An answer that nobody asked for holds, and the connection takes such: an attempt that begins asserted.
    /// [`Recorded::NotPending`] where the connection is not of this version any more, by which the answer was judged:
    /// no attempt was there that a change could have ended.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the attempt's id exists.
    pub async fn insert_accepted_unsolicited(
        &mut self,
        attempt: &SignInAttempt,
        version: i64,
        asserted: &Asserted,
        replay: &Replay,
        event: &AuditEvent,
    ) -> Result<Recorded, StoreError> {
        // An update that changes nothing holds the row against a change until this unit ends.
        let sql = "UPDATE connections SET version = version WHERE id = $1 AND version = $2";
        if self.execute(sql, &[attempt.connection.into(), version.into()]).await? == 0 {
            return Ok(Recorded::NotPending);
        }
        if !self.remember(&hash(replay), replay.remember_until).await? {
            return Ok(Recorded::Replayed);
        }
        self.insert_attempt_at(attempt, Progress::Asserted, json(asserted)?, None::<&str>.into()).await?;
        self.insert_event(event).await?;
        Ok(Recorded::First)
    }

    /// An answer is refused and ends the attempt: from started to refused. False, and nothing changed, where it was not
    /// started. The audit log has a line where something was proved.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn record_refused(
        &mut self,
        attempt: AttemptId,
        code: &str,
        report: &str,
        event: Option<&AuditEvent>,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE attempts SET progress = 'refused', refusal = $1, report = $2 \
                   WHERE id = $3 AND progress = 'started'";
        if self.execute(sql, &[code.into(), report.into(), attempt.into()]).await? == 0 {
            return Ok(false);
        }
        if let Some(event) = event {
            self.insert_event(event).await?;
        }
        Ok(true)
    }

    /// The person is not let in: from asserted to refused. The report stays where none is given. False, and nothing
    /// changed, where the attempt was not asserted.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn refuse_admission(
        &mut self,
        attempt: AttemptId,
        code: &str,
        report: Option<&str>,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE attempts SET progress = 'refused', refusal = $1, report = COALESCE($2, report) \
                   WHERE id = $3 AND progress = 'asserted'";
        if self.execute(sql, &[code.into(), report.into(), attempt.into()]).await? == 0 {
            return Ok(false);
        }
        self.insert_event(event).await?;
        Ok(true)
    }

    /// The attempt ends well: from asserted to finished, with all that follows from it. False, and nothing changed,
    /// where it was not asserted, or where its connection is not active any more, or no way of its account any more, and
    /// it is no test.
    ///
    /// # Errors
    /// [`StoreError::Unique`] where the person or the link came to be in the meantime, [`StoreError::Stale`] where the
    /// person was changed: the unit must fail then, which undoes the rest.
    pub async fn finish(&mut self, attempt: AttemptId, finish: &Finish) -> Result<bool, StoreError> {
        // In the same statement: a pause, or a permission taken away, since the state was read wins.
        let sql = "UPDATE attempts SET progress = 'finished' WHERE id = $1 AND progress = 'asserted' \
                   AND (purpose = 'test' OR EXISTS (SELECT 1 FROM connections c \
                   JOIN ways w ON w.source_id = c.account_id \
                   WHERE c.id = attempts.connection_id AND c.state = 'active' \
                   AND w.account_id = attempts.account_id))";
        if self.execute(sql, &[attempt.into()]).await? == 0 {
            return Ok(false);
        }
        match &finish.user {
            UserChange::Keep => {}
            UserChange::Insert(user) => self.insert_user_row(user).await?,
            UserChange::Save(user) => self.save_user_row(user).await?,
        }
        if let Some(identity) = &finish.link {
            self.link_row(identity).await?;
        }
        if let Some(session) = &finish.session {
            self.insert_session(session).await?;
        }
        if let Some(code) = &finish.code {
            self.insert_code_row(code).await?;
        }
        self.insert_event(&finish.event).await?;
        for event in &finish.further_events {
            self.insert_event(event).await?;
        }
        Ok(true)
    }

    async fn insert_attempt_at(
        &mut self,
        attempt: &SignInAttempt,
        progress: Progress,
        asserted: Value<'_>,
        report: Value<'_>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO attempts (id, account_id, connection_id, progress, purpose, force_authn, created_at, \
                   expires_at, binding, origin, acs_url, target, asserted, report) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        let params = [
            attempt.id.into(),
            attempt.account.into(),
            attempt.connection.into(),
            word(progress),
            word(attempt.purpose),
            attempt.force_authn.into(),
            attempt.created_at.into(),
            attempt.expires_at.into(),
            (&attempt.binding.0).into(),
            attempt.origin.as_str().into(),
            attempt.acs_url.as_str().into(),
            attempt.target.as_str().into(),
            asserted,
            report,
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// False where it is remembered already, even past its end: what could be accepted no more is refused anyway.
    pub(super) async fn remember(&mut self, hash: &[u8; 32], until: Timestamp) -> Result<bool, StoreError> {
        let sql = "INSERT INTO used_assertions (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
        Ok(self.execute(sql, &[hash.into(), until.into()]).await? == 1)
    }
}

impl fmt::Debug for Continuation {
    /// What was asserted and reported is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Continuation")
            .field("facts", &self.facts)
            .field("refusal", &self.refusal)
            .finish_non_exhaustive()
    }
}

fn facts(row: &Row) -> Result<AttemptFacts, StoreError> {
    let attempt = SignInAttempt {
        id: row.id(0)?,
        account: row.id(1)?,
        connection: row.id(2)?,
        purpose: row.word(3)?,
        target: row.text(4)?.to_owned(),
        origin: row.text(5)?.to_owned(),
        acs_url: row.parsed(6, |text| AcsUrl::new(text).ok())?,
        binding: BindingHash(row.array(7)?),
        force_authn: row.truth(8)?,
        created_at: row.time(9)?,
        expires_at: row.time(10)?,
    };
    Ok(AttemptFacts {
        attempt,
        progress: row.word(11)?,
        connection_state: row.word(12)?,
        connection_version: row.int(13)?,
        owner: row.id(14)?,
        owner_version: row.int(15)?,
        is_way: row.int_or_null(16)?.is_some(),
    })
}

/// One key of fixed length for three texts, of which two are a stranger's. Each is preceded by its length, so that no
/// two triples are hashed alike.
///
/// The key begins with the time of issue, so that the assertions of one minute are neighbours in the index and most of
/// them share a page that is written anyway. The 208 bits of the hash behind it are what tells them apart.
pub(super) fn hash(replay: &Replay) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&replay.connection.bytes());
    context.update(&replay.issuer.len().to_be_bytes());
    context.update(replay.issuer.as_bytes());
    context.update(replay.assertion_id.as_bytes());
    let [_, _, time @ ..] = u64::try_from(replay.issued_at.as_millisecond()).unwrap_or_default().to_be_bytes();
    let mut key = [0; 32];
    let (before, behind) = key.split_at_mut(time.len());
    before.copy_from_slice(&time);
    behind.copy_from_slice(&context.finish().as_ref()[..26]);
    key
}
