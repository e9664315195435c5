//! The grammar of `ds:Signature` and `ds:SignedInfo`: each child once, in order, nothing else.

use super::{ENVELOPED, NAMESPACE, SignatureError};
use crate::algorithms::{Algorithms, DigestAlgorithm, SignatureAlgorithm};
use crate::base64;
use crate::c14n::{Canonicalization, Method};
use crate::children::Children;
use crate::tree::{Attribute, Element, XML_NAMESPACE};

/// What stands in a `Signature` outside its `SignedInfo`.
pub(super) struct Parts<'a> {
    pub(super) signed_info: Element<'a>,
    pub(super) value: Vec<u8>,
}

/// What a `SignedInfo` says, once it is read from octets that the signature covers.
pub(super) struct SignedInfo {
    pub(super) canonicalization: Canonicalization,
    pub(super) algorithm: SignatureAlgorithm,
    pub(super) reference_uri: Option<String>,
    pub(super) content: Canonicalization,
    pub(super) digest: DigestAlgorithm,
    pub(super) digest_value: Vec<u8>,
}

/// The one `Signature` that is a direct child of `element`.
pub(super) fn signature_of(element: Element<'_>) -> Result<Element<'_>, SignatureError> {
    let mut signatures = element.children().filter(|child| child.is(NAMESPACE, "Signature"));
    let name = || element.local().to_owned();
    match (signatures.next(), signatures.count()) {
        (Some(signature), 0) => Ok(signature),
        (Some(_), more) => Err(SignatureError::Several { element: name(), got: more + 1 }),
        (None, _) => Err(SignatureError::Missing { element: name() }),
    }
}

/// `SignedInfo`, `SignatureValue`, `KeyInfo?` and nothing else. `KeyInfo` is not even looked into.
pub(super) fn parts(signature: Element<'_>) -> Result<Parts<'_>, SignatureError> {
    if signature.children().any(|child| child.is(NAMESPACE, "Object")) {
        return Err(SignatureError::Object);
    }
    let mut children = Children::of(signature)?;
    let signed_info = children.required(NAMESPACE, "SignedInfo")?;
    let value = octets(children.required(NAMESPACE, "SignatureValue")?)?;
    children.optional(NAMESPACE, "KeyInfo");
    children.end()?;
    attributes(signature, &["Id"])?;
    Ok(Parts { signed_info, value })
}

/// A `SignedInfo` up to this length cannot cost a stranger's host much: it has few elements, a prefix
/// list of at most as many prefixes as may be in scope, and a canonical form that is bounded by
/// [`Limits::canonical_bytes`](crate::Limits::canonical_bytes). Known ones have about a thousand octets.
const SHORT: usize = 8 * 1024;

/// How `SignedInfo` itself is canonicalised. A long one, or one with what its canonical form will not
/// show any more, must follow the grammar before any work is done on it for a stranger (A07.1, A21).
pub(super) fn canonicalization_of(
    signed_info: Element<'_>,
    algorithms: Algorithms,
) -> Result<Canonicalization, SignatureError> {
    if signed_info.source_range().len() > SHORT || signed_info.has_comments_or_cdata() {
        return Ok(self::signed_info(signed_info, algorithms)?.canonicalization);
    }
    canonicalization(Children::of(signed_info)?.required(NAMESPACE, "CanonicalizationMethod")?)
}

/// The algorithm that `SignedInfo` names, checked against the policy before any key is used.
pub(super) fn signed_info(signed_info: Element<'_>, algorithms: Algorithms) -> Result<SignedInfo, SignatureError> {
    let mut children = Children::without_comments(signed_info)?;
    // Inclusive canonicalisation gives it the `xml:` attributes of its ancestors.
    known_attributes(signed_info, &["Id"], |attribute| attribute.namespace() == XML_NAMESPACE)?;
    let canonicalization = canonicalization(children.required(NAMESPACE, "CanonicalizationMethod")?)?;
    let method = children.required(NAMESPACE, "SignatureMethod")?;
    let algorithm = algorithms.signature(algorithm_of(method)?)?;
    empty(method)?;
    let references = signed_info.children().filter(|c| c.is(NAMESPACE, "Reference")).count();
    if references > 1 {
        return Err(SignatureError::References { got: references });
    }
    let reference = children.required(NAMESPACE, "Reference")?;
    children.end()?;

    attributes(reference, &["Id", "URI"])?;
    let mut children = Children::of(reference)?;
    let content = transforms(children.required(NAMESPACE, "Transforms")?)?;
    let method = children.required(NAMESPACE, "DigestMethod")?;
    let digest = algorithms.digest(algorithm_of(method)?)?;
    empty(method)?;
    let digest_value = octets(children.required(NAMESPACE, "DigestValue")?)?;
    children.end()?;
    if digest_value.len() != digest.len() {
        return Err(SignatureError::DigestLength { got: digest_value.len(), want: digest.len() });
    }
    Ok(SignedInfo {
        canonicalization,
        algorithm,
        reference_uri: reference.attribute("URI").map(str::to_owned),
        content,
        digest,
        digest_value,
    })
}

/// Exactly enveloped-signature, then one canonicalisation (SAML Core §5.4.4, A09).
fn transforms(transforms: Element<'_>) -> Result<Canonicalization, SignatureError> {
    attributes(transforms, &[])?;
    let mut children = Children::of(transforms)?;
    let first = children.required(NAMESPACE, "Transform")?;
    if algorithm_of(first)? != ENVELOPED {
        return Err(SignatureError::Transform { got: clip(algorithm_of(first)?) });
    }
    empty(first)?;
    let Some(second) = children.optional(NAMESPACE, "Transform") else {
        return Err(SignatureError::Transform { got: "no canonicalisation".to_owned() });
    };
    if Method::from_uri(algorithm_of(second)?).is_none() {
        return Err(SignatureError::Transform { got: clip(algorithm_of(second)?) });
    }
    let mut content = canonicalization(second)?;
    // A reference by ID leaves comments out whatever the method (XML Signature §4.4.3.3).
    content.method = content.method.without_comments();
    if let Some(third) = children.optional(NAMESPACE, "Transform") {
        return Err(SignatureError::Transform { got: clip(algorithm_of(third)?) });
    }
    children.end()?;
    Ok(content)
}

/// A method and, for the exclusive ones, its `InclusiveNamespaces PrefixList`.
fn canonicalization(element: Element<'_>) -> Result<Canonicalization, SignatureError> {
    let uri = algorithm_of(element)?;
    let Some(method) = Method::from_uri(uri) else {
        return Err(SignatureError::CanonicalizationMethod { got: clip(uri) });
    };
    let mut children = Children::of(element)?;
    let mut inclusive_prefixes = Vec::new();
    if method.is_exclusive()
        && let Some(list) = children.optional(Method::Exclusive.uri(), "InclusiveNamespaces")
    {
        attributes(list, &["PrefixList"])?;
        empty(list)?;
        inclusive_prefixes = list
            .attribute("PrefixList")
            .ok_or_else(|| missing(list, "PrefixList"))?
            .split_ascii_whitespace()
            // One more than canonicalisation takes is enough for it to refuse.
            .take(element.document.limits.namespaces + 1)
            .map(|prefix| if prefix == "#default" { String::new() } else { prefix.to_owned() })
            .collect();
    }
    children.end()?;
    Ok(Canonicalization { method, inclusive_prefixes })
}

/// The `Algorithm` attribute, and that there is no other.
fn algorithm_of(element: Element<'_>) -> Result<&str, SignatureError> {
    attributes(element, &["Algorithm"])?;
    element.attribute("Algorithm").ok_or_else(|| missing(element, "Algorithm"))
}

/// That the element has no attributes but these, all unqualified (A08.6, A12.3).
fn attributes(element: Element<'_>, known: &[&str]) -> Result<(), SignatureError> {
    known_attributes(element, known, |_| false)
}

fn known_attributes(
    element: Element<'_>,
    known: &[&str],
    other: impl Fn(Attribute<'_>) -> bool,
) -> Result<(), SignatureError> {
    let is_known = |a: Attribute<'_>| a.namespace().is_empty() && known.contains(&a.local());
    match element.attributes().find(|&a| !is_known(a) && !other(a)) {
        None => Ok(()),
        Some(attribute) => Err(SignatureError::Attribute {
            element: element.local().to_owned(),
            attribute: attribute.local().to_owned(),
        }),
    }
}

/// That the element has no child elements.
fn empty(element: Element<'_>) -> Result<(), SignatureError> {
    Ok(Children::of(element)?.end()?)
}

/// One run of base64 that is not empty.
fn octets(element: Element<'_>) -> Result<Vec<u8>, SignatureError> {
    attributes(element, &["Id"])?;
    base64::decode(element.text()?)
        .filter(|octets| !octets.is_empty())
        .ok_or_else(|| SignatureError::Base64 { element: element.local().to_owned() })
}

fn missing(element: Element<'_>, attribute: &'static str) -> SignatureError {
    SignatureError::AttributeMissing { element: element.local().to_owned(), attribute }
}

fn clip(uri: &str) -> String {
    uri.chars().take(128).collect()
}
