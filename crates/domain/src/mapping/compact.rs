//! The short text of a source: read, written, and as it stands in settings.

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::{Claim, Origin, Pattern, PatternError, Source, Transform};

/// The most transforms of one source.
const MAX_TRANSFORMS: usize = 16;
/// The longest claim name, constant or argument other than a pattern, in bytes.
const MAX_TEXT: usize = 1024;
/// Stands for the NameID.
const NAME_ID: &str = "@name_id";

/// Why a text is no source or transform.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CompactError {
    /// Nothing before the first `|`, or an empty text.
    #[error("a claim is wanted, or a constant between single quotes")]
    NoOrigin,
    /// An `@` with something else than `name_id`.
    #[error(
        "{got:?} is not known; after @ only name_id may stand (a claim whose name begins with @ takes the long form)"
    )]
    UnknownOrigin {
        /// What was given.
        got: String,
    },
    /// A transform that there is not.
    #[error("{got:?} is not a transform: lower, trim, slug, first, prefix, suffix, regex, split or join is wanted")]
    UnknownTransform {
        /// What was given.
        got: String,
    },
    /// Too few or too many arguments.
    #[error("{transform} takes {wanted} between single quotes, such as {example}")]
    Arguments {
        /// The transform.
        transform: String,
        /// How many arguments.
        wanted: &'static str,
        /// A correct one.
        example: &'static str,
    },
    /// A quote without its end.
    #[error("a single quote is open at its end; a quote inside a text is doubled")]
    OpenQuote,
    /// Something between a transform and the next `|`.
    #[error("{got:?} stands where a | or the end is wanted")]
    Trailing {
        /// What was found.
        got: String,
    },
    /// More than 1,024 bytes.
    #[error("a claim, constant or argument has {got} bytes, more than {MAX_TEXT}")]
    TooLong {
        /// Its length.
        got: usize,
    },
    /// More than 16.
    #[error("{got} transforms are more than {MAX_TRANSFORMS}")]
    TooManyTransforms {
        /// How many.
        got: usize,
    },
    /// Of a `regex`.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl FromStr for Source {
    type Err = CompactError;

    fn from_str(text: &str) -> Result<Self, CompactError> {
        let mut rest = Rest(text.trim());
        let origin = rest.origin()?;
        let mut transforms = Vec::new();
        while rest.pipe()? {
            transforms.push(rest.transform()?);
        }
        Self::checked(origin, transforms)
    }
}

impl FromStr for Transform {
    type Err = CompactError;

    fn from_str(text: &str) -> Result<Self, CompactError> {
        let mut rest = Rest(text.trim());
        let transform = rest.transform()?;
        rest.0 = rest.0.trim_start();
        if rest.0.is_empty() { Ok(transform) } else { Err(CompactError::Trailing { got: rest.0.to_owned() }) }
    }
}

impl Source {
    fn checked(origin: Origin, transforms: Vec<Transform>) -> Result<Self, CompactError> {
        match &origin {
            Origin::Claim(Claim(text)) if text.is_empty() => return Err(CompactError::NoOrigin),
            Origin::Claim(Claim(text)) | Origin::Constant(text) if text.len() > MAX_TEXT => {
                return Err(CompactError::TooLong { got: text.len() });
            }
            Origin::Claim(_) | Origin::Constant(_) | Origin::NameId => {}
        }
        if transforms.len() > MAX_TRANSFORMS {
            return Err(CompactError::TooManyTransforms { got: transforms.len() });
        }
        Ok(Self { origin, transforms })
    }

    /// Whether the short text says all.
    fn is_compact(&self) -> bool {
        match &self.origin {
            Origin::Claim(Claim(name)) => {
                !name.contains('|') && !name.starts_with(['\'', '@']) && name.trim().len() == name.len()
            }
            Origin::Constant(_) | Origin::NameId => true,
        }
    }
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn origin(&mut self) -> Result<Origin, CompactError> {
        if self.0.starts_with('\'') {
            return Ok(Origin::Constant(self.quoted()?));
        }
        let end = self.0.find('|').unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        self.0 = rest;
        match name.trim() {
            "" => Err(CompactError::NoOrigin),
            NAME_ID => Ok(Origin::NameId),
            odd if odd.starts_with('@') => Err(CompactError::UnknownOrigin { got: odd.to_owned() }),
            name => Ok(Origin::Claim(Claim::new(name))),
        }
    }

    /// Passes over the next `|`; whether there is one.
    fn pipe(&mut self) -> Result<bool, CompactError> {
        self.0 = self.0.trim_start();
        if self.0.is_empty() {
            return Ok(false);
        }
        let Some(rest) = self.0.strip_prefix('|') else {
            return Err(CompactError::Trailing { got: self.0.to_owned() });
        };
        self.0 = rest.trim_start();
        Ok(true)
    }

    fn transform(&mut self) -> Result<Transform, CompactError> {
        let end = self.0.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.0.len());
        let (name, rest) = self.0.split_at(end);
        self.0 = rest;
        let arguments = self.arguments()?;
        let mut arguments = arguments.into_iter();
        let (first, second, third) = (arguments.next(), arguments.next(), arguments.next());
        let wrong = |wanted, example| CompactError::Arguments { transform: name.to_owned(), wanted, example };
        let plain =
            |transform, example| if first.is_none() { Ok(transform) } else { Err(wrong("no argument", example)) };
        let one = |make: fn(String) -> Transform, example| match (&first, &second) {
            (Some(text), None) if text.len() <= MAX_TEXT => Ok(make(text.clone())),
            (Some(text), None) => Err(CompactError::TooLong { got: text.len() }),
            _ => Err(wrong("one argument", example)),
        };
        match name {
            "lower" => plain(Transform::Lower, "lower"),
            "trim" => plain(Transform::Trim, "trim"),
            "slug" => plain(Transform::Slug, "slug"),
            "first" => plain(Transform::First, "first"),
            "prefix" => one(Transform::Prefix, "prefix('acme-')"),
            "suffix" => one(Transform::Suffix, "suffix('@corp.example')"),
            // Cutting at nothing would cut everywhere.
            "split" if first.as_deref() == Some("") => Err(wrong("one argument that is not empty", "split(',')")),
            "split" => one(Transform::Split, "split(',')"),
            "join" => one(Transform::Join, "join(' ')"),
            "regex" => match (first, second, third) {
                (Some(_), Some(replacement), None) if replacement.len() > MAX_TEXT => {
                    Err(CompactError::TooLong { got: replacement.len() })
                }
                (Some(pattern), replacement, None) => {
                    Ok(Transform::Regex { pattern: Pattern::new(&pattern)?, replacement })
                }
                _ => Err(wrong("one or two arguments", "regex('^([^@]+)@')")),
            },
            _ => {
                let got = if name.is_empty() { self.0 } else { name };
                Err(CompactError::UnknownTransform { got: got.to_owned() })
            }
        }
    }

    /// `('…', '…')`, or nothing.
    fn arguments(&mut self) -> Result<Vec<String>, CompactError> {
        let mut arguments = Vec::new();
        let Some(rest) = self.0.strip_prefix('(') else {
            return Ok(arguments);
        };
        self.0 = rest.trim_start();
        loop {
            if let Some(rest) = self.0.strip_prefix(')') {
                self.0 = rest;
                return Ok(arguments);
            }
            arguments.push(self.quoted()?);
            self.0 = self.0.trim_start();
            if let Some(rest) = self.0.strip_prefix(',') {
                self.0 = rest.trim_start();
            } else if !self.0.starts_with(')') {
                return Err(CompactError::Trailing { got: self.0.to_owned() });
            }
        }
    }

    /// `'…'`, in which a doubled quote is one.
    fn quoted(&mut self) -> Result<String, CompactError> {
        let Some(mut rest) = self.0.strip_prefix('\'') else {
            return Err(CompactError::Trailing { got: self.0.to_owned() });
        };
        let mut text = String::new();
        loop {
            let end = rest.find('\'').ok_or(CompactError::OpenQuote)?;
            text.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            let Some(after) = rest.strip_prefix('\'') else {
                self.0 = rest;
                return Ok(text);
            };
            text.push('\'');
            rest = after;
        }
    }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lower => f.write_str("lower"),
            Self::Trim => f.write_str("trim"),
            Self::Slug => f.write_str("slug"),
            Self::First => f.write_str("first"),
            Self::Prefix(text) => write!(f, "prefix({})", quote(text)),
            Self::Suffix(text) => write!(f, "suffix({})", quote(text)),
            Self::Split(text) => write!(f, "split({})", quote(text)),
            Self::Join(text) => write!(f, "join({})", quote(text)),
            Self::Regex { pattern, replacement: None } => write!(f, "regex({})", quote(pattern.as_str())),
            Self::Regex { pattern, replacement: Some(replacement) } => {
                write!(f, "regex({}, {})", quote(pattern.as_str()), quote(replacement))
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Claim(claim) => f.write_str(claim.as_str())?,
            Origin::NameId => f.write_str(NAME_ID)?,
            Origin::Constant(text) => f.write_str(&quote(text))?,
        }
        for transform in &self.transforms {
            f.write_str(" | ")?;
            transform.fmt(f)?;
        }
        Ok(())
    }
}

/// The long form of a source.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<Claim>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    constant: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    transforms: Vec<Transform>,
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.origin {
            Origin::Claim(claim) if !self.is_compact() => {
                Long { claim: Some(claim.clone()), constant: None, transforms: self.transforms.clone() }
                    .serialize(serializer)
            }
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Source;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text such as \"displayname | lower\", or a table with claim or constant, and transforms")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Source, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Source, A::Error> {
                let Long { claim, constant, transforms } = Long::deserialize(MapAccessDeserializer::new(table))?;
                let origin = match (claim, constant) {
                    (Some(claim), None) => Origin::Claim(claim),
                    (None, Some(constant)) => Origin::Constant(constant),
                    _ => return Err(de::Error::custom("either claim or constant is wanted")),
                };
                Source::checked(origin, transforms).map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl Serialize for Transform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Transform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
