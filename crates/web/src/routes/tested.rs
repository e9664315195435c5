//! The report of a test: every step, what the mapping makes of the claims, and the claims themselves (XC-17).

use axum::response::Response;
use vestibule_domain::attempt::{Asserted, StoredAttribute};
use vestibule_domain::mapping::Mapped;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::user::Profile;
use vestibule_journeys::report::KeptStep;
use vestibule_journeys::sign_in::TestReport;
use vestibule_journeys::trust::own_address;
use vestibule_journeys::{Why, Words};
use vestibule_saml::sp::{Outcome, Reason, Step, entra};

use crate::extract::Caller;
use crate::pages::{
    AadStsBlock, ClaimRow, Details, ProfileRow, ReportPage, ReportPurpose, State, StepBehind, StepRow, StepTitle,
};

/// The page of a test that has ended.
pub(crate) fn page(caller: &Caller, report: TestReport) -> Response {
    let trust = &report.trust;
    let refusal = report.refusal.as_deref().and_then(|code| Reason::ALL.iter().find(|reason| reason.code() == code));
    let refused = report.steps.iter().find(|(_, kept)| kept.outcome == Outcome::Refused.name()).map(|(_, kept)| kept);
    let mut steps: Vec<StepRow> = report.steps.iter().map(|(step, kept)| row(*step, kept)).collect();
    steps.extend(behind(&report));
    let page = ReportPage {
        purpose: ReportPurpose::Test,
        connection: trust.connection.name.to_string(),
        at: caller.ctx.now,
        code: None,
        again: Some(own_address(&trust.origin, trust.connection.id, "test")),
        refusal: refusal.map(|reason| of_answer(*reason, refused)).or_else(|| of_person(&report)),
        aadsts: refused.and_then(|kept| kept.got.as_deref()).and_then(entra::aadsts).map(AadStsBlock::of),
        steps,
        profile: report.mapped.and_then(Result::ok).map(|mapped| profile(&mapped.profile)).unwrap_or_default(),
        claims: report.asserted.as_ref().map(claims).unwrap_or_default(),
    };
    caller.page(Some(&trust.account.name), &page)
}

/// What is to mend where the answer is refused.
fn of_answer(reason: Reason, refused: Option<&KeptStep>) -> Details {
    let (got, want) = refused.map(|kept| (kept.got.clone(), kept.want.clone())).unwrap_or_default();
    Words::of_reason(reason, got, want).into()
}

/// What is to mend where the answer holds and the person would be turned away.
fn of_person(report: &TestReport) -> Option<Details> {
    let why = match &report.mapped {
        Some(Err(why)) => why,
        _ => report.turned_away.as_ref()?,
    };
    Some(why.words().into())
}

fn row(step: Step, kept: &KeptStep) -> StepRow {
    let state = match (kept.outcome.as_str(), &kept.warning) {
        ("ok", None) => State::Ok,
        ("ok", Some(_)) => State::Attention,
        ("refused", _) => State::Refused,
        _ => State::NotReached,
    };
    StepRow {
        state,
        title: StepTitle::Answer(step),
        spec: Some(step.spec()),
        warning: kept.warning.clone(),
        got: kept.got.clone(),
        want: kept.want.clone().filter(|want| Some(want) != kept.got.as_ref()),
        who: None,
        fix: None,
    }
}

/// The steps behind the answer, in the order in which they are made.
fn behind(report: &TestReport) -> Vec<StepRow> {
    let steps = [StepBehind::RequiredClaims, StepBehind::Subject, StepBehind::Mapping, StepBehind::Admission];
    let mut rows: Vec<StepRow> = steps.into_iter().map(|step| StepRow::behind(step, State::NotReached)).collect();
    let why = match &report.mapped {
        None => return rows,
        Some(Err(why)) => Some(why),
        Some(Ok(_)) => report.turned_away.as_ref(),
    };
    let fails_at = why.map_or(steps.len(), |why| match why {
        Why::MissingClaim(_) => 0,
        Why::Subject(_) => 1,
        Why::Mapping(_) => 2,
        Why::NotAdmitted(_) => 3,
    });
    for (place, row) in rows.iter_mut().enumerate().take(fails_at + 1) {
        row.state = if place == fails_at { State::Refused } else { State::Ok };
    }
    if let Some((row, why)) = rows.get_mut(fails_at).zip(why) {
        row.warning = Some(why.to_string());
    }
    if let Some((mapped, row)) = report.mapped.as_ref().and_then(|mapped| mapped.as_ref().ok()).zip(rows.get_mut(2))
        && let Some(notes) = notes(mapped)
    {
        row.state = State::Attention;
        row.warning = Some(notes);
    }
    rows
}

fn notes(mapped: &Mapped) -> Option<String> {
    let notes: Vec<String> = mapped.notes.iter().map(ToString::to_string).collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}

fn profile(profile: &Profile) -> Vec<ProfileRow> {
    properties(profile)
        .into_iter()
        .map(|(property, value)| ProfileRow { property, value, from: String::new(), problem: None })
        .collect()
}

/// What is known of a person, property by property; what is not known is there without a value.
pub(crate) fn properties(profile: &Profile) -> Vec<(String, Option<String>)> {
    let one = |name: &str, value: Option<&str>| (name.to_owned(), value.map(str::to_owned));
    let many = |name: &str, values: &[String]| (name.to_owned(), (!values.is_empty()).then(|| values.join(", ")));
    let mut rows = vec![
        one("name", profile.name.as_deref()),
        one("email", profile.email.as_ref().map(EmailAddress::as_str)),
        one("display_name", profile.display_name.as_deref()),
        one("given_name", profile.given_name.as_deref()),
        one("family_name", profile.family_name.as_deref()),
        many("roles", &profile.roles),
        many("groups", &profile.groups),
    ];
    rows.extend(profile.more.iter().map(|(name, values)| many(name, values)));
    rows
}

fn claims(asserted: &Asserted) -> Vec<ClaimRow> {
    let name_id = ClaimRow { name: "NameID".to_owned(), values: vec![asserted.name_id.value.clone()] };
    let claim = |attribute: &StoredAttribute| ClaimRow {
        name: attribute.name.clone(),
        values: attribute.values.iter().flatten().cloned().collect(),
    };
    std::iter::once(name_id).chain(asserted.attributes.iter().map(claim)).collect()
}
