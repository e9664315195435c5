//! One request to the API: who asks, for what, and what is answered.

use std::str::FromStr;
use std::sync::Arc;

use serde_json::{Map, Value};
use vestibule_journeys::Ctx;
use vestibule_journeys::api::Program;
use vestibule_journeys::console::Viewer;
use vestibule_journeys::set_up_connection::Tools;

use super::refusal::Refusal;
use super::schema::{Input, Record, Shape, input};
use crate::extract::Caller;

/// One request.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) caller: Caller,
    pub(crate) program: Arc<Program>,
    pub(crate) path: Arc<Vec<(String, String)>>,
    pub(crate) query: Arc<Map<String, Value>>,
    pub(crate) body: Arc<Map<String, Value>>,
    /// On what `If-Match` says that it rests; none: no such header, or one that says nothing.
    pub(crate) held: Option<Held>,
}

/// What was looked at is as `If-Match` says, and has to be so still when it is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// The version of all settings at which it was looked at.
    pub(crate) settings: i64,
    /// The tags that were given.
    pub(crate) tags: String,
}

/// What is answered.
pub(crate) enum Reply {
    /// A resource.
    One(Value),
    /// A page, and behind what the next one begins.
    Page(Vec<Value>, Option<String>),
    /// What was made, and where it is.
    Made(String, Value),
    /// It is done.
    Done,
}

input! {
    /// Which part of a list.
    Part {
        /// How many at most. Default: 50.
        optional limit: super::schema::Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: super::schema::Line<1, 300>,
    }
    /// Which part of a list, of which account.
    OfAccount {
        /// Of which account, by its path; left out: the key's own.
        optional account: vestibule_domain::account::AccountPath,
        /// How many at most. Default: 50.
        optional limit: super::schema::Whole<1, 200>,
        /// From the answer to the page before, `next`.
        optional cursor: super::schema::Line<1, 300>,
    }
}

impl Call {
    pub(crate) fn ctx(&self) -> &Ctx {
        &self.caller.ctx
    }

    pub(crate) fn viewer(&self) -> &Viewer {
        &self.program.viewer
    }

    /// Of a body, what is a setting by its own name: all that the record knows but these keys.
    pub(crate) fn settings(&self, record: &Record, but: &[&str]) -> Vec<(&'static str, Value)> {
        let names = record.fields.iter().map(|field| field.name).filter(|name| !but.contains(name));
        names.filter_map(|name| self.body.get(name).map(|value| (name, value.clone()))).collect()
    }

    /// What stands in the path. What cannot be there is not there.
    pub(crate) fn named<T: FromStr>(&self, name: &str) -> Result<T, Refusal> {
        let found = self.path.iter().find(|(key, _)| key == name);
        found.and_then(|(_, text)| text.parse().ok()).ok_or_else(Refusal::not_found)
    }

    /// The version that all settings must have still.
    pub(crate) fn held_settings(&self) -> Option<i64> {
        self.held.as_ref().map(|held| held.settings)
    }

    /// That what is changed is as `If-Match` says, by what the change itself read: its write counts only where that is so
    /// still. The version of that, to rest on; none: it may be any.
    pub(crate) fn still(&self, shown: &Value, version: i64) -> Result<Option<i64>, Refusal> {
        let Some(held) = &self.held else { return Ok(None) };
        let now = super::version::etag(shown);
        if super::version::names(&held.tags, &now) {
            Ok(Some(version))
        } else {
            Err(Refusal::changed(&held.tags, &now))
        }
    }

    /// What changes work with beyond the store.
    pub(crate) fn tools(&self) -> &Tools {
        &self.caller.tools
    }

    /// The query, which fits its record already.
    pub(crate) fn query<T: Input>(&self) -> Result<T, Refusal> {
        read(&self.query, "query")
    }

    /// The body, which fits its record already.
    pub(crate) fn body<T: Input>(&self) -> Result<T, Refusal> {
        read(&self.body, "body")
    }
}

fn read<T: Input>(map: &Map<String, Value>, at: &str) -> Result<T, Refusal> {
    let mut wrong = Vec::new();
    match T::take(map, at, &mut wrong) {
        Some(read) if wrong.is_empty() => Ok(read),
        _ => Err(Refusal::unusable(wrong)),
    }
}

/// A cursor as it was handed out.
pub(crate) fn cursor<T: FromStr>(text: Option<&str>) -> Result<Option<T>, Refusal> {
    let read = |text: &str| text.parse().map_err(|_| no_cursor(text));
    text.map(read).transpose()
}

pub(crate) fn no_cursor(text: &str) -> Refusal {
    Refusal::cannot("query.cursor", format!("{text:?}"), "the value of next in the answer to the page before")
}

/// A page of a list of shapes.
pub(crate) fn page<T: Shape>(rows: impl IntoIterator<Item = T>, next: Option<String>) -> Reply {
    Reply::Page(rows.into_iter().map(|row| row.json()).collect(), next)
}
