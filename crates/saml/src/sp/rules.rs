//! The rules of SAML Core and of the Web Browser SSO profile, one function a step.

use std::borrow::Cow;

use jiff::Timestamp;
use vestibule_xmlsec::Element;

use super::assertion::{Assertion, AuthnStatement, Conditions, Window};
use super::report::{Fact, Steps};
use super::response::Response;
use super::{Expectation, Reason, Refusal, Replay, Step, entra};
use crate::read::Issuer;
use crate::time::{self, Skew};
use crate::types::{Attributes, AuthnContextClassRef, StatusCode, ns};

/// Exactly `Success` at the top. What Entra writes on failure is explained by its number.
pub(super) fn status(header: &Response<'_>, steps: &mut Steps) -> Result<(), Refusal> {
    let status = &header.status;
    if status.is_success() && status.sub_codes.is_empty() {
        steps.pass(Step::Status, "Success", "Success");
        return Ok(());
    }
    let mut got =
        std::iter::once(&status.code).chain(&status.sub_codes).map(StatusCode::as_str).collect::<Vec<_>>().join(" / ");
    if let Some(message) = status.message.as_deref() {
        got.push_str(": ");
        got.extend(message.trim().chars().take(1000));
        if let Some(found) = entra::aadsts(message) {
            let meaning = found.meaning.unwrap_or("see https://login.microsoftonline.com/error");
            got = format!("{got} (AADSTS{}: {meaning})", found.number);
        }
    }
    Err(steps.refuse(Step::Status, Reason::StatusNotSuccess, &got, "Success"))
}

/// May be absent unless the response is signed (Bindings §3.5.5.2).
pub(super) fn destination(
    header: &Response<'_>,
    is_signed: bool,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    let want = expect.acs_url.as_str();
    match header.destination {
        Some(got) => steps.equal(Step::Destination, Reason::DestinationMismatch, got, want),
        None if is_signed => Err(steps.refuse(Step::Destination, Reason::DestinationMissing, Fact::Nothing, want)),
        None => {
            steps.pass(Step::Destination, "absent", want);
            Ok(())
        }
    }
}

/// May be absent unless the response is signed or the assertion encrypted (Profiles §4.1.4.2).
pub(super) fn response_issuer(
    header: &Response<'_>,
    is_signed: bool,
    received: Option<Element<'_>>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    let is_encrypted = received.is_some_and(|assertion| assertion.is(ns::ASSERTION, "EncryptedAssertion"));
    match &header.issuer {
        Some(issuer) => same_issuer(Step::ResponseIssuer, issuer, expect, steps),
        None if is_signed || is_encrypted => {
            let want = expect.idp.entity_id().as_str();
            Err(steps.refuse(Step::ResponseIssuer, Reason::IssuerMissing, Fact::Nothing, want))
        }
        None => {
            steps.pass(Step::ResponseIssuer, "absent", expect.idp.entity_id().as_str());
            Ok(())
        }
    }
}

pub(super) fn assertion_issuer(
    assertion: &Assertion<'_>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    same_issuer(Step::AssertionIssuer, &assertion.issuer, expect, steps)
}

/// The same string, character by character, and an entity's name (A15.5).
fn same_issuer(step: Step, issuer: &Issuer<'_>, expect: &Expectation<'_>, steps: &mut Steps) -> Result<(), Refusal> {
    let want = expect.idp.entity_id().as_str();
    if !issuer.is_entity() {
        let got = format_args!("{}, which is not an entity", issuer.name);
        return Err(steps.refuse(step, Reason::IssuerMismatch, got, want));
    }
    steps.equal(step, Reason::IssuerMismatch, issuer.name, want)
}

pub(super) fn issue_instant(
    response: Timestamp,
    assertion: &Assertion<'_>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    let latest = response.max(assertion.issue_instant);
    if expect.clock_skew.is_future(latest, expect.now) {
        return Err(steps.refuse(Step::IssueInstant, Reason::IssuedInFuture, latest, expect.now));
    }
    steps.pass(Step::IssueInstant, latest, expect.now);
    Ok(())
}

/// Conditions are there, each is known, and their window holds now.
pub(super) fn conditions<'e, 'a>(
    assertion: &'e Assertion<'a>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<&'e Conditions<'a>, Refusal> {
    let Some(conditions) = &assertion.conditions else {
        return Err(steps.refuse(Step::Conditions, Reason::NoConditions, Fact::Nothing, "Conditions"));
    };
    if let Some(unknown) = conditions.unknown {
        return Err(steps.refuse(Step::Conditions, Reason::UnknownCondition, unknown, Fact::Nothing));
    }
    let (got, want) = (conditions.window, expect.now);
    let reasons = [Reason::EmptyValidity, Reason::NotYetValid, Reason::Expired];
    if let Some(reason) = conditions.window.judge(expect.now, expect.clock_skew, reasons) {
        return Err(steps.refuse(Step::Conditions, reason, got, want));
    }
    steps.pass(Step::Conditions, got, want);
    Ok(conditions)
}

impl Window {
    /// Which of `[empty, too early, too late]` applies, if any. The end is exclusive, and the skew
    /// widens both ends (Core §2.5.1.2).
    pub(super) fn judge(self, now: Timestamp, skew: Skew, reasons: [Reason; 3]) -> Option<Reason> {
        let [empty, too_early, too_late] = reasons;
        if let (Some(begin), Some(end)) = (self.not_before, self.not_on_or_after)
            && begin >= end
        {
            return Some(empty);
        }
        if self.not_before.is_some_and(|begin| now < skew.opens(begin)) {
            return Some(too_early);
        }
        self.not_on_or_after.is_some_and(|end| now >= skew.closes(end)).then_some(too_late)
    }
}

impl Window {
    /// Appends both ends, for a report.
    pub(super) fn write(self, text: &mut String) {
        for (end, separator) in [(self.not_before, " to "), (self.not_on_or_after, "")] {
            match end {
                Some(end) => time::write(text, end),
                None => text.push_str("any time"),
            }
            text.push_str(separator);
        }
    }
}

/// At least one restriction, and every one names us (Core §2.5.1.4, A15.1–2).
pub(super) fn audience(
    conditions: &Conditions<'_>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    let us = &expect.sp.entity_id;
    let is_us = |audience: &str| {
        // Entra writes `spn:` before an identifier that is not a URI (E-14).
        audience == us.as_str()
            || (!us.is_absolute_uri() && audience.strip_prefix("spn:").is_some_and(|id| id == us.as_str()))
    };
    let want = us.as_str();
    let Some(first) = conditions.audiences.first() else {
        return Err(steps.refuse(Step::Audience, Reason::NoAudience, Fact::Nothing, want));
    };
    let failed = conditions.audiences.iter().find(|restriction| !restriction.iter().any(|audience| is_us(audience)));
    match failed {
        Some(restriction) if restriction.is_empty() => {
            Err(steps.refuse(Step::Audience, Reason::NoAudience, Fact::Nothing, want))
        }
        Some(restriction) => Err(steps.refuse(Step::Audience, Reason::AudienceMismatch, &*listed(restriction), want)),
        None => {
            steps.pass(Step::Audience, &*listed(first), want);
            Ok(())
        }
    }
}

/// Several values as one text for a report; nearly always there is one.
fn listed<'a>(values: &[&'a str]) -> Cow<'a, str> {
    match values {
        [one] => Cow::Borrowed(one),
        several => Cow::Owned(several.join(", ")),
    }
}

/// At least one statement; none from the future, no session over.
pub(super) fn authentication(
    assertion: &Assertion<'_>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    let statements = &assertion.authn_statements;
    let Some(first) = statements.first() else {
        return Err(steps.refuse(Step::Authentication, Reason::NoAuthnStatement, Fact::Nothing, "AuthnStatement"));
    };
    let (skew, now) = (expect.clock_skew, expect.now);
    for statement in statements {
        if skew.is_future(statement.authn_instant, now) {
            let got = statement.authn_instant;
            return Err(steps.refuse(Step::Authentication, Reason::AuthenticatedInFuture, got, now));
        }
        if let Some(end) = statement.session_not_on_or_after
            && now >= skew.closes(end)
        {
            let got = format!("session until {}", time::format(end));
            return Err(steps.refuse(Step::Authentication, Reason::SessionEnded, &got, now));
        }
    }
    steps.pass(Step::Authentication, first.authn_instant, now);
    Ok(())
}

/// Where the connection bounds the age: of several statements the oldest counts.
pub(super) fn authentication_age(
    assertion: &Assertion<'_>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<(), Refusal> {
    let oldest = assertion.authn_statements.iter().map(|statement| statement.authn_instant).min();
    let (Some(max_age), Some(oldest)) = (expect.max_age, oldest) else {
        steps.pass(Step::AuthenticationAge, Fact::Nothing, "any age");
        return Ok(());
    };
    // Beyond all time there is no limit; before all time, which no bound means, nothing is young enough.
    let beyond = if max_age.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    let limit = oldest.checked_add(max_age).map_or(beyond, |end| expect.clock_skew.closes(end));
    let want = format!("at most {} s before {}", max_age.as_secs(), time::format(expect.now));
    if expect.now >= limit {
        return Err(steps.refuse(Step::AuthenticationAge, Reason::AuthenticationTooOld, oldest, &want));
    }
    steps.pass(Step::AuthenticationAge, oldest, &want);
    Ok(())
}

/// The statement that counts: the first, or, where ways of authentication were asked for, the first
/// that names one of them.
pub(super) fn authn_context<'e, 'a>(
    assertion: &'e Assertion<'a>,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<&'e AuthnStatement<'a>, Refusal> {
    let statements = &assertion.authn_statements;
    let wanted: Vec<&str> = expect.authn_context.iter().map(AuthnContextClassRef::as_str).collect();
    let found = statements
        .iter()
        .find(|statement| wanted.is_empty() || statement.class_ref.is_some_and(|class| wanted.contains(&class)));
    let want = if wanted.is_empty() { Cow::Borrowed("any") } else { Cow::Owned(wanted.join(" or ")) };
    let Some(statement) = found else {
        let got = statements.iter().find_map(|statement| statement.class_ref);
        return Err(steps.refuse(Step::AuthnContext, Reason::AuthnContextMismatch, got, &*want));
    };
    steps.pass(Step::AuthnContext, statement.class_ref, &*want);
    Ok(statement)
}

/// For issuers of Entra's shape, `tenantid` must be the tenant in the issuer (A20.4). An absent
/// claim is told but not refused: a claims policy may leave Entra's basic claims out.
pub(super) fn tenant(attributes: &Attributes, expect: &Expectation<'_>, steps: &mut Steps) -> Result<(), Refusal> {
    let Some(tenant) = entra::tenant_of_issuer(expect.idp.entity_id().as_str()) else {
        steps.pass(Step::Tenant, "not Entra", Fact::Nothing);
        return Ok(());
    };
    let Some(claim) = attributes.named(entra::TENANT_CLAIM) else {
        let warning = "the tenantid claim is absent; only the issuer tells the tenant";
        steps.warn(Step::Tenant, warning, Fact::Nothing);
        return Ok(());
    };
    let mut values = claim.values.iter().map(|value| value.as_text());
    let said: Vec<&str> = claim.texts().collect();
    let got = listed(&said);
    let is_tenant = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case(tenant));
    if values.len() != 1 || !values.all(is_tenant) {
        return Err(steps.refuse(Step::Tenant, Reason::TenantMismatch, &*got, tenant));
    }
    steps.pass(Step::Tenant, &*got, tenant);
    Ok(())
}

/// What must be remembered so that the assertion serves once, and until when it could serve again.
pub(super) fn replay(
    assertion: &Assertion<'_>,
    conditions: &Conditions<'_>,
    confirmed_until: Timestamp,
    expect: &Expectation<'_>,
    steps: &mut Steps,
) -> Result<Replay, Refusal> {
    if expect.used_assertions.iter().any(|used| used == assertion.id) {
        return Err(steps.refuse(Step::Replay, Reason::Replayed, assertion.id, "an unused assertion"));
    }
    steps.pass(Step::Replay, assertion.id, Fact::Nothing);
    // The confirmation has an end, and the assertion is refused once either has passed.
    let end = conditions.window.not_on_or_after.map_or(confirmed_until, |end| end.min(confirmed_until));
    // The largest skew there is: a connection's may be raised while the assertion is remembered.
    Ok(Replay {
        assertion_id: assertion.id.to_owned(),
        issued_at: assertion.issue_instant,
        remember_until: Skew::MAX.closes(end),
    })
}
