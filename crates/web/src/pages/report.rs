//! What became of a test, or of a refused answer, step by step (XC-17).

use std::borrow::Cow;

use askama::Template;
use jiff::Timestamp;
use vestibule_saml::sp::{Outcome, Party, Report, Step, StepReport};

use super::aadsts::AadStsBlock;
use super::problem::{Contact, Details};
use crate::language::Text;
use crate::page::{Frame, Inner, Page, Time, put};

/// Shows every step with both sides of its comparison, then the person as mapped and the claims as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPage {
    /// What it is about.
    pub purpose: ReportPurpose,
    /// The connection's name.
    pub connection: String,
    /// When the answer came.
    pub at: Timestamp,
    /// The sentence above all.
    pub verdict: Verdict,
    /// Why the person of a test would not be let in, as far as the page may tell.
    pub not_let_in: Option<NotLetIn>,
    /// The short code of what did not hold.
    pub code: Option<String>,
    /// Who helps the account's people; named beside the code of a page without steps.
    pub contact: Option<Contact>,
    /// Where a test begins again.
    pub again: Option<String>,
    /// Whether its connection is being set up.
    pub is_draft: bool,
    /// Why it was refused, told before the list.
    pub refusal: Option<Details>,
    /// The number that Entra gave, explained.
    pub aadsts: Option<AadStsBlock>,
    /// The steps: those of the answer, and what follows them. Empty where the account hides details: then the page says
    /// whether it works, and whom to tell the code.
    pub steps: Vec<StepRow>,
    /// The person, as mapped.
    pub profile: Vec<ProfileRow>,
    /// The claims, as received.
    pub claims: Vec<ClaimRow>,
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportPurpose {
    /// A test, which signs nobody in.
    Test,
    /// A refused sign-in.
    Refusal,
}

/// What a report says above all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything holds.
    Works,
    /// Everything holds, and somebody should look at a step.
    WorksWithNotes,
    /// Something does not hold.
    Fails,
}

/// Why a person would not be let in through a connection that works. What concerns other people is never told here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLetIn {
    /// Nobody has invited them.
    NotInvited,
    /// Their address is of this domain, which is not proved for the account.
    DomainNotProved(String),
    /// It is in the audit log.
    Untold,
}

/// A step and what became of it.
#[derive(Clone, PartialEq, Eq)]
pub struct StepRow {
    /// What became of it.
    pub state: State,
    /// What it makes sure of.
    pub title: StepTitle,
    /// The specification's section.
    pub spec: Option<&'static str>,
    /// What deserves attention; in English.
    pub warning: Option<String>,
    /// What was said.
    pub got: Option<String>,
    /// What was wanted.
    pub want: Option<String>,
    /// Who can mend it.
    pub who: Option<Party>,
    /// What to change, and where; in English.
    pub fix: Option<String>,
}

/// What a step makes sure of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepTitle {
    /// A check of the answer; its title stands under `step-<name>`.
    Answer(Step),
    /// A step behind it; the key of its title, such as `step-mapping`.
    Behind(StepBehind),
}

/// What follows an accepted answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepBehind {
    /// The claims that the account demands are there.
    RequiredClaims,
    /// The person can be told apart for ever.
    Subject,
    /// The claims become a profile.
    Mapping,
    /// The person would be let in.
    Admission,
    /// The person would wait until somebody lets them in: so the account wants it.
    WaitingRoom,
    /// The person would choose which of several users they are.
    Chooser,
}

/// What became of a step: never a colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It holds.
    Ok,
    /// It holds, and somebody should look at it.
    Attention,
    /// It does not hold.
    Refused,
    /// An earlier one does not.
    NotReached,
}

/// A property of the person.
#[derive(Clone, PartialEq, Eq)]
pub struct ProfileRow {
    /// Its name.
    pub property: String,
    /// Its value; none: nothing was found.
    pub value: Option<String>,
    /// Where the value is from: a claim's name, or how it was made. Empty where that is not told.
    pub from: String,
    /// What is wrong with it; in English.
    pub problem: Option<String>,
}

/// A claim as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimRow {
    /// `Name`.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
}

impl StepRow {
    /// The steps of an answer. What and who can mend a refused one is told by [`ReportPage::refusal`].
    pub fn of(report: &Report) -> Vec<Self> {
        report.steps().map(|step| Self::of_step(&step)).collect()
    }

    /// A step behind the answer.
    pub fn behind(step: StepBehind, state: State) -> Self {
        let title = StepTitle::Behind(step);
        Self { state, title, spec: None, warning: None, got: None, want: None, who: None, fix: None }
    }

    fn of_step(step: &StepReport<'_>) -> Self {
        let state = match (step.outcome, step.warning) {
            (Outcome::Ok, None) => State::Ok,
            (Outcome::Ok, Some(_)) => State::Attention,
            (Outcome::Refused, _) => State::Refused,
            (Outcome::NotReached, _) => State::NotReached,
        };
        Self {
            state,
            title: StepTitle::Answer(step.step),
            spec: Some(step.step.spec()),
            warning: step.warning.map(str::to_owned),
            got: step.got.map(str::to_owned),
            want: step.want.map(str::to_owned),
            who: None,
            fix: None,
        }
    }

    /// The value of a step that holds, where one is enough: what was said is what was wanted, or nothing was.
    fn agreed(&self) -> Option<&str> {
        let got = self.got.as_deref().filter(|_| matches!(self.state, State::Ok | State::Attention))?;
        self.want.as_deref().is_none_or(|want| want == got).then_some(got)
    }

    fn fixed_by(&self, frame: &Frame<'_>) -> Option<Text<'static>> {
        self.who.map(|who| super::party(frame, who))
    }

    fn title(&self, frame: &Frame<'_>) -> String {
        let key: Cow<'_, str> = match self.title {
            StepTitle::Answer(step) => Cow::Owned(format!("step-{}", step.name().replace('_', "-"))),
            StepTitle::Behind(StepBehind::RequiredClaims) => "step-required-claims".into(),
            StepTitle::Behind(StepBehind::Subject) => "step-lasting-name".into(),
            StepTitle::Behind(StepBehind::Mapping) => "step-mapping".into(),
            StepTitle::Behind(StepBehind::Admission) => "step-admission".into(),
            StepTitle::Behind(StepBehind::WaitingRoom) => "step-waiting-room".into(),
            StepTitle::Behind(StepBehind::Chooser) => "step-chooser".into(),
        };
        frame.say(&key).to_string()
    }
}

impl State {
    fn shape(self) -> &'static str {
        match self {
            Self::Ok => "●",
            Self::Attention => "▲",
            Self::Refused => "■",
            Self::NotReached => "○",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Attention => "attention",
            Self::Refused => "refused",
            Self::NotReached => "not-reached",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Ok => "state-ok",
            Self::Attention => "state-attention",
            Self::Refused => "state-refused",
            Self::NotReached => "state-not-reached",
        }
    }
}

impl ClaimRow {
    /// The last segment of the name, which is how people call a claim.
    fn short_name(&self) -> &str {
        self.name.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or(&self.name)
    }
}

impl ReportPage {
    pub(super) fn at(&self) -> Time {
        Time(self.at)
    }

    /// What it says above all.
    pub(super) fn verdict_text(&self, frame: &Frame<'_>) -> String {
        frame.say(self.verdict_key()).to_string()
    }

    /// Whether everything holds.
    pub(super) fn passed(&self) -> bool {
        self.verdict != Verdict::Fails
    }

    /// The shape that goes with what it says above all.
    pub(super) fn shape(&self) -> &'static str {
        match self.verdict {
            Verdict::Works => "●",
            Verdict::WorksWithNotes => "▲",
            Verdict::Fails => "■",
        }
    }

    /// The class that gives the shape its colour.
    pub(super) fn tone(&self) -> &'static str {
        match self.verdict {
            Verdict::Works => "good",
            Verdict::WorksWithNotes => "warn",
            Verdict::Fails => "error",
        }
    }

    /// What a test that passed found, in one sentence; none where it names nobody.
    pub(super) fn found(&self, frame: &Frame<'_>, idp: &str) -> Option<String> {
        let value = |name: &str| self.profile.iter().find(|row| row.property == name)?.value.as_deref();
        let claimed = || self.claims.first()?.values.first().map(String::as_str);
        let person = value("email").or_else(|| value("name")).or_else(claimed)?;
        let count = self.steps.len().to_string();
        let marked = self.steps.iter().filter(|step| step.state == State::Attention).count();
        Some(if marked == 0 {
            frame.say("set-up-test-found").with("person", person).with("idp", idp).with("count", &count).to_string()
        } else {
            let marked = marked.to_string();
            let text = frame.say("set-up-test-found-marked").with("person", person).with("count", &count);
            text.with("marked", &marked).to_string()
        })
    }

    /// How many of its steps hold.
    pub(super) fn held(&self, frame: &Frame<'_>) -> String {
        let held = self.steps.iter().filter(|step| matches!(step.state, State::Ok | State::Attention)).count();
        let (held, count) = (held.to_string(), self.steps.len().to_string());
        frame.say("set-up-checks").with("held", &held).with("count", &count).to_string()
    }

    /// Whether somebody should look at its steps.
    pub(super) fn wants_a_look(&self) -> bool {
        self.verdict != Verdict::Works
    }

    /// Who mends it. While a connection is being set up, that is whoever does it, before the operator.
    fn fixer(&self, details: &Details, frame: &Frame<'_>) -> Text<'static> {
        if self.is_draft && details.who == Party::Operator {
            frame.say("party-set-up")
        } else {
            details.fixed_by(frame)
        }
    }

    /// What is to be mended: for this page and for another that holds it.
    pub(super) fn mend<'a>(&'a self, frame: &'a Frame<'a>) -> Inner<impl Template + 'a> {
        Inner(Mend { page: self, frame })
    }

    /// Every step, the person and the claims: for this page and for another that holds it.
    pub(super) fn details<'a>(&'a self, frame: &'a Frame<'a>) -> Inner<impl Template + 'a> {
        Inner(AllSteps { page: self, frame })
    }

    /// Where whoever tests a connection that is being set up goes on. Which page a test was begun on is not known here.
    fn back(&self) -> Option<&'static str> {
        let is_test = self.is_draft && self.purpose == ReportPurpose::Test;
        is_test.then_some(if self.passed() { "set-up-go-back" } else { "set-up-go-back-refused" })
    }

    fn tells_origin(&self) -> bool {
        self.profile.iter().any(|row| !row.from.is_empty())
    }

    fn verdict_key(&self) -> &'static str {
        match self.verdict {
            Verdict::Works => "report-ok",
            Verdict::WorksWithNotes => "report-attention",
            Verdict::Fails => "report-refused",
        }
    }

    fn purpose_key(&self) -> &'static str {
        match self.purpose {
            ReportPurpose::Test => "report-test",
            ReportPurpose::Refusal => "report-refusal",
        }
    }
}

impl NotLetIn {
    fn text(&self, frame: &Frame<'_>) -> String {
        let account = frame.account();
        let (key, domain) = match self {
            Self::NotInvited => ("report-not-invited", ""),
            Self::DomainNotProved(domain) => ("report-domain-not-proved", domain.as_str()),
            Self::Untold => ("report-not-let-in-untold", ""),
        };
        frame.say(key).with("account", &account).with("domain", domain).to_string()
    }
}

impl std::fmt::Debug for StepRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {:?}", self.title, self.state)
    }
}

impl std::fmt::Debug for ProfileRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProfileRow({})", self.property)
    }
}

impl std::fmt::Debug for ClaimRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClaimRow({})", self.name)
    }
}

#[derive(Template)]
#[template(path = "report_mend.html")]
struct Mend<'a> {
    page: &'a ReportPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "report_details.html")]
struct AllSteps<'a> {
    page: &'a ReportPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Html<'a> {
    page: &'a ReportPage,
    frame: &'a Frame<'a>,
}

impl Page for ReportPage {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }
}
