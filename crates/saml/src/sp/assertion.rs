//! The `Assertion`, read from a tree whose signature was verified and from nothing else.

use jiff::Timestamp;
use vestibule_xmlsec::c14n::{self, Method};
use vestibule_xmlsec::{Children, ContentError, ContentProblem, Element, Foreign, Limits, Node, ValueError};

use crate::read::{self, Issuer, ReadError};
use crate::types::{Attribute, AttributeNameFormat, AttributeValue, Attributes, NameId, ns};

/// An `Assertion` (SAML Core §2.3.3). What it says, not yet whether it is good.
#[derive(Debug)]
pub(super) struct Assertion<'a> {
    pub(super) id: &'a str,
    pub(super) issue_instant: Timestamp,
    pub(super) issuer: Issuer<'a>,
    pub(super) subject: Option<Subject<'a>>,
    pub(super) conditions: Option<Conditions<'a>>,
    pub(super) authn_statements: Vec<AuthnStatement<'a>>,
    pub(super) attributes: Attributes,
}

/// A `Subject` (SAML Core §2.4.1).
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) name: Option<SubjectName<'a>>,
    pub(super) confirmations: Vec<SubjectConfirmation<'a>>,
}

/// Who the subject is.
#[derive(Debug)]
pub(super) enum SubjectName<'a> {
    NameId(NameId),
    /// To be decrypted first.
    EncryptedId(Element<'a>),
}

/// A `SubjectConfirmation` with its data (SAML Core §2.4.1.1–2).
#[derive(Debug)]
pub(super) struct SubjectConfirmation<'a> {
    pub(super) method: &'a str,
    pub(super) recipient: Option<&'a str>,
    pub(super) in_response_to: Option<&'a str>,
    pub(super) window: Window,
}

/// `NotBefore` and `NotOnOrAfter` of an element; the latter is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) not_before: Option<Timestamp>,
    pub(super) not_on_or_after: Option<Timestamp>,
}

/// `Conditions` (SAML Core §2.5.1).
#[derive(Debug)]
pub(super) struct Conditions<'a> {
    pub(super) window: Window,
    /// The audiences of each restriction.
    pub(super) audiences: Vec<Vec<&'a str>>,
    /// A condition that we do not know, so that the assertion is not valid for us.
    pub(super) unknown: Option<&'a str>,
}

/// An `AuthnStatement` (SAML Core §2.7.2).
#[derive(Debug)]
pub(super) struct AuthnStatement<'a> {
    pub(super) authn_instant: Timestamp,
    pub(super) session_index: Option<&'a str>,
    pub(super) session_not_on_or_after: Option<Timestamp>,
    pub(super) class_ref: Option<&'a str>,
}

impl<'a> Assertion<'a> {
    pub(super) fn read(element: Element<'a>) -> Result<Self, ReadError> {
        read::version(element)?;
        let mut children = Children::of(element)?;
        let issuer = Issuer::read(children.required(ns::ASSERTION, "Issuer")?)?;
        // Present where the response's signature covers this one too; verified on its own by then.
        children.optional(ns::DSIG, "Signature");
        let subject = children.optional(ns::ASSERTION, "Subject").map(Subject::read).transpose()?;
        let conditions = children.optional(ns::ASSERTION, "Conditions").map(Conditions::read).transpose()?;
        children.optional(ns::ASSERTION, "Advice");
        let mut authn_statements = Vec::new();
        let mut attributes = Vec::new();
        let mut room = MAX_STRUCTURED;
        loop {
            if let Some(statement) = children.optional(ns::ASSERTION, "AuthnStatement") {
                authn_statements.push(AuthnStatement::read(statement)?);
            } else if let Some(statement) = children.optional(ns::ASSERTION, "AttributeStatement") {
                attribute_statement(statement, &mut attributes, &mut room)?;
            } else if children.optional(ns::ASSERTION, "AuthzDecisionStatement").is_none() {
                break;
            }
        }
        children.end()?;
        Ok(Self {
            id: read::required(element, "ID")?,
            issue_instant: read::time(element, "IssueInstant")?,
            issuer,
            subject,
            conditions,
            authn_statements,
            attributes: attributes.into_iter().collect(),
        })
    }
}

impl<'a> Subject<'a> {
    fn read(element: Element<'a>) -> Result<Self, ReadError> {
        let mut children = Children::of(element)?;
        let name = if let Some(name_id) = children.optional(ns::ASSERTION, "NameID") {
            Some(SubjectName::NameId(read::name_id(name_id)?))
        } else {
            children.optional(ns::ASSERTION, "EncryptedID").map(SubjectName::EncryptedId)
        };
        let mut confirmations = Vec::with_capacity(1);
        while let Some(confirmation) = children.optional(ns::ASSERTION, "SubjectConfirmation") {
            confirmations.push(SubjectConfirmation::read(confirmation)?);
        }
        children.end()?;
        Ok(Self { name, confirmations })
    }
}

impl<'a> SubjectConfirmation<'a> {
    fn read(element: Element<'a>) -> Result<Self, ReadError> {
        let mut children = Children::of(element)?;
        // Who may confirm it in the subject's stead; nothing here depends on it.
        for name in ["BaseID", "NameID", "EncryptedID"] {
            if children.optional(ns::ASSERTION, name).is_some() {
                break;
            }
        }
        let data = children.optional(ns::ASSERTION, "SubjectConfirmationData");
        children.end()?;
        Ok(Self {
            method: read::required(element, "Method")?,
            recipient: data.and_then(|data| data.attribute("Recipient")),
            in_response_to: data.and_then(|data| data.attribute("InResponseTo")),
            window: data.map_or(Ok(Window::OPEN), Window::read)?,
        })
    }
}

impl Window {
    const OPEN: Self = Self { not_before: None, not_on_or_after: None };

    fn read(element: Element<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            not_before: read::optional_time(element, "NotBefore")?,
            not_on_or_after: read::optional_time(element, "NotOnOrAfter")?,
        })
    }
}

impl<'a> Conditions<'a> {
    fn read(element: Element<'a>) -> Result<Self, ReadError> {
        let mut conditions = Self { window: Window::read(element)?, audiences: Vec::new(), unknown: None };
        let (mut one_time_use, mut proxy_restriction) = (0, 0);
        let mut children = Children::of(element)?;
        while let Some(condition) = children.any() {
            if condition.is(ns::ASSERTION, "AudienceRestriction") {
                conditions.audiences.push(audience_restriction(condition)?);
            } else if condition.is(ns::ASSERTION, "OneTimeUse") {
                one_time_use += 1; // every assertion is used once here
            } else if condition.is(ns::ASSERTION, "ProxyRestriction") {
                proxy_restriction += 1; // nothing is proxied
            } else {
                conditions.unknown.get_or_insert(condition.local());
            }
        }
        // Core §2.5.1.5–6: at most one of each.
        for (count, name) in [(one_time_use, "OneTimeUse"), (proxy_restriction, "ProxyRestriction")] {
            if count > 1 {
                conditions.unknown.get_or_insert(name);
            }
        }
        Ok(conditions)
    }
}

fn audience_restriction(element: Element<'_>) -> Result<Vec<&str>, ReadError> {
    let mut children = Children::of(element)?;
    let mut audiences = Vec::with_capacity(1);
    while let Some(audience) = children.optional(ns::ASSERTION, "Audience") {
        audiences.push(audience.text()?);
    }
    children.end()?;
    Ok(audiences)
}

impl<'a> AuthnStatement<'a> {
    fn read(element: Element<'a>) -> Result<Self, ReadError> {
        let mut children = Children::of(element)?;
        children.optional(ns::ASSERTION, "SubjectLocality");
        let context = children.required(ns::ASSERTION, "AuthnContext")?;
        children.end()?;
        let mut children = Children::of(context)?;
        // The schema lets it be empty, which says as little as none.
        let class_ref = children.optional(ns::ASSERTION, "AuthnContextClassRef").map(Element::text).transpose()?;
        for name in ["AuthnContextDecl", "AuthnContextDeclRef"] {
            children.optional(ns::ASSERTION, name);
        }
        while children.optional(ns::ASSERTION, "AuthenticatingAuthority").is_some() {}
        children.end()?;
        Ok(Self {
            authn_instant: read::time(element, "AuthnInstant")?,
            session_index: element.attribute("SessionIndex").filter(|index| !index.is_empty()),
            session_not_on_or_after: read::optional_time(element, "SessionNotOnOrAfter")?,
            class_ref: class_ref.filter(|class| !class.is_empty()),
        })
    }
}

/// Structured values have at most this many bytes together, which is what a whole message may have.
const MAX_STRUCTURED: usize = Limits::MESSAGE.bytes;

/// `room` is what is left of [`MAX_STRUCTURED`].
fn attribute_statement(
    element: Element<'_>,
    attributes: &mut Vec<Attribute>,
    room: &mut usize,
) -> Result<(), ReadError> {
    let mut children = Children::of(element)?;
    while let Some(child) = children.any() {
        if child.is(ns::ASSERTION, "Attribute") {
            attributes.push(attribute(child, room)?);
        } else if !child.is(ns::ASSERTION, "EncryptedAttribute") {
            return Err(ReadError::Content(ContentError {
                parent: element.local().to_owned(),
                problem: ContentProblem::Unexpected { got: child.local().to_owned() },
                position: child.position(),
            }));
        }
    }
    Ok(())
}

fn attribute(element: Element<'_>, room: &mut usize) -> Result<Attribute, ReadError> {
    let mut children = Children::of(element)?;
    let mut values = Vec::with_capacity(1);
    while let Some(value) = children.optional(ns::ASSERTION, "AttributeValue") {
        values.push(attribute_value(value, room)?);
    }
    children.end()?;
    Ok(Attribute {
        // Empty where somebody forgot to fill a field at the identity provider: nothing is mapped from it.
        name: read::present(element, "Name")?.to_owned(),
        friendly_name: element.attribute("FriendlyName").map(str::to_owned),
        name_format: element.attribute("NameFormat").map(AttributeNameFormat::from_uri),
        values,
    })
}

/// Text, with CDATA counted as its text; a value with child elements is kept but never mapped;
/// a comment is refused anywhere in a value (A04.1–5).
fn attribute_value(element: Element<'_>, room: &mut usize) -> Result<AttributeValue, ReadError> {
    if element.children().next().is_some() {
        return structured(element, room);
    }
    let content = element.content()?;
    if matches!(element.attribute_ns(ns::XSI, "nil"), Some("true" | "1")) {
        return Ok(AttributeValue::Nil);
    }
    Ok(AttributeValue::Text(content.into_owned()))
}

/// A value with child elements, as canonical XML, to be shown and not to be mapped.
fn structured(element: Element<'_>, room: &mut usize) -> Result<AttributeValue, ReadError> {
    for below in element.descendants() {
        if below.nodes().any(|node| matches!(node, Node::Comment(_))) {
            return Err(ReadError::Value(ValueError {
                element: element.local().to_owned(),
                found: Foreign::Comment,
                position: below.position(),
            }));
        }
    }
    let too_long = || ReadError::Structured { element: element.local().to_owned(), most: MAX_STRUCTURED };
    let canonical = c14n::canonicalize(element, &Method::Exclusive.into(), None).map_err(|_| too_long())?;
    *room = room.checked_sub(canonical.len()).ok_or_else(too_long)?;
    Ok(AttributeValue::Structured(canonical))
}
