//! What the descriptors of identity providers and service providers have in common.

use super::passed_over::Flaws;
use super::tree::Validity;
use super::{MetadataError, OtherRole, Part, Reading};
use crate::read;
use crate::types::{Binding, EndpointUrl, EntityId, NameIdFormat, UrlError, boolean, ns};
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

    /// The endpoints of a service with a binding that we speak, in document order. One that cannot be used is a
    /// flaw, but for a hostile one, which tells what to think of the whole document (A24.4).
    pub(super) fn endpoints(
        &self,
        service: &'static str,
        part: Part,
        reading: &Reading<'_>,
        flaws: &mut Flaws,
    ) -> Result<Vec<Endpoint>, MetadataError> {
        let mut endpoints = Vec::new();
        for element in self.named(service) {
            match endpoint(element, service, reading) {
                Ok(found) => endpoints.extend(found),
                Err(hostile @ MetadataError::Address { source: UrlError::Scheme { .. }, .. }) => return Err(hostile),
                Err(reason) => flaws.add(part, reason)?,
            }
        }
        Ok(endpoints)
    }

    pub(super) fn name_id_formats(&self, flaws: &mut Flaws) -> Result<Vec<NameIdFormat>, MetadataError> {
        let mut formats = Vec::new();
        for element in self.named("NameIDFormat") {
            match element.text() {
                Ok(text) => formats.push(NameIdFormat::from_uri(text.trim())),
                Err(reason) => flaws.add(Part::NameIdFormat, reason.into())?,
            }
        }
        Ok(formats)
    }

    /// A flag; `True` is a flaw and true all the same.
    pub(super) fn flag(&self, attribute: &'static str, flaws: &mut Flaws) -> Result<bool, MetadataError> {
        boolean(self.element, attribute).or_else(|reason| {
            let flag = matches!(reason.got.trim(), "1") || reason.got.trim().eq_ignore_ascii_case("true");
            flaws.add(Part::Flag, reason.into())?;
            Ok(flag)
        })
    }

    /// Each `cacheDuration` of the role, the entity and the groups around it that is no duration.
    pub(super) fn cache_durations(&self, flaws: &mut Flaws) -> Result<(), MetadataError> {
        let mut errors = self.validity.no_durations.iter();
        errors.try_for_each(|error| flaws.add(Part::CacheDuration, error.clone().into()))
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
    let binding = element.attribute("Binding").map(Binding::from_uri);
    if binding.as_ref().is_some_and(|it| *it != Binding::HTTP_REDIRECT && *it != Binding::HTTP_POST) {
        return Ok(None);
    }
    let refused = |source| MetadataError::Address { service, source, position: element.position() };
    for url in ["Location", "ResponseLocation"].into_iter().filter_map(|name| element.attribute(name)) {
        if let Some(scheme) = foreign_scheme(url) {
            return Err(refused(UrlError::Scheme { got: url.chars().take(MOST_SHOWN).collect(), scheme }));
        }
    }
    let url = |text: &str| EndpointUrl::new(text, reading.loopback_http).map_err(refused);
    Ok(Some(Endpoint {
        binding: Binding::from_uri(read::required(element, "Binding")?),
        location: url(read::required(element, "Location")?)?,
        response_location: element.attribute("ResponseLocation").map(url).transpose()?,
    }))
}

/// Characters of a hostile address, and of its scheme, that are shown.
const MOST_SHOWN: usize = 2048;

/// The scheme as a browser reads it, if it is neither https nor http. A browser drops spaces and controls before
/// an address, and tabs and line ends inside it, so that `java&#10;script:` runs as well.
fn foreign_scheme(url: &str) -> Option<String> {
    let (before, _) = url.split_once(':')?;
    let scheme: String = before.chars().filter(|&c| c > ' ').take(MOST_SHOWN).collect();
    let begins = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_scheme = begins && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let is_ours = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    (is_scheme && !is_ours).then_some(scheme)
}

pub(super) fn children<'a>(
    parent: Element<'a>,
    namespace: &'static str,
    local: &'static str,
) -> impl Iterator<Item = Element<'a>> {
    parent.children().filter(move |child| child.is(namespace, local))
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
