//! A report as it is kept in the database: short, bounded, and readable by pages.

use serde::{Deserialize, Serialize};
use vestibule_domain::attempt::Purpose;
use vestibule_saml::sp::{Outcome, Reason, Report, Step};

use crate::problem::ErrorCode;
use crate::words::{Words, bounded};

/// One step of a kept report.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptStep {
    /// The step's name.
    #[serde(rename = "s")]
    pub step: String,
    /// `ok`, `refused` or `not_reached`.
    #[serde(rename = "o")]
    pub outcome: String,
    /// What deserves attention.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What the message said.
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// What was wanted.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub want: Option<String>,
}

/// A report in the database.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptReport {
    /// The code that the person was shown, such as `AUD-7K2Q`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The hash of what only the browser that brought the answer was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The steps that were reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<KeptStep>,
    /// What happened, where no step of the answer says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Words>,
    /// What a refusal without a connection says beyond its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl KeptReport {
    /// The report, and the code that the person was shown.
    pub fn new(report: &Report, code: Option<&ErrorCode>) -> Self {
        let side = |text: Option<&str>| text.map(bounded);
        let steps = report.steps().filter(|step| step.outcome != Outcome::NotReached).map(|step| KeptStep {
            step: step.step.name().to_owned(),
            outcome: step.outcome.name().to_owned(),
            warning: step.warning.map(str::to_owned),
            got: side(step.got),
            want: side(step.want),
        });
        Self { code: code.map(|code| code.as_str().to_owned()), steps: steps.collect(), ..Self::default() }
    }

    /// As text for the database.
    pub(crate) fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From the database; what is no report is one without steps.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The refusal in words; `reason` is the code beside the report. None where neither says anything.
    pub fn words(&self, reason: &str) -> Option<Words> {
        if let Some(words) = &self.words {
            return Some(words.clone());
        }
        let reason = *Reason::ALL.iter().find(|known| known.code() == reason)?;
        let refused = self.steps.iter().find(|kept| kept.outcome == Outcome::Refused.name());
        let side = |side: fn(&KeptStep) -> &Option<String>| refused.and_then(|kept| side(kept).clone());
        Some(Words::of_reason(reason, side(|kept| &kept.got), side(|kept| &kept.want)))
    }

    /// Every step, those that were not reached included.
    pub fn all_steps(&self) -> Vec<(Step, KeptStep)> {
        let not_reached = |step: Step| KeptStep {
            step: step.name().to_owned(),
            outcome: Outcome::NotReached.name().to_owned(),
            warning: None,
            got: None,
            want: None,
        };
        let of = |step: Step| self.steps.iter().find(|kept| kept.step == step.name()).cloned();
        Step::ALL.iter().map(|step| (*step, of(*step).unwrap_or_else(|| not_reached(*step)))).collect()
    }
}

/// The report of an accepted answer is kept where somebody will read it: a test's, and one with a warning.
pub(crate) fn worth_keeping(purpose: Purpose, report: &Report) -> Option<String> {
    let wanted = purpose == Purpose::Test || report.warnings().next().is_some();
    wanted.then(|| KeptReport::new(report, None).write())
}

impl std::fmt::Debug for KeptReport {
    /// What a message said stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptReport").field("code", &self.code).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for KeptStep {
    /// What a message said stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.step, self.outcome)
    }
}
