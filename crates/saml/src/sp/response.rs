//! The `Response` around the assertion: where things may stand, and what its header says.

use jiff::Timestamp;
use vestibule_xmlsec::{Children, Element};

use crate::read::{self, Issuer, ReadError};
use crate::types::{Status, ns};

/// A `Response` without its assertions (SAML Core §3.3.3).
#[derive(Debug)]
pub(super) struct Response<'a> {
    pub(super) issue_instant: Timestamp,
    pub(super) destination: Option<&'a str>,
    pub(super) in_response_to: Option<&'a str>,
    pub(super) issuer: Option<Issuer<'a>>,
    pub(super) status: Status,
}

/// The facts of a checked header that later steps compare with the assertion.
#[derive(Debug)]
pub(super) struct HeaderFacts {
    pub(super) issue_instant: Timestamp,
    pub(super) in_response_to: Option<String>,
}

impl<'a> Response<'a> {
    /// Reads the header; every child must be one that the schema has, in its order.
    pub(super) fn read(root: Element<'a>) -> Result<Self, ReadError> {
        read::version(root)?;
        read::required(root, "ID")?;
        let mut children = Children::of(root)?;
        let issuer = children.optional(ns::ASSERTION, "Issuer").map(Issuer::read).transpose()?;
        children.optional(ns::DSIG, "Signature");
        children.optional(ns::PROTOCOL, "Extensions");
        let status = read::status(children.required(ns::PROTOCOL, "Status")?)?;
        while children.peek().is_some_and(is_assertion) {
            children.any();
        }
        children.end()?;
        Ok(Self {
            issue_instant: read::time(root, "IssueInstant")?,
            destination: root.attribute("Destination"),
            in_response_to: root.attribute("InResponseTo"),
            issuer,
            status,
        })
    }
}

impl Response<'_> {
    /// What is needed of the header once the tree that it was read from is gone.
    pub(super) fn into_facts(self) -> HeaderFacts {
        HeaderFacts { issue_instant: self.issue_instant, in_response_to: self.in_response_to.map(str::to_owned) }
    }
}

/// Whether this is an assertion, plain or encrypted.
pub(super) fn is_assertion(element: Element<'_>) -> bool {
    element.is(ns::ASSERTION, "Assertion") || element.is(ns::ASSERTION, "EncryptedAssertion")
}

/// What must be known of a whole document before any part of it is believed, found in one pass.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    /// The assertions, wherever they hide.
    pub(super) assertions: Vec<Element<'a>>,
    /// The first signature that is neither the root's own nor that of an assertion in it.
    pub(super) stray_signature: Option<Element<'a>>,
    /// The first attribute that only looks like one of SAML's.
    pub(super) look_alike: Option<ReadError>,
}

impl<'a> Survey<'a> {
    pub(super) fn of(root: Element<'a>) -> Self {
        let mut survey = Self { assertions: Vec::with_capacity(1), stray_signature: None, look_alike: None };
        for element in root.descendants() {
            if survey.look_alike.is_none() {
                survey.look_alike = read::look_alike(element);
            }
            match element.local() {
                "Assertion" | "EncryptedAssertion" if element.namespace() == ns::ASSERTION => {
                    survey.assertions.push(element);
                }
                "Signature" if element.namespace() == ns::DSIG && !is_at_home(element, root) => {
                    survey.stray_signature.get_or_insert(element);
                }
                _ => {}
            }
        }
        survey
    }
}

/// Whether a signature is a child of the root or of an assertion that is a child of the root.
fn is_at_home(signature: Element<'_>, root: Element<'_>) -> bool {
    signature.parent().is_some_and(|parent| {
        parent == root || (parent.is(ns::ASSERTION, "Assertion") && parent.parent() == Some(root))
    })
}
