//! What can go wrong with the database, in words for the operator.

use std::path::PathBuf;

use thiserror::Error;

/// Why a unit of work has no result. Nothing of it was stored, except where the variant says otherwise.
///
/// The messages hold no values of columns, so they can be logged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A row with the same key exists: two writers wanted the same name, or a request came twice.
    #[error("{constraint:?} must be unique, and another row has this value")]
    Unique {
        /// Which uniqueness.
        constraint: Constraint,
    },
    /// A row refers to one that does not exist, or one that others refer to was to be deleted.
    #[error("a row refers to another that does not exist (or still would after a deletion)")]
    Reference,
    /// Another transaction was in the way (a deadlock on PostgreSQL, a lock held over the busy timeout on SQLite).
    /// The unit may be tried again as a whole.
    #[error("another transaction was in the way: {message}; try again")]
    Conflict {
        /// The database's words.
        message: String,
    },
    /// No connection to the database, or it broke before the commit was asked for.
    #[error("the database cannot be reached: {message}; see that it runs and that `database` names it")]
    Unreachable {
        /// The database's or the network's words.
        message: String,
    },
    /// No connection of the pool became free in time: more is asked than the database answers.
    #[error("no database connection became free in time: more is asked than the database can answer")]
    Busy,
    /// The commit was asked for and not confirmed. On PostgreSQL the unit may have been stored: whoever tries again
    /// finds out by the once-only fact that it writes.
    #[error("the commit was not confirmed: {message}")]
    Commit {
        /// The database's words.
        message: String,
    },
    /// The database refused a statement for a reason that no row explains: disk full, corruption, a lost table.
    #[error("the database refused a statement ({code}): {message}")]
    Database {
        /// SQLite's extended result code or PostgreSQL's SQLSTATE.
        code: String,
        /// The database's words.
        message: String,
    },
    /// A value in the database is not what this version of the program writes there.
    #[error("column {column} of `{table}` holds {got}, wanted {want}; was the database edited by hand?")]
    Unreadable {
        /// The table or the statement's name.
        table: &'static str,
        /// Position of the column in the statement, from 0.
        column: usize,
        /// What is there, by kind.
        got: &'static str,
        /// What was wanted.
        want: &'static str,
    },
    /// A value does not become JSON.
    #[error("a {what} cannot be written as JSON (a defect: report it)")]
    Unwritable {
        /// Its type.
        what: &'static str,
    },
    /// The row was changed since the caller read it. Reading it again and deciding anew is the way on.
    #[error("this {what} was changed by somebody else in the meantime; read it again")]
    Stale {
        /// What was to be changed.
        what: &'static str,
    },
    /// A sealed value does not open.
    #[error(transparent)]
    Seal(#[from] crate::SealError),
    /// A statement of this unit failed earlier, the unit went on, and nothing of it can be stored.
    #[error("an earlier statement of this unit of work failed, so nothing of it can be stored (a defect: report it)")]
    Aborted,
    /// The unit awaited something other than its statements; units on SQLite never wait.
    #[error("a unit of work awaited something other than its statements (a defect: report it)")]
    Waited,
    /// The unit panicked.
    #[error("a unit of work panicked (a defect: report it)")]
    Panicked,
    /// The store is closing.
    #[error("the store is closing")]
    Closed,
}

/// The uniqueness that a change can violate: one per unique index, with its name in each database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Constraint {
    /// A key that the caller chose exists already: an id, or the hash of a token.
    PrimaryKey,
    /// The path of an account: its parent has another child of that name.
    AccountPath,
    /// A sub-domain is or was another account's.
    SubDomain,
    /// The name of a connection in its account.
    ConnectionName,
    /// A connection's subject is linked to a user already.
    Identity,
    /// The token of a session.
    SessionToken,
}

/// Why the database cannot be used at all.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another node has the file.
    #[error(
        "{path} is in use by another node. One SQLite file serves one node: stop the other one, \
         or use PostgreSQL for more than one"
    )]
    InUse {
        /// The database file.
        path: PathBuf,
    },
    /// The file or its directory cannot be used.
    #[error("{path}: {source}. The directory must exist and be writable by this user")]
    File {
        /// The database file, or the lock beside it.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// There is no such file, and the options say not to make a database.
    #[error(
        "there is no database at {path}: see that `database` names the file of the deployment; \
         `vestibule serve` and `vestibule migrate` make one"
    )]
    Missing {
        /// The database file.
        path: PathBuf,
    },
    /// The database was made by a later version of the program.
    #[error(
        "the database has migration {got} and this program knows those up to {known}: it was used by a newer version. \
         Install that version, or restore the backup taken before the upgrade"
    )]
    Newer {
        /// The newest migration of the database.
        got: i64,
        /// The newest of this program.
        known: i64,
    },
    /// A migration that ran is not the one that this program has under that number.
    #[error(
        "migration {version} ({name}) was applied as {got} and this program has {want}: the database belongs to a build \
         whose migrations were edited. Use that build, or restore a backup"
    )]
    Changed {
        /// Its number.
        version: i64,
        /// Its file name.
        name: String,
        /// Checksum in the database, the first 16 hex digits.
        got: String,
        /// Checksum of this program's file, the first 16 hex digits.
        want: String,
    },
    /// Migrations are missing, and the options say not to apply them.
    #[error("the database lacks {missing} migration(s), the first is {first}: run `vestibule migrate`")]
    Pending {
        /// How many.
        missing: usize,
        /// File name of the first.
        first: &'static str,
    },
    /// A certificate bundle for TLS to the database cannot be used.
    #[error("{path}: {message}. Name a PEM file with the authority of the database server in sslrootcert")]
    RootCertificates {
        /// The bundle.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The database refused or could not be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreError {
    /// A violation of a unique index that is not in [`Constraint`] is a database error, so that nobody mistakes it.
    fn unique(constraint: Option<Constraint>, code: &str, message: &str) -> Self {
        match constraint {
            Some(constraint) => Self::Unique { constraint },
            None => Self::Database { code: code.to_owned(), message: message.to_owned() },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::{
            SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID,
            SQLITE_CONSTRAINT_UNIQUE,
        };
        let rusqlite::Error::SqliteFailure(failure, message) = error else {
            return Self::Database { code: "driver".to_owned(), message: error.to_string() };
        };
        let message = message.unwrap_or_else(|| failure.to_string());
        match (failure.extended_code, failure.code) {
            (SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_ROWID, _) => {
                Self::Unique { constraint: Constraint::of_columns(&message).unwrap_or(Constraint::PrimaryKey) }
            }
            (SQLITE_CONSTRAINT_UNIQUE, _) => Self::unique(Constraint::of_columns(&message), "UNIQUE", &message),
            (SQLITE_CONSTRAINT_FOREIGNKEY, _) => Self::Reference,
            (_, rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Conflict { message },
            (code, _) => Self::Database { code: code.to_string(), message },
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        // Not the error's own text: DETAIL names the values that collided.
        let Some(db) = error.as_db_error() else {
            return Self::Unreachable { message: with_cause(&error) };
        };
        let message = db.message().to_owned();
        let code = db.code();
        if *code == SqlState::UNIQUE_VIOLATION {
            Self::unique(db.constraint().and_then(Constraint::of_name), code.code(), &message)
        } else if *code == SqlState::FOREIGN_KEY_VIOLATION {
            Self::Reference
        } else if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED {
            Self::Conflict { message }
        } else {
            Self::Database { code: code.code().to_owned(), message }
        }
    }
}

impl From<deadpool_postgres::PoolError> for StoreError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            deadpool_postgres::PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => Self::Busy,
            other => Self::Unreachable { message: other.to_string() },
        }
    }
}

/// "error connecting to server" says nothing without what the network said.
fn with_cause(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl Constraint {
    /// By the columns that SQLite names in its message: `table.column, table.column`.
    fn of_columns(message: &str) -> Option<Self> {
        let columns = message.strip_prefix("UNIQUE constraint failed: ")?;
        NAMES.iter().find(|(_, sqlite, _)| *sqlite == columns).map(|(constraint, ..)| *constraint)
    }

    /// By the name of the constraint, which PostgreSQL tells.
    fn of_name(name: &str) -> Option<Self> {
        let named = NAMES.iter().find(|(.., postgres)| *postgres == name).map(|(constraint, ..)| *constraint);
        named.or_else(|| name.ends_with("_pkey").then_some(Self::PrimaryKey))
    }
}

/// Constraint, columns as SQLite names them, name of the index as PostgreSQL does.
const NAMES: &[(Constraint, &str, &str)] = &[
    (Constraint::AccountPath, "accounts.path", "accounts_path_key"),
    (Constraint::ConnectionName, "connections.account_id, connections.name", "connections_account_id_name_key"),
    (
        Constraint::Identity,
        "identities.connection_id, identities.subject, identities.account_id, identities.seat",
        "identities_pkey",
    ),
    (Constraint::SessionToken, "sessions.token_hash", "sessions_token_hash_key"),
];
