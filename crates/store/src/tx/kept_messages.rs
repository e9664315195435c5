//! The last answers of each connection as they came, sealed: what the inspector shows.
//!
//! Three rings, so that neither the many that hold nor what strangers send push out a refusal that says something. An
//! answer that holds is one row more in a write that happens anyway; every now and then such a write also deletes what has
//! become too much.

use std::fmt;

use vestibule_domain::id::{AccountId, AttemptId, ConnectionId, EventId};

use crate::value::Row;
use crate::{StoreError, Tx};

/// How many of a connection are kept in each [`KeptRing`].
pub const KEPT_MESSAGES: u32 = 50;

/// Among which of a connection's answers one is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptRing {
    /// Those that hold.
    Accepted,
    /// Those that were refused, although a signature holds or their browser proved itself.
    Proved,
    /// Those that anybody could have sent.
    Unproved,
}

/// An answer that is kept, without what is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHead {
    /// Its identity; sorts by the time at which it came.
    pub id: EventId,
    /// The connection that got it.
    pub connection: ConnectionId,
    /// Into which account it was to lead.
    pub account: AccountId,
    /// The attempt that it answers, where one was found.
    pub attempt: Option<AttemptId>,
    /// Why it was refused; none: it holds.
    pub reason: Option<String>,
    /// Why its person was not let in, although it holds.
    pub turned_away: Option<String>,
    /// The code that the person was shown, such as `AUD-7K2Q`.
    pub code: Option<String>,
}

/// An answer that is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// What is known of it.
    pub head: KeptHead,
    /// The message and what became of it. Its size is the caller's to bound.
    pub sealed: Vec<u8>,
}

/// By what an answer is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptBy {
    /// By itself.
    Id(EventId),
    /// By the attempt that it answers.
    Attempt(AttemptId),
    /// By the code that the person was shown.
    Code(String),
}

/// Which of a connection's answers are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptOutcome {
    /// All.
    Any,
    /// Those that hold.
    Accepted,
    /// Those that were refused.
    Refused,
}

impl KeptRing {
    fn number(self) -> i64 {
        match self {
            Self::Accepted => 0,
            Self::Proved => 1,
            Self::Unproved => 2,
        }
    }
}

/// What [`head`] reads, in its order.
macro_rules! columns {
    () => {
        "id, connection_id, account_id, attempt_id, reason, turned_away, code"
    };
}

impl Tx {
    /// Keeps an answer. No audit event: nothing that matters changed, and what does is recorded with its change.
    ///
    /// # Errors
    /// [`Constraint::PrimaryKey`](crate::Constraint::PrimaryKey) where the id exists.
    pub async fn keep_message(&mut self, ring: KeptRing, message: &KeptMessage) -> Result<(), StoreError> {
        let sql = "INSERT INTO kept_messages (id, connection_id, account_id, ring, attempt_id, reason, code, sealed) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let head = &message.head;
        let params = [
            head.id.into(),
            head.connection.into(),
            head.account.into(),
            ring.number().into(),
            head.attempt.into(),
            head.reason.as_deref().into(),
            head.code.as_deref().into(),
            (&message.sealed).into(),
        ];
        self.execute(sql, &params).await.map(drop)
    }

    /// The person of an answer that holds was not let in: why, and the code that they were shown.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_turned_away(&mut self, attempt: AttemptId, reason: &str, code: &str) -> Result<(), StoreError> {
        let sql = "UPDATE kept_messages SET turned_away = $1, code = $2 WHERE attempt_id = $3 AND ring = 0";
        self.execute(sql, &[reason.into(), code.into(), attempt.into()]).await.map(drop)
    }

    /// Deletes what a ring has beyond [`KEPT_MESSAGES`], and tells how many went.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn trim_messages(&mut self, connection: ConnectionId, ring: KeptRing) -> Result<u64, StoreError> {
        let sql = "DELETE FROM kept_messages WHERE connection_id = $1 AND ring = $2 AND id <= \
                   (SELECT id FROM kept_messages WHERE connection_id = $1 AND ring = $2 \
                   ORDER BY id DESC LIMIT 1 OFFSET $3)";
        self.execute(sql, &[connection.into(), ring.number().into(), i64::from(KEPT_MESSAGES).into()]).await
    }

    /// A connection's answers from before one of them, the newest first; at most `limit`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn kept_messages(
        &mut self,
        connection: ConnectionId,
        outcome: KeptOutcome,
        before: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<KeptHead>, StoreError> {
        // A ring at a time, each by the index: it may hold a few too many, which are not listed.
        let sql = concat!(
            "SELECT ",
            columns!(),
            " FROM kept_messages WHERE connection_id = $1 AND ring = $2 ORDER BY id DESC LIMIT $3"
        );
        let rings: &[KeptRing] = match outcome {
            KeptOutcome::Any => &[KeptRing::Accepted, KeptRing::Proved, KeptRing::Unproved],
            KeptOutcome::Accepted => &[KeptRing::Accepted],
            KeptOutcome::Refused => &[KeptRing::Proved, KeptRing::Unproved],
        };
        let mut heads = Vec::new();
        for ring in rings {
            let params = [connection.into(), ring.number().into(), i64::from(KEPT_MESSAGES).into()];
            for row in self.query_all(sql, &params).await? {
                heads.push(head(&row)?);
            }
        }
        heads.retain(|head| before.is_none_or(|before| head.id < before));
        heads.sort_by_key(|head| std::cmp::Reverse(head.id));
        heads.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(heads)
    }

    /// Answers by what somebody knows of them, the newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn find_messages(&mut self, by: &KeptBy) -> Result<Vec<KeptMessage>, StoreError> {
        let (sql, value) = match by {
            KeptBy::Id(id) => {
                (concat!("SELECT ", columns!(), ", sealed FROM kept_messages WHERE id = $1"), (*id).into())
            }
            KeptBy::Attempt(attempt) => (
                concat!(
                    "SELECT ",
                    columns!(),
                    ", sealed FROM kept_messages WHERE attempt_id = $1 ORDER BY id DESC LIMIT 20"
                ),
                (*attempt).into(),
            ),
            KeptBy::Code(code) => (
                concat!("SELECT ", columns!(), ", sealed FROM kept_messages WHERE code = $1 ORDER BY id DESC LIMIT 20"),
                code.as_str().into(),
            ),
        };
        self.query_all(sql, &[value]).await?.iter().map(message).collect()
    }

    /// A connection's answers that hold and came before one, the newest first; at most `limit`.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn accepted_before(
        &mut self,
        connection: ConnectionId,
        before: EventId,
        limit: u32,
    ) -> Result<Vec<KeptMessage>, StoreError> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", sealed FROM kept_messages WHERE connection_id = $1 AND ring = 0 AND id < $2 ORDER BY id DESC LIMIT $3"
        );
        let params = [connection.into(), before.into(), i64::from(limit).into()];
        self.query_all(sql, &params).await?.iter().map(message).collect()
    }
}

impl fmt::Debug for KeptMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptMessage").field("head", &self.head).finish_non_exhaustive()
    }
}

fn head(row: &Row) -> Result<KeptHead, StoreError> {
    Ok(KeptHead {
        id: row.id(0)?,
        connection: row.id(1)?,
        account: row.id(2)?,
        attempt: row.id_or_null(3)?,
        reason: row.text_or_null(4)?.map(str::to_owned),
        turned_away: row.text_or_null(5)?.map(str::to_owned),
        code: row.text_or_null(6)?.map(str::to_owned),
    })
}

fn message(row: &Row) -> Result<KeptMessage, StoreError> {
    Ok(KeptMessage { head: head(row)?, sealed: row.blob(7)?.to_owned() })
}
