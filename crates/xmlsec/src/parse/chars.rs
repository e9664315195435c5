//! Character classes of XML 1.0 §2.2–2.3 and Namespaces in XML §3.

/// May begin an `NCName`.
pub(super) const NAME_START: u8 = 1;
/// May continue an `NCName`.
pub(super) const NAME: u8 = 2;
/// Ends a plain run of text: markup, a reference, or perhaps `]]>`.
const TEXT_STOP: u8 = 4;
/// Ends a plain run of an attribute value: a quote, `<`, a reference, white space to normalise.
const VALUE_STOP: u8 = 8;

/// Octets that are looked at together.
const CHUNK: usize = 64;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 128 {
        let b = at as u8;
        if b.is_ascii_alphabetic() || b == b'_' {
            table[at] |= NAME_START | NAME;
        }
        if b.is_ascii_digit() || b == b'-' || b == b'.' {
            table[at] |= NAME;
        }
        if ends_text(b) {
            table[at] |= TEXT_STOP;
        }
        if matches!(b, b'<' | b'&' | b'"' | b'\'' | b'\t' | b'\n' | b'\r') {
            table[at] |= VALUE_STOP;
        }
        at += 1;
    }
    table
}

/// The classes of an ASCII character; none for an octet of a longer character.
#[inline]
pub(super) fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

#[inline]
const fn ends_text(b: u8) -> bool {
    b == b'<' || b == b'&' || b == b']'
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
    starts
        || (!start
            && matches!(c, '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}'))
}

/// Whether this is `<?xml` and not the start of a longer target such as `<?xml-stylesheet`.
pub(super) fn begins_xml_declaration(rest: &[u8]) -> bool {
    rest.starts_with(b"<?xml") && !rest.get(5).is_some_and(|&b| class(b) & NAME != 0 || b == b':')
}

/// How often an octet stands in the text; counted in octets, so that vector instructions serve.
pub(super) fn occurrences(text: &[u8], mark: u8) -> usize {
    let in_chunk = |chunk: &[u8]| chunk.iter().fold(0u8, |n, &b| n + u8::from(b == mark));
    text.chunks(128).map(|chunk| usize::from(in_chunk(chunk))).sum()
}

/// Whether the predicate holds for any octet; without branches inside a chunk, for the same reason.
#[inline]
pub(super) fn any(text: &[u8], predicate: impl Fn(u8) -> bool) -> bool {
    text.chunks(CHUNK).any(|chunk| chunk.iter().fold(false, |any, &b| any | predicate(b)))
}

/// How many octets come before the first that ends a plain run of text. Long runs, such as
/// certificates, are passed over a chunk at a time.
#[inline]
pub(super) fn text_run(text: &[u8]) -> usize {
    let mut plain = 0;
    for chunk in text.chunks(CHUNK) {
        // Most runs are short: look closely first, and in strides only once it proves long.
        if plain > 0 && !any(chunk, ends_text) {
            plain += chunk.len();
            continue;
        }
        match chunk.iter().position(|&b| class(b) & TEXT_STOP != 0) {
            Some(at) => return plain + at,
            None => plain += chunk.len(),
        }
    }
    plain
}

/// How many octets come before the first that ends a plain run of an attribute value.
#[inline]
pub(super) fn value_run(text: &[u8]) -> usize {
    text.iter().position(|&b| class(b) & VALUE_STOP != 0).unwrap_or(text.len())
}
