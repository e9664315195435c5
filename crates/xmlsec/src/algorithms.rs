//! Digest and signature algorithms: their URIs, what may verify, and names for what may not.
//!
//! Sources: XML Signature 1.1 §6, RFC 6931 and RFC 9231. HMAC, DSA and MD5 have no variant here,
//! so no policy can let them in; their URIs are still known, so that a refusal can name them.

use std::fmt;

use aws_lc_rs::digest;

use crate::keys::KeyKind;

mod refused;

pub use refused::RefusedFamily;
use refused::refusal;

/// A digest algorithm (`ds:DigestMethod`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestAlgorithm {
    /// SHA-1: only where [`Algorithms::sha1`] allows it, or inside OAEP.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A signature algorithm (`ds:SignatureMethod`, or `SigAlg` in a query string).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-1: only where [`Algorithms::sha1`] allows it.
    RsaSha1,
    /// RSA PKCS#1 v1.5 with SHA-256: what Entra ID uses, and our default.
    RsaSha256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    RsaSha384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    RsaSha512,
    /// RSA-PSS with SHA-256, MGF1-SHA-256 and a salt of 32 bytes (RFC 9231 §2.3.10).
    RsaPssSha256,
    /// RSA-PSS with SHA-384, MGF1-SHA-384 and a salt of 48 bytes (RFC 9231 §2.3.10).
    RsaPssSha384,
    /// RSA-PSS with SHA-512, MGF1-SHA-512 and a salt of 64 bytes (RFC 9231 §2.3.10).
    RsaPssSha512,
    /// ECDSA with SHA-256 on P-256, P-384 or P-521; the signature is r‖s.
    EcdsaSha256,
    /// ECDSA with SHA-384 on P-256, P-384 or P-521; the signature is r‖s.
    EcdsaSha384,
    /// ECDSA with SHA-512 on P-256, P-384 or P-521; the signature is r‖s.
    EcdsaSha512,
    /// Ed25519 (RFC 8032, RFC 9231 §2.3).
    Ed25519,
}

/// What a verifier accepts beyond the algorithms that are always accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Algorithms {
    /// SHA-1 in signatures and digests. Default: refused. SHA-1 inside OAEP is not governed by this.
    pub sha1: Sha1,
    /// AES-CBC in encrypted content. Default: accepted, since Entra ID encrypts so.
    pub cbc: Cbc,
}

/// Whether SHA-1 may stand in a signature or a digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sha1 {
    /// Refused: collisions are practical.
    #[default]
    Refuse,
    /// Accepted for RSA signatures and digests, for an identity provider that cannot do better yet.
    Allow,
}

/// Whether content may be encrypted with AES-CBC, which nothing protects from change but a signature
/// inside or around it (A13.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cbc {
    /// Accepted.
    #[default]
    Accept,
    /// Refused: only AES-GCM is accepted.
    Refuse,
}

/// Why an algorithm URI is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AlgorithmError {
    /// A well-known algorithm that does not exist here, whatever the policy.
    #[error("{family} is not accepted as {wanted} ({got})")]
    NotAccepted {
        /// What it is.
        family: RefusedFamily,
        /// The URI that was read.
        got: String,
        /// What was to be named.
        wanted: Use,
    },
    /// SHA-1, and [`Algorithms::sha1`] does not allow it.
    #[error("SHA-1 is not allowed as {wanted} ({got})")]
    Sha1Refused {
        /// The URI that was read.
        got: String,
        /// What was to be named.
        wanted: Use,
    },
    /// No algorithm that we know.
    #[error("`{got}` is not a known {wanted}")]
    Unknown {
        /// The URI that was read.
        got: String,
        /// What was to be named.
        wanted: Use,
    },
}

/// What an algorithm URI stands for in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// `ds:DigestMethod` or an MGF.
    Digest,
    /// `ds:SignatureMethod` or `SigAlg`.
    Signature,
}

/// The value of a digest: 20, 32, 48 or 64 bytes.
#[derive(Clone, Copy)]
pub struct DigestValue(digest::Digest);

impl DigestAlgorithm {
    /// All of them, weakest first.
    pub const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The URI of XML Signature and XML Encryption.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    /// The algorithm with this URI, compared exactly. No policy: see [`Algorithms::digest`].
    ///
    /// # Errors
    /// [`AlgorithmError::NotAccepted`] for a well-known algorithm that does not exist here or is
    /// none of digests, [`AlgorithmError::Unknown`] for any other URI.
    pub fn from_uri(uri: &str) -> Result<Self, AlgorithmError> {
        Self::ALL.into_iter().find(|known| known.uri() == uri).ok_or_else(|| refusal(uri, Use::Digest))
    }

    /// The digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> DigestValue {
        DigestValue(digest::digest(self.provided(), bytes))
    }

    /// Length of the digest in bytes: 20, 32, 48 or 64.
    #[expect(clippy::len_without_is_empty, reason = "no digest is empty")]
    pub fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn provided(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

impl SignatureAlgorithm {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::RsaSha1,
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::RsaPssSha256,
        Self::RsaPssSha384,
        Self::RsaPssSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
        Self::Ed25519,
    ];

    /// The URI of XML Signature 1.1 or RFC 9231.
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaSha1 => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::RsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            Self::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            Self::RsaPssSha256 => "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
            Self::RsaPssSha384 => "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1",
            Self::RsaPssSha512 => "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
            Self::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
            Self::EcdsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
            Self::Ed25519 => "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
        }
    }

    /// The algorithm with this URI, compared exactly. No policy: see [`Algorithms::signature`].
    ///
    /// # Errors
    /// [`AlgorithmError::NotAccepted`] for a well-known algorithm that does not exist here or is
    /// none of signatures, [`AlgorithmError::Unknown`] for any other URI.
    pub fn from_uri(uri: &str) -> Result<Self, AlgorithmError> {
        Self::ALL.into_iter().find(|known| known.uri() == uri).ok_or_else(|| refusal(uri, Use::Signature))
    }

    /// Whether a key of this kind can make or verify such a signature.
    pub fn fits(self, key: KeyKind) -> bool {
        match self {
            Self::RsaSha1
            | Self::RsaSha256
            | Self::RsaSha384
            | Self::RsaSha512
            | Self::RsaPssSha256
            | Self::RsaPssSha384
            | Self::RsaPssSha512 => matches!(key, KeyKind::Rsa { .. }),
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 => matches!(key, KeyKind::Ec(_)),
            Self::Ed25519 => key == KeyKind::Ed25519,
        }
    }
}

impl Algorithms {
    /// The default: everything but SHA-1.
    pub const STRICT: Self = Self { sha1: Sha1::Refuse, cbc: Cbc::Accept };

    /// The digest algorithm with this URI, if this policy accepts it.
    ///
    /// # Errors
    /// As [`DigestAlgorithm::from_uri`], and [`AlgorithmError::Sha1Refused`] for SHA-1 where
    /// [`sha1`](Self::sha1) refuses it.
    pub fn digest(&self, uri: &str) -> Result<DigestAlgorithm, AlgorithmError> {
        let algorithm = DigestAlgorithm::from_uri(uri)?;
        self.check_sha1(algorithm == DigestAlgorithm::Sha1, uri, Use::Digest)?;
        Ok(algorithm)
    }

    /// The signature algorithm with this URI, if this policy accepts it.
    ///
    /// # Errors
    /// As [`SignatureAlgorithm::from_uri`], and [`AlgorithmError::Sha1Refused`] for RSA with SHA-1
    /// where [`sha1`](Self::sha1) refuses it.
    pub fn signature(&self, uri: &str) -> Result<SignatureAlgorithm, AlgorithmError> {
        let algorithm = SignatureAlgorithm::from_uri(uri)?;
        self.check_sha1(algorithm == SignatureAlgorithm::RsaSha1, uri, Use::Signature)?;
        Ok(algorithm)
    }

    fn check_sha1(self, is_sha1: bool, got: &str, wanted: Use) -> Result<(), AlgorithmError> {
        if is_sha1 && self.sha1 == Sha1::Refuse {
            return Err(AlgorithmError::Sha1Refused { got: got.to_owned(), wanted });
        }
        Ok(())
    }
}

impl DigestValue {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl AsRef<[u8]> for DigestValue {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq<[u8]> for DigestValue {
    // Digests here are of public bytes: no secret depends on how long this takes.
    fn eq(&self, other: &[u8]) -> bool {
        self.as_bytes() == other
    }
}

impl fmt::Debug for DigestValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest => "digest algorithm",
            Self::Signature => "signature algorithm",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Curve;

    #[test]
    fn every_uri_reads_back_as_its_algorithm() {
        for algorithm in DigestAlgorithm::ALL {
            assert_eq!(DigestAlgorithm::from_uri(algorithm.uri()), Ok(algorithm));
            assert_eq!(algorithm.digest(b"").as_bytes().len(), algorithm.len());
        }
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(SignatureAlgorithm::from_uri(algorithm.uri()), Ok(algorithm));
        }
    }

    #[test]
    fn sha1_needs_the_policy_in_signatures_and_in_digests() {
        let strict = Algorithms::default();
        assert_eq!(strict, Algorithms::STRICT);
        let (digest, signature) = (DigestAlgorithm::Sha1.uri(), SignatureAlgorithm::RsaSha1.uri());
        assert_eq!(
            strict.digest(digest),
            Err(AlgorithmError::Sha1Refused { got: digest.to_owned(), wanted: Use::Digest })
        );
        assert_eq!(
            strict.signature(signature),
            Err(AlgorithmError::Sha1Refused { got: signature.to_owned(), wanted: Use::Signature })
        );
        let lax = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };
        assert_eq!(lax.digest(digest), Ok(DigestAlgorithm::Sha1));
        assert_eq!(lax.signature(signature), Ok(SignatureAlgorithm::RsaSha1));
    }

    #[test]
    fn known_algorithms_that_do_not_exist_here_are_refused_by_name_under_any_policy() {
        let lax = Algorithms { sha1: Sha1::Allow, ..Algorithms::STRICT };
        for (uri, want) in [
            ("http://www.w3.org/2000/09/xmldsig#hmac-sha1", RefusedFamily::Hmac),
            ("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", RefusedFamily::Hmac),
            ("http://www.w3.org/2001/04/xmldsig-more#hmac-md5", RefusedFamily::Hmac),
            ("http://www.w3.org/2000/09/xmldsig#dsa-sha1", RefusedFamily::Dsa),
            ("http://www.w3.org/2009/xmldsig11#dsa-sha256", RefusedFamily::Dsa),
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-md5", RefusedFamily::Md5),
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-ripemd160", RefusedFamily::Ripemd),
            ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", RefusedFamily::Sha1Variant),
            ("http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1", RefusedFamily::Sha1Variant),
            ("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha224", RefusedFamily::Sha224),
            ("http://www.w3.org/2007/05/xmldsig-more#rsa-pss", RefusedFamily::RsaPssParameters),
            ("http://www.w3.org/2007/05/xmldsig-more#rsa-whirlpool", RefusedFamily::Whirlpool),
            ("http://www.w3.org/2021/04/xmldsig-more#eddsa-ed448", RefusedFamily::Ed448),
            ("http://www.w3.org/2001/04/xmlenc#sha256", RefusedFamily::DigestOnly),
            ("none", RefusedFamily::Nothing),
            ("", RefusedFamily::Nothing),
        ] {
            assert_eq!(
                lax.signature(uri),
                Err(AlgorithmError::NotAccepted { family: want, got: uri.to_owned(), wanted: Use::Signature })
            );
        }
        for (uri, want) in [
            ("http://www.w3.org/2001/04/xmldsig-more#md5", RefusedFamily::Md5),
            ("http://www.w3.org/2001/04/xmlenc#ripemd160", RefusedFamily::Ripemd),
            ("http://www.w3.org/2007/05/xmldsig-more#sha3-256", RefusedFamily::Sha3),
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", RefusedFamily::SignatureAlgorithm),
        ] {
            assert_eq!(
                lax.digest(uri),
                Err(AlgorithmError::NotAccepted { family: want, got: uri.to_owned(), wanted: Use::Digest })
            );
        }
    }

    #[test]
    fn uris_are_compared_exactly() {
        for uri in [
            "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
            " http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "https://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
            "rsa-sha256",
        ] {
            assert_eq!(
                Algorithms::STRICT.signature(uri),
                Err(AlgorithmError::Unknown { got: uri.to_owned(), wanted: Use::Signature })
            );
        }
    }

    #[test]
    fn a_refusal_reads_as_a_sentence() {
        let hmac = "http://www.w3.org/2000/09/xmldsig#hmac-sha1";
        assert_eq!(
            Algorithms::STRICT.signature(hmac).unwrap_err().to_string(),
            format!("HMAC is not accepted as signature algorithm ({hmac})")
        );
    }

    #[test]
    fn algorithms_fit_keys_of_their_own_kind_only() {
        let (rsa, ec, ed) = (KeyKind::Rsa { bits: 2048 }, KeyKind::Ec(Curve::P384), KeyKind::Ed25519);
        for algorithm in SignatureAlgorithm::ALL {
            let fits = [rsa, ec, ed].map(|kind| algorithm.fits(kind));
            assert_eq!(fits.iter().filter(|fit| **fit).count(), 1, "{algorithm:?}");
        }
        assert!(SignatureAlgorithm::RsaPssSha512.fits(rsa));
        assert!(SignatureAlgorithm::EcdsaSha256.fits(ec));
        assert!(SignatureAlgorithm::Ed25519.fits(ed));
    }
}
