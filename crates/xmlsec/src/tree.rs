//! The tree: flat arenas in document order over one text.
//!
//! A node's subtree is the run of nodes behind it up to its `end`, so walking is counting, nothing
//! recurses and dropping is freeing four vectors. Strings are spans of the source; only values that
//! contain references or normalised white space are kept in a second buffer.

use core::fmt;
use std::borrow::Cow;

use crate::error::{Foreign, Position, ValueError};
use crate::limits::Limits;

/// The namespace that the prefix `xml` is bound to.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// A namespace-well-formed document within its [`Limits`].
///
/// Made by [`Document::parse`](Self::parse) only. Equality of namespaces, names and values is
/// equality of characters; prefixes never matter to a reader.
pub struct Document {
    pub(crate) source: String,
    pub(crate) decoded: String,
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) elements: Vec<ElementData>,
    pub(crate) attributes: Vec<AttributeData>,
    pub(crate) namespaces: Vec<NamespaceData>,
    pub(crate) limits: Limits,
}

/// A run of characters: of `source`, or of `decoded` when `start` lies behind the source's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// A node of 16 octets: messages of tiny elements must not cost many times their size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeData {
    pub(crate) kind: NodeKind,
    /// Index of the parent; the root is its own parent.
    pub(crate) parent: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum NodeKind {
    /// Index among the elements, and the node behind the subtree: `index + 1 .. end` are its
    /// descendants.
    Element {
        element: u32,
        end: u32,
    },
    Text(Span),
    Cdata(Span),
    Comment(Span),
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ElementData {
    pub(crate) name: Name,
    pub(crate) namespace: Span,
    pub(crate) attributes_start: u32,
    pub(crate) namespaces_start: u32,
    /// Bounded by `Limits::attributes`, which is far below 65,536.
    pub(crate) attributes_len: u16,
    pub(crate) namespaces_len: u16,
    /// Octet of the source behind the end tag.
    pub(crate) until: u32,
}

/// A `QName` in the source.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Name {
    pub(crate) qualified: Span,
    /// Where the local part begins; equal to `qualified.start` where there is no prefix.
    pub(crate) local_start: u32,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct AttributeData {
    pub(crate) name: Name,
    pub(crate) namespace: Span,
    pub(crate) value: Span,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct NamespaceData {
    pub(crate) prefix: Span,
    pub(crate) uri: Span,
}

impl Name {
    pub(crate) const fn prefix(self) -> Span {
        let len = self.local_start - self.qualified.start;
        // The colon between prefix and local part is not part of either.
        Span { start: self.qualified.start, len: len.saturating_sub(1) }
    }

    pub(crate) const fn local(self) -> Span {
        let before = self.local_start - self.qualified.start;
        Span { start: self.local_start, len: self.qualified.len - before }
    }
}

impl Document {
    /// The root element.
    pub fn root(&self) -> Element<'_> {
        // `parse` refuses a document without a root, and the root is its first node.
        Element { document: self, index: 0 }
    }

    /// All elements in document order, the root first.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.root().descendants()
    }

    /// The text that was parsed, after line-end normalisation and without a byte order mark.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The bounds under which the document was parsed.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    #[inline]
    pub(crate) fn slice(&self, span: Span) -> &str {
        slice(&self.source, &self.decoded, span)
    }

    /// Whether a span holds this text; most comparisons end at its length.
    #[inline]
    pub(crate) fn holds(&self, span: Span, text: &str) -> bool {
        span.len as usize == text.len() && self.slice(span).as_bytes() == text.as_bytes()
    }

    pub(crate) fn position(&self, offset: u32) -> Position {
        Position::of(self.source.as_bytes(), offset as usize)
    }

    /// The node behind a node's subtree.
    #[inline]
    pub(crate) fn end(&self, index: u32) -> u32 {
        match self.nodes[index as usize].kind {
            NodeKind::Element { end, .. } => end,
            _ => index + 1,
        }
    }

    /// Whether a node is an element.
    #[inline]
    pub(crate) fn is_element(&self, index: u32) -> bool {
        matches!(self.nodes[index as usize].kind, NodeKind::Element { .. })
    }
}

#[inline]
pub(crate) fn slice<'a>(source: &'a str, decoded: &'a str, span: Span) -> &'a str {
    let (start, len) = (span.start as usize, span.len as usize);
    // Spans are made by the parser from these two buffers; an empty answer is unreachable.
    if start < source.len() {
        source.get(start..start + len).unwrap_or_default()
    } else {
        let start = start - source.len();
        decoded.get(start..start + len).unwrap_or_default()
    }
}

impl fmt::Debug for Document {
    /// Sizes only: documents carry personal values and belong in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("octets", &self.source.len())
            .field("nodes", &self.nodes.len())
            .finish_non_exhaustive()
    }
}

/// An element of a [`Document`].
#[derive(Clone, Copy)]
pub struct Element<'a> {
    pub(crate) document: &'a Document,
    pub(crate) index: u32,
}

/// A child of an element.
#[derive(Debug, Clone, Copy)]
pub enum Node<'a> {
    /// An element.
    Element(Element<'a>),
    /// A run of text between markup, references resolved.
    Text(&'a str),
    /// The text of a CDATA section.
    Cdata(&'a str),
    /// The text of a comment.
    Comment(&'a str),
}

/// An attribute; namespace declarations are not attributes.
#[derive(Clone, Copy)]
pub struct Attribute<'a> {
    document: &'a Document,
    data: &'a AttributeData,
}

impl<'a> Element<'a> {
    /// Namespace name; empty where there is none.
    #[inline]
    pub fn namespace(self) -> &'a str {
        self.document.slice(self.data().namespace)
    }

    /// Local name.
    #[inline]
    pub fn local(self) -> &'a str {
        self.document.slice(self.data().name.local())
    }

    /// Prefix as written; empty where there is none. Means nothing but to a canonicaliser.
    pub fn prefix(self) -> &'a str {
        self.document.slice(self.data().name.prefix())
    }

    /// Whether this is the element `local` of `namespace`, compared exactly.
    #[inline]
    pub fn is(self, namespace: &str, local: &str) -> bool {
        let data = self.data();
        self.document.holds(data.name.local(), local) && self.document.holds(data.namespace, namespace)
    }

    /// Value of the attribute `local` that has no namespace. Qualified look-alikes do not count.
    pub fn attribute(self, local: &str) -> Option<&'a str> {
        self.attribute_ns("", local)
    }

    /// Value of the attribute `local` of `namespace`.
    pub fn attribute_ns(self, namespace: &str, local: &str) -> Option<&'a str> {
        let document = self.document;
        self.attribute_data()
            .iter()
            .find(|data| document.holds(data.name.local(), local) && document.holds(data.namespace, namespace))
            .map(|data| document.slice(data.value))
    }

    /// Attributes as written.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'a>> {
        let document = self.document;
        self.attribute_data().iter().map(move |data| Attribute { document, data })
    }

    /// The namespaces that its start tag declares, as written: prefix, which is empty for the default one, and name. To show
    /// a document to people; a reader compares names.
    pub fn namespace_declarations(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let document = self.document;
        self.namespace_data().iter().map(move |data| (document.slice(data.prefix), document.slice(data.uri)))
    }

    /// The parent; `None` for the root.
    pub fn parent(self) -> Option<Element<'a>> {
        let parent = self.node().parent;
        (parent != self.index).then_some(Element { document: self.document, index: parent })
    }

    /// Child elements. Text, CDATA and comments between them are passed over.
    pub fn children(self) -> impl Iterator<Item = Element<'a>> {
        self.nodes().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    /// Child nodes in document order.
    pub fn nodes(self) -> impl Iterator<Item = Node<'a>> {
        let document = self.document;
        self.child_indices().map(move |index| match document.nodes[index as usize].kind {
            NodeKind::Element { .. } => Node::Element(Element { document, index }),
            NodeKind::Text(span) => Node::Text(document.slice(span)),
            NodeKind::Cdata(span) => Node::Cdata(document.slice(span)),
            NodeKind::Comment(span) => Node::Comment(document.slice(span)),
        })
    }

    /// This element and all elements below it, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Element<'a>> {
        let document = self.document;
        (self.index..self.end())
            .filter(move |&index| document.is_element(index))
            .map(move |index| Element { document, index })
    }

    /// Whether a comment or CDATA section stands anywhere below this element. Canonicalisation drops
    /// the one and dissolves the other, so that nothing tells afterwards that they were there.
    pub fn has_comments_or_cdata(self) -> bool {
        let subtree = self.index as usize..self.end() as usize;
        let marks = |node: &NodeData| matches!(node.kind, NodeKind::Comment(_) | NodeKind::Cdata(_));
        self.document.nodes[subtree].iter().any(marks)
    }

    /// The element's value where it must be one run of text: a comment, CDATA section or child
    /// element in it is an error, whatever stands around it (A04). An empty element is `""`.
    ///
    /// # Errors
    /// The first comment, CDATA section or child element in it, with its position.
    pub fn text(self) -> Result<&'a str, ValueError> {
        let mut text = "";
        for index in self.child_indices() {
            match self.document.nodes[index as usize].kind {
                // Two runs of text cannot be neighbours, so this is the only one.
                NodeKind::Text(span) => text = self.document.slice(span),
                kind => return Err(self.foreign(kind, index)),
            }
        }
        Ok(text)
    }

    /// The element's value where CDATA counts as its text (`AttributeValue`): comments and child
    /// elements are errors.
    ///
    /// # Errors
    /// The first comment or child element in it, with its position.
    pub fn content(self) -> Result<Cow<'a, str>, ValueError> {
        let mut content = Cow::Borrowed("");
        for index in self.child_indices() {
            match self.document.nodes[index as usize].kind {
                NodeKind::Text(span) | NodeKind::Cdata(span) => {
                    content += self.document.slice(span);
                }
                kind => return Err(self.foreign(kind, index)),
            }
        }
        Ok(content)
    }

    /// Where the element's start tag begins.
    pub fn position(self) -> Position {
        self.document.position(self.start())
    }

    /// Which octets of [`Document::source`] the element is: from the `<` of its start tag to the end of its end tag.
    pub fn source_range(self) -> core::ops::Range<usize> {
        self.start() as usize..self.data().until as usize
    }

    /// The octet of the `<` before the name.
    fn start(self) -> u32 {
        self.data().name.qualified.start.saturating_sub(1)
    }

    fn node(self) -> &'a NodeData {
        &self.document.nodes[self.index as usize]
    }

    /// The node behind this element's subtree.
    #[inline]
    pub(crate) fn end(self) -> u32 {
        self.document.end(self.index)
    }

    #[inline]
    pub(crate) fn data(self) -> &'a ElementData {
        match self.node().kind {
            NodeKind::Element { element, .. } => &self.document.elements[element as usize],
            // An `Element` is only made for an index whose node is an element.
            _ => const { &EMPTY_ELEMENT },
        }
    }

    pub(crate) fn attribute_data(self) -> &'a [AttributeData] {
        let data = self.data();
        let start = data.attributes_start as usize;
        &self.document.attributes[start..start + usize::from(data.attributes_len)]
    }

    pub(crate) fn namespace_data(self) -> &'a [NamespaceData] {
        let data = self.data();
        let start = data.namespaces_start as usize;
        &self.document.namespaces[start..start + usize::from(data.namespaces_len)]
    }

    fn child_indices(self) -> impl Iterator<Item = u32> {
        let document = self.document;
        let end = self.end();
        let first = self.index + 1;
        core::iter::successors((first < end).then_some(first), move |&index| {
            let next = document.end(index);
            (next < end).then_some(next)
        })
    }

    fn foreign(self, kind: NodeKind, index: u32) -> ValueError {
        let (found, start) = match kind {
            NodeKind::Comment(span) => (Foreign::Comment, span.start),
            NodeKind::Cdata(span) => (Foreign::Cdata, span.start),
            NodeKind::Element { .. } | NodeKind::Text(_) => {
                (Foreign::Element, Element { document: self.document, index }.start())
            }
        };
        ValueError { element: self.local().to_owned(), found, position: self.document.position(start) }
    }
}

const EMPTY_ELEMENT: ElementData = ElementData {
    name: Name { qualified: Span { start: 0, len: 0 }, local_start: 0 },
    namespace: Span { start: 0, len: 0 },
    attributes_start: 0,
    namespaces_start: 0,
    attributes_len: 0,
    namespaces_len: 0,
    until: 0,
};

impl PartialEq for Element<'_> {
    /// The same place in the same document, not equal content.
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self.document, other.document) && self.index == other.index
    }
}

impl Eq for Element<'_> {}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} xmlns={:?}> at {}", self.local(), self.namespace(), self.position())
    }
}

impl<'a> Attribute<'a> {
    /// Namespace name; empty where there is none.
    pub fn namespace(self) -> &'a str {
        self.document.slice(self.data.namespace)
    }

    /// Local name.
    #[inline]
    pub fn local(self) -> &'a str {
        self.document.slice(self.data.name.local())
    }

    /// Prefix as written; empty where there is none.
    pub fn prefix(self) -> &'a str {
        self.document.slice(self.data.name.prefix())
    }

    /// Whether the attribute has a namespace.
    #[inline]
    pub fn is_qualified(self) -> bool {
        self.data.namespace.len > 0
    }

    /// Value after attribute-value normalisation (XML 1.0 §3.3.3, type CDATA).
    #[inline]
    pub fn value(self) -> &'a str {
        self.document.slice(self.data.value)
    }
}

impl fmt::Debug for Attribute<'_> {
    /// The name only; values may be personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.local())
    }
}
