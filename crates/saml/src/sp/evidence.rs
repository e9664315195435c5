//! What a key that we trust vouches for. An assertion is read from [`Evidence`] and from nothing
//! else, and only this module can make one.

use vestibule_xmlsec::algorithms::{AlgorithmError, DigestAlgorithm, SignatureAlgorithm};
use vestibule_xmlsec::dsig::{self, SignatureError, Signed};
use vestibule_xmlsec::{Document, Element};

use super::decryption::{Decryption, Undecrypted};
use super::report::{Fact, Steps};
use super::response::{Survey, is_assertion};
use super::{Expectation, ExpiredCertificate, Reason, Refusal, RequireSigned, SigningCertificate, Step};
use crate::read;
use crate::types::ns;

/// The one assertion of a response, as far as a trusted signature covers it.
pub(super) enum Evidence {
    /// The assertion's own signature.
    Assertion(Signed),
    /// The response's signature, which covers the assertion in it.
    Response(Signed),
    /// The response's signature, which covers the ciphertext that this was decrypted from.
    Ciphertext(Document),
}

impl Evidence {
    /// The assertion, in a tree that has nothing but what was signed.
    pub(super) fn assertion(&self) -> Option<Element<'_>> {
        match self {
            Self::Assertion(signed) => Some(signed.root()),
            Self::Response(signed) => signed.root().children().find(|e| e.is(ns::ASSERTION, "Assertion")),
            Self::Ciphertext(document) => Some(document.root()),
        }
    }
}

/// Verifies the response's own signature, where it has one.
pub(super) fn response_signature(
    root: Element<'_>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<Option<Signed>, Refusal> {
    signature(Step::ResponseSignature, root, expect, steps)
}

/// From the response to its one assertion and what vouches for it.
///
/// `received` is the assertion in the document as it came, in which its own signature is verified:
/// the namespaces around it may be part of what it covers.
pub(super) fn assertion(
    received: Option<Element<'_>>,
    response: Option<Signed>,
    expect: &Expectation<'_>,
    decryption: &mut Decryption<'_>,
    steps: &mut Steps,
) -> Result<Evidence, Refusal> {
    let Some(received) = received else {
        return Err(steps.refuse(Step::OneAssertion, Reason::NoAssertion, "none", "one"));
    };
    let is_encrypted = received.is(ns::ASSERTION, "EncryptedAssertion");
    steps.pass(Step::OneAssertion, if is_encrypted { "one, encrypted" } else { "one" }, "one");

    let decrypted = if is_encrypted {
        // The response's signature must cover the very ciphertext that is decrypted (A13.1).
        let signed = response.as_ref().and_then(|signed| signed.root().children().find(|&e| is_assertion(e)));
        Some(decrypt(signed.unwrap_or(received), decryption, steps)?)
    } else {
        steps.pass(Step::Decryption, "not encrypted", Fact::Nothing);
        None
    };
    let element = decrypted.as_ref().map_or(received, Document::root);
    let own = signature(Step::AssertionSignature, element, expect, steps)?;
    policy(response.is_some(), own.is_some(), expect.require_signed, steps)?;
    certificate(response.as_ref().into_iter().chain(own.as_ref()), expect, steps)?;
    match (own, response, decrypted) {
        (Some(own), ..) => Ok(Evidence::Assertion(own)),
        (None, Some(_), Some(decrypted)) => Ok(Evidence::Ciphertext(decrypted)),
        (None, Some(response), None) => Ok(Evidence::Response(response)),
        // `policy` has refused this already; without a signature there is nothing to give back.
        (None, None, _) => {
            Err(Refusal { reason: Reason::NotSigned, step: Step::SignaturePolicy, got: None, want: None })
        }
    }
}

/// Decrypts an `EncryptedAssertion`; the plaintext is a document of its own under the same rules.
fn decrypt(encrypted: Element<'_>, decryption: &mut Decryption<'_>, steps: &mut Steps) -> Result<Document, Refusal> {
    let document = decryption
        .decrypt(encrypted)
        .map_err(|failure| steps.refuse(Step::Decryption, failure.reason, failure.got.as_deref(), Fact::Nothing))?;
    let root = document.root();
    let survey = Survey::of(root);
    let is_one_assertion = root.is(ns::ASSERTION, "Assertion")
        && survey.assertions.len() == 1
        && survey.stray_signature.is_none()
        && survey.look_alike.is_none()
        && read::plain_values(root).is_ok();
    if !is_one_assertion {
        // What a plaintext looks like is not told to whoever sent the ciphertext (A13.5).
        let failure = Undecrypted::in_general();
        return Err(steps.refuse(Step::Decryption, failure.reason, failure.got.as_deref(), Fact::Nothing));
    }
    steps.pass(Step::Decryption, "decrypted", Fact::Nothing);
    Ok(document)
}

/// Verifies an element's own signature, where it has one.
fn signature(
    step: Step,
    element: Element<'_>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<Option<Signed>, Refusal> {
    if !dsig::is_signed(element) {
        steps.pass(step, "not signed", Fact::Nothing);
        return Ok(None);
    }
    match dsig::verify(element, expect.idp.keys(), &expect.algorithms) {
        Ok(signed) => {
            let algorithm = signed.algorithm().uri();
            if signed.algorithm() == SignatureAlgorithm::RsaSha1 || signed.digest() == DigestAlgorithm::Sha1 {
                steps.warn(step, "SHA-1 is weak and only allowed for now", algorithm);
            } else {
                steps.pass(step, algorithm, Fact::Nothing);
            }
            Ok(Some(signed))
        }
        Err(error) => {
            let want = match error {
                SignatureError::NoKeyMatches { .. } => Some(thumbprints(expect)),
                _ => None,
            };
            Err(steps.refuse(step, reason(&error), &error.to_string(), want.as_deref()))
        }
    }
}

fn thumbprints(expect: &Expectation<'_>) -> String {
    let list: Vec<&str> = expect.idp.certificates().iter().map(|c| c.thumbprint.as_str()).collect();
    format!("the key of {}", list.join(" or "))
}

/// The reason by which a person finds the way from a signature error to its cause.
fn reason(error: &SignatureError) -> Reason {
    match error {
        SignatureError::ReferenceUri { .. } | SignatureError::References { .. } | SignatureError::NoId { .. } => {
            Reason::SignatureReference
        }
        SignatureError::Transform { .. } | SignatureError::CanonicalizationMethod { .. } => Reason::SignatureTransform,
        SignatureError::Algorithm(AlgorithmError::Sha1Refused { .. }) => Reason::Sha1NotAllowed,
        SignatureError::Algorithm(_) => Reason::AlgorithmNotAccepted,
        SignatureError::NoKeyMatches { .. } => Reason::NoKeyMatches,
        SignatureError::DigestMismatch => Reason::DigestMismatch,
        SignatureError::Canonicalization(_) | SignatureError::Reparse(_) => Reason::TooComplex,
        _ => Reason::SignatureMalformed,
    }
}

/// That what the connection wants signed is signed.
fn policy(response: bool, assertion: bool, require: RequireSigned, steps: &mut Steps) -> Result<(), Refusal> {
    let want = match require {
        RequireSigned::Assertion => "the assertion",
        RequireSigned::Response => "the response",
        RequireSigned::Both => "the response and the assertion",
        RequireSigned::Either => "the response or the assertion",
    };
    let got = match (response, assertion) {
        (true, true) => "the response and the assertion",
        (true, false) => "the response",
        (false, true) => "the assertion",
        (false, false) => "nothing",
    };
    let reason = match (require, response, assertion) {
        (_, false, false) => Reason::NotSigned,
        (RequireSigned::Assertion | RequireSigned::Both, _, false) => Reason::AssertionNotSigned,
        (RequireSigned::Response | RequireSigned::Both, false, _) => Reason::ResponseNotSigned,
        _ => {
            steps.pass(Step::SignaturePolicy, got, want);
            return Ok(());
        }
    };
    Err(steps.refuse(Step::SignaturePolicy, reason, got, want))
}

/// That the certificates whose keys signed are within their validity, or that the policy says not
/// to mind (E-50, E-61).
fn certificate<'a>(
    signed: impl Iterator<Item = &'a Signed>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    let mut matched = None;
    for signed in signed {
        let Some(certificate) = certificate_of(signed, expect) else { continue };
        let (reason, when) = if expect.now > certificate.not_after {
            (Reason::CertificateExpired, format!("valid until {}", certificate.not_after))
        } else if expect.now < certificate.not_before {
            (Reason::CertificateNotYetValid, format!("valid from {}", certificate.not_before))
        } else {
            matched = Some(certificate.thumbprint.as_str());
            continue;
        };
        let got = format!("{}, {when}", certificate.thumbprint);
        match expect.expired_certificate {
            ExpiredCertificate::Refuse => {
                let want = format!("a certificate that is valid at {}", expect.now);
                return Err(steps.refuse(Step::Certificate, reason, &got, &want));
            }
            ExpiredCertificate::Warn => {
                steps.warn(Step::Certificate, reason.sentence(), &got);
                return Ok(());
            }
        }
    }
    steps.pass(Step::Certificate, matched, Fact::Nothing);
    Ok(())
}

/// The certificate of the key that signed. A certificate may be renewed for the same key, and both be
/// configured: then the one that is valid now counts.
fn certificate_of<'a>(signed: &Signed, expect: &'a Expectation<'_>) -> Option<&'a SigningCertificate> {
    let (keys, certificates) = (expect.idp.keys(), expect.idp.certificates());
    let key = keys.key(signed.key())?;
    let is_valid = |c: &&SigningCertificate| c.not_before <= expect.now && expect.now <= c.not_after;
    let mut renewed =
        keys.iter().zip(certificates).filter(|(other, _)| *other == key).map(|(_, certificate)| certificate);
    renewed.find(is_valid).or_else(|| certificates.get(signed.key()))
}

/// That assertions and signatures stand only where this module will find them (A01), and that no
/// attribute only looks like one of SAML's (A12.3), and that no value is put together with comments
/// or CDATA (A04). Returns the one assertion, if there is one.
pub(super) fn positions<'a>(root: Element<'a>, steps: &mut Steps) -> Result<Option<Element<'a>>, Refusal> {
    let survey = Survey::of(root);
    let mut refuse = |reason, got: String| Err(steps.refuse(Step::Positions, reason, &got, Fact::Nothing));
    let found = |stray: Element<'_>| format!("{} at {}", path(stray), stray.position());
    if let Some(&stray) = survey.assertions.iter().find(|assertion| assertion.parent() != Some(root)) {
        return refuse(Reason::MisplacedAssertion, found(stray));
    }
    if survey.assertions.len() > 1 {
        return refuse(Reason::SeveralAssertions, survey.assertions.len().to_string());
    }
    if let Some(stray) = survey.stray_signature {
        return refuse(Reason::MisplacedSignature, found(stray));
    }
    if let Some(error) = survey.look_alike {
        return refuse(Reason::LookAlikeAttribute, error.to_string());
    }
    if let Err(error) = read::plain_values(root) {
        return refuse(Reason::ValueNotText, error.to_string());
    }
    steps.pass(Step::Positions, Fact::Nothing, Fact::Nothing);
    Ok(survey.assertions.first().copied())
}

/// Local names from the root to an element, for a person.
fn path(element: Element<'_>) -> String {
    let mut names: Vec<&str> = std::iter::successors(Some(element), |e| e.parent()).map(Element::local).collect();
    names.reverse();
    names.join("/").chars().take(200).collect()
}
