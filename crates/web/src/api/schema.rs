//! Shapes of what is sent and answered, each said once: what comes is judged by the very schema that the description
//! shows, and what goes is made by it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use vestibule_domain::account::AccountPath;
use vestibule_domain::id::{
    AccountId, ApiKeyId, ApplicantId, AttemptId, ConnectionId, EventId, SessionId, SetupLinkId, UserId,
};
use vestibule_domain::name::{DomainName, EmailAddress, Slug, SubDomain};
use vestibule_journeys::console::Shown;

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

    fn wants(&self) -> String {
        match self {
            Self::Text(text) => format!("a text: {}", text.want),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Number { min, max } => format!("a whole number from {min} to {max}"),
            Self::Truth => "true or false".to_owned(),
            Self::List { max, .. } => format!("a list of at most {max}"),
            Self::Record(_) | Self::Map(_) => "an object".to_owned(),
            Self::OrNull(of) => format!("{}, or null", of.wants()),
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

/// Declares an object that is answered: a struct, its schema and its JSON.
macro_rules! record {
    ($($(#[doc = $about:literal])+ $name:ident { $($(#[doc = $said:literal])+ $field:ident: $kind:ty,)+ })+) => {$(
        $(#[doc = $about])+
        pub(crate) struct $name {
            $($(#[doc = $said])+ pub(crate) $field: $kind,)+
        }

        impl $crate::api::schema::Shape for $name {
            const SCHEMA: $crate::api::schema::Schema =
                $crate::api::schema::Schema::Record(&$crate::api::schema::Record {
                    name: stringify!($name),
                    about: concat!($($about),+),
                    fields: &[$($crate::api::schema::Field {
                        name: stringify!($field),
                        about: concat!($($said),+),
                        schema: <$kind as $crate::api::schema::Shape>::SCHEMA,
                        is_required: true,
                    }),+],
                });

            fn json(&self) -> serde_json::Value {
                let mut map = serde_json::Map::new();
                $(map.insert(stringify!($field).to_owned(), $crate::api::schema::Shape::json(&self.$field));)+
                serde_json::Value::Object(map)
            }
        }
    )+};
}
pub(crate) use record;

/// Declares an object that is taken. Each key is `required`, or `optional`: then it may be absent.
macro_rules! input {
    ($($(#[doc = $about:literal])+ $name:ident {
        $($(#[doc = $said:literal])+ $need:ident $field:ident: $kind:ty,)*
    })+) => {$(
        $(#[doc = $about])+
        pub(crate) struct $name {
            $($(#[doc = $said])+ pub(crate) $field: $crate::api::schema::need!($need $kind),)*
        }

        impl $crate::api::schema::Input for $name {
            const RECORD: $crate::api::schema::Record = $crate::api::schema::Record {
                name: stringify!($name),
                about: concat!($($about),+),
                fields: &[$($crate::api::schema::Field {
                    name: stringify!($field),
                    about: concat!($($said),+),
                    schema: <$kind as $crate::api::schema::Shape>::SCHEMA,
                    is_required: $crate::api::schema::is_required!($need),
                }),*],
            };

            fn take(
                map: &serde_json::Map<String, serde_json::Value>,
                at: &str,
                wrong: &mut Vec<$crate::api::schema::Wrong>,
            ) -> Option<Self> {
                $(let $field = $crate::api::schema::take!($need $kind, map, stringify!($field), at, wrong);)*
                let taken = Self { $($field: $field?,)* };
                // Some are judged here, and read where they stand.
                $(let _ = &taken.$field;)*
                Some(taken)
            }
        }
    )+};
}
pub(crate) use input;

macro_rules! need {
    (required $kind:ty) => { $kind };
    (optional $kind:ty) => { Option<$kind> };
}
pub(crate) use need;

macro_rules! is_required {
    (required) => {
        true
    };
    (optional) => {
        false
    };
}
pub(crate) use is_required;

macro_rules! take {
    (required $kind:ty, $map:ident, $name:expr, $at:ident, $wrong:ident) => {
        $crate::api::schema::taken::<$kind>($map, $name, $at, $wrong)
    };
    (optional $kind:ty, $map:ident, $name:expr, $at:ident, $wrong:ident) => {
        $crate::api::schema::maybe::<$kind>($map, $name, $at, $wrong)
    };
}
pub(crate) use take;

/// A text of so many characters.
#[derive(Clone)]
pub(crate) struct Line<const MIN: usize, const MAX: usize>(pub(crate) String);

impl<const MIN: usize, const MAX: usize> Shape for Line<MIN, MAX> {
    const SCHEMA: Schema = Schema::Text(Text::any(MIN, MAX, "a text"));

    fn json(&self) -> Value {
        self.0.as_str().into()
    }
}

impl<const MIN: usize, const MAX: usize> Taken for Line<MIN, MAX> {
    fn take(value: &Value) -> Result<Self, String> {
        Ok(Self(text(value)))
    }
}

/// A whole number in these bounds.
#[derive(Clone, Copy)]
pub(crate) struct Whole<const MIN: u64, const MAX: u64>(pub(crate) u64);

impl<const MIN: u64, const MAX: u64> Shape for Whole<MIN, MAX> {
    const SCHEMA: Schema = Schema::Number { min: MIN, max: MAX };

    fn json(&self) -> Value {
        self.0.into()
    }
}

impl<const MIN: u64, const MAX: u64> Taken for Whole<MIN, MAX> {
    fn take(value: &Value) -> Result<Self, String> {
        let number = value.as_number().and_then(whole);
        number.map(Self).ok_or_else(|| Self::SCHEMA.wants())
    }
}

/// A list of at most so many.
#[derive(Clone)]
pub(crate) struct AtMost<const MAX: usize, T>(pub(crate) Vec<T>);

impl<const MAX: usize, T: Shape> Shape for AtMost<MAX, T> {
    const SCHEMA: Schema = Schema::List { of: &T::SCHEMA, max: MAX };

    fn json(&self) -> Value {
        self.0.json()
    }
}

impl<const MAX: usize, T: Taken> Taken for AtMost<MAX, T> {
    fn take(value: &Value) -> Result<Self, String> {
        Vec::take(value).map(Self)
    }
}

/// The text of a value that is one.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The longest text that is answered.
const LONGEST: usize = 1_000_000;

impl Shape for String {
    const SCHEMA: Schema = Schema::Text(Text::any(0, LONGEST, "a text"));

    fn json(&self) -> Value {
        self.as_str().into()
    }
}

impl Shape for bool {
    const SCHEMA: Schema = Schema::Truth;

    fn json(&self) -> Value {
        (*self).into()
    }
}

impl Taken for bool {
    fn take(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| Self::SCHEMA.wants())
    }
}

impl Shape for u64 {
    const SCHEMA: Schema = Schema::Number { min: 0, max: 9_007_199_254_740_991 };

    fn json(&self) -> Value {
        (*self).into()
    }
}

impl Shape for Timestamp {
    const SCHEMA: Schema = Schema::Text(Text::of_format(40, "date-time", "a time with its zone (RFC 3339)"));

    fn json(&self) -> Value {
        self.to_string().into()
    }
}

impl Taken for Timestamp {
    fn take(value: &Value) -> Result<Self, String> {
        text(value).parse().map_err(|_| "a time with its zone, such as 2026-01-31T08:30:00Z".to_owned())
    }
}

impl Shape for Value {
    const SCHEMA: Schema = Schema::Any;

    fn json(&self) -> Value {
        self.clone()
    }
}

impl<T: Shape> Shape for Option<T> {
    const SCHEMA: Schema = Schema::OrNull(&T::SCHEMA);

    fn json(&self) -> Value {
        self.as_ref().map_or(Value::Null, Shape::json)
    }
}

impl<T: Taken> Taken for Option<T> {
    fn take(value: &Value) -> Result<Self, String> {
        if value.is_null() { Ok(None) } else { T::take(value).map(Some) }
    }
}

/// What is personal: null where the key may not see it.
impl<T: Shape> Shape for Shown<T> {
    const SCHEMA: Schema = Schema::OrNull(&T::SCHEMA);

    fn json(&self) -> Value {
        self.this().map_or(Value::Null, Shape::json)
    }
}

/// The longest list.
const MOST: usize = 1000;

impl<T: Shape> Shape for Vec<T> {
    const SCHEMA: Schema = Schema::List { of: &T::SCHEMA, max: MOST };

    fn json(&self) -> Value {
        self.iter().map(Shape::json).collect()
    }
}

impl<T: Taken> Taken for Vec<T> {
    fn take(value: &Value) -> Result<Self, String> {
        value.as_array().into_iter().flatten().map(T::take).collect()
    }
}

impl<T: Shape> Shape for BTreeMap<String, T> {
    const SCHEMA: Schema = Schema::Map(&T::SCHEMA);

    fn json(&self) -> Value {
        self.iter().map(|(key, value)| (key.clone(), value.json())).collect()
    }
}

/// What has a text of its own.
macro_rules! texts {
    ($($kind:ty: $schema:expr;)+) => {$(
        impl Shape for $kind {
            const SCHEMA: Schema = Schema::Text($schema);

            fn json(&self) -> Value {
                self.to_string().into()
            }
        }

        impl Taken for $kind {
            fn take(value: &Value) -> Result<Self, String> {
                text(value).parse().map_err(|error| format!("{error}"))
            }
        }
    )+};
}

const ID: Text = Text::of_pattern(
    36,
    "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    |text| text.parse::<UserId>().is_ok(),
    "an id: lower-case hexadecimal digits in groups of 8-4-4-4-12",
);

const SLUG: Text = Text::of_pattern(
    63,
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    |text| text.parse::<Slug>().is_ok(),
    "a short name of lower-case letters, digits and inner hyphens",
);

texts! {
    AccountId: ID;
    ApiKeyId: ID;
    ApplicantId: ID;
    AttemptId: ID;
    ConnectionId: ID;
    EventId: ID;
    SessionId: ID;
    SetupLinkId: ID;
    UserId: ID;
    Slug: SLUG;
    SubDomain: SLUG;
    DomainName: Text::of_format(253, "hostname", "a domain of e-mail addresses");
}

impl Shape for EmailAddress {
    const SCHEMA: Schema = Schema::Text(Text::of_format(254, "email", "an e-mail address"));

    fn json(&self) -> Value {
        self.as_str().into()
    }
}

impl Taken for EmailAddress {
    fn take(value: &Value) -> Result<Self, String> {
        text(value).parse().map_err(|error| format!("{error}"))
    }
}

/// The platform's path, which has no slug.
const PLATFORM: &str = "/";

impl Shape for AccountPath {
    const SCHEMA: Schema = Schema::Text(Text::of_pattern(
        512,
        "^(/|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?){0,6})$",
        |text| text == PLATFORM || (!text.is_empty() && AccountPath::parse(text).is_ok()),
        "the path of an account, such as reseller/acme, or / for the platform",
    ));

    fn json(&self) -> Value {
        if *self == Self::ROOT { PLATFORM.into() } else { self.to_string().into() }
    }
}

impl Taken for AccountPath {
    fn take(value: &Value) -> Result<Self, String> {
        match text(value).as_str() {
            PLATFORM => Ok(Self::ROOT),
            path => Self::parse(path).map_err(|error| error.to_string()),
        }
    }
}

/// Declares enums of the domain by their words, as serde knows them.
macro_rules! words {
    ($($kind:ty: $($word:literal)+;)+) => {
        $(
            impl $crate::api::schema::Shape for $kind {
                const SCHEMA: $crate::api::schema::Schema = $crate::api::schema::Schema::Word(&[$($word),+]);

                fn json(&self) -> serde_json::Value {
                    serde_json::to_value(self).unwrap_or_default()
                }
            }

            impl $crate::api::schema::Taken for $kind {
                fn take(value: &serde_json::Value) -> Result<Self, String> {
                    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
                }
            }
        )+

        #[cfg(test)]
        #[test]
        fn each_word_is_one_of_its_kind() {
            use $crate::api::schema::{Shape as _, Taken as _};
            $($(
                let word = serde_json::Value::from($word);
                assert_eq!(<$kind>::take(&word).map(|it| it.json()), Ok(word));
            )+)+
        }
    };
}
pub(crate) use words;
