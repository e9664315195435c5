//! The grammar of an encrypted element: each child once, in order, nothing that is not known.
//!
//! Everything here depends on octets that whoever sent the message knows.

use super::algorithm::{ContentAlgorithm, KeyTransport, clip};
use super::{DecryptError, EncryptionAlgorithmError, NAMESPACE, NAMESPACE_11, TYPE_ELEMENT, TYPE_ENCRYPTED_KEY};
use crate::algorithms::{Algorithms, Cbc, DigestAlgorithm};
use crate::base64;
use crate::children::Children;
use crate::tree::Element;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// `EncryptedKey` elements that are considered for one encrypted element.
pub(super) const MAX_ENCRYPTED_KEYS: usize = 4;

/// One encrypted element, as it stands in the message.
pub(super) struct Encrypted {
    pub(super) algorithm: ContentAlgorithm,
    pub(super) ciphertext: Vec<u8>,
    pub(super) keys: Vec<EncryptedKey>,
}

/// One content key, encrypted.
pub(super) struct EncryptedKey {
    pub(super) transport: KeyTransport,
    pub(super) ciphertext: Vec<u8>,
}

/// Reads the children of a `saml:EncryptedElementType` (SAML Core §2.2.4): `EncryptedData`, then any
/// number of `EncryptedKey`.
pub(super) fn encrypted(parent: Element<'_>, algorithms: Algorithms) -> Result<Encrypted, DecryptError> {
    let mut children = Children::without_comments(parent)?;
    attributes(parent, &[])?;
    let data = children.required(NAMESPACE, "EncryptedData")?;
    let mut beside = Vec::new();
    while let Some(key) = children.optional(NAMESPACE, "EncryptedKey") {
        beside.push(key);
    }
    children.end()?;

    // MimeType and Encoding are advice about the plaintext (XML Encryption §3.1), which has to be XML.
    attributes(data, &["Id", "Type", "MimeType", "Encoding"])?;
    if let Some(got) = data.attribute("Type").filter(|got| *got != TYPE_ELEMENT) {
        return Err(DecryptError::Type { got: clip(got) });
    }
    let mut children = Children::of(data)?;
    let algorithm = content_algorithm(children.required(NAMESPACE, "EncryptionMethod")?, algorithms)?;
    let inside = match children.optional(DSIG, "KeyInfo") {
        Some(key_info) => key_elements(key_info)?,
        None => Vec::new(),
    };
    let ciphertext = cipher_data(children.required(NAMESPACE, "CipherData")?)?;
    children.end()?;
    if !algorithm.fits(&ciphertext) {
        return Err(DecryptError::CiphertextLength { got: ciphertext.len(), algorithm });
    }

    let keys = if inside.is_empty() { beside } else { inside };
    match keys.len() {
        0 => return Err(DecryptError::NoEncryptedKey),
        1..=MAX_ENCRYPTED_KEYS => {}
        got => return Err(DecryptError::EncryptedKeys { got, max: MAX_ENCRYPTED_KEYS }),
    }
    let keys = keys.into_iter().map(encrypted_key).collect::<Result<_, _>>()?;
    Ok(Encrypted { algorithm, ciphertext, keys })
}

/// The `EncryptedKey` elements that a `KeyInfo` holds or leads to. Names and certificates beside them
/// are passed over: they would only say which of our keys it is.
fn key_elements(key_info: Element<'_>) -> Result<Vec<Element<'_>>, DecryptError> {
    let mut found = Vec::new();
    let mut children = Children::of(key_info)?;
    loop {
        if let Some(key) = children.optional(NAMESPACE, "EncryptedKey") {
            found.push(key);
        } else if let Some(method) = children.optional(DSIG, "RetrievalMethod") {
            found.push(retrieved(method)?);
        } else if children.optional(DSIG, "KeyName").is_none() && children.optional(DSIG, "X509Data").is_none() {
            break;
        }
        // Each retrieval walks through the document: not for every one of 20,000.
        if found.len() > MAX_ENCRYPTED_KEYS {
            return Err(DecryptError::EncryptedKeys { got: found.len(), max: MAX_ENCRYPTED_KEYS });
        }
    }
    children.end()?;
    Ok(found)
}

/// One hop, inside the document: the `KeyInfo` of what is found is never followed (A13.8-9).
fn retrieved(method: Element<'_>) -> Result<Element<'_>, DecryptError> {
    attributes(method, &["URI", "Type"])?;
    empty(method)?;
    let uri = required(method, "URI")?;
    let refused = || DecryptError::Retrieval { got: clip(uri) };
    if method.attribute("Type").is_some_and(|got| got != TYPE_ENCRYPTED_KEY) {
        return Err(refused());
    }
    let id = uri.strip_prefix('#').filter(|id| !id.is_empty()).ok_or_else(refused)?;
    // IDs are unique in a document, or it would not have been parsed.
    method
        .document
        .elements()
        .find(|element| element.is(NAMESPACE, "EncryptedKey") && element.attribute("Id") == Some(id))
        .ok_or_else(refused)
}

fn encrypted_key(key: Element<'_>) -> Result<EncryptedKey, DecryptError> {
    attributes(key, &["Id", "Type", "MimeType", "Encoding", "Recipient"])?;
    let mut children = Children::without_comments(key)?;
    let transport = key_transport(children.required(NAMESPACE, "EncryptionMethod")?)?;
    // Says which of our keys was used, Entra in WS-Security's words: not looked into.
    children.optional(DSIG, "KeyInfo");
    let ciphertext = cipher_data(children.required(NAMESPACE, "CipherData")?)?;
    // What the key is for and how it is called: nothing hangs on either.
    children.optional(NAMESPACE, "ReferenceList");
    children.optional(NAMESPACE, "CarriedKeyName");
    children.end()?;
    Ok(EncryptedKey { transport, ciphertext })
}

fn content_algorithm(method: Element<'_>, algorithms: Algorithms) -> Result<ContentAlgorithm, DecryptError> {
    attributes(method, &["Algorithm"])?;
    let uri = required(method, "Algorithm")?;
    let algorithm = ContentAlgorithm::from_uri(uri)?;
    let mut children = Children::of(method)?;
    // Advice: the algorithm says how long its key is.
    children.optional(NAMESPACE, "KeySize");
    children.end()?;
    if algorithm.is_cbc() && algorithms.cbc == Cbc::Refuse {
        return Err(EncryptionAlgorithmError::CbcRefused { got: uri.to_owned() }.into());
    }
    Ok(algorithm)
}

fn key_transport(method: Element<'_>) -> Result<KeyTransport, DecryptError> {
    attributes(method, &["Algorithm"])?;
    let uri = required(method, "Algorithm")?;
    // First, so that RSA PKCS#1 v1.5 is named whatever stands inside.
    KeyTransport::from_parts(uri, None, None)?;
    let mut children = Children::of(method)?;
    children.optional(NAMESPACE, "KeySize");
    if let Some(label) = children.optional(NAMESPACE, "OAEPparams")
        && !label.text()?.trim_ascii().is_empty()
    {
        return Err(DecryptError::OaepLabel);
    }
    // The schema leaves the order of these two open.
    let mut digest = children.optional(DSIG, "DigestMethod");
    let mgf = children.optional(NAMESPACE_11, "MGF");
    if digest.is_none() {
        digest = children.optional(DSIG, "DigestMethod");
    }
    children.end()?;
    let digest = digest.map(|digest| DigestAlgorithm::from_uri(algorithm_of(digest)?).map_err(DecryptError::from));
    Ok(KeyTransport::from_parts(uri, digest.transpose()?, mgf.map(algorithm_of).transpose()?)?)
}

/// The `CipherValue`; a `CipherReference` is refused by name.
fn cipher_data(data: Element<'_>) -> Result<Vec<u8>, DecryptError> {
    attributes(data, &[])?;
    let mut children = Children::of(data)?;
    if children.optional(NAMESPACE, "CipherReference").is_some() {
        return Err(DecryptError::CipherReference);
    }
    let value = children.required(NAMESPACE, "CipherValue")?;
    children.end()?;
    attributes(value, &[])?;
    base64::decode(value.text()?).filter(|octets| !octets.is_empty()).ok_or(DecryptError::Base64)
}

/// The `Algorithm` of an element that has nothing else.
fn algorithm_of(element: Element<'_>) -> Result<&str, DecryptError> {
    attributes(element, &["Algorithm"])?;
    empty(element)?;
    required(element, "Algorithm")
}

fn required<'a>(element: Element<'a>, attribute: &'static str) -> Result<&'a str, DecryptError> {
    element
        .attribute(attribute)
        .ok_or_else(|| DecryptError::AttributeMissing { element: element.local().to_owned(), attribute })
}

fn empty(element: Element<'_>) -> Result<(), DecryptError> {
    Ok(Children::of(element)?.end()?)
}

/// That the element has no attributes but these, all unqualified (A12.3).
fn attributes(element: Element<'_>, known: &[&str]) -> Result<(), DecryptError> {
    match element.attributes().find(|a| !a.namespace().is_empty() || !known.contains(&a.local())) {
        None => Ok(()),
        Some(attribute) => Err(DecryptError::Attribute {
            element: element.local().to_owned(),
            attribute: attribute.local().to_owned(),
        }),
    }
}
