//! Which parts of a document a key vouches for: those whose own signature verifies, by the very function that a sign-in
//! rests on. Nothing is looked for by name or place.

use std::ops::Range;

use vestibule_saml::types::ns;
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::keys::TrustedKeys;
use vestibule_xmlsec::{Document, Element, dsig};

/// So many signatures of a document are tried at most; a response has two.
const MOST: usize = 8;

/// The parts of one document that are vouched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vouched {
    parts: Vec<Part>,
    /// The whole of it, by what vouched for the ciphertext that it was decrypted from.
    is_whole: bool,
}

/// An element whose own signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    element: Range<usize>,
    /// Its `Signature`, which it does not cover.
    signature: Range<usize>,
}

impl Vouched {
    /// Tries the signature of each element that has one.
    pub fn of(document: &Document, keys: Option<&TrustedKeys>, algorithms: &Algorithms) -> Self {
        let Some(keys) = keys else { return Self::default() };
        let signed = document.elements().filter(|element| dsig::is_signed(*element)).take(MOST);
        let part = |element: Element<'_>| {
            dsig::verify(element, keys, algorithms).ok()?;
            let signature = element.children().find(|child| child.is(ns::DSIG, "Signature"))?;
            Some(Part { element: element.source_range(), signature: signature.source_range() })
        };
        Self { parts: signed.filter_map(part).collect(), is_whole: false }
    }

    /// What was decrypted from a ciphertext that is vouched for is vouched for too.
    #[must_use]
    pub fn with_whole(self, is_whole: bool) -> Self {
        Self { is_whole, ..self }
    }

    /// Whether anything is.
    pub fn is_any(&self) -> bool {
        self.is_whole || !self.parts.is_empty()
    }

    /// Whether the octet at this place of the source is.
    pub fn covers(&self, at: usize) -> bool {
        self.is_whole || self.parts.iter().any(|part| part.element.contains(&at) && !part.signature.contains(&at))
    }
}
