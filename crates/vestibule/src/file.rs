//! Files and the standard input, read up to a bound.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The most that is read of any input: the bound of metadata.
pub(crate) const MAX_INPUT: u64 = 25 * 1024 * 1024;

/// The most that is read of a file with certificates or keys.
pub(crate) const MAX_KEYS: u64 = 1024 * 1024;

/// Why a file cannot be read. An empty one can; what it should have been is told by whoever reads it.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    /// There is nothing of that name, or it may not be read.
    #[error("{place}{path} cannot be read: {source}; {fix}", path = .path.display())]
    Open {
        /// The option with a space behind, or nothing.
        place: String,
        path: PathBuf,
        source: io::Error,
        fix: &'static str,
    },
    /// More than the bound.
    #[error("{place}{path} has more than {max} bytes, which no message, metadata or key has", path = .path.display())]
    TooLong {
        /// The option with a space behind, or nothing.
        place: String,
        path: PathBuf,
        max: u64,
    },
}

/// What a command was given, by name for people.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// The whole input of a command; `-` is the standard input.
pub(crate) fn input(path: &Path) -> Result<Vec<u8>, FileError> {
    if path.as_os_str() == "-" {
        read(io::stdin().lock(), "", Path::new("standard input"), MAX_INPUT)
    } else {
        open(path, "", MAX_INPUT)
    }
}

/// The whole file that another file names.
pub(crate) fn named(path: &Path) -> Result<Vec<u8>, FileError> {
    open(path, "", MAX_INPUT)
}

/// The whole file that an option names.
pub(crate) fn option(option: &str, path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    open(path, &format!("{option} "), max)
}

fn open(path: &Path, place: &str, max: u64) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(|source| failed(path, place, source))?;
    read(file, place, path, max)
}

fn read(file: impl Read, place: &str, path: &Path, max: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(max + 1).read_to_end(&mut bytes).map_err(|source| failed(path, place, source))?;
    if bytes.len() as u64 > max {
        return Err(FileError::TooLong { place: place.to_owned(), path: path.to_owned(), max });
    }
    Ok(bytes)
}

fn failed(path: &Path, place: &str, source: io::Error) -> FileError {
    // Whoever pastes a message where a file is wanted gets told how.
    let text = path.as_os_str().as_encoded_bytes();
    let is_pasted = text.len() > 200 || text.starts_with(b"http") || text.starts_with(b"<");
    let fix = if is_pasted && place.is_empty() {
        "put the text into a file, or pipe it and give - as the file"
    } else {
        "name a file that exists and that you may read"
    };
    let path = if text.len() > 200 { PathBuf::from("the file of that long name") } else { path.to_owned() };
    FileError::Open { place: place.to_owned(), path, source, fix }
}
