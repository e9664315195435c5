use super::aggregate::only_identity_provider;
use super::descriptor::Role;
use super::keys::Keys;
use super::passed_over::Flaws;
use super::tree::Tree;
use super::{Endpoint, MetadataError, Part, PassedOver, Reading, RefusedCertificate};
use crate::types::{Binding, EntityId, NameIdFormat};
use jiff::{SignedDuration, Timestamp};
use vestibule_xmlsec::keys::{Certificate, NoTrustedKey, TrustedKeys};
use vestibule_xmlsec::{Element, Limits};

/// What an identity provider publishes about itself: the part of an `EntityDescriptor` that a service
/// provider needs (SAML Metadata §2.4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpMetadata {
    /// The issuer of its messages.
    pub entity_id: EntityId,
    /// Until when this may be used, exclusive: the earliest that the role, the entity and all groups around
    /// it say.
    pub valid_until: Option<Timestamp>,
    /// After how long this should be fetched again: the shortest that is said.
    pub cache_duration: Option<SignedDuration>,
    /// The certificates whose keys may sign for it, at least one, each once, in document order. Several are a
    /// rollover. Their dates are not judged here.
    pub signing_certificates: Vec<Certificate>,
    /// Certificates for signing whose keys are not taken, so that an administrator can be told.
    pub refused_certificates: Vec<RefusedCertificate>,
    /// The certificates to encrypt for it.
    pub encryption_certificates: Vec<Certificate>,
    /// Where an AuthnRequest goes; at least one.
    pub single_sign_on: Vec<Endpoint>,
    /// Where logout messages go; there may be none.
    pub single_logout: Vec<Endpoint>,
    /// The name identifier formats that it says it can give; there may be none (Entra names none).
    pub name_id_formats: Vec<NameIdFormat>,
    /// Whether it demands signed AuthnRequests.
    pub want_authn_requests_signed: bool,
    /// What else is flawed, so that an administrator can be told; at most 32.
    pub passed_over: Vec<PassedOver>,
    /// Its name for people.
    pub display_name: Option<String>,
    /// The name for people of the organisation that runs it.
    pub organization: Option<String>,
}

impl IdpMetadata {
    /// Reads a document of at most 1 MiB: one `EntityDescriptor`, or an `EntitiesDescriptor` with one
    /// identity provider in it.
    ///
    /// # Errors
    /// For the document and the choice of the entity as [`Aggregate::parse`](super::Aggregate::parse) and
    /// [`only_identity_provider`](super::Aggregate::only_identity_provider). Of the entity: an entity ID,
    /// role, signing certificate or sign-in endpoint that is absent or unusable, a `validUntil` that has
    /// passed, an address with another scheme than https or http (A24.4), more than 64 certificates, or more
    /// than 32 flaws in other parts; fewer are told in [`passed_over`](Self::passed_over).
    pub fn parse(xml: &[u8], reading: &Reading<'_>) -> Result<Self, MetadataError> {
        only_identity_provider(&Tree::load(xml, &Limits::ENTITY_METADATA, reading)?, reading)
    }

    /// Where an AuthnRequest goes with this binding.
    pub fn single_sign_on(&self, binding: &Binding) -> Option<&Endpoint> {
        self.single_sign_on.iter().find(|endpoint| endpoint.binding == *binding)
    }

    /// Where logout messages go with this binding.
    pub fn single_logout(&self, binding: &Binding) -> Option<&Endpoint> {
        self.single_logout.iter().find(|endpoint| endpoint.binding == *binding)
    }

    /// The keys of its signing certificates, in their order.
    ///
    /// # Errors
    /// [`NoTrustedKey`] where no certificate has a key that may verify signatures; never as
    /// [`parse`](Self::parse) leaves the metadata.
    pub fn trusted_keys(&self) -> Result<TrustedKeys, NoTrustedKey> {
        TrustedKeys::new(self.signing_certificates.iter().filter_map(|it| it.public_key().ok()).collect())
    }

    pub(super) fn read(entity: Element<'_>, reading: &Reading<'_>) -> Result<Self, MetadataError> {
        let role = Role::find(entity, "IDPSSODescriptor", "an identity provider", reading)?;
        let entity_id = role.entity_id.clone();
        if entity_id.as_str().contains("{tenant") {
            return Err(MetadataError::TenantTemplate { got: entity_id });
        }
        let mut flaws = Flaws::default();
        let keys = Keys::of(&role, &mut flaws)?;
        if keys.signing.is_empty() {
            return Err(match keys.refused.into_iter().next() {
                Some(refused) => MetadataError::UnusableKeys { entity_id, source: refused.reason },
                None => flaws
                    .first_of(&[Part::SigningCertificate, Part::KeyUse])
                    .unwrap_or(MetadataError::NoSigningCertificate { entity_id }),
            });
        }
        let service = "SingleSignOnService";
        let single_sign_on = role.endpoints(service, Part::SingleSignOn, reading, &mut flaws)?;
        if single_sign_on.is_empty() {
            let none = MetadataError::NoEndpoint { entity_id, service };
            return Err(flaws.first_of(&[Part::SingleSignOn]).unwrap_or(none));
        }
        let single_logout = role.endpoints("SingleLogoutService", Part::SingleLogout, reading, &mut flaws)?;
        let name_id_formats = role.name_id_formats(&mut flaws)?;
        let want_authn_requests_signed = role.flag("WantAuthnRequestsSigned", &mut flaws)?;
        role.cache_durations(&mut flaws)?;
        Ok(Self {
            entity_id,
            valid_until: role.validity.valid_until,
            cache_duration: role.validity.cache_duration,
            signing_certificates: keys.signing,
            refused_certificates: keys.refused,
            encryption_certificates: keys.encryption,
            single_sign_on,
            single_logout,
            name_id_formats,
            want_authn_requests_signed,
            passed_over: flaws.into_passed_over(),
            display_name: role.display_name(),
            organization: role.organization(),
        })
    }
}
