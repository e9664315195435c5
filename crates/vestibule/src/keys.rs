//! Keys are made here, at the edge, which has a generator: the deployment's, those of connections, the sealing key.

use std::path::PathBuf;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256};
use vestibule_journeys::keys::{MadeKey, PrivateKey};
use vestibule_oidc::Algorithm;
use vestibule_xmlsec::keys::read_certificates;

use crate::cli::Format;
use crate::config::new_key_file;
use crate::failure::Failure;
use crate::key_rotation::{self, ListArgs, RotateArgs};
use crate::output::Output;
use crate::services;

/// For how many years a connection's certificate is valid. It is pinned, so its end only says when to renew it.
const YEARS: i16 = 10;

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) command: KeysCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make the key that seals secrets in the database.
    New {
        /// A file that does not exist yet; only its owner will be able to read it.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// The keys that sign tokens, and with which keys secrets in the database are sealed.
    List(ListArgs),
    /// Change a key while nodes serve.
    Rotate(RotateArgs),
}

impl KeysArgs {
    pub(crate) fn format(&self) -> Format {
        match &self.command {
            KeysCommand::New { .. } => Format::Text,
            KeysCommand::List(arguments) => arguments.format,
            KeysCommand::Rotate(arguments) => arguments.format(),
        }
    }
}

/// `vestibule keys …`.
pub(crate) fn run(arguments: &KeysArgs) -> Result<Output, Failure> {
    let file = match &arguments.command {
        KeysCommand::New { file } => file,
        KeysCommand::List(arguments) => return key_rotation::list(arguments),
        KeysCommand::Rotate(arguments) => return key_rotation::rotate(arguments),
    };
    new_key_file(file, services::random())?;
    let stdout = format!(
        "A new sealing key is in {}. Keep a copy apart from the copies of the database: neither is of use without the \
         other.\n",
        file.display()
    );
    Ok(Output { stdout, ..Output::status(0) })
}

/// A key that signs tokens.
#[expect(clippy::disallowed_methods, reason = "the edge makes keys; all below take them as an argument")]
pub(crate) fn new_token_signing_key(algorithm: Algorithm) -> Result<PrivateKey, String> {
    let der = match algorithm {
        Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map(|document| document.as_ref().to_vec()),
        Algorithm::Rs256 => rsa::KeyPair::generate(KeySize::Rsa2048)
            .and_then(|pair| AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map(|der| der.as_ref().to_vec())),
    };
    der.map(PrivateKey::from_pkcs8).map_err(|_| format!("the crypto provider made no key for {algorithm}"))
}

/// An RSA key of 2048 bits for a connection with a certificate signed by itself, which is what identity providers take
/// (E-20, E-27).
pub(crate) fn new_connection_key(name: &str, now: Timestamp) -> Result<MadeKey, String> {
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(|error| error.to_string())?;
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, format!("Vestibule {name}"));
    params.distinguished_name = subject;
    let today = now.to_zoned(TimeZone::UTC).date();
    // The 28th exists in every month, and nobody counts the days of ten years.
    let (month, day) = (today.month().unsigned_abs(), today.day().min(28).unsigned_abs());
    params.not_before = rcgen::date_time_ymd(i32::from(today.year()), month, day);
    params.not_after = rcgen::date_time_ymd(i32::from(today.year().saturating_add(YEARS)), month, day);
    let certificate = params.self_signed(&pair).map_err(|error| error.to_string())?;
    let read = read_certificates(certificate.der()).map_err(|error| error.to_string())?;
    let certificate = read.into_iter().next().ok_or_else(|| "the new certificate cannot be read".to_owned())?;
    Ok(MadeKey { private: PrivateKey::from_pkcs8(pair.serialize_der()), certificate })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_gets_an_rsa_key_and_a_certificate_of_ten_years() {
        let made = new_connection_key("acme/entra", "2026-02-28T10:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(made.certificate.public_key().unwrap().kind().to_string(), "RSA 2048");
        assert_eq!(made.certificate.not_after().to_string(), "2036-02-28T00:00:00Z");
        assert!(made.certificate.subject().contains("Vestibule acme/entra"), "{}", made.certificate.subject());
        assert!(vestibule_xmlsec::keys::SigningKey::read(made.private.pkcs8()).is_ok());
        assert!(vestibule_xmlsec::keys::DecryptionKey::read(made.private.pkcs8()).is_ok());
    }

    #[test]
    fn a_key_for_tokens_is_one() {
        for algorithm in Algorithm::ALL {
            let key = new_token_signing_key(algorithm).unwrap();
            let key = vestibule_oidc::SigningKey::from_pkcs8(algorithm, key.pkcs8()).unwrap();
            assert_eq!(key.algorithm(), algorithm);
        }
    }
}
