//! Shapes of what is sent and answered, each said once: what comes is judged by the very schema that the description
//! shows, and what goes is made by it.

mod declare;
mod shapes;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub(crate) use declare::{input, is_required, need, objects, record, take, words};
pub(crate) use shapes::{AtMost, Line, Whole, text};

/// What a value may be: the part of JSON Schema 2020-12 that is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Schema {
    /// A text.
    Text(Text),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number.
    Number {
        min: u64,
        max: u64,
    },
    Truth,
    List {
        of: &'static Schema,
        max: usize,
    },
    /// An object with these keys and no other.
    Record(&'static Record),
    /// An object with any keys.
    Map(&'static Schema),
    OrNull(&'static Schema),
    /// One of these, of which none fits what another does.
    OneOf(&'static [Schema]),
    Any,
}

/// Judges a text.
type Fits = fn(&str) -> bool;

/// A text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    pub(crate) min: usize,
    pub(crate) max: usize,
    /// For the description.
    pub(crate) format: Option<&'static str>,
    /// For the description, and what judges by it.
    pub(crate) pattern: Option<(&'static str, Fits)>,
    /// What is wanted, in words.
    pub(crate) want: &'static str,
}

/// An object.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) fields: &'static [Field],
}

/// A key of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) schema: Schema,
    pub(crate) is_required: bool,
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Where: `body.name`, `query.limit`, `header.If-Match`.
    pub(crate) field: String,
    /// What was given.
    pub(crate) got: String,
    /// What is wanted.
    pub(crate) want: String,
    /// Who can mend it.
    pub(crate) who: Who,
}

/// Who can mend something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever wrote the program that asks.
    Caller,
    /// Whoever runs the deployment.
    Operator,
    /// Whoever runs the other side: an identity provider, a webhook's receiver.
    OtherSide,
}

impl Who {
    pub(crate) const NAMES: [&str; 3] = ["caller", "operator", "other_side"];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Operator => "operator",
            Self::OtherSide => "other_side",
        }
    }
}

impl Wrong {
    pub(crate) fn new(field: impl Into<String>, got: impl Into<String>, want: impl Into<String>) -> Self {
        // A name may be whatever somebody sent.
        let plain = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        let field = field.into().chars().map(plain).take(FIELD).collect();
        Self { field, got: got.into(), want: want.into(), who: Who::Caller }
    }
}

/// At most so much of a name is repeated, in characters.
const FIELD: usize = 200;

/// At most so much of a value is repeated, in characters.
const REPEATED: usize = 80;

/// A value as a message repeats it.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= REPEATED { text } else { text.chars().take(REPEATED).collect::<String>() + "…" }
}

impl Schema {
    /// Judges a value, and tells everything that is wrong with it.
    pub(crate) fn judge(&self, value: &Value, at: &str, wrong: &mut Vec<Wrong>) {
        let mut not = |want: String| wrong.push(Wrong::new(at, shown(value), want));
        match (self, value) {
            (Self::Any, _) | (Self::Truth, Value::Bool(_)) | (Self::OrNull(_), Value::Null) => {}
            (Self::OrNull(of), value) => of.judge(value, at, wrong),
            (Self::OneOf(all), value) if all.iter().any(|one| one.fits(value)) => {}
            (Self::Text(text), Value::String(given)) => {
                if let Some(want) = text.wants(given) {
                    not(want);
                }
            }
            (Self::Word(words), Value::String(given)) if words.contains(&given.as_str()) => {}
            (Self::Number { min, max }, Value::Number(given))
                if whole(given).is_some_and(|given| (*min..=*max).contains(&given)) => {}
            (Self::List { of, max }, Value::Array(items)) if items.len() <= *max => {
                for (place, item) in items.iter().enumerate() {
                    of.judge(item, &format!("{at}[{place}]"), wrong);
                }
            }
            (Self::Record(record), Value::Object(map)) => record.judge(map, at, wrong),
            (Self::Map(of), Value::Object(map)) => {
                for (key, value) in map {
                    of.judge(value, &format!("{at}.{key}"), wrong);
                }
            }
            _ => not(self.wants()),
        }
    }

    fn fits(&self, value: &Value) -> bool {
        let mut wrong = Vec::new();
        self.judge(value, "", &mut wrong);
        wrong.is_empty()
    }

    fn wants(&self) -> String {
        match self {
            Self::Text(text) => format!("a text: {}", text.want),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Number { min, max } => format!("a whole number from {min} to {max}"),
            Self::Truth => "true or false".to_owned(),
            Self::List { max, .. } => format!("a list of at most {max}"),
            Self::Record(record) => {
                let names: Vec<_> = record.fields.iter().map(|field| field.name).collect();
                format!("an object of {}", names.join(", "))
            }
            Self::Map(_) => "an object".to_owned(),
            Self::OrNull(of) => format!("{}, or null", of.wants()),
            Self::OneOf(all) => all.iter().map(Self::wants).collect::<Vec<_>>().join("; or "),
            Self::Any => "anything".to_owned(),
        }
    }

    /// As JSON Schema; records by their names, which are collected.
    pub(crate) fn document(&self, records: &mut BTreeMap<&'static str, &'static Record>) -> Value {
        match self {
            Self::Text(text) => text.document(),
            Self::Word(words) => json!({ "type": "string", "enum": words }),
            Self::Number { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
            Self::Truth => json!({ "type": "boolean" }),
            Self::List { of, max } => json!({ "type": "array", "items": of.document(records), "maxItems": max }),
            Self::Record(record) => {
                record.note(records);
                json!({ "$ref": format!("#/components/schemas/{}", record.name) })
            }
            Self::Map(of) => json!({ "type": "object", "additionalProperties": of.document(records) }),
            Self::OrNull(of) => json!({ "anyOf": [of.document(records), { "type": "null" }] }),
            Self::OneOf(all) => {
                json!({ "anyOf": all.iter().map(|one| one.document(records)).collect::<Vec<_>>() })
            }
            Self::Any => json!({}),
        }
    }
}

/// A whole number, whether it is written `2` or `2.0`, which are one in JSON Schema.
fn whole(number: &serde_json::Number) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and in range")]
    let exact = |it: f64| (it.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&it)).then_some(it as u64);
    number.as_u64().or_else(|| number.as_f64().and_then(exact))
}

impl Text {
    const fn any(min: usize, max: usize, want: &'static str) -> Self {
        Self { min, max, format: None, pattern: None, want }
    }

    const fn of_format(max: usize, format: &'static str, want: &'static str) -> Self {
        Self { min: 1, max, format: Some(format), pattern: None, want }
    }

    const fn of_pattern(max: usize, pattern: &'static str, fits: Fits, want: &'static str) -> Self {
        Self { min: 1, max, format: None, pattern: Some((pattern, fits)), want }
    }

    fn wants(&self, given: &str) -> Option<String> {
        let length = given.chars().count();
        let fits = (self.min..=self.max).contains(&length)
            && self.pattern.is_none_or(|(_, fits)| fits(given))
            && !given.contains('\0');
        (!fits).then(|| format!("{}, {} to {} characters", self.want, self.min, self.max))
    }

    fn document(&self) -> Value {
        let mut schema = json!({ "type": "string", "maxLength": self.max });
        let mut set = |key: &str, value: Value| schema[key] = value;
        if self.min > 0 {
            set("minLength", self.min.into());
        }
        if let Some(format) = self.format {
            set("format", format.into());
        }
        // What a text of ours never holds: NUL, which no database keeps.
        set("pattern", self.pattern.map_or("^[^\\u0000]*$", |(pattern, _)| pattern).into());
        schema
    }
}

impl Record {
    fn judge(&self, map: &Map<String, Value>, at: &str, wrong: &mut Vec<Wrong>) {
        for (key, value) in map {
            match self.fields.iter().find(|field| field.name == key) {
                Some(field) => field.schema.judge(value, &format!("{at}.{key}"), wrong),
                None => wrong.push(Wrong::new(format!("{at}.{key}"), shown(value), self.known())),
            }
        }
        for field in self.fields.iter().filter(|field| field.is_required && !map.contains_key(field.name)) {
            wrong.push(Wrong::new(format!("{at}.{}", field.name), "nothing", field.schema.wants()));
        }
    }

    fn known(&self) -> String {
        let names: Vec<_> = self.fields.iter().map(|field| field.name).collect();
        if names.is_empty() {
            "nothing of this name; none is known here".to_owned()
        } else {
            format!("nothing of this name; there is {}", names.join(", "))
        }
    }

    /// Judges an object, and tells everything that is wrong with it.
    pub(crate) fn wrong(&self, map: &Map<String, Value>, at: &str) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        self.judge(map, at, &mut wrong);
        wrong
    }

    fn note(&'static self, records: &mut BTreeMap<&'static str, &'static Record>) {
        if records.insert(self.name, self).is_none() {
            for field in self.fields {
                field.schema.document(records);
            }
        }
    }

    /// As JSON Schema.
    pub(crate) fn document(&self, records: &mut BTreeMap<&'static str, &'static Record>) -> Value {
        let mut properties = Map::new();
        for field in self.fields {
            let mut schema = field.schema.document(records);
            if let Value::Object(schema) = &mut schema {
                schema.insert("description".to_owned(), field.about.trim().into());
            }
            properties.insert(field.name.to_owned(), schema);
        }
        let required: Vec<_> = self.fields.iter().filter(|it| it.is_required).map(|it| it.name).collect();
        json!({
            "type": "object",
            "description": self.about.trim(),
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}

/// What is answered.
pub(crate) trait Shape {
    const SCHEMA: Schema;

    fn json(&self) -> Value;
}

/// What is taken.
pub(crate) trait Taken: Shape + Sized {
    /// Reads a value that fits the schema.
    ///
    /// # Errors
    /// Why it is none all the same.
    fn take(value: &Value) -> Result<Self, String>;
}

/// An object that is taken: a body, or a query.
pub(crate) trait Input: Sized {
    const RECORD: Record;

    /// Reads an object that fits the record.
    fn take(map: &Map<String, Value>, at: &str, wrong: &mut Vec<Wrong>) -> Option<Self>;
}

/// One key of an object that is taken.
pub(crate) fn taken<T: Taken>(map: &Map<String, Value>, name: &str, at: &str, wrong: &mut Vec<Wrong>) -> Option<T> {
    let value = map.get(name)?;
    T::take(value).map_err(|why| wrong.push(Wrong::new(format!("{at}.{name}"), shown(value), why))).ok()
}

/// One key that may be absent.
#[expect(clippy::option_option, reason = "wrong, absent, and there")]
pub(crate) fn maybe<T: Taken>(
    map: &Map<String, Value>,
    name: &str,
    at: &str,
    wrong: &mut Vec<Wrong>,
) -> Option<Option<T>> {
    if map.contains_key(name) { taken(map, name, at, wrong).map(Some) } else { Some(None) }
}
