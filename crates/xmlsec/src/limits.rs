//! Bounds on a document, each applied before the work that it bounds.

/// How large a document may be before [`Document::parse`](crate::Document::parse) refuses it.
///
/// Every bound has a named error in [`Malformation`](crate::Malformation). The three constants are
/// the values that Vestibule uses; a test may raise one bound to show that another holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Octets of XML, after base64 or inflate.
    pub bytes: usize,
    /// Elements that are open at once; the root alone is depth 1.
    pub depth: usize,
    /// Attributes of one element, namespace declarations not counted.
    pub attributes: usize,
    /// Namespace declarations in scope at one element, its ancestors' included.
    pub namespaces: usize,
    /// Elements, runs of text, CDATA sections and comments, counted together.
    pub nodes: usize,
    /// Octets that canonicalisation may write. Exclusive C14N can repeat an ancestor's namespace
    /// on every sibling, so its output is not bounded by the input alone.
    pub canonical_bytes: usize,
}

impl Limits {
    /// A protocol message: 256 KiB, depth 64, 64 attributes, 64 namespaces, 20,000 nodes.
    pub const MESSAGE: Self = Self {
        bytes: 256 * 1024,
        depth: 64,
        attributes: 64,
        namespaces: 64,
        nodes: 20_000,
        canonical_bytes: 1024 * 1024,
    };

    /// Metadata of one entity: 1 MiB.
    pub const ENTITY_METADATA: Self =
        Self { bytes: 1024 * 1024, nodes: 200_000, canonical_bytes: 4 * 1024 * 1024, ..Self::MESSAGE };

    /// An aggregate of many entities' metadata: 25 MiB and 2,000,000 nodes.
    pub const AGGREGATE_METADATA: Self =
        Self { bytes: 25 * 1024 * 1024, nodes: 2_000_000, canonical_bytes: 64 * 1024 * 1024, ..Self::MESSAGE };

    /// The bounds for a document that was canonicalised under these: its octets may be more than
    /// the original's (`"` becomes `&quot;`), its structure may not.
    pub(crate) const fn of_canonical_form(self) -> Self {
        Self { bytes: self.canonical_bytes, ..self }
    }
}
