//! A report as it is kept in the database: short, bounded, and readable by pages.

use serde::{Deserialize, Serialize};
use vestibule_domain::attempt::Purpose;
use vestibule_saml::sp::{Outcome, Report, Step};

/// One side of a comparison is kept up to so many characters.
const SIDE: usize = 300;

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

/// The report as text for the database.
pub fn write(report: &Report) -> String {
    let side = |text: Option<&str>| text.map(|text| text.chars().take(SIDE).collect());
    let steps: Vec<KeptStep> = report
        .steps()
        .filter(|step| step.outcome != Outcome::NotReached)
        .map(|step| KeptStep {
            step: step.step.name().to_owned(),
            outcome: step.outcome.name().to_owned(),
            warning: step.warning.map(str::to_owned),
            got: side(step.got),
            want: side(step.want),
        })
        .collect();
    serde_json::to_string(&steps).unwrap_or_default()
}

/// Every step of a kept report, those that were not reached included. What is no report gives steps that were not
/// reached.
pub fn read(text: &str) -> Vec<(Step, KeptStep)> {
    let kept: Vec<KeptStep> = serde_json::from_str(text).unwrap_or_default();
    let not_reached = |step: Step| KeptStep {
        step: step.name().to_owned(),
        outcome: Outcome::NotReached.name().to_owned(),
        warning: None,
        got: None,
        want: None,
    };
    let of = |step: Step| kept.iter().find(|kept| kept.step == step.name()).cloned();
    Step::ALL.iter().map(|step| (*step, of(*step).unwrap_or_else(|| not_reached(*step)))).collect()
}

/// The report of an accepted answer is kept where somebody will read it: a test's, and one with a warning.
pub(crate) fn worth_keeping(purpose: Purpose, report: &Report) -> Option<String> {
    let wanted = purpose == Purpose::Test || report.warnings().next().is_some();
    wanted.then(|| write(report))
}

impl std::fmt::Debug for KeptStep {
    /// What a message said stays out of logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.step, self.outcome)
    }
}
