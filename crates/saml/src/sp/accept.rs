//! Whether a response signs somebody in: the list of checks, in order, from octets to a verdict.

use vestibule_xmlsec::{Document, Element, Limits, Malformation};

use super::assertion::Assertion;
use super::decryption::Decryption;
use super::evidence::{self, Evidence};
use super::report::{Fact, Report, Steps};
use super::response::Response;
use super::{AcceptedAssertion, Expectation, Reason, Refusal, Step, bearer, identity, rules};
use crate::binding::post::{self, PostError};
use crate::read::ReadError;
use crate::types::ns;

/// What became of a response.
///
/// The report is for the account's own people. Whoever sent the response is shown one and the same
/// refusal whatever the reason, above all where the assertion was encrypted: which step a changed
/// ciphertext fails at would decrypt it for strangers (A13.5).
#[derive(Debug)]
pub struct Verdict {
    /// The assertion, or the first check that failed.
    pub outcome: Result<AcceptedAssertion, Refusal>,
    /// Every check.
    pub report: Report,
}

/// Checks the value of the form field `SAMLResponse`, which is base64 (SAML Bindings §3.5.4).
/// Pure: the same octets, the same expectation, the same verdict.
pub fn accept_post(field: &[u8], expect: &Expectation<'_>) -> Verdict {
    let mut steps = Steps::new();
    let outcome = decode(field, &mut steps).and_then(|xml| check(&xml, expect, &mut steps));
    Verdict { outcome, report: steps.into_report() }
}

/// Checks a response that is XML already. Pure, as [`accept_post`].
pub fn accept(xml: &[u8], expect: &Expectation<'_>) -> Verdict {
    let mut steps = Steps::new();
    steps.pass(Step::Decoding, "XML", Fact::Nothing);
    let outcome = check(xml, expect, &mut steps);
    Verdict { outcome, report: steps.into_report() }
}

fn check(xml: &[u8], expect: &Expectation<'_>, steps: &mut Steps) -> Result<AcceptedAssertion, Refusal> {
    let document = parse(xml, steps)?;
    let root = response_root(&document, steps)?;
    let received = evidence::positions(root, steps)?;
    let signed = evidence::response_signature(root, expect, steps)?;
    // Where the response is signed, only what was signed is read of it.
    let header = Response::read(signed.as_ref().map_or(root, |signed| signed.root()));
    let header = structure(Step::Structure, header, steps)?;
    rules::status(&header, steps)?;
    rules::destination(&header, signed.is_some(), expect, steps)?;
    rules::response_issuer(&header, signed.is_some(), received, expect, steps)?;
    let header = header.into_facts();

    let mut decryption = Decryption::new(expect);
    let evidence = evidence::assertion(received, signed, expect, &mut decryption, steps)?;
    let mut assertion = assertion(&evidence, steps)?;
    let attributes = std::mem::take(&mut assertion.attributes);
    rules::assertion_issuer(&assertion, expect, steps)?;
    rules::issue_instant(header.issue_instant, &assertion, expect, steps)?;
    let conditions = rules::conditions(&assertion, expect, steps)?;
    rules::audience(conditions, expect, steps)?;
    let (subject, name_id) = identity::subject(&assertion, expect, &mut decryption, steps)?;
    let confirmed_until = bearer::check(&subject.confirmations, header.in_response_to.as_deref(), expect, steps)?;
    rules::authentication(&assertion, expect, steps)?;
    rules::authentication_age(&assertion, expect, steps)?;
    let authentication = rules::authn_context(&assertion, expect, steps)?;
    rules::tenant(&attributes, expect, steps)?;
    let replay = rules::replay(&assertion, conditions, confirmed_until, expect, steps)?;
    Ok(identity::accepted(&assertion, name_id, authentication, attributes, replay))
}

fn decode(field: &[u8], steps: &mut Steps) -> Result<Vec<u8>, Refusal> {
    match post::decode(field) {
        Ok(xml) => {
            steps.pass(Step::Decoding, "base64", Fact::Nothing);
            Ok(xml)
        }
        Err(error) => {
            let reason = match error {
                PostError::MessageTooLong { .. } | PostError::BodyTooLong { .. } => Reason::TooLarge,
                _ => Reason::NotBase64,
            };
            Err(steps.refuse(Step::Decoding, reason, &error.to_string(), "base64"))
        }
    }
}

fn parse(xml: &[u8], steps: &mut Steps) -> Result<Document, Refusal> {
    match Document::parse(xml, &Limits::MESSAGE) {
        Ok(document) => {
            steps.pass(Step::Xml, Fact::Nothing, Fact::Nothing);
            Ok(document)
        }
        Err(error) => {
            let reason = malformed(&error.malformation);
            Err(steps.refuse(Step::Xml, reason, &error.to_string(), Fact::Nothing))
        }
    }
}

/// The reason by which a person finds the way from a malformation to its cause.
fn malformed(malformation: &Malformation) -> Reason {
    match malformation {
        Malformation::TooLong { .. } => Reason::TooLarge,
        Malformation::TooDeep { .. }
        | Malformation::TooManyAttributes { .. }
        | Malformation::TooManyNamespaces { .. }
        | Malformation::TooManyNodes { .. } => Reason::TooComplex,
        Malformation::NotUtf8
        | Malformation::OtherEncoding { .. }
        | Malformation::DeclaredEncoding { .. }
        | Malformation::Version { .. } => Reason::Encoding,
        Malformation::DocumentType => Reason::DocumentType,
        Malformation::Entity { .. } => Reason::Entity,
        Malformation::ProcessingInstruction => Reason::ProcessingInstruction,
        Malformation::DuplicateId { .. } => Reason::DuplicateId,
        Malformation::DuplicateAttribute { .. } => Reason::DuplicateAttribute,
        Malformation::DuplicateNamespace { .. }
        | Malformation::UnboundPrefix { .. }
        | Malformation::ReservedNamespace { .. }
        | Malformation::UndeclaredPrefix { .. }
        | Malformation::NamespaceName { .. }
        | Malformation::RelativeNamespace { .. } => Reason::Namespace,
        _ => Reason::MalformedXml,
    }
}

/// That the root is `Response` of the SAML 2.0 protocol, by namespace and name (A18.3, A22.1).
fn response_root<'a>(document: &'a Document, steps: &mut Steps) -> Result<Element<'a>, Refusal> {
    let root = document.root();
    if root.is(ns::PROTOCOL, "Response") {
        steps.pass(Step::Message, "Response", Fact::Nothing);
        return Ok(root);
    }
    let got = format!("{} in namespace {:?}", root.local(), root.namespace());
    let got: String = got.chars().take(200).collect();
    let is_saml_1 = root.is(ns::PROTOCOL_1_0, "Response") || root.is(ns::PROTOCOL_1_1, "Response");
    let reason = if is_saml_1 { Reason::Version } else { Reason::NotAResponse };
    Err(steps.refuse(Step::Message, reason, &got, "Response of SAML 2.0"))
}

fn assertion<'a>(evidence: &'a Evidence, steps: &mut Steps) -> Result<Assertion<'a>, Refusal> {
    let Some(element) = evidence.assertion() else {
        // The response's signature covers no assertion although one stands in the response.
        return Err(steps.refuse(Step::AssertionStructure, Reason::NoAssertion, Fact::Nothing, Fact::Nothing));
    };
    structure(Step::AssertionStructure, Assertion::read(element), steps)
}

/// Records whether a part of the message could be read.
fn structure<T>(step: Step, read: Result<T, ReadError>, steps: &mut Steps) -> Result<T, Refusal> {
    match read {
        Ok(part) => {
            steps.pass(step, Fact::Nothing, Fact::Nothing);
            Ok(part)
        }
        Err(error) => {
            let reason = match error {
                ReadError::Value(_) => Reason::ValueNotText,
                ReadError::Time { .. } => Reason::BadTime,
                ReadError::Version { .. } => Reason::Version,
                ReadError::Structured { .. } => Reason::TooComplex,
                _ => Reason::MalformedMessage,
            };
            Err(steps.refuse(step, reason, &error.to_string(), Fact::Nothing))
        }
    }
}
