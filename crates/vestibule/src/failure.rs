//! Why a command could not do its work: exit status 2.

use serde::Serialize;
use thiserror::Error;
use vestibule_saml::metadata::MetadataError;
use vestibule_xmlsec::keys::CertificateError;

use crate::cli::Format;
use crate::file::FileError;
use crate::inspect::{OptionError, Undecodable};
use crate::output::{Output, json, sanitised};

/// Everything that ends a command with exit status 2. Each is one sentence that names the place and the fix.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// Arguments that clap refused.
    #[error("{0}")]
    Arguments(String),
    /// Options that do not go together, or whose value cannot be used.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A file that cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Input that is nothing we know.
    #[error("{place}: {source}")]
    Undecodable {
        /// The file.
        place: String,
        source: Undecodable,
    },
    /// The input of `vestibule metadata`.
    #[error("{place}: {source}")]
    Metadata {
        /// The file.
        place: String,
        source: Box<MetadataError>,
    },
    /// The input of `vestibule certificate`.
    #[error("{place}: {source}")]
    Certificate {
        /// The file.
        place: String,
        source: CertificateError,
    },
}

/// The shape of every failure for programs.
#[derive(Serialize)]
struct Shape {
    version: u8,
    error: String,
}

impl Failure {
    /// Exit status of unusable arguments and unreadable input.
    pub(crate) const STATUS: u8 = 2;

    /// The sentence on the standard error, or the object on the standard output.
    pub(crate) fn output(&self, format: Format) -> Output {
        match format {
            Format::Text => Output {
                stderr: format!("vestibule: {}\n", sanitised(&self.to_string())),
                ..Output::status(Self::STATUS)
            },
            Format::Json => {
                let shape = Shape { version: 1, error: self.to_string() };
                Output { stdout: json(&shape), ..Output::status(Self::STATUS) }
            }
        }
    }
}
