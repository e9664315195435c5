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
        read::no_look_alikes(root)?;
        let mut children = Children::of(root)?;
        let issuer = children.optional(ns::ASSERTION, "Issuer").map(Issuer::read).transpose()?;
        children.optional(ns::DSIG, "Signature");
        children.optional(ns::PROTOCOL, "Extensions");
        let status = read::status(children.required(ns::PROTOCOL, "Status")?)?;
        while is_assertion_like(children.peek()) {
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

fn is_assertion_like(element: Option<Element<'_>>) -> bool {
    element.is_some_and(|e| e.is(ns::ASSERTION, "Assertion") || e.is(ns::ASSERTION, "EncryptedAssertion"))
}

/// The assertions of a document, wherever they hide.
pub(super) fn assertions_anywhere(root: Element<'_>) -> impl Iterator<Item = Element<'_>> {
    root.descendants().filter(|&element| is_assertion_like(Some(element)))
}

/// A `Signature` that is not a child of the response or of its assertion, where nothing may read it.
pub(super) fn misplaced_signature(root: Element<'_>) -> Option<Element<'_>> {
    root.descendants().filter(|element| element.is(ns::DSIG, "Signature")).find(|signature| {
        let parent = signature.parent();
        let of_response = parent == Some(root);
        let of_assertion = parent.is_some_and(|p| p.is(ns::ASSERTION, "Assertion") && p.parent() == Some(root));
        !of_response && !of_assertion
    })
}
