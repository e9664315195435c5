//! What people give in place of metadata, told by name so that they can give the right thing.

use crate::types::ns;
use std::fmt;
use vestibule_xmlsec::Element;

/// What a document is that is no SAML metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotMetadata {
    /// Nothing but white space.
    Empty,
    /// The OpenID Connect discovery document of an identity provider.
    OpenIdDiscovery,
    /// Some other JSON.
    Json,
    /// A web page: a sign-in or error page that the address led to, or a page saved by a browser.
    Html,
    /// A certificate or a key.
    Certificate,
    /// The address of metadata instead of what is found there.
    Address,
    /// A message of SAML.
    Message {
        /// Local name of its root element.
        got: String,
    },
    /// Some other XML.
    OtherXml {
        /// Namespace of its root element.
        namespace: String,
        /// Local name of its root element.
        local: String,
    },
}

impl NotMetadata {
    /// Judges text before it is parsed; `None` is XML for all that can be seen.
    pub(super) fn of_text(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii();
        let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
        if text.is_empty() {
            Some(Self::Empty)
        } else if begins(b"{") || begins(b"[") {
            // The words stand near the beginning; a large file need not be searched for them.
            let head = String::from_utf8_lossy(&text[..text.len().min(64 * 1024)]);
            let discovery = head.contains("\"authorization_endpoint\"") || head.contains("\"jwks_uri\"");
            Some(if discovery { Self::OpenIdDiscovery } else { Self::Json })
        } else if begins(b"<!doctype html") || begins(b"<html") {
            Some(Self::Html)
        } else if begins(b"-----begin") || text.starts_with(b"MII") {
            Some(Self::Certificate)
        } else if begins(b"https://") || begins(b"http://") {
            Some(Self::Address)
        } else {
            None
        }
    }

    /// Judges the root of a document that is not metadata.
    pub(super) fn of_root(root: Element<'_>) -> Self {
        match (root.namespace(), root.local()) {
            (ns::PROTOCOL | ns::PROTOCOL_1_0 | ns::PROTOCOL_1_1 | ns::ASSERTION, got) => {
                Self::Message { got: got.to_owned() }
            }
            ("http://www.w3.org/1999/xhtml", _) => Self::Html,
            (namespace, local) => Self::OtherXml { namespace: namespace.to_owned(), local: local.to_owned() },
        }
    }
}

impl fmt::Display for NotMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::OpenIdDiscovery => {
                f.write_str("it is an OpenID Connect discovery document; the SAML metadata has another address")
            }
            Self::Json => f.write_str("it is JSON"),
            Self::Html => f.write_str("it is a web page, perhaps one that asks for a sign-in"),
            Self::Certificate => f.write_str("it is a certificate or a key"),
            Self::Address => f.write_str("it is an address; what is found there is wanted"),
            Self::Message { got } => write!(f, "it is a SAML {got}"),
            Self::OtherXml { namespace, local } => {
                write!(f, "it is XML with the root element {local} of namespace {namespace:?}")
            }
        }
    }
}

/// What an entity is that has not the role that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherRole {
    /// A service provider, where an identity provider is wanted: perhaps our own metadata.
    ServiceProvider,
    /// An identity provider, where a service provider is wanted.
    IdentityProvider,
    /// Only roles of WS-Federation.
    WsFederation,
    /// The right role, for SAML 1.x only.
    Saml1,
    /// Only roles of another kind: attribute authority, authentication authority.
    OtherKind,
    /// No role at all.
    Nothing,
}

impl OtherRole {
    pub(super) fn of(entity: Element<'_>, wanted: &str) -> Self {
        let has = |local: &str| entity.children().any(|child| child.is(ns::METADATA, local));
        if has(wanted) {
            Self::Saml1
        } else if has("SPSSODescriptor") {
            Self::ServiceProvider
        } else if has("IDPSSODescriptor") {
            Self::IdentityProvider
        } else if entity.children().any(is_ws_federation) {
            Self::WsFederation
        } else if entity.children().any(|child| child.local().ends_with("Descriptor")) {
            Self::OtherKind
        } else {
            Self::Nothing
        }
    }
}

impl fmt::Display for OtherRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceProvider => "it is a service provider (is this our own metadata?)",
            Self::IdentityProvider => "it is an identity provider",
            Self::WsFederation => "it speaks WS-Federation only",
            Self::Saml1 => "it speaks SAML 1.x only",
            Self::OtherKind => "it has roles of another kind only",
            Self::Nothing => "it has no role",
        })
    }
}

fn is_ws_federation(role: Element<'_>) -> bool {
    role.is(ns::METADATA, "RoleDescriptor")
        && role
            .attribute("protocolSupportEnumeration")
            .is_some_and(|protocols| protocols.split_ascii_whitespace().any(|protocol| protocol.contains("/wsfed/")))
}
