//! Base64 with one spelling for each value: the standard alphabet, canonical padding, no bits left over.

use ::base64::engine::general_purpose::STANDARD;
use ::base64::{DecodeError, Engine as _};
use thiserror::Error;

/// Why a text is not strict base64.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Base64Error {
    /// A byte outside the alphabet, or padding that is not at the end.
    #[error("byte {byte:#04x} at offset {offset} does not belong in base64")]
    Byte {
        /// Where it stands, from the beginning of the text.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// The number of characters is not a multiple of four, or the padding is missing or too long.
    #[error("the base64 text is cut short or wrongly padded")]
    Padding,
    /// The last character carries bits that belong to no byte, so the text is not the only spelling of its value.
    #[error("the last base64 character, at offset {offset}, carries bits that belong to no byte")]
    LeftOverBits {
        /// Where it stands.
        offset: usize,
    },
}

/// Decodes text without line breaks.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(|error| match error {
        DecodeError::InvalidByte(offset, byte) => Base64Error::Byte { offset, byte },
        DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => Base64Error::Padding,
        DecodeError::InvalidLastSymbol { offset, .. } => Base64Error::LeftOverBits { offset },
    })
}

/// Decodes text that may be broken into lines by CR and LF; every other white space is refused.
pub(super) fn decode_lines(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    // A message is decoded by vector instructions; what is wrong with it is told by the other decoder.
    if let Ok(decoded) = base64_simd::STANDARD.decode_to_vec(text) {
        return Ok(decoded);
    }
    match decode(text) {
        // Most senders break no lines, so looking for breaks first would cost more than the decoding.
        Err(_) if text.iter().copied().any(is_line_break) => decode_joined(text).map_err(|found| match found {
            Base64Error::Byte { offset, byte } => Base64Error::Byte { offset: offset_in(text, offset), byte },
            Base64Error::LeftOverBits { offset } => Base64Error::LeftOverBits { offset: offset_in(text, offset) },
            Base64Error::Padding => found,
        }),
        decoded => decoded,
    }
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn decode_joined(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    let mut joined = Vec::with_capacity(text.len());
    for line in text.split(|&byte| is_line_break(byte)) {
        joined.extend_from_slice(line);
    }
    decode(&joined)
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Where the byte stands in `text` that is number `nth` when line breaks are not counted.
fn offset_in(text: &[u8], nth: usize) -> usize {
    let mut kept = text.iter().enumerate().filter(|&(_, &byte)| !is_line_break(byte));
    kept.nth(nth).map_or(text.len(), |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_taken_where_they_may_stand_and_nowhere_else() {
        assert_eq!(decode_lines(b"AQ\r\nID\nBA==\r\n"), Ok(vec![1, 2, 3, 4]));
        assert_eq!(decode(b"AQID\nBA=="), Err(Base64Error::Byte { offset: 4, byte: b'\n' }));
    }

    #[test]
    fn other_white_space_and_other_alphabets_are_refused_with_their_place() {
        assert_eq!(decode_lines(b"AQ\nID BA=="), Err(Base64Error::Byte { offset: 5, byte: b' ' }));
        assert_eq!(decode_lines(b"AQ\tID"), Err(Base64Error::Byte { offset: 2, byte: b'\t' }));
        assert_eq!(decode_lines(b"-_ID"), Err(Base64Error::Byte { offset: 0, byte: b'-' }));
        assert_eq!(decode_lines(b"AQ==AQ=="), Err(Base64Error::Byte { offset: 2, byte: b'=' }));
    }

    #[test]
    fn a_value_has_one_spelling() {
        assert_eq!(decode(b"BA"), Err(Base64Error::Padding));
        assert_eq!(decode(b"BA="), Err(Base64Error::Padding));
        assert_eq!(decode(b"BB=="), Err(Base64Error::LeftOverBits { offset: 1 }));
        assert_eq!(decode_lines(b"\nBB=="), Err(Base64Error::LeftOverBits { offset: 2 }));
    }

    #[test]
    fn the_fast_decoder_takes_nothing_that_the_strict_one_refuses() {
        for text in ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "QQ==QQ==", "QUI=x", "QUJ=", "Q===", "Q-_=", "=", "===="] {
            assert!(decode(text.as_bytes()).is_err(), "{text} is not strict");
            assert!(base64_simd::STANDARD.decode_to_vec(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn both_decoders_agree(bytes: Vec<u8>, at: proptest::sample::Index, damage: u8) {
            let mut text = STANDARD.encode(&bytes).into_bytes();
            proptest::prop_assert_eq!(base64_simd::STANDARD.decode_to_vec(&text).ok(), decode(&text).ok());
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = damage;
            }
            proptest::prop_assert_eq!(base64_simd::STANDARD.decode_to_vec(&text).ok(), decode(&text).ok());
        }
    }
}
