//! A message of another party, with what proves its sender, whichever binding brought it.

use super::post::{PostBinding, PostError};
use super::redirect::{QuerySignature, RedirectBinding};
use super::{Field, RelayState};
use crate::read::{self, Issuer, ReadError};
use crate::time::{self, Skew};
use crate::types::{EntityId, EntityIdError, MessageIdError, RequestId, SessionIndexError, ns};
use jiff::Timestamp;
use thiserror::Error;
use vestibule_xmlsec::algorithms::Algorithms;
use vestibule_xmlsec::dsig::{self, SignatureError, Signed};
use vestibule_xmlsec::keys::TrustedKeys;
use vestibule_xmlsec::{Children, ContentError, Document, Element, Limits, ParseError, ValueError};

/// A message as a browser brought it, not yet proven to be anybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which field it stood in.
    pub field: Field,
    /// Its XML.
    pub xml: Vec<u8>,
    /// RelayState as it was sent; see [`PostBinding::relay_state`].
    pub relay_state: Option<String>,
    /// How it came.
    pub carrier: Carrier,
}

/// How a message came, which says where its signature stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// By HTTP-Redirect; the signature is over the query, or there is none.
    Redirect(Option<QuerySignature>),
    /// By HTTP-POST; the signature is enveloped in the message.
    Post,
}

impl From<RedirectBinding> for Received {
    fn from(redirect: RedirectBinding) -> Self {
        let RedirectBinding { field, xml, relay_state, signature } = redirect;
        Self { field, xml, relay_state, carrier: Carrier::Redirect(signature) }
    }
}

impl TryFrom<PostBinding> for Received {
    type Error = PostError;

    fn try_from(post: PostBinding) -> Result<Self, PostError> {
        let xml = post.xml()?;
        Ok(Self { field: post.field, xml, relay_state: post.relay_state, carrier: Carrier::Post })
    }
}

impl Received {
    /// The RelayState, where it is one that we could have made: the handle of an exchange that we began.
    pub fn our_relay_state(&self) -> Option<RelayState> {
        RelayState::new(self.relay_state.clone()?).ok()
    }

    /// Parses the message, which must stand in this field and be this element of the protocol.
    pub(crate) fn open(&self, field: Field, want: &'static str) -> Result<Opened<'_>, MessageError> {
        if self.field != field {
            return Err(MessageError::Field { got: self.field, want: field });
        }
        let document = Document::parse(&self.xml, &Limits::MESSAGE)?;
        let root = document.root();
        if !root.is(ns::PROTOCOL, want) {
            let (namespace, got) = (root.namespace().to_owned(), root.local().to_owned());
            return Err(MessageError::Root { got, namespace, want });
        }
        // Before a signature is verified over a form that no longer shows them (A04).
        read::plain_values(root)?;
        Ok(Opened { received: self, document })
    }
}

/// A message that is parsed and of the wanted kind, and not proven.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    received: &'a Received,
    document: Document,
}

impl Opened<'_> {
    pub(crate) fn root(&self) -> Element<'_> {
        self.document.root()
    }

    /// Whether there is a signature in either of its places.
    pub(crate) fn is_signed(&self) -> bool {
        matches!(self.received.carrier, Carrier::Redirect(Some(_))) || dsig::is_signed(self.root())
    }

    /// Verifies the signature where the binding has it. Only what it covers is in the result.
    pub(crate) fn verify(self, keys: &TrustedKeys, algorithms: Algorithms) -> Result<Proven, MessageError> {
        let signature = match &self.received.carrier {
            Carrier::Post if !self.is_signed() => return Err(MessageError::Unsigned),
            Carrier::Post => return Ok(Proven::Enveloped(dsig::verify(self.root(), keys, &algorithms)?)),
            Carrier::Redirect(_) if dsig::is_signed(self.root()) => return Err(MessageError::EnvelopedInRedirect),
            Carrier::Redirect(None) => return Err(MessageError::Unsigned),
            Carrier::Redirect(Some(signature)) => signature,
        };
        let octets = signature.signed.as_bytes();
        dsig::query::verify(keys, &algorithms, octets, &signature.algorithm, &signature.signature)?;
        Ok(Proven::Query(self.document))
    }

    /// Takes the message as it is, for a sender who need not sign.
    pub(crate) fn unproven(self) -> Document {
        self.document
    }
}

/// A message whose signature verified.
#[derive(Debug)]
pub(crate) enum Proven {
    Query(Document),
    Enveloped(Signed),
}

impl Proven {
    pub(crate) fn root(&self) -> Element<'_> {
        match self {
            Self::Query(document) => document.root(),
            Self::Enveloped(signed) => signed.root(),
        }
    }
}

/// What all requests and answers begin with (SAML Core §3.2.1, §3.2.2).
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) id: RequestId,
    pub(crate) issue_instant: Timestamp,
    pub(crate) issuer: EntityId,
    pub(crate) destination: Option<&'a str>,
}

impl<'a> Header<'a> {
    /// Reads the attributes of the root and takes the first children: Issuer, Signature, Extensions.
    pub(crate) fn read(root: Element<'a>, children: &mut Children<'a>) -> Result<Self, MessageError> {
        read::version(root)?;
        read::no_look_alikes(root)?;
        let id = RequestId::new(read::required(root, "ID")?)?;
        let issue_instant = read::time(root, "IssueInstant")?;
        let issuer = Issuer::read(children.required(ns::ASSERTION, "Issuer")?)?;
        if !issuer.is_entity() {
            return Err(MessageError::IssuerFormat { got: issuer.name.to_owned() });
        }
        // Absent from what a signature covers; where none is wanted, it is not looked at (E-21).
        children.optional(ns::DSIG, "Signature");
        children.optional(ns::PROTOCOL, "Extensions");
        Ok(Self { id, issue_instant, issuer: EntityId::new(issuer.name)?, destination: root.attribute("Destination") })
    }

    /// That the message was not made in the future.
    pub(crate) fn check_issue_instant(&self, now: Timestamp, skew: Skew) -> Result<(), MessageError> {
        if skew.is_future(self.issue_instant, now) {
            return Err(MessageError::FromTheFuture { got: self.issue_instant, now });
        }
        Ok(())
    }

    /// That the message was meant for one of these places of ours. Only a message that is not signed may
    /// leave it out (SAML Bindings §3.4.5.2, §3.5.5.2).
    pub(crate) fn check_destination<'u>(
        &self,
        ours: impl IntoIterator<Item = &'u str>,
        signed: bool,
    ) -> Result<(), MessageError> {
        let mut ours = ours.into_iter();
        match self.destination {
            None if !signed => Ok(()),
            Some(got) if ours.any(|ours| ours == got) => Ok(()),
            got => Err(MessageError::Destination { got: got.map(str::to_owned) }),
        }
    }
}

/// Why a message is not the one that is expected, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageError {
    /// A request where an answer belongs, or the other way round.
    #[error("the message stands in {got}; it belongs in {want}")]
    Field {
        /// Where it stands.
        got: Field,
        /// Where it belongs.
        want: Field,
    },
    /// Not the XML that we take.
    #[error(transparent)]
    Malformed(#[from] ParseError),
    /// Another message, or none of SAML 2.0.
    #[error("the message is {got} of namespace {namespace:?}; {want} of SAML 2.0 is wanted")]
    Root {
        /// Local name of its root element.
        got: String,
        /// Namespace of its root element.
        namespace: String,
        /// Which message is wanted.
        want: &'static str,
    },
    /// No signature where one is demanded (A26.1).
    #[error("the message is not signed")]
    Unsigned,
    /// A signature inside a message that came by HTTP-Redirect, where it must have been taken out (SAML
    /// Bindings §3.4.4.1).
    #[error("the message came by HTTP-Redirect with a signature in its XML instead of in the query")]
    EnvelopedInRedirect,
    /// A signature that does not hold.
    #[error("the signature: {0}")]
    Signature(#[from] SignatureError),
    /// Something in it cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its ID, or one that it refers to, is none.
    #[error(transparent)]
    Id(#[from] MessageIdError),
    /// The issuer's name is none.
    #[error("Issuer: {0}")]
    Issuer(#[from] EntityIdError),
    /// The issuer is not named as an entity.
    #[error("the issuer {got:?} is not named as an entity")]
    IssuerFormat {
        /// The name.
        got: String,
    },
    /// A session index that is none.
    #[error(transparent)]
    SessionIndex(#[from] SessionIndexError),
    /// It was made later than now, beyond the clock skew.
    #[error("the message was made at {got}, and it is {now} now")]
    FromTheFuture {
        /// Its IssueInstant.
        got: Timestamp,
        /// The time of the check.
        now: Timestamp,
    },
    /// It was sent to somebody else, or does not say to whom although it is signed.
    #[error("the message was sent to {}, not to us", got.as_deref().unwrap_or("an address that it does not name"))]
    Destination {
        /// Its Destination.
        got: Option<String>,
    },
}

impl From<ContentError> for MessageError {
    fn from(error: ContentError) -> Self {
        Self::Read(error.into())
    }
}

impl From<ValueError> for MessageError {
    fn from(error: ValueError) -> Self {
        Self::Read(error.into())
    }
}

/// Opens a message element of ours: its name, its namespaces, ID, version, time and destination.
pub(crate) fn begin(
    xml: &mut vestibule_xmlsec::Writer,
    name: &'static str,
    id: &str,
    issue_instant: Timestamp,
    destination: &str,
) {
    xml.open(name).attribute("xmlns:samlp", ns::PROTOCOL).attribute("xmlns:saml", ns::ASSERTION);
    xml.attribute("ID", id).attribute("Version", "2.0").attribute("IssueInstant", &time::format(issue_instant));
    xml.attribute("Destination", destination);
}
