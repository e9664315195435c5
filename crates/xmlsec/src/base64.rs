//! Base64 as XML writes it (`xs:base64Binary`): canonical padding, white space anywhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Decodes the text of an element such as `SignatureValue`; `None` for anything but base64.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    if !text.bytes().any(is_space) {
        return STANDARD.decode(text).ok();
    }
    let packed: Vec<u8> = text.bytes().filter(|&b| !is_space(b)).collect();
    STANDARD.decode(packed).ok()
}

/// Encodes on one line.
pub(crate) fn encode(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}
