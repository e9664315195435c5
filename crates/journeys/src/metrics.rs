//! How many sign-ins end how, and how long they take from the first request to that end.

use jiff::Timestamp;

/// How a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With a session.
    SignedIn,
    /// The answer was refused, or nobody gets through; the reason's code.
    Refused(&'static str),
    /// The answer holds, and the person was not let in; the reason's code.
    TurnedAway(&'static str),
    /// The answer holds, and the person has to be let in by somebody.
    Waits,
    /// A test ended with its report.
    Tested,
}

impl Outcome {
    /// Two labels: how it ended, and the code of the reason.
    fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::SignedIn => ("signed_in", ""),
            Self::Refused(reason) => ("refused", reason),
            Self::TurnedAway(reason) => ("turned_away", reason),
            Self::Waits => ("waits", ""),
            Self::Tested => ("tested", ""),
        }
    }
}

/// Counts an end. The reasons are few and fixed, so they may be labels.
pub(crate) fn record(outcome: Outcome) {
    let (outcome, reason) = outcome.labels();
    metrics::counter!("vestibule_sign_ins_total", "outcome" => outcome, "reason" => reason).increment(1);
}

/// Counts the end of an attempt, and notes how long that took, the time at the identity provider included.
pub(crate) fn took(outcome: Outcome, since: Timestamp, until: Timestamp) {
    record(outcome);
    let (outcome, _) = outcome.labels();
    let seconds = until.duration_since(since).as_secs_f64();
    metrics::histogram!("vestibule_sign_in_seconds", "outcome" => outcome).record(seconds);
}

/// Counts a logout by single logout: `requested` by an identity provider, `asked` of one, or `refused`, and what became
/// of it.
pub(crate) fn logout(kind: &'static str, outcome: &'static str) {
    metrics::counter!("vestibule_logouts_total", "kind" => kind, "outcome" => outcome).increment(1);
}

/// Counts a turn of a background job.
pub(crate) fn job_turn(job: &'static str, outcome: &'static str) {
    metrics::counter!("vestibule_job_turns_total", "job" => job, "outcome" => outcome).increment(1);
}

/// Counts one thing that a background job did.
pub(crate) fn job_result(job: &'static str, result: &'static str) {
    metrics::counter!("vestibule_job_results_total", "job" => job, "result" => result).increment(1);
}
