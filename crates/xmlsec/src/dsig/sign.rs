//! Making an enveloped signature.

use super::{ENVELOPED, NAMESPACE, SignError};
use crate::algorithms::{DigestAlgorithm, SignatureAlgorithm};
use crate::base64;
use crate::c14n::{Canonicalization, Method, canonicalize};
use crate::keys::{Certificate, SigningKey};
use crate::limits::Limits;
use crate::tree::{Document, Element};
use crate::write::Writer;

/// How a signature is made.
#[derive(Debug)]
pub struct SignatureTemplate<'a> {
    /// The key.
    pub key: &'a SigningKey,
    /// Its algorithm; the key must fit.
    pub algorithm: SignatureAlgorithm,
    /// The digest over the signed element.
    pub digest: DigestAlgorithm,
    /// How both `SignedInfo` and the element are canonicalised.
    pub canonicalization: Canonicalization,
    /// The certificate written to `KeyInfo`, for those who want to see it.
    pub certificate: Option<&'a Certificate>,
    /// Where the signature stands in its element.
    pub placement: Placement,
}

/// Where the schema of the signed element wants its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// Behind the first child, which is `Issuer` in assertions and protocol messages.
    #[default]
    AfterIssuer,
    /// Before all other children, as in metadata.
    First,
}

impl<'a> SignatureTemplate<'a> {
    /// The default: exclusive C14N, SHA-256, no certificate, behind `Issuer`.
    pub fn new(key: &'a SigningKey, algorithm: SignatureAlgorithm) -> Self {
        Self {
            key,
            algorithm,
            digest: DigestAlgorithm::Sha256,
            canonicalization: Method::Exclusive.into(),
            certificate: None,
            placement: Placement::default(),
        }
    }
}

/// Signs the element of `xml` whose attribute `ID` is `id`, and returns the whole document with the
/// signature in it.
///
/// # Errors
/// `xml` is malformed, has no such element, or the key does not fit the algorithm.
pub fn sign(xml: &str, id: &str, template: &SignatureTemplate<'_>) -> Result<String, SignError> {
    let document = Document::parse(xml.as_bytes(), &SIGNING_LIMITS)?;
    let element = find(&document, id)?;
    // A reference by ID leaves comments out whatever the method (XML Signature §4.4.3.3).
    let how = Canonicalization {
        method: template.canonicalization.method.without_comments(),
        ..template.canonicalization.clone()
    };
    let content = canonicalize(element, &how, None)?;
    let digest = base64::encode(template.digest.digest(content.as_bytes()).as_bytes());
    let signature = unsigned(id, &digest, template);
    let at = place(element, template.placement)?;
    let mut signed = String::with_capacity(document.source().len() + signature.len() + 1024);
    signed.push_str(&document.source()[..at]);
    signed.push_str(&signature);
    signed.push_str(&document.source()[at..]);

    // SignedInfo is canonicalised where it stands: inclusive methods see its ancestors.
    let document = Document::parse(signed.as_bytes(), &SIGNING_LIMITS)?;
    let signed_info = find(&document, id)?
        .children()
        .find(|child| child.is(NAMESPACE, "Signature"))
        .and_then(|signature| signature.children().next())
        .ok_or_else(|| SignError::NoSuchId { id: id.to_owned() })?;
    let octets = canonicalize(signed_info, &template.canonicalization, None)?;
    let value = template.key.sign(template.algorithm, octets.as_bytes())?;
    let value_at = at + signature.find(EMPTY_VALUE).unwrap_or_default() + OPEN_VALUE.len();
    signed.insert_str(value_at, &base64::encode(&value));
    Ok(signed)
}

/// What we sign is our own: an aggregate is the largest of it.
const SIGNING_LIMITS: Limits = Limits { canonical_bytes: usize::MAX, ..Limits::AGGREGATE_METADATA };

const OPEN_VALUE: &str = "<SignatureValue>";
const EMPTY_VALUE: &str = "<SignatureValue></SignatureValue>";

fn find<'a>(document: &'a Document, id: &str) -> Result<Element<'a>, SignError> {
    document
        .elements()
        .find(|element| element.attribute("ID") == Some(id))
        .ok_or_else(|| SignError::NoSuchId { id: id.to_owned() })
}

/// The octet at which the signature is inserted.
fn place(element: Element<'_>, placement: Placement) -> Result<usize, SignError> {
    let first = element.children().next().ok_or_else(|| SignError::NoPlace { element: element.local().to_owned() })?;
    Ok(match placement {
        Placement::First => first.source_range().start,
        Placement::AfterIssuer => first.source_range().end,
    })
}

/// The signature with an empty `SignatureValue`.
fn unsigned(id: &str, digest: &str, template: &SignatureTemplate<'_>) -> String {
    let how = &template.canonicalization;
    let method = |xml: &mut Writer, name| {
        xml.open(name).attribute("Algorithm", how.method.uri());
        if !how.inclusive_prefixes.is_empty() {
            let list: Vec<&str> = how
                .inclusive_prefixes
                .iter()
                .map(|prefix| if prefix.is_empty() { "#default" } else { prefix })
                .collect();
            xml.open("InclusiveNamespaces")
                .attribute("xmlns", Method::Exclusive.uri())
                .attribute("PrefixList", &list.join(" "))
                .close();
        }
        xml.close();
    };
    let mut xml = Writer::new();
    xml.open("Signature").attribute("xmlns", NAMESPACE).open("SignedInfo");
    method(&mut xml, "CanonicalizationMethod");
    xml.open("SignatureMethod").attribute("Algorithm", template.algorithm.uri()).close();
    xml.open("Reference").attribute("URI", &format!("#{id}")).open("Transforms");
    xml.open("Transform").attribute("Algorithm", ENVELOPED).close();
    method(&mut xml, "Transform");
    xml.close();
    xml.open("DigestMethod").attribute("Algorithm", template.digest.uri()).close();
    xml.leaf("DigestValue", digest).close().close();
    xml.fragment(EMPTY_VALUE);
    if let Some(certificate) = template.certificate {
        xml.open("KeyInfo")
            .open("X509Data")
            .leaf("X509Certificate", &base64::encode(certificate.der()))
            .close()
            .close();
    }
    xml.finish()
}
