//! Public keys that verify signatures: checked and parsed once, used many times.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::certificate::hex;
use super::der;
use crate::algorithms::{DigestAlgorithm, SignatureAlgorithm};

/// Sizes of RSA moduli accepted, in bits.
pub(super) const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The smallest RSA public exponent accepted: a smaller one makes forgeries easy where a verifier
/// errs (Bleichenbacher 2006).
pub(super) const RSA_MIN_EXPONENT: u64 = 65_537;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A public key that may verify signatures: RSA of 2048 to 8192 bits with e of 65537 or more, an
/// elliptic curve P-256, P-384 or P-521, or Ed25519.
///
/// Parsed at construction for the first algorithm of its kind and, for any other, when that is first
/// used; a verification then costs the mathematics alone.
pub struct VerifyingKey {
    spki: Vec<u8>,
    kind: KeyKind,
    fingerprint: KeyFingerprint,
    /// One slot per algorithm, in the order of [`SignatureAlgorithm::ALL`].
    parsed: [OnceLock<Option<ParsedPublicKey>>; SignatureAlgorithm::ALL.len()],
}

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// Bits of the modulus.
        bits: usize,
    },
    /// An elliptic curve for ECDSA.
    Ec(Curve),
    /// Ed25519.
    Ed25519,
}

/// A curve of NIST (FIPS 186-5, SP 800-186).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Curve {
    /// P-256, also called secp256r1 and prime256v1.
    P256,
    /// P-384, also called secp384r1.
    P384,
    /// P-521, also called secp521r1.
    P521,
}

/// SHA-256 over the `SubjectPublicKeyInfo`: the identity of a key, the same in a renewed certificate.
/// Shown in upper-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyFingerprint(pub [u8; 32]);

/// Why a public key is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The bytes are no `SubjectPublicKeyInfo`, or its numbers do not make a key.
    #[error("the public key is damaged")]
    Malformed,
    /// An RSA modulus of a size that is not accepted.
    #[error("the RSA key has {got} bits, accepted are {} to {}", RSA_BITS.start(), RSA_BITS.end())]
    RsaSize {
        /// Bits of the modulus.
        got: usize,
    },
    /// An RSA exponent that is too small.
    #[error("the RSA key has the public exponent {got}, accepted is {RSA_MIN_EXPONENT} or more")]
    RsaExponent {
        /// The exponent.
        got: u64,
    },
    /// A curve beside P-256, P-384 and P-521.
    #[error("the curve {got} is not accepted, only P-256, P-384 and P-521 are")]
    Curve {
        /// Its object identifier, or `explicit parameters`.
        got: String,
    },
    /// A key for another kind of algorithm.
    #[error("a key for {got} cannot verify signatures here; RSA, ECDSA and Ed25519 keys can")]
    Kind {
        /// The algorithm's name or object identifier.
        got: String,
    },
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The algorithm does not go with this kind of key; nothing was computed.
    #[error("the signature algorithm {} does not fit a key of kind {key}", algorithm.uri())]
    KeyMismatch {
        /// The algorithm that was named.
        algorithm: SignatureAlgorithm,
        /// The key's kind.
        key: KeyKind,
    },
    /// The signature has another length than this key's signatures have; nothing was computed.
    #[error("the signature has {got} bytes, this key makes {want}")]
    Length {
        /// Bytes of the signature.
        got: usize,
        /// Bytes that it must have.
        want: usize,
    },
    /// The signature was not made by this key over this message.
    #[error("the signature does not match")]
    SignatureInvalid,
}

impl VerifyingKey {
    /// Reads an X.509 `SubjectPublicKeyInfo` (RFC 5280 §4.1) in DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] where the bytes make no key, [`KeyError::Kind`] for an algorithm
    /// beside RSA, ECDSA and Ed25519, [`KeyError::Curve`], [`KeyError::RsaSize`] or
    /// [`KeyError::RsaExponent`] for a key of these kinds outside the bounds of [`VerifyingKey`].
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoRef::from_der(spki).map_err(|_| KeyError::Malformed)?;
        let kind = kind(&info)?;
        let fingerprint = DigestAlgorithm::Sha256.digest(spki);
        let fingerprint = fingerprint.as_bytes().try_into().map_err(|_| KeyError::Malformed)?;
        let key = Self {
            spki: spki.to_vec(),
            kind,
            fingerprint: KeyFingerprint(fingerprint),
            parsed: std::array::from_fn(|_| OnceLock::new()),
        };
        let first =
            SignatureAlgorithm::ALL.into_iter().find(|any| any.fits(kind) && *any != SignatureAlgorithm::RsaSha1);
        match first.and_then(|algorithm| key.parsed(algorithm)) {
            Some(_) => Ok(key),
            None => Err(KeyError::Malformed),
        }
    }

    /// What the key is.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The key's identity.
    pub fn fingerprint(&self) -> KeyFingerprint {
        self.fingerprint
    }

    /// The `SubjectPublicKeyInfo`, in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Checks that this key made `signature` over `message` with `algorithm`.
    ///
    /// Kind and length are compared before anything is computed (A11.4-6). ECDSA
    /// signatures are r‖s, each as long as the curve's order; any of the three digests goes with any of
    /// the three curves, as XML Signature allows.
    ///
    /// # Errors
    /// [`VerifyError::KeyMismatch`], then [`VerifyError::Length`], and
    /// [`VerifyError::SignatureInvalid`] for all that the mathematics refuses.
    pub fn verify(&self, algorithm: SignatureAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        if !algorithm.fits(self.kind) {
            return Err(VerifyError::KeyMismatch { algorithm, key: self.kind });
        }
        let (got, want) = (signature.len(), self.kind.signature_len());
        if got != want {
            return Err(VerifyError::Length { got, want });
        }
        let key = self.parsed(algorithm).ok_or(VerifyError::SignatureInvalid)?;
        let verified = match self.kind {
            KeyKind::Ec(_) => key.verify_sig(message, &ecdsa_der(signature)),
            KeyKind::Rsa { .. } | KeyKind::Ed25519 => key.verify_sig(message, signature),
        };
        verified.map_err(|_| VerifyError::SignatureInvalid)
    }

    fn parsed(&self, algorithm: SignatureAlgorithm) -> Option<&ParsedPublicKey> {
        let slot = SignatureAlgorithm::ALL.iter().position(|any| *any == algorithm)?;
        let provided = provided(algorithm, self.kind)?;
        self.parsed.get(slot)?.get_or_init(|| ParsedPublicKey::new(provided, &self.spki).ok()).as_ref()
    }
}

impl KeyKind {
    /// Bytes of a signature by such a key.
    pub fn signature_len(self) -> usize {
        match self {
            Self::Rsa { bits } => bits.div_ceil(8),
            Self::Ec(curve) => 2 * curve.order_len(),
            Self::Ed25519 => 64,
        }
    }
}

impl Curve {
    /// Bytes of the curve's order: 32, 48 or 66.
    pub fn order_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn from_oid(oid: ObjectIdentifier) -> Result<Self, KeyError> {
        match oid.to_string().as_str() {
            "1.2.840.10045.3.1.7" => Ok(Self::P256),
            "1.3.132.0.34" => Ok(Self::P384),
            "1.3.132.0.35" => Ok(Self::P521),
            other => Err(KeyError::Curve { got: other.to_owned() }),
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA {bits}"),
            Self::Ec(Curve::P256) => f.write_str("EC P-256"),
            Self::Ec(Curve::P384) => f.write_str("EC P-384"),
            Self::Ec(Curve::P521) => f.write_str("EC P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
        }
    }
}

impl fmt::Display for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFingerprint({self})")
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({}, {})", self.kind, self.fingerprint)
    }
}

impl Clone for VerifyingKey {
    fn clone(&self) -> Self {
        Self { spki: self.spki.clone(), kind: self.kind, fingerprint: self.fingerprint, parsed: self.parsed.clone() }
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for VerifyingKey {}

fn kind(info: &SubjectPublicKeyInfoRef<'_>) -> Result<KeyKind, KeyError> {
    match info.algorithm.oid {
        RSA_ENCRYPTION => rsa_kind(info.subject_public_key.as_bytes().ok_or(KeyError::Malformed)?),
        EC_PUBLIC_KEY => {
            let parameters = info.algorithm.parameters.ok_or(KeyError::Malformed)?;
            let explicit = |_| KeyError::Curve { got: "explicit parameters".to_owned() };
            Ok(KeyKind::Ec(Curve::from_oid(parameters.decode_as().map_err(explicit)?)?))
        }
        ED25519 => Ok(KeyKind::Ed25519),
        RSASSA_PSS => Err(KeyError::Kind { got: "RSASSA-PSS only".to_owned() }),
        DSA => Err(KeyError::Kind { got: "DSA".to_owned() }),
        other => Err(KeyError::Kind { got: other.to_string() }),
    }
}

fn rsa_kind(rsa_public_key: &[u8]) -> Result<KeyKind, KeyError> {
    let (modulus, exponent) = der::two_integers(rsa_public_key).ok_or(KeyError::Malformed)?;
    let first = modulus.first().ok_or(KeyError::Malformed)?;
    // The first byte is not zero, so at most seven bits are.
    let bits = modulus.len() * 8 - first.leading_zeros() as usize;
    if !RSA_BITS.contains(&bits) {
        return Err(KeyError::RsaSize { got: bits });
    }
    // An exponent of more than eight bytes is left to the provider, which refuses it.
    let exponent = exponent.iter().fold(0_u64, |e, byte| e.saturating_mul(256).saturating_add(u64::from(*byte)));
    if exponent < RSA_MIN_EXPONENT {
        return Err(KeyError::RsaExponent { got: exponent });
    }
    Ok(KeyKind::Rsa { bits })
}

/// The provider's verifier. ECDSA goes through its ASN.1 form, which alone it has for all nine
/// pairs of curve and digest.
fn provided(algorithm: SignatureAlgorithm, key: KeyKind) -> Option<&'static dyn VerificationAlgorithm> {
    use SignatureAlgorithm as A;
    Some(match (algorithm, key) {
        (A::RsaSha1, KeyKind::Rsa { .. }) => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (A::RsaSha256, KeyKind::Rsa { .. }) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (A::RsaSha384, KeyKind::Rsa { .. }) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (A::RsaSha512, KeyKind::Rsa { .. }) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (A::RsaPssSha256, KeyKind::Rsa { .. }) => &signature::RSA_PSS_2048_8192_SHA256,
        (A::RsaPssSha384, KeyKind::Rsa { .. }) => &signature::RSA_PSS_2048_8192_SHA384,
        (A::RsaPssSha512, KeyKind::Rsa { .. }) => &signature::RSA_PSS_2048_8192_SHA512,
        (A::EcdsaSha256, KeyKind::Ec(Curve::P256)) => &signature::ECDSA_P256_SHA256_ASN1,
        (A::EcdsaSha384, KeyKind::Ec(Curve::P256)) => &signature::ECDSA_P256_SHA384_ASN1,
        (A::EcdsaSha512, KeyKind::Ec(Curve::P256)) => &signature::ECDSA_P256_SHA512_ASN1,
        (A::EcdsaSha256, KeyKind::Ec(Curve::P384)) => &signature::ECDSA_P384_SHA256_ASN1,
        (A::EcdsaSha384, KeyKind::Ec(Curve::P384)) => &signature::ECDSA_P384_SHA384_ASN1,
        (A::EcdsaSha512, KeyKind::Ec(Curve::P384)) => &signature::ECDSA_P384_SHA512_ASN1,
        (A::EcdsaSha256, KeyKind::Ec(Curve::P521)) => &signature::ECDSA_P521_SHA256_ASN1,
        (A::EcdsaSha384, KeyKind::Ec(Curve::P521)) => &signature::ECDSA_P521_SHA384_ASN1,
        (A::EcdsaSha512, KeyKind::Ec(Curve::P521)) => &signature::ECDSA_P521_SHA512_ASN1,
        (A::Ed25519, KeyKind::Ed25519) => &signature::ED25519,
        _ => return None,
    })
}

/// r‖s as `SEQUENCE { r INTEGER, s INTEGER }`. The caller has checked the length (64, 96 or 132 bytes),
/// so the contents stay below 256 bytes; the provider checks 0 < r, s < n.
fn ecdsa_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    let mut contents = Vec::with_capacity(signature.len() + 6);
    for number in [r, s] {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len().saturating_sub(1));
        let digits = &number[zeros..];
        let sign: &[u8] = if digits.first().is_some_and(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
        contents.push(der::INTEGER);
        contents.push(short(sign.len() + digits.len()));
        contents.extend_from_slice(sign);
        contents.extend_from_slice(digits);
    }
    let mut out = Vec::with_capacity(contents.len() + 3);
    out.push(der::SEQUENCE);
    if contents.len() >= 0x80 {
        out.push(0x81);
    }
    out.push(short(contents.len()));
    out.extend_from_slice(&contents);
    out
}

/// A length below 256; the numbers above keep it there.
fn short(len: usize) -> u8 {
    u8::try_from(len).unwrap_or(u8::MAX)
}
