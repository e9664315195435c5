//! Why a signature proves nothing, or cannot be made.

use crate::algorithms::AlgorithmError;
use crate::c14n::C14nError;
use crate::children::ContentError;
use crate::error::{ParseError, ValueError};
use crate::keys::SigningError;

/// Why [`verify`](super::verify) refuses. Every variant means the same to a verifier: not proved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The element has no `Signature` child (A02.1).
    #[error("{element} is not signed: it has no Signature of its own")]
    Missing {
        /// Local name of the element.
        element: String,
    },
    /// The element has several `Signature` children (A01.14).
    #[error("{element} has {got} Signature children; exactly one is accepted")]
    Several {
        /// Local name of the element.
        element: String,
        /// How many.
        got: usize,
    },
    /// A child that XML Signature or its SAML profile does not have, a missing one, or a comment.
    #[error("the Signature is malformed: {0}")]
    Content(#[from] ContentError),
    /// An attribute that changes what is signed: `Type` on the reference, or a qualified one.
    #[error("the Signature is malformed: {element} has attribute {attribute}")]
    Attribute {
        /// Local name of the element.
        element: String,
        /// Local name of the attribute.
        attribute: String,
    },
    /// An attribute that must be there.
    #[error("the Signature is malformed: {element} has no attribute {attribute}")]
    AttributeMissing {
        /// Local name of the element.
        element: String,
        /// Local name of the attribute.
        attribute: &'static str,
    },
    /// `DigestValue` or `SignatureValue` is not one run of text (A07.1).
    #[error(transparent)]
    Value(#[from] ValueError),
    /// `DigestValue` or `SignatureValue` is not base64, or is empty.
    #[error("{element} is not base64")]
    Base64 {
        /// Local name of the element.
        element: String,
    },
    /// `ds:Object` (A01.8, A01.13).
    #[error("the Signature holds an Object, which SAML does not use")]
    Object,
    /// More than one `Reference` (A08.5).
    #[error("the Signature has {got} References; exactly one is accepted")]
    References {
        /// How many.
        got: usize,
    },
    /// The reference does not name the element that the signature stands in (A08).
    #[error("the Signature refers to {got:?}, not to its own element {want:?}")]
    ReferenceUri {
        /// The URI; `None` where the attribute is absent.
        got: Option<String>,
        /// `#` and the ID of the element.
        want: String,
    },
    /// The signed element has no ID.
    #[error("{element} has no ID that its signature could refer to")]
    NoId {
        /// Local name of the element.
        element: String,
    },
    /// A canonicalisation method that is not one of the six.
    #[error("canonicalisation method {got:?} is not accepted")]
    CanonicalizationMethod {
        /// The identifier.
        got: String,
    },
    /// Transforms that are not enveloped-signature followed by one canonicalisation (A09).
    #[error("transform {got:?} is not accepted: only enveloped-signature, then one canonicalisation")]
    Transform {
        /// The identifier, or what is missing.
        got: String,
    },
    /// A signature or digest algorithm that is refused by name or policy (A11).
    #[error(transparent)]
    Algorithm(#[from] AlgorithmError),
    /// No canonical form (A10.1).
    #[error(transparent)]
    Canonicalization(#[from] C14nError),
    /// None of the configured keys made the signature over `SignedInfo` (A02.5, A03).
    #[error("none of the {tried} configured keys made this signature")]
    NoKeyMatches {
        /// How many keys were configured.
        tried: usize,
    },
    /// `DigestValue` has another length than its algorithm gives (A07.4).
    #[error("the digest has {got} octets; its algorithm gives {want}")]
    DigestLength {
        /// Octets in `DigestValue`.
        got: usize,
        /// Octets of the algorithm.
        want: usize,
    },
    /// The signed element was changed after it was signed.
    #[error("the content was changed after it was signed: its digest differs from the signed one")]
    DigestMismatch,
    /// What was digested is not a document under our limits.
    #[error("the signed octets are not a document: {0}")]
    Reparse(ParseError),
}

/// Why [`sign`](super::sign) cannot make a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The document to sign is not one.
    #[error("the document to sign is malformed: {0}")]
    Malformed(#[from] ParseError),
    /// No element has this ID.
    #[error("no element has ID {id:?}")]
    NoSuchId {
        /// The ID asked for.
        id: String,
    },
    /// The element has nothing behind which the signature could stand.
    #[error("{element} has no child element to put the signature behind")]
    NoPlace {
        /// Local name of the element.
        element: String,
    },
    /// No canonical form.
    #[error(transparent)]
    Canonicalization(#[from] C14nError),
    /// The key does not fit the algorithm, or the provider failed.
    #[error(transparent)]
    Key(#[from] SigningError),
}
