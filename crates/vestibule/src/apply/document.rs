//! TOML with lines: each key is read by itself, so that everything that is wrong is told at once.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::config::distance;
use crate::file;

/// Everything that is wrong with a file, by line.
#[derive(Debug, Error)]
pub(crate) struct FileProblems {
    file: String,
    problems: Vec<FileProblem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileProblem {
    /// From 1.
    pub(crate) line: usize,
    /// What was got, what is wanted, what to do.
    pub(crate) message: String,
}

impl FileProblems {
    pub(crate) fn new(path: &Path, mut problems: Vec<FileProblem>) -> Self {
        problems.sort_by_key(|problem| problem.line);
        Self { file: file::name(path), problems }
    }
}

impl fmt::Display for FileProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            let separator = if place == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{}: {}", self.file, problem.line, problem.message)?;
        }
        Ok(())
    }
}

/// A document that is being read.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    pub(super) problems: Vec<FileProblem>,
}

/// A table whose keys are taken one by one; [`Reader::finish`] tells those that nobody asked for.
#[derive(Debug)]
pub(super) struct Keys<'t> {
    /// What it is, for messages: `[[account]]`.
    name: &'static str,
    pub(super) line: usize,
    table: DeTable<'t>,
    asked: Vec<&'static str>,
}

impl Keys<'_> {
    /// Whether a key stands there, whatever its value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }
}

/// A value where it stands.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

impl<'t> Reader<'t> {
    /// The document's table. What is no TOML is a problem, and what else can be read is.
    pub(super) fn new(text: &'t str, name: &'static str) -> (Self, Keys<'t>) {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut reader = Self { text, problems: Vec::new() };
        for error in errors {
            let line = reader.line(error.span());
            reader.problem(line, format!("{}; the file is TOML 1.1", error.message()));
        }
        let keys = Keys { name, line: 1, table: table.into_inner(), asked: Vec::new() };
        (reader, keys)
    }

    pub(super) fn problem(&mut self, line: usize, message: impl Into<String>) {
        self.problems.push(FileProblem { line, message: message.into() });
    }

    /// The line of a place in the text.
    pub(super) fn line(&self, span: Option<Range<usize>>) -> usize {
        let offset = span.map_or(0, |span| span.start).min(self.text.len());
        line_of(self.text.as_bytes().get(..offset).unwrap_or_default())
    }

    /// The value of a key as it stands, with its line.
    pub(super) fn raw(&mut self, keys: &mut Keys<'t>, name: &'static str) -> Option<(usize, Value<'t>)> {
        keys.asked.push(name);
        let (_, value) = keys.table.remove_entry(name)?;
        Some((self.line(Some(value.span())), value))
    }

    /// The value of a key, with its line. None where it is absent, or wrong, which is told.
    pub(super) fn found<T: DeserializeOwned>(&mut self, keys: &mut Keys<'t>, name: &'static str) -> Option<(usize, T)> {
        let (line, value) = self.raw(keys, name)?;
        self.read(name, value).map(|read| (line, read))
    }

    /// As [`found`](Self::found), without the line.
    pub(super) fn take<T: DeserializeOwned>(&mut self, keys: &mut Keys<'t>, name: &'static str) -> Option<T> {
        self.found(keys, name).map(|(_, value)| value)
    }

    /// As [`take`](Self::take), or the default.
    pub(super) fn or_default<T: DeserializeOwned + Default>(&mut self, keys: &mut Keys<'t>, name: &'static str) -> T {
        self.take(keys, name).unwrap_or_default()
    }

    /// As [`take`](Self::take); an absent key is a problem, told with a line that sets it.
    pub(super) fn required<T: DeserializeOwned>(
        &mut self,
        keys: &mut Keys<'t>,
        name: &'static str,
        example: &str,
    ) -> Option<T> {
        self.required_at(keys, name, example).map(|(_, value)| value)
    }

    /// As [`required`](Self::required), with its line.
    pub(super) fn required_at<T: DeserializeOwned>(
        &mut self,
        keys: &mut Keys<'t>,
        name: &'static str,
        example: &str,
    ) -> Option<(usize, T)> {
        if !keys.table.contains_key(name) {
            keys.asked.push(name);
            self.problem(keys.line, format!("{name} is missing in {}; add {example}", keys.name));
            return None;
        }
        self.found(keys, name)
    }

    /// A value of a key by itself.
    pub(super) fn read<T: DeserializeOwned>(&mut self, name: &str, value: Value<'t>) -> Option<T> {
        let span = value.span();
        match T::deserialize(ValueDeserializer::from(dates_as_text(value))) {
            Ok(read) => Some(read),
            Err(error) => {
                let line = self.line(error.span().or(Some(span)));
                self.problem(line, format!("{name}: {}", error.message()));
                None
            }
        }
    }

    /// A value that something judged; what it says is told.
    pub(super) fn judged<T, E: fmt::Display>(&mut self, line: usize, name: &str, read: Result<T, E>) -> Option<T> {
        read.map_err(|error| self.problem(line, format!("{name}: {error}"))).ok()
    }

    /// The tables of an array of tables.
    pub(super) fn tables(&mut self, keys: &mut Keys<'t>, name: &'static str, shown: &'static str) -> Vec<Keys<'t>> {
        let Some((line, value)) = self.raw(keys, name) else { return Vec::new() };
        let DeValue::Array(items) = value.into_inner() else {
            self.problem(line, format!("{name} is no list of tables; begin each with {shown}"));
            return Vec::new();
        };
        items.into_iter().filter_map(|item| self.table(item, shown)).collect()
    }

    /// The keys of a value that is a table.
    pub(super) fn table(&mut self, value: Value<'t>, name: &'static str) -> Option<Keys<'t>> {
        let line = self.line(Some(value.span()));
        match value.into_inner() {
            DeValue::Table(table) => Some(Keys { name, line, table, asked: Vec::new() }),
            other => {
                self.problem(line, format!("{name} is a table, and this is a {}", other.type_str()));
                None
            }
        }
    }

    /// Tells the keys of a table that nobody asked for.
    pub(super) fn finish(&mut self, keys: Keys<'t>) {
        for (key, _) in keys.table {
            let line = self.line(Some(key.span()));
            let got = key.into_inner();
            let meant = nearest(&got, &keys.asked)
                .map_or_else(|| format!("it has {}", keys.asked.join(", ")), |meant| format!("did you mean {meant}?"));
            self.problem(line, format!("{} has no key {got:?}; {meant}", keys.name));
        }
    }
}

/// The line, from 1, on which what follows these octets stands.
pub(super) fn line_of(before: &[u8]) -> usize {
    before.split(|octet| *octet == b'\n').count()
}

/// Dates of TOML stand where texts with a date are wanted.
fn dates_as_text(value: Value<'_>) -> Value<'_> {
    let span = value.span();
    match value.into_inner() {
        DeValue::Datetime(date) => Spanned::new(span, DeValue::String(date.to_string().into())),
        other => Spanned::new(span, other),
    }
}

/// The name that was meant, if one is near: at most two letters differ, or one holds the other.
fn nearest<'n>(got: &str, names: &[&'n str]) -> Option<&'n str> {
    let near = names.iter().map(|name| (distance(got, name), *name)).min()?;
    let holds = || names.iter().copied().find(|name| got.len() > 3 && (name.contains(got) || got.contains(name)));
    if near.0 <= 2 { Some(near.1) } else { holds() }
}
