//! Surgery on XML as text. Trees would refuse half of what is forged here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// `xml` with `new` in place of `old`.
///
/// # Panics
/// `old` does not stand in `xml` exactly once: the forgery would not be what its name says.
pub fn swap(xml: &str, old: &str, new: &str) -> String {
    assert_eq!(xml.matches(old).count(), 1, "{old:?} must stand once in {xml}");
    xml.replacen(old, new, 1)
}

/// `xml` with `new` in place of each `old`.
///
/// # Panics
/// `old` does not stand in `xml`.
pub fn swap_all(xml: &str, old: &str, new: &str) -> String {
    assert!(xml.contains(old), "{old:?} must stand in {xml}");
    xml.replace(old, new)
}

/// Three parts: what is before an element, the element, what is behind it.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Before it.
    pub before: String,
    /// From its first `<` to its last `>`.
    pub it: String,
    /// Behind it.
    pub behind: String,
}

impl Parts {
    /// The parts in their order, with `it` in the middle.
    pub fn with(&self, it: &str) -> String {
        format!("{}{it}{}", self.before, self.behind)
    }
}

/// Cuts at the first element whose start tag begins with `<NAME `, `<NAME>` or `<NAME/`. It must not hold another of
/// its name.
///
/// # Panics
/// There is none.
pub fn cut(xml: &str, name: &str) -> Parts {
    let open = format!("<{name}");
    let start = xml
        .match_indices(&open)
        .map(|(at, _)| at)
        .find(|at| xml[at + open.len()..].starts_with([' ', '>', '/']))
        .unwrap_or_else(|| panic!("no <{name}> in {xml}"));
    let tag_end = start + xml[start..].find('>').expect("a start tag ends") + 1;
    let end = if xml[start..tag_end].ends_with("/>") {
        tag_end
    } else {
        let close = format!("</{name}>");
        tag_end + xml[tag_end..].find(&close).expect("an element ends") + close.len()
    };
    Parts { before: xml[..start].into(), it: xml[start..end].into(), behind: xml[end..].into() }
}

/// The element alone.
pub fn element(xml: &str, name: &str) -> String {
    cut(xml, name).it
}

/// The document without the element.
pub fn without(xml: &str, name: &str) -> String {
    cut(xml, name).with("")
}

/// The text of the first element of this name, which holds nothing else.
///
/// # Panics
/// There is no such element, or it is written `<NAME/>`.
pub fn value(xml: &str, name: &str) -> String {
    let element = element(xml, name);
    let begin = element.find('>').expect("a start tag ends") + 1;
    let end = element.rfind("</").expect("an element ends");
    element[begin..end].into()
}

/// The document with another text in the first element of this name.
///
/// # Panics
/// There is no such element, or it is written `<NAME/>`.
pub fn set_value(xml: &str, name: &str, text: &str) -> String {
    let parts = cut(xml, name);
    let begin = parts.it.find('>').expect("a start tag ends") + 1;
    let end = parts.it.rfind("</").expect("an element ends");
    parts.with(&format!("{}{text}{}", &parts.it[..begin], &parts.it[end..]))
}

/// The document with `more` right before the end tag of the last element of this name.
///
/// # Panics
/// There is no such end tag.
pub fn append(xml: &str, name: &str, more: &str) -> String {
    let at = xml.rfind(&format!("</{name}>")).unwrap_or_else(|| panic!("no </{name}> in {xml}"));
    format!("{}{more}{}", &xml[..at], &xml[at..])
}

/// Base64 without line breaks.
pub fn base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// The octets of base64 with or without line breaks.
///
/// # Panics
/// It is not base64.
pub fn unbase64(text: &str) -> Vec<u8> {
    let text: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(text).expect("base64")
}
