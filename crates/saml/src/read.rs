//! Tree to values: each child in the order of the schema, each value one run of text, each time
//! strict. What several messages share stands here; each message's own grammar stands beside it.

use jiff::Timestamp;
use vestibule_xmlsec::{Children, ContentError, Element, Foreign, Node, ValueError};

use crate::time::{self, TimeError};
use crate::types::{NameId, NameIdFormat, Status, StatusCode, ns};

/// Why a message or a part of it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Children that the schema does not have, or not so.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// A value that is not one run of text (A04).
    #[error(transparent)]
    Value(#[from] ValueError),
    /// An attribute that must be there.
    #[error("{element} has no attribute {attribute}")]
    AttributeMissing {
        /// Local name of the element.
        element: String,
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// An attribute with a namespace that is called like one of SAML's (A12.3).
    #[error("{element} has an attribute {attribute} with a namespace, which only looks like SAML's own")]
    LookAlike {
        /// Local name of the element.
        element: String,
        /// Local name of the attribute.
        attribute: String,
    },
    /// A time that is not a strict xs:dateTime in UTC.
    #[error("{element} has an unreadable {attribute}: {error}")]
    Time {
        /// Local name of the element.
        element: String,
        /// Name of the attribute.
        attribute: &'static str,
        /// What is wrong with it.
        error: TimeError,
    },
    /// A version other than 2.0.
    #[error("{element} has version {got:?}; only 2.0 is read")]
    Version {
        /// Local name of the element.
        element: String,
        /// The version.
        got: String,
    },
    /// Structured values that are too long together. Their XML may repeat what is declared around
    /// them, so the bound on the message is none on them (A21.2).
    #[error("the values with child elements are longer than {most} bytes in {element}")]
    Structured {
        /// Local name of the element in which the bound is passed.
        element: String,
        /// The bound.
        most: usize,
    },
    /// A value that is empty where something must stand.
    #[error("{element} is empty")]
    Empty {
        /// Local name of the element.
        element: String,
    },
}

/// The value of an attribute that must be there and not be empty.
pub(crate) fn required<'a>(element: Element<'a>, attribute: &'static str) -> Result<&'a str, ReadError> {
    Some(present(element, attribute)?)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ReadError::AttributeMissing { element: element.local().to_owned(), attribute })
}

/// The value of an attribute that must be there, though it may be empty.
pub(crate) fn present<'a>(element: Element<'a>, attribute: &'static str) -> Result<&'a str, ReadError> {
    element
        .attribute(attribute)
        .ok_or_else(|| ReadError::AttributeMissing { element: element.local().to_owned(), attribute })
}

/// The time in an attribute, if it is there.
pub(crate) fn optional_time(element: Element<'_>, attribute: &'static str) -> Result<Option<Timestamp>, ReadError> {
    let Some(text) = element.attribute(attribute) else { return Ok(None) };
    match time::parse(text) {
        Ok(time) => Ok(Some(time)),
        Err(error) => Err(ReadError::Time { element: element.local().to_owned(), attribute, error }),
    }
}

/// The time in an attribute that must be there.
pub(crate) fn time(element: Element<'_>, attribute: &'static str) -> Result<Timestamp, ReadError> {
    optional_time(element, attribute)?
        .ok_or_else(|| ReadError::AttributeMissing { element: element.local().to_owned(), attribute })
}

/// The text of an element that must not be empty or white space alone.
pub(crate) fn text(element: Element<'_>) -> Result<&str, ReadError> {
    match element.text()? {
        text if text.trim_ascii().is_empty() => Err(ReadError::Empty { element: element.local().to_owned() }),
        text => Ok(text),
    }
}

/// That `Version` is 2.0 (SAML Core §2.3.3, §3.2.1).
pub(crate) fn version(element: Element<'_>) -> Result<(), ReadError> {
    match required(element, "Version")? {
        "2.0" => Ok(()),
        got => Err(ReadError::Version { element: element.local().to_owned(), got: got.to_owned() }),
    }
}

/// An `Issuer` as a message says it: the name and, rarely, its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issuer<'a> {
    pub(crate) name: &'a str,
    format: Option<&'a str>,
}

impl<'a> Issuer<'a> {
    pub(crate) fn read(element: Element<'a>) -> Result<Self, ReadError> {
        Ok(Self { name: text(element)?, format: element.attribute("Format") })
    }

    /// Whether the format is that of an entity, said or implied (SAML Core §2.2.5).
    pub(crate) fn is_entity(&self) -> bool {
        self.format.is_none_or(|format| format == NameIdFormat::ENTITY.as_str())
    }
}

/// A `NameID` with all that qualifies it (SAML Core §2.2.2).
pub(crate) fn name_id(element: Element<'_>) -> Result<NameId, ReadError> {
    let owned = |attribute| element.attribute(attribute).map(str::to_owned);
    Ok(NameId {
        value: text(element)?.to_owned(),
        format: element.attribute("Format").map(NameIdFormat::from_uri),
        name_qualifier: owned("NameQualifier"),
        sp_name_qualifier: owned("SPNameQualifier"),
        sp_provided_id: owned("SPProvidedID"),
    })
}

/// A `Status`: one code at the top, at most one below each, a message, a detail (SAML Core §3.2.2).
pub(crate) fn status(element: Element<'_>) -> Result<Status, ReadError> {
    let mut children = Children::of(element)?;
    let top = children.required(ns::PROTOCOL, "StatusCode")?;
    let message = children.optional(ns::PROTOCOL, "StatusMessage");
    children.optional(ns::PROTOCOL, "StatusDetail");
    children.end()?;
    let mut sub_codes = Vec::new();
    let mut code = top;
    loop {
        let mut below = Children::of(code)?;
        let Some(next) = below.optional(ns::PROTOCOL, "StatusCode") else {
            below.end()?;
            break;
        };
        below.end()?;
        sub_codes.push(StatusCode::from_uri(required(next, "Value")?));
        code = next;
    }
    Ok(Status {
        code: StatusCode::from_uri(required(top, "Value")?),
        sub_codes,
        message: message.map(|message| message.text().map(str::to_owned)).transpose()?,
    })
}

/// The attributes that SAML defines, all without a namespace.
const SAML_ATTRIBUTES: [&str; 24] = [
    "ID",
    "Version",
    "IssueInstant",
    "Destination",
    "Consent",
    "InResponseTo",
    "Recipient",
    "NotBefore",
    "NotOnOrAfter",
    "Method",
    "Format",
    "NameQualifier",
    "SPNameQualifier",
    "SPProvidedID",
    "Name",
    "NameFormat",
    "FriendlyName",
    "AuthnInstant",
    "SessionIndex",
    "SessionNotOnOrAfter",
    "Value",
    "Address",
    "Count",
    "Reason",
];

/// That an element of SAML's has no attribute with a namespace that is called like one of SAML's
/// own: somebody would read it in its place (A12.3).
pub(crate) fn look_alike(element: Element<'_>) -> Option<ReadError> {
    let stranger = element.attributes().find(|attribute| {
        attribute.is_qualified()
            && !matches!(attribute.namespace(), ns::XSI | ns::XML)
            && SAML_ATTRIBUTES.iter().any(|name| name.eq_ignore_ascii_case(attribute.local()))
    })?;
    let is_saml = matches!(element.namespace(), ns::ASSERTION | ns::PROTOCOL);
    is_saml
        .then(|| ReadError::LookAlike { element: element.local().to_owned(), attribute: stranger.local().to_owned() })
}

/// That no element in the subtree has such an attribute.
pub(crate) fn no_look_alikes(root: Element<'_>) -> Result<(), ReadError> {
    root.descendants().find_map(look_alike).map_or(Ok(()), Err)
}

/// That no value below `root` is put together with comments or CDATA sections (A04).
///
/// This must be asked of a message as it was received: canonicalisation drops comments and turns
/// CDATA into text, so that the signed form does not show them any more. Comments between elements
/// are harmless; in an `AttributeValue` CDATA counts as its text and a comment is refused anywhere.
pub(crate) fn plain_values(root: Element<'_>) -> Result<(), ReadError> {
    if !root.has_comments_or_cdata() {
        return Ok(());
    }
    // Elements still to come of the outermost `AttributeValue`, so that nested ones cost no more.
    let mut of_value = 0_usize;
    for element in root.descendants() {
        if of_value == 0 && element.is(ns::ASSERTION, "AttributeValue") {
            of_value = element.descendants().count();
        }
        if of_value > 0 {
            of_value -= 1;
            refuse(element, |node| matches!(node, Node::Comment(_)), Foreign::Comment)?;
        } else {
            refuse(element, |node| matches!(node, Node::Cdata(_)), Foreign::Cdata)?;
            let has_text = |node| matches!(node, Node::Text(text) if !text.trim_ascii().is_empty());
            if element.nodes().any(has_text) {
                refuse(element, |node| matches!(node, Node::Comment(_)), Foreign::Comment)?;
            }
        }
    }
    Ok(())
}

fn refuse(element: Element<'_>, is_foreign: impl Fn(Node<'_>) -> bool, found: Foreign) -> Result<(), ReadError> {
    if !element.nodes().any(is_foreign) {
        return Ok(());
    }
    Err(ReadError::Value(ValueError { element: element.local().to_owned(), found, position: element.position() }))
}
