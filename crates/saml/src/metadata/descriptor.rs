//! What the descriptors of identity providers and service providers have in common.

use super::tree::Validity;
use super::{MetadataError, OtherRole, Reading};
use crate::read;
use crate::types::{Binding, EndpointUrl, EntityId, NameIdFormat, boolean, ns};
use vestibule_xmlsec::keys::{Certificate, KeyError, read_certificates};
use vestibule_xmlsec::{Element, Node};

/// Where a service is found, with HTTP-Redirect or HTTP-POST. Endpoints with other bindings are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// [`Binding::HTTP_REDIRECT`] or [`Binding::HTTP_POST`].
    pub binding: Binding,
    /// Where requests go.
    pub location: EndpointUrl,
    /// Where answers go, if not to `location`.
    pub response_location: Option<EndpointUrl>,
}

impl Endpoint {
    /// An endpoint that takes requests and answers in one place.
    pub fn new(binding: Binding, location: EndpointUrl) -> Self {
        Self { binding, location, response_location: None }
    }

    /// Where an answer goes.
    pub fn for_response(&self) -> &EndpointUrl {
        self.response_location.as_ref().unwrap_or(&self.location)
    }
}

/// A certificate in metadata whose key is not taken: too short, or of an unknown kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// What is wrong with its key.
    pub reason: KeyError,
}

/// A role has at most this many certificates. A signature that nobody made is tried with every key, so that
/// thousands of them would let strangers keep us busy; identity providers have a handful during a rollover.
const MAX_CERTIFICATES: usize = 64;

/// The certificates of a role.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub(super) signing: Vec<Certificate>,
    pub(super) refused: Vec<RefusedCertificate>,
    pub(super) encryption: Vec<Certificate>,
}

/// A role of an entity with what it shares with the other roles.
#[derive(Debug)]
pub(super) struct Role<'a> {
    pub(super) element: Element<'a>,
    pub(super) entity: Element<'a>,
    pub(super) entity_id: EntityId,
    pub(super) validity: Validity,
}

impl<'a> Role<'a> {
    /// The one role of this name for SAML 2.0. `want` names it for people.
    pub(super) fn find(
        entity: Element<'a>,
        role: &'static str,
        want: &'static str,
        reading: &Reading<'_>,
    ) -> Result<Self, MetadataError> {
        let entity_id = EntityId::new(read::required(entity, "entityID")?)?;
        let mut roles = roles(entity, role);
        let Some(element) = roles.next() else {
            return Err(MetadataError::NoSuchRole { entity_id, want, got: OtherRole::of(entity, role) });
        };
        match roles.count() {
            0 => {}
            more => return Err(MetadataError::SeveralRoles { entity_id, role, got: more + 1 }),
        }
        let validity = Validity::of(element)?.check(reading.now)?;
        Ok(Self { element, entity, entity_id, validity })
    }

    pub(super) fn named(&self, local: &'static str) -> impl Iterator<Item = Element<'a>> {
        children(self.element, ns::METADATA, local)
    }

    /// The endpoints of a service with a binding that we speak, in document order.
    pub(super) fn endpoints(
        &self,
        service: &'static str,
        reading: &Reading<'_>,
    ) -> Result<Vec<Endpoint>, MetadataError> {
        self.named(service).filter_map(|element| endpoint(element, service, reading).transpose()).collect()
    }

    pub(super) fn name_id_formats(&self) -> Result<Vec<NameIdFormat>, MetadataError> {
        self.named("NameIDFormat").map(|element| Ok(NameIdFormat::from_uri(element.text()?.trim()))).collect()
    }

    pub(super) fn flag(&self, attribute: &'static str) -> Result<bool, MetadataError> {
        Ok(boolean(self.element, attribute)?)
    }

    /// The certificates, each once; a key without `use` serves for both.
    pub(super) fn keys(&self) -> Result<Keys, MetadataError> {
        let mut keys = Keys::default();
        let mut left = MAX_CERTIFICATES;
        for descriptor in self.named("KeyDescriptor") {
            let (signs, encrypts) = match descriptor.attribute("use") {
                None => (true, true),
                Some("signing") => (true, false),
                Some("encryption") => (false, true),
                Some(got) => {
                    return Err(MetadataError::KeyUse { got: got.to_owned(), position: descriptor.position() });
                }
            };
            for certificate in certificates(descriptor)? {
                left = left.checked_sub(1).ok_or_else(|| MetadataError::TooManyCertificates {
                    entity_id: self.entity_id.clone(),
                    most: MAX_CERTIFICATES,
                })?;
                if encrypts {
                    add(&mut keys.encryption, certificate.clone());
                }
                if signs {
                    keys.add_signing(certificate);
                }
            }
        }
        Ok(keys)
    }

    /// The name for people: `mdui:DisplayName`, in English where there are several.
    pub(super) fn display_name(&self) -> Option<String> {
        let infos = self.named("Extensions").flat_map(|extensions| children(extensions, ns::MDUI, "UIInfo"));
        in_english(infos.flat_map(|info| children(info, ns::MDUI, "DisplayName")))
    }

    /// The organisation's name for people, of the role or of the entity.
    pub(super) fn organization(&self) -> Option<String> {
        let of = |parent| children(parent, ns::METADATA, "Organization").next();
        let organization = of(self.element).or_else(|| of(self.entity))?;
        let named = |local| children(organization, ns::METADATA, local);
        in_english(named("OrganizationDisplayName")).or_else(|| in_english(named("OrganizationName")))
    }
}

impl Keys {
    fn add_signing(&mut self, certificate: Certificate) {
        match certificate.public_key() {
            Ok(_) => add(&mut self.signing, certificate),
            Err(reason) => {
                let refused = RefusedCertificate { certificate, reason };
                if !self.refused.contains(&refused) {
                    self.refused.push(refused);
                }
            }
        }
    }
}

/// The roles of this name whose `protocolSupportEnumeration` names SAML 2.0.
pub(super) fn roles<'a>(entity: Element<'a>, role: &'static str) -> impl Iterator<Item = Element<'a>> {
    entity.children().filter(move |child| {
        child.is(ns::METADATA, role)
            && child
                .attribute("protocolSupportEnumeration")
                .is_some_and(|protocols| protocols.split_ascii_whitespace().any(|protocol| protocol == ns::PROTOCOL))
    })
}

/// An endpoint, or none where we do not speak its binding.
pub(super) fn endpoint(
    element: Element<'_>,
    service: &'static str,
    reading: &Reading<'_>,
) -> Result<Option<Endpoint>, MetadataError> {
    let binding = Binding::from_uri(read::required(element, "Binding")?);
    if binding != Binding::HTTP_REDIRECT && binding != Binding::HTTP_POST {
        return Ok(None);
    }
    let url = |text: &str| {
        EndpointUrl::new(text, reading.loopback_http).map_err(|source| MetadataError::Address {
            service,
            source,
            position: element.position(),
        })
    };
    Ok(Some(Endpoint {
        binding,
        location: url(read::required(element, "Location")?)?,
        response_location: element.attribute("ResponseLocation").map(url).transpose()?,
    }))
}

/// The certificates of a `KeyDescriptor`. A bare key value or key name is passed over: keys are pinned as certificates.
fn certificates(descriptor: Element<'_>) -> Result<Vec<Certificate>, MetadataError> {
    let mut certificates = Vec::new();
    for key_info in children(descriptor, ns::DSIG, "KeyInfo") {
        for data in children(key_info, ns::DSIG, "X509Data") {
            for element in children(data, ns::DSIG, "X509Certificate") {
                let read = read_certificates(element.text()?.as_bytes())
                    .map_err(|source| MetadataError::Certificate { source, position: element.position() })?;
                certificates.extend(read);
            }
        }
    }
    Ok(certificates)
}

fn children<'a>(
    parent: Element<'a>,
    namespace: &'static str,
    local: &'static str,
) -> impl Iterator<Item = Element<'a>> {
    parent.children().filter(move |child| child.is(namespace, local))
}

fn add(certificates: &mut Vec<Certificate>, certificate: Certificate) {
    if !certificates.contains(&certificate) {
        certificates.push(certificate);
    }
}

/// The text in English, else the first; what is not plain text is passed over, for nothing hangs on it.
fn in_english<'a>(names: impl Iterator<Item = Element<'a>>) -> Option<String> {
    let mut first = None;
    for name in names {
        // Not `text()`, whose error would count the lines before each of thousands of names.
        let mut nodes = name.nodes();
        let (Some(Node::Text(text)), None) = (nodes.next(), nodes.next()) else { continue };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if name.attribute_ns(ns::XML, "lang") == Some("en") {
            return Some(text.to_owned());
        }
        first = first.or(Some(text));
    }
    first.map(str::to_owned)
}
