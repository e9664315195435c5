//! A rule in settings: one short text, several, or a table.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Source, Validator};

/// Where a property comes from.
///
/// In settings one source, a list of them, or `{ sources = […], validate = … }`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Tried in order until one has a value that passes; for roles and groups all of them together.
    pub sources: Vec<Source>,
    /// What a value must be like; none: as is usual for the property.
    pub validate: Option<Validator>,
}

impl<S: Into<Source>> FromIterator<S> for Rule {
    fn from_iter<I: IntoIterator<Item = S>>(sources: I) -> Self {
        Self { sources: sources.into_iter().map(Into::into).collect(), validate: None }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    sources: Vec<Source>,
    #[serde(default)]
    validate: Option<Validator>,
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.validate {
            None => self.sources.serialize(serializer),
            validate => Table { sources: self.sources.clone(), validate: validate.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Rule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a source such as \"displayname | lower\", a list of sources, or a table with sources and validate")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Rule, E> {
        let source: Source = text.parse().map_err(E::custom)?;
        Ok(Rule { sources: vec![source], validate: None })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Rule, A::Error> {
        let sources = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        Ok(Rule { sources, validate: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Rule, A::Error> {
        let Table { sources, validate } = Table::deserialize(MapAccessDeserializer::new(table))?;
        Ok(Rule { sources, validate })
    }
}
