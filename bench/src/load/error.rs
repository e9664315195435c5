//! Why a measurement ends without a figure.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a measurement ends without a figure.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The connection to the server failed.
    #[error("{doing}: {error}")]
    Connection {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        error: io::Error,
    },
    /// What came is not HTTP/1.1 as this client reads it.
    #[error("the server's answer cannot be read: {what}")]
    Http {
        /// What is not as it should be.
        what: &'static str,
    },
    /// The server answered otherwise than a sign-in needs.
    #[error("{request}: {got} instead of {want}; the answer begins:\n{beginning}")]
    Answer {
        /// Which request.
        request: &'static str,
        /// What came.
        got: String,
        /// What was expected.
        want: &'static str,
        /// The first characters of the answer.
        beginning: String,
    },
    /// A sign-in is not what it should be, found off the clock.
    #[error("the sign-in of person {person} is wrong: {what}")]
    Check {
        /// Who.
        person: u64,
        /// What is wrong.
        what: String,
    },
    /// A program did not do its part.
    #[error("{program}: {what}")]
    Program {
        /// Its name.
        program: String,
        /// What happened.
        what: String,
    },
    /// A file could not be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
}
