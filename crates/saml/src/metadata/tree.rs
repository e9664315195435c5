//! The document of metadata: parsed, perhaps verified, and the entities in it.

use super::{MetadataError, MetadataSignature, NotMetadata, Reading};
use crate::read;
use crate::time::{self, DurationError};
use crate::types::ns;
use jiff::{SignedDuration, Timestamp};
use vestibule_xmlsec::dsig::{self, Signed};
use vestibule_xmlsec::{Document, Element, Limits};

/// What everything is read from: where a signature was to be checked, only what it covers.
#[derive(Debug)]
pub(super) enum Tree {
    Plain(Document),
    Signed(Signed),
}

impl Tree {
    pub(super) fn load(xml: &[u8], limits: &Limits, reading: &Reading<'_>) -> Result<Self, MetadataError> {
        if let Some(got) = NotMetadata::of_text(xml) {
            return Err(MetadataError::NotMetadata { got });
        }
        let document = Document::parse(xml, limits)?;
        let root = document.root();
        if !is_entity(root) && !is_group(root) {
            return Err(MetadataError::NotMetadata { got: NotMetadata::of_root(root) });
        }
        match &reading.signature {
            MetadataSignature::NotChecked => Ok(Self::Plain(document)),
            MetadataSignature::Check { keys, algorithms } => Ok(Self::Signed(dsig::verify(root, keys, algorithms)?)),
        }
    }

    pub(super) fn root(&self) -> Element<'_> {
        match self {
            Self::Plain(document) => document.root(),
            Self::Signed(signed) => signed.root(),
        }
    }

    /// Every `EntityDescriptor` that is the root or stands in nested `EntitiesDescriptor` from the root down,
    /// and nowhere else.
    pub(super) fn entities(&self) -> impl Iterator<Item = Element<'_>> {
        self.root().descendants().filter(|&element| is_entity(element) && groups(element).all(is_group))
    }
}

/// How long metadata is valid, and how long it may be kept before it is fetched again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Validity {
    pub(super) valid_until: Option<Timestamp>,
    pub(super) cache_duration: Option<SignedDuration>,
    /// What stands as `cacheDuration` and is no duration. It says no more than when to look again.
    pub(super) no_durations: Vec<DurationError>,
}

impl Validity {
    /// The strictest of what an element and all groups around it say (SAML Metadata §2.3.1, §2.4.1).
    pub(super) fn of(element: Element<'_>) -> Result<Self, MetadataError> {
        let mut validity = Self::default();
        for element in std::iter::once(element).chain(groups(element)) {
            let valid_until = read::optional_time(element, "validUntil")?;
            validity.valid_until = earlier(validity.valid_until, valid_until);
            match element.attribute("cacheDuration").map(time::parse_duration).transpose() {
                Ok(duration) => validity.cache_duration = earlier(validity.cache_duration, duration),
                Err(error) => validity.no_durations.push(error),
            }
        }
        Ok(validity)
    }

    /// Refuses what has expired; there is no tolerance, for metadata lives for days.
    pub(super) fn check(self, now: Timestamp) -> Result<Self, MetadataError> {
        match self.valid_until {
            Some(got) if now >= got => Err(MetadataError::Expired { got, now }),
            _ => Ok(self),
        }
    }
}

pub(super) fn is_entity(element: Element<'_>) -> bool {
    element.is(ns::METADATA, "EntityDescriptor")
}

fn is_group(element: Element<'_>) -> bool {
    element.is(ns::METADATA, "EntitiesDescriptor")
}

/// The elements around an element, innermost first.
fn groups(element: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    std::iter::successors(element.parent(), |parent| parent.parent())
}

fn earlier<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
