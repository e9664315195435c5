//! A page that is one form, and its fields. What was typed stays, with a sentence at the field that is wrong.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::super::pages::page;
use super::place::Frame;

/// A form with its fields, one below the other.
#[derive(Debug, Template)]
#[template(path = "portal/form.html")]
pub(super) struct FormPage {
    pub(super) frame: Frame,
    /// What this is about.
    pub(super) intro: &'static str,
    pub(super) action: String,
    pub(super) fields: Vec<Field>,
    /// What the button says.
    pub(super) button: &'static str,
    /// Where one goes who changes nothing.
    pub(super) back: String,
    /// What no field is to blame for.
    pub(super) error: Option<String>,
}

impl FormPage {
    /// 400 where something is refused.
    pub(super) fn show(&self) -> Response {
        let refused = self.error.is_some() || self.fields.iter().any(|field| field.error.is_some());
        page(if refused { StatusCode::BAD_REQUEST } else { StatusCode::OK }, self)
    }

    /// With a sentence at this field, or above all where there is no such field.
    pub(super) fn refusing(mut self, name: &str, sentence: String) -> Self {
        match self.fields.iter_mut().find(|field| field.name == name) {
            Some(field) => field.error = Some(sentence),
            None => self.error = Some(sentence),
        }
        self
    }
}

/// A field of a form.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) value: String,
    pub(super) required: bool,
    pub(super) error: Option<String>,
    pub(super) kind: Kind,
}

/// How a field is filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line of text.
    Line,
    /// A line of text, with words to choose from.
    Suggested(&'static [&'static str]),
    /// Lines of text.
    Lines,
    /// One of a list: word and name.
    Choice(Vec<(String, &'static str)>),
    /// Yes or no.
    Check,
    /// Not shown.
    Hidden,
    /// No field but what is written above the next ones.
    Heading,
}

impl Field {
    pub(super) fn line(name: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { name, label, hint: "", value, required: false, error: None, kind: Kind::Line }
    }

    pub(super) fn maybe(name: &'static str, label: &'static str, value: Option<&String>) -> Self {
        Self::line(name, label, value.cloned().unwrap_or_default())
    }

    pub(super) fn lines(name: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        Self { kind: Kind::Lines, ..Self::line(name, label, value) }
    }

    pub(super) fn check(name: &'static str, label: &'static str, checked: bool) -> Self {
        Self { kind: Kind::Check, ..Self::line(name, label, if checked { "yes" } else { "" }) }
    }

    pub(super) fn hidden(name: &'static str, value: impl Into<String>) -> Self {
        Self { kind: Kind::Hidden, ..Self::line(name, "", value) }
    }

    pub(super) fn heading(label: &'static str) -> Self {
        Self { kind: Kind::Heading, ..Self::line("", label, "") }
    }

    /// A list of the values of a setting.
    pub(super) fn choice<T: Serialize>(
        name: &'static str,
        label: &'static str,
        chosen: &T,
        choices: &[(T, &'static str)],
    ) -> Self {
        let choices = choices.iter().map(|(value, name)| (word(value), *name)).collect();
        Self { kind: Kind::Choice(choices), ..Self::line(name, label, word(chosen)) }
    }

    /// A line with words to choose from.
    pub(super) fn suggested(self, words: &'static [&'static str]) -> Self {
        Self { kind: Kind::Suggested(words), ..self }
    }

    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(super) fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The ids of its hint and its error.
    pub(super) fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The word of a setting's value in files of settings.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The name of a setting's value.
pub(super) fn name_of<T: PartialEq>(value: &T, choices: &[(T, &'static str)]) -> &'static str {
    choices.iter().find(|(known, _)| known == value).map_or("", |(_, name)| name)
}
