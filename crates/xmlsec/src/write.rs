//! Writing XML: names are ours, values are escaped here and nowhere else.

use crate::scan;

/// Builds a document as text, one element at a time.
///
/// Element and attribute names are `&'static str`: they come from the code, never from input, so
/// that nobody can write markup through them. Values are escaped.
///
/// ```
/// let mut xml = vestibule_xmlsec::Writer::new();
/// xml.open("a").attribute("b", "1 < 2").text("x & y").close();
/// assert_eq!(xml.finish(), r#"<a b="1 &lt; 2">x &amp; y</a>"#);
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    open: Vec<&'static str>,
    in_start_tag: bool,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins an element.
    pub fn open(&mut self, name: &'static str) -> &mut Self {
        self.end_start_tag();
        self.out.push('<');
        self.out.push_str(name);
        self.open.push(name);
        self.in_start_tag = true;
        self
    }

    /// Adds an attribute or a namespace declaration to the element just begun. Without one, that
    /// is behind text or a child, nothing is written.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        if self.in_start_tag {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            escape_attribute(&mut self.out, value);
            self.out.push('"');
        }
        self
    }

    /// [`attribute`](Self::attribute) where there is a value.
    pub fn optional(&mut self, name: &'static str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.attribute(name, value);
        }
        self
    }

    /// Adds character data.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.end_start_tag();
        escape_text(&mut self.out, text);
        self
    }

    /// Adds a whole element that was written and perhaps signed or encrypted before.
    pub fn fragment(&mut self, xml: &str) -> &mut Self {
        self.end_start_tag();
        self.out.push_str(xml);
        self
    }

    /// Ends the innermost open element.
    pub fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            if self.in_start_tag {
                self.out.push_str("/>");
                self.in_start_tag = false;
            } else {
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
        }
        self
    }

    /// An element that holds only text.
    pub fn leaf(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.open(name).text(text).close()
    }

    /// The document; elements that are still open are closed.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn end_start_tag(&mut self) {
        if self.in_start_tag {
            self.out.push('>');
            self.in_start_tag = false;
        }
    }
}

/// Character data as canonical XML writes it (C14N 1.0 §2.3): `&`, `<`, `>` and carriage return.
pub(crate) fn escape_text(out: &mut String, text: &str) {
    let special = |b: u8| b == b'&' || b == b'<' || b == b'>' || b == b'\r';
    escape(out, text, special, |b| match b {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        _ => "&#xD;",
    });
}

/// An attribute value as canonical XML writes it (C14N 1.0 §2.3), between double quotes.
pub(crate) fn escape_attribute(out: &mut String, value: &str) {
    let special = |b: u8| b == b'&' || b == b'<' || b == b'"' || b == b'\t' || b == b'\n' || b == b'\r';
    escape(out, value, special, |b| match b {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'"' => "&quot;",
        b'\t' => "&#x9;",
        b'\n' => "&#xA;",
        _ => "&#xD;",
    });
}

/// Copies runs and replaces single ASCII characters, so that slices stay on character bounds. Most
/// values have nothing to replace, which vector instructions tell in a moment.
#[inline]
fn escape(out: &mut String, text: &str, special: impl Fn(u8) -> bool, replacement: impl Fn(u8) -> &'static str) {
    if !scan::any(text.as_bytes(), &special) {
        out.push_str(text);
        return;
    }
    let mut copied_to = 0;
    for (at, b) in text.bytes().enumerate() {
        if special(b) {
            out.push_str(&text[copied_to..at]);
            out.push_str(replacement(b));
            copied_to = at + 1;
        }
    }
    out.push_str(&text[copied_to..]);
}
