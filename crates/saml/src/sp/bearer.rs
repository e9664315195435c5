//! The bearer confirmation: one of them must pass every check alone (A17, Profiles §4.1.4.2).

use jiff::Timestamp;

use super::assertion::SubjectConfirmation;
use super::report::{Steps, fixed, owned};
use super::{Expectation, Expected, Reason, Refusal, Step};
use crate::time;
use crate::types::ConfirmationMethod;

/// Records the four steps of the confirmation that passes, else those of the bearer confirmation
/// that came furthest. Returns until when the confirmation may be used.
pub(super) fn check(
    confirmations: &[SubjectConfirmation<'_>],
    response_in_response_to: Option<&str>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<Timestamp, Refusal> {
    let bearers = confirmations.iter().filter(|c| c.method == ConfirmationMethod::BEARER.as_str());
    let tried = bearers.map(|bearer| (bearer, judge(bearer, response_in_response_to, expect)));
    // The smallest is the one that passed (`None`), the next smallest failed at the latest step.
    let best = tried.min_by_key(|(_, failure)| failure.map(|(step, _)| std::cmp::Reverse(step)));
    let Some((bearer, failure)) = best else {
        let got = confirmations.first().map_or("none".to_owned(), |c| c.method.to_owned());
        let want = fixed("urn:oasis:names:tc:SAML:2.0:cm:bearer");
        return Err(steps.refuse(Step::BearerConfirmation, Reason::NoBearerConfirmation, owned(&got), want));
    };
    steps.pass(Step::BearerConfirmation, fixed("urn:oasis:names:tc:SAML:2.0:cm:bearer"), None);
    for step in [Step::Recipient, Step::ConfirmationTime, Step::InResponseTo] {
        let (got, want) = compared(step, bearer, response_in_response_to, expect);
        match failure {
            Some((failed, reason)) if failed == step => {
                return Err(steps.refuse(step, reason, got.map(Into::into), want.map(Into::into)));
            }
            _ => steps.pass(step, got.map(Into::into), want.map(Into::into)),
        }
    }
    // `confirmation_time` refuses a confirmation without an end.
    Ok(bearer.window.not_on_or_after.unwrap_or(expect.now))
}

/// The first step that does not hold for one confirmation, taken alone.
fn judge(
    bearer: &SubjectConfirmation<'_>,
    response_in_response_to: Option<&str>,
    expect: &Expectation<'_>,
) -> Option<(Step, Reason)> {
    recipient(bearer, expect)
        .map(|reason| (Step::Recipient, reason))
        .or_else(|| confirmation_time(bearer, expect).map(|reason| (Step::ConfirmationTime, reason)))
        .or_else(|| {
            in_response_to(bearer, response_in_response_to, expect).map(|reason| (Step::InResponseTo, reason))
        })
}

fn recipient(bearer: &SubjectConfirmation<'_>, expect: &Expectation<'_>) -> Option<Reason> {
    match bearer.recipient {
        None => Some(Reason::RecipientMissing),
        Some(recipient) if recipient != expect.acs_url.as_str() => Some(Reason::RecipientMismatch),
        Some(_) => None,
    }
}

fn confirmation_time(bearer: &SubjectConfirmation<'_>, expect: &Expectation<'_>) -> Option<Reason> {
    let window = bearer.window;
    if window.not_on_or_after.is_none() {
        return Some(Reason::ConfirmationNoEnd);
    }
    window.judge(
        expect.now,
        expect.clock_skew,
        [Reason::EmptyValidity, Reason::ConfirmationNotYetValid, Reason::ConfirmationExpired],
    )
}

/// The signed `InResponseTo` counts; the response's own must not contradict it (A16).
fn in_response_to(
    bearer: &SubjectConfirmation<'_>,
    response_in_response_to: Option<&str>,
    expect: &Expectation<'_>,
) -> Option<Reason> {
    let said = bearer.in_response_to.or(response_in_response_to);
    match &expect.request {
        Expected::AnswerTo(request) => match bearer.in_response_to {
            None => Some(Reason::InResponseToMissing),
            Some(signed) if signed != request.as_str() => Some(Reason::InResponseToMismatch),
            Some(signed) => response_in_response_to
                .is_some_and(|unsigned| unsigned != signed)
                .then_some(Reason::InResponseToMismatch),
        },
        Expected::Unsolicited if said.is_some() => Some(Reason::UnsolicitedWithInResponseTo),
        Expected::Unsolicited => None,
        Expected::Nothing => Some(Reason::Unsolicited),
    }
}

/// Both sides of a step's comparison, for the report.
fn compared(
    step: Step,
    bearer: &SubjectConfirmation<'_>,
    response_in_response_to: Option<&str>,
    expect: &Expectation<'_>,
) -> (Option<String>, Option<String>) {
    match step {
        Step::Recipient => (bearer.recipient.map(str::to_owned), Some(expect.acs_url.as_str().to_owned())),
        Step::ConfirmationTime => (Some(bearer.window.to_string()), Some(time::format(expect.now))),
        _ => {
            let said = match (bearer.in_response_to, response_in_response_to) {
                (Some(signed), Some(unsigned)) if signed != unsigned => {
                    Some(format!("{signed}, but the response says {unsigned}"))
                }
                (Some(signed), _) => Some(signed.to_owned()),
                (None, Some(unsigned)) => Some(format!("{unsigned}, in the response only")),
                (None, None) => None,
            };
            let want = match &expect.request {
                Expected::AnswerTo(request) => request.as_str().to_owned(),
                Expected::Unsolicited => "no InResponseTo".to_owned(),
                Expected::Nothing => "an answer to a pending request".to_owned(),
            };
            (said, Some(want))
        }
    }
}
