//! Verification: the signature over `SignedInfo` first, the digest second, so that nothing is
//! canonicalised at length for a stranger; and what comes out is a new tree.

use super::{NAMESPACE, SignatureError, read};
use crate::algorithms::{Algorithms, DigestAlgorithm, SignatureAlgorithm};
use crate::c14n::canonicalize;
use crate::keys::TrustedKeys;
use crate::tree::{Document, Element};

/// An element whose enveloped signature a trusted key made, parsed anew from exactly the octets
/// that were digested.
///
/// Only [`verify`] makes one. Nothing of the original document can be reached from it: what was
/// not digested is not there.
#[derive(Debug)]
pub struct Signed {
    content: Document,
    key: usize,
    algorithm: SignatureAlgorithm,
    digest: DigestAlgorithm,
}

impl Signed {
    /// The signed element. Its `Signature` child is not in it, for that was not digested.
    pub fn root(&self) -> Element<'_> {
        self.content.root()
    }

    /// Which of the [`TrustedKeys`] made the signature, by its place in their order.
    pub fn key(&self) -> usize {
        self.key
    }

    /// The signature's algorithm.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The digest's algorithm.
    pub fn digest(&self) -> DigestAlgorithm {
        self.digest
    }

    /// The octets that were digested.
    pub fn octets(&self) -> &[u8] {
        self.content.source().as_bytes()
    }
}

/// Whether `element` has a `Signature` child; nothing is said of what it is worth.
pub fn is_signed(element: Element<'_>) -> bool {
    element.children().any(|child| child.is(NAMESPACE, "Signature"))
}

/// Verifies the one enveloped signature that is a child of `element` and covers `element`.
///
/// `keys` is never empty, and no key is ever taken from the message (A02.8, A03). The digest value
/// and all algorithms are read from the canonical `SignedInfo` that the signature covers (A07).
///
/// # Errors
/// The first rule of XML Signature or of its SAML profile (SAML Core §5.4) that does not hold.
pub fn verify(element: Element<'_>, keys: &TrustedKeys, algorithms: &Algorithms) -> Result<Signed, SignatureError> {
    let signature = read::signature_of(element)?;
    let parts = read::parts(signature)?;
    let how = read::canonicalization_of(parts.signed_info, *algorithms)?;
    let octets = canonicalize(parts.signed_info, &how, None)?;
    let canonical = Document::parse_canonical(octets, &element.document.limits).map_err(SignatureError::Reparse)?;
    let info = read::signed_info(canonical.root(), *algorithms)?;
    if info.canonicalization != how {
        let got = info.canonicalization.method.uri().to_owned();
        return Err(SignatureError::CanonicalizationMethod { got });
    }
    refers_to(element, info.reference_uri)?;
    let key = keys
        .iter()
        .position(|key| key.verify(info.algorithm, canonical.source().as_bytes(), &parts.value).is_ok())
        .ok_or(SignatureError::NoKeyMatches { tried: keys.len() })?;

    let content = canonicalize(element, &info.content, Some(signature))?;
    let digest = info.digest.digest(content.as_bytes());
    aws_lc_rs::constant_time::verify_slices_are_equal(digest.as_bytes(), &info.digest_value)
        .map_err(|_| SignatureError::DigestMismatch)?;
    let content = Document::parse_canonical(content, &element.document.limits).map_err(SignatureError::Reparse)?;
    Ok(Signed { content, key, algorithm: info.algorithm, digest: info.digest })
}

/// That the reference is `#` and the unqualified `ID` of `element`, character by character (A08).
fn refers_to(element: Element<'_>, uri: Option<String>) -> Result<(), SignatureError> {
    let id = element
        .attribute("ID")
        .filter(|id| !id.is_empty())
        .ok_or_else(|| SignatureError::NoId { element: element.local().to_owned() })?;
    if uri.as_deref().and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return Err(SignatureError::ReferenceUri { got: uri, want: format!("#{id}") });
    }
    Ok(())
}
