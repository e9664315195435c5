//! The pieces of a form that changes settings: its fields by groups, and what would change.

use std::collections::BTreeMap;

use vestibule_journeys::console::{FieldProblem, Fields, Planned};

/// A field: how it is called, and what is typed or chosen in it.
pub(crate) struct Field {
    pub(crate) name: String,
    /// The key of its label.
    pub(crate) label: &'static str,
    /// The key of a sentence below it.
    pub(crate) hint: Option<&'static str>,
    /// The key of what should be known before it is set so.
    pub(crate) warning: Option<&'static str>,
    pub(crate) kind: Kind,
    pub(crate) value: String,
    pub(crate) is_ticked: bool,
    /// Why it cannot be; in English.
    pub(crate) problem: Option<String>,
    pub(crate) is_weak: bool,
    /// What holds where it is empty: what stands above.
    pub(crate) otherwise: Option<String>,
}

/// What kind of field it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line.
    Line,
    /// Digits.
    Number,
    /// A day.
    Day,
    /// Several lines.
    Lines,
    /// A box to tick.
    Tick,
    /// One of these: its word, and the key of its text.
    Pick(&'static [(&'static str, &'static str)]),
}

/// How a field is described, before anything stands in it.
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) hint: Option<&'static str>,
    pub(crate) warning: Option<&'static str>,
    pub(crate) kind: Kind,
}

/// A field without anything below it.
pub(crate) const fn plain(name: &'static str, label: &'static str, kind: Kind) -> Described {
    Described { name, label, hint: None, warning: None, kind }
}

/// A field with a sentence below it.
pub(crate) const fn hinted(name: &'static str, label: &'static str, kind: Kind, hint: &'static str) -> Described {
    Described { name, label, hint: Some(hint), warning: None, kind }
}

/// A field about which something should be known.
pub(crate) const fn warned(name: &'static str, label: &'static str, kind: Kind, warning: &'static str) -> Described {
    Described { name, label, hint: None, warning: Some(warning), kind }
}

/// A group of fields: the key of its title, and the fields.
pub(crate) type Group = (&'static str, &'static [Described]);

/// What stands in a form: what is set or was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    pub(crate) fields: Fields,
    pub(crate) version: i64,
    pub(crate) problems: Vec<FieldProblem>,
    /// What would change, where it was asked for.
    pub(crate) planned: Option<Planned>,
    /// Whether nothing would.
    pub(crate) is_same: bool,
    /// Whether somebody else changed it meanwhile.
    pub(crate) is_overtaken: bool,
    /// Where whoever authenticated too long ago does so again.
    pub(crate) again: Option<String>,
    /// Whether something was typed, which must not be lost.
    pub(crate) is_typed: bool,
}

impl Filled {
    /// What is wrong with a field.
    pub(crate) fn problem(&self, name: &str) -> Option<String> {
        let of: Vec<&str> =
            self.problems.iter().filter(|it| it.field == name).map(|problem| problem.text.as_str()).collect();
        (!of.is_empty()).then(|| of.join(" "))
    }

    /// What is wrong, and with no field that is shown.
    pub(crate) fn beside(&self, shown: &[&str]) -> Vec<&str> {
        let problems = self.problems.iter().filter(|it| !shown.contains(&it.field.as_str()));
        problems.map(|it| it.text.as_str()).collect()
    }

    /// The fields of groups. One that the form does not have, because it is not theirs to set, is left out.
    pub(crate) fn groups(
        &self,
        groups: &[Group],
        weak: &[&str],
        above: &BTreeMap<&'static str, String>,
    ) -> Vec<(&'static str, Vec<Field>)> {
        let of = |(title, described): &Group| {
            let fields = described.iter().filter(|it| it.kind == Kind::Tick || self.fields.contains_key(it.name));
            let fields = fields.map(|it| Field {
                name: it.name.to_owned(),
                label: it.label,
                hint: it.hint,
                warning: it.warning,
                kind: it.kind,
                value: self.fields.get(it.name).cloned().unwrap_or_default(),
                is_ticked: self.fields.contains_key(it.name),
                problem: self.problem(it.name),
                is_weak: weak.contains(&it.name),
                otherwise: above.get(it.name).cloned(),
            });
            (*title, fields.collect())
        };
        groups.iter().map(of).collect()
    }
}

impl Field {
    pub(crate) fn is_tick(&self) -> bool {
        self.kind == Kind::Tick
    }

    pub(crate) fn is_lines(&self) -> bool {
        self.kind == Kind::Lines
    }

    pub(crate) fn input(&self) -> &'static str {
        if self.kind == Kind::Day { "date" } else { "text" }
    }

    pub(crate) fn mode(&self) -> &'static str {
        if self.kind == Kind::Number { "numeric" } else { "text" }
    }

    pub(crate) fn choices(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        let choices: &'static [_] = match self.kind {
            Kind::Pick(choices) => choices,
            _ => &[],
        };
        choices.iter().copied()
    }

    pub(crate) fn is_choice(&self) -> bool {
        matches!(self.kind, Kind::Pick(_))
    }

    pub(crate) fn is_chosen(&self, word: &str) -> bool {
        self.value == word
    }

    /// What is set and none of the choices, so that it stays.
    pub(crate) fn other(&self) -> Option<&str> {
        let is_known = self.choices().any(|(word, _)| word == self.value);
        (self.is_choice() && !is_known && !self.value.is_empty()).then_some(self.value.as_str())
    }

    /// The ids of what describes it.
    pub(crate) fn described_by(&self) -> Option<String> {
        let name = &self.name;
        let mut ids = Vec::new();
        ids.extend(self.problem.as_ref().map(|_| format!("{name}-error")));
        ids.extend((self.hint.is_some() || self.otherwise.is_some()).then(|| format!("{name}-hint")));
        ids.extend(self.warning.map(|_| format!("{name}-warning")));
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}
