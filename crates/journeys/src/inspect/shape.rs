//! A personal value without the value: of what kind it is and how long. Whoever may not see it can still tell an address
//! from a GUID, and an empty claim from one that is there.

use vestibule_saml::sp::entra::is_guid;

/// Of what kind a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeKind {
    /// Nothing.
    Empty,
    /// An e-mail address, or what looks like one.
    Address,
    /// An e-mail address that Entra made up for a guest (E-35).
    Guest,
    /// A GUID.
    Guid,
    /// Digits.
    Number,
    /// An address of the web, or a URN.
    Uri,
    /// Any other text.
    Text,
}

/// A value without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Of what kind it is.
    pub kind: ShapeKind,
    /// How many characters it has.
    pub length: usize,
}

/// A value as it may be shown to whoever looks.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// It.
    Open(String),
    /// Without itself.
    Hidden(Shape),
}

/// Whether personal values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// They are.
    Open,
    /// They are not.
    Redacted,
}

impl Shape {
    /// Of this value.
    pub fn of(value: &str) -> Self {
        let trimmed = value.trim();
        let kind = match trimmed {
            "" => ShapeKind::Empty,
            it if is_guid(it) => ShapeKind::Guid,
            it if it.bytes().all(|b| b.is_ascii_digit()) => ShapeKind::Number,
            it if it.contains("#EXT#") && is_address(it) => ShapeKind::Guest,
            it if is_address(it) => ShapeKind::Address,
            it if ["https://", "http://", "urn:"].iter().any(|begin| it.starts_with(begin)) => ShapeKind::Uri,
            _ => ShapeKind::Text,
        };
        Self { kind, length: trimmed.chars().count() }
    }
}

impl Sight {
    /// A personal value, as it may be shown.
    pub fn of(self, value: &str) -> Value {
        match self {
            Self::Open => Value::Open(value.to_owned()),
            Self::Redacted => Value::Hidden(Shape::of(value)),
        }
    }

    /// A sentence of ours in which somebody's address may stand.
    pub fn sentence(self, text: &str) -> String {
        match self {
            Self::Open => text.to_owned(),
            Self::Redacted => without_addresses(text),
        }
    }
}

impl Value {
    /// It, where it is shown.
    pub fn open(&self) -> Option<&str> {
        match self {
            Self::Open(value) => Some(value),
            Self::Hidden(_) => None,
        }
    }
}

impl std::fmt::Debug for Value {
    /// Without it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(_) => f.write_str("Open(…)"),
            Self::Hidden(shape) => shape.fmt(f),
        }
    }
}

fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty()) && !text.contains(char::is_whitespace)
}

/// A sentence with a mark in the place of each e-mail address.
fn without_addresses(text: &str) -> String {
    let delimits =
        |c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '=');
    let hide = |piece: &str| {
        let word = piece.trim_end_matches(delimits);
        if is_address(word) { format!("…@…{}", &piece[word.len()..]) } else { piece.to_owned() }
    };
    text.split_inclusive(delimits).map(hide).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_its_kind_and_length_and_nothing_else() {
        for (value, kind, length) in [
            ("ada@contoso.example", ShapeKind::Address, 19),
            ("ada_live.example#EXT#@contoso.example", ShapeKind::Guest, 37),
            ("bbbbcccc-1111-dddd-2222-eeee3333ffff", ShapeKind::Guid, 36),
            ("004912345", ShapeKind::Number, 9),
            ("urn:oid:1.2", ShapeKind::Uri, 11),
            ("Ada Lovelace", ShapeKind::Text, 12),
            (" Ål ", ShapeKind::Text, 2),
            ("  ", ShapeKind::Empty, 0),
        ] {
            assert_eq!(Sight::Redacted.of(value), Value::Hidden(Shape { kind, length }), "{value}");
            assert_eq!(Sight::Open.of(value).open(), Some(value));
        }
    }

    #[test]
    fn no_address_stays_in_a_sentence() {
        let text = "AADSTS50105: the user 'ada@contoso.example' (bob@contoso.example) is not assigned";
        let hidden = "AADSTS50105: the user '…@…' (…@…) is not assigned";
        assert_eq!(Sight::Redacted.sentence(text), hidden);
    }
}
