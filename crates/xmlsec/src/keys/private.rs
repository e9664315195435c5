//! Private keys that sign. They are read, used and never shown.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use vestibule_lc_extra::{KeyRejected, RsaPrivateKey};

use super::text::{self, Block, Pasted, TextError};
use super::{Curve, KeyError, KeyKind, VerifyingKey};
use crate::algorithms::SignatureAlgorithm;

/// A private key that signs: RSA of 2048 to 8192 bits, an elliptic curve P-256, P-384 or P-521, or
/// Ed25519. `Debug` shows its kind only.
pub struct SigningKey {
    secret: SecretKey,
    public: VerifyingKey,
}

/// Why a private key could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateKeyError {
    /// No object could be found in the text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A passphrase protects the key, and none is asked for here.
    #[error(
        "line {line}: the private key is protected by a passphrase; give it without one (openssl pkey -in FILE -out PLAIN-FILE) and protect the file instead"
    )]
    Encrypted {
        /// Line where it begins, from 1.
        line: usize,
    },
    /// Something else was given.
    #[error("line {line}: this is {got}, not a private key (BEGIN PRIVATE KEY)")]
    NotAPrivateKey {
        /// What was given.
        got: Pasted,
        /// Line where it begins, from 1.
        line: usize,
    },
    /// There was more than one private key.
    #[error("{got} private keys are given where one is wanted")]
    Several {
        /// How many.
        got: usize,
    },
    /// It has the outline of a private key and is none that can be used here.
    #[error("line {line}: the private key is damaged, or of a kind that is not {wanted}")]
    Unusable {
        /// Line where it begins, from 1.
        line: usize,
        /// The kinds that are.
        wanted: &'static str,
    },
    /// The key is of a size or with an exponent that is not accepted.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why nothing was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The algorithm does not go with this kind of key. An elliptic curve signs with its own digest
    /// only: P-256 with SHA-256, P-384 with SHA-384, P-521 with SHA-512. RSA does not sign with SHA-1.
    #[error("a key of kind {key} does not sign with {}", algorithm.uri())]
    KeyMismatch {
        /// The algorithm that was wanted.
        algorithm: SignatureAlgorithm,
        /// The key's kind.
        key: KeyKind,
    },
    /// The provider failed, which happens only when it has no memory or no randomness.
    #[error("the cryptographic provider could not sign")]
    Provider,
}

enum SecretKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// Reads one private key: PKCS#8, PKCS#1 or SEC 1, in PEM, DER or bare base64.
    ///
    /// Certificates beside the key, as `openssl` writes them, are passed over.
    ///
    /// # Errors
    /// [`PrivateKeyError::Text`] where no object can be found,
    /// [`Encrypted`](PrivateKeyError::Encrypted) where a passphrase protects one,
    /// [`NotAPrivateKey`](PrivateKeyError::NotAPrivateKey) or [`Several`](PrivateKeyError::Several)
    /// where there is not exactly one key. Of that one: [`Unusable`](PrivateKeyError::Unusable) for
    /// a damaged key or another kind, [`Key`](PrivateKeyError::Key) for a size or exponent outside
    /// the bounds of RSA.
    pub fn read(input: &[u8]) -> Result<Self, PrivateKeyError> {
        let block = private_block(input)?;
        let unusable = PrivateKeyError::Unusable { line: block.line, wanted: "RSA, EC P-256, P-384, P-521 or Ed25519" };
        let der = block.der.as_slice();
        let secret = match block.kind {
            Pasted::Pkcs1 => {
                check_rsa(RsaPrivateKey::from_pkcs1(der), &block)?;
                RsaKeyPair::from_der(der).ok().map(SecretKey::Rsa)
            }
            Pasted::Sec1 => ec(der),
            _ => match RsaPrivateKey::from_pkcs8(der) {
                Err(KeyRejected::Malformed) => {
                    Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok().map(SecretKey::Ed25519).or_else(|| ec(der))
                }
                rsa => {
                    check_rsa(rsa, &block)?;
                    RsaKeyPair::from_pkcs8(der).ok().map(SecretKey::Rsa)
                }
            },
        };
        let secret = secret.ok_or(unusable)?;
        let public = VerifyingKey::from_spki(&secret.spki().ok_or(KeyError::Malformed)?)?;
        Ok(Self { secret, public })
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// The algorithm to use unless something else is asked for: RSA-SHA256 (what Entra and every other
    /// party reads), the curve's own digest, or Ed25519.
    pub fn default_algorithm(&self) -> SignatureAlgorithm {
        match self.public.kind() {
            KeyKind::Rsa { .. } => SignatureAlgorithm::RsaSha256,
            KeyKind::Ec(Curve::P256) => SignatureAlgorithm::EcdsaSha256,
            KeyKind::Ec(Curve::P384) => SignatureAlgorithm::EcdsaSha384,
            KeyKind::Ec(Curve::P521) => SignatureAlgorithm::EcdsaSha512,
            KeyKind::Ed25519 => SignatureAlgorithm::Ed25519,
        }
    }

    /// Signs `message`. RSA PKCS#1 v1.5 and Ed25519 give the same signature each time; RSA-PSS salts and
    /// ECDSA nonces are the provider's own. ECDSA signatures are r‖s.
    ///
    /// # Errors
    /// [`SigningError::KeyMismatch`] where the key does not sign with `algorithm`,
    /// [`SigningError::Provider`] where the provider has no memory or no randomness.
    pub fn sign(&self, algorithm: SignatureAlgorithm, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let mismatch = SigningError::KeyMismatch { algorithm, key: self.public.kind() };
        match &self.secret {
            SecretKey::Rsa(key) => sign_rsa(key, algorithm, message, mismatch),
            _ if algorithm != self.default_algorithm() => Err(mismatch),
            SecretKey::Ec(key) => {
                let signature = key.sign(&SystemRandom::new(), message).map_err(|_| SigningError::Provider)?;
                Ok(signature.as_ref().to_vec())
            }
            SecretKey::Ed25519(key) => {
                let signature = key.try_sign(message).map_err(|_| SigningError::Provider)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.public.kind())
    }
}

impl SecretKey {
    fn spki(&self) -> Option<Vec<u8>> {
        let spki: Result<PublicKeyX509Der<'_>, _> = match self {
            Self::Rsa(key) => key.public_key().as_der(),
            Self::Ec(key) => key.public_key().as_der(),
            Self::Ed25519(key) => key.public_key().as_der(),
        };
        spki.ok().map(|der| der.as_ref().to_vec())
    }
}

/// The one private key in `input`.
pub(super) fn private_block(input: &[u8]) -> Result<Block, PrivateKeyError> {
    let blocks = text::blocks(input)?;
    let is_key = |block: &Block| matches!(block.kind, Pasted::Pkcs8 | Pasted::Pkcs1 | Pasted::Sec1);
    if let Some(block) = blocks.iter().find(|block| block.kind == Pasted::EncryptedKey) {
        return Err(PrivateKeyError::Encrypted { line: block.line });
    }
    let got = blocks.iter().filter(|block| is_key(block)).count();
    match (got, blocks.first().map(|block| (block.kind, block.line))) {
        (2.., _) => return Err(PrivateKeyError::Several { got }),
        (0, Some((got, line))) => return Err(PrivateKeyError::NotAPrivateKey { got, line }),
        _ => {}
    }
    blocks.into_iter().find(is_key).ok_or(PrivateKeyError::Text(TextError::Empty))
}

pub(super) fn check_rsa(
    key: Result<RsaPrivateKey, KeyRejected>,
    block: &Block,
) -> Result<RsaPrivateKey, PrivateKeyError> {
    key.map_err(|error| match error {
        KeyRejected::Malformed => PrivateKeyError::Unusable { line: block.line, wanted: "RSA" },
        KeyRejected::Size { got } => KeyError::RsaSize { got: got as usize }.into(),
        KeyRejected::Exponent { got } => KeyError::RsaExponent { got }.into(),
    })
}

/// An elliptic-curve key, whichever of the three curves it is on.
fn ec(der: &[u8]) -> Option<SecretKey> {
    const CURVES: [&EcdsaSigningAlgorithm; 3] = [
        &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
        &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
    ];
    CURVES.into_iter().find_map(|curve| EcdsaKeyPair::from_private_key_der(curve, der).ok()).map(SecretKey::Ec)
}

fn sign_rsa(
    key: &RsaKeyPair,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    mismatch: SigningError,
) -> Result<Vec<u8>, SigningError> {
    let encoding: &'static dyn signature::RsaEncoding = match algorithm {
        SignatureAlgorithm::RsaSha256 => &signature::RSA_PKCS1_SHA256,
        SignatureAlgorithm::RsaSha384 => &signature::RSA_PKCS1_SHA384,
        SignatureAlgorithm::RsaSha512 => &signature::RSA_PKCS1_SHA512,
        SignatureAlgorithm::RsaPssSha256 => &signature::RSA_PSS_SHA256,
        SignatureAlgorithm::RsaPssSha384 => &signature::RSA_PSS_SHA384,
        SignatureAlgorithm::RsaPssSha512 => &signature::RSA_PSS_SHA512,
        #[cfg(feature = "test-doubles")]
        SignatureAlgorithm::RsaSha1 => return sign_rsa_sha1(key, message),
        _ => return Err(mismatch),
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningError::Provider)?;
    Ok(signature)
}

/// For doubles of identity providers that still sign with SHA-1.
#[cfg(feature = "test-doubles")]
fn sign_rsa_sha1(key: &RsaKeyPair, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    use aws_lc_rs::encoding::Pkcs8V1Der;
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().map_err(|_| SigningError::Provider)?;
    let key = RsaPrivateKey::from_pkcs8(pkcs8.as_ref()).map_err(|_| SigningError::Provider)?;
    key.sign_pkcs1_sha1(message).map_err(|_| SigningError::Provider)
}
