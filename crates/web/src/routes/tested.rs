//! The report of a test: every step, what the mapping makes of the claims, and the claims themselves (XC-17).

use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;
use vestibule_domain::account::Details as ShowDetails;
use vestibule_domain::admission::NotAdmitted;
use vestibule_domain::attempt::{Asserted, StoredAttribute};
use vestibule_domain::connection::ConnectionState;
use vestibule_domain::mapping::Mapped;
use vestibule_domain::name::EmailAddress;
use vestibule_domain::setup::is_draft;
use vestibule_domain::user::Profile;
use vestibule_journeys::report::KeptStep;
use vestibule_journeys::sign_in::{Foreseen, TestReport};
use vestibule_journeys::trust::own_address;
use vestibule_journeys::{Why, Words};
use vestibule_saml::sp::{Outcome, Reason, Step, entra};

use super::shown;
use crate::extract::Caller;
use crate::pages::{
    AadStsBlock, ClaimRow, Details, NotLetIn, ProfileRow, ReportPage, ReportPurpose, State, StepBehind, StepRow,
    StepTitle, Verdict,
};

/// The page of a test that has ended. Where the connection is in use and its account hides details, it says what the
/// page of a refused sign-in says, and no more: whether it works, and whom to tell which code.
pub(crate) fn page(caller: &Caller, report: TestReport) -> Response {
    let way = &report.way;
    let account = Arc::clone(&way.account);
    let hidden = way.account.settings.show_details == ShowDetails::Hidden;
    if let Some(code) = &report.code {
        tracing::info!(code = code.as_str(), connection = %way.connection.id, "a test did not hold");
    }
    let again = Some(own_address(&way.origin, way.connection.id, "test"));
    let brief = ReportPage { again, ..brief(&report, caller.ctx.now) };
    let in_use = way.connection.state == ConnectionState::Active;
    let page = if in_use && hidden { brief } else { in_full(report, brief) };
    caller.page(Some(&account), &page)
}

/// The report on a page that holds more than it: in full, for it is of a draft.
pub(super) fn within_another(report: TestReport, at: Timestamp) -> ReportPage {
    let brief = brief(&report, at);
    in_full(report, brief)
}

/// Whether it works, and whom to tell which code.
fn brief(report: &TestReport, at: Timestamp) -> ReportPage {
    let way = &report.way;
    let refused = report.steps.iter().find(|(_, kept)| kept.outcome == Outcome::Refused.name()).map(|(_, kept)| kept);
    ReportPage {
        purpose: ReportPurpose::Test,
        connection: way.connection.name.to_string(),
        at,
        verdict: if report.passed() { Verdict::Works } else { Verdict::Fails },
        not_let_in: report.not_admitted().map(|_| NotLetIn::Untold),
        code: report.code.as_ref().map(|code| code.as_str().to_owned()),
        contact: shown::contact(&way.account),
        again: None,
        is_draft: is_draft(way.connection.state),
        refusal: None,
        aadsts: refused.and_then(|kept| kept.got.as_deref()).and_then(entra::aadsts).map(AadStsBlock::of),
        steps: Vec::new(),
        profile: Vec::new(),
        claims: Vec::new(),
    }
}

fn in_full(report: TestReport, brief: ReportPage) -> ReportPage {
    let refusal = report.refusal.as_deref().and_then(|code| Reason::ALL.iter().find(|reason| reason.code() == code));
    let refused = report.steps.iter().find(|(_, kept)| kept.outcome == Outcome::Refused.name()).map(|(_, kept)| kept);
    let mut steps: Vec<StepRow> = report.steps.iter().map(|(step, kept)| row(*step, kept)).collect();
    steps.extend(behind(&report));
    let is_noted = steps.iter().any(|step| step.state == State::Attention);
    steps.push(match &report.foreseen {
        None => StepRow::behind(StepBehind::Admission, State::NotReached),
        Some(Foreseen::In) => StepRow::behind(StepBehind::Admission, State::Ok),
        Some(Foreseen::Waits) => StepRow::behind(StepBehind::WaitingRoom, State::Ok),
        Some(Foreseen::Chooses) => StepRow::behind(StepBehind::Chooser, State::Ok),
        Some(Foreseen::TurnedAway(_)) => StepRow::behind(StepBehind::Admission, State::Attention),
    });
    ReportPage {
        verdict: if report.passed() && is_noted { Verdict::WorksWithNotes } else { brief.verdict },
        not_let_in: report.not_admitted().map(not_let_in),
        refusal: match &report.mapped {
            Some(Err(why)) => Some(why.words().into()),
            _ => refusal.map(|reason| of_answer(*reason, refused)),
        },
        steps,
        profile: report.mapped.and_then(Result::ok).map(|mapped| profile(&mapped.profile)).unwrap_or_default(),
        claims: report.asserted.as_ref().map(claims).unwrap_or_default(),
        ..brief
    }
}

/// What concerns the tester alone is told. Whether an address belongs to somebody else, to several, to somebody with a
/// role or to somebody suspended is not, for anybody may open the address of a test.
fn not_let_in(why: &NotAdmitted) -> NotLetIn {
    match why {
        NotAdmitted::NotInvited => NotLetIn::NotInvited,
        NotAdmitted::EmailDomainNotProved { domain } => NotLetIn::DomainNotProved(domain.clone()),
        NotAdmitted::WaitingRoomFull { .. }
        | NotAdmitted::Suspended
        | NotAdmitted::PasswordOnly
        | NotAdmitted::EmailTaken
        | NotAdmitted::EmailAmbiguous { .. }
        | NotAdmitted::ConsoleRole
        | NotAdmitted::OtherAccount => NotLetIn::Untold,
    }
}

/// What is to mend where the answer is refused.
fn of_answer(reason: Reason, refused: Option<&KeptStep>) -> Details {
    let (got, want) = refused.map(|kept| (kept.got.clone(), kept.want.clone())).unwrap_or_default();
    Words::of_reason(reason, got, want).into()
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

/// The steps between the answer and a profile, in the order in which they are made.
fn behind(report: &TestReport) -> Vec<StepRow> {
    let steps = [StepBehind::RequiredClaims, StepBehind::Subject, StepBehind::Mapping];
    let mut rows: Vec<StepRow> = steps.into_iter().map(|step| StepRow::behind(step, State::NotReached)).collect();
    let Some(mapped) = &report.mapped else { return rows };
    let fails_at = match mapped {
        Err(Why::MissingClaim(_)) => 0,
        Err(Why::Subject(_)) => 1,
        Err(Why::Mapping(_) | Why::NotAdmitted(_)) => 2,
        Ok(_) => steps.len(),
    };
    for (place, row) in rows.iter_mut().enumerate().take(fails_at + 1) {
        row.state = if place == fails_at { State::Refused } else { State::Ok };
    }
    let (noted, warning) = match mapped {
        Err(why) => (fails_at, Some(why.to_string())),
        Ok(mapped) => (2, notes(mapped)),
    };
    if let Some((row, warning)) = rows.get_mut(noted).zip(warning) {
        row.state = row.state.max(State::Attention);
        row.warning = Some(warning);
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
