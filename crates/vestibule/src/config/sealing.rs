//! The key that seals secrets in the database, and the file that it lies in.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// 32 octets that seal what is secret in the database. Nothing prints them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SealingKeyOctets(pub(crate) [u8; 32]);

impl fmt::Debug for SealingKeyOctets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKeyOctets(…)")
    }
}

/// A text that is not a sealing key. The text is not repeated.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("the sealing key is not 32 octets in base64 (44 characters); make one with `vestibule keys new FILE`")]
pub(crate) struct KeyTextError;

/// Why a sealing key was not made.
#[derive(Debug, Error)]
pub(crate) enum NewKeyError {
    /// There is a file already: what it seals would be lost.
    #[error(
        "{} exists, and what was sealed with a key is lost without it; name a file that does not exist",
        .path.display()
    )]
    Exists { path: PathBuf },
    /// The file cannot be written.
    #[error("{} cannot be written: {source}; name a file in a directory where this user may write", .path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}

/// What a file with a sealing key holds, or what is wrong with the file.
#[derive(Debug)]
pub(super) enum KeyFile {
    Key(SealingKeyOctets),
    Unreadable(io::Error),
    /// Others than owner and group can get at it; its permissions.
    Open(u32),
    NoKey(KeyTextError),
}

/// The longest text of a key that is looked at.
const MAX_TEXT: u64 = 1024;

impl SealingKeyOctets {
    /// From base64, white space around it left aside.
    pub(crate) fn from_text(text: &str) -> Result<Self, KeyTextError> {
        let octets = STANDARD.decode(text.trim()).map_err(|_| KeyTextError)?;
        octets.try_into().map(Self).map_err(|_| KeyTextError)
    }

    /// As it lies in its file.
    fn text(&self) -> String {
        format!("{}\n", STANDARD.encode(self.0))
    }
}

/// Writes a new sealing key, made of `octets` from a generator, to a file that only its owner can read: the work of
/// `vestibule keys new FILE`.
pub(crate) fn new_key_file(path: &Path, octets: [u8; 32]) -> Result<(), NewKeyError> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => NewKeyError::Exists { path: path.to_owned() },
        _ => NewKeyError::Unwritable { path: path.to_owned(), source },
    };
    let mut file = created.map_err(failed)?;
    let text = SealingKeyOctets(octets).text();
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

pub(super) fn key_file(path: &Path) -> KeyFile {
    let read = || -> io::Result<(u32, String)> {
        let file = File::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o7777;
        let mut text = String::new();
        file.take(MAX_TEXT).read_to_string(&mut text)?;
        Ok((mode, text))
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => KeyFile::NoKey(KeyTextError),
        Err(error) => KeyFile::Unreadable(error),
        Ok((mode, _)) if mode & 0o027 != 0 => KeyFile::Open(mode),
        Ok((_, text)) => SealingKeyOctets::from_text(&text).map_or_else(KeyFile::NoKey, KeyFile::Key),
    }
}
