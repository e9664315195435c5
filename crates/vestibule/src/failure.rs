//! Why a command could not do its work: exit status 2.

use std::io;
use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;
use vestibule_journeys::Problem;
use vestibule_journeys::apply::ApplyError;
use vestibule_journeys::deployment::DeploymentError;
use vestibule_journeys::give_back_domain::GiveBackError;
use vestibule_journeys::inspect::input::Undecodable;
use vestibule_journeys::rotate_keys::RotateError;
use vestibule_journeys::unlink::UnlinkError;
use vestibule_oidc::issuer::IssuerError;
use vestibule_outbound::MailError;
use vestibule_saml::metadata::MetadataError;
use vestibule_store::{CopyError, OpenError};
use vestibule_xmlsec::keys::CertificateError;

use crate::apply::FileProblems;
use crate::cli::Format;
use crate::config::{ConfigError, NewKeyError};
use crate::file::FileError;
use crate::inspect::OptionError;
use crate::output::{Output, json, sanitised};
use crate::serve::ServeError;

/// Everything that ends a command with exit status 2. Each is one sentence that names the place and the fix; where
/// several things are wrong with a file, each has a line.
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
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address of the deployment that cannot be one.
    #[error("public_url: {0}")]
    Deployment(#[from] DeploymentError),
    /// A public URL that cannot be an issuer of tokens.
    #[error("public_url: {0}")]
    Issuer(#[from] IssuerError),
    /// The database cannot be used.
    #[error("{0}")]
    Database(#[from] OpenError),
    /// Nothing was copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A key that was to be in the database, or to be put there.
    #[error("{0}")]
    Journey(#[from] Problem),
    /// The sealing key was not made.
    #[error(transparent)]
    SealingKey(#[from] NewKeyError),
    /// A file of settings with mistakes in it.
    #[error(transparent)]
    Settings(#[from] FileProblems),
    /// Settings that were not applied.
    #[error("{0}")]
    Apply(ApplyError),
    /// No server for mail.
    #[error("mail.host is not set, so no mail is sent; set mail.host and mail.from (docs/operate/configuration.md)")]
    NoMail,
    /// A mail was not sent.
    #[error("{error}{said}")]
    Mail { error: MailError, said: String },
    /// A connection's key that was not listed or changed.
    #[error("{0}")]
    ConnectionKey(RotateError),
    /// An e-mail domain that was not given back.
    #[error(transparent)]
    Domain(#[from] GiveBackError),
    /// An identity that was not listed or taken away.
    #[error(transparent)]
    Unlink(#[from] UnlinkError),
    /// Nothing is served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The demonstration's own files.
    #[error("{path}: {source}; choose another directory with --data", path = .path.display())]
    Directory { path: PathBuf, source: io::Error },
    /// The stand-in for an identity provider cannot start.
    #[error("{place}: {problem}")]
    StandIn {
        /// The file.
        place: String,
        problem: String,
    },
    /// The application in the terminal has signed nobody in.
    #[error("{0}")]
    SignIn(String),
    /// No threads.
    #[error("the system gives no threads or no event queue: {0}; see the limits of this user")]
    Runtime(io::Error),
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
            Format::Text => {
                let line = |line: &str| format!("vestibule: {}\n", sanitised(line));
                Output { stderr: self.to_string().lines().map(line).collect(), ..Output::status(Self::STATUS) }
            }
            Format::Json => {
                let shape = Shape { version: 1, error: self.to_string() };
                Output { stdout: json(&shape), ..Output::status(Self::STATUS) }
            }
        }
    }
}
