//! Documents by chance: few names, so that they meet and hide each other; odd characters everywhere.

use super::chance::Chance;
use super::model::{Content, Model, ModelAttribute};

const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Local names of elements.
pub(crate) const LOCALS: [&str; 4] = ["a", "b", "Item", "Ä-1.x"];
/// Namespace names of elements, the empty one included.
pub(crate) const NAMESPACES: [&str; 5] =
    ["", "urn:one", "urn:two", "http://example.com/ns?a=1;b=2", "urn:example:%C3%A9"];
const PREFIXES: [&str; 5] = ["", "p", "q", "xs", "n-1"];
const BASES: [&str; 8] = [
    "http://example.com/a/b",
    "http://example.com",
    "c/d/",
    "../e",
    "./f?q=1",
    "/g/h",
    "https://other.example/i/",
    "j",
];
const CHARACTERS: [&str; 24] = [
    "a",
    "b",
    "Z",
    "0",
    " ",
    " ",
    "\n",
    "\t",
    "\r",
    "&",
    "<",
    ">",
    "\"",
    "'",
    "]",
    "]]>",
    "é",
    "ß",
    "\u{85}",
    "\u{2028}",
    "\u{FFFD}",
    "\u{1F600}",
    "\u{10FFFF}",
    "&amp;",
];

/// A document of at most `size` elements, some of which have an attribute `ID`: `e0`, `e1` and so on. The root has
/// `e0`.
pub(crate) fn document(chance: &mut Chance, size: usize) -> Model {
    let mut maker = Maker { chance, left: size.max(1), ids: 0 };
    let mut root = maker.element(&[(String::new(), String::new())], 0);
    root.attributes.retain(|attribute| attribute.local != "ID");
    root.attributes.push(plain("ID", "e0".to_owned()));
    root
}

/// Text of up to `len` pieces.
pub(crate) fn text(chance: &mut Chance, len: usize) -> String {
    (0..chance.below(len + 1)).map(|_| chance.pick(&CHARACTERS)).collect()
}

struct Maker<'c> {
    chance: &'c mut Chance,
    left: usize,
    ids: usize,
}

type Scope = [(String, String)];

impl Maker<'_> {
    fn element(&mut self, around: &Scope, depth: usize) -> Model {
        self.left -= 1;
        let mut scope = around.to_vec();
        let mut declarations: Vec<(String, String)> = Vec::new();
        for _ in 0..self.chance.below(4).saturating_sub(1) {
            let prefix = self.chance.pick(&PREFIXES);
            let uri = self.chance.pick(&NAMESPACES);
            let may = prefix.is_empty() || !uri.is_empty();
            if may && !declarations.iter().any(|(known, _)| known == prefix) {
                declarations.push((prefix.to_owned(), uri.to_owned()));
                scope.retain(|(known, _)| known != prefix);
                scope.push((prefix.to_owned(), uri.to_owned()));
            }
        }
        let (prefix, namespace) = scope[self.chance.below(scope.len())].clone();
        let local = self.chance.pick(&LOCALS).to_owned();
        let attributes = self.attributes(&scope);
        let mut content = Vec::new();
        // More than one child on the average, so that most documents reach their size.
        for _ in 0..self.chance.below(8) {
            match self.chance.below(5) {
                0 => content.push(Content::Comment(self.comment())),
                1 | 2 if depth < 8 && self.left > 0 => content.push(Content::Element(self.element(&scope, depth + 1))),
                _ => match text(self.chance, 6) {
                    text if text.is_empty() || matches!(content.last(), Some(Content::Text(_))) => {}
                    text => content.push(Content::Text(text)),
                },
            }
        }
        Model { prefix, local, namespace, declarations, attributes, content }
    }

    fn attributes(&mut self, scope: &Scope) -> Vec<ModelAttribute> {
        let mut attributes: Vec<ModelAttribute> = Vec::new();
        for _ in 0..self.chance.below(5) {
            let attribute = match self.chance.below(8) {
                0 => xml("lang", self.chance.pick(&["", "en", "de-CH"]).to_owned()),
                1 => xml("space", self.chance.pick(&["default", "preserve"]).to_owned()),
                2 => xml("base", self.chance.pick(&BASES).to_owned()),
                3 => plain("ID", self.id()),
                4 => xml("id", self.id()),
                5 => plain(self.chance.pick(&["x", "y", "Z", "é"]), text(self.chance, 5)),
                _ => {
                    let (prefix, namespace) = &scope[self.chance.below(scope.len())];
                    let namespace = if prefix.is_empty() { "" } else { namespace };
                    let local = self.chance.pick(&["x", "y", "Z"]).to_owned();
                    let value = text(self.chance, 5);
                    ModelAttribute { prefix: prefix.clone(), local, namespace: namespace.to_owned(), value }
                }
            };
            let same = |a: &ModelAttribute| a.local == attribute.local && a.namespace == attribute.namespace;
            let second_id = attribute.value.starts_with('e')
                && attributes.iter().any(|a| a.local.eq_ignore_ascii_case("id"))
                && attribute.local.eq_ignore_ascii_case("id");
            if !attributes.iter().any(same) && !second_id {
                attributes.push(attribute);
            }
        }
        attributes
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("e{}", self.ids)
    }

    fn comment(&mut self) -> String {
        let comment = text(self.chance, 4).replace(['\r', '-'], "");
        if self.chance.once_in(4) { format!(" {comment} - ") } else { comment }
    }
}

fn plain(local: &str, value: String) -> ModelAttribute {
    ModelAttribute { prefix: String::new(), local: local.to_owned(), namespace: String::new(), value }
}

fn xml(local: &str, value: String) -> ModelAttribute {
    ModelAttribute { prefix: "xml".to_owned(), local: local.to_owned(), namespace: XML.to_owned(), value }
}
