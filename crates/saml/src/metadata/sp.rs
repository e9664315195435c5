use super::descriptor::{Role, endpoint};
use super::keys::Keys;
use super::passed_over::Flaws;
use super::tree::Tree;
use super::{Endpoint, MetadataError, Part, Reading};
use crate::binding::Signer;
use crate::read;
use crate::time;
use crate::types::{AcsUrl, Binding, EndpointUrl, EntityId, MessageId, NameIdFormat, boolean, ns};
use jiff::{SignedDuration, Timestamp};
use vestibule_xmlsec::dsig::{Placement, SignError};
use vestibule_xmlsec::keys::Certificate;
use vestibule_xmlsec::{Element, Limits, Writer};

/// What a service provider publishes about itself (SAML Metadata §2.4.4): ours to be written, another's to be
/// read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpMetadata {
    /// The issuer of its messages and the audience of assertions for it.
    pub entity_id: EntityId,
    /// Until when this may be used, exclusive.
    pub valid_until: Option<Timestamp>,
    /// After how long this should be fetched again, in whole seconds.
    pub cache_duration: Option<SignedDuration>,
    /// Whether its AuthnRequests are signed.
    pub authn_requests_signed: bool,
    /// Whether it wants assertions signed, not the response alone.
    pub want_assertions_signed: bool,
    /// The certificates of its signing keys; several during a rollover.
    pub signing_certificates: Vec<Certificate>,
    /// The certificates to encrypt for it, the preferred one first; several during a rollover.
    pub encryption_certificates: Vec<Certificate>,
    /// What it can decrypt, the preferred one first. Written with each encryption certificate.
    pub encryption_methods: Vec<EncryptionMethod>,
    /// Where logout messages go.
    pub single_logout: Vec<Endpoint>,
    /// The name identifier formats that it takes, the preferred one first; none leaves it to the identity
    /// provider.
    pub name_id_formats: Vec<NameIdFormat>,
    /// Where responses go; at least one.
    pub assertion_consumer_services: Vec<AssertionConsumerService>,
    /// Its name for people, in English.
    pub display_name: Option<String>,
}

/// Where a service provider takes responses, by HTTP-POST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssertionConsumerService {
    /// The number by which a request may name it.
    pub index: u16,
    /// Whether it is the one for requests that name none.
    pub is_default: bool,
    /// Where it is.
    pub location: EndpointUrl,
}

/// An algorithm that a service provider can decrypt: of content, or of the key that the content is encrypted
/// with (SAML Metadata §2.4.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionMethod {
    /// Its URI.
    pub algorithm: String,
    /// For OAEP: the digest's URI; absent is SHA-1.
    pub digest_method: Option<String>,
    /// For `rsa-oaep`: the mask function's URI; absent is MGF1 with SHA-1.
    pub mgf: Option<String>,
}

impl EncryptionMethod {
    /// All that we advertise: AES-GCM before AES-CBC, and both spellings of OAEP. The older one stands first,
    /// for more identity providers know it; SHA-1 inside OAEP is harmless.
    pub fn ours() -> Vec<Self> {
        let plain = |algorithm: &str| Self { algorithm: algorithm.to_owned(), digest_method: None, mgf: None };
        vec![
            plain("http://www.w3.org/2009/xmlenc11#aes256-gcm"),
            plain("http://www.w3.org/2009/xmlenc11#aes128-gcm"),
            plain("http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
            plain("http://www.w3.org/2001/04/xmlenc#aes128-cbc"),
            plain("http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"),
            Self {
                digest_method: Some("http://www.w3.org/2001/04/xmlenc#sha256".to_owned()),
                mgf: Some("http://www.w3.org/2009/xmlenc11#mgf1sha256".to_owned()),
                ..plain("http://www.w3.org/2009/xmlenc11#rsa-oaep")
            },
        ]
    }
}

impl SpMetadata {
    /// The metadata of a service provider of ours: one Assertion Consumer Service, nothing signed or
    /// encrypted, signed assertions wanted.
    pub fn new(entity_id: EntityId, acs_url: &AcsUrl) -> Self {
        Self {
            entity_id,
            valid_until: None,
            cache_duration: None,
            authn_requests_signed: false,
            want_assertions_signed: true,
            signing_certificates: Vec::new(),
            encryption_certificates: Vec::new(),
            encryption_methods: Vec::new(),
            single_logout: Vec::new(),
            name_id_formats: Vec::new(),
            assertion_consumer_services: vec![AssertionConsumerService {
                index: 0,
                is_default: true,
                location: acs_url.into(),
            }],
            display_name: None,
        }
    }

    /// Reads the document of another service provider, of at most 1 MiB: one `EntityDescriptor`.
    ///
    /// # Errors
    /// [`MetadataError`] with the first rule of SAML Metadata §2 or bound of ours that does not hold,
    /// [`MetadataError::NoEndpoint`] without an Assertion Consumer Service by HTTP-POST. What
    /// [`IdpMetadata`](super::IdpMetadata) tells as passed over refuses the whole here.
    pub fn parse(xml: &[u8], reading: &Reading<'_>) -> Result<Self, MetadataError> {
        let tree = Tree::load(xml, &Limits::ENTITY_METADATA, reading)?;
        let role = Role::find(tree.root(), "SPSSODescriptor", "a service provider", reading)?;
        let assertion_consumer_services = consumers(&role, reading)?;
        if assertion_consumer_services.is_empty() {
            let service = "AssertionConsumerService";
            return Err(MetadataError::NoEndpoint { entity_id: role.entity_id, service });
        }
        let mut flaws = Flaws::default();
        let keys = Keys::of(&role, &mut flaws)?;
        if let Some(refused) = keys.refused.into_iter().next() {
            return Err(MetadataError::UnusableKeys { entity_id: role.entity_id, source: refused.reason });
        }
        let metadata = Self {
            valid_until: role.validity.valid_until,
            cache_duration: role.validity.cache_duration,
            authn_requests_signed: role.flag("AuthnRequestsSigned", &mut flaws)?,
            want_assertions_signed: role.flag("WantAssertionsSigned", &mut flaws)?,
            signing_certificates: keys.signing,
            encryption_certificates: keys.encryption,
            encryption_methods: encryption_methods(&role)?,
            single_logout: role.endpoints("SingleLogoutService", Part::SingleLogout, reading, &mut flaws)?,
            name_id_formats: role.name_id_formats(&mut flaws)?,
            assertion_consumer_services,
            display_name: role.display_name(),
            entity_id: role.entity_id.clone(),
        };
        role.cache_durations(&mut flaws)?;
        // Who writes this is at work on it: nothing is passed over.
        flaws.refuse()?;
        Ok(metadata)
    }

    /// Where a response goes when the request names no place (SAML Metadata §2.2.3): the first that says it
    /// is the default, else the first.
    pub fn default_assertion_consumer_service(&self) -> Option<&AssertionConsumerService> {
        let services = &self.assertion_consumer_services;
        services.iter().find(|service| service.is_default).or(services.first())
    }

    /// The document, not signed.
    pub fn write(&self) -> String {
        self.document(None)
    }

    /// The document with an enveloped signature. `id` becomes the ID of its root.
    ///
    /// # Errors
    /// As [`Signer::envelop`].
    pub fn write_signed(&self, id: &MessageId, signer: &Signer<'_>) -> Result<String, SignError> {
        signer.envelop(&self.document(Some(id)), id.as_str(), Placement::First)
    }

    /// The elements stand in the order of the schema, which SimpleSAMLphp does not ask for but Shibboleth
    /// does.
    fn document(&self, id: Option<&MessageId>) -> String {
        let mut xml = Writer::new();
        xml.open("md:EntityDescriptor").attribute("xmlns:md", ns::METADATA);
        xml.optional("ID", id.map(MessageId::as_str)).attribute("entityID", self.entity_id.as_str());
        xml.optional("validUntil", self.valid_until.map(time::format).as_deref());
        let cache_duration = self.cache_duration.map(|duration| format!("PT{}S", duration.as_secs().max(0)));
        xml.optional("cacheDuration", cache_duration.as_deref());
        xml.open("md:SPSSODescriptor").attribute("protocolSupportEnumeration", ns::PROTOCOL);
        xml.attribute("AuthnRequestsSigned", flag_text(self.authn_requests_signed));
        xml.attribute("WantAssertionsSigned", flag_text(self.want_assertions_signed));
        if let Some(name) = &self.display_name {
            xml.open("md:Extensions").open("mdui:UIInfo").attribute("xmlns:mdui", ns::MDUI);
            xml.open("mdui:DisplayName").attribute("xml:lang", "en").text(name).close().close().close();
        }
        for certificate in &self.signing_certificates {
            write_key(&mut xml, "signing", certificate, &[]);
        }
        for certificate in &self.encryption_certificates {
            write_key(&mut xml, "encryption", certificate, &self.encryption_methods);
        }
        for endpoint in &self.single_logout {
            let response_location = endpoint.response_location.as_ref().map(EndpointUrl::as_str);
            xml.open("md:SingleLogoutService").attribute("Binding", endpoint.binding.as_str());
            xml.attribute("Location", endpoint.location.as_str());
            xml.optional("ResponseLocation", response_location).close();
        }
        for format in &self.name_id_formats {
            xml.leaf("md:NameIDFormat", format.as_str());
        }
        for service in &self.assertion_consumer_services {
            xml.open("md:AssertionConsumerService").attribute("Binding", Binding::HTTP_POST.as_str());
            xml.attribute("Location", service.location.as_str()).attribute("index", &service.index.to_string());
            xml.optional("isDefault", service.is_default.then_some("true")).close();
        }
        xml.finish()
    }
}

fn flag_text(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

fn write_key(xml: &mut Writer, used_for: &str, certificate: &Certificate, methods: &[EncryptionMethod]) {
    xml.open("md:KeyDescriptor").attribute("use", used_for);
    xml.open("ds:KeyInfo").attribute("xmlns:ds", ns::DSIG).open("ds:X509Data");
    xml.leaf("ds:X509Certificate", &crate::binding::encode_base64(certificate.der())).close().close();
    for method in methods {
        xml.open("md:EncryptionMethod").attribute("Algorithm", &method.algorithm);
        if let Some(digest) = &method.digest_method {
            xml.open("ds:DigestMethod").attribute("xmlns:ds", ns::DSIG).attribute("Algorithm", digest).close();
        }
        if let Some(mgf) = &method.mgf {
            xml.open("xenc11:MGF").attribute("xmlns:xenc11", ns::XENC11).attribute("Algorithm", mgf).close();
        }
        xml.close();
    }
    xml.close();
}

/// The Assertion Consumer Services for HTTP-POST; those for other bindings are passed over.
fn consumers(role: &Role<'_>, reading: &Reading<'_>) -> Result<Vec<AssertionConsumerService>, MetadataError> {
    let service = "AssertionConsumerService";
    let mut consumers = Vec::new();
    for element in role.named(service) {
        let Some(endpoint) = endpoint(element, service, reading)? else { continue };
        if endpoint.binding != Binding::HTTP_POST {
            continue;
        }
        let index = read::required(element, "index")?;
        consumers.push(AssertionConsumerService {
            index: index.parse().map_err(|_| MetadataError::Index {
                got: index.chars().take(32).collect(),
                position: element.position(),
            })?,
            is_default: boolean(element, "isDefault")?,
            location: endpoint.location,
        });
    }
    Ok(consumers)
}

/// The encryption methods of all keys that may encrypt, each once.
fn encryption_methods(role: &Role<'_>) -> Result<Vec<EncryptionMethod>, MetadataError> {
    let mut methods = Vec::new();
    for descriptor in role.named("KeyDescriptor").filter(|it| it.attribute("use") != Some("signing")) {
        for element in descriptor.children().filter(|child| child.is(ns::METADATA, "EncryptionMethod")) {
            let method = EncryptionMethod {
                algorithm: read::required(element, "Algorithm")?.to_owned(),
                digest_method: algorithm_of(element, ns::DSIG, "DigestMethod"),
                mgf: algorithm_of(element, ns::XENC11, "MGF"),
            };
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }
    Ok(methods)
}

fn algorithm_of(method: Element<'_>, namespace: &str, local: &str) -> Option<String> {
    let child = method.children().find(|child| child.is(namespace, local))?;
    child.attribute("Algorithm").map(str::to_owned)
}
