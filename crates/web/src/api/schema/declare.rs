//! What declares shapes: a struct, its schema, and how it is written or read, each said once.

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

/// Declares objects of the domain, as serde knows them. Each key is `required`, or `optional`: then it may be absent.
macro_rules! objects {
    ($($(#[doc = $about:literal])+ $kind:ty = $name:literal {
        $($(#[doc = $said:literal])+ $need:ident $field:ident: $of:ty,)+
    })+) => {$(
        impl $crate::api::schema::Shape for $kind {
            const SCHEMA: $crate::api::schema::Schema =
                $crate::api::schema::Schema::Record(&$crate::api::schema::Record {
                    name: $name,
                    about: concat!($($about),+),
                    fields: &[$($crate::api::schema::Field {
                        name: stringify!($field),
                        about: concat!($($said),+),
                        schema: <$of as $crate::api::schema::Shape>::SCHEMA,
                        is_required: $crate::api::schema::is_required!($need),
                    }),+],
                });

            fn json(&self) -> serde_json::Value {
                serde_json::to_value(self).unwrap_or_default()
            }
        }

        impl $crate::api::schema::Taken for $kind {
            fn take(value: &serde_json::Value) -> Result<Self, String> {
                serde_json::from_value(value.clone()).map_err(|error| error.to_string())
            }
        }
    )+};
}
pub(crate) use objects;
