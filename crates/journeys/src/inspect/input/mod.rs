//! What was pasted: recognised by its shape, decoded as far as it goes, and told by name (CC-20, CC-21, CC-30).

mod html;
mod jwt;
mod text;
mod xml;

use thiserror::Error;
use vestibule_saml::binding::post::PostError;
use vestibule_saml::binding::redirect::RedirectError;
use vestibule_saml::sp::Reason;
use vestibule_xmlsec::ParseError;
use vestibule_xmlsec::keys::{Certificate, CertificateError, read_certificates};

pub use jwt::Token;
pub use xml::{root_name, tree};

/// What the input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Response,
    AuthnRequest,
    LogoutRequest,
    LogoutResponse,
    Metadata,
    Certificate,
    Jwt,
    Unknown,
}

/// What was pasted.
#[derive(Debug)]
pub struct Input {
    pub kind: Kind,
    pub wrapping: Wrapping,
    pub content: Content,
    /// What stood beside the message, unchecked.
    pub relay_state: Option<String>,
}

/// How the content was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// Not at all.
    Bare,
    /// The value of a form field alone.
    Base64,
    /// The value of a parameter of a Redirect URL alone.
    DeflatedBase64,
    /// A copied form body.
    Form,
    /// A page with a form that posts itself; as [`Content::Xml`] a page without one.
    Page,
    /// A Redirect URL or its query.
    Query { signed: bool },
}

/// What can be worked on.
#[derive(Debug)]
pub enum Content {
    /// XML.
    Xml(Vec<u8>),
    /// The value of a form field, which is judged as it stands, and the XML in it.
    Field { value: Vec<u8>, xml: Result<Vec<u8>, Undecodable> },
    /// At least one certificate.
    Certificates(Vec<Certificate>),
    /// A JWT.
    Token(Token),
    /// None of it.
    Nothing(Undecodable),
}

/// Why nothing could be decoded, in a sentence with the fix.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Undecodable {
    #[error("this is empty; paste the whole message into it")]
    Empty,
    #[error("this is neither text nor a certificate; give the message as it was copied from the browser")]
    Binary,
    #[error("{0}; copy the value of the form field SAMLResponse, whole and nothing else")]
    Base64(PostError),
    #[error(
        "this is base64 of {bytes} bytes that are neither XML nor a certificate; copy the whole value of the form field SAMLResponse"
    )]
    Something {
        /// How many bytes it decodes to.
        bytes: usize,
    },
    #[error("{0}; copy the body of the form, whole and nothing else")]
    Form(PostError),
    #[error("{0}; copy the whole address from the browser")]
    Query(RedirectError),
    #[error(
        "this is an address without SAMLRequest or SAMLResponse; the message stands in another request of the sign-in"
    )]
    Address,
    #[error("this is a web page without a SAML form; copy the form field SAMLResponse of the post to the ACS URL")]
    Page,
    #[error("this is JSON, not a SAML message; copy the form field SAMLResponse of the post to the ACS URL")]
    Json,
    #[error(transparent)]
    Certificate(CertificateError),
    #[error("{0}; copy the whole message, exactly as it was received")]
    Xml(ParseError),
}

impl Kind {
    /// The name for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::AuthnRequest => "authn_request",
            Self::LogoutRequest => "logout_request",
            Self::LogoutResponse => "logout_response",
            Self::Metadata => "metadata",
            Self::Certificate => "certificate",
            Self::Jwt => "jwt",
            Self::Unknown => "unknown",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Response => "a SAML response",
            Self::AuthnRequest => "a SAML sign-in request (AuthnRequest)",
            Self::LogoutRequest => "a SAML logout request",
            Self::LogoutResponse => "a SAML logout response",
            Self::Metadata => "SAML metadata",
            Self::Certificate => "a certificate",
            Self::Jwt => "a JWT (JSON Web Token)",
            Self::Unknown => "nothing that is known here",
        }
    }
}

impl Undecodable {
    /// What was pasted, in words.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "nothing at all",
            Self::Binary => "neither text nor a certificate",
            Self::Base64(_) => "text that is no base64",
            Self::Something { .. } => "base64 of something that is known to nobody here",
            Self::Form(_) => "the body of a form without one readable message",
            Self::Query(_) => "an address without one readable message",
            Self::Address => "an address without a message",
            Self::Page => "a web page without a SAML form",
            Self::Json => "JSON",
            Self::Certificate(CertificateError::PrivateKey { .. }) => "a private key",
            Self::Certificate(_) => "a certificate that cannot be read",
            Self::Xml(_) => "broken XML",
        }
    }

    /// Why a response that looks like this is refused.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Binary => Reason::Encoding,
            Self::Base64(error) | Self::Form(error) => match error {
                PostError::MessageTooLong { .. } | PostError::BodyTooLong { .. } => Reason::TooLarge,
                PostError::Base64(_) => Reason::NotBase64,
                _ => Reason::MalformedMessage,
            },
            Self::Query(RedirectError::MessageTooLong { .. } | RedirectError::QueryTooLong { .. }) => Reason::TooLarge,
            Self::Query(_) => Reason::MalformedMessage,
            Self::Empty | Self::Xml(_) => Reason::MalformedXml,
            Self::Something { .. } | Self::Address | Self::Page | Self::Json | Self::Certificate(_) => {
                Reason::NotAResponse
            }
        }
    }
}

impl Input {
    /// Finds out what was pasted. Everything is something: what cannot be decoded is [`Content::Nothing`].
    pub fn recognise(bytes: &[u8]) -> Self {
        if let Some(text) = utf16(bytes) {
            // Editors and shells of Windows write text like this. As XML it is judged as it stands.
            return match text.trim_start() {
                markup if markup.starts_with('<') => Self::xml(Wrapping::Bare, bytes.to_vec(), Some(markup)),
                _ => text::recognise(&text),
            };
        }
        let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
        if body.is_empty() {
            return Self::nothing(Undecodable::Empty);
        }
        if body.starts_with(b"<") {
            return markup(bytes, body);
        }
        match std::str::from_utf8(body) {
            Ok(text) if !text.contains('\0') => text::recognise(text),
            _ => binary(bytes),
        }
    }

    /// XML in some wrapping. `readable` is its text where the bytes themselves cannot be searched for its root.
    fn xml(wrapping: Wrapping, xml: Vec<u8>, readable: Option<&str>) -> Self {
        let kind = match readable {
            Some(text) => xml::kind_by_name(text.as_bytes()),
            None => xml::kind(&xml),
        };
        Self { kind, wrapping, content: Content::Xml(xml), relay_state: None }
    }

    /// The value of a form field, decoded by the caller.
    fn field(wrapping: Wrapping, value: &[u8], xml: Result<Vec<u8>, Undecodable>) -> Self {
        let kind = match &xml {
            Ok(xml) => xml::kind(xml),
            Err(_) => xml::kind_in_base64(value),
        };
        Self { kind, wrapping, content: Content::Field { value: value.to_vec(), xml }, relay_state: None }
    }

    fn nothing(reason: Undecodable) -> Self {
        Self { kind: Kind::Unknown, wrapping: Wrapping::Bare, content: Content::Nothing(reason), relay_state: None }
    }

    fn certificates(wrapping: Wrapping, certificates: Vec<Certificate>) -> Self {
        let content = Content::Certificates(certificates);
        Self { kind: Kind::Certificate, wrapping, content, relay_state: None }
    }

    fn with_relay_state(self, relay_state: Option<String>) -> Self {
        Self { relay_state, ..self }
    }

    /// The XML, where there is some.
    pub fn xml_bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Xml(xml) | Content::Field { xml: Ok(xml), .. } => Some(xml),
            _ => None,
        }
    }
}

/// XML or a web page.
fn markup(bytes: &[u8], body: &[u8]) -> Input {
    if html::is_page(body) {
        // Without a form it is judged as the XML that it is not.
        return html::recognise(body).unwrap_or_else(|| Input::xml(Wrapping::Page, bytes.to_vec(), None));
    }
    Input::xml(Wrapping::Bare, bytes.to_vec(), None)
}

fn binary(bytes: &[u8]) -> Input {
    match read_certificates(bytes) {
        Ok(certificates) => Input::certificates(Wrapping::Bare, certificates),
        Err(error @ (CertificateError::PrivateKey { .. } | CertificateError::NotACertificate { .. })) => {
            Input::nothing(Undecodable::Certificate(error))
        }
        Err(_) => Input::nothing(Undecodable::Binary),
    }
}

/// The text of UTF-16 with a byte-order mark.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, unit): (_, fn([u8; 2]) -> u16) = match bytes {
        [0xFF, 0xFE, pairs @ ..] => (pairs, u16::from_le_bytes),
        [0xFE, 0xFF, pairs @ ..] => (pairs, u16::from_be_bytes),
        _ => return None,
    };
    let (pairs, _) = pairs.as_chunks::<2>();
    Some(
        char::decode_utf16(pairs.iter().copied().map(unit)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect(),
    )
}
