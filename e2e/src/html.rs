//! What a test without a browser needs from a page: its forms. Reads what servers write, not what people type.

/// A form as it would be sent when nobody changes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// As it stands there; empty: the page's own address.
    pub action: String,
    /// `get` or `post`, in the case it was written in.
    pub method: String,
    /// Names and values of its fields, in order: inputs, and text areas; boxes and radio buttons that are on.
    pub fields: Vec<(String, String)>,
    /// Names and values of its buttons; those without a name have an empty one and are left out.
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// The same form with this value in a field, which is added where there is none.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(one, _)| one == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// The same form, sent by its button with this value.
    #[must_use]
    pub fn pressing(mut self, value: &str) -> Self {
        self.buttons.retain(|(_, one)| one == value);
        self
    }
}

/// The forms of a page, in order.
pub fn forms(page: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut open: Option<Form> = None;
    for tag in tags(page) {
        match (tag.name.as_str(), &mut open) {
            ("form", _) => {
                forms.extend(open.take());
                let method = tag.attribute("method").unwrap_or_else(|| "get".to_owned());
                let action = tag.attribute("action").unwrap_or_default();
                open = Some(Form { action, method, fields: Vec::new(), buttons: Vec::new() });
            }
            ("/form", _) => forms.extend(open.take()),
            ("input" | "button" | "textarea", Some(form)) => add(form, &tag),
            _ => {}
        }
    }
    forms.extend(open);
    forms
}

fn add(form: &mut Form, tag: &Tag<'_>) {
    let Some(name) = tag.attribute("name").filter(|name| !name.is_empty()) else { return };
    let kind = tag.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let value = tag.attribute("value");
    match (tag.name.as_str(), kind.as_str()) {
        ("textarea", _) => form.fields.push((name, unescape(tag.text))),
        ("button", "button" | "reset") | ("input", "button" | "reset" | "image") => {}
        ("button", _) | ("input", "submit") => form.buttons.push((name, value.unwrap_or_default())),
        ("input", "checkbox" | "radio") if tag.attribute("checked").is_none() => {}
        ("input", "checkbox" | "radio") => form.fields.push((name, value.unwrap_or_else(|| "on".to_owned()))),
        _ => form.fields.push((name, value.unwrap_or_default())),
    }
}

struct Tag<'a> {
    /// In small letters, with the slash of an end tag.
    name: String,
    attributes: Vec<(String, String)>,
    /// What follows up to the next tag.
    text: &'a str,
}

impl Tag<'_> {
    fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone())
    }
}

/// The tags of a page, without those in comments, scripts and styles.
fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, inside)) = rest.split_once('<') {
        if let Some(comment) = inside.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let end = inside.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(inside.len());
        let name = inside[..end].trim_end_matches('/').to_ascii_lowercase();
        let (attributes, after) = attributes(&inside[end..]);
        rest = if matches!(name.as_str(), "script" | "style") {
            after.split_once("</").map_or("", |(_, rest)| rest)
        } else {
            after
        };
        let text = after.split('<').next().unwrap_or_default();
        tags.push(Tag { name, attributes, text });
    }
    tags
}

/// The attributes up to the end of the tag, and what follows it.
fn attributes(tag: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end.max(1));
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(after) => value(after.trim_start()),
            None => ("", after),
        };
        found.push((name.to_ascii_lowercase(), unescape(value)));
        rest = after;
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len()))
}

/// Text without character references.
pub fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let reference = after.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        rest = if let Some((character, rest)) = reference {
            plain.push(character);
            rest
        } else {
            plain.push('&');
            after
        };
    }
    plain.push_str(rest);
    plain
}

fn character(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => match name.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(digits) => number(digits, 16),
            None => number(&name[1..], 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::forms;

    #[test]
    fn a_form_is_what_a_browser_would_send() {
        let page = r#"<!-- <form action="/no"> --><script>"<form action='/no'>"</script>
            <form method=POST action="/acs?a=b&amp;c"><input type="hidden" name="RelayState" value="x &quot;y&#39; &#x3C;">
            <input name='box' type=checkbox><input name="on" type="checkbox" checked><textarea name="t">a&lt;b</textarea>
            <button name="go" value="1">Go</button><button>Plain</button></form><form><input name=q></form>"#;
        let found = forms(page);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].method.as_str(), found[0].action.as_str()), ("POST", "/acs?a=b&c"));
        assert_eq!(found[0].value("RelayState"), Some("x \"y' <"));
        let names: Vec<_> = found[0].fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["RelayState", "on", "t"]);
        assert_eq!(found[0].buttons, [("go".to_owned(), "1".to_owned())]);
        assert_eq!(found[1].method, "get");
    }
}
