//! X.509 certificates, as containers of a key.

use std::fmt;

use jiff::Timestamp;
use x509_cert::certificate::{CertificateInner, Profile};
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use super::text::{self, Pasted, TextError};
use super::{KeyError, VerifyingKey, name};
use crate::algorithms::DigestAlgorithm;

/// One X.509 certificate (RFC 5280). Nothing in it is trusted: not its signature, not its dates, not
/// its extensions. Two are equal when their bytes are.
#[derive(Clone)]
pub struct Certificate {
    der: Vec<u8>,
    subject: String,
    issuer: String,
    serial: String,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Vec<u8>,
}

/// Why a certificate could not be read from a text or file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// No object could be found in the text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A private key was pasted: a secret that its owner should now treat as seen.
    #[error(
        "line {line}: this is {got}, a secret that must not leave its owner; give the certificate (BEGIN CERTIFICATE), and replace the key if others could have seen it"
    )]
    PrivateKey {
        /// What was pasted.
        got: Pasted,
        /// Line where it begins, from 1.
        line: usize,
    },
    /// Something else was pasted.
    #[error("line {line}: this is {got}, not a certificate; {}", fix(*.got))]
    NotACertificate {
        /// What was pasted.
        got: Pasted,
        /// Line where it begins, from 1.
        line: usize,
    },
    /// It has the outline of a certificate and cannot be read further.
    #[error("line {line}: the certificate is damaged ({reason}); download it again")]
    Malformed {
        /// Line where the certificate begins, from 1.
        line: usize,
        /// What the DER reader met, what it wanted and, where it knows, at which byte of the DER.
        reason: String,
    },
}

/// Reads every certificate in `input`, in order: PEM with any text around it, DER, or bare base64 on
/// one line or several, with quotes, spaces, escaped line ends or a byte-order mark.
///
/// At least one certificate, or an error; anything beside certificates is an error. At most 1 MiB.
///
/// # Errors
/// The first object that is no certificate: [`CertificateError::PrivateKey`] for a private key,
/// whether a passphrase protects it or not, [`CertificateError::NotACertificate`] for anything
/// else, [`CertificateError::Malformed`] for a damaged certificate. [`CertificateError::Text`]
/// where no objects can be found at all.
pub fn read_certificates(input: &[u8]) -> Result<Vec<Certificate>, CertificateError> {
    text::blocks(input)?
        .into_iter()
        .map(|block| match block.kind {
            Pasted::Certificate => read(block.der, block.line),
            got @ (Pasted::Pkcs8 | Pasted::Pkcs1 | Pasted::Sec1 | Pasted::EncryptedKey) => {
                Err(CertificateError::PrivateKey { got, line: block.line })
            }
            got => Err(CertificateError::NotACertificate { got, line: block.line }),
        })
        .collect()
}

impl Certificate {
    /// The bytes, exactly as they came.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Whom the certificate is for, as RFC 4514 writes names.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Who issued it, as RFC 4514 writes names.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The serial number in upper-case hex; a negative one shows its two's complement.
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The first second of its validity. Before 1970 reads as 1970.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second of its validity. "No end" (year 9999) reads as the last time that `jiff` knows.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// SHA-1 of the bytes in upper-case hex: what Entra's portal calls the thumbprint. It names the
    /// certificate for a person and is compared with nothing.
    pub fn thumbprint_sha1(&self) -> String {
        hex(DigestAlgorithm::Sha1.digest(&self.der).as_bytes())
    }

    /// SHA-256 of the bytes in upper-case hex.
    pub fn thumbprint_sha256(&self) -> String {
        hex(DigestAlgorithm::Sha256.digest(&self.der).as_bytes())
    }

    /// The `SubjectPublicKeyInfo`, in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key inside, if it is one that may verify signatures.
    ///
    /// # Errors
    /// As [`VerifyingKey::from_spki`].
    pub fn public_key(&self) -> Result<VerifyingKey, KeyError> {
        VerifyingKey::from_spki(&self.spki)
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.subject, self.thumbprint_sha1())
    }
}

/// Reads what real issuers wrote: serial numbers of any length and sign, times in either encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct AsFound;

impl Profile for AsFound {
    fn check_serial_number(_: &SerialNumber<Self>) -> x509_cert::der::Result<()> {
        Ok(())
    }

    fn time_encoding(time: Time) -> x509_cert::der::Result<Time> {
        Ok(time)
    }
}

fn read(der: Vec<u8>, line: usize) -> Result<Certificate, CertificateError> {
    let malformed = |error: &x509_cert::der::Error| CertificateError::Malformed { line, reason: error.to_string() };
    let parsed = CertificateInner::<AsFound>::from_der(&der).map_err(|error| malformed(&error))?;
    let content = parsed.tbs_certificate();
    let spki = content.subject_public_key_info().to_der().map_err(|error| malformed(&error))?;
    Ok(Certificate {
        subject: name::display(content.subject()),
        issuer: name::display(content.issuer()),
        serial: serial(content.serial_number().as_bytes()),
        not_before: timestamp(content.validity().not_before),
        not_after: timestamp(content.validity().not_after),
        spki,
        der,
    })
}

fn serial(bytes: &[u8]) -> String {
    // A zero byte in front only says that the number is positive.
    match bytes {
        [0, rest @ ..] if !rest.is_empty() => hex(rest),
        all => hex(all),
    }
}

fn timestamp(time: Time) -> Timestamp {
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Upper-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

fn fix(got: Pasted) -> &'static str {
    match got {
        Pasted::CertificateRequest => "give the certificate that was issued for it",
        Pasted::Pkcs7 => "export the certificate alone, as Base-64 encoded X.509 (.cer)",
        Pasted::Pkcs12 => "export the certificate alone, without its private key (.cer)",
        Pasted::PublicKey => "give the certificate that contains it",
        _ => "download the signing certificate as Base64 (.cer) and give that",
    }
}
