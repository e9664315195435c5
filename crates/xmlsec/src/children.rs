//! Strict reading of elements that hold only elements: nothing is looked for, everything is met in
//! the order of the schema, and what is not met is an error.

use core::fmt;

use crate::error::Position;
use crate::tree::{Element, Node, NodeKind};

/// The child elements of an element, taken one by one in schema order.
///
/// ```
/// # use vestibule_xmlsec::{Children, Document, Limits};
/// let document = Document::parse(b"<a><b/><d/></a>", &Limits::MESSAGE)?;
/// let mut children = Children::of(document.root())?;
/// let b = children.required("", "b")?;
/// assert!(children.optional("", "c").is_none());
/// assert!(children.end().is_err(), "<d> was not asked for");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Children<'a> {
    parent: Element<'a>,
    /// Index of the next child element; `end` of the parent when there is none.
    next: u32,
}

/// An element whose children are not what its schema says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: in {parent}, {problem}")]
pub struct ContentError {
    /// Local name of the element that holds them.
    pub parent: String,
    /// What is wrong.
    pub problem: ContentProblem,
    /// Where.
    pub position: Position,
}

/// What is wrong with the children of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContentProblem {
    /// Text that is not white space, or CDATA, between elements.
    Text,
    /// A comment where none may stand.
    Comment,
    /// A required child is absent.
    Missing {
        /// Local name of the child.
        want: &'static str,
        /// Local name of the element in its place, if any.
        got: Option<String>,
    },
    /// A child that the schema does not have, or not here, or not again.
    Unexpected {
        /// Local name of the child.
        got: String,
    },
}

impl<'a> Children<'a> {
    /// The children of `parent`, which may hold white space and comments between elements.
    ///
    /// # Errors
    /// [`ContentProblem::Text`] where other text stands between them.
    pub fn of(parent: Element<'a>) -> Result<Self, ContentError> {
        for node in parent.nodes() {
            let text = match node {
                Node::Text(text) => text,
                // A CDATA section is not white space, even where it holds nothing else.
                Node::Cdata(_) => "]]>",
                Node::Element(_) | Node::Comment(_) => continue,
            };
            if !text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')) {
                return Err(Self::error_in(parent, ContentProblem::Text));
            }
        }
        let mut children = Self { parent, next: parent.index + 1 };
        children.skip_to_element();
        Ok(children)
    }

    /// As [`of`](Self::of), and no comment anywhere below `parent`.
    ///
    /// # Errors
    /// Also [`ContentProblem::Comment`].
    pub fn without_comments(parent: Element<'a>) -> Result<Self, ContentError> {
        let subtree = parent.index as usize..parent.end() as usize;
        let is_comment = |kind| matches!(kind, NodeKind::Comment(_));
        if parent.document.nodes[subtree].iter().any(|node| is_comment(node.kind)) {
            return Err(Self::error_in(parent, ContentProblem::Comment));
        }
        Self::of(parent)
    }

    /// The next child, if it is `local` of `namespace`; else nothing is taken.
    pub fn optional(&mut self, namespace: &str, local: &str) -> Option<Element<'a>> {
        let next = self.peek().filter(|next| next.is(namespace, local))?;
        self.next = next.end();
        self.skip_to_element();
        Some(next)
    }

    /// The next child, which must be `local` of `namespace`.
    ///
    /// # Errors
    /// [`ContentProblem::Missing`] with what stands there instead.
    pub fn required(&mut self, namespace: &str, local: &'static str) -> Result<Element<'a>, ContentError> {
        self.optional(namespace, local).ok_or_else(|| {
            let got = self.peek().map(|next| next.local().to_owned());
            Self::error_in(self.parent, ContentProblem::Missing { want: local, got })
        })
    }

    /// The next child whatever it is, without taking it.
    pub fn peek(&self) -> Option<Element<'a>> {
        (self.next < self.parent.end()).then_some(Element { document: self.parent.document, index: self.next })
    }

    /// Takes the next child whatever it is.
    pub fn any(&mut self) -> Option<Element<'a>> {
        let next = self.peek()?;
        self.next = next.end();
        self.skip_to_element();
        Some(next)
    }

    /// That no child is left.
    ///
    /// # Errors
    /// [`ContentProblem::Unexpected`] with the first one.
    pub fn end(self) -> Result<(), ContentError> {
        match self.peek() {
            None => Ok(()),
            Some(next) => {
                let problem = ContentProblem::Unexpected { got: next.local().to_owned() };
                Err(ContentError { position: next.position(), ..Self::error_in(self.parent, problem) })
            }
        }
    }

    fn skip_to_element(&mut self) {
        let document = self.parent.document;
        let end = self.parent.end();
        while self.next < end && !document.is_element(self.next) {
            self.next += 1;
        }
    }

    fn error_in(parent: Element<'_>, problem: ContentProblem) -> ContentError {
        ContentError { parent: parent.local().to_owned(), problem, position: parent.position() }
    }
}

impl fmt::Display for ContentProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text stands between elements"),
            Self::Comment => f.write_str("a comment is not accepted"),
            Self::Missing { want, got: None } => write!(f, "{want} is missing"),
            Self::Missing { want, got: Some(got) } => {
                write!(f, "{want} is expected where {got} stands")
            }
            Self::Unexpected { got } => write!(f, "{got} is not expected"),
        }
    }
}
