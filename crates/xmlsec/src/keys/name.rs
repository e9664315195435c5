//! Distinguished names as a person reads them (RFC 4514).

use std::fmt::Write as _;

use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::{Tag, Tagged as _};
use x509_cert::name::Name;

/// Short names of attribute types: RFC 4514 §3, and the two more that certificates carry.
const SHORT: [(&str, &str); 12] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// The name, most specific part first, as RFC 4514 writes it; empty for an empty name.
pub(super) fn display(name: &Name) -> String {
    let rdns: Vec<String> =
        name.as_ref().iter().map(|rdn| rdn.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    rdns.into_iter().rev().collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let oid = attribute.oid.to_string();
    let key = SHORT.iter().find(|(known, _)| *known == oid).map_or(oid.as_str(), |(_, short)| *short);
    let bytes = attribute.value.value();
    match text(attribute.value.tag(), bytes) {
        Some(text) => format!("{key}={}", escaped(&text)),
        None => {
            bytes.iter().fold(format!("{key}=#"), |mut hex, byte| {
                // Writing to a string does not fail.
                let _ = write!(hex, "{byte:02x}");
                hex
            })
        }
    }
}

/// The value as text; encodings older than UTF-8 included, because old certificates use them.
fn text(tag: Tag, bytes: &[u8]) -> Option<String> {
    match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        }
        // In practice Latin-1.
        Tag::TeletexString => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString if bytes.len().is_multiple_of(2) => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).ok()
        }
        _ => None,
    }
}

fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (index, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            '#' if index == 0 => out.push_str("\\#"),
            ' ' if index == 0 || index == last => out.push_str("\\ "),
            // Nothing in a name may steer a terminal or reorder what a person reads.
            c if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing to a string does not fail.
                    let _ = write!(out, "\\{byte:02x}");
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped_as_rfc_4514_says() {
        assert_eq!(escaped("James \"Jim\" Smith, III"), "James \\\"Jim\\\" Smith\\, III");
        assert_eq!(escaped("#1 "), "\\#1\\ ");
        assert_eq!(escaped(" a b"), "\\ a b");
        assert_eq!(escaped("Before\rAfter"), "Before\\0dAfter");
        assert_eq!(escaped("\u{202e}gro"), "\\e2\\80\\aegro");
        assert_eq!(escaped("Lučić"), "Lučić");
    }

    #[test]
    fn old_string_types_are_read() {
        assert_eq!(text(Tag::BmpString, &[0, b'A', 1, 0x0d]), Some("Ač".to_owned()));
        assert_eq!(text(Tag::BmpString, &[0]), None);
        assert_eq!(text(Tag::TeletexString, &[0xe9]), Some("é".to_owned()));
        assert_eq!(text(Tag::Utf8String, &[0xff]), None);
        assert_eq!(text(Tag::OctetString, b"x"), None);
    }
}
