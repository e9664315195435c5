//! What a file and the environment set, by key, with the place of each value.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::key::{FILE_VARIABLE, KEYS, Key, PREFIX, SEALING_KEY_VARIABLE};
use super::problem::{Place, Problem};

/// All that is set, and what was wrong so far.
#[derive(Debug)]
pub(super) struct Settings {
    set: BTreeMap<&'static str, Found<Raw>>,
    /// The value of the variable that holds the sealing key.
    sealing_key: Option<Found<String>>,
    source: String,
    pub(super) problems: Vec<Problem>,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Found<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
enum Raw {
    Text(String),
    Number(i64),
    List(Vec<Found<String>>),
    /// From the environment: text, number or list by what the key takes.
    Variable(String),
    /// Any other type, by its name with an article.
    Odd(&'static str),
}

impl Settings {
    /// From the text of the file called `file`, and variables. A variable wins over the file. Variables that do not
    /// begin with `VESTIBULE_` are none of ours.
    pub(super) fn read(file: Option<(&str, &str)>, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let source = file.map_or("the environment", |(name, _)| name).to_owned();
        let mut settings = Self { set: BTreeMap::new(), sealing_key: None, source, problems: Vec::new() };
        if let Some((name, text)) = file {
            settings.read_file(name, text);
        }
        for (name, value) in variables {
            settings.read_variable(&name, value);
        }
        settings
    }

    fn read_file(&mut self, name: &str, text: &str) {
        let at = |offset: usize| Place::Line { file: name.to_owned(), line: line(text, offset) };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let offset = error.span().map_or(0, |span| span.start);
            // The parser goes on where it can; of what follows from one slip only the first is news.
            let place = at(offset);
            if self.problems.iter().all(|told| told.place() != Some(&place)) {
                self.problems.push(Problem::Syntax { place, message: error.message().to_owned() });
            }
        }
        if errors.is_empty() {
            self.read_table("", table.get_ref(), &at);
        }
    }

    fn read_table(&mut self, prefix: &str, table: &DeTable<'_>, at: &dyn Fn(usize) -> Place) {
        for (name, value) in table {
            let path = format!("{prefix}{}", name.get_ref());
            let place = at(value.span().start);
            let below = format!("{path}.");
            match (Key::named(&path), value.get_ref()) {
                (Some(key), value) => {
                    self.set.insert(key.name, Found { value: raw(value, at), place });
                }
                (None, DeValue::Table(table)) if KEYS.iter().any(|key| key.name.starts_with(&below)) => {
                    self.read_table(&below, table, at);
                }
                (None, _) if path == "key" => self.problems.push(Problem::KeyInFile { place: at(name.span().start) }),
                (None, _) => self.unknown(at(name.span().start), path, |key| key.name.to_owned()),
            }
        }
    }

    fn read_variable(&mut self, name: &str, value: String) {
        let place = Place::Variable(name.to_owned());
        if name == SEALING_KEY_VARIABLE {
            self.sealing_key = Some(Found { value, place });
        } else if let Some(key) = Key::of_variable(name) {
            self.set.insert(key.name, Found { value: Raw::Variable(value), place });
        } else if let Some(rest) = name.strip_prefix(PREFIX)
            && name != FILE_VARIABLE
        {
            let like =
                KEYS.iter().find(|key| key.variable().strip_prefix(PREFIX).is_some_and(|known| near(known, rest)));
            self.problems.push(Problem::Unknown { place, got: name.to_owned(), like: like.map(Key::variable) });
        }
    }

    fn unknown(&mut self, place: Place, got: String, write: impl Fn(&Key) -> String) {
        let like = Key::like(&got).map(write);
        self.problems.push(Problem::Unknown { place, got, like });
    }

    /// Where something that is missing should be.
    pub(super) fn source(&self) -> Place {
        Place::Source(self.source.clone())
    }

    /// Where `key` stands, or should.
    pub(super) fn place(&self, key: &str) -> Place {
        self.set.get(key).map_or_else(|| self.source(), |found| found.place.clone())
    }

    pub(super) fn is_set(&self, key: &str) -> bool {
        self.set.contains_key(key)
    }

    pub(super) fn sealing_key(&self) -> Option<Found<String>> {
        self.sealing_key.clone()
    }

    /// The text of `key`, if it is set.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Found<String>> {
        let Found { value, place } = self.set.get(key)?.clone();
        match value {
            Raw::Text(value) | Raw::Variable(value) => Some(Found { value, place }),
            other => self.wrong_type(place, key, &other, "text in quotes"),
        }
    }

    /// The text of `key`, which has to be set.
    pub(super) fn required(&mut self, key: &'static str) -> Option<Found<String>> {
        if !self.is_set(key) {
            let example = example(key);
            self.problems.push(Problem::Missing { place: self.source(), key, example });
        }
        self.text(key)
    }

    /// The value of `key` as `T`; `wanted` says which texts are one.
    pub(super) fn parsed<T: FromStr>(&mut self, key: &'static str, wanted: &str) -> Option<T> {
        self.chosen(key, wanted, |text| text.parse().ok())
    }

    /// The value of `key` as `choose` takes it; `wanted` says what that is.
    pub(super) fn chosen<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        choose: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let Found { value: got, place } = self.text(key)?;
        let chosen = choose(&got);
        if chosen.is_none() {
            self.problems.push(Problem::Value { place, key, got, wanted: wanted.to_owned() });
        }
        chosen
    }

    /// The whole number of `key`, within its bounds.
    pub(super) fn number(&mut self, key: &'static str, bounds: RangeInclusive<u32>) -> Option<u32> {
        let Found { value, place } = self.set.get(key)?.clone();
        let got = match value {
            Raw::Number(number) => number.to_string(),
            Raw::Variable(text) => text,
            other => return self.wrong_type(place, key, &other, "a whole number"),
        };
        let number = got.parse().ok().filter(|number| bounds.contains(number));
        if number.is_none() {
            let wanted = format!("a whole number from {} to {}", bounds.start(), bounds.end());
            self.problems.push(Problem::Value { place, key, got, wanted });
        }
        number
    }

    /// The texts in the list of `key`; a variable separates them by commas.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<Found<String>> {
        let Some(Found { value, place }) = self.set.get(key).cloned() else { return Vec::new() };
        match value {
            Raw::List(list) => list,
            Raw::Variable(text) => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| Found { value: item.to_owned(), place: place.clone() })
                .collect(),
            other => self.wrong_type(place, key, &other, "a list of texts in quotes").unwrap_or_default(),
        }
    }

    fn wrong_type<T>(&mut self, place: Place, key: &'static str, got: &Raw, wanted: &'static str) -> Option<T> {
        let got = match got {
            Raw::Text(_) | Raw::Variable(_) => "text",
            Raw::Number(_) => "a whole number",
            Raw::List(_) => "a list",
            Raw::Odd(name) => name,
        };
        self.problems.push(Problem::Type { place, key, got, wanted, example: example(key) });
        None
    }
}

pub(super) fn example(key: &str) -> &'static str {
    Key::named(key).map_or("", |key| key.example)
}

fn near(known: &str, got: &str) -> bool {
    let known = known.to_ascii_lowercase();
    Key::like(&got.to_ascii_lowercase()).is_some_and(|key| key.name.replace('.', "_") == known)
}

fn raw(value: &DeValue<'_>, at: &dyn Fn(usize) -> Place) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Raw::Odd("a number of more than 64 bits"), Raw::Number),
        DeValue::Float(_) => Raw::Odd("a number with a point"),
        DeValue::Boolean(_) => Raw::Odd("true or false"),
        DeValue::Datetime(_) => Raw::Odd("a time"),
        DeValue::Table(_) => Raw::Odd("a table"),
        DeValue::Array(items) => items
            .iter()
            .map(|item| {
                let place = at(item.span().start);
                item.get_ref().as_str().map(|text| Found { value: text.to_owned(), place })
            })
            .collect::<Option<Vec<_>>>()
            .map_or(Raw::Odd("a list of something else"), Raw::List),
    }
}

/// The number of the line that holds the octet at `offset`, from 1.
fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}
