//! Algorithms of XML Encryption: what is accepted, and names for what is not.

use std::fmt;

use crate::algorithms::DigestAlgorithm;

/// How content is encrypted (`xenc:EncryptionMethod` of `EncryptedData`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentAlgorithm {
    /// AES-128-CBC with ISO 10126 padding.
    Aes128Cbc,
    /// AES-192-CBC with ISO 10126 padding.
    Aes192Cbc,
    /// AES-256-CBC with ISO 10126 padding: what Entra ID uses.
    Aes256Cbc,
    /// AES-128-GCM with an IV of 96 bits and a tag of 128.
    Aes128Gcm,
    /// AES-256-GCM with an IV of 96 bits and a tag of 128: our default.
    Aes256Gcm,
}

/// How the content key is encrypted (`xenc:EncryptionMethod` of `EncryptedKey`): RSA-OAEP with an
/// empty label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyTransport {
    /// `rsa-oaep-mgf1p` of XML Encryption 1.0: MGF1 with SHA-1.
    RsaOaepMgf1p {
        /// Digest of the label.
        digest: DigestAlgorithm,
    },
    /// `rsa-oaep` of XML Encryption 1.1: MGF1 with a digest of its own.
    RsaOaep {
        /// Digest of the label.
        digest: DigestAlgorithm,
        /// Digest of the mask.
        mgf1: DigestAlgorithm,
    },
}

/// Why an algorithm URI of XML Encryption is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionAlgorithmError {
    /// A well-known algorithm that does not exist here.
    #[error("{family} is not accepted ({got})")]
    NotAccepted {
        /// What it is.
        family: RefusedEncryption,
        /// The URI that was read, at most 128 characters of it.
        got: String,
    },
    /// AES-CBC, and [`Algorithms::cbc`](crate::algorithms::Algorithms::cbc) refuses it.
    #[error("AES-CBC is not allowed ({got})")]
    CbcRefused {
        /// The URI that was read.
        got: String,
    },
    /// No algorithm that we know in this place.
    #[error("`{got}` is not a known {wanted}")]
    Unknown {
        /// The URI that was read, at most 128 characters of it.
        got: String,
        /// What should be named: `content encryption`, `key transport` or `mask generation function`.
        wanted: &'static str,
    },
}

/// Well-known algorithms that are never accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RefusedEncryption {
    /// RSA PKCS#1 v1.5 key transport (Bleichenbacher 1998).
    RsaPkcs1,
    /// Triple DES.
    TripleDes,
    /// AES-192-GCM, which no profile of SAML asks for.
    Aes192Gcm,
    /// A content key encrypted with another symmetric key.
    KeyWrap,
    /// A content key that both sides derive.
    KeyAgreement,
    /// OAEP with a mask of SHA-224, or another mask where MGF1 with SHA-1 is fixed.
    Mask,
}

impl ContentAlgorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Aes128Cbc, Self::Aes192Cbc, Self::Aes256Cbc, Self::Aes128Gcm, Self::Aes256Gcm];

    /// The URI of XML Encryption.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Aes128Cbc => "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
            Self::Aes192Cbc => "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
            Self::Aes256Cbc => "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
            Self::Aes128Gcm => "http://www.w3.org/2009/xmlenc11#aes128-gcm",
            Self::Aes256Gcm => "http://www.w3.org/2009/xmlenc11#aes256-gcm",
        }
    }

    /// The algorithm with this URI, compared exactly. No policy.
    ///
    /// # Errors
    /// [`EncryptionAlgorithmError::NotAccepted`] for a well-known algorithm that does not exist
    /// here, [`EncryptionAlgorithmError::Unknown`] for any other URI; never
    /// [`EncryptionAlgorithmError::CbcRefused`].
    pub fn from_uri(uri: &str) -> Result<Self, EncryptionAlgorithmError> {
        Self::ALL.into_iter().find(|known| known.uri() == uri).ok_or_else(|| refusal(uri, "content encryption"))
    }

    /// Bytes of the key: 16, 24 or 32.
    pub fn key_len(self) -> usize {
        match self {
            Self::Aes128Cbc | Self::Aes128Gcm => 16,
            Self::Aes192Cbc => 24,
            Self::Aes256Cbc | Self::Aes256Gcm => 32,
        }
    }

    /// Bytes of the initialisation vector: 16 for CBC, 12 for GCM.
    pub fn iv_len(self) -> usize {
        if self.is_cbc() { 16 } else { 12 }
    }

    /// Whether this is AES-CBC, which does not notice a change.
    pub fn is_cbc(self) -> bool {
        matches!(self, Self::Aes128Cbc | Self::Aes192Cbc | Self::Aes256Cbc)
    }
}

impl KeyTransport {
    /// `rsa-oaep-mgf1p`.
    pub(super) const RSA_OAEP_MGF1P: &'static str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    /// `rsa-oaep`.
    pub(super) const RSA_OAEP: &'static str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";

    /// The URI of XML Encryption.
    pub fn uri(self) -> &'static str {
        match self {
            Self::RsaOaepMgf1p { .. } => Self::RSA_OAEP_MGF1P,
            Self::RsaOaep { .. } => Self::RSA_OAEP,
        }
    }

    /// The digest of the label.
    pub fn digest(self) -> DigestAlgorithm {
        match self {
            Self::RsaOaepMgf1p { digest } | Self::RsaOaep { digest, .. } => digest,
        }
    }

    /// The digest of the mask.
    pub fn mgf1(self) -> DigestAlgorithm {
        match self {
            Self::RsaOaepMgf1p { .. } => DigestAlgorithm::Sha1,
            Self::RsaOaep { mgf1, .. } => mgf1,
        }
    }

    /// Puts together what was read. XML Encryption 1.1 §5.5.2: both digests default to SHA-1, and
    /// `rsa-oaep-mgf1p` has no other mask.
    pub(super) fn from_parts(
        uri: &str,
        digest: Option<DigestAlgorithm>,
        mgf: Option<&str>,
    ) -> Result<Self, EncryptionAlgorithmError> {
        let digest = digest.unwrap_or(DigestAlgorithm::Sha1);
        let mgf1 = mgf.map_or(Ok(DigestAlgorithm::Sha1), mgf1_from_uri);
        match uri {
            Self::RSA_OAEP => Ok(Self::RsaOaep { digest, mgf1: mgf1? }),
            Self::RSA_OAEP_MGF1P => match (mgf1?, mgf) {
                (DigestAlgorithm::Sha1, _) => Ok(Self::RsaOaepMgf1p { digest }),
                (_, got) => Err(EncryptionAlgorithmError::NotAccepted {
                    family: RefusedEncryption::Mask,
                    got: clip(got.unwrap_or_default()),
                }),
            },
            other => Err(refusal(other, "key transport")),
        }
    }
}

/// The URI of MGF1 with this digest.
pub(super) fn mgf1_uri(digest: DigestAlgorithm) -> &'static str {
    match digest {
        DigestAlgorithm::Sha1 => "http://www.w3.org/2009/xmlenc11#mgf1sha1",
        DigestAlgorithm::Sha256 => "http://www.w3.org/2009/xmlenc11#mgf1sha256",
        DigestAlgorithm::Sha384 => "http://www.w3.org/2009/xmlenc11#mgf1sha384",
        DigestAlgorithm::Sha512 => "http://www.w3.org/2009/xmlenc11#mgf1sha512",
    }
}

fn mgf1_from_uri(uri: &str) -> Result<DigestAlgorithm, EncryptionAlgorithmError> {
    DigestAlgorithm::ALL
        .into_iter()
        .find(|digest| mgf1_uri(*digest) == uri)
        .ok_or_else(|| refusal(uri, "mask generation function"))
}

fn refusal(uri: &str, wanted: &'static str) -> EncryptionAlgorithmError {
    use RefusedEncryption as R;
    let family = match uri {
        "http://www.w3.org/2001/04/xmlenc#rsa-1_5" => Some(R::RsaPkcs1),
        "http://www.w3.org/2001/04/xmlenc#tripledes-cbc" => Some(R::TripleDes),
        "http://www.w3.org/2009/xmlenc11#aes192-gcm" => Some(R::Aes192Gcm),
        "http://www.w3.org/2009/xmlenc11#mgf1sha224" => Some(R::Mask),
        "http://www.w3.org/2001/04/xmlenc#dh"
        | "http://www.w3.org/2009/xmlenc11#dh-es"
        | "http://www.w3.org/2009/xmlenc11#ECDH-ES" => Some(R::KeyAgreement),
        wrap if wrap.contains("#kw-") => Some(R::KeyWrap),
        _ => None,
    };
    let got = clip(uri);
    match family {
        Some(family) => EncryptionAlgorithmError::NotAccepted { family, got },
        None => EncryptionAlgorithmError::Unknown { got, wanted },
    }
}

/// Enough to recognise a URI by; a message may hold 256 KiB of it.
pub(super) fn clip(uri: &str) -> String {
    uri.chars().take(128).collect()
}

impl fmt::Display for RefusedEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RsaPkcs1 => "RSA PKCS#1 v1.5 key transport",
            Self::TripleDes => "Triple DES",
            Self::Aes192Gcm => "AES-192-GCM",
            Self::KeyWrap => "symmetric key wrapping",
            Self::KeyAgreement => "key agreement",
            Self::Mask => "this mask generation function",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_content_algorithm_reads_back_from_its_uri() {
        for algorithm in ContentAlgorithm::ALL {
            assert_eq!(ContentAlgorithm::from_uri(algorithm.uri()), Ok(algorithm));
        }
    }

    #[test]
    fn what_does_not_exist_here_is_refused_by_name() {
        for (uri, family) in [
            ("http://www.w3.org/2001/04/xmlenc#tripledes-cbc", RefusedEncryption::TripleDes),
            ("http://www.w3.org/2009/xmlenc11#aes192-gcm", RefusedEncryption::Aes192Gcm),
            ("http://www.w3.org/2001/04/xmlenc#kw-aes128", RefusedEncryption::KeyWrap),
        ] {
            let refused = EncryptionAlgorithmError::NotAccepted { family, got: uri.to_owned() };
            assert_eq!(ContentAlgorithm::from_uri(uri), Err(refused));
        }
        let uri = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
        let refused = KeyTransport::from_parts(uri, None, None).unwrap_err();
        assert_eq!(refused.to_string(), format!("RSA PKCS#1 v1.5 key transport is not accepted ({uri})"));
    }

    #[test]
    fn oaep_defaults_to_sha1_and_mgf1p_has_no_other_mask() {
        use DigestAlgorithm::{Sha1, Sha256, Sha512};
        let sha512 = Some(mgf1_uri(Sha512));
        let mgf1p = |mgf| KeyTransport::from_parts(KeyTransport::RSA_OAEP_MGF1P, Some(Sha256), mgf);
        assert_eq!(mgf1p(None), Ok(KeyTransport::RsaOaepMgf1p { digest: Sha256 }));
        assert_eq!(mgf1p(Some(mgf1_uri(Sha1))), Ok(KeyTransport::RsaOaepMgf1p { digest: Sha256 }));
        let refused =
            EncryptionAlgorithmError::NotAccepted { family: RefusedEncryption::Mask, got: mgf1_uri(Sha512).to_owned() };
        assert_eq!(mgf1p(sha512), Err(refused));
        let oaep = |digest, mgf| KeyTransport::from_parts(KeyTransport::RSA_OAEP, digest, mgf);
        assert_eq!(oaep(None, None), Ok(KeyTransport::RsaOaep { digest: Sha1, mgf1: Sha1 }));
        assert_eq!(oaep(Some(Sha256), sha512), Ok(KeyTransport::RsaOaep { digest: Sha256, mgf1: Sha512 }));
    }
}
