//! A document as a value, and writing it in one of the many ways in which XML can say the same.

use vestibule_xmlsec::{Element, Node};

use super::chance::Chance;

/// An element with its declarations and attributes as written and everything in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) prefix: String,
    pub(crate) local: String,
    pub(crate) namespace: String,
    /// Prefix and URI.
    pub(crate) declarations: Vec<(String, String)>,
    pub(crate) attributes: Vec<ModelAttribute>,
    pub(crate) content: Vec<Content>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModelAttribute {
    pub(crate) prefix: String,
    pub(crate) local: String,
    pub(crate) namespace: String,
    pub(crate) value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Element(Model),
    /// Text and CDATA, which say the same.
    Text(String),
    Comment(String),
}

impl Model {
    /// What the parser made of a document; declarations are left out, for they are no part of what it shows.
    pub(crate) fn of(element: Element<'_>) -> Self {
        let mut content: Vec<Content> = Vec::new();
        for node in element.nodes() {
            match node {
                Node::Element(child) => content.push(Content::Element(Self::of(child))),
                Node::Comment(comment) => content.push(Content::Comment(comment.to_owned())),
                Node::Text(text) | Node::Cdata(text) => match content.last_mut() {
                    Some(Content::Text(before)) => before.push_str(text),
                    _ if text.is_empty() => {}
                    _ => content.push(Content::Text(text.to_owned())),
                },
            }
        }
        let attribute = |a: vestibule_xmlsec::Attribute<'_>| ModelAttribute {
            prefix: a.prefix().to_owned(),
            local: a.local().to_owned(),
            namespace: a.namespace().to_owned(),
            value: a.value().to_owned(),
        };
        Self {
            prefix: element.prefix().to_owned(),
            local: element.local().to_owned(),
            namespace: element.namespace().to_owned(),
            declarations: Vec::new(),
            attributes: element.attributes().map(attribute).collect(),
            content,
        }
    }

    /// The same without declarations, to compare with [`Model::of`].
    pub(crate) fn without_declarations(&self) -> Self {
        let content = self.content.iter().map(|content| match content {
            Content::Element(child) => Content::Element(child.without_declarations()),
            other => other.clone(),
        });
        Self { declarations: Vec::new(), content: content.collect(), ..self.clone() }
    }

    /// The document's text. `chance` chooses among quotes, references, CDATA, line ends and white space in tags.
    pub(crate) fn write(&self, chance: &mut Chance) -> String {
        let mut out = String::new();
        self.write_to(&mut out, chance);
        out
    }

    fn write_to(&self, out: &mut String, chance: &mut Chance) {
        let name = qualified(&self.prefix, &self.local);
        out.push('<');
        out.push_str(&name);
        // Declarations may stand before, behind and between attributes.
        let mut declarations = self.declarations.iter().peekable();
        let mut attributes = self.attributes.iter().peekable();
        while declarations.peek().is_some() || attributes.peek().is_some() {
            let declares = attributes.peek().is_none() || (declarations.peek().is_some() && chance.once_in(2));
            let (name, value) = if declares {
                let (prefix, uri) = declarations.next().expect("peeked at");
                (if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") }, uri)
            } else {
                let attribute = attributes.next().expect("peeked at");
                (qualified(&attribute.prefix, &attribute.local), &attribute.value)
            };
            out.push_str(chance.pick(&[" ", " ", " ", "\n", "\t  "]));
            out.push_str(&name);
            out.push_str(chance.pick(&["=", "=", " =\n"]));
            write_value(out, value, chance);
        }
        out.push_str(chance.pick(&["", "", " "]));
        if self.content.is_empty() && chance.once_in(2) {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for content in &self.content {
            match content {
                Content::Element(child) => child.write_to(out, chance),
                Content::Text(text) => write_text(out, text, chance),
                Content::Comment(comment) => {
                    out.push_str("<!--");
                    out.push_str(comment);
                    out.push_str("-->");
                }
            }
        }
        out.push_str("</");
        out.push_str(&name);
        out.push_str(chance.pick(&["", "", "\r\n"]));
        out.push('>');
    }
}

fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

fn write_value(out: &mut String, value: &str, chance: &mut Chance) {
    let quote = if chance.once_in(3) { '\'' } else { '"' };
    out.push(quote);
    for c in value.chars() {
        match c {
            '<' | '&' | '\t' | '\n' | '\r' => write_reference(out, c, chance),
            // A literal line end or tabulator is read as a space, a carriage return with a line feed as one.
            ' ' if !out.ends_with('\r') && chance.once_in(4) => out.push_str(chance.pick(&["\n", "\t", "\r\n", "\r"])),
            c if c == quote || chance.once_in(12) => write_reference(out, c, chance),
            c => out.push(c),
        }
    }
    out.push(quote);
}

fn write_text(out: &mut String, text: &str, chance: &mut Chance) {
    if !text.contains(['\r']) && !text.contains("]]>") && chance.once_in(5) {
        out.push_str("<![CDATA[");
        out.push_str(text);
        out.push_str("]]>");
        return;
    }
    for c in text.chars() {
        match c {
            '<' | '&' | '\r' => write_reference(out, c, chance),
            // `>` alone is allowed, but not behind `]]`.
            '>' if out.ends_with("]]") => out.push_str("&gt;"),
            '\n' if chance.once_in(3) => out.push_str("\r\n"),
            c if chance.once_in(12) => write_reference(out, c, chance),
            c => out.push(c),
        }
    }
}

fn write_reference(out: &mut String, c: char, chance: &mut Chance) {
    let named = match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        _ => None,
    };
    let code = u32::from(c);
    let written = match named {
        Some(named) if chance.once_in(2) => named.to_owned(),
        _ if chance.once_in(2) => format!("&#{code};"),
        _ if chance.once_in(2) => format!("&#x{code:x};"),
        _ => format!("&#x00{code:X};"),
    };
    out.push_str(&written);
}
