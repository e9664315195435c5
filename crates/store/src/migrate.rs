//! The series of migrations: one text for both databases, applied in order, each once, never changed.
//!
//! Three words of the text differ and are translated for PostgreSQL: `BLOB` is `BYTEA`, `TEXT` compares by octets
//! (`COLLATE "C"`, as SQLite does, whatever the cluster's locale), and `WITHOUT ROWID` is SQLite's alone. What differs
//! beyond that stands between a line `-- sqlite:` or `-- postgres:` and a line `-- end`.

use std::fmt::Write as _;

use aws_lc_rs::digest;

use crate::store::Migrations;
use crate::tx::{Dialect, Tx};
use crate::{OpenError, StoreError};

struct Migration {
    name: &'static str,
    text: &'static str,
}

/// In order; the number of a migration is its place, from 1, and begins its file name.
const SERIES: &[Migration] = &[
    Migration { name: "0001_initial.sql", text: include_str!("../migrations/0001_initial.sql") },
    Migration { name: "0002_jobs.sql", text: include_str!("../migrations/0002_jobs.sql") },
    Migration { name: "0003_two_looks.sql", text: include_str!("../migrations/0003_two_looks.sql") },
    Migration {
        name: "0004_sessions_without_connection.sql",
        text: include_str!("../migrations/0004_sessions_without_connection.sql"),
    },
    Migration { name: "0005_ways.sql", text: include_str!("../migrations/0005_ways.sql") },
    Migration { name: "0006_passwords.sql", text: include_str!("../migrations/0006_passwords.sql") },
    Migration { name: "0007_branding.sql", text: include_str!("../migrations/0007_branding.sql") },
    Migration { name: "0008_single_logout.sql", text: include_str!("../migrations/0008_single_logout.sql") },
    Migration { name: "0009_waiting.sql", text: include_str!("../migrations/0009_waiting.sql") },
    Migration {
        name: "0010_back_channel_logout.sql",
        text: include_str!("../migrations/0010_back_channel_logout.sql"),
    },
    Migration { name: "0011_enforcement.sql", text: include_str!("../migrations/0011_enforcement.sql") },
    Migration { name: "0012_second_factor.sql", text: include_str!("../migrations/0012_second_factor.sql") },
    Migration { name: "0013_shared_identities.sql", text: include_str!("../migrations/0013_shared_identities.sql") },
    Migration { name: "0014_notices.sql", text: include_str!("../migrations/0014_notices.sql") },
    Migration { name: "0015_refresh_tokens.sql", text: include_str!("../migrations/0015_refresh_tokens.sql") },
    Migration { name: "0016_sites.sql", text: include_str!("../migrations/0016_sites.sql") },
    Migration { name: "0017_logout_onward.sql", text: include_str!("../migrations/0017_logout_onward.sql") },
    Migration { name: "0018_webhooks.sql", text: include_str!("../migrations/0018_webhooks.sql") },
    Migration { name: "0019_setup_links.sql", text: include_str!("../migrations/0019_setup_links.sql") },
    Migration { name: "0020_console.sql", text: include_str!("../migrations/0020_console.sql") },
    Migration { name: "0021_retention.sql", text: include_str!("../migrations/0021_retention.sql") },
    Migration { name: "0022_api.sql", text: include_str!("../migrations/0022_api.sql") },
    Migration { name: "0023_kept_messages.sql", text: include_str!("../migrations/0023_kept_messages.sql") },
    Migration { name: "0024_console_setups.sql", text: include_str!("../migrations/0024_console_setups.sql") },
    Migration { name: "0025_searched.sql", text: include_str!("../migrations/0025_searched.sql") },
    Migration {
        name: "0026_sessions_groups_hours.sql",
        text: include_str!("../migrations/0026_sessions_groups_hours.sql"),
    },
    Migration { name: "0027_told_and_named.sql", text: include_str!("../migrations/0027_told_and_named.sql") },
];

/// Brings the database to this program's version, or says why not. Holds a lock against other nodes meanwhile.
pub(crate) async fn run(tx: &mut Tx, mode: Migrations) -> Result<(), OpenError> {
    let (lock, unlock) = match tx.dialect() {
        // The transaction itself is the lock.
        Dialect::Sqlite => ("", ""),
        Dialect::Postgres => ("SELECT pg_advisory_lock(8385260175)", "SELECT pg_advisory_unlock(8385260175)"),
    };
    tx.batch(lock).await?;
    let outcome = series(tx, mode).await;
    tx.batch(unlock).await?;
    outcome
}

async fn series(tx: &mut Tx, mode: Migrations) -> Result<(), OpenError> {
    let begin = match tx.dialect() {
        Dialect::Sqlite => "BEGIN IMMEDIATE",
        Dialect::Postgres => "BEGIN",
    };
    loop {
        tx.batch(begin).await?;
        match step(tx, mode).await {
            Ok(done) => {
                tx.batch("COMMIT").await?;
                if done {
                    return Ok(());
                }
            }
            Err(error) => {
                tx.batch("ROLLBACK").await?;
                return Err(error);
            }
        }
    }
}

/// Applies the first migration that is missing. True when none was.
async fn step(tx: &mut Tx, mode: Migrations) -> Result<bool, OpenError> {
    let table = "CREATE TABLE IF NOT EXISTS schema_migrations \
                 (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)";
    tx.batch(&translated(table, tx.dialect())).await?;
    let applied = tx.query_all("SELECT version, name, checksum FROM schema_migrations ORDER BY version", &[]).await?;
    for (place, row) in applied.iter().enumerate() {
        let version = row.int(0)?;
        let Some(known) = SERIES.get(place) else {
            return Err(OpenError::Newer { got: version, known: number(SERIES.len()) });
        };
        let (got, want) = (row.text(2)?, checksum(known.text));
        if version != number(place + 1) || got != want {
            let (got, want) = (short(got), short(&want));
            return Err(OpenError::Changed { version, name: row.text(1)?.to_owned(), got, want });
        }
    }
    let Some(next) = SERIES.get(applied.len()) else { return Ok(true) };
    if mode == Migrations::Require {
        return Err(OpenError::Pending { missing: SERIES.len() - applied.len(), first: next.name });
    }
    tx.batch(&translated(next.text, tx.dialect())).await?;
    tx.execute(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
        &[number(applied.len() + 1).into(), next.name.into(), checksum(next.text).into()],
    )
    .await?;
    Ok(false)
}

/// The text for one database.
fn translated(text: &str, dialect: Dialect) -> String {
    let mut out = String::with_capacity(text.len());
    let mut block = None;
    for line in text.lines() {
        match line.trim() {
            "-- sqlite:" => block = Some(Dialect::Sqlite),
            "-- postgres:" => block = Some(Dialect::Postgres),
            "-- end" => block = None,
            comment if comment.starts_with("--") => {}
            _ if block.is_some_and(|wanted| wanted != dialect) => {}
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    match dialect {
        Dialect::Sqlite => out,
        Dialect::Postgres => {
            out.replace(" BLOB", " BYTEA").replace(" TEXT", " TEXT COLLATE \"C\"").replace(" WITHOUT ROWID", "")
        }
    }
}

fn checksum(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for octet in digest::digest(&digest::SHA256, text.as_bytes()).as_ref() {
        // Writing to a String does not fail.
        let _ = write!(hex, "{octet:02x}");
    }
    hex
}

fn short(checksum: &str) -> String {
    checksum.chars().take(16).collect()
}

fn number(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_a_gap() {
        for (place, migration) in SERIES.iter().enumerate() {
            assert!(migration.name.starts_with(&format!("{:04}_", place + 1)), "{}", migration.name);
        }
    }

    #[test]
    fn a_migration_is_translated_for_each_database() {
        let text = "CREATE TABLE t (a TEXT NOT NULL, b BLOB) WITHOUT ROWID;\n-- sqlite:\nA;\n-- end\n-- postgres:\nB;\n-- end\nC;";
        assert_eq!(
            translated(text, Dialect::Sqlite),
            "CREATE TABLE t (a TEXT NOT NULL, b BLOB) WITHOUT ROWID;\nA;\nC;\n"
        );
        assert_eq!(
            translated(text, Dialect::Postgres),
            "CREATE TABLE t (a TEXT COLLATE \"C\" NOT NULL, b BYTEA);\nB;\nC;\n"
        );
    }
}
