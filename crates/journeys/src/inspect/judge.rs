//! From input and expectation to a verdict with every step.

use std::cmp::Ordering;

use vestibule_saml::binding::MAX_MESSAGE;
use vestibule_saml::sp::{self, AcceptedAssertion, Expectation, Outcome, Reason, Refusal, Step, StepReport, Verdict};

use super::input::{Content, Input, Kind};

/// What became of the input.
#[derive(Debug)]
pub struct Judgement {
    pub outcome: Result<AcceptedAssertion, Refusal>,
    /// Every step, in order.
    pub checks: Vec<Check>,
}

/// What became of one step.
#[derive(Debug)]
pub struct Check {
    pub step: Step,
    pub outcome: Outcome,
    pub warning: Option<&'static str>,
    pub got: Option<String>,
    pub want: Option<String>,
}

impl Judgement {
    /// Judges whatever was pasted: what is no response is refused as such.
    pub fn of(input: &Input, expect: &Expectation<'_>) -> Self {
        match &input.content {
            // Too long for a message, which is not what is wrong with it.
            Content::Xml(xml) if input.kind == Kind::Metadata && xml.len() > MAX_MESSAGE => {
                Self::refused_at(Step::Message, Reason::NotAResponse, input.kind.title(), "Response of SAML 2.0")
            }
            Content::Xml(xml) => sp::accept(xml, expect).into(),
            Content::Field { value, .. } => sp::accept_post(value, expect).into(),
            Content::Certificates(_) | Content::Token(_) => {
                Self::refused_at(Step::Decoding, Reason::NotAResponse, input.kind.title(), "a SAML response")
            }
            Content::Nothing(reason) => {
                Self::refused_at(Step::Decoding, reason.reason(), &reason.to_string(), "a SAML response")
            }
        }
    }

    /// Refused before any step could be made: there is no key to check a signature with.
    pub fn without_trust(got: &str) -> Self {
        let want = "a certificate with a usable key";
        let mut judgement = Self::refused_at(Step::Decoding, Reason::NoTrustedKey, got, want);
        for check in &mut judgement.checks {
            *check = Check::new(check.step, Outcome::NotReached);
        }
        judgement
    }

    /// Refused at one step; those before it hold.
    fn refused_at(at: Step, reason: Reason, got: &str, want: &str) -> Self {
        let (got, want) = (Some(got.to_owned()), Some(want.to_owned()));
        let checks = Step::ALL.into_iter().map(|step| match step.cmp(&at) {
            Ordering::Less => Check::new(step, Outcome::Ok),
            Ordering::Equal => Check { got: got.clone(), want: want.clone(), ..Check::new(step, Outcome::Refused) },
            Ordering::Greater => Check::new(step, Outcome::NotReached),
        });
        let checks = checks.collect();
        Self { outcome: Err(Refusal { reason, step: at, got, want }), checks }
    }

    /// How many steps hold but deserve attention.
    pub fn warnings(&self) -> usize {
        self.checks.iter().filter(|check| check.warning.is_some()).count()
    }
}

impl Check {
    fn new(step: Step, outcome: Outcome) -> Self {
        Self { step, outcome, warning: None, got: None, want: None }
    }
}

impl From<Verdict> for Judgement {
    fn from(verdict: Verdict) -> Self {
        Self { outcome: verdict.outcome, checks: verdict.report.steps().map(Check::from).collect() }
    }
}

impl From<StepReport<'_>> for Check {
    fn from(report: StepReport<'_>) -> Self {
        Self {
            step: report.step,
            outcome: report.outcome,
            warning: report.warning,
            got: report.got.map(str::to_owned),
            want: report.want.map(str::to_owned),
        }
    }
}
