//! The bearer confirmation: one of them must pass every check alone (A17, Profiles §4.1.4.2).

use jiff::Timestamp;

use super::assertion::SubjectConfirmation;
use super::report::{Fact, Steps};
use super::{Expectation, Expected, Reason, Refusal, Step};

/// `urn:oasis:names:tc:SAML:2.0:cm:bearer`, the only method that signs anyone in.
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Records the four steps of the confirmation that passes, else those of the bearer confirmation
/// that came furthest. Returns until when any of them may be used, which is not only the one that
/// passed: what is forgotten when that one ends could be brought again under another (A16.4).
pub(super) fn check(
    confirmations: &[SubjectConfirmation<'_>],
    response_in_response_to: Option<&str>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<Timestamp, Refusal> {
    let bearers = confirmations.iter().filter(|c| c.method == BEARER);
    let tried = bearers.map(|bearer| (bearer, judge(bearer, response_in_response_to, expect)));
    // The smallest is the one that passed (`None`), the next smallest failed at the latest step.
    let best = tried.min_by_key(|(_, failure)| failure.map(|(step, _)| std::cmp::Reverse(step)));
    let Some((bearer, failure)) = best else {
        let got = confirmations.first().map_or("none", |confirmation| confirmation.method);
        return Err(steps.refuse(Step::BearerConfirmation, Reason::NoBearerConfirmation, got, BEARER));
    };
    steps.pass(Step::BearerConfirmation, BEARER, BEARER);
    let mut record = |step, got: Fact<'_>, want: Fact<'_>| {
        if let Some((failed, reason)) = failure
            && failed == step
        {
            return Err(steps.refuse(step, reason, got, want));
        }
        steps.pass(step, got, want);
        Ok(())
    };
    record(Step::Recipient, bearer.recipient.into(), expect.acs_url.as_str().into())?;
    record(Step::ConfirmationTime, bearer.window.into(), expect.now.into())?;
    let said = match (bearer.in_response_to, response_in_response_to) {
        (Some(signed), Some(unsigned)) if signed != unsigned => {
            Some(format!("{signed}, but the response says {unsigned}"))
        }
        (None, Some(unsigned)) => Some(format!("{unsigned}, in the response only")),
        _ => None,
    };
    record(Step::InResponseTo, said.as_deref().or(bearer.in_response_to).into(), wanted(expect).into())?;
    let ends = confirmations.iter().filter(|c| c.method == BEARER).filter_map(|c| c.window.not_on_or_after);
    // `confirmation_time` refuses a confirmation without an end, so that there is one.
    Ok(ends.max().unwrap_or(expect.now))
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
        .or_else(|| in_response_to(bearer, response_in_response_to, expect).map(|reason| (Step::InResponseTo, reason)))
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

/// What the answer should say it answers, for the report.
fn wanted<'a>(expect: &'a Expectation<'_>) -> &'a str {
    match &expect.request {
        Expected::AnswerTo(request) => request.as_str(),
        Expected::Unsolicited => "no InResponseTo",
        Expected::Nothing => "an answer to a pending request",
    }
}
