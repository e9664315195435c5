//! What became of each check, and the first that failed.

use std::borrow::Cow;
use std::fmt;

use super::{Party, Reason, Step};

/// Text of a report: often fixed, sometimes from the message.
pub(super) type Text = Cow<'static, str>;

/// Every [`Step`] of a response with what became of it, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    steps: Vec<StepReport>,
}

/// What became of one step.
#[derive(Clone, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub outcome: Outcome,
    /// What deserves attention although nothing was refused for it.
    pub warning: Option<Text>,
    /// What the message said. May be personal: for those who may see it, never for a log.
    pub got: Option<Text>,
    /// What was wanted.
    pub want: Option<Text>,
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
    pub got: Option<Text>,
    /// What was wanted.
    pub want: Option<Text>,
}

impl Report {
    /// Every step, in order.
    pub fn steps(&self) -> &[StepReport] {
        &self.steps
    }

    /// The steps that hold but deserve attention.
    pub fn warnings(&self) -> impl Iterator<Item = &StepReport> {
        self.steps.iter().filter(|step| step.warning.is_some())
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

impl fmt::Debug for StepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step.name(), self.outcome.name())
    }
}

/// Records the steps as they are made.
pub(super) struct Steps {
    done: Vec<StepReport>,
}

impl Steps {
    pub(super) fn new() -> Self {
        Self { done: Vec::with_capacity(Step::ALL.len()) }
    }

    /// The step holds.
    pub(super) fn pass(&mut self, step: Step, got: impl Into<Option<Text>>, want: impl Into<Option<Text>>) {
        self.record(step, Outcome::Ok, None, got.into(), want.into());
    }

    /// The step holds, but deserves attention.
    pub(super) fn warn(&mut self, step: Step, warning: Text, got: impl Into<Option<Text>>) {
        self.record(step, Outcome::Ok, Some(warning), got.into(), None);
    }

    /// The step does not hold.
    pub(super) fn refuse(
        &mut self,
        step: Step,
        reason: Reason,
        got: impl Into<Option<Text>>,
        want: impl Into<Option<Text>>,
    ) -> Refusal {
        let (got, want) = (got.into(), want.into());
        self.record(step, Outcome::Refused, None, got.clone(), want.clone());
        Refusal { reason, step, got, want }
    }

    /// The step holds where both sides are the same string, character by character.
    pub(super) fn equal(&mut self, step: Step, reason: Reason, got: &str, want: &str) -> Result<(), Refusal> {
        if got == want {
            self.pass(step, owned(got), owned(want));
            Ok(())
        } else {
            Err(self.refuse(step, reason, owned(got), owned(want)))
        }
    }

    /// The report, with the steps that were not reached.
    pub(super) fn into_report(self) -> Report {
        let mut steps = self.done;
        for &step in &Step::ALL[steps.len().min(Step::ALL.len())..] {
            steps.push(StepReport { step, outcome: Outcome::NotReached, warning: None, got: None, want: None });
        }
        Report { steps }
    }

    fn record(&mut self, step: Step, outcome: Outcome, warning: Option<Text>, got: Option<Text>, want: Option<Text>) {
        debug_assert_eq!(Step::ALL.get(self.done.len()), Some(&step), "steps are made in order, each once");
        self.done.push(StepReport { step, outcome, warning, got, want });
    }
}

/// A value of the message for a report.
#[expect(clippy::unnecessary_wraps, reason = "the callers want an option")]
pub(super) fn owned(text: &str) -> Option<Text> {
    Some(Cow::Owned(text.to_owned()))
}

/// A fixed text for a report.
#[expect(clippy::unnecessary_wraps, reason = "the callers want an option")]
pub(super) fn fixed(text: &'static str) -> Option<Text> {
    Some(Cow::Borrowed(text))
}
