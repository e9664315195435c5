//! Why a document or a value in it is refused.

use core::fmt;

/// A place in the document as a person counts: both numbers start at 1; a column is one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, counted by line feeds after line-end normalisation (XML 1.0 §2.11).
    pub line: u32,
    /// Character in the line.
    pub column: u32,
}

impl Position {
    /// The position of an octet offset in `text`. Linear; only called once there is an error.
    pub(crate) fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let lines = before.split(|&b| b == b'\n').count();
        // Continuation octets of UTF-8 do not begin a character.
        let columns = before[line_start..].iter().filter(|&&b| b & 0xC0 != 0x80).count();
        Self { line: to_u32(lines), column: to_u32(columns + 1) }
    }
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A document that is not the XML that SAML needs: what is wrong and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {malformation}")]
pub struct ParseError {
    /// What is wrong.
    pub malformation: Malformation,
    /// Where it begins.
    pub position: Position,
}

/// Everything that [`Document::parse`](crate::Document::parse) refuses. XML 1.0 (Fifth Edition),
/// Namespaces in XML 1.0, and the stricter rules that A04–A06, A08, A10 and A21 ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformation {
    /// More octets than [`Limits::bytes`](crate::Limits::bytes).
    #[error("the document has {got} octets; at most {most} are read")]
    TooLong {
        /// Octets given.
        got: usize,
        /// The bound.
        most: usize,
    },
    /// More open elements than [`Limits::depth`](crate::Limits::depth).
    #[error("elements are nested more than {most} deep")]
    TooDeep {
        /// The bound.
        most: usize,
    },
    /// More attributes on an element than [`Limits::attributes`](crate::Limits::attributes).
    #[error("an element has more than {most} attributes")]
    TooManyAttributes {
        /// The bound.
        most: usize,
    },
    /// More declarations in scope than [`Limits::namespaces`](crate::Limits::namespaces).
    #[error("more than {most} namespace declarations are in scope")]
    TooManyNamespaces {
        /// The bound.
        most: usize,
    },
    /// More nodes than [`Limits::nodes`](crate::Limits::nodes).
    #[error("the document has more than {most} nodes")]
    TooManyNodes {
        /// The bound.
        most: usize,
    },
    /// Octets that are not UTF-8.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// A byte order mark or octet pattern of UTF-16, UTF-32 or EBCDIC.
    #[error("the document is {got}; only UTF-8 is read")]
    OtherEncoding {
        /// The encoding that the first octets show.
        got: &'static str,
    },
    /// The XML declaration names another encoding.
    #[error("the document declares encoding {got:?}; only UTF-8 is read")]
    DeclaredEncoding {
        /// The declared name.
        got: String,
    },
    /// The XML declaration names another version.
    #[error("the document declares XML version {got:?}; only 1.0 is read")]
    Version {
        /// The declared version.
        got: String,
    },
    /// An XML declaration that is malformed or not at the start.
    #[error("the XML declaration is malformed or not at the very start")]
    XmlDeclaration,
    /// A character that XML 1.0 §2.2 does not allow.
    #[error("character U+{got:04X} is not allowed in XML")]
    Character {
        /// The code point.
        got: u32,
    },
    /// A document type declaration (A05).
    #[error("a document type declaration is not accepted")]
    DocumentType,
    /// A processing instruction.
    #[error("a processing instruction is not accepted")]
    ProcessingInstruction,
    /// An entity beyond the five predefined ones.
    #[error("entity &{got}; is not accepted; only amp, lt, gt, apos and quot exist")]
    Entity {
        /// The entity's name, cut at 32 characters.
        got: String,
    },
    /// `&` that begins neither an entity nor a character reference.
    #[error("'&' does not begin a reference")]
    Reference,
    /// `]]>` in character data.
    #[error("']]>' is not allowed in text")]
    CdataEndInText,
    /// A comment that contains `--` or does not end.
    #[error("a comment contains '--' or does not end")]
    Comment,
    /// A CDATA section that does not end, or `<!` followed by something unknown.
    #[error("a CDATA section does not end or a markup declaration is unknown")]
    Markup,
    /// A name that is not a `QName`.
    #[error("a name is expected")]
    Name,
    /// White space, `=`, a quote, `>` or the like is missing in a tag.
    #[error("a tag is malformed: {wanted} is expected")]
    Tag {
        /// What belongs there.
        wanted: &'static str,
    },
    /// `<` inside an attribute value.
    #[error("'<' is not allowed in an attribute value")]
    LessThanInAttribute,
    /// An end tag that does not match.
    #[error("end tag </{got}> does not match <{want}>")]
    EndTag {
        /// Name in the end tag.
        got: String,
        /// Name of the open element.
        want: String,
    },
    /// The document ends inside an element.
    #[error("the document ends inside <{open}>")]
    Unclosed {
        /// The innermost open element.
        open: String,
    },
    /// Nothing but white space and comments.
    #[error("the document has no root element")]
    NoRoot,
    /// Text before or after the root.
    #[error("text stands outside the root element")]
    TextOutsideRoot,
    /// A second root element.
    #[error("a second root element follows the first")]
    SecondRoot,
    /// The same attribute twice, by name or by expanded name.
    #[error("attribute {name:?} stands twice in one element")]
    DuplicateAttribute {
        /// Local name.
        name: String,
    },
    /// The same namespace prefix declared twice on an element.
    #[error("namespace prefix {prefix:?} is declared twice in one element")]
    DuplicateNamespace {
        /// The prefix; empty for the default namespace.
        prefix: String,
    },
    /// A prefix without declaration.
    #[error("namespace prefix {prefix:?} is not declared")]
    UnboundPrefix {
        /// The prefix.
        prefix: String,
    },
    /// `xml` or `xmlns` bound to something else, or their namespaces to another prefix.
    #[error("namespace prefix {prefix:?} may not be bound to {uri:?}")]
    ReservedNamespace {
        /// The prefix; empty for the default namespace.
        prefix: String,
        /// The namespace name.
        uri: String,
    },
    /// `xmlns:p=""`, which only XML 1.1 knows.
    #[error("namespace prefix {prefix:?} may not be undeclared")]
    UndeclaredPrefix {
        /// The prefix.
        prefix: String,
    },
    /// A namespace name with a character that no URI has, such as a space or one beyond ASCII
    /// (RFC 3986 §2).
    #[error("namespace {uri:?} is not a URI")]
    NamespaceName {
        /// The namespace name.
        uri: String,
    },
    /// A namespace name without a scheme (A10.2).
    #[error("namespace {uri:?} is relative; only absolute URIs are accepted")]
    RelativeNamespace {
        /// The namespace name.
        uri: String,
    },
    /// The same ID value twice in the document, whatever the spelling of the attribute (A01.17).
    #[error("ID {value:?} stands twice in the document")]
    DuplicateId {
        /// The value.
        value: String,
    },
}

/// A value that is not one run of text (A04).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: the value of {element} contains {found}")]
pub struct ValueError {
    /// Local name of the element.
    pub element: String,
    /// What stands in the value.
    pub found: Foreign,
    /// Where it stands.
    pub position: Position,
}

/// What may not stand in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// A comment.
    Comment,
    /// A CDATA section.
    Cdata,
    /// A child element.
    Element,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Comment => "a comment",
            Self::Cdata => "a CDATA section",
            Self::Element => "a child element",
        })
    }
}
