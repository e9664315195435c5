use super::{NotMetadata, OtherRole};
use crate::read::ReadError;
use crate::time::DurationError;
use crate::types::{EntityId, EntityIdError, NotABoolean, UrlError};
use jiff::Timestamp;
use thiserror::Error;
use vestibule_xmlsec::dsig::SignatureError;
use vestibule_xmlsec::keys::{CertificateError, KeyError};
use vestibule_xmlsec::{ContentError, ParseError, Position, ValueError};

/// Why metadata cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// Something else was given.
    #[error("this is not SAML metadata: {got}")]
    NotMetadata {
        /// What it is.
        got: NotMetadata,
    },
    /// Not the XML that we take.
    #[error(transparent)]
    Malformed(#[from] ParseError),
    /// The signature was to be checked and does not hold.
    #[error("the signature of the metadata: {0}")]
    Signature(#[from] SignatureError),
    /// A required attribute is absent, a value is not text, a time is no time.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An entity ID that is none.
    #[error(transparent)]
    EntityId(#[from] EntityIdError),
    /// A `cacheDuration` that is no duration.
    #[error("cacheDuration: {0}")]
    CacheDuration(#[from] DurationError),
    /// A flag that is neither true nor false.
    #[error(transparent)]
    Flag(#[from] NotABoolean),
    /// `use` of a key is neither signing nor encryption.
    #[error("{position}: the use of a key is {got:?}; signing or encryption is wanted")]
    KeyUse {
        /// What it is.
        got: String,
        /// Where.
        position: Position,
    },
    /// `index` of an endpoint is not a number from 0 to 65535.
    #[error("{position}: the index of an endpoint is {got:?}; a number from 0 to 65535 is wanted")]
    Index {
        /// What it is.
        got: String,
        /// Where.
        position: Position,
    },
    /// `validUntil` of the document, of a group around the entity, or of its role, has passed (A24.3).
    #[error("the metadata was valid until {got}; it is {now} now")]
    Expired {
        /// Until when it was valid; exclusive.
        got: Timestamp,
        /// The time of the check.
        now: Timestamp,
    },
    /// The entity has no role of the kind that is wanted.
    #[error("{entity_id} is not {want} of SAML 2.0: {got}")]
    NoSuchRole {
        /// The entity.
        entity_id: EntityId,
        /// `an identity provider` or `a service provider`.
        want: &'static str,
        /// What it is instead.
        got: OtherRole,
    },
    /// Two roles of the same kind: which one counts is not ours to guess.
    #[error("{entity_id} has {got} {role} elements for SAML 2.0; one is wanted")]
    SeveralRoles {
        /// The entity.
        entity_id: EntityId,
        /// The element's name.
        role: &'static str,
        /// How many.
        got: usize,
    },
    /// An aggregate where one entity is wanted.
    #[error("this is a group of {identity_providers} identity providers; say by entity ID which one is meant")]
    SeveralIdentityProviders {
        /// How many identity providers of SAML 2.0 are in it.
        identity_providers: usize,
    },
    /// An aggregate without any identity provider.
    #[error("none of the {entities} entities of this group is an identity provider of SAML 2.0")]
    NoIdentityProvider {
        /// How many entities there are.
        entities: usize,
    },
    /// The aggregate has no such entity.
    #[error("{want} is not among the {entities} entities of this group")]
    NoSuchEntity {
        /// Who is wanted.
        want: EntityId,
        /// How many entities there are.
        entities: usize,
    },
    /// The aggregate has the entity as an identity provider more than once.
    #[error("{entity_id} stands more than once as an identity provider in this group")]
    RepeatedEntity {
        /// Who.
        entity_id: EntityId,
    },
    /// Entra's metadata for all tenants at once, whose entity ID is a template (E-4).
    #[error(
        "{got} stands for any tenant: fetch the metadata with the customer's tenant ID in its address instead of `common`"
    )]
    TenantTemplate {
        /// The entity ID.
        got: EntityId,
    },
    /// An address that may not be used (A24.4).
    #[error("{position}: {service}: {source}")]
    Address {
        /// The element's name.
        service: &'static str,
        /// What is wrong with it.
        source: UrlError,
        /// Where.
        position: Position,
    },
    /// The role has no endpoint that a browser can be sent to.
    #[error("{entity_id} has no {service} with the HTTP-Redirect or HTTP-POST binding")]
    NoEndpoint {
        /// The entity.
        entity_id: EntityId,
        /// The element's name.
        service: &'static str,
    },
    /// A certificate that is none.
    #[error("{position}: X509Certificate: {source}")]
    Certificate {
        /// What is wrong with it.
        source: CertificateError,
        /// Where.
        position: Position,
    },
    /// The role names more certificates than could be tried on each signature (A21).
    #[error("{entity_id} names more than {most} certificates")]
    TooManyCertificates {
        /// The entity.
        entity_id: EntityId,
        /// How many are taken.
        most: usize,
    },
    /// More parts are flawed than anybody would read about.
    #[error("more than {most} parts of this metadata cannot be used as they are")]
    TooManyFlaws {
        /// How many are passed over.
        most: usize,
    },
    /// The role names no certificate for signatures, so nothing that it sends could be trusted (A02.8).
    #[error("{entity_id} names no signing certificate")]
    NoSigningCertificate {
        /// The entity.
        entity_id: EntityId,
    },
    /// None of its certificates has a key that we take.
    #[error("{entity_id} has no usable signing certificate: {source}")]
    UnusableKeys {
        /// The entity.
        entity_id: EntityId,
        /// What is wrong with the first.
        source: KeyError,
    },
}

impl From<ValueError> for MetadataError {
    fn from(error: ValueError) -> Self {
        Self::Read(error.into())
    }
}

impl From<ContentError> for MetadataError {
    fn from(error: ContentError) -> Self {
        Self::Read(error.into())
    }
}
