//! Which message a document is: by its root, also where the rest of it is broken.

use vestibule_saml::binding::post;
use vestibule_saml::types::ns;
use vestibule_xmlsec::{Document, Limits, ParseError};

use super::Kind;

/// How much of a document is searched for its root.
const HEAD: usize = 64 * 1024;

/// The document, under the bounds of what its root says it is, to be shown.
///
/// A paste may put lines before an XML declaration, which must stand at the very start: that is passed over here, and
/// refused where the message is judged.
///
/// # Errors
/// It is not well-formed, or beyond those bounds.
pub fn tree(xml: &[u8]) -> Result<Document, ParseError> {
    let trimmed = xml.trim_ascii_start();
    let xml = if trimmed.starts_with(b"<?xml") { trimmed } else { xml };
    let limits = match kind_by_name(xml) {
        Kind::Metadata => Limits::AGGREGATE_METADATA,
        _ => Limits::MESSAGE,
    };
    Document::parse(xml, &limits)
}

pub(super) fn kind(xml: &[u8]) -> Kind {
    let Ok(document) = tree(xml) else { return kind_by_name(xml) };
    let root = document.root();
    match (root.namespace(), root.local()) {
        (ns::PROTOCOL, local) => protocol(local),
        // Not of this version, which is what it will be refused for.
        (ns::PROTOCOL_1_0 | ns::PROTOCOL_1_1, "Response") => Kind::Response,
        (ns::METADATA, "EntityDescriptor" | "EntitiesDescriptor") => Kind::Metadata,
        _ => Kind::Unknown,
    }
}

/// The kind that the root's name says, in a document that need not be well-formed.
pub(super) fn kind_by_name(xml: &[u8]) -> Kind {
    match root_name(xml) {
        Some("EntityDescriptor" | "EntitiesDescriptor") => Kind::Metadata,
        Some(name) => protocol(name),
        None => Kind::Unknown,
    }
}

/// As [`kind_by_name`] for base64 of which some is broken.
pub(super) fn kind_in_base64(value: &[u8]) -> Kind {
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    let mut head: Vec<u8> = value.iter().copied().filter(alphabet).take(HEAD).collect();
    head.truncate(head.len() / 4 * 4);
    post::decode(&head).map_or(Kind::Unknown, |xml| kind_by_name(&xml))
}

fn protocol(local: &str) -> Kind {
    match local {
        "Response" => Kind::Response,
        "AuthnRequest" => Kind::AuthnRequest,
        "LogoutRequest" => Kind::LogoutRequest,
        "LogoutResponse" => Kind::LogoutResponse,
        _ => Kind::Unknown,
    }
}

/// Local name of the first start tag.
pub fn root_name(xml: &[u8]) -> Option<&str> {
    let mut rest = &xml[..xml.len().min(HEAD)];
    loop {
        let at = rest.iter().position(|&b| b == b'<')?;
        rest = &rest[at + 1..];
        let end: &[u8] = match rest {
            [b'?', ..] => b"?>",
            [b'!', b'-', b'-', ..] => b"-->",
            // An internal subset holds further `<!` and ends with `]>`; without one the next `>` ends it.
            [b'!', ..] if subset(rest) => b"]>",
            [b'!', ..] => b">",
            _ => break,
        };
        let behind = rest.windows(end.len()).position(|window| window == end)? + end.len();
        rest = &rest[behind..];
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.') || !b.is_ascii();
    let end = rest.iter().position(|b| !is_name(b)).unwrap_or(rest.len());
    let name = std::str::from_utf8(&rest[..end]).ok()?;
    Some(name.rsplit_once(':').map_or(name, |(_, local)| local)).filter(|name| !name.is_empty())
}

fn subset(declaration: &[u8]) -> bool {
    let end = declaration.iter().position(|&b| b == b'>').unwrap_or(declaration.len());
    declaration[..end].contains(&b'[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found_behind_prolog_comments_and_declarations() {
        let root = |xml: &'static str| root_name(xml.as_bytes());
        assert_eq!(root("<?xml version='1.0'?><!-- <no> --><samlp:Response ID='x'>"), Some("Response"));
        assert_eq!(root("<!DOCTYPE a [<!ENTITY b 'c'>]><Response/>"), Some("Response"));
        assert_eq!(root("<!DOCTYPE html><html>"), Some("html"));
        assert_eq!(root("text <a"), Some("a"));
        assert_eq!(root("<"), None);
        assert_eq!(root("<!-- never ends"), None);
    }

    #[test]
    fn the_namespace_decides_where_the_document_is_well_formed() {
        assert_eq!(kind(b"<Response xmlns='urn:oasis:names:tc:SAML:2.0:protocol'/>"), Kind::Response);
        assert_eq!(kind(b"<Response/>"), Kind::Unknown);
        assert_eq!(kind(b"<Response>"), Kind::Response);
    }
}
