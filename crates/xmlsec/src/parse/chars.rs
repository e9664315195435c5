//! Character classes of XML 1.0 §2.2–2.3 and Namespaces in XML §3.

/// May begin an `NCName`.
pub(super) const NAME_START: u8 = 1;
/// May continue an `NCName`.
pub(super) const NAME: u8 = 2;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut b = 0u8;
    while b < 128 {
        let at = b as usize;
        if b.is_ascii_alphabetic() || b == b'_' {
            table[at] |= NAME_START | NAME;
        }
        if b.is_ascii_digit() || b == b'-' || b == b'.' {
            table[at] |= NAME;
        }
        b += 1;
    }
    table
}

/// The classes of an ASCII character; none for an octet of a longer character.
#[inline]
pub(super) fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

/// `Char` of XML 1.0 §2.2.
pub(super) fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{1_0000}'..)
}

/// `NameStartChar` or `NameChar` beyond ASCII, without the colon.
pub(super) fn is_name(c: char, start: bool) -> bool {
    let starts = matches!(c,
        '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}' | '\u{1_0000}'..='\u{E_FFFF}');
    starts || (!start && matches!(c, '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}'))
}

/// Whether this is `<?xml` and not the start of a longer target such as `<?xml-stylesheet`.
pub(super) fn begins_xml_declaration(rest: &[u8]) -> bool {
    rest.starts_with(b"<?xml") && !rest.get(5).is_some_and(|&b| class(b) & NAME != 0 || b == b':')
}
