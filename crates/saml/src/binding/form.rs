//! Fields of a query string or of an `application/x-www-form-urlencoded` body, split once and kept as they
//! were received.

use super::base64::{self, Base64Error};
use super::{Field, MAX_FOREIGN_RELAY_STATE};
use thiserror::Error;

/// Why the fields of a query or a form are not one message of SAML.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormError {
    /// Neither `SAMLRequest` nor `SAMLResponse`, or an empty one.
    #[error("there is no SAMLRequest and no SAMLResponse in it")]
    NoMessage,
    /// Both `SAMLRequest` and `SAMLResponse`.
    #[error("there is a SAMLRequest and a SAMLResponse in it; one message is wanted")]
    TwoMessages,
    /// A field of SAML stands more than once.
    #[error("{name} stands more than once")]
    Repeated {
        /// Which.
        name: &'static str,
    },
    /// A field of SAML without `=` behind its name.
    #[error("{name} has no value, not even an empty one")]
    NoValue {
        /// Which.
        name: &'static str,
    },
    /// A field of SAML under a name that is percent-encoded, which one reader sees and another does not.
    #[error("the name {name} is percent-encoded")]
    EncodedName {
        /// Which it is when decoded.
        name: &'static str,
    },
    /// A `%` that two hexadecimal digits do not follow.
    #[error("{name} has a % at offset {offset} that two hexadecimal digits do not follow")]
    PercentEncoding {
        /// In which field.
        name: &'static str,
        /// The offset in the field's value.
        offset: usize,
    },
    /// A value that must be text and is not UTF-8.
    #[error("{name} is not UTF-8")]
    NotUtf8 {
        /// Which field.
        name: &'static str,
    },
    /// A RelayState of more than 2,048 bytes.
    #[error("the RelayState has {got} bytes, more than {max}")]
    RelayStateTooLong {
        /// How many it has.
        got: usize,
        /// The bound.
        max: usize,
    },
    /// A value that must be base64 and is not.
    #[error("{name} is not base64: {source}")]
    Base64 {
        /// Which field.
        name: &'static str,
        /// What is wrong with it.
        source: Base64Error,
    },
    /// An artifact instead of a message.
    #[error("this is the HTTP-Artifact binding (SAMLart), which is not supported; HTTP-POST is wanted")]
    ArtifactUnsupported,
}

/// The letters in the percent-encoding that we write. Both mean the same, but a signature over a query is
/// over the one that was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HexDigits {
    /// `%3A`, as RFC 3986 recommends.
    #[default]
    Upper,
    /// `%3a`, as Entra writes (E-38).
    Lower,
}

/// A field that SAML names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    SamlRequest,
    SamlResponse,
    RelayState,
    SigAlg,
    Signature,
    SamlEncoding,
    SamlArt,
    KeyInfo,
}

impl Name {
    const ALL: [Self; 8] = [
        Self::SamlRequest,
        Self::SamlResponse,
        Self::RelayState,
        Self::SigAlg,
        Self::Signature,
        Self::SamlEncoding,
        Self::SamlArt,
        Self::KeyInfo,
    ];

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::SamlRequest => "SAMLRequest",
            Self::SamlResponse => "SAMLResponse",
            Self::RelayState => "RelayState",
            Self::SigAlg => "SigAlg",
            Self::Signature => "Signature",
            Self::SamlEncoding => "SAMLEncoding",
            Self::SamlArt => "SAMLart",
            Self::KeyInfo => "KeyInfo",
        }
    }

    fn of(text: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.text().as_bytes() == text)
    }
}

/// The fields that SAML names, each at most once, still encoded as they were received.
#[derive(Debug, Default)]
pub(super) struct Form<'a>([Option<&'a [u8]>; Name::ALL.len()]);

impl<'a> Form<'a> {
    pub(super) fn split(text: &'a [u8]) -> Result<Self, FormError> {
        let mut form = Self::default();
        let mut rest = Some(text);
        while let Some(text) = rest {
            let end = position(text, |byte| byte == b'&').unwrap_or(text.len());
            let pair = &text[..end];
            rest = text.get(end + 1..);
            let at = pair.iter().position(|&byte| byte == b'=');
            let raw_name = &pair[..at.unwrap_or(pair.len())];
            let Some(name) = Name::of(raw_name) else {
                refuse_encoded_name(raw_name)?;
                continue;
            };
            // A signature would be over the text without `=`, and nobody says whether that is absent or empty.
            let Some(value) = at.map(|at| &pair[at + 1..]) else {
                return Err(FormError::NoValue { name: name.text() });
            };
            if form.0[name as usize].replace(value).is_some() {
                return Err(FormError::Repeated { name: name.text() });
            }
        }
        Ok(form)
    }

    /// The value as it was received, percent-encoding and all.
    pub(super) fn raw(&self, name: Name) -> Option<&'a [u8]> {
        self.0[name as usize]
    }

    /// The one message, still encoded, and the field that it stands in.
    pub(super) fn message(&self) -> Result<(Field, &'a [u8]), FormError> {
        if self.raw(Name::SamlArt).is_some() {
            return Err(FormError::ArtifactUnsupported);
        }
        let (field, value) = match (self.raw(Name::SamlRequest), self.raw(Name::SamlResponse)) {
            (Some(_), Some(_)) => return Err(FormError::TwoMessages),
            (Some(request), None) => (Field::SamlRequest, request),
            (None, Some(response)) => (Field::SamlResponse, response),
            (None, None) => return Err(FormError::NoMessage),
        };
        if value.is_empty() {
            return Err(FormError::NoMessage);
        }
        Ok((field, value))
    }

    pub(super) fn relay_state(&self) -> Result<Option<String>, FormError> {
        let relay_state = self.text(Name::RelayState)?;
        match relay_state.as_deref().map_or(0, str::len) {
            got if got > MAX_FOREIGN_RELAY_STATE => {
                Err(FormError::RelayStateTooLong { got, max: MAX_FOREIGN_RELAY_STATE })
            }
            _ => Ok(relay_state),
        }
    }

    pub(super) fn text(&self, name: Name) -> Result<Option<String>, FormError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let bytes = percent_decode(raw, name.text())?;
        String::from_utf8(bytes).map(Some).map_err(|_| FormError::NotUtf8 { name: name.text() })
    }

    pub(super) fn bytes(&self, name: Name) -> Result<Option<Vec<u8>>, FormError> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let text = percent_decode(raw, name.text())?;
        base64::decode(&text).map(Some).map_err(|source| FormError::Base64 { name: name.text(), source })
    }
}

/// Decodes `%XX` in either case of its digits, and `+` as a space.
pub(super) fn percent_decode(text: &[u8], name: &'static str) -> Result<Vec<u8>, FormError> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = position(rest, |byte| matches!(byte, b'%' | b'+')) {
        let (plain, encoded) = rest.split_at(at);
        decoded.extend_from_slice(plain);
        rest = match encoded {
            [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest
            }
            [b'+', rest @ ..] => {
                decoded.push(b' ');
                rest
            }
            _ => return Err(FormError::PercentEncoding { name, offset: text.len() - encoded.len() }),
        };
    }
    decoded.extend_from_slice(rest);
    Ok(decoded)
}

/// Encodes all but the unreserved characters of RFC 3986.
pub(super) fn percent_encode(text: &str, digits: HexDigits, onto: &mut String) {
    let digits = match digits {
        HexDigits::Upper => b"0123456789ABCDEF",
        HexDigits::Lower => b"0123456789abcdef",
    };
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            onto.push(char::from(byte));
        } else {
            onto.push('%');
            onto.push(char::from(digits[usize::from(byte >> 4)]));
            onto.push(char::from(digits[usize::from(byte & 15)]));
        }
    }
}

fn refuse_encoded_name(raw: &[u8]) -> Result<(), FormError> {
    // Longer than any of our names with every character encoded: not one of ours, and nothing to decode.
    if !raw.contains(&b'%') || raw.len() > 3 * "SAMLResponse".len() {
        return Ok(());
    }
    match percent_decode(raw, "a field name").ok().and_then(|name| Name::of(&name)) {
        Some(name) => Err(FormError::EncodedName { name: name.text() }),
        None => Ok(()),
    }
}

/// Where the first byte stands that `wanted` names. Whole blocks are judged at once, which a loop that may
/// stop at each byte cannot be compiled to.
fn position(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let in_block = |block: &[u8]| block.iter().position(|&byte| wanted(byte));
    let (blocks, rest) = text.as_chunks::<32>();
    let hit = blocks.iter().position(|block| block.iter().fold(false, |hit, &byte| hit | wanted(byte)));
    match hit {
        Some(number) => in_block(&blocks[number]).map(|at| number * 32 + at),
        None => in_block(rest).map(|at| blocks.len() * 32 + at),
    }
}

/// `digit` is a hexadecimal digit.
fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
