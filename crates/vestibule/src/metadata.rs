//! `vestibule metadata`: what an identity provider publishes about itself.

use jiff::Timestamp;
use serde::Serialize;
use vestibule_journeys::inspect::claims::last_segment;
use vestibule_saml::metadata::{Aggregate, Endpoint, IdpMetadata, MetadataError, PassedOver, Reading};
use vestibule_saml::types::{EndpointUrl, EntityId, LoopbackHttp, NameIdFormat};
use vestibule_xmlsec::Limits;
use vestibule_xmlsec::keys::Certificate;

use crate::cli::{Format, MetadataArgs};
use crate::failure::Failure;
use crate::inspect::OptionError;
use crate::output::{self, Output, Page, Style, Terminal};
use crate::validity::{self, CertificateShape};
use crate::{clock, file};

/// More entities than this are counted.
const MANY: usize = 20;
/// The column of values.
const VALUES: usize = 19;

/// The entities of a document, and its identity provider where it is clear which one is meant.
#[derive(Debug)]
pub(crate) struct Summary {
    entities: Vec<Listed>,
    identity_provider: Option<IdpMetadata>,
}

#[derive(Debug, Serialize)]
struct Listed {
    entity_id: String,
    identity_provider: bool,
    service_provider: bool,
}

/// Reads and tells; what has expired is told as such and is no failure.
pub(crate) fn run(arguments: &MetadataArgs) -> Result<Output, Failure> {
    let now = arguments.at.unwrap_or_else(clock::now);
    let wanted = arguments.idp_entity_id.as_deref().map(EntityId::new).transpose();
    let wanted = wanted.map_err(|source| OptionError::EntityId { option: "--idp-entity-id", source })?;
    let bytes = file::input(&arguments.input)?;
    let summary = Summary::read(&bytes, wanted.as_ref())
        .map_err(|source| Failure::Metadata { place: file::name(&arguments.input), source: Box::new(source) })?;
    let stdout = match arguments.format {
        Format::Json => output::json(&Shape::of(&summary, now)),
        Format::Text => {
            let mut page = Page::new(Terminal::of_stdout());
            summary.write(&mut page, now);
            page.finish()
        }
    };
    Ok(Output { stdout, ..Output::status(0) })
}

/// The identity provider that is meant, for trust: nothing that has expired.
pub(crate) fn identity_provider(
    bytes: &[u8],
    wanted: Option<&EntityId>,
    now: Timestamp,
) -> Result<IdpMetadata, MetadataError> {
    let reading = reading(now);
    match wanted {
        // One entity alone may have 1 MiB, a group more.
        _ if bytes.len() > Limits::ENTITY_METADATA.bytes => {
            let group = Aggregate::parse(bytes, &reading)?;
            if group.entities().nth(1).is_none() {
                return IdpMetadata::parse(bytes, &reading);
            }
            wanted.map_or_else(|| group.only_identity_provider(), |wanted| group.identity_provider(wanted))
        }
        Some(wanted) => Aggregate::parse(bytes, &reading)?.identity_provider(wanted),
        None => IdpMetadata::parse(bytes, &reading),
    }
}

/// Endpoints of test set-ups on this machine may be http; nothing is sent to any of them.
fn reading(now: Timestamp) -> Reading<'static> {
    Reading { loopback_http: LoopbackHttp::Allow, ..Reading::at(now) }
}

impl Summary {
    /// Reads a document whatever its age.
    pub(crate) fn read(bytes: &[u8], wanted: Option<&EntityId>) -> Result<Self, MetadataError> {
        let group = Aggregate::parse(bytes, &reading(Timestamp::MIN))?;
        let entities = group.entities().map(|listed| Listed {
            entity_id: listed.entity_id.to_owned(),
            identity_provider: listed.is_identity_provider,
            service_provider: listed.is_service_provider,
        });
        let entities: Vec<Listed> = entities.collect();
        let identity_provider = match identity_provider(bytes, wanted, Timestamp::MIN) {
            Ok(idp) => Some(idp),
            Err(MetadataError::SeveralIdentityProviders { .. } | MetadataError::NoIdentityProvider { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { entities, identity_provider })
    }

    /// The summary for people.
    pub(crate) fn write(&self, page: &mut Page, now: Timestamp) {
        let Some(idp) = &self.identity_provider else {
            self.write_entities(page);
            return;
        };
        page.row("identity provider", VALUES, Style::Strong, idp.entity_id.as_str());
        for (label, name) in [("name", &idp.display_name), ("organisation", &idp.organization)] {
            if let Some(name) = name {
                page.row(label, VALUES, Style::Plain, name);
            }
        }
        endpoints(page, "sign-in", &idp.single_sign_on);
        endpoints(page, "logout", &idp.single_logout);
        let formats: Vec<&str> = idp.name_id_formats.iter().map(|format| last_segment(format.as_str())).collect();
        let formats = if formats.is_empty() { "not said".to_owned() } else { formats.join(", ") };
        page.row("name ID formats", VALUES, Style::Plain, &formats);
        let signed = if idp.want_authn_requests_signed { "wanted" } else { "not wanted" };
        page.row("signed requests", VALUES, Style::Plain, signed);
        match idp.valid_until {
            None => page.row("valid until", VALUES, Style::Plain, "not said"),
            Some(until) if until <= now => page.row("valid until", VALUES, Style::Bad, &format!("■ {until}, expired")),
            Some(until) => page.row("valid until", VALUES, Style::Plain, &until.to_string()),
        }
        if self.entities.len() > 1 {
            page.row("in a group of", VALUES, Style::Plain, &format!("{} entities", self.entities.len()));
        }
        flaws(page, &idp.passed_over);
        let refused = idp.refused_certificates.iter().map(|refused| &refused.certificate);
        certificates(page, "Signing certificates", idp.signing_certificates.iter().chain(refused), now);
        let others = idp.encryption_certificates.iter().filter(|it| !idp.signing_certificates.contains(it));
        certificates(page, "Encryption certificates", others, now);
    }

    fn write_entities(&self, page: &mut Page) {
        let idps = self.entities.iter().filter(|entity| entity.identity_provider).count();
        let count = format!("{} entities, {idps} of them identity providers of SAML 2.0", self.entities.len());
        page.row("group", VALUES, Style::Strong, &count);
        page.row("next", VALUES, Style::Plain, "say which one is meant with --idp-entity-id ID");
        page.heading("Entities", "");
        for entity in self.entities.iter().take(MANY) {
            let role = match (entity.identity_provider, entity.service_provider) {
                (true, true) => "identity and service provider",
                (true, false) => "identity provider",
                (false, true) => "service provider",
                (false, false) => "another role",
            };
            page.note(Style::Plain, "·", &format!("{}  ({role})", entity.entity_id));
        }
        if self.entities.len() > MANY {
            page.note(Style::Plain, "·", &format!("and {} more", self.entities.len() - MANY));
        }
    }
}

fn endpoints(page: &mut Page, label: &str, endpoints: &[Endpoint]) {
    for endpoint in endpoints {
        let binding = last_segment(endpoint.binding.as_str()).trim_start_matches("HTTP-");
        page.row(&format!("{label}, {binding}"), VALUES, Style::Plain, endpoint.location.as_str());
    }
}

/// What whoever sets this up should know of, though a sign-in works.
fn flaws(page: &mut Page, passed_over: &[PassedOver]) {
    if !passed_over.is_empty() {
        page.heading("Flaws", "passed over; a sign-in does not hang on them");
    }
    for PassedOver { part, reason } in passed_over {
        page.note(Style::Warning, "▲", &format!("{part}: {reason}"));
    }
}

fn certificates<'a>(page: &mut Page, title: &str, certificates: impl Iterator<Item = &'a Certificate>, now: Timestamp) {
    for (number, certificate) in certificates.enumerate() {
        if number == 0 {
            page.heading(title, "");
        } else {
            page.end();
        }
        validity::write(page, certificate, now);
    }
}

#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    entities: &'a [Listed],
    identity_provider: Option<IdpShape<'a>>,
}

#[derive(Serialize)]
struct IdpShape<'a> {
    entity_id: &'a str,
    display_name: Option<&'a str>,
    organization: Option<&'a str>,
    valid_until: Option<String>,
    cache_seconds: Option<i64>,
    want_authn_requests_signed: bool,
    single_sign_on: Vec<EndpointShape<'a>>,
    single_logout: Vec<EndpointShape<'a>>,
    name_id_formats: Vec<&'a str>,
    signing_certificates: Vec<CertificateShape<'a>>,
    refused_certificates: Vec<CertificateShape<'a>>,
    encryption_certificates: Vec<CertificateShape<'a>>,
    passed_over: Vec<PassedOverShape>,
}

#[derive(Serialize)]
struct PassedOverShape {
    part: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct EndpointShape<'a> {
    binding: &'a str,
    location: &'a str,
    response_location: Option<&'a str>,
}

impl<'a> Shape<'a> {
    fn of(summary: &'a Summary, now: Timestamp) -> Self {
        let certificates = |list: &'a [Certificate]| list.iter().map(|it| CertificateShape::of(it, now)).collect();
        let endpoints = |list: &'a [Endpoint]| list.iter().map(EndpointShape::of).collect();
        let idp = summary.identity_provider.as_ref().map(|idp| IdpShape {
            entity_id: idp.entity_id.as_str(),
            display_name: idp.display_name.as_deref(),
            organization: idp.organization.as_deref(),
            valid_until: idp.valid_until.map(|until| until.to_string()),
            cache_seconds: idp.cache_duration.map(|duration| duration.as_secs()),
            want_authn_requests_signed: idp.want_authn_requests_signed,
            single_sign_on: endpoints(&idp.single_sign_on),
            single_logout: endpoints(&idp.single_logout),
            name_id_formats: idp.name_id_formats.iter().map(NameIdFormat::as_str).collect(),
            signing_certificates: certificates(&idp.signing_certificates),
            refused_certificates: idp
                .refused_certificates
                .iter()
                .map(|refused| CertificateShape::of(&refused.certificate, now))
                .collect(),
            encryption_certificates: certificates(&idp.encryption_certificates),
            passed_over: idp.passed_over.iter().map(PassedOverShape::of).collect(),
        });
        Self { version: 1, entities: &summary.entities, identity_provider: idp }
    }
}

impl PassedOverShape {
    fn of(passed_over: &PassedOver) -> Self {
        Self { part: passed_over.part.name(), reason: passed_over.reason.to_string() }
    }
}

impl<'a> EndpointShape<'a> {
    fn of(endpoint: &'a Endpoint) -> Self {
        Self {
            binding: endpoint.binding.as_str(),
            location: endpoint.location.as_str(),
            response_location: endpoint.response_location.as_ref().map(EndpointUrl::as_str),
        }
    }
}
