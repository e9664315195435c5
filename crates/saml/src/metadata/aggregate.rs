use super::descriptor::roles;
use super::tree::{Tree, Validity};
use super::{IdpMetadata, MetadataError, Reading};
use crate::types::EntityId;
use vestibule_xmlsec::{Element, Limits};

/// A group of entities, as federations publish it: nested `EntitiesDescriptor`. One entity alone is a group
/// of one.
#[derive(Debug)]
pub struct Aggregate<'a> {
    tree: Tree,
    reading: Reading<'a>,
}

/// An entity of an [`Aggregate`], before anything of it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The entity ID as it is written; empty where there is none.
    pub entity_id: &'a str,
    /// Whether it has an `IDPSSODescriptor` for SAML 2.0.
    pub is_identity_provider: bool,
    /// Whether it has an `SPSSODescriptor` for SAML 2.0.
    pub is_service_provider: bool,
}

impl<'a> Aggregate<'a> {
    /// Reads a document of at most 25 MiB and 2,000,000 nodes. What is wrong with one entity is found when
    /// that one is picked.
    ///
    /// # Errors
    /// [`MetadataError::NotMetadata`], [`MetadataError::Malformed`], also beyond the bounds,
    /// [`MetadataError::Signature`] where one was to be checked, [`MetadataError::Read`] for a `validUntil`
    /// of the root that is no time, [`MetadataError::Expired`] for one that has passed.
    pub fn parse(xml: &[u8], reading: &Reading<'a>) -> Result<Self, MetadataError> {
        let tree = Tree::load(xml, &Limits::AGGREGATE_METADATA, reading)?;
        Validity::of(tree.root())?.check(reading.now)?;
        Ok(Self { tree, reading: *reading })
    }

    /// All entities in document order.
    pub fn entities(&self) -> impl Iterator<Item = Listed<'_>> {
        self.tree.entities().map(|entity| Listed {
            entity_id: entity.attribute("entityID").unwrap_or_default(),
            is_identity_provider: is_identity_provider(entity),
            is_service_provider: roles(entity, "SPSSODescriptor").next().is_some(),
        })
    }

    /// The identity provider with this entity ID, compared exactly. That the group has the same entity in other
    /// roles, in descriptors of their own, is no matter.
    ///
    /// # Errors
    /// [`MetadataError::NoSuchEntity`], or [`MetadataError::RepeatedEntity`] where the group has it as an
    /// identity provider more than once; for the entity itself as [`IdpMetadata::parse`].
    pub fn identity_provider(&self, entity_id: &EntityId) -> Result<IdpMetadata, MetadataError> {
        let named = || self.tree.entities().filter(|entity| entity.attribute("entityID") == Some(entity_id.as_str()));
        let mut identity_providers = named().filter(|&entity| is_identity_provider(entity));
        // One with other roles only tells what it is instead.
        let Some(entity) = identity_providers.next().or_else(|| named().next()) else {
            return Err(MetadataError::NoSuchEntity {
                want: entity_id.clone(),
                entities: self.tree.entities().count(),
            });
        };
        if identity_providers.next().is_some() {
            return Err(MetadataError::RepeatedEntity { entity_id: entity_id.clone() });
        }
        IdpMetadata::read(entity, &self.reading)
    }

    /// The identity provider, where the group has one only.
    ///
    /// # Errors
    /// [`MetadataError::NoIdentityProvider`] or [`MetadataError::SeveralIdentityProviders`] where there is
    /// not exactly one; for that one as [`IdpMetadata::parse`].
    pub fn only_identity_provider(&self) -> Result<IdpMetadata, MetadataError> {
        only_identity_provider(&self.tree, &self.reading)
    }
}

pub(super) fn only_identity_provider(tree: &Tree, reading: &Reading<'_>) -> Result<IdpMetadata, MetadataError> {
    let mut identity_providers = tree.entities().filter(|&entity| is_identity_provider(entity));
    let Some(entity) = identity_providers.next() else {
        // A single entity tells what it is instead.
        let mut entities = tree.entities();
        return match (entities.next(), entities.count()) {
            (Some(entity), 0) => IdpMetadata::read(entity, reading),
            (first, more) => Err(MetadataError::NoIdentityProvider { entities: usize::from(first.is_some()) + more }),
        };
    };
    match identity_providers.count() {
        0 => IdpMetadata::read(entity, reading),
        more => Err(MetadataError::SeveralIdentityProviders { identity_providers: more + 1 }),
    }
}

fn is_identity_provider(entity: Element<'_>) -> bool {
    roles(entity, "IDPSSODescriptor").next().is_some()
}
