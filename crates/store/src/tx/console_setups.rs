//! What is done with a connection from the console before it is in force, and which claims its identity provider sends.
//! Notes hold while the connection is a draft.

use jiff::Timestamp;
use vestibule_domain::id::{AttemptId, ConnectionId};

use crate::value::{Row, json};
use crate::{StoreError, Tx};

/// How many names of claims are kept of a connection.
pub const MAX_OBSERVED: usize = 200;

/// How far a connection is set up from the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConsoleSetup {
    /// When something was saved last.
    pub saved_at: Option<Timestamp>,
    /// When somebody said that our values stand at the identity provider.
    pub given_at: Option<Timestamp>,
    /// When it was said who comes in.
    pub people_at: Option<Timestamp>,
    /// The last test that was begun there, and when.
    pub test: Option<(AttemptId, Timestamp)>,
    /// Since when a test is about to begin.
    pub awaited_at: Option<Timestamp>,
}

/// What somebody did from the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleNote {
    /// They say that our values stand at the identity provider.
    Given,
    /// They saved something about the identity provider.
    Saved,
    /// They said who comes in.
    People,
}

macro_rules! note {
    ($columns:literal, $times:literal, $set:literal) => {
        concat!(
            "INSERT INTO console_setups (connection_id, ",
            $columns,
            ") SELECT c.id, ",
            $times,
            // Without the cast PostgreSQL would take a parameter of a selection for text.
            " FROM connections c WHERE c.id = $2 AND c.state IN ('draft', 'tested') \
             ON CONFLICT (connection_id) DO UPDATE SET ",
            $set
        )
    };
}

impl Tx {
    /// How far a connection is set up from the console; nothing where it never was.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn console_setup(&mut self, connection: ConnectionId) -> Result<ConsoleSetup, StoreError> {
        let sql = "SELECT saved_at, given_at, people_at, test_attempt, test_at FROM console_setups \
                   WHERE connection_id = $1";
        let of = |row: &Row| {
            let (attempt, test_at) = (row.id_or_null(3)?, row.time_or_null(4)?);
            Ok(ConsoleSetup {
                saved_at: row.time_or_null(0)?,
                given_at: row.time_or_null(1)?,
                people_at: row.time_or_null(2)?,
                test: attempt.zip(test_at),
                awaited_at: test_at.filter(|_| attempt.is_none()),
            })
        };
        self.query_opt(sql, &[connection.into()]).await?.as_ref().map_or(Ok(ConsoleSetup::default()), of)
    }

    /// Notes what somebody did from the console. False, and nothing noted, where the connection is no draft.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_console_setup(
        &mut self,
        connection: ConnectionId,
        note: ConsoleNote,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = match note {
            ConsoleNote::Given => {
                note!(
                    "given_at, saved_at",
                    "CAST($1 AS BIGINT), CAST($1 AS BIGINT)",
                    "given_at = excluded.given_at, saved_at = excluded.saved_at"
                )
            }
            ConsoleNote::Saved => note!("saved_at", "CAST($1 AS BIGINT)", "saved_at = excluded.saved_at"),
            ConsoleNote::People => {
                note!(
                    "people_at, saved_at",
                    "CAST($1 AS BIGINT), CAST($1 AS BIGINT)",
                    "people_at = excluded.people_at, saved_at = excluded.saved_at"
                )
            }
        };
        Ok(self.execute(sql, &[now.into(), connection.into()]).await? > 0)
    }

    /// A test is about to begin, at an address that is told what has this hash: the test before it is forgotten.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn await_console_test(
        &mut self,
        connection: ConnectionId,
        watch: &[u8; 32],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO console_setups (connection_id, watch, test_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (connection_id) DO UPDATE SET watch = excluded.watch, test_attempt = NULL, \
                   test_at = excluded.test_at";
        self.execute(sql, &[connection.into(), watch.into(), now.into()]).await.map(drop)
    }

    /// The test that was awaited has begun. False where another one is awaited, or it has begun before.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn note_console_test(
        &mut self,
        connection: ConnectionId,
        watch: &[u8; 32],
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE console_setups SET watch = NULL, test_attempt = $1, test_at = $2 \
                   WHERE connection_id = $3 AND watch = $4";
        Ok(self.execute(sql, &[attempt.into(), now.into(), connection.into(), watch.into()]).await? > 0)
    }

    /// Notes names of claims that an identity provider sent, beside those that are known. At most [`MAX_OBSERVED`] are.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn observe_claims(
        &mut self,
        connection: ConnectionId,
        names: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut known = self.observed_claims(connection).await?.map(|(_, names)| names).unwrap_or_default();
        known.extend(names.iter().cloned());
        known.sort();
        known.dedup();
        known.truncate(MAX_OBSERVED);
        let sql = "INSERT INTO observed_claims (connection_id, seen_at, names) VALUES ($1, $2, $3) \
                   ON CONFLICT (connection_id) DO UPDATE SET seen_at = excluded.seen_at, names = excluded.names";
        self.execute(sql, &[connection.into(), now.into(), json(&known)?]).await.map(drop)
    }

    /// When a name of a claim was new last, and all of them.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn observed_claims(
        &mut self,
        connection: ConnectionId,
    ) -> Result<Option<(Timestamp, Vec<String>)>, StoreError> {
        let sql = "SELECT seen_at, names FROM observed_claims WHERE connection_id = $1";
        let of = |row: &Row| Ok((row.time(0)?, row.json(1)?));
        self.query_opt(sql, &[connection.into()]).await?.as_ref().map(of).transpose()
    }
}
