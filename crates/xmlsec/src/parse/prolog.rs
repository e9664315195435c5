//! What surrounds the root: encoding, line ends, XML declaration, comments.

use super::{Parser, Result, chars, clip};
use crate::error::{Malformation, ParseError, Position};
use crate::scan;

/// Octets to text: UTF-8 only, no forbidden character, no byte order mark, line ends normalised
/// (XML 1.0 §2.2, §2.11, §4.3.3).
pub(super) fn decode(xml: &[u8]) -> Result<String> {
    let fail = |malformation, at| Err(Box::new(ParseError { malformation, position: Position::of(xml, at) }));
    if let Some(got) = other_encoding(xml) {
        return fail(Malformation::OtherEncoding { got }, 0);
    }
    let text = match core::str::from_utf8(xml) {
        Ok(text) => text.strip_prefix('\u{FEFF}').unwrap_or(text),
        Err(error) => return fail(Malformation::NotUtf8, error.valid_up_to()),
    };
    // Vector instructions decide whether anything needs a second look.
    let suspicious = |b: u8| (b < b' ' && b != b'\t' && b != b'\n') || b == FIRST_OF_NONCHARACTERS;
    if !scan::any(text.as_bytes(), suspicious) {
        return Ok(text.to_owned());
    }
    if let Some((at, c)) = text.char_indices().find(|&(_, c)| !chars::is_xml(c)) {
        return fail(Malformation::Character { got: u32::from(c) }, at);
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// What U+FFFE and U+FFFF begin with in UTF-8, as many good characters do.
const FIRST_OF_NONCHARACTERS: u8 = 0xEF;

/// The encodings that the first octets of XML in them betray (XML 1.0 appendix F).
fn other_encoding(xml: &[u8]) -> Option<&'static str> {
    match xml {
        [0, 0, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0, b'<', ..] => Some("UTF-32"),
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] | [b'<', 0, ..] => Some("UTF-16"),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => Some("EBCDIC"),
        _ => None,
    }
}

impl<'s> Parser<'s> {
    /// `prolog ::= XMLDecl? Misc*`, up to the `<` of the root.
    pub(super) fn prolog(&mut self) -> Result<()> {
        if chars::begins_xml_declaration(self.bytes) {
            self.xml_declaration()?;
        }
        self.misc()?;
        match self.peek(0) {
            Some(b'<') => Ok(()),
            Some(_) => Err(self.error(Malformation::TextOutsideRoot)),
            None => Err(self.error(Malformation::NoRoot)),
        }
    }

    /// `Misc*` up to the end of the document.
    pub(super) fn epilog(&mut self) -> Result<()> {
        self.misc()?;
        match (self.peek(0), self.peek(1)) {
            (None, _) => Ok(()),
            (Some(b'<'), Some(b)) if chars::class(b) & chars::NAME_START != 0 => {
                Err(self.error(Malformation::SecondRoot))
            }
            _ => Err(self.error(Malformation::TextOutsideRoot)),
        }
    }

    /// White space and comments. They are outside the root, so nothing ever reads them.
    fn misc(&mut self) -> Result<()> {
        loop {
            self.skip_space();
            let rest = &self.bytes[self.pos..];
            if rest.starts_with(b"<!--") {
                self.comment()?;
            } else if rest.starts_with(b"<!DOCTYPE") {
                return Err(self.error(Malformation::DocumentType));
            } else if rest.starts_with(b"<![CDATA[") {
                return Err(self.error(Malformation::TextOutsideRoot));
            } else if rest.starts_with(b"<!") {
                return Err(self.error(Malformation::Markup));
            } else if rest.starts_with(b"<?") {
                return Err(self.instruction());
            } else {
                return Ok(());
            }
        }
    }

    /// `XMLDecl ::= '<?xml' VersionInfo EncodingDecl? SDDecl? S? '?>'`
    fn xml_declaration(&mut self) -> Result<()> {
        self.pos = b"<?xml".len();
        let Some(version) = self.pseudo_attribute("version")? else {
            return Err(self.error(Malformation::XmlDeclaration));
        };
        if version != "1.0" {
            return Err(self.error(Malformation::Version { got: clip(version) }));
        }
        if let Some(encoding) = self.pseudo_attribute("encoding")?
            && !encoding.eq_ignore_ascii_case("utf-8")
        {
            return Err(self.error(Malformation::DeclaredEncoding { got: clip(encoding) }));
        }
        if let Some(standalone) = self.pseudo_attribute("standalone")?
            && !matches!(standalone, "yes" | "no")
        {
            return Err(self.error(Malformation::XmlDeclaration));
        }
        self.skip_space();
        if !self.bytes[self.pos..].starts_with(b"?>") {
            return Err(self.error(Malformation::XmlDeclaration));
        }
        self.pos += 2;
        Ok(())
    }

    /// ` name = "value"` where it is the next thing, else nothing is consumed.
    fn pseudo_attribute(&mut self, name: &str) -> Result<Option<&'s str>> {
        let before = self.pos;
        if !self.skip_space() || !self.bytes[self.pos..].starts_with(name.as_bytes()) {
            self.pos = before;
            return Ok(None);
        }
        self.pos += name.len();
        self.skip_space();
        self.expect(b'=', "'='")?;
        self.skip_space();
        let Some(quote @ (b'"' | b'\'')) = self.peek(0) else {
            return Err(self.error(Malformation::XmlDeclaration));
        };
        let begin = self.pos + 1;
        let Some(len) = self.bytes[begin..].iter().position(|&b| b == quote) else {
            return Err(self.error(Malformation::XmlDeclaration));
        };
        self.pos = begin + len + 1;
        let source: &'s str = self.source;
        Ok(Some(&source[begin..begin + len]))
    }
}
