use super::redirect::QueryWriter;
use super::{Field, HexDigits, RelayState};
use vestibule_xmlsec::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::dsig::{self, Placement, SignError, SignatureTemplate};
use vestibule_xmlsec::keys::{Certificate, SigningError, SigningKey};

/// How we sign: a key of ours, its algorithm, and the certificate that is written beside an enveloped
/// signature.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The key.
    pub key: &'a SigningKey,
    /// Its algorithm. Entra takes RSA-SHA256 only (E-20).
    pub algorithm: SignatureAlgorithm,
    /// How a query that is signed is percent-encoded. Default: in upper case.
    pub hex_digits: HexDigits,
    /// The certificate that is shown in `KeyInfo`, for those who look it up there.
    pub certificate: Option<&'a Certificate>,
}

impl<'a> Signer<'a> {
    /// With the algorithm that is usual for the kind of key (RSA-SHA256 for RSA) and without a certificate.
    pub fn new(key: &'a SigningKey) -> Self {
        Self { key, algorithm: key.default_algorithm(), hex_digits: HexDigits::Upper, certificate: None }
    }

    /// The query string of a message with its signature: `SAMLRequest=…&RelayState=…&SigAlg=…&Signature=…`
    /// (SAML Bindings §3.4.4.1).
    ///
    /// # Errors
    /// [`SigningError::KeyMismatch`] where the key does not sign with its algorithm,
    /// [`SigningError::Provider`] where the cryptographic provider fails.
    pub fn query(&self, field: Field, xml: &str, relay_state: Option<&RelayState>) -> Result<String, SigningError> {
        let mut query = QueryWriter { digits: self.hex_digits, ..QueryWriter::default() };
        query.message(field, xml, relay_state);
        query.algorithm(self.algorithm.uri());
        let signature = dsig::query::sign(self.key, self.algorithm, query.text.as_bytes())?;
        query.signature(&signature);
        Ok(query.text)
    }

    /// Signs the element of a document whose ID this is, with exclusive canonicalisation and the digest that
    /// goes with the algorithm.
    ///
    /// # Errors
    /// [`SignError::Malformed`] where `xml` is no document, which a value with a character that XML does not
    /// have is enough for; [`SignError::NoSuchId`] or [`SignError::NoPlace`] where there is nothing to sign
    /// or no place for the signature; [`SignError::Key`] as in [`query`](Self::query).
    pub fn envelop(&self, xml: &str, id: &str, placement: Placement) -> Result<String, SignError> {
        let template = SignatureTemplate {
            digest: self.digest(),
            certificate: self.certificate,
            placement,
            ..SignatureTemplate::new(self.key, self.algorithm)
        };
        dsig::sign(xml, id, &template)
    }

    fn digest(&self) -> DigestAlgorithm {
        match self.algorithm {
            // Who signs with SHA-1 digests with SHA-1: Entra's option is both (E-22).
            SignatureAlgorithm::RsaSha1 => DigestAlgorithm::Sha1,
            SignatureAlgorithm::RsaSha384 | SignatureAlgorithm::RsaPssSha384 | SignatureAlgorithm::EcdsaSha384 => {
                DigestAlgorithm::Sha384
            }
            SignatureAlgorithm::RsaSha512 | SignatureAlgorithm::RsaPssSha512 | SignatureAlgorithm::EcdsaSha512 => {
                DigestAlgorithm::Sha512
            }
            SignatureAlgorithm::RsaSha256
            | SignatureAlgorithm::RsaPssSha256
            | SignatureAlgorithm::EcdsaSha256
            | SignatureAlgorithm::Ed25519 => DigestAlgorithm::Sha256,
        }
    }
}
