//! Shapes of single values: texts, numbers, lists, ids, and what of the domain has a text of its own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use vestibule_domain::account::AccountPath;
use vestibule_domain::id::{
    AccountId, ApiKeyId, ApplicantId, AttemptId, ConnectionId, EventId, SessionId, SetupLinkId, UserId,
};
use vestibule_domain::name::{DomainName, EmailAddress, Slug, SubDomain};
use vestibule_journeys::console::Shown;

use super::{Schema, Shape, Taken, Text, whole};

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
