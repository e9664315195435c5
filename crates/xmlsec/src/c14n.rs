//! Canonical XML: the octets that a signature is made over.
//!
//! Exclusive C14N 1.0, inclusive C14N 1.0 and 1.1, each with and without comments, of one element
//! and all that is below it. There are no node-set subsets but one: the enveloped signature may be
//! left out. The work is one pass over the subtree; a namespace is looked up among the at most
//! [`Limits::namespaces`](crate::Limits::namespaces) that are rendered around it.

mod inherit;

use crate::tree::{AttributeData, Document, Element, NodeKind, Span, XML_NAMESPACE};
use crate::write::{escape_attribute, escape_text};

/// A canonicalisation method by its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `http://www.w3.org/2001/10/xml-exc-c14n#`, which SAML Core §5.4.3 recommends.
    Exclusive,
    /// `http://www.w3.org/2001/10/xml-exc-c14n#WithComments`
    ExclusiveWithComments,
    /// `http://www.w3.org/TR/2001/REC-xml-c14n-20010315`
    Inclusive10,
    /// `http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments`
    Inclusive10WithComments,
    /// `http://www.w3.org/2006/12/xml-c14n11`
    Inclusive11,
    /// `http://www.w3.org/2006/12/xml-c14n11#WithComments`
    Inclusive11WithComments,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 6] = [
        Self::Exclusive,
        Self::ExclusiveWithComments,
        Self::Inclusive10,
        Self::Inclusive10WithComments,
        Self::Inclusive11,
        Self::Inclusive11WithComments,
    ];

    /// The method's identifier.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Exclusive => "http://www.w3.org/2001/10/xml-exc-c14n#",
            Self::ExclusiveWithComments => "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
            Self::Inclusive10 => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
            Self::Inclusive10WithComments => "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
            Self::Inclusive11 => "http://www.w3.org/2006/12/xml-c14n11",
            Self::Inclusive11WithComments => "http://www.w3.org/2006/12/xml-c14n11#WithComments",
        }
    }

    /// The method with this identifier.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.uri() == uri)
    }

    /// Whether this is one of the two exclusive methods, which alone take a prefix list.
    pub const fn is_exclusive(self) -> bool {
        matches!(self, Self::Exclusive | Self::ExclusiveWithComments)
    }

    /// The method with the same rules that leaves comments out.
    #[must_use]
    pub const fn without_comments(self) -> Self {
        match self {
            Self::Exclusive | Self::ExclusiveWithComments => Self::Exclusive,
            Self::Inclusive10 | Self::Inclusive10WithComments => Self::Inclusive10,
            Self::Inclusive11 | Self::Inclusive11WithComments => Self::Inclusive11,
        }
    }

    const fn with_comments(self) -> bool {
        matches!(self, Self::ExclusiveWithComments | Self::Inclusive10WithComments | Self::Inclusive11WithComments)
    }
}

/// A method with its parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonicalization {
    /// The method.
    pub method: Method,
    /// `InclusiveNamespaces PrefixList` (Exclusive C14N §3): prefixes that are treated as inclusive
    /// C14N treats them. `""` stands for `#default`. Means nothing to the inclusive methods.
    pub inclusive_prefixes: Vec<String>,
}

impl From<Method> for Canonicalization {
    fn from(method: Method) -> Self {
        Self { method, inclusive_prefixes: Vec::new() }
    }
}

/// Why an element has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum C14nError {
    /// Nothing came out. An empty octet stream is an error, never a result (A10.1).
    #[error("canonicalisation gave no octets")]
    Empty,
    /// More prefixes in the list than [`Limits::namespaces`](crate::Limits::namespaces), of which no
    /// more can be in scope. Each is looked for at each declaration, so this bounds the work (A21.4).
    #[error("the PrefixList has more than {most} prefixes")]
    TooManyPrefixes {
        /// The bound.
        most: usize,
    },
    /// More octets than [`Limits::canonical_bytes`](crate::Limits::canonical_bytes).
    #[error("the canonical form has more than {most} octets")]
    TooLong {
        /// The bound.
        most: usize,
    },
}

/// The canonical form of `element` and what is below it, without the subtree `omitted`.
///
/// # Errors
/// [`C14nError::TooLong`] and [`C14nError::TooManyPrefixes`] beyond the bounds of the document's own
/// limits; [`C14nError::Empty`] where everything was omitted.
pub fn canonicalize(
    element: Element<'_>,
    how: &Canonicalization,
    omitted: Option<Element<'_>>,
) -> Result<String, C14nError> {
    let most = element.document.limits.namespaces;
    if how.inclusive_prefixes.len() > most {
        return Err(C14nError::TooManyPrefixes { most });
    }
    let octets = |element: Element<'_>| element.source_range().len();
    let estimate = octets(element).saturating_sub(omitted.map_or(0, octets));
    let mut canon = Canonicalizer {
        document: element.document,
        how,
        apex: element,
        out: String::with_capacity(estimate + estimate / 16 + 64),
        rendered: Vec::with_capacity(8),
        pending: Vec::with_capacity(8),
        order: Vec::with_capacity(8),
    };
    canon.run(omitted)?;
    if canon.out.is_empty() {
        return Err(C14nError::Empty);
    }
    Ok(canon.out)
}

struct Canonicalizer<'a> {
    document: &'a Document,
    how: &'a Canonicalization,
    apex: Element<'a>,
    out: String,
    /// Namespaces rendered by the open output elements, the innermost last.
    rendered: Vec<(&'a str, &'a str)>,
    /// Namespaces to render on the current element.
    pending: Vec<(&'a str, &'a str)>,
    order: Vec<AttributeData>,
}

struct Open {
    end: u32,
    name: Span,
    rendered_before: usize,
}

impl<'a> Canonicalizer<'a> {
    fn run(&mut self, omitted: Option<Element<'_>>) -> Result<(), C14nError> {
        let document = self.document;
        let most = document.limits.canonical_bytes;
        let omitted = omitted.filter(|o| core::ptr::eq(o.document, document)).map(|o| o.index);
        let end = self.apex.end();
        let mut open: Vec<Open> = Vec::with_capacity(16);
        let mut index = self.apex.index;
        while index < end {
            while let Some(closing) = open.pop_if(|open| open.end <= index) {
                self.close(&closing);
            }
            if Some(index) == omitted {
                index = document.end(index);
                continue;
            }
            match document.nodes[index as usize].kind {
                NodeKind::Element { end, .. } => {
                    let rendered_before = self.rendered.len();
                    let element = Element { document, index };
                    self.open(element);
                    open.push(Open { end, name: element.data().name.qualified, rendered_before });
                }
                NodeKind::Text(span) | NodeKind::Cdata(span) => {
                    escape_text(&mut self.out, document.slice(span));
                }
                NodeKind::Comment(span) if self.how.method.with_comments() => {
                    self.out.push_str("<!--");
                    self.out.push_str(document.slice(span));
                    self.out.push_str("-->");
                }
                NodeKind::Comment(_) => {}
            }
            if self.out.len() > most {
                return Err(C14nError::TooLong { most });
            }
            index += 1;
        }
        while let Some(closing) = open.pop() {
            self.close(&closing);
        }
        Ok(())
    }

    fn open(&mut self, element: Element<'a>) {
        self.out.push('<');
        self.out.push_str(self.document.slice(element.data().name.qualified));
        if self.how.method.is_exclusive() {
            self.exclusive_namespaces(element);
        } else {
            self.inclusive_namespaces(element);
        }
        self.write_namespaces();
        self.write_attributes(element);
        self.out.push('>');
    }

    fn close(&mut self, open: &Open) {
        self.out.push_str("</");
        self.out.push_str(self.document.slice(open.name));
        self.out.push('>');
        self.rendered.truncate(open.rendered_before);
    }

    /// Exclusive C14N §3: what the element's own names use, and the prefix list.
    fn exclusive_namespaces(&mut self, element: Element<'a>) {
        self.consider(element.prefix(), element.namespace());
        for attribute in element.attributes() {
            if !attribute.prefix().is_empty() {
                self.consider(attribute.prefix(), attribute.namespace());
            }
        }
        let how = self.how;
        if how.inclusive_prefixes.is_empty() {
            return;
        }
        let listed = |prefix: &str| how.inclusive_prefixes.iter().any(|p| p == prefix);
        if element == self.apex {
            for (prefix, uri) in inherit::namespaces_in_scope(element) {
                if listed(prefix) {
                    self.consider(prefix, uri);
                }
            }
        } else {
            for (prefix, uri) in inherit::declared(element).filter(|&(prefix, _)| listed(prefix)) {
                self.consider(prefix, uri);
            }
        }
    }

    /// C14N 1.0 §2.3: every namespace in scope that the output parent has not rendered.
    fn inclusive_namespaces(&mut self, element: Element<'a>) {
        if element == self.apex {
            for (prefix, uri) in inherit::namespaces_in_scope(element) {
                self.consider(prefix, uri);
            }
        } else {
            for (prefix, uri) in inherit::declared(element) {
                self.consider(prefix, uri);
            }
        }
    }

    /// Notes a namespace for rendering unless an open output element has rendered the same.
    fn consider(&mut self, prefix: &'a str, uri: &'a str) {
        if prefix == "xml" || self.pending.iter().any(|&(pending, _)| pending == prefix) {
            return;
        }
        let around = self.rendered.iter().rev().find(|&&(rendered, _)| rendered == prefix);
        let unchanged = match around {
            // The parser gives equal names in scope one place: long ones need not be read each time.
            Some(&(_, rendered)) => core::ptr::eq(rendered, uri) || rendered == uri,
            // `xmlns=""` is only written where it takes a default namespace away.
            None => prefix.is_empty() && uri.is_empty(),
        };
        if !unchanged {
            self.pending.push((prefix, uri));
        }
    }

    fn write_namespaces(&mut self) {
        self.pending.sort_unstable();
        for &(prefix, uri) in &self.pending {
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(prefix);
            self.out.push_str("=\"");
            escape_attribute(&mut self.out, uri);
            self.out.push('"');
        }
        self.rendered.append(&mut self.pending);
    }

    /// Attributes by namespace name and local name, those without namespace first.
    fn write_attributes(&mut self, element: Element<'a>) {
        let document = self.document;
        self.order.clear();
        self.order.extend_from_slice(element.attribute_data());
        let mut base = None;
        if element == self.apex && !self.how.method.is_exclusive() {
            base = inherit::xml_attributes(element, self.how.method, &mut self.order);
        }
        let key = |a: &AttributeData| (document.slice(a.namespace), document.slice(a.name.local()));
        if !self.order.is_sorted_by(|a, b| key(a) <= key(b)) {
            self.order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        }
        for attribute in &self.order {
            if let Some(joined) = base.as_deref()
                && key(attribute) == (XML_NAMESPACE, "base")
            {
                inherit::write_base(&mut self.out, joined);
                continue;
            }
            self.out.push(' ');
            self.out.push_str(document.slice(attribute.name.qualified));
            self.out.push_str("=\"");
            escape_attribute(&mut self.out, document.slice(attribute.value));
            self.out.push('"');
        }
    }
}
