//! What becomes of claims: a row for each property, beside what the identity provider sends and what the last test makes.

use vestibule_journeys::console::{MappingPage, ObservedClaim, PROPERTIES, Preview, short, spoken};

use super::form::Filled;
use super::{Top, console_page};
use crate::page::Frame;

/// Shows what becomes of the claims of a connection, and what would change of it.
pub(crate) struct MappingView {
    pub(crate) top: Top,
    pub(crate) view: MappingPage,
    pub(crate) filled: Filled,
    /// What the mapping, as it stands in the form, makes of the last test.
    pub(crate) preview: Option<Preview>,
}

/// A property: where it comes from.
struct Row {
    title: String,
    /// The field in which it gets its name, where the account made it up.
    name: Option<Cell>,
    sources: Vec<Cell>,
    /// Its sources as people call them, where their names are long.
    spoken: Option<String>,
    /// What the last test makes of it.
    values: Option<Vec<String>>,
}

/// A field of a row.
struct Cell {
    name: String,
    value: String,
    problem: Option<String>,
    /// The first, or one of those that count where it has no value.
    is_first: bool,
}

impl Cell {
    fn label(&self) -> &'static str {
        if self.is_first { "console-mapping-first" } else { "console-mapping-else" }
    }
}

impl MappingView {
    const GRAMMAR: &str = "displayname | lower | slug";

    fn cell(&self, name: String, is_first: bool) -> Cell {
        let value = self.filled.fields.get(&name).cloned().unwrap_or_default();
        Cell { problem: self.filled.problem(&name), value, name, is_first }
    }

    fn numbers(&self, before: &str, behind: &str) -> Vec<usize> {
        let number = |name: &String| name.strip_prefix(before)?.strip_suffix(behind)?.parse().ok();
        let mut numbers: Vec<usize> = self.filled.fields.keys().filter_map(number).collect();
        numbers.sort_unstable();
        numbers
    }

    fn row(&self, title: String, name: Option<Cell>, place: &str, property: &str) -> Row {
        let numbers = self.numbers(&format!("{place}."), "");
        let sources: Vec<Cell> = numbers.iter().map(|n| self.cell(format!("{place}.{n}"), *n == 0)).collect();
        let long = sources.iter().any(|cell| cell.value.contains(['/', ':']));
        let called: Vec<String> = sources.iter().filter_map(|cell| spoken(&cell.value)).collect();
        let values = self.preview.as_ref().map(|it| it.values.get(property).cloned().unwrap_or_default());
        let spoken = (long && !called.is_empty()).then(|| called.join(", "));
        Row { title, name, sources, spoken, values }
    }

    fn rows(&self, frame: &Frame<'_>) -> Vec<Row> {
        let known = PROPERTIES.iter().map(|it| {
            let name = it.name();
            self.row(frame.property(name), None, &format!("rule.{name}"), name)
        });
        let more = self.numbers("more.", ".name").into_iter().map(|n| {
            let cell = self.cell(format!("more.{n}.name"), true);
            let (title, property) = (cell.value.clone(), cell.value.trim().to_owned());
            self.row(title, Some(cell), &format!("more.{n}.from"), &property)
        });
        known.chain(more).collect()
    }

    fn roles(&self) -> Vec<[Cell; 3]> {
        let of = |n: usize| ["claim", "value", "role"].map(|part| self.cell(format!("role.{n}.{part}"), true));
        self.numbers("role.", ".claim").into_iter().map(of).collect()
    }

    /// What is wrong, and with no field that is shown.
    fn beside(&self) -> Vec<&str> {
        let shown: Vec<&str> = self.filled.fields.keys().map(String::as_str).collect();
        self.filled.beside(&shown)
    }

    fn has_preview(&self) -> bool {
        self.preview.is_some()
    }

    fn is_seen(&self) -> bool {
        self.view.example.this().is_some()
    }

    fn notes(&self) -> &[String] {
        self.preview.as_ref().map_or(&[], |preview| &preview.notes)
    }

    /// What is offered with a claim: what people call it, and an example.
    fn offered(claim: &ObservedClaim) -> String {
        match claim.example.this().and_then(Option::as_ref) {
            Some(example) => format!("{} · {example}", claim.short),
            None => claim.short.clone(),
        }
    }

    fn example(claim: &ObservedClaim) -> Option<&str> {
        claim.example.this()?.as_deref()
    }

    fn is_long(claim: &ObservedClaim) -> bool {
        short(&claim.name) != claim.name
    }
}

console_page!(MappingView, "console/mapping.html");
