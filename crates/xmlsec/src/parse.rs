//! From octets to a [`Document`]: one pass, no recursion, no recovery.
//!
//! What SAML does not need is not there: no document types, no entities beyond the five, no
//! processing instructions, no encodings but UTF-8 (A05, A06). Every bound of
//! [`Limits`] is applied before the work that it bounds, and each step is linear in the input:
//! prefixes are looked up among at most [`Limits::namespaces`] declarations, attributes compared
//! among at most [`Limits::attributes`].

#![expect(clippy::unnecessary_box_returns, reason = "results without an error travel in registers")]

mod attributes;
mod chars;
mod prolog;

use crate::error::{Malformation, ParseError, Position};
use crate::limits::Limits;
use crate::scan;
use crate::tree::{AttributeData, Document, ElementData, Name, NamespaceData, NodeData, NodeKind, Span, slice};
use chars::{NAME, NAME_START, class};

type Result<T> = core::result::Result<T, Fault>;
type Fault = Box<ParseError>;

impl Document {
    /// Parses a whole document.
    ///
    /// A UTF-8 byte order mark is passed over, since Entra's metadata begins with one.
    ///
    /// # Errors
    /// The first thing that is not namespace-well-formed XML 1.0 in UTF-8 within `limits`, or that
    /// SAML does not need, with its position.
    pub fn parse(xml: &[u8], limits: &Limits) -> core::result::Result<Self, ParseError> {
        let most = limits.bytes.min(MOST_OCTETS);
        if xml.len() > most {
            let malformation = Malformation::TooLong { got: xml.len(), most };
            return Err(ParseError { malformation, position: Position { line: 1, column: 1 } });
        }
        Self::parse_source(prolog::decode(xml).map_err(|error| *error)?, limits)
    }

    /// Parses what a canonicaliser wrote: it is UTF-8 with normalised line ends already.
    pub(crate) fn parse_canonical(xml: String, limits: &Limits) -> core::result::Result<Self, ParseError> {
        let limits = limits.of_canonical_form();
        if xml.len() > limits.bytes.min(MOST_OCTETS) {
            let malformation = Malformation::TooLong { got: xml.len(), most: limits.bytes };
            return Err(ParseError { malformation, position: Position { line: 1, column: 1 } });
        }
        Self::parse_source(xml, &limits)
    }

    fn parse_source(source: String, limits: &Limits) -> core::result::Result<Self, ParseError> {
        let mut parser = Parser::new(&source, limits);
        parser.document().map_err(|error| *error)?;
        let Parser { decoded, nodes, elements, attributes, namespaces, .. } = parser;
        Ok(Self { source, decoded, nodes, elements, attributes, namespaces, limits: *limits })
    }
}

/// Offsets are 32 bits wide and address two buffers, each at most as long as the input.
const MOST_OCTETS: usize = i32::MAX as usize;

struct Parser<'s> {
    source: &'s str,
    bytes: &'s [u8],
    pos: usize,
    limits: &'s Limits,
    decoded: String,
    nodes: Vec<NodeData>,
    elements: Vec<ElementData>,
    attributes: Vec<AttributeData>,
    namespaces: Vec<NamespaceData>,
    /// The declarations in scope, the innermost last: the digest of the prefix and the index into
    /// `namespaces`.
    scope: Vec<(u64, u32)>,
    open: Vec<Open>,
    ids: Vec<Span>,
    /// The `xml` prefix's namespace name in `decoded`, once it was needed.
    xml_namespace: Option<Span>,
}

struct Open {
    index: u32,
    element: u32,
    name: Span,
    scope_before: usize,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str, limits: &'s Limits) -> Self {
        let bytes = source.as_bytes();
        let room = scan::Room::of(bytes);
        Self {
            source,
            bytes,
            pos: 0,
            limits,
            decoded: String::new(),
            nodes: Vec::with_capacity(room.nodes.min(limits.nodes)),
            elements: Vec::with_capacity(room.elements.min(limits.nodes)),
            attributes: Vec::with_capacity(room.attributes),
            namespaces: Vec::with_capacity(8),
            scope: Vec::with_capacity(8),
            open: Vec::with_capacity(16),
            ids: Vec::with_capacity(4),
            xml_namespace: None,
        }
    }

    /// `document ::= prolog element Misc*`
    fn document(&mut self) -> Result<()> {
        self.prolog()?;
        self.start_tag()?;
        while let Some(open) = self.open.last() {
            match (self.peek(0), self.peek(1)) {
                (Some(b'<'), Some(b'/')) => self.end_tag()?,
                (Some(b'<'), Some(b'!')) => self.declaration()?,
                (Some(b'<'), Some(b'?')) => return Err(self.instruction()),
                (Some(b'<'), _) => self.start_tag()?,
                (Some(_), _) => self.text()?,
                (None, _) => {
                    let open = self.name_for_error(open.name);
                    return Err(self.error(Malformation::Unclosed { open }));
                }
            }
        }
        self.epilog()?;
        self.refuse_duplicate_ids()
    }

    fn start_tag(&mut self) -> Result<()> {
        let at = self.pos;
        if self.open.len() >= self.limits.depth {
            return Err(self.error(Malformation::TooDeep { most: self.limits.depth }));
        }
        self.pos += 1;
        let name = self.qname()?;
        let scope_before = self.scope.len();
        let attributes_start = self.attributes.len();
        let namespaces_start = self.namespaces.len();
        let empty = self.attributes_and_end(attributes_start, namespaces_start)?;
        let namespace = self.resolve(name, at)?;
        self.resolve_attributes(attributes_start, at)?;

        let element = offset(self.elements.len());
        let index = offset(self.nodes.len());
        self.push(NodeKind::Element { element, end: index + 1 }, at)?;
        self.elements.push(ElementData {
            name,
            namespace,
            attributes_start: offset(attributes_start),
            namespaces_start: offset(namespaces_start),
            attributes_len: count(self.attributes.len() - attributes_start),
            namespaces_len: count(self.namespaces.len() - namespaces_start),
            until: offset(self.pos),
        });
        if empty {
            self.scope.truncate(scope_before);
        } else {
            self.open.push(Open { index, element, name: name.qualified, scope_before });
        }
        Ok(())
    }

    fn end_tag(&mut self) -> Result<()> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let begin = self.pos + 2;
        let want = open.name.start as usize..(open.name.start + open.name.len) as usize;
        let end = begin + want.len();
        let matches = self.bytes.get(begin..end) == self.bytes.get(want)
            && !self.bytes.get(end).is_some_and(|&b| class(b) & NAME != 0 || b >= 0x80);
        if !matches {
            self.pos = begin;
            let got = self.qname().map_or_else(|_| String::new(), |n| self.name_for_error(n.qualified));
            self.pos = begin;
            let want = self.name_for_error(open.name);
            return Err(self.error(Malformation::EndTag { got, want }));
        }
        self.pos = end;
        self.skip_space();
        self.expect(b'>', "'>'")?;
        let end = offset(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(open.index as usize) {
            node.kind = NodeKind::Element { element: open.element, end };
        }
        if let Some(element) = self.elements.get_mut(open.element as usize) {
            element.until = offset(self.pos);
        }
        self.scope.truncate(open.scope_before);
        Ok(())
    }

    /// A run of text up to the next markup, with references resolved.
    fn text(&mut self) -> Result<()> {
        let at = self.pos;
        let decoded_start = self.decoded.len();
        let mut copied_to = at;
        let mut is_decoded = false;
        loop {
            self.pos += scan::text_run(&self.bytes[self.pos..]);
            match self.peek(0) {
                Some(b'&') => {
                    is_decoded = true;
                    self.decoded.push_str(&self.source[copied_to..self.pos]);
                    self.reference()?;
                    copied_to = self.pos;
                }
                Some(b']') if self.bytes[self.pos..].starts_with(b"]]>") => {
                    return Err(self.error(Malformation::CdataEndInText));
                }
                Some(b']') => self.pos += 1,
                _ => break,
            }
        }
        let span = if is_decoded {
            self.decoded.push_str(&self.source[copied_to..self.pos]);
            self.decoded_since(decoded_start)
        } else {
            Span { start: offset(at), len: offset(self.pos - at) }
        };
        self.push(NodeKind::Text(span), at)
    }

    /// `<!`: a comment or a CDATA section inside an element.
    fn declaration(&mut self) -> Result<()> {
        let at = self.pos;
        let rest = &self.bytes[at..];
        if rest.starts_with(b"<!--") {
            let span = self.comment()?;
            self.push(NodeKind::Comment(span), at)
        } else if rest.starts_with(b"<![CDATA[") {
            let begin = at + b"<![CDATA[".len();
            let len = find(&self.bytes[begin..], b"]]>").ok_or_else(|| self.error(Malformation::Markup))?;
            self.pos = begin + len + b"]]>".len();
            self.push(NodeKind::Cdata(Span { start: offset(begin), len: offset(len) }), at)
        } else if rest.starts_with(b"<!DOCTYPE") {
            Err(self.error(Malformation::DocumentType))
        } else {
            Err(self.error(Malformation::Markup))
        }
    }

    /// The inside of a comment; `--` may only stand at its end.
    fn comment(&mut self) -> Result<Span> {
        let begin = self.pos + b"<!--".len();
        let len =
            find(&self.bytes[begin.min(self.bytes.len())..], b"--").ok_or_else(|| self.error(Malformation::Comment))?;
        if self.bytes.get(begin + len + 2) != Some(&b'>') {
            self.pos = begin + len;
            return Err(self.error(Malformation::Comment));
        }
        self.pos = begin + len + b"-->".len();
        Ok(Span { start: offset(begin), len: offset(len) })
    }

    fn instruction(&self) -> Fault {
        let rest = &self.bytes[self.pos..];
        self.error(if chars::begins_xml_declaration(rest) {
            Malformation::XmlDeclaration
        } else {
            Malformation::ProcessingInstruction
        })
    }

    fn push(&mut self, kind: NodeKind, at: usize) -> Result<()> {
        if self.nodes.len() >= self.limits.nodes {
            let malformation = Malformation::TooManyNodes { most: self.limits.nodes };
            return Err(self.error_at(at, malformation));
        }
        let parent = self.open.last().map_or(0, |open| open.index);
        self.nodes.push(NodeData { kind, parent });
        Ok(())
    }

    /// `QName`, in which the colon stands at most once and between two names.
    fn qname(&mut self) -> Result<Name> {
        let start = self.pos;
        self.ncname()?;
        let mut local_start = start;
        if self.peek(0) == Some(b':') {
            self.pos += 1;
            local_start = self.pos;
            self.ncname()?;
        }
        if self.peek(0) == Some(b':') {
            return Err(self.error(Malformation::Name));
        }
        let qualified = Span { start: offset(start), len: offset(self.pos - start) };
        Ok(Name { qualified, local_start: offset(local_start) })
    }

    fn ncname(&mut self) -> Result<()> {
        let start = self.pos;
        let mut at = start;
        if self.peek(0).is_some_and(|b| class(b) & NAME_START != 0) {
            while self.bytes.get(at).is_some_and(|&b| class(b) & NAME != 0) {
                at += 1;
            }
        }
        self.pos = at;
        if self.peek(0).is_some_and(|b| b >= 0x80) {
            self.name_beyond_ascii(start);
        }
        if self.pos == start { Err(self.error(Malformation::Name)) } else { Ok(()) }
    }

    /// The rest of a name that began at `start` and has characters beyond ASCII.
    #[cold]
    fn name_beyond_ascii(&mut self, start: usize) {
        for c in self.source[self.pos..].chars() {
            let is_first = self.pos == start;
            let belongs = match u8::try_from(c) {
                Ok(b) if b < 0x80 => class(b) & if is_first { NAME_START } else { NAME } != 0,
                _ => chars::is_name(c, is_first),
            };
            if !belongs {
                break;
            }
            self.pos += c.len_utf8();
        }
    }

    /// A character reference or one of the five entities; the character goes to `decoded`.
    fn reference(&mut self) -> Result<()> {
        let rest = &self.source[self.pos + 1..];
        // The longest that is accepted, with leading zeros, is far below this.
        let window = rest.as_bytes().get(..rest.len().min(40)).unwrap_or_default();
        let Some(len) = window.iter().position(|&b| b == b';') else {
            return Err(self.error(Malformation::Reference));
        };
        let name = &rest[..len];
        let character = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "apos" => '\'',
            "quot" => '"',
            _ => self.character_reference(name)?,
        };
        self.decoded.push(character);
        self.pos += len + 2;
        Ok(())
    }

    fn character_reference(&self, name: &str) -> Result<char> {
        let Some(number) = name.strip_prefix('#') else {
            let named = !name.is_empty() && name.bytes().all(|b| class(b) & NAME != 0 || b >= 0x80);
            let malformation = if named {
                Malformation::Entity { got: name.chars().take(32).collect() }
            } else {
                Malformation::Reference
            };
            return Err(self.error(malformation));
        };
        let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Err(self.error(Malformation::Reference));
        }
        let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
        char::from_u32(code)
            .filter(|&c| chars::is_xml(c))
            .ok_or_else(|| self.error(Malformation::Character { got: code }))
    }

    fn refuse_duplicate_ids(&mut self) -> Result<()> {
        let mut ids = core::mem::take(&mut self.ids);
        let value = |span: Span| slice(self.source, &self.decoded, span);
        ids.sort_unstable_by(|&a, &b| value(a).cmp(value(b)));
        match ids.windows(2).find(|pair| value(pair[0]) == value(pair[1])) {
            None => Ok(()),
            Some(pair) => {
                let later = pair[0].start.max(pair[1].start) as usize;
                let malformation = Malformation::DuplicateId { value: clip(value(pair[0])) };
                // A value with references lies in `decoded`; its own place is not known then.
                Err(self.error_at(if later < self.source.len() { later } else { 0 }, malformation))
            }
        }
    }

    fn decoded_since(&self, start: usize) -> Span {
        Span { start: offset(self.source.len() + start), len: offset(self.decoded.len() - start) }
    }

    fn skip_space(&mut self) -> bool {
        let before = self.pos;
        while matches!(self.peek(0), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.pos += 1;
        }
        self.pos != before
    }

    fn expect(&mut self, byte: u8, wanted: &'static str) -> Result<()> {
        if self.peek(0) != Some(byte) {
            return Err(self.error(Malformation::Tag { wanted }));
        }
        self.pos += 1;
        Ok(())
    }

    #[inline]
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.pos + ahead).copied()
    }

    #[cold]
    fn error(&self, malformation: Malformation) -> Fault {
        self.error_at(self.pos, malformation)
    }

    #[cold]
    fn error_at(&self, at: usize, malformation: Malformation) -> Fault {
        Box::new(ParseError { malformation, position: Position::of(self.bytes, at) })
    }

    fn name_for_error(&self, span: Span) -> String {
        clip(slice(self.source, &self.decoded, span))
    }
}

/// What an error quotes of the input: enough to recognise it, never a flood.
fn clip(text: &str) -> String {
    text.chars().take(128).collect()
}

/// Where `needle` begins in `haystack`.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// An octet offset or index, which [`MOST_OCTETS`] keeps within 32 bits.
fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A number of attributes or declarations, which `Limits` keeps within 16 bits.
fn count(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}
