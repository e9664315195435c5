//! Copies of a SQLite database that is in use, and the way back.
//!
//! ```text
//! backup   database ──one read transaction──▶ COPY.partial ──checked, synced──▶ COPY
//! restore  COPY ──▶ DATABASE.restoring ──checked──▶ whoever asks looks into it ──▶ DATABASE
//! ```
//!
//! At no moment is there half a copy under the name of a whole one, or no database where there was one. What SQLite keeps
//! beside a database (its log above all) goes with it: a log that is left beside another database would be read as its own.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use thiserror::Error;

use crate::sqlite::{BUSY, NodeLock, lock_for_node};
use crate::url::Target;
use crate::{DatabaseUrl, OpenError, StoreError};

/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 3] = ["", "-wal", "-shm"];

/// Why nothing was copied. What was there is as it was.
#[derive(Debug, Error)]
pub enum CopyError {
    /// PostgreSQL copies itself.
    #[error(
        "the database is {database}, which copies itself: `pg_dump --format=custom --file=FILE DATABASE` while nodes \
         serve, `pg_restore` for the way back"
    )]
    NotAFile {
        /// Which.
        database: DatabaseUrl,
    },
    /// There is no such database, or another reason not to open it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file is in the way.
    #[error("{path} is there already, and is not overwritten; {fix}")]
    Exists {
        /// Which.
        path: PathBuf,
        /// What to do.
        fix: &'static str,
    },
    /// The copy is damaged.
    #[error("{path} is damaged: {problem}. Take an earlier copy")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What SQLite says.
        problem: String,
    },
    /// The file is another program's, or none of SQLite's.
    #[error("{path} is no copy of a database of Vestibule: {problem}")]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What was found.
        problem: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The database refused.
    #[error("the database could not be copied: {0}")]
    Database(StoreError),
}

/// Copies a database into a file that does not exist yet, while nodes serve: the copy is of one moment, whole, checked
/// and on disk when this returns. Only its owner can read it. Returns its size in octets.
///
/// # Errors
/// See [`CopyError`].
pub fn backup(database: &DatabaseUrl, copy: &Path) -> Result<u64, CopyError> {
    let file = file_of(database)?;
    if !file.exists() {
        return Err(OpenError::Missing { path: file.to_owned() }.into());
    }
    if copy.exists() {
        return Err(CopyError::Exists { path: copy.to_owned(), fix: "name another file" });
    }
    let partial = beside(copy, ".partial");
    drop(new_file(&partial, "remove it unless another backup is under way")?);
    let partial = Leftover(partial);
    let source = open(file)?;
    source.execute("VACUUM INTO ?1", [text(&partial.0)?]).map_err(|error| refused(error.into()))?;
    check(&partial.0, copy, "quick_check")?;
    let size = sync(&partial.0)?;
    // A link, since renaming would overwrite what somebody else has put there meanwhile.
    fs::hard_link(&partial.0, copy).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => CopyError::Exists { path: copy.to_owned(), fix: "name another file" },
        _ => CopyError::File { path: copy.to_owned(), source },
    })?;
    drop(partial);
    sync_folder(copy)?;
    Ok(size)
}

/// A copy that is about to take the place of a database. Dropped before [`Restore::commit`], it leaves everything as it
/// was.
#[derive(Debug)]
pub struct Restore {
    prepared: Leftovers,
    database: PathBuf,
    replace: bool,
    /// No node serves the database as long as this is held.
    _lock: File,
}

impl Restore {
    /// Copies a copy beside the place of the database and checks that it is whole. A database that is there is only
    /// replaced where `replace` says so.
    ///
    /// # Errors
    /// See [`CopyError`]; [`OpenError::InUse`] while a node serves.
    pub fn prepare(copy: &Path, database: &DatabaseUrl, replace: bool) -> Result<Self, CopyError> {
        let file = file_of(database)?;
        let lock = lock_for_node(file, NodeLock::Exclusive)?;
        let lock = lock.ok_or_else(|| OpenError::InUse { path: file.to_owned() })?;
        if let Some(path) = present(file) {
            if !replace {
                return Err(CopyError::Exists { path, fix: "say --replace to put it aside" });
            }
            if let Some(path) = present(&aside(file)) {
                return Err(CopyError::Exists { path, fix: "it was put aside before: move it away first" });
            }
        }
        let log = beside(copy, "-wal");
        if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
            let problem =
                format!("{} beside it holds a part of it; open it once by `vestibule migrate`", log.display());
            return Err(CopyError::Foreign { path: copy.to_owned(), problem });
        }
        let mut source = File::open(copy).map_err(at(copy))?;
        let prepared = Leftovers(beside(file, ".restoring"));
        // Of a restore that was killed: another one that runs would have the lock.
        prepared.remove();
        let mut target = new_file(&prepared.0, "remove it")?;
        io::copy(&mut source, &mut target).map_err(at(&prepared.0))?;
        like_before(&prepared.0, file);
        check(&prepared.0, copy, "integrity_check")?;
        Ok(Self { prepared, database: file.to_owned(), replace, _lock: lock })
    }

    /// The database as it would be, so that whoever restores can see whether their sealing key opens it.
    pub fn database(&self) -> DatabaseUrl {
        DatabaseUrl::sqlite(&self.prepared.0)
    }

    /// Puts it in its place. What was there, if something was, is put aside under the name that is returned.
    ///
    /// # Errors
    /// [`CopyError::File`]; nothing is lost then: the files have the names of this module's picture.
    pub fn commit(self) -> Result<Option<PathBuf>, CopyError> {
        // Whatever looked into it is done: what it wrote goes from the log into the file.
        let connection = open(&self.prepared.0)?;
        let journal = connection.pragma_update(None, "journal_mode", "DELETE");
        journal.map_err(|error| refused(error.into()))?;
        drop(connection);
        sync(&self.prepared.0)?;
        let aside = (self.replace && present(&self.database).is_some()).then(|| aside(&self.database));
        if let Some(aside) = &aside {
            put_aside(&self.database, aside)?;
        }
        rename(&self.prepared.0, &self.database)?;
        sync_folder(&self.database)?;
        Ok(aside)
    }
}

/// Gives a database another name beside the one that it has, so that there is a database at every moment.
fn put_aside(database: &Path, aside: &Path) -> Result<(), CopyError> {
    if database.exists() {
        // What its log holds goes into the file, and the log is gone with the last connection.
        if let Ok(connection) = open(database) {
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }
    // A log that is still there is that of a damaged database, or of none: it goes with it.
    for companion in ["-wal", "-shm"] {
        rename(&beside(database, companion), &beside(aside, companion))?;
    }
    match fs::hard_link(database, aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(at(aside)),
    }
}

/// What there is of a database, if anything.
fn present(database: &Path) -> Option<PathBuf> {
    COMPANIONS.iter().map(|companion| beside(database, companion)).find(|path| path.exists())
}

/// Gives a file to whoever has the database, or its folder: an operator may be root, a node is not. Who may not do that
/// has the file themselves.
fn like_before(path: &Path, database: &Path) {
    let folder = database.parent().unwrap_or(Path::new("."));
    if let Ok(owner) = fs::metadata(database).or_else(|_| fs::metadata(folder)) {
        for file in [path, &beside(database, ".node")] {
            let _ = chown(file, Some(owner.uid()), Some(owner.gid()));
        }
    }
}

fn file_of(database: &DatabaseUrl) -> Result<&Path, CopyError> {
    match &database.0 {
        Target::SqliteFile(path) => Ok(path),
        _ => Err(CopyError::NotAFile { database: database.clone() }),
    }
}

fn open(path: &Path) -> Result<Connection, CopyError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY)?;
        Ok(connection)
    });
    opened.map_err(|error| refused(error.into()))
}

fn refused(error: StoreError) -> CopyError {
    CopyError::Database(error)
}

/// Whether a file is a whole database of ours; `named` is how the people who asked call it.
fn check(path: &Path, named: &Path, pragma: &str) -> Result<(), CopyError> {
    let foreign = |error: rusqlite::Error| CopyError::Foreign { path: named.to_owned(), problem: error.to_string() };
    let damaged = |problem: String| CopyError::Damaged { path: named.to_owned(), problem };
    let connection = open(path)?;
    let found: rusqlite::Result<String> = connection.pragma_query_value(None, pragma, |row| row.get(0));
    match found {
        Ok(word) if word == "ok" => {}
        Ok(problem) => return Err(damaged(problem)),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(foreign(error));
        }
        Err(error) => return Err(damaged(error.to_string())),
    }
    let tables =
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('schema_migrations', 'accounts')";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0)).map_err(foreign)?;
    if tables == 2 {
        return Ok(());
    }
    Err(CopyError::Foreign { path: named.to_owned(), problem: "it has none of its tables".to_owned() })
}

/// A file beside another one.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The name under which a database is kept that another one takes the place of.
fn aside(database: &Path) -> PathBuf {
    beside(database, ".before-restore")
}

fn new_file(path: &Path, fix: &'static str) -> Result<File, CopyError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => CopyError::Exists { path: path.to_owned(), fix },
        _ => CopyError::File { path: path.to_owned(), source },
    })
}

/// Renames what is there.
fn rename(from: &Path, to: &Path) -> Result<(), CopyError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(at(from)),
    }
}

fn sync(path: &Path) -> Result<u64, CopyError> {
    let synced = File::open(path).and_then(|file| file.sync_all().and_then(|()| file.metadata()));
    synced.map(|metadata| metadata.len()).map_err(at(path))
}

/// Names are on disk when their folder is.
fn sync_folder(path: &Path) -> Result<(), CopyError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn text(path: &Path) -> Result<&str, CopyError> {
    let source = || io::Error::other("SQLite takes paths in UTF-8 alone");
    path.to_str().ok_or_else(|| CopyError::File { path: path.to_owned(), source: source() })
}

fn at(path: &Path) -> impl Fn(io::Error) -> CopyError + use<> {
    let path = path.to_owned();
    move |source| CopyError::File { path: path.clone(), source }
}

/// A file that is removed with this value.
#[derive(Debug)]
struct Leftover(PathBuf);

impl Drop for Leftover {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A database that is removed with this value, unless it has another name by then.
#[derive(Debug)]
struct Leftovers(PathBuf);

impl Leftovers {
    fn remove(&self) {
        for companion in COMPANIONS {
            let _ = fs::remove_file(beside(&self.0, companion));
        }
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        self.remove();
    }
}
