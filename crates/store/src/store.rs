//! The store: units of work in, results out.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::url::Target;
use crate::{DatabaseUrl, OpenError, Sealer, StoreError, Tx};

/// The future of a unit of work.
pub type BoxFuture<'t, T> = Pin<Box<dyn Future<Output = T> + Send + 't>>;

/// The facts, in SQLite or PostgreSQL. Clones share one database.
///
/// Dropping the last clone ends the SQLite writer after the units that it has taken.
#[derive(Clone)]
pub struct Store {
    database: Database,
    sealer: Arc<Sealer>,
}

#[derive(Clone)]
enum Database {
    Sqlite(Arc<Sqlite>),
    Postgres(Postgres),
}

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whether this process serves, or runs one command beside a node that may be serving.
    pub role: Role,
    /// What becomes of migrations that the database lacks.
    pub migrations: Migrations,
    /// How many reads may run at once, each on a connection of its own; the PostgreSQL pool has as many connections.
    /// `None`: for SQLite as many as the machine has cores, 4 at most; for PostgreSQL 16.
    pub connections: Option<usize>,
}

/// What this process is to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It serves. A SQLite file takes one node at a time, for as long as the node lives.
    Node,
    /// It runs one command, perhaps beside a node.
    Command,
}

/// What becomes of migrations that the database lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrations {
    /// They are applied.
    Apply,
    /// The store does not open.
    Require,
}

impl Default for Options {
    fn default() -> Self {
        Self { role: Role::Node, migrations: Migrations::Apply, connections: None }
    }
}

impl Store {
    /// Opens the database and brings its schema up to date, as the options say.
    ///
    /// # Errors
    ///
    /// See [`OpenError`].
    pub async fn open(url: &DatabaseUrl, sealer: Sealer, options: Options) -> Result<Self, OpenError> {
        let database = match &url.0 {
            Target::SqliteFile(path) => Database::Sqlite(Arc::new(Sqlite::open_file(path, &options)?)),
            Target::SqliteTemporary => Database::Sqlite(Arc::new(Sqlite::open_temporary(&options)?)),
            Target::Postgres(target) => Database::Postgres(Postgres::open(target, &options).await?),
        };
        Ok(Self { database, sealer: Arc::new(sealer) })
    }

    /// Runs a unit that only reads. It sees one state of a SQLite database; on PostgreSQL each of its statements sees
    /// what was committed before that statement.
    ///
    /// On SQLite the unit runs on the calling thread, on a connection from a small pool: no hop to another thread.
    /// A unit of one point query costs 2.2 µs of CPU there (`examples/hops.rs`).
    ///
    /// # Errors
    ///
    /// Those of the unit, and [`StoreError`] where the database is the reason.
    pub async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.read(unit).await,
            Database::Postgres(postgres) => postgres.read(unit).await,
        }
    }

    /// Runs a unit that changes something, and answers when the change is durable. All of it is stored, or nothing:
    /// an error from the unit undoes what it did.
    ///
    /// On SQLite the one writer thread runs the units that are waiting in one transaction and commits them together.
    /// Nobody waits for a fuller group: what is queued when the writer is free goes.
    ///
    /// A caller that is dropped while waiting may or may not have its unit stored.
    ///
    /// # Errors
    ///
    /// Those of the unit, and [`StoreError`] where the database is the reason. [`StoreError::Conflict`] is not
    /// retried here: a unit runs once, so it may consume what it captured. Two writers of Vestibule can only meet so
    /// in a deadlock, and a page that asks to try again is the honest answer to that.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.write(unit).await,
            Database::Postgres(postgres) => postgres.write(unit).await,
        }
    }

    /// Seals and opens the secrets that the database holds.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = match &self.database {
            Database::Sqlite(_) => "SQLite",
            Database::Postgres(_) => "PostgreSQL",
        };
        f.debug_struct("Store").field("database", &database).field("sealer", &self.sealer).finish()
    }
}
