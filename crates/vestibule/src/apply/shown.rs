//! A plan for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;
use vestibule_journeys::apply::{Addresses, Change, ChangeKind, Difference, Unnamed};

use super::Told;
use crate::cli::Format;
use crate::output::{Output, json, sanitised};

/// Whether a plan was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was only made.
    Planned,
    /// It was made to see what differs.
    Compared,
    /// It was.
    Applied,
}

/// What programs get: documented in docs/operate/apply.md.
#[derive(Serialize)]
struct Shape<'a> {
    version: u8,
    applied: bool,
    changes: &'a [Change],
    records: Vec<Record<'a>>,
    #[serde(skip_serializing_if = "<[Unnamed]>::is_empty")]
    unnamed: &'a [Unnamed],
}

#[derive(Serialize)]
struct Record<'a> {
    name: &'a str,
    value: &'a str,
}

/// What is printed.
pub(crate) fn output(told: &Told, done: Done, format: Format) -> Output {
    let stdout = match format {
        Format::Json => as_json(told, done),
        Format::Text => sanitised_lines(&as_text(told, done)),
    };
    let differs = done == Done::Compared && !(told.changes.is_empty() && told.unnamed.is_empty());
    Output { stdout, ..Output::status(u8::from(differs)) }
}

fn as_json(told: &Told, done: Done) -> String {
    json(&Shape {
        version: 1,
        applied: done == Done::Applied,
        changes: &told.changes,
        records: told.records.iter().map(|it| Record { name: &it.name, value: &it.value }).collect(),
        unnamed: &told.unnamed,
    })
}

fn as_text(told: &Told, done: Done) -> String {
    let mut text = String::new();
    for change in &told.changes {
        write_change(&mut text, change);
        if let Some(addresses) = change.addresses.as_ref().filter(|_| change.kind == ChangeKind::Create) {
            let _ = writeln!(text, "      for the identity provider:");
            let Addresses { identifier, reply_url, sign_on_url, logout_url } = addresses;
            let _ = writeln!(text, "        Identifier (Entity ID)  {identifier}");
            let _ = writeln!(text, "        Reply URL (ACS URL)     {reply_url}");
            let _ = writeln!(text, "        Sign on URL             {sign_on_url}");
            let _ = writeln!(text, "        Logout Url              {logout_url}");
        }
    }
    for record in &told.records {
        let _ = writeln!(text, "  publish the TXT record {} with the value {}", record.name, record.value);
    }
    if !told.records.is_empty() {
        let _ = writeln!(
            text,
            "      a node that serves looks for it from now on; `vestibule domain check DOMAIN` looks at once"
        );
    }
    for Unnamed { noun, name } in &told.unnamed {
        let _ = writeln!(text, "  ? {noun} {name}");
    }
    let count = |kind| told.changes.iter().filter(|change| change.kind == kind).count();
    let (created, changed) = (count(ChangeKind::Create), count(ChangeKind::Change));
    let _ = match (told.changes.is_empty(), done) {
        (true, Done::Compared) if told.unnamed.is_empty() => {
            writeln!(text, "All is as the file has it, and nothing else is there.")
        }
        (_, Done::Compared) => writeln!(
            text,
            "\nIn the file alone: {created}. Otherwise than in the file: {changed}. Not in the file: {}. Nothing was changed.",
            told.unnamed.len()
        ),
        (true, _) => writeln!(text, "Nothing to change."),
        (false, Done::Planned) => {
            writeln!(text, "\nTo create: {created}. To change: {changed}. Nothing was changed (--dry-run).")
        }
        (false, Done::Applied) => writeln!(text, "\nCreated: {created}. Changed: {changed}."),
    };
    text
}

fn write_change(text: &mut String, change: &Change) {
    let mark = match change.kind {
        ChangeKind::Create => '+',
        ChangeKind::Change => '~',
    };
    let _ = writeln!(text, "  {mark} {} {}", change.noun, change.name);
    let width = change.differences.iter().map(|it| it.setting.chars().count()).max().unwrap_or_default();
    for Difference { setting, from, to } in &change.differences {
        let _ = match from {
            None => writeln!(text, "      {setting:width$}  {to}"),
            Some(from) => writeln!(text, "      {setting:width$}  {from} → {to}"),
        };
    }
    for warning in &change.warnings {
        let _ = writeln!(text, "      ▲ {warning}");
    }
}

/// Values come from files and from identity providers: none of them steers the terminal.
fn sanitised_lines(text: &str) -> String {
    text.lines().map(|line| sanitised(line) + "\n").collect()
}
