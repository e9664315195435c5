//! What every form of the console shares that changes settings: what was typed is read, what follows from it is shown, and
//! saved is what was shown and nothing else.
//!
//! ```text
//! form ─read─▶ settings ─plan─▶ what changes ─shown─▶ the same again, with its digest ─▶ done
//!                │                    │                              │ somebody else was faster, or it differs
//!                ▼ beside its field   ▼ misfits                      ▼
//!             problems             problems                  what changes now is shown
//! ```

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::viewer::Viewer;
use crate::apply::{self, ApplyError, Change, Misfit, Reason, Wanted};
use crate::ctx::Ctx;
use crate::problem::Problem;
use crate::set_up_connection::Tools;

/// What stands in the fields of a form, by their names. A box that is not ticked has no field.
pub type Fields = BTreeMap<String, String>;

/// What is wrong with what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The name of the field; empty: no single one.
    pub field: String,
    /// What was got, what is wanted, what to do; in English.
    pub text: String,
}

/// What would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Each thing that changes.
    pub changes: Vec<Change>,
    /// Tells this from anything else that could change.
    pub digest: String,
    /// Whether what is trusted changes.
    pub is_trust: bool,
}

/// What became of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// Everything is as it was typed already.
    Nothing,
    /// This would change; it is saved when it is sent again as it was shown.
    Shown(Planned),
    /// It is saved.
    Done,
    /// It is not, and nothing changed.
    Not(NotEdited),
}

/// Why a form is not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotEdited {
    /// What was typed cannot be.
    Unfit(Vec<FieldProblem>),
    /// Somebody else changed it since the form was opened.
    Changed,
    /// What is trusted would change, and whoever wants it authenticated too long ago (A27.3).
    SignInAgain(Planned),
}

/// What a form was sent with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// What was typed.
    pub fields: Fields,
    /// The version that was looked at.
    pub version: i64,
    /// The digest of what was shown to change; none: it is to be shown.
    pub digest: Option<String>,
}

impl FieldProblem {
    /// Of one field.
    pub(super) fn new(field: &str, text: impl Into<String>) -> Self {
        Self { field: field.to_owned(), text: text.into() }
    }
}

/// Shows what a wish would change, or does it where just that was shown. `is_trust` says of a setting whether it is trust.
pub(super) async fn weigh(
    ctx: &Ctx,
    viewer: &Viewer,
    wanted: &Wanted,
    sent: &Sent,
    tools: &Tools,
    is_trust: fn(&str) -> bool,
) -> Result<Edited, Problem> {
    let plan = match apply::plan(ctx, wanted, viewer.actor()).await {
        Ok(plan) => plan,
        Err(error) => return not(error).map(Edited::Not),
    };
    if plan.is_empty() {
        return Ok(Edited::Nothing);
    }
    let settings = || plan.changes.iter().flat_map(|change| &change.differences).map(|it| it.setting.as_str());
    let planned = Planned {
        digest: digest_of(&plan.changes, sent.version),
        is_trust: settings().any(is_trust),
        changes: plan.changes.clone(),
    };
    if sent.digest.as_ref() != Some(&planned.digest) {
        return Ok(Edited::Shown(planned));
    }
    if planned.is_trust && !viewer.is_fresh(ctx.now) {
        return Ok(Edited::Not(NotEdited::SignInAgain(planned)));
    }
    match apply::carry_out(ctx, plan, |key| (tools.make_key)(&key.name, ctx.now)).await {
        Ok(()) => Ok(Edited::Done),
        Err(error) => not(error).map(Edited::Not),
    }
}

fn digest_of(changes: &[Change], version: i64) -> String {
    let text = serde_json::to_string(&(changes, version)).unwrap_or_default();
    digest(&SHA256, text.as_bytes()).as_ref().iter().take(16).map(|octet| format!("{octet:02x}")).collect()
}

fn not(error: ApplyError) -> Result<NotEdited, Problem> {
    match error {
        ApplyError::Misfits(misfits) => Ok(NotEdited::Unfit(misfits.into_iter().map(problem).collect())),
        // No link is at work here.
        ApplyError::Stale | ApplyError::LinkOver => Ok(NotEdited::Changed),
        ApplyError::Key { problem, .. } => Ok(NotEdited::Unfit(vec![FieldProblem::new("", problem)])),
        ApplyError::Seal(error) => Err(Problem::broken(error.to_string())),
        ApplyError::Store(error) => Err(error.into()),
    }
}

fn problem(misfit: Misfit) -> FieldProblem {
    match misfit.reason {
        Reason::Setting(problem) => {
            let field = match problem.field.split('[').next().unwrap_or_default() {
                "button.text" => "button_text".to_owned(),
                field => field.to_owned(),
            };
            let text = format!("got {}; {} is wanted; {}", problem.got, problem.want, problem.fix);
            FieldProblem { field, text }
        }
        reason => FieldProblem::new("", reason.to_string()),
    }
}

/// A setting as a word of a form.
pub(super) fn word(setting: impl Serialize) -> String {
    match serde_json::to_value(setting) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Reads what was typed into settings, and gathers what is wrong.
pub(super) struct Reader<'f> {
    fields: &'f Fields,
    problems: Vec<FieldProblem>,
}

impl<'f> Reader<'f> {
    pub(super) fn new(fields: &'f Fields) -> Self {
        Self { fields, problems: Vec::new() }
    }

    /// What was typed, without white space at its ends; none where nothing was.
    pub(super) fn text(&self, name: &str) -> Option<&'f str> {
        self.fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The lines of a field that are not blank.
    pub(super) fn lines(&self, name: &str) -> Vec<&'f str> {
        let text = self.text(name).unwrap_or_default();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    pub(super) fn wrong(&mut self, field: &str, text: impl Into<String>) {
        self.problems.push(FieldProblem::new(field, text));
    }

    /// What was typed, as the type of a setting; the setting as it was where it cannot be.
    pub(super) fn take<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        into: &mut Option<T>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) {
        match self.text(name).map(read) {
            None => *into = None,
            Some(Ok(value)) => *into = Some(value),
            Some(Err(error)) => self.wrong(name, error.to_string()),
        }
    }

    /// One of the words of a setting. A field that is not there leaves it as it is.
    pub(super) fn pick<T: DeserializeOwned>(&mut self, name: &str, into: &mut T) {
        let Some(text) = self.text(name) else { return };
        match serde_json::from_value(Value::String(text.to_owned())) {
            Ok(value) => *into = value,
            Err(_) => self.wrong(name, format!("{text:?} is none of the choices; choose one of them")),
        }
    }

    /// One of the words of a setting, or none.
    pub(super) fn pick_or_none<T: DeserializeOwned>(&mut self, name: &str, into: &mut Option<T>) {
        if !self.fields.contains_key(name) {
            return;
        }
        self.take(name, into, |text| {
            let read = serde_json::from_value(Value::String(text.to_owned()));
            read.map_err(|_| format!("{text:?} is none of the choices; choose one of them"))
        });
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(&mut self, name: &str, into: &mut T) {
        let Some(text) = self.text(name) else { return };
        match text.parse() {
            Ok(value) => *into = value,
            Err(_) => self.wrong(name, format!("{text:?} is not a whole number that can be; write digits alone")),
        }
    }

    /// All that is wrong.
    pub(super) fn problems(self) -> Vec<FieldProblem> {
        self.problems
    }

    /// What was read, or all that is wrong.
    pub(super) fn finish<T>(self, read: T) -> Result<T, Vec<FieldProblem>> {
        if self.problems.is_empty() { Ok(read) } else { Err(self.problems) }
    }
}
