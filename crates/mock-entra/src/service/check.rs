//! Whether Entra takes a request, and where it tells if not (E-10 to E-21, and the list of AADSTS numbers).

use jiff::{SignedDuration, Timestamp};
use vestibule_saml::binding::post::{PostBinding, PostError};
use vestibule_saml::binding::redirect::{RedirectBinding, RedirectError};
use vestibule_saml::binding::{Carrier, Field, FormError, MessageError, Received};
use vestibule_saml::idp::{
    AuthnRequest, Comparison, DestinationRule, Opening, RequestExpectation, RequestRefusal, RequestSignature,
};
use vestibule_saml::metadata::{AssertionConsumerService, SpMetadata};
use vestibule_saml::types::{
    AcsUrl, AuthnContextClassRef, Binding, EndpointUrl, EntityId, LoopbackHttp, NameIdFormat, StatusCode, ns,
};
use vestibule_xmlsec::algorithms::{Algorithms, Sha1, SignatureAlgorithm};
use vestibule_xmlsec::keys::{Certificate, read_certificates};
use vestibule_xmlsec::{Document, Element, Limits};

use super::error::Refusal;
use super::flow::Target;
use super::seed::{Application, DestinationCheck, RequestSignatures, Tenant, UnknownApplication};

/// A request that Entra takes.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Its ID.
    pub(super) id: String,
    /// Who sent it: the audience of the answer.
    pub(super) issuer: String,
    /// The service principal that the address named, which goes before the issuer (E-7).
    pub(super) by_address: Option<String>,
    /// Name of the application, for texts.
    pub(super) application: String,
    /// Where the answer goes.
    pub(super) acs_url: String,
    pub(super) name_id_format: Option<NameIdFormat>,
    pub(super) sp_name_qualifier: Option<String>,
    pub(super) force_authn: bool,
    pub(super) is_passive: bool,
    pub(super) context: Vec<AuthnContextClassRef>,
    pub(super) relay_state: Option<String>,
}

/// Why nobody is signed in, and where the browser ends up.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// On Entra's own page.
    Page(Refusal),
    /// At the application, with a response that has no assertion (E-26).
    Response(Box<Bounced>),
}

/// What a response without an assertion says.
#[derive(Debug, Clone)]
pub(super) struct Bounced {
    pub(super) refusal: Refusal,
    pub(super) codes: (StatusCode, StatusCode),
    pub(super) acs_url: String,
    pub(super) in_response_to: String,
    pub(super) relay_state: Option<String>,
    pub(super) issuer: String,
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Page(refusal)
    }
}

/// What stands at the endpoint.
#[derive(Debug)]
pub(super) enum Incoming {
    /// Something that may be an AuthnRequest.
    Request(Received),
    /// A message of single logout.
    Logout(Received),
}

/// Reads what came to the endpoint.
pub(super) fn incoming(target: &Target) -> Result<Incoming, Refusal> {
    let received = match target {
        Target::Redirect { query, .. } => {
            RedirectBinding::parse(query).map_err(|error| redirect_refusal(&error))?.into()
        }
        Target::Post { body, .. } => {
            let post = PostBinding::parse(body.as_bytes()).map_err(|error| post_refusal(&error))?;
            Received::try_from(post).map_err(|error| post_refusal(&error))?
        }
        Target::Tile { .. } | Target::MyApps => return Err(no_message()),
    };
    let document = parse(&received)?;
    let root = document.root();
    if root.is(ns::PROTOCOL, "LogoutRequest") && !root.children().any(|child| child.is(ns::ASSERTION, "NameID")) {
        return Err(Refusal::new(750_0530, "The NameID in the SAML logout request must not be null."));
    }
    if root.is(ns::PROTOCOL, "LogoutRequest") || root.is(ns::PROTOCOL, "LogoutResponse") {
        return Ok(Incoming::Logout(received));
    }
    if received.field == Field::SamlResponse {
        return Err(Refusal::new(
            750_0514,
            "A supported type of SAML response was not found. The supported response types are 'Response' (in XML \
             namespace 'urn:oasis:names:tc:SAML:2.0:protocol') or 'Assertion' (in XML namespace \
             'urn:oasis:names:tc:SAML:2.0:assertion').",
        ));
    }
    if !root.is(ns::PROTOCOL, "AuthnRequest") {
        return Err(not_saml());
    }
    Ok(Incoming::Request(received))
}

pub(super) fn parse(received: &Received) -> Result<Document, Refusal> {
    Document::parse(&received.xml, &Limits::MESSAGE)
        .map_err(|error| Refusal::new(90107, format!("Invalid XML in the request: {error}.")))
}

fn redirect_refusal(error: &RedirectError) -> Refusal {
    match error {
        RedirectError::Form(FormError::NoMessage) => no_message(),
        RedirectError::QueryTooLong { .. } | RedirectError::MessageTooLong { .. } => {
            Refusal::new(90015, "Requested query string is too long.")
        }
        _ => not_saml(),
    }
}

fn post_refusal(error: &PostError) -> Refusal {
    match error {
        PostError::BodyTooLong { .. } | PostError::MessageTooLong { .. } => {
            Refusal::new(90015, "Requested query string is too long.")
        }
        PostError::Base64(_) => Refusal::new(75001, "An error occurred during SAML message binding."),
        _ => not_saml(),
    }
}

fn no_message() -> Refusal {
    let text = "SAMLRequest or SAMLResponse must be present as query string parameters in HTTP request for SAML Redirect binding.";
    Refusal::new(75_0054, text)
}

fn not_saml() -> Refusal {
    Refusal::new(75005, "The request is not a valid Saml2 protocol message.")
}

pub(super) fn unsigned(app: &Application) -> Refusal {
    let text = format!(
        "The request sent by client is not signed while the application '{}' requires signed requests.",
        app.app_id
    );
    Refusal::new(76021, text)
}

pub(super) fn no_reply_url() -> Refusal {
    Refusal::new(90_0971, "No reply address provided.")
}

/// The application of a request, and what it asks.
///
/// # Errors
/// The first thing that Entra does not take.
pub(super) fn request<'a>(
    received: &Received,
    target: &Target,
    tenant: &'a Tenant,
    endpoint: &str,
    now: Timestamp,
) -> Result<(&'a Application, Asked), Trouble> {
    let document = parse(received)?;
    let root = document.root();
    spelling(root)?;
    let opening = Opening::read(received).map_err(|_| not_saml())?;
    let issuer = opening.issuer().clone();
    let by_address = target.service_principal();
    let app = find(tenant, &issuer, by_address)?;
    if by_address.is_some() && app.request_signatures != RequestSignatures::Ignored {
        return Err(unsigned(app).into());
    }
    if app.request_signatures != RequestSignatures::Ignored {
        check_algorithm(received, root, app)?;
    }
    check_binding_and_address(root, app)?;
    let sp = registration(app, issuer, root)?;
    let expect = RequestExpectation {
        destination: DestinationRule::Ignore,
        signature: match app.request_signatures {
            RequestSignatures::Ignored => RequestSignature::Ignore,
            RequestSignatures::Required | RequestSignatures::RequiredSha1Allowed => RequestSignature::Required,
        },
        algorithms: algorithms(app),
        ..RequestExpectation::new(&sp, &[], Timestamp::MAX)
    };
    let request = opening.check(&expect).map_err(|error| refusal(&error, app))?;
    check_times_and_place(&request, root, app, endpoint, now)?;
    let asked = asked(request, received, app, by_address);
    check_properties(&asked, root, tenant, app)?;
    Ok((app, asked))
}

/// What Entra says of an ID, a Subject and an address before it looks at anything else (E-10 to E-12).
pub(super) fn spelling(root: Element<'_>) -> Result<(), Refusal> {
    let id = root.attribute("ID").unwrap_or_default();
    if id.is_empty() || id.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Refusal::new(
            750_0529,
            format!("The value '{id}' is not a valid SAML ID. The ID must not begin with a number."),
        ));
    }
    if root.children().any(|child| child.is(ns::ASSERTION, "Subject")) {
        return Err(Refusal::new(
            90_0236,
            "The SAML authentication request property 'Subject' is not supported and must not be set.",
        ));
    }
    Ok(())
}

pub(super) fn find<'a>(
    tenant: &'a Tenant,
    issuer: &EntityId,
    by_address: Option<&str>,
) -> Result<&'a Application, Refusal> {
    let issuer = issuer.as_str();
    let wanted = |app: &&Application| match by_address {
        Some(id) => app.service_principal_id.eq_ignore_ascii_case(id),
        None => app.identifiers.iter().any(|known| known == issuer) || app.app_id == issuer,
    };
    tenant.applications.iter().find(wanted).ok_or_else(|| match tenant.unknown_application {
        UnknownApplication::NotFound => Refusal::new(
            70_0016,
            format!(
                "Application with identifier '{issuer}' was not found in the directory '{}'. This can happen if the \
                 application has not been installed by the administrator of the tenant or consented to by any user in \
                 the tenant. You may have sent your authentication request to the wrong tenant.",
                tenant.name
            ),
        ),
        UnknownApplication::Misconfigured => Refusal::new(
            65_0056,
            format!(
                "Misconfigured application. This could be due to one of the following: the client has not listed any \
                 permissions in the client's application registration. Or, the admin has not consented in the tenant. \
                 Or, check the application identifier in the request to ensure it matches the configured client \
                 application identifier. Please contact your admin to fix the configuration or consent on behalf of \
                 the tenant. Client app ID: {issuer}."
            ),
        ),
    })
}

fn algorithms(app: &Application) -> Algorithms {
    let sha1 = match app.request_signatures {
        RequestSignatures::RequiredSha1Allowed => Sha1::Allow,
        RequestSignatures::Ignored | RequestSignatures::Required => Sha1::Refuse,
    };
    Algorithms { sha1, ..Algorithms::STRICT }
}

/// RSA-SHA256, and RSA-SHA1 where that was chosen; nothing else (E-20).
fn check_algorithm(received: &Received, root: Element<'_>, app: &Application) -> Result<(), Refusal> {
    let named = match &received.carrier {
        Carrier::Redirect(signature) => signature.as_ref().map(|it| it.algorithm.clone()),
        Carrier::Post => root
            .descendants()
            .find(|element| element.is(ns::DSIG, "SignatureMethod"))
            .and_then(|method| method.attribute("Algorithm").map(str::to_owned)),
    };
    let Some(named) = named else { return Err(unsigned(app)) };
    let sha1 = app.request_signatures == RequestSignatures::RequiredSha1Allowed;
    if named == SignatureAlgorithm::RsaSha256.uri() || sha1 && named == SignatureAlgorithm::RsaSha1.uri() {
        return Ok(());
    }
    Err(bad_signature())
}

fn bad_signature() -> Refusal {
    Refusal::new(50006, "An error occurred while processing a signature in the message.")
}

fn check_binding_and_address(root: Element<'_>, app: &Application) -> Result<(), Refusal> {
    if let Some(binding) = root.attribute("ProtocolBinding").map(Binding::from_uri)
        && binding != Binding::HTTP_POST
    {
        return Err(Refusal::new(
            75003,
            format!("The SAML protocol binding '{binding}' is not supported for responses."),
        ));
    }
    if app.reply_urls.is_empty() {
        return Err(no_reply_url());
    }
    let Some(got) = root.attribute("AssertionConsumerServiceURL") else { return Ok(()) };
    if AcsUrl::registered_elsewhere(got).is_err() && !got.contains("://") {
        let text = format!("The AssertionConsumerServiceURL '{got}' of the request is not a valid URI.");
        return Err(Refusal::new(750_0511, text));
    }
    if app.reply_urls.iter().any(|known| known == got) {
        return Ok(());
    }
    Err(Refusal::new(
        50011,
        format!(
            "The reply URL '{got}' specified in the request does not match the reply URLs configured for the \
             application '{}'. Make sure the reply URL sent in the request matches one added to your application.",
            app.app_id
        ),
    ))
}

/// The application as a service provider that is registered.
fn registration(app: &Application, entity_id: EntityId, root: Element<'_>) -> Result<SpMetadata, Refusal> {
    let services = app.reply_url_indexes().into_iter().enumerate().filter_map(|(at, (url, index))| {
        let location = EndpointUrl::new(url, LoopbackHttp::Allow).ok()?;
        Some(AssertionConsumerService { index, is_default: at == 0, location })
    });
    let first = app.reply_urls.first().and_then(|url| AcsUrl::registered_elsewhere(url.as_str()).ok());
    let mut sp = SpMetadata::new(entity_id, &first.ok_or_else(no_reply_url)?);
    sp.assertion_consumer_services = services.collect();
    sp.signing_certificates = verifying(app, root);
    Ok(sp)
}

/// The uploaded certificate that the signature's `KeyInfo` names; none where none is of that name. Without a hint the
/// two newest (E-20).
fn verifying(app: &Application, root: Element<'_>) -> Vec<Certificate> {
    let read = |text: &String| read_certificates(text.as_bytes()).ok().into_iter().flatten().next();
    let mut uploaded: Vec<Certificate> = app.verification_certificates.iter().filter_map(read).collect();
    if let Some(hint) = Hint::of(root) {
        uploaded.retain(|certificate| hint.names(certificate));
        return uploaded;
    }
    uploaded.sort_by_key(|certificate| std::cmp::Reverse(certificate.not_before()));
    uploaded.truncate(2);
    uploaded
}

/// What a signature says of its key.
enum Hint {
    /// `X509Certificate`; none where it is no certificate.
    Certificate(Option<Certificate>),
    /// `KeyName`.
    Name(String),
}

impl Hint {
    fn of(root: Element<'_>) -> Option<Self> {
        let text = |name| {
            let found = root.descendants().find(|element| element.is(ns::DSIG, name))?;
            Some(found.content().unwrap_or_default().trim().to_owned())
        };
        let certificate = |text: String| read_certificates(text.as_bytes()).ok().and_then(|mut found| found.pop());
        let shown = text("X509Certificate").map(|text| Self::Certificate(certificate(text)));
        shown.or_else(|| text("KeyName").map(Self::Name))
    }

    /// Which name a key has is not documented: its certificate's thumbprint or subject is taken.
    fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Certificate(shown) => shown.as_ref() == Some(certificate),
            Self::Name(name) => {
                name.eq_ignore_ascii_case(&certificate.thumbprint_sha1()) || *name == certificate.subject()
            }
        }
    }
}

fn refusal(error: &RequestRefusal, app: &Application) -> Refusal {
    match error {
        RequestRefusal::Message(MessageError::Unsigned | MessageError::EnvelopedInRedirect) => unsigned(app),
        RequestRefusal::Message(MessageError::Signature(_)) | RequestRefusal::NoKey { .. } => bad_signature(),
        _ => not_saml(),
    }
}

/// Two checks that Microsoft's texts deny and its list of errors knows; they are switches.
fn check_times_and_place(
    request: &AuthnRequest,
    root: Element<'_>,
    app: &Application,
    endpoint: &str,
    now: Timestamp,
) -> Result<(), Refusal> {
    if let Some(seconds) = app.request_max_age_seconds
        && now.duration_since(request.issue_instant) > SignedDuration::from_secs(seconds)
    {
        return Err(Refusal::new(76026, "The request is too old."));
    }
    let destination = root.attribute("Destination");
    if app.destination == DestinationCheck::Checked && destination.is_some_and(|got| got != endpoint) {
        return Err(Refusal::new(
            75008,
            "The request from the application was denied since the SAML request had an unexpected destination.",
        ));
    }
    Ok(())
}

fn asked(request: AuthnRequest, received: &Received, app: &Application, by_address: Option<&str>) -> Asked {
    let (context, comparison) = match request.requested_authn_context {
        Some(context) => (context.classes, context.comparison),
        None => (Vec::new(), Comparison::Exact),
    };
    Asked {
        id: request.id.as_str().to_owned(),
        issuer: request.issuer.as_str().to_owned(),
        by_address: by_address.map(str::to_owned),
        application: app.name.clone(),
        acs_url: request.acs_url.as_str().to_owned(),
        name_id_format: request.name_id_policy.as_ref().and_then(|policy| policy.format.clone()),
        sp_name_qualifier: request.name_id_policy.and_then(|policy| policy.sp_name_qualifier),
        force_authn: request.force_authn,
        is_passive: request.is_passive,
        context: if comparison == Comparison::Exact { context } else { Vec::new() },
        relay_state: received.relay_state.clone(),
    }
}

/// What a request must not ask for: a format of its own, or what Entra tells the application that it cannot do (E-12,
/// E-15, E-17, E-26).
fn check_properties(asked: &Asked, root: Element<'_>, tenant: &Tenant, app: &Application) -> Result<(), Trouble> {
    let accepted =
        [NameIdFormat::PERSISTENT, NameIdFormat::EMAIL_ADDRESS, NameIdFormat::UNSPECIFIED, NameIdFormat::TRANSIENT];
    if asked.name_id_format.as_ref().is_some_and(|format| !accepted.contains(format)) {
        return Err(Refusal::new(75016, "SAML2 Authentication Request has invalid NameIdPolicy.").into());
    }
    let Some(property) = unsupported(root) else { return Ok(()) };
    let text = format!(
        "An error occurred while processing a SAML2 Authentication request. AADSTS90011: The SAML authentication \
         request property '{property}' is not supported."
    );
    let codes = (StatusCode::REQUESTER, StatusCode::REQUEST_UNSUPPORTED);
    Err(bounce(asked, Refusal::new(75006, text), codes, app.issuer(tenant)))
}

/// A refusal that the application is told.
pub(super) fn bounce(asked: &Asked, refusal: Refusal, codes: (StatusCode, StatusCode), issuer: String) -> Trouble {
    Trouble::Response(Box::new(Bounced {
        refusal,
        codes,
        acs_url: asked.acs_url.clone(),
        in_response_to: asked.id.clone(),
        relay_state: asked.relay_state.clone(),
        issuer,
    }))
}

fn unsupported(root: Element<'_>) -> Option<&'static str> {
    let child = |name: &str| root.children().find(|child| child.is(ns::PROTOCOL, name));
    if let Some(scoping) = child("Scoping") {
        if scoping.attribute("ProxyCount").is_some() {
            return Some("Scoping/ProxyCount");
        }
        let names = scoping.children().map(Element::local);
        for name in names {
            match name {
                "IDPList" => return Some("Scoping/IDPListOption"),
                "RequesterID" => return Some("Scoping/RequesterId"),
                _ => {}
            }
        }
    }
    let comparison = child("RequestedAuthnContext").and_then(|context| context.attribute("Comparison"));
    comparison.filter(|comparison| *comparison != "exact").map(|_| "RequestedAuthenticationContext/Comparison")
}
