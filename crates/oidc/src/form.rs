//! `application/x-www-form-urlencoded`, both ways, strictly: RFC 6749 appendix B.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::excerpt::excerpt;

/// The longest query or body that is read, in octets.
pub(crate) const MAX_OCTETS: usize = 8 * 1024;

/// The most parameters that are read.
pub(crate) const MAX_PARAMETERS: usize = 64;

/// Names that a standard allows more than once (RFC 8707 §2); ignored here, so their number does not matter.
const REPEATABLE: [&str; 1] = ["resource"];

/// Why a query or a body is not a list of parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Longer than is read.
    #[error("the parameters are {got} octets long; at most {MAX_OCTETS} are read")]
    TooLong {
        /// Octets that came.
        got: usize,
    },
    /// More parameters than are read.
    #[error("there are more than {MAX_PARAMETERS} parameters")]
    TooMany,
    /// A `%` without two hexadecimal digits, or octets that are not UTF-8.
    #[error("the parameter '{near}' is not percent-encoded UTF-8")]
    Encoding {
        /// The raw parameter, cut to its first characters before the `=`.
        near: String,
    },
}

/// Parameters in the order in which they came, decoded.
pub(crate) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, FormError> {
        if text.len() > MAX_OCTETS {
            return Err(FormError::TooLong { got: text.len() });
        }
        let mut parameters = Vec::with_capacity(16);
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == MAX_PARAMETERS {
                return Err(FormError::TooMany);
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let broken = || FormError::Encoding { near: excerpt(name) };
            parameters.push((decode(name).ok_or_else(broken)?, decode(value).ok_or_else(broken)?));
        }
        Ok(Self(parameters))
    }

    /// The value of `name`. A parameter without a value counts as omitted (RFC 6749 §3.1).
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_ref())
    }

    pub(crate) fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(n, _)| n == name).count() > 1
    }

    /// The first name that came more than once, known or not (RFC 6749 §3.1 and §3.2).
    pub(crate) fn repeated(&self) -> Option<&str> {
        self.0.iter().enumerate().find_map(|(at, (name, _))| {
            let again = self.0[..at].iter().any(|(earlier, _)| earlier == name);
            (again && !REPEATABLE.contains(&name.as_ref())).then_some(name.as_ref())
        })
    }
}

/// Undoes percent-encoding and `+`; `None` for a broken escape or octets that are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|octet| octet == b'%' || octet == b'+') {
        return Some(Cow::Borrowed(text));
    }
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(octets).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Appends `value`; everything but the unreserved characters of RFC 3986 §2.3 becomes an escape.
pub(crate) fn encode_into(out: &mut String, value: &str) {
    for octet in value.bytes() {
        if is_unreserved(octet) {
            out.push(char::from(octet));
        } else {
            // Writing to a String never fails.
            let _ = write!(out, "%{octet:02X}");
        }
    }
}

/// Appends `name=value` behind `separator`.
pub(crate) fn append(out: &mut String, separator: char, name: &str, value: &str) {
    out.push(separator);
    out.push_str(name);
    out.push('=');
    encode_into(out, value);
}

/// RFC 3986 §2.3.
pub(crate) fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_to_the_same_text() {
        for text in ["", "a b+c", "100%&=#?", "grüße 🦀", "\u{0}\n"] {
            let mut encoded = String::new();
            encode_into(&mut encoded, text);
            assert!(encoded.bytes().all(|octet| is_unreserved(octet) || octet == b'%'), "{encoded}");
            assert_eq!(decode(&encoded).as_deref(), Some(text));
        }
    }

    #[test]
    fn broken_escapes_and_octets_that_are_not_utf_8_are_refused() {
        for text in ["%", "%4", "%zz", "%ff", "a%+1"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn the_number_and_the_length_of_parameters_are_bounded() {
        let long = "a".repeat(MAX_OCTETS + 1);
        assert_eq!(Parameters::parse(&long).err(), Some(FormError::TooLong { got: MAX_OCTETS + 1 }));
        let many = "a=1&".repeat(MAX_PARAMETERS + 1);
        assert_eq!(Parameters::parse(&many).err(), Some(FormError::TooMany));
    }

    #[test]
    fn a_repeated_name_is_found_however_it_is_spelt() {
        let parameters = Parameters::parse("state=&sta%74e=x&a=1").unwrap();
        assert_eq!(parameters.repeated(), Some("state"));
        assert_eq!(Parameters::parse("resource=a&resource=b").unwrap().repeated(), None);
    }
}
