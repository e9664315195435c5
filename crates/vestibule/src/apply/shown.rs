//! A plan for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;
use vestibule_journeys::apply::{Addresses, Change, ChangeKind, Difference};

use super::Told;
use crate::cli::Format;
use crate::output::{Output, json, sanitised};

/// Whether a plan was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was only made.
    Planned,
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
    Output { stdout, ..Output::status(0) }
}

fn as_json(told: &Told, done: Done) -> String {
    json(&Shape {
        version: 1,
        applied: done == Done::Applied,
        changes: &told.changes,
        records: told.records.iter().map(|it| Record { name: &it.name, value: &it.value }).collect(),
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
    let count = |kind| told.changes.iter().filter(|change| change.kind == kind).count();
    let (created, changed) = (count(ChangeKind::Create), count(ChangeKind::Change));
    let _ = match (told.changes.is_empty(), done) {
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
