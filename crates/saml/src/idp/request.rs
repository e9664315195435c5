use crate::binding::{Field, Header, MessageError, Opened, Received};
use crate::metadata::SpMetadata;
use crate::read::{self, ReadError};
use crate::time::Skew;
use crate::types::{
    AuthnContextClassRef, Binding, EndpointUrl, EntityId, NameIdFormat, NotABoolean, RequestId, boolean, ns,
};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::keys::TrustedKeys;
use vestibule_xmlsec::{Children, ContentError, Element};

/// An `AuthnRequest` that says who sent it, and is not checked: enough to look up the service provider.
#[derive(Debug)]
pub struct Opening<'a> {
    opened: Opened<'a>,
    issuer: EntityId,
}

impl<'a> Opening<'a> {
    /// Parses the message and reads its issuer.
    ///
    /// # Errors
    /// [`RequestRefusal::Message`]: it is not an AuthnRequest, or what requests begin with (SAML Core §3.2.1)
    /// cannot be read.
    pub fn read(received: &'a Received) -> Result<Self, RequestRefusal> {
        let opened = received.open(Field::SamlRequest, "AuthnRequest")?;
        let root = opened.root();
        let issuer = Header::read(root, &mut Children::of(root)?)?.issuer;
        Ok(Self { opened, issuer })
    }

    /// Who says to have sent it. Nothing proves it.
    pub fn issuer(&self) -> &EntityId {
        &self.issuer
    }

    /// Checks the request against the service provider that it is from.
    ///
    /// # Errors
    /// [`RequestRefusal::Message`] or [`RequestRefusal::NoKey`] for its signature, before anything else is
    /// read; then the first rule of SAML Core §3.4.1 or of `expect` that does not hold.
    pub fn check(self, expect: &RequestExpectation<'_>) -> Result<AuthnRequest, RequestRefusal> {
        let signed = self.opened.is_signed();
        let check_signature = match expect.signature {
            RequestSignature::Required => true,
            RequestSignature::IfPresent => signed,
            RequestSignature::Ignore => false,
        };
        if check_signature {
            if !signed {
                return Err(MessageError::Unsigned.into());
            }
            let proven = self.opened.verify(&keys(expect.sp)?, expect.algorithms)?;
            AuthnRequest::read(proven.root(), expect, true)
        } else {
            AuthnRequest::read(self.opened.unproven().root(), expect, false)
        }
    }
}

/// What a request is compared with.
#[derive(Debug, Clone, Copy)]
pub struct RequestExpectation<'a> {
    /// The service provider as it is registered: its name, its keys, where it takes responses.
    pub sp: &'a SpMetadata,
    /// Which Destination it may name.
    pub destination: DestinationRule<'a>,
    /// Whether it must be signed.
    pub signature: RequestSignature,
    /// Which algorithms are taken.
    pub algorithms: Algorithms,
    /// The time of the check.
    pub now: Timestamp,
    /// How far the service provider's clock may differ. Default 120 s, at most 300 s.
    pub clock_skew: Skew,
    /// How old it may be. `None`: as old as it likes, as Entra says of itself (its error 76026 says
    /// otherwise).
    pub max_age: Option<SignedDuration>,
}

impl<'a> RequestExpectation<'a> {
    /// The defaults: this destination only, a signature is checked where there is one and demanded where the
    /// service provider says that it signs.
    pub fn new(sp: &'a SpMetadata, destinations: &'a [EndpointUrl], now: Timestamp) -> Self {
        let signature = if sp.authn_requests_signed { RequestSignature::Required } else { RequestSignature::IfPresent };
        Self {
            sp,
            destination: DestinationRule::OneOf(destinations),
            signature,
            algorithms: Algorithms::STRICT,
            now,
            clock_skew: Skew::default(),
            max_age: None,
        }
    }
}

/// Which Destination a request may name.
#[derive(Debug, Clone, Copy)]
pub enum DestinationRule<'a> {
    /// One of ours; a request that is not signed may leave it out (SAML Bindings §3.4.5.2).
    OneOf(&'a [EndpointUrl]),
    /// Any, as Entra does (E-11): nothing is granted by it.
    Ignore,
}

/// Whether a request must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestSignature {
    /// It must.
    Required,
    /// It need not, but a signature that is there must hold.
    IfPresent,
    /// A signature is not looked at, as Entra does where it demands none (E-21). The answer goes to a
    /// registered address in any case.
    Ignore,
}

/// An `AuthnRequest` that was checked (SAML Core §3.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthnRequest {
    /// Its ID: the InResponseTo of the answer.
    pub id: RequestId,
    /// When it was made.
    pub issue_instant: Timestamp,
    /// The service provider.
    pub issuer: EntityId,
    /// Where the answer goes, by HTTP-POST: one of the addresses that are registered.
    pub acs_url: EndpointUrl,
    /// How the person is to be named.
    pub name_id_policy: Option<NameIdPolicy>,
    /// Whether the person must authenticate anew.
    pub force_authn: bool,
    /// Whether nothing may be shown to the person.
    pub is_passive: bool,
    /// In which ways the person is to be authenticated.
    pub requested_authn_context: Option<RequestedAuthnContext>,
    /// Whether its signature was verified.
    pub signature_verified: bool,
}

/// `NameIDPolicy` (SAML Core §3.4.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameIdPolicy {
    /// The format that is wanted; `None` leaves it open.
    pub format: Option<NameIdFormat>,
    /// In whose name space.
    pub sp_name_qualifier: Option<String>,
    /// Whether an identifier may be made for a person who has none yet.
    pub allow_create: bool,
}

/// `RequestedAuthnContext` (SAML Core §3.3.2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedAuthnContext {
    /// How the classes are compared.
    pub comparison: Comparison,
    /// The classes; at least one.
    pub classes: Vec<AuthnContextClassRef>,
}

/// How requested authentication contexts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// One of them; all that Entra takes (E-17).
    Exact,
    /// One of them or a stronger one.
    Minimum,
    /// As strong as possible without being stronger than one of them.
    Maximum,
    /// Stronger than any of them.
    Better,
}

/// Why a request is not answered with an assertion.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestRefusal {
    /// It is not an AuthnRequest for us, or its signature does not hold.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The service provider has no usable certificate to check the signature with.
    #[error("{sp} has no usable signing certificate")]
    NoKey {
        /// The service provider.
        sp: EntityId,
    },
    /// It is from somebody else than the one it is checked against.
    #[error("the request is from {got}, not from {want}")]
    Issuer {
        /// Who says to have sent it.
        got: EntityId,
        /// Who was looked up.
        want: EntityId,
    },
    /// The address for the answer is not registered (Entra: AADSTS50011).
    #[error("{got} is not registered as a place for responses to {sp}")]
    AcsUrl {
        /// The address.
        got: String,
        /// The service provider.
        sp: EntityId,
    },
    /// The number of the address for the answer is not registered.
    #[error("{sp} has no AssertionConsumerService with the index {got}")]
    AcsIndex {
        /// The number.
        got: String,
        /// The service provider.
        sp: EntityId,
    },
    /// It names the address for the answer twice, by itself and by number.
    #[error("the request has both AssertionConsumerServiceURL and AssertionConsumerServiceIndex")]
    AcsTwice,
    /// It wants the answer by another binding than HTTP-POST (Entra: AADSTS75003).
    #[error("the answer is wanted by {got}; it is given by HTTP-POST only")]
    ProtocolBinding {
        /// The binding.
        got: Binding,
    },
    /// It is too old.
    #[error("the request was made at {got}, and it is {now} now")]
    TooOld {
        /// Its IssueInstant.
        got: Timestamp,
        /// The time of the check.
        now: Timestamp,
    },
    /// It names whom to authenticate (Entra: AADSTS900236).
    #[error("the request has a Subject, which is not supported")]
    SubjectUnsupported,
    /// A flag that is neither true nor false.
    #[error(transparent)]
    Flag(#[from] NotABoolean),
    /// A comparison that does not exist.
    #[error("the Comparison is {got:?}; exact, minimum, maximum or better is wanted")]
    Comparison {
        /// Its value.
        got: String,
    },
    /// Authentication contexts are wanted by declaration instead of by class, or none is named.
    #[error("RequestedAuthnContext names no AuthnContextClassRef")]
    NoAuthnContextClass,
}

impl From<ContentError> for RequestRefusal {
    fn from(error: ContentError) -> Self {
        Self::Message(error.into())
    }
}

impl From<ReadError> for RequestRefusal {
    fn from(error: ReadError) -> Self {
        Self::Message(error.into())
    }
}

impl AuthnRequest {
    fn read(root: Element<'_>, expect: &RequestExpectation<'_>, proven: bool) -> Result<Self, RequestRefusal> {
        let mut children = Children::of(root)?;
        let header = Header::read(root, &mut children)?;
        if header.issuer != expect.sp.entity_id {
            return Err(RequestRefusal::Issuer { got: header.issuer, want: expect.sp.entity_id.clone() });
        }
        if let DestinationRule::OneOf(ours) = expect.destination {
            header.check_destination(ours.iter().map(EndpointUrl::as_str), proven)?;
        }
        header.check_issue_instant(expect.now, expect.clock_skew)?;
        check_age(header.issue_instant, expect)?;
        if children.optional(ns::ASSERTION, "Subject").is_some() {
            return Err(RequestRefusal::SubjectUnsupported);
        }
        let name_id_policy = children.optional(ns::PROTOCOL, "NameIDPolicy").map(NameIdPolicy::read).transpose()?;
        children.optional(ns::ASSERTION, "Conditions");
        let requested_authn_context =
            children.optional(ns::PROTOCOL, "RequestedAuthnContext").map(RequestedAuthnContext::read).transpose()?;
        children.optional(ns::PROTOCOL, "Scoping");
        children.end()?;
        Ok(Self {
            id: header.id,
            issue_instant: header.issue_instant,
            issuer: header.issuer,
            acs_url: acs_url(root, expect.sp)?,
            name_id_policy,
            force_authn: boolean(root, "ForceAuthn")?,
            is_passive: boolean(root, "IsPassive")?,
            requested_authn_context,
            signature_verified: proven,
        })
    }
}

impl NameIdPolicy {
    fn read(element: Element<'_>) -> Result<Self, RequestRefusal> {
        Children::of(element)?.end()?;
        Ok(Self {
            format: element.attribute("Format").map(NameIdFormat::from_uri),
            sp_name_qualifier: element.attribute("SPNameQualifier").map(str::to_owned),
            allow_create: boolean(element, "AllowCreate")?,
        })
    }
}

impl RequestedAuthnContext {
    fn read(element: Element<'_>) -> Result<Self, RequestRefusal> {
        let comparison = match element.attribute("Comparison") {
            None | Some("exact") => Comparison::Exact,
            Some("minimum") => Comparison::Minimum,
            Some("maximum") => Comparison::Maximum,
            Some("better") => Comparison::Better,
            Some(got) => return Err(RequestRefusal::Comparison { got: got.to_owned() }),
        };
        let mut children = Children::of(element)?;
        let mut classes = Vec::new();
        while let Some(class) = children.optional(ns::ASSERTION, "AuthnContextClassRef") {
            classes.push(AuthnContextClassRef::from_uri(read::text(class)?));
        }
        if classes.is_empty() {
            return Err(RequestRefusal::NoAuthnContextClass);
        }
        children.end()?;
        Ok(Self { comparison, classes })
    }
}

fn keys(sp: &SpMetadata) -> Result<TrustedKeys, RequestRefusal> {
    let keys = sp.signing_certificates.iter().filter_map(|certificate| certificate.public_key().ok()).collect();
    TrustedKeys::new(keys).map_err(|_| RequestRefusal::NoKey { sp: sp.entity_id.clone() })
}

fn check_age(issue_instant: Timestamp, expect: &RequestExpectation<'_>) -> Result<(), RequestRefusal> {
    let Some(max_age) = expect.max_age else { return Ok(()) };
    let oldest = expect.clock_skew.opens(expect.now).checked_sub(max_age).unwrap_or(Timestamp::MIN);
    if issue_instant < oldest {
        return Err(RequestRefusal::TooOld { got: issue_instant, now: expect.now });
    }
    Ok(())
}

/// Where the answer goes: the address that is named, if it is registered, or the default one. Never an
/// address that is only in the request.
fn acs_url(root: Element<'_>, sp: &SpMetadata) -> Result<EndpointUrl, RequestRefusal> {
    if let Some(got) = root.attribute("ProtocolBinding").map(Binding::from_uri)
        && got != Binding::HTTP_POST
    {
        return Err(RequestRefusal::ProtocolBinding { got });
    }
    let services = &sp.assertion_consumer_services;
    let sp_id = || sp.entity_id.clone();
    let found = match (root.attribute("AssertionConsumerServiceURL"), root.attribute("AssertionConsumerServiceIndex")) {
        (Some(_), Some(_)) => return Err(RequestRefusal::AcsTwice),
        (Some(got), None) => services
            .iter()
            .find(|service| service.location.as_str() == got)
            .ok_or_else(|| RequestRefusal::AcsUrl { got: got.to_owned(), sp: sp_id() })?,
        (None, Some(got)) => services
            .iter()
            .find(|service| got.parse() == Ok(service.index))
            .ok_or_else(|| RequestRefusal::AcsIndex { got: got.to_owned(), sp: sp_id() })?,
        (None, None) => sp
            .default_assertion_consumer_service()
            .ok_or_else(|| RequestRefusal::AcsUrl { got: String::new(), sp: sp_id() })?,
    };
    Ok(found.location.clone())
}
