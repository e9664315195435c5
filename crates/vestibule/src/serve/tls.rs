//! Our certificate: read at start, and again when its files change.

use std::fs::{self, Metadata};
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use thiserror::Error;

use crate::config::TlsFiles;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(10);

/// Why no certificate was read.
#[derive(Debug, Error)]
pub(crate) enum TlsError {
    #[error("the certificate cannot be read: {0}")]
    Certificate(io::Error),
    #[error("the key of the certificate cannot be read: {0}")]
    Key(io::Error),
    #[error(transparent)]
    Content(#[from] CertificateProblem),
}

/// What is wrong with what the files hold.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum CertificateProblem {
    #[error(
        "the file holds no certificate; it has to have BEGIN CERTIFICATE blocks, our own first, then those that lead \
         to a root"
    )]
    NoCertificate,
    #[error("the file of tls.key holds no private key; it has to have one BEGIN PRIVATE KEY block without a password")]
    NoKey,
    #[error("the private key of tls.key cannot be used ({reason}); RSA, P-256, P-384 and Ed25519 keys can")]
    Unusable { reason: String },
    #[error("the private key of tls.key is not that of the first certificate; name the two files that belong together")]
    NotAPair,
}

/// The certificate that is shown to clients.
#[derive(Debug)]
pub(super) struct Certificate {
    files: TlsFiles,
    shown: RwLock<Arc<CertifiedKey>>,
}

/// What tells that files were replaced.
pub(super) type Seen = Option<[(SystemTime, u64); 2]>;

/// The certificate and the key in `files`, which belong together.
pub(crate) fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let chain = fs::read(&files.certificate).map_err(TlsError::Certificate)?;
    let key = fs::read(&files.key).map_err(TlsError::Key)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&chain)
        .collect::<Result<_, _>>()
        .map_err(|_| CertificateProblem::NoCertificate)?;
    if chain.is_empty() {
        return Err(CertificateProblem::NoCertificate.into());
    }
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| CertificateProblem::NoKey)?;
    CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|error| {
        let problem = match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => CertificateProblem::NotAPair,
            other => CertificateProblem::Unusable { reason: other.to_string() },
        };
        problem.into()
    })
}

impl Certificate {
    pub(super) fn read(files: &TlsFiles) -> Result<Arc<Self>, TlsError> {
        let shown = RwLock::new(Arc::new(read(files)?));
        Ok(Arc::new(Self { files: files.clone(), shown }))
    }

    /// A configuration of TLS that shows this certificate: TLS 1.2 and 1.3, HTTP/1.1.
    pub(super) fn configuration(self: Arc<Self>) -> Result<ServerConfig, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(self);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Follows the files for as long as it is polled. Files that cannot be used change nothing: the certificate that
    /// is shown stays, and the log says what is wrong.
    pub(super) async fn follow(&self) {
        let mut seen = self.seen();
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            ticks.tick().await;
            seen = self.look(seen);
        }
    }

    /// Reads the files again if they are not what was `seen`.
    pub(super) fn look(&self, seen: Seen) -> Seen {
        let now = self.seen();
        if now == seen {
            return seen;
        }
        match read(&self.files) {
            Ok(key) => {
                *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                tracing::info!("the certificate was replaced and is in use");
                now
            }
            Err(error) => {
                tracing::warn!("the files of tls.certificate and tls.key changed and cannot be used: {error}");
                // Whoever replaces two files may not be done with the second: the next look reads them again.
                None
            }
        }
    }

    pub(super) fn seen(&self) -> Seen {
        let state = |file: Metadata| Some((file.modified().ok()?, file.len()));
        let of = |path| fs::metadata(path).ok().and_then(state);
        Some([of(&self.files.certificate)?, of(&self.files.key)?])
    }

    pub(super) fn shown(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.shown())
    }
}
