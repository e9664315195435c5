//! What is wrong with a configuration.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use vestibule_journeys::password::LeakedError;
use vestibule_outbound::{AuthoritiesError, NetworkError, SmtpError};
use vestibule_store::DatabaseUrlError;

use super::sealing::KeyTextError;
use crate::serve::tls::CertificateProblem;

/// Everything that is wrong with a configuration, in the order of the file.
#[derive(Debug, Error)]
pub(crate) struct ConfigError(pub(crate) Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let line = if index == 0 { "" } else { "\n" };
            write!(f, "{line}{problem}")?;
        }
        Ok(())
    }
}

/// Where a setting stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Nowhere, though it should: in this file, or in the environment when there is none.
    Source(String),
    /// In a line of a file, counted from 1.
    Line { file: String, line: usize },
    /// In a variable of the environment.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(source) => write!(f, "{source}"),
            Self::Line { file, line } => write!(f, "{file}:{line}"),
            Self::Variable(name) => write!(f, "{name}"),
        }
    }
}

/// One thing that is wrong, what was wanted instead, and where to mend it. Values of secrets are never repeated.
#[derive(Debug, Error)]
pub(crate) enum Problem {
    /// The file of the configuration cannot be read.
    #[error(
        "{}: the configuration cannot be read: {source}; name a file that exists and that this user may read",
        .path.display()
    )]
    Unreadable { path: PathBuf, source: io::Error },
    /// The list of leaked passwords cannot be used.
    #[error("{place}: leaked_passwords: {source}")]
    Leaked { place: Place, source: LeakedError },
    /// The file is not TOML.
    #[error("{place}: {message}; the file is TOML 1.1")]
    Syntax { place: Place, message: String },
    /// No such key.
    #[error(
        "{place}: there is no setting {got}{}; all are listed in docs/operate/configuration.md",
        meant(.like.as_deref())
    )]
    Unknown { place: Place, got: String, like: Option<String> },
    /// A secret in the file.
    #[error(
        "{place}: the sealing key does not belong here; write it to a file of its own with `vestibule keys new FILE` \
         and set key_file"
    )]
    KeyInFile { place: Place },
    /// Another type than the key takes.
    #[error("{place}: {key} is {got}, wanted is {wanted}, for example {example}")]
    Type { place: Place, key: &'static str, got: &'static str, wanted: &'static str, example: &'static str },
    /// A value that the key does not take.
    #[error("{place}: {key} is {got:?}, wanted is {wanted}")]
    Value { place: Place, key: &'static str, got: String, wanted: String },
    /// A value that what it is for does not take.
    #[error("{place}: {key}: {source}")]
    Refused { place: Place, key: &'static str, source: Refusal },
    /// A key without which nothing works.
    #[error("{place}: {key} is not set; add {example}")]
    Missing { place: Place, key: &'static str, example: &'static str },
    /// One of two keys that go together.
    #[error("{place}: {key} is set and {other} is not; set both or neither")]
    Half { place: Place, key: &'static str, other: &'static str },
    /// Plain http on a host that others reach.
    #[error(
        "{place}: public_url is {got:?}, and plain http is only for trying Vestibule on one's own machine (localhost), \
         because anybody on the way could read and change what is signed in with; write https:// and set \
         tls.certificate \
         and tls.key, or trusted_proxies when a proxy does TLS"
    )]
    PlainHttp { place: Place, got: String },
    /// https for the world, and nobody who speaks it.
    #[error(
        "{place}: public_url begins with https://, and nothing here speaks TLS; set tls.certificate and tls.key, or \
         trusted_proxies to the addresses of the proxy that does"
    )]
    NobodySpeaksTls { place: Place },
    /// TLS, and http for the world.
    #[error(
        "{place}: tls.certificate is set and public_url begins with http://; write https:// in public_url, or leave \
         tls out"
    )]
    TlsForHttp { place: Place },
    /// The sealing key twice.
    #[error("{place}: the sealing key is given by VESTIBULE_KEY and by key_file; leave one of them out")]
    TwoKeys { place: Place },
    /// A file that a setting names cannot be read.
    #[error(
        "{place}: {key} names {}, which cannot be read: {source}; check the path and that this user may read it",
        .path.display()
    )]
    File { place: Place, key: &'static str, path: PathBuf, source: io::Error },
    /// Anybody on the machine can read or change a secret.
    #[error(
        "{place}: {key} names {path}, whose permissions are {mode:04o}, so that others than its owner and group can \
         get at it; run chmod 600 {path}",
        path = .path.display()
    )]
    Open { place: Place, key: &'static str, path: PathBuf, mode: u32 },
}

/// Why what a setting is for does not take it.
#[derive(Debug, Error)]
pub(crate) enum Refusal {
    #[error(transparent)]
    Database(#[from] DatabaseUrlError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Smtp(#[from] SmtpError),
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    #[error(transparent)]
    Certificate(#[from] CertificateProblem),
    #[error(transparent)]
    SealingKey(#[from] KeyTextError),
}

impl Problem {
    /// Where it is; the order in which problems are told.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Syntax { place, .. }
            | Self::Unknown { place, .. }
            | Self::KeyInFile { place }
            | Self::Type { place, .. }
            | Self::Value { place, .. }
            | Self::Refused { place, .. }
            | Self::Missing { place, .. }
            | Self::Half { place, .. }
            | Self::PlainHttp { place, .. }
            | Self::NobodySpeaksTls { place }
            | Self::TlsForHttp { place }
            | Self::TwoKeys { place }
            | Self::File { place, .. }
            | Self::Leaked { place, .. }
            | Self::Open { place, .. } => Some(place),
        }
    }
}

fn meant(like: Option<&str>) -> String {
    like.map(|name| format!(", did you mean {name}")).unwrap_or_default()
}
