//! Federation metadata: of a tenant, of an application, and the template of `common` (E-3, E-4, E-52, E-53).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vestibule_saml::binding::{HexDigits, Signer};
use vestibule_saml::idp::claims;
use vestibule_saml::types::{Binding, ns};
use vestibule_xmlsec::Writer;
use vestibule_xmlsec::algorithms::SignatureAlgorithm;
use vestibule_xmlsec::dsig::Placement;
use vestibule_xmlsec::keys::Certificate;

use super::certificates::{Certificates, Signing, active, entries};
use super::error::Refusal;
use super::seed::{
    Application, CertificateStatus, MetadataBindings, MetadataCertificates, SigningCertificate, SigningKeyOf, Tenant,
};
use super::{Entra, State, flow, guid};

const BYTE_ORDER_MARK: &str = "\u{FEFF}";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
const AUTHORIZATION: &str = "http://docs.oasis-open.org/wsfed/authorization/200706";
const ADDRESSING: &str = "http://www.w3.org/2005/08/addressing";

/// What a document says.
struct Facts<'a> {
    id: String,
    entity_id: String,
    /// The address without `/saml2`.
    base: String,
    certificates: Vec<Certificate>,
    post: bool,
    signing: &'a Signing,
}

impl Entra {
    /// The document of a tenant, of `common`, or of an application of a tenant, with its byte order mark.
    ///
    /// # Errors
    /// There is no such tenant or application, or nothing signs for it.
    pub fn metadata(&self, tenant: &str, application: Option<&str>) -> Result<String, Refusal> {
        let id = format!("_{}", guid(&self.random::<16>()));
        let now = self.now();
        let mut state = self.state();
        let State { seed, certificates, .. } = &mut *state;
        if flow::is_common(tenant) && application.is_none() {
            let entries = seed.tenants.iter().flat_map(|tenant| &tenant.certificates);
            let listed = listed(entries, super::certificates::TENANT, certificates);
            let signing = listed.first().cloned().ok_or_else(no_key)?;
            let entity_id = "https://sts.windows.net/{tenant}/".to_owned();
            let base = format!("{}/common", self.base_url());
            let certificates = listed.into_iter().map(|it| it.certificate).collect();
            return Facts { id, entity_id, base, certificates, post: true, signing: &signing }.document();
        }
        let by_name = |entry: &&Tenant| {
            entry.id.eq_ignore_ascii_case(tenant) || entry.domains.iter().any(|it| it.eq_ignore_ascii_case(tenant))
        };
        let found = seed.tenants.iter().find(by_name);
        let found = found.ok_or_else(|| Refusal::new(90002, format!("Tenant '{tenant}' not found.")))?;
        let whole = Application { signing_key: SigningKeyOf::Tenant, ..Application::default() };
        let app = match application {
            None => &whole,
            Some(name) => {
                found.applications.iter().find(|app| app.app_id.eq_ignore_ascii_case(name)).ok_or_else(|| {
                    Refusal::new(
                        70_0016,
                        format!(
                            "Application with identifier '{name}' was not found in the directory '{}'.",
                            found.name
                        ),
                    )
                })?
            }
        };
        let signing = certificates.signing(found, app, now).ok_or_else(no_key)?;
        let (subject, all) = entries(found, app);
        let shown: Vec<&SigningCertificate> = match app.metadata_certificates {
            MetadataCertificates::Active => active(all, now, app.propagation_seconds).into_iter().collect(),
            MetadataCertificates::All => in_order(all),
        };
        let facts = Facts {
            id,
            entity_id: app.entity_id(found),
            base: format!("{}/{}", self.base_url(), found.id),
            certificates: listed(shown, subject, certificates).into_iter().map(|it| it.certificate).collect(),
            post: app.metadata_bindings == MetadataBindings::RedirectAndPost,
            signing: &signing,
        };
        facts.document()
    }
}

/// The active ones before the others.
fn in_order(all: &[SigningCertificate]) -> Vec<&SigningCertificate> {
    let (active, waiting): (Vec<_>, Vec<_>) = all.iter().partition(|entry| entry.status == CertificateStatus::Active);
    active.into_iter().chain(waiting).collect()
}

fn listed<'a>(
    entries: impl IntoIterator<Item = &'a SigningCertificate>,
    subject: &'static str,
    certificates: &mut Certificates,
) -> Vec<Signing> {
    entries.into_iter().filter_map(|entry| certificates.of(subject, entry).ok()).collect()
}

fn no_key() -> Refusal {
    Refusal::new(50003, "No signing key is configured.")
}

impl Facts<'_> {
    fn document(&self) -> Result<String, Refusal> {
        let mut xml = Writer::new();
        xml.open("EntityDescriptor").attribute("ID", &self.id).attribute("entityID", &self.entity_id);
        xml.attribute("xmlns", ns::METADATA);
        self.token_service(&mut xml);
        self.application_service(&mut xml);
        self.identity_provider(&mut xml);
        let signer = Signer {
            key: self.signing.key.signing_key(),
            algorithm: SignatureAlgorithm::RsaSha256,
            hex_digits: HexDigits::Lower,
            certificate: Some(&self.signing.certificate),
        };
        let document = signer.envelop(&xml.finish(), &self.id, Placement::First).map_err(|_| no_key())?;
        Ok(format!("{BYTE_ORDER_MARK}{DECLARATION}{document}"))
    }

    fn token_service(&self, xml: &mut Writer) {
        self.open_role(xml, "fed:SecurityTokenServiceType");
        xml.open("fed:ClaimTypesOffered");
        for (uri, name, about) in OFFERED {
            xml.open("auth:ClaimType").attribute("Uri", uri).attribute("xmlns:auth", AUTHORIZATION);
            xml.leaf("auth:DisplayName", name).leaf("auth:Description", about).close();
        }
        xml.close();
        reference(xml, "fed:SecurityTokenServiceEndpoint", &format!("{}/wsfed", self.base));
        reference(xml, "fed:PassiveRequestorEndpoint", &format!("{}/wsfed", self.base));
        xml.close();
    }

    fn application_service(&self, xml: &mut Writer) {
        self.open_role(xml, "fed:ApplicationServiceType");
        reference(xml, "fed:TargetScopes", &self.entity_id);
        reference(xml, "fed:ApplicationServiceEndpoint", &format!("{}/wsfed", self.base));
        reference(xml, "fed:PassiveRequestorEndpoint", &format!("{}/wsfed", self.base));
        xml.close();
    }

    fn identity_provider(&self, xml: &mut Writer) {
        let location = format!("{}/saml2", self.base);
        xml.open("IDPSSODescriptor").attribute("protocolSupportEnumeration", ns::PROTOCOL);
        self.keys(xml);
        let mut endpoint = |name: &'static str, binding: &Binding| {
            xml.open(name).attribute("Binding", binding.as_str()).attribute("Location", &location).close();
        };
        endpoint("SingleLogoutService", &Binding::HTTP_REDIRECT);
        endpoint("SingleSignOnService", &Binding::HTTP_REDIRECT);
        if self.post {
            endpoint("SingleSignOnService", &Binding::HTTP_POST);
        }
        xml.close();
    }

    fn open_role(&self, xml: &mut Writer, kind: &str) {
        xml.open("RoleDescriptor").attribute("xsi:type", kind);
        xml.attribute("protocolSupportEnumeration", ns::WS_FEDERATION);
        xml.attribute("xmlns:xsi", ns::XSI).attribute("xmlns:fed", ns::WS_FEDERATION);
        self.keys(xml);
    }

    fn keys(&self, xml: &mut Writer) {
        for certificate in &self.certificates {
            xml.open("KeyDescriptor").attribute("use", "signing").open("KeyInfo").attribute("xmlns", ns::DSIG);
            xml.open("X509Data").leaf("X509Certificate", &STANDARD.encode(certificate.der()));
            xml.close().close().close();
        }
    }
}

fn reference(xml: &mut Writer, name: &'static str, address: &str) {
    xml.open(name).open("wsa:EndpointReference").attribute("xmlns:wsa", ADDRESSING);
    xml.leaf("wsa:Address", address).close().close();
}

/// The claims that are offered: URI, name, what it is.
const OFFERED: &[(&str, &str, &str)] = &[
    (claims::NAME, "Name", "A name of the user that may change."),
    (
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
        "Subject",
        "Names the user for one application, for good.",
    ),
    (claims::GIVEN_NAME, "Given Name", "First name of the user."),
    (claims::SURNAME, "Surname", "Last name of the user."),
    (claims::DISPLAY_NAME, "Display Name", "Name of the user for people."),
    ("http://schemas.microsoft.com/identity/claims/nickname", "Nick Name", "Nick name of the user."),
    (
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/authenticationinstant",
        "Authentication Instant",
        "When the user authenticated, in UTC.",
    ),
    (
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/authenticationmethod",
        "Authentication Method",
        "How the user authenticated.",
    ),
    (claims::OBJECT_IDENTIFIER, "ObjectIdentifier", "The user's object in the directory, for good."),
    (claims::TENANT_ID, "TenantId", "The user's directory."),
    (claims::IDENTITY_PROVIDER, "IdentityProvider", "Who authenticated the user."),
    (claims::EMAIL_ADDRESS, "Email", "Email address of the user."),
    (claims::GROUPS, "Groups", "Groups of the user."),
    (
        "http://schemas.microsoft.com/identity/claims/accesstoken",
        "External Access Token",
        "Access token of another identity provider.",
    ),
    (
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/expiration",
        "External Access Token Expiration",
        "When that token ends, in UTC.",
    ),
    (
        "http://schemas.microsoft.com/identity/claims/openid2_id",
        "External OpenID 2.0 Identifier",
        "OpenID 2.0 identifier of another identity provider.",
    ),
    (claims::GROUPS_LINK, "GroupsOverageClaim", "Where to ask for groups that are too many to send."),
    (claims::ROLE, "Role Claim", "Roles of the user at the application."),
    (claims::WIDS, "RoleTemplate Id Claim", "Template IDs of the user's directory roles."),
];
