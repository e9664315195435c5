//! The last answers that each connection got: what its admin looks at when a sign-in fails.

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use vestibule_domain::id::{AttemptId, ConnectionId};

use crate::value::Row;
use crate::{StoreError, Tx};

/// How many answers of a connection are kept in each [`Ring`]. Strangers can cause them, so the number is bounded.
pub const RECENT_ANSWERS: i64 = 50;

/// How many refusals without a connection are kept for the deployment.
pub const RECENT_REFUSALS: i64 = 500;

/// Under which the refusals without a connection stand: no connection has this id, which is of no time.
const NO_CONNECTION: [u8; 16] = [0; 16];

/// In which of a connection's two rings an answer is kept. What strangers send pushes out nothing that was proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ring {
    /// Its signature holds, or the browser that brings it proved itself.
    Proved,
    /// Anybody could have caused it.
    Unproved,
}

impl Ring {
    /// The first of its slots.
    fn first(self) -> i64 {
        match self {
            Self::Proved => 0,
            Self::Unproved => RECENT_ANSWERS,
        }
    }
}

/// An answer that a connection got, or a refusal.
#[derive(Clone, PartialEq, Eq)]
pub struct RecentAnswer {
    /// When.
    pub at: Timestamp,
    /// To which attempt, where one was found.
    pub attempt: Option<AttemptId>,
    /// Why it was refused; none: it was accepted.
    pub code: Option<String>,
    /// The report. Its size is the caller's to bound.
    pub report: String,
}

impl Tx {
    /// Keeps an answer in the place of the oldest of its ring. No audit event: nothing that matters changed, and what
    /// does is recorded with its change.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keep_answer(
        &mut self,
        connection: ConnectionId,
        ring: Ring,
        answer: &RecentAnswer,
    ) -> Result<(), StoreError> {
        self.keep(connection, ring.first()..ring.first() + RECENT_ANSWERS, answer).await
    }

    /// Keeps a refusal that is about no known connection in the place of the oldest.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn keep_refusal(&mut self, refusal: &RecentAnswer) -> Result<(), StoreError> {
        self.keep(ConnectionId::from_bytes(NO_CONNECTION), 0..RECENT_REFUSALS, refusal).await
    }

    /// The counter orders all answers of the connection, and whoever moved it keeps others from these slots until the
    /// unit ends.
    async fn keep(
        &mut self,
        connection: ConnectionId,
        slots: Range<i64>,
        answer: &RecentAnswer,
    ) -> Result<(), StoreError> {
        let count = "INSERT INTO answer_counters (connection_id, answers) VALUES ($1, 1) \
                     ON CONFLICT (connection_id) DO UPDATE SET answers = answer_counters.answers + 1 \
                     RETURNING answers";
        let counted = self.query_opt(count, &[connection.into()]).await?;
        let number = counted.ok_or(StoreError::Stale { what: "counter of answers" })?.int(0)?;
        let newest = "SELECT slot FROM recent_answers WHERE connection_id = $1 AND slot >= $2 AND slot < $3 \
                      ORDER BY number DESC LIMIT 1";
        let newest = self.query_opt(newest, &[connection.into(), slots.start.into(), slots.end.into()]).await?;
        let slot = newest.map(|row| row.int(0)).transpose()?.map_or(slots.start, |slot| slot + 1);
        let keep = "INSERT INTO recent_answers \
                    (connection_id, slot, number, received_at, attempt_id, code, report) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7) \
                    ON CONFLICT (connection_id, slot) DO UPDATE SET number = excluded.number, \
                    received_at = excluded.received_at, attempt_id = excluded.attempt_id, code = excluded.code, \
                    report = excluded.report";
        let params = [
            connection.into(),
            if slots.contains(&slot) { slot } else { slots.start }.into(),
            number.into(),
            answer.at.into(),
            answer.attempt.into(),
            answer.code.as_deref().into(),
            answer.report.as_str().into(),
        ];
        self.execute(keep, &params).await.map(drop)
    }

    /// The last answers of both rings, the newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn recent_answers(&mut self, connection: ConnectionId) -> Result<Vec<RecentAnswer>, StoreError> {
        let sql = "SELECT received_at, attempt_id, code, report FROM recent_answers \
                   WHERE connection_id = $1 ORDER BY number DESC";
        self.query_all(sql, &[connection.into()]).await?.iter().map(answer).collect()
    }

    /// Answers and refusals in whose report this text stands, with their connection where there is one. It has letters,
    /// digits and dashes only. All lists are searched.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn answers_with(&mut self, text: &str) -> Result<Vec<(Option<ConnectionId>, RecentAnswer)>, StoreError> {
        let sql = "SELECT received_at, attempt_id, code, report, connection_id FROM recent_answers \
                   WHERE report LIKE $1 ORDER BY received_at DESC LIMIT 100";
        let pattern = format!("%\"{text}\"%");
        let rows = self.query_all(sql, &[pattern.as_str().into()]).await?;
        let none = ConnectionId::from_bytes(NO_CONNECTION);
        let of = |row: &Row| Ok((Some(row.id(4)?).filter(|id| *id != none), answer(row)?));
        rows.iter().map(of).collect()
    }

    /// The last refusals that are about no known connection, the newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn recent_refusals(&mut self) -> Result<Vec<RecentAnswer>, StoreError> {
        self.recent_answers(ConnectionId::from_bytes(NO_CONNECTION)).await
    }
}

impl fmt::Debug for RecentAnswer {
    /// A report is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentAnswer")
            .field("at", &self.at)
            .field("attempt", &self.attempt)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

fn answer(row: &Row) -> Result<RecentAnswer, StoreError> {
    Ok(RecentAnswer {
        at: row.time(0)?,
        attempt: row.id_or_null(1)?,
        code: row.text_or_null(2)?.map(str::to_owned),
        report: row.text(3)?.to_owned(),
    })
}
