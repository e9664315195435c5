//! What became of each check, and the first that failed.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use super::assertion::Window;
use super::{Party, Reason, Step};
use crate::time;

/// Every [`Step`] of a response with what became of it, in order.
///
/// What was compared is kept in one text, so that recording costs a sign-in next to nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    steps: Vec<Record>,
    text: String,
}

/// What became of one step.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StepReport<'a> {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub outcome: Outcome,
    /// What deserves attention although nothing was refused for it.
    pub warning: Option<&'static str>,
    /// What the message said. May be personal: for those who may see it, never for a log.
    pub got: Option<&'a str>,
    /// What was wanted.
    pub want: Option<&'a str>,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Ok,
    /// It does not hold; the message is refused for it.
    Refused,
    /// An earlier step was refused.
    NotReached,
}

/// The first check that failed, with both sides of the comparison.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// The step that failed.
    pub step: Step,
    /// What the message said.
    pub got: Option<String>,
    /// What was wanted.
    pub want: Option<String>,
}

impl Report {
    /// Every step, in order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = StepReport<'_>> {
        let text = |span: Option<Span>| span.and_then(|span| self.text.get(span.start..span.end));
        Step::ALL.iter().enumerate().map(move |(n, &step)| match self.steps.get(n) {
            Some(done) => StepReport {
                step,
                outcome: done.outcome,
                warning: done.warning,
                got: text(done.got),
                want: text(done.want),
            },
            None => StepReport { step, outcome: Outcome::NotReached, warning: None, got: None, want: None },
        })
    }

    /// The steps that hold but deserve attention.
    pub fn warnings(&self) -> impl Iterator<Item = StepReport<'_>> {
        self.steps().filter(|step| step.warning.is_some())
    }
}

impl Outcome {
    /// The outcome's name in reports that programs read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::NotReached => "not_reached",
        }
    }
}

impl Refusal {
    /// Who can mend it.
    pub fn fixed_by(&self) -> Party {
        self.reason.fixed_by()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.sentence())
    }
}

impl std::error::Error for Refusal {}

/// What a message said stays out of logs: only the names of step and reason are shown.
impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({} at {})", self.reason.code(), self.step.name())
    }
}

impl fmt::Debug for StepReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step.name(), self.outcome.name())
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.steps()).finish()
    }
}

/// One side of a comparison, before it is written down.
#[derive(Clone, Copy)]
pub(super) enum Fact<'a> {
    Nothing,
    Text(&'a str),
    Time(Timestamp),
    Window(Window),
    Said(fmt::Arguments<'a>),
}

impl<'a> From<&'a str> for Fact<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Fact<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Option<&'a str>> for Fact<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

impl From<Timestamp> for Fact<'_> {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Window> for Fact<'_> {
    fn from(window: Window) -> Self {
        Self::Window(window)
    }
}

impl<'a> From<fmt::Arguments<'a>> for Fact<'a> {
    fn from(said: fmt::Arguments<'a>) -> Self {
        Self::Said(said)
    }
}

/// Records the steps as they are made.
pub(super) struct Steps {
    report: Report,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Record {
    outcome: Outcome,
    warning: Option<&'static str>,
    got: Option<Span>,
    want: Option<Span>,
}

/// A run of the report's text.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
}

impl Steps {
    pub(super) fn new() -> Self {
        // Enough for an accepted response of Entra's.
        let report = Report { steps: Vec::with_capacity(Step::ALL.len()), text: String::with_capacity(1536) };
        Self { report }
    }

    /// The step holds.
    pub(super) fn pass<'a>(&mut self, step: Step, got: impl Into<Fact<'a>>, want: impl Into<Fact<'a>>) {
        let (got, want) = (self.write(got.into()), self.write(want.into()));
        self.record(step, Outcome::Ok, None, got, want);
    }

    /// The step holds, but deserves attention.
    pub(super) fn warn<'a>(&mut self, step: Step, warning: &'static str, got: impl Into<Fact<'a>>) {
        let got = self.write(got.into());
        self.record(step, Outcome::Ok, Some(warning), got, None);
    }

    /// The step does not hold.
    pub(super) fn refuse<'a>(
        &mut self,
        step: Step,
        reason: Reason,
        got: impl Into<Fact<'a>>,
        want: impl Into<Fact<'a>>,
    ) -> Refusal {
        let (got, want) = (self.write(got.into()), self.write(want.into()));
        self.record(step, Outcome::Refused, None, got, want);
        let text = |span: Option<Span>| span.and_then(|s| self.report.text.get(s.start..s.end)).map(str::to_owned);
        Refusal { reason, step, got: text(got), want: text(want) }
    }

    /// The step holds where both sides are the same string, character by character.
    pub(super) fn equal(&mut self, step: Step, reason: Reason, got: &str, want: &str) -> Result<(), Refusal> {
        if got != want {
            return Err(self.refuse(step, reason, got, want));
        }
        let both = self.write(Fact::Text(got));
        self.record(step, Outcome::Ok, None, both, both);
        Ok(())
    }

    /// The report; steps that were not recorded were not reached.
    pub(super) fn into_report(self) -> Report {
        self.report
    }

    fn record(
        &mut self,
        step: Step,
        outcome: Outcome,
        warning: Option<&'static str>,
        got: Option<Span>,
        want: Option<Span>,
    ) {
        debug_assert_eq!(Step::ALL.get(self.report.steps.len()), Some(&step), "steps are made in order, each once");
        self.report.steps.push(Record { outcome, warning, got, want });
    }

    fn write(&mut self, fact: Fact<'_>) -> Option<Span> {
        let text = &mut self.report.text;
        let start = text.len();
        match fact {
            Fact::Nothing => return None,
            Fact::Text(said) => text.push_str(said),
            Fact::Time(instant) => time::write(text, instant),
            Fact::Window(window) => window.write(text),
            // Writing to a string does not fail.
            Fact::Said(said) => drop(text.write_fmt(said)),
        }
        Some(Span { start, end: text.len() })
    }
}
