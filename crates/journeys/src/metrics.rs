//! How many sign-ins end how, and how long they take from the first request to the session.

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
    /// A test ended with its report.
    Tested,
}

/// Counts an end. The reasons are few and fixed, so they may be labels.
pub(crate) fn record(outcome: &Outcome) {
    let (outcome, reason) = match *outcome {
        Outcome::SignedIn => ("signed_in", ""),
        Outcome::Refused(reason) => ("refused", reason),
        Outcome::TurnedAway(reason) => ("turned_away", reason),
        Outcome::Tested => ("tested", ""),
    };
    metrics::counter!("vestibule_sign_ins_total", "outcome" => outcome, "reason" => reason).increment(1);
}

/// Notes how long a sign-in took, the time at the identity provider included.
pub(crate) fn took(since: Timestamp, until: Timestamp) {
    metrics::histogram!("vestibule_sign_in_seconds").record(until.duration_since(since).as_secs_f64());
}
