//! Attributes, namespace declarations and what prefixes mean.

use super::{Parser, Result, clip, count, offset};
use crate::error::Malformation;
use crate::scan;
use crate::tree::{AttributeData, Name, NamespaceData, Span, XML_NAMESPACE, slice};

const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Up to this many attributes are compared pairwise; more are sorted first.
const PAIRWISE: usize = 8;

impl Parser<'_> {
    /// The rest of a start tag behind its name; tells whether the tag was an empty element's.
    pub(super) fn attributes_and_end(&mut self, first: usize, first_namespace: usize) -> Result<bool> {
        loop {
            let spaced = self.skip_space();
            match self.peek(0) {
                Some(b'>') => {
                    self.pos += 1;
                    return Ok(false);
                }
                Some(b'/') => {
                    self.pos += 1;
                    self.expect(b'>', "'>' behind '/'")?;
                    return Ok(true);
                }
                Some(_) if spaced => self.attribute(first, first_namespace)?,
                _ => return Err(self.error(Malformation::Tag { wanted: "white space, '/>' or '>'" })),
            }
        }
    }

    fn attribute(&mut self, first: usize, first_namespace: usize) -> Result<()> {
        let at = self.pos;
        let name = self.qname()?;
        self.skip_space();
        self.expect(b'=', "'=' behind an attribute's name")?;
        self.skip_space();
        let declared = match (self.str(name.prefix()), self.str(name.local())) {
            ("", "xmlns") => Some(Span::default()),
            ("xmlns", _) => Some(name.local()),
            _ => None,
        };
        if let Some(prefix) = declared {
            return self.namespace_declaration(prefix, first_namespace, at);
        }
        if self.attributes.len() - first >= self.limits.attributes.min(usize::from(u16::MAX)) {
            let most = self.limits.attributes;
            return Err(self.error_at(at, Malformation::TooManyAttributes { most }));
        }
        let value = self.attribute_value()?;
        if self.str(name.local()).eq_ignore_ascii_case("ID") {
            // Whatever a reader might take for an ID must be unique, not only what we read as one.
            self.ids.push(value);
        }
        self.attributes.push(AttributeData { name, namespace: Span::default(), value });
        Ok(())
    }

    /// `AttValue`, with references resolved and white space turned into spaces (XML 1.0 §3.3.3).
    fn attribute_value(&mut self) -> Result<Span> {
        let Some(quote @ (b'"' | b'\'')) = self.peek(0) else {
            return Err(self.error(Malformation::Tag { wanted: "a quoted value" }));
        };
        self.pos += 1;
        let begin = self.pos;
        let decoded_start = self.decoded.len();
        let mut copied_to = begin;
        let mut is_decoded = false;
        loop {
            self.pos += scan::value_run(&self.bytes[self.pos..], quote);
            match self.peek(0) {
                Some(b) if b == quote => break,
                Some(b'<') => return Err(self.error(Malformation::LessThanInAttribute)),
                Some(b) => {
                    is_decoded = true;
                    self.decoded.push_str(&self.source[copied_to..self.pos]);
                    if b == b'&' {
                        self.reference()?;
                    } else {
                        self.decoded.push(' ');
                        self.pos += 1;
                    }
                    copied_to = self.pos;
                }
                None => return Err(self.error(Malformation::Tag { wanted: "the closing quote" })),
            }
        }
        let span = if is_decoded {
            self.decoded.push_str(&self.source[copied_to..self.pos]);
            self.decoded_since(decoded_start)
        } else {
            Span { start: offset(begin), len: offset(self.pos - begin) }
        };
        self.pos += 1;
        Ok(span)
    }

    /// Namespaces in XML 1.0 §2–3, and no relative namespace names (A10.2).
    fn namespace_declaration(&mut self, prefix: Span, first: usize, at: usize) -> Result<()> {
        if self.scope.len() >= self.limits.namespaces.min(usize::from(u16::MAX)) {
            let most = self.limits.namespaces;
            return Err(self.error_at(at, Malformation::TooManyNamespaces { most }));
        }
        let uri = self.attribute_value()?;
        let (name, value) = (self.str(prefix), self.str(uri));
        let reserved = || Malformation::ReservedNamespace { prefix: clip(name), uri: clip(value) };
        let malformation = match (name, value) {
            ("xml", XML_NAMESPACE) => return Ok(()),
            ("xml" | "xmlns", _) | (_, XML_NAMESPACE | XMLNS_NAMESPACE) => Some(reserved()),
            ("", "") => None,
            (_, "") => Some(Malformation::UndeclaredPrefix { prefix: clip(name) }),
            _ if !value.bytes().all(is_uri) => Some(Malformation::NamespaceName { uri: clip(value) }),
            _ if !has_scheme(value) => Some(Malformation::RelativeNamespace { uri: clip(value) }),
            _ => None,
        };
        if let Some(malformation) = malformation {
            return Err(self.error_at(at, malformation));
        }
        if self.namespaces[first..].iter().any(|earlier| self.str(earlier.prefix) == name) {
            let malformation = Malformation::DuplicateNamespace { prefix: clip(name) };
            return Err(self.error_at(at, malformation));
        }
        // One span for each name in scope: whether two are the same is told without reading them
        // again, however long they are and however often they are used (A21.2).
        let mut in_scope = self.scope.iter().map(|&(_, index)| self.namespaces[index as usize].uri);
        let uri = in_scope.find(|&known| self.str(known) == value).unwrap_or(uri);
        self.scope.push((scan::digest(name), offset(self.namespaces.len())));
        self.namespaces.push(NamespaceData { prefix, uri });
        Ok(())
    }

    /// The namespace of an element: the default namespace counts where there is no prefix.
    pub(super) fn resolve(&mut self, name: Name, at: usize) -> Result<Span> {
        let prefix = self.str(name.prefix());
        if prefix == "xml" {
            return Ok(self.xml_namespace());
        }
        let digest = scan::digest(prefix);
        let alike = self.scope.iter().rev().filter(|&&(known, _)| known == digest);
        let mut declared = alike.map(|&(_, index)| self.namespaces[index as usize]);
        match declared.find(|declared| self.str(declared.prefix) == prefix) {
            Some(declared) => Ok(declared.uri),
            None if prefix.is_empty() => Ok(Span::default()),
            None => Err(self.error_at(at, Malformation::UnboundPrefix { prefix: clip(prefix) })),
        }
    }

    /// The namespaces of an element's attributes, and that no two of them are the same.
    pub(super) fn resolve_attributes(&mut self, first: usize, at: usize) -> Result<()> {
        for index in first..self.attributes.len() {
            let name = self.attributes[index].name;
            if name.prefix().len > 0 {
                self.attributes[index].namespace = self.resolve(name, at)?;
            }
        }
        // Namespaces in scope have one span each, see `namespace_declaration`.
        let key = |a: &AttributeData| (self.str(a.name.local()), a.namespace.start);
        let own = &self.attributes[first..];
        let duplicate = if own.len() <= PAIRWISE {
            own.iter().enumerate().find_map(|(n, a)| own[..n].iter().any(|b| key(a) == key(b)).then(|| key(a).0))
        } else {
            let mut order: Vec<(u64, u16)> =
                own.iter().map(|a| scan::digest(self.str(a.name.local()))).zip(0..count(own.len())).collect();
            let key = |n: u16| key(&own[usize::from(n)]);
            order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1))));
            order.windows(2).find(|pair| key(pair[0].1) == key(pair[1].1)).map(|pair| key(pair[0].1).0)
        };
        match duplicate {
            None => Ok(()),
            Some(name) => {
                let malformation = Malformation::DuplicateAttribute { name: clip(name) };
                Err(self.error_at(at, malformation))
            }
        }
    }

    fn xml_namespace(&mut self) -> Span {
        if let Some(span) = self.xml_namespace {
            return span;
        }
        let start = self.decoded.len();
        self.decoded.push_str(XML_NAMESPACE);
        let span = self.decoded_since(start);
        self.xml_namespace = Some(span);
        span
    }

    fn str(&self, span: Span) -> &str {
        slice(self.source, &self.decoded, span)
    }
}

/// Whether an octet may stand in a URI (RFC 3986 §2).
fn is_uri(b: u8) -> bool {
    b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// Whether `uri` begins with a scheme (RFC 3986 §3.1), which makes it absolute.
fn has_scheme(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}
