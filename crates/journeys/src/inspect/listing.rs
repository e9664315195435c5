//! A document as indented lines: what was signed is marked, and personal values are hidden from whoever may not see them.
//!
//! Hidden is what is not known to be harmless: an element or attribute that this file does not name.

use vestibule_saml::types::ns;
use vestibule_xmlsec::{Document, Element, Node};

use super::claims;
use super::shape::{Sight, Value};
use super::vouched::Vouched;

/// So many lines are listed at most.
const MOST_LINES: usize = 2_000;
/// So many characters of one value are listed at most: signatures, certificates and ciphertexts are long, and say nothing.
const MOST_VALUE: usize = 160;
/// Deeper is not indented.
const DEEPEST: usize = 12;

/// A document as lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether there would be more.
    pub is_cut: bool,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How deep it stands.
    pub depth: usize,
    /// Whether a key vouches for it.
    pub is_signed: bool,
    /// What stands on it.
    pub pieces: Vec<Piece>,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Angle brackets, names, equals signs.
    Markup(String),
    /// The value of an attribute.
    Attribute(Value),
    /// Text between tags.
    Text(Value),
    /// So many characters of a value are left out.
    Cut(usize),
    /// A comment, which nobody signs.
    Comment(Value),
}

impl Listing {
    /// The lines of a document.
    pub fn of(document: &Document, vouched: &Vouched, sight: Sight) -> Self {
        let mut writer = Writer { listing: Self::default(), vouched, sight };
        writer.element(document.root(), 0);
        writer.listing
    }

    /// How many lines are marked.
    pub fn signed_lines(&self) -> usize {
        self.lines.iter().filter(|line| line.is_signed).count()
    }
}

struct Writer<'a> {
    listing: Listing,
    vouched: &'a Vouched,
    sight: Sight,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, is_signed: bool, pieces: Vec<Piece>) {
        if self.listing.lines.len() >= MOST_LINES {
            self.listing.is_cut = true;
            return;
        }
        self.listing.lines.push(Line { depth: depth.min(DEEPEST), is_signed, pieces });
    }

    /// The bounds of the parser bound how deep this goes.
    fn element(&mut self, element: Element<'_>, depth: usize) {
        if self.listing.is_cut {
            return;
        }
        let range = element.source_range();
        let is_signed = self.vouched.covers(range.start);
        let mut pieces = self.start_tag(element);
        let says = |node: &Node<'_>| !matches!(node, Node::Text(text) if text.trim().is_empty());
        let mut nodes = element.nodes().filter(says).peekable();
        match nodes.peek() {
            None => {
                pieces.push(Piece::Markup("/>".to_owned()));
                self.line(depth, is_signed, pieces);
            }
            Some(Node::Text(_) | Node::Cdata(_)) if element.nodes().filter(says).count() == 1 => {
                pieces.push(Piece::Markup(">".to_owned()));
                for node in nodes {
                    if let Node::Text(text) | Node::Cdata(text) = node {
                        self.value(element, text, &mut pieces);
                    }
                }
                pieces.push(Piece::Markup(format!("</{}>", qualified(element))));
                self.line(depth, is_signed, pieces);
            }
            Some(_) => {
                pieces.push(Piece::Markup(">".to_owned()));
                self.line(depth, is_signed, pieces);
                for node in nodes {
                    match node {
                        Node::Element(child) => self.element(child, depth + 1),
                        Node::Text(text) | Node::Cdata(text) => {
                            let mut pieces = Vec::new();
                            self.value(element, text, &mut pieces);
                            self.line(depth + 1, is_signed, pieces);
                        }
                        // Canonicalisation drops comments.
                        Node::Comment(text) => {
                            let pieces = vec![Piece::Comment(self.sight.of(text))];
                            self.line(depth + 1, false, pieces);
                        }
                    }
                }
                let end = vec![Piece::Markup(format!("</{}>", qualified(element)))];
                self.line(depth, is_signed, end);
            }
        }
    }

    /// From the angle bracket to the last attribute.
    fn start_tag(&self, element: Element<'_>) -> Vec<Piece> {
        let mut pieces = vec![Piece::Markup(format!("<{}", qualified(element)))];
        for (prefix, uri) in element.namespace_declarations() {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            pieces.push(Piece::Markup(format!(" {name}=\"")));
            pieces.push(Piece::Attribute(Value::Open(uri.to_owned())));
            pieces.push(Piece::Markup("\"".to_owned()));
        }
        for attribute in element.attributes() {
            let prefix = attribute.prefix();
            let colon = if prefix.is_empty() { "" } else { ":" };
            pieces.push(Piece::Markup(format!(" {prefix}{colon}{}=\"", attribute.local())));
            let is_open = attribute_is_open(element, attribute.namespace(), attribute.local());
            pieces.push(Piece::Attribute(self.shown(attribute.value(), is_open)));
            pieces.push(Piece::Markup("\"".to_owned()));
        }
        pieces
    }

    fn value(&self, element: Element<'_>, text: &str, pieces: &mut Vec<Piece>) {
        let text = text.trim();
        let is_open = text_is_open(element);
        let shown: String = text.chars().take(MOST_VALUE).collect();
        let left_out = text.chars().count() - shown.chars().count();
        // A hidden value says how long it is as a whole.
        let is_hidden = !is_open && self.sight == Sight::Redacted;
        pieces.push(Piece::Text(self.shown(if is_hidden { text } else { &shown }, is_open)));
        if left_out > 0 && !is_hidden {
            pieces.push(Piece::Cut(left_out));
        }
    }

    fn shown(&self, value: &str, is_open: bool) -> Value {
        if is_open { Value::Open(value.to_owned()) } else { self.sight.of(value) }
    }
}

fn qualified(element: Element<'_>) -> String {
    let prefix = element.prefix();
    if prefix.is_empty() { element.local().to_owned() } else { format!("{prefix}:{}", element.local()) }
}

/// What is about the exchange and about no person, whole namespaces of it.
fn is_technical(namespace: &str) -> bool {
    [ns::DSIG, ns::XENC, ns::XENC11, ns::METADATA, ns::MDUI].contains(&namespace)
}

fn text_is_open(element: Element<'_>) -> bool {
    const ASSERTION: [&str; 5] =
        ["Issuer", "Audience", "AuthnContextClassRef", "AuthnContextDeclRef", "AuthenticatingAuthority"];
    let named = |names: &[&str]| names.contains(&element.local());
    match element.namespace() {
        ns::ASSERTION if named(&["AttributeValue"]) => {
            let name = element.parent().and_then(|parent| parent.attribute("Name"));
            name.is_some_and(claims::is_impersonal)
        }
        ns::ASSERTION => named(&ASSERTION),
        ns::PROTOCOL => named(&["RequesterID", "GetComplete"]),
        namespace => is_technical(namespace),
    }
}

fn attribute_is_open(element: Element<'_>, namespace: &str, local: &str) -> bool {
    const KNOWN: [&str; 34] = [
        "ID",
        "Version",
        "IssueInstant",
        "Destination",
        "Consent",
        "InResponseTo",
        "Format",
        "Value",
        "Method",
        "NotBefore",
        "NotOnOrAfter",
        "Recipient",
        "AuthnInstant",
        "SessionIndex",
        "SessionNotOnOrAfter",
        "Name",
        "NameFormat",
        "FriendlyName",
        "OriginalIssuer",
        "NameQualifier",
        "SPNameQualifier",
        "AssertionConsumerServiceURL",
        "AssertionConsumerServiceIndex",
        "AttributeConsumingServiceIndex",
        "ProtocolBinding",
        "ProviderName",
        "ProviderID",
        "ForceAuthn",
        "IsPassive",
        "AllowCreate",
        "Comparison",
        "Reason",
        "Count",
        "DidAuthenticate",
    ];
    match (element.namespace(), namespace) {
        (ns::ASSERTION | ns::PROTOCOL, "") => KNOWN.contains(&local),
        (_, ns::XSI) => ["type", "nil"].contains(&local),
        (of, "") => is_technical(of),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use vestibule_xmlsec::Limits;

    use super::*;

    fn lines(xml: &str, sight: Sight) -> Vec<String> {
        let document = Document::parse(xml.as_bytes(), &Limits::MESSAGE).unwrap();
        let listing = Listing::of(&document, &Vouched::default(), sight);
        assert!(listing.lines.iter().all(|line| !line.is_signed), "nothing vouches for it");
        let text = |value: &Value| value.open().map_or_else(|| "?".to_owned(), str::to_owned);
        let piece = |piece: &Piece| match piece {
            Piece::Markup(markup) => markup.clone(),
            Piece::Attribute(value) | Piece::Text(value) => text(value),
            Piece::Cut(number) => format!("[{number}]"),
            Piece::Comment(value) => format!("<!--{}-->", text(value)),
        };
        let line = |line: &Line| "  ".repeat(line.depth) + &line.pieces.iter().map(piece).collect::<String>();
        listing.lines.iter().map(line).collect()
    }

    const XML: &str = r#"<s:Assertion xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1"><s:Issuer>https://idp.example</s:Issuer><s:Subject><s:NameID>ada@acme.example</s:NameID><s:SubjectConfirmation Method="m" Odd="ada"><s:SubjectConfirmationData Address="192.0.2.7"/></s:SubjectConfirmation></s:Subject><!-- ada --><s:Attribute Name="http://x/claims/tenantid"><s:AttributeValue>t1</s:AttributeValue></s:Attribute><s:Attribute Name="mail"><s:AttributeValue>ada@acme.example</s:AttributeValue></s:Attribute></s:Assertion>"#;

    #[test]
    fn what_is_not_known_to_be_harmless_is_hidden() {
        let hidden = lines(XML, Sight::Redacted).join("\n");
        for personal in ["ada", "192.0.2.7"] {
            assert!(!hidden.contains(personal), "{hidden}");
        }
        for harmless in ["https://idp.example", "t1", "Method=\"m\"", "Odd=\"?\"", "Name=\"mail\""] {
            assert!(hidden.contains(harmless), "{harmless}: {hidden}");
        }
        let open = lines(XML, Sight::Open).join("\n");
        assert!(open.contains("<s:NameID>ada@acme.example</s:NameID>") && open.contains("192.0.2.7"), "{open}");
    }

    #[test]
    fn elements_are_indented_and_long_values_cut() {
        let long = "A".repeat(MOST_VALUE + 9);
        let xml = format!("<d:X xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\"><d:Y>{long}</d:Y><d:Z/></d:X>");
        let lines = lines(&xml, Sight::Redacted);
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[1].starts_with("  <d:Y>AAA") && lines[1].ends_with("[9]</d:Y>"), "{lines:?}");
        assert_eq!((lines[2].as_str(), lines[3].as_str()), ("  <d:Z/>", "</d:X>"));
    }
}
