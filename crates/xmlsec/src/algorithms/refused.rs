//! Names for the algorithms that are never accepted, whatever the policy.

use std::fmt;

use super::{AlgorithmError, DigestAlgorithm, SignatureAlgorithm, Use};

const XMLDSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const XMLDSIG11: &str = "http://www.w3.org/2009/xmldsig11#";
const XMLENC: &str = "http://www.w3.org/2001/04/xmlenc#";
const MORE_2001: &str = "http://www.w3.org/2001/04/xmldsig-more#";
const MORE_2007: &str = "http://www.w3.org/2007/05/xmldsig-more#";
const MORE_2021: &str = "http://www.w3.org/2021/04/xmldsig-more#";

/// Well-known algorithms that are never accepted in the place where they stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RefusedFamily {
    /// Symmetric: whoever knows the public certificate could sign with it as the key.
    Hmac,
    /// DSA, any digest.
    Dsa,
    /// MD2 or MD5, alone or in a signature.
    Md5,
    /// RIPEMD-128 or -160, alone or in a signature.
    Ripemd,
    /// Whirlpool, alone or in a signature.
    Whirlpool,
    /// SHA-224, alone or in a signature.
    Sha224,
    /// SHA-3, alone or in a signature.
    Sha3,
    /// ECDSA or RSA-PSS over SHA-1: no identity provider needs it.
    Sha1Variant,
    /// RSA-PSS whose parameters are in the message; the fixed-parameter URIs are accepted.
    RsaPssParameters,
    /// Ed448.
    Ed448,
    /// ESIGN, Kyber, XMSS and the like: named in RFC 9231, met nowhere.
    Exotic,
    /// No protection at all: an empty URI or `none`.
    Nothing,
    /// A digest where a signature must stand.
    DigestOnly,
    /// A signature where a digest must stand.
    SignatureAlgorithm,
}

impl fmt::Display for RefusedFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hmac => "HMAC",
            Self::Dsa => "DSA",
            Self::Md5 => "MD5",
            Self::Ripemd => "RIPEMD",
            Self::Whirlpool => "Whirlpool",
            Self::Sha224 => "SHA-224",
            Self::Sha3 => "SHA-3",
            Self::Sha1Variant => "ECDSA or RSA-PSS with SHA-1",
            Self::RsaPssParameters => "RSA-PSS with parameters in the message",
            Self::Ed448 => "Ed448",
            Self::Exotic => "an algorithm outside SAML's use",
            Self::Nothing => "no algorithm",
            Self::DigestOnly => "a bare digest",
            Self::SignatureAlgorithm => "a signature algorithm",
        })
    }
}

/// Names what a URI that is not ours in this place stands for.
pub(super) fn refusal(uri: &str, wanted: Use) -> AlgorithmError {
    // Enough to recognise it by; a message may hold 256 KiB of it.
    let got = uri.chars().take(128).collect();
    match family(uri, wanted) {
        Some(family) => AlgorithmError::NotAccepted { family, got, wanted },
        None => AlgorithmError::Unknown { got, wanted },
    }
}

fn family(uri: &str, wanted: Use) -> Option<RefusedFamily> {
    if uri.trim().is_empty() || uri.eq_ignore_ascii_case("none") {
        return Some(RefusedFamily::Nothing);
    }
    if wanted == Use::Signature && DigestAlgorithm::ALL.iter().any(|digest| digest.uri() == uri) {
        return Some(RefusedFamily::DigestOnly);
    }
    if wanted == Use::Digest && SignatureAlgorithm::ALL.iter().any(|known| known.uri() == uri) {
        return Some(RefusedFamily::SignatureAlgorithm);
    }
    let fragment = [XMLDSIG, XMLDSIG11, XMLENC, MORE_2001, MORE_2007, MORE_2021]
        .into_iter()
        .find_map(|namespace| uri.strip_prefix(namespace))?;
    // First match wins, so `hmac-md5` is HMAC and `rsa-md5` is MD5.
    FAMILIES.iter().find(|(mark, _)| mark.found_in(fragment)).map(|(_, family)| *family)
}

/// How a family shows in the fragment of its URI.
enum Mark {
    Is(&'static str),
    Begins(&'static str),
    Contains(&'static str),
}

impl Mark {
    fn found_in(&self, fragment: &str) -> bool {
        match self {
            Self::Is(text) => fragment == *text,
            Self::Begins(text) => fragment.starts_with(text),
            Self::Contains(text) => fragment.contains(text),
        }
    }
}

const FAMILIES: [(Mark, RefusedFamily); 16] = [
    (Mark::Begins("hmac-"), RefusedFamily::Hmac),
    (Mark::Begins("dsa-"), RefusedFamily::Dsa),
    (Mark::Contains("md5"), RefusedFamily::Md5),
    (Mark::Contains("md2"), RefusedFamily::Md5),
    (Mark::Contains("ripemd"), RefusedFamily::Ripemd),
    (Mark::Contains("whirlpool"), RefusedFamily::Whirlpool),
    (Mark::Contains("sha224"), RefusedFamily::Sha224),
    (Mark::Contains("sha3-"), RefusedFamily::Sha3),
    (Mark::Is("ecdsa-sha1"), RefusedFamily::Sha1Variant),
    (Mark::Is("sha1-rsa-MGF1"), RefusedFamily::Sha1Variant),
    (Mark::Is("rsa-pss"), RefusedFamily::RsaPssParameters),
    (Mark::Is("eddsa-ed448"), RefusedFamily::Ed448),
    (Mark::Begins("esign-"), RefusedFamily::Exotic),
    (Mark::Begins("xmss"), RefusedFamily::Exotic),
    (Mark::Begins("hsslms"), RefusedFamily::Exotic),
    (Mark::Begins("siphash"), RefusedFamily::Hmac),
];
