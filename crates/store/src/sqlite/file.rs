//! The file, who may have it, and where a temporary one lives.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{OpenError, Role};

/// The database file, held for as long as this lives.
pub(super) struct DatabaseFile {
    path: PathBuf,
    /// Locked by the system for this process, and released by it however the process ends.
    _lock: Option<File>,
    temporary: Option<PathBuf>,
}

/// Whether a lock keeps other nodes away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeLock {
    Exclusive,
    None,
}

impl NodeLock {
    pub(super) fn for_role(role: Role) -> Self {
        match role {
            Role::Node => Self::Exclusive,
            Role::Command => Self::None,
        }
    }
}

impl DatabaseFile {
    /// The file at a path, made readable to this user alone where it does not exist. SQLite gives its companions
    /// (`-wal`, `-shm`) the same permissions.
    pub(super) fn at(path: &Path, lock: NodeLock) -> Result<Self, OpenError> {
        let lock = lock_for_node(path, lock)?;
        open_private(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), _lock: lock, temporary: None })
    }

    pub(super) fn temporary() -> Result<Self, OpenError> {
        let directory = private_directory()?;
        Ok(Self { path: directory.join("vestibule.db"), _lock: None, temporary: Some(directory) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }
}

impl Drop for DatabaseFile {
    fn drop(&mut self) {
        if let Some(directory) = &self.temporary
            && let Err(error) = std::fs::remove_dir_all(directory)
        {
            tracing::warn!(directory = %directory.display(), "a temporary database stays behind: {error}");
        }
    }
}

/// A file of its own beside the database: locks on the database file itself are SQLite's, and closing any descriptor
/// of it would release them.
pub(crate) fn lock_for_node(path: &Path, lock: NodeLock) -> Result<Option<File>, OpenError> {
    if lock == NodeLock::None {
        return Ok(None);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".node");
    let beside = PathBuf::from(beside);
    let failed = |source| OpenError::File { path: beside.clone(), source };
    let file = open_private(&beside).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Names are counted, not drawn: a name that is taken is passed over.
fn private_directory() -> Result<PathBuf, OpenError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vestibule-store-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(OpenError::File { path, source }),
        }
    }
}
