//! Metadata: what entities publish about themselves (SAML Metadata 2.0).
//!
//! [`IdpMetadata`] is read from one entity's document, or picked from an [`Aggregate`]; [`SpMetadata`] is
//! written, and read for the identity-provider side. Metadata is open by its schema, so extensions and roles
//! that we do not know are passed over, in any order. What a sign-in hangs on is strict; a flaw elsewhere in
//! an identity provider's metadata is passed over and listed ([`PassedOver`]). Where a signature is to be
//! checked, everything is read from the tree that was verified.

mod aggregate;
mod descriptor;
mod error;
mod idp;
mod instead;
mod keys;
mod passed_over;
mod sp;
mod tree;

pub use aggregate::{Aggregate, Listed};
pub use descriptor::Endpoint;
pub use error::MetadataError;
pub use idp::IdpMetadata;
pub use instead::{NotMetadata, OtherRole};
pub use keys::RefusedCertificate;
pub use passed_over::{Part, PassedOver};
pub use sp::{AssertionConsumerService, EncryptionMethod, SpMetadata};

use crate::types::LoopbackHttp;
use jiff::Timestamp;
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::keys::TrustedKeys;

/// How metadata is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The time at which `validUntil` must lie ahead. [`Timestamp::MIN`] shows a document whatever its age;
    /// nothing may be trusted from it then.
    pub now: Timestamp,
    /// Whether endpoints may be http on a loopback host (A24.4).
    pub loopback_http: LoopbackHttp,
    /// Whether the signature of the document is checked.
    pub signature: MetadataSignature<'a>,
}

impl Reading<'_> {
    /// At this time, https only, no signature checked: for a document that came over https from where its
    /// publisher says.
    pub fn at(now: Timestamp) -> Self {
        Self { now, loopback_http: LoopbackHttp::Refuse, signature: MetadataSignature::NotChecked }
    }
}

/// Whether the signature over a metadata document is checked. A document that is not signed is common, and
/// https usually carries the trust.
#[derive(Debug, Clone, Copy)]
pub enum MetadataSignature<'a> {
    /// Whether there is one or not, it is not looked at.
    NotChecked,
    /// The root element must be signed by one of these keys; only what the signature covers is read.
    Check {
        /// The keys of the publisher, known from elsewhere.
        keys: &'a TrustedKeys,
        /// Which algorithms are taken.
        algorithms: Algorithms,
    },
}
