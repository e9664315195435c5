//! SQLite: a pool of readers that run on the caller's thread, and one writer thread that commits in groups.

mod file;
mod readers;
mod writer;

use std::num::NonZero;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::BoxFuture;
use crate::tx::{Access, Backend};
use crate::{Migrations, OpenError, Options, StoreError, Tx, migrate};
use file::DatabaseFile;
pub(crate) use file::{NodeLock, lock_for_node};
use readers::Readers;
use writer::Writer;

/// The readers that a machine of many cores gets: a read takes microseconds, and each connection has a page cache.
const MOST_READERS: usize = 4;

/// Page cache of a connection that writes, and of one that reads, at most, in KiB; a small database fills neither. The
/// system's own cache does the rest. A search goes through an index of some MiB where a vendor has 10,000 customers: from
/// a smaller cache each of its pages falls before it is read again, and the search takes half as long again.
const WRITER_CACHE_KIB: i64 = 2048;
const READER_CACHE_KIB: i64 = 8192;

/// How long a statement waits for a lock of another process: `vestibule apply` beside a serving node, or the reverse.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// Pages in the write-ahead log at which it is copied back into the file: 16 MiB. At SQLite's default of 1,000 a busy
/// node would sync the file several times a second for the sake of pages that change again at once.
const CHECKPOINT_PAGES: i64 = 4000;

/// Statements that a connection keeps prepared; more than this crate has.
const STATEMENTS: usize = 160;

pub(crate) struct Sqlite {
    // In the order in which they are dropped: the file goes last.
    readers: Readers,
    writer: Writer,
}

impl Sqlite {
    pub(crate) fn open_file(path: &Path, options: &Options) -> Result<Self, OpenError> {
        if options.migrations == Migrations::Require && !path.exists() {
            return Err(OpenError::Missing { path: path.to_owned() });
        }
        Self::open(DatabaseFile::at(path, NodeLock::for_role(options.role))?, options)
    }

    pub(crate) fn open_temporary(options: &Options) -> Result<Self, OpenError> {
        Self::open(DatabaseFile::temporary()?, options)
    }

    fn open(file: DatabaseFile, options: &Options) -> Result<Self, OpenError> {
        let file = Arc::new(file);
        let mut tx = Tx::new(Backend::Sqlite(connect(&file, Access::Write)?), Access::Write);
        at_once(migrate::run(&mut tx, options.migrations)).map_err(OpenError::Store)??;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let count = options.connections.unwrap_or(cores.min(MOST_READERS)).max(1);
        let readers: Result<Vec<_>, OpenError> =
            (0..count).map(|_| Ok(Tx::new(Backend::Sqlite(connect(&file, Access::Read)?), Access::Read))).collect();
        Ok(Self { readers: Readers::new(readers?), writer: Writer::start(tx, file)? })
    }

    pub(crate) async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
        E: From<StoreError>,
    {
        self.readers.run(unit).await
    }

    pub(crate) async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.run(unit).await
    }
}

fn connect(file: &DatabaseFile, access: Access) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file.path(), flags)?;
    connection.busy_timeout(BUSY)?;
    // Plans do not depend on parameters, so that a prepared statement stays prepared. Without this SQLite (built with
    // STAT4) parses most of the sign-in's joins again for every set of parameters: 20 µs each.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", if file.is_temporary() { "OFF" } else { "FULL" })?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    let cache = if access == Access::Read { READER_CACHE_KIB } else { WRITER_CACHE_KIB };
    connection.pragma_update(None, "cache_size", -cache)?;
    // Savepoints keep what they may undo in memory, not in a file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    if access == Access::Read {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

/// Runs a future that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> Result<T, StoreError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => Err(StoreError::Waited),
    }
}

/// Runs a unit, and undoes its success where one of its statements failed: PostgreSQL would not commit it.
fn run_unit<T, E, F>(tx: &mut Tx, unit: F) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    E: From<StoreError>,
{
    tx.take_failed();
    let outcome = at_once(unit(tx)).map_err(E::from).flatten();
    if tx.take_failed() && outcome.is_ok() { Err(StoreError::Aborted.into()) } else { outcome }
}

/// The connection of a transaction that is known to be SQLite's.
fn run_sql(tx: &mut Tx, sql: &'static str) -> Result<(), StoreError> {
    match tx.backend_mut() {
        Backend::Sqlite(connection) => {
            connection.prepare_cached(sql)?.raw_execute()?;
            Ok(())
        }
        Backend::Postgres(_) => Err(StoreError::Closed),
    }
}

/// Whether a transaction is open.
fn in_transaction(tx: &mut Tx) -> bool {
    matches!(tx.backend_mut(), Backend::Sqlite(connection) if !connection.is_autocommit())
}
