//! One person who waits, and the forms by which somebody decides about them (SC-16).

use askama::Template;
use http::StatusCode;
use jiff::Timestamp;
use vestibule_domain::waiting::{ApplicantState, MAX_REASON};
use vestibule_journeys::waiting::{NotAsked, NotDecided};

use super::grants::{self, GivenFact, GrantChoices};
use super::waiting_list::state_label;
use crate::page::{Frame, Page, Time, put};
use crate::security::FormAction;

/// Shows somebody who waits, or about whom was decided. What is decided is posted with `version` to addresses below its
/// own: `approve` with roles and scopes, `merge` with a `user`, `refuse` with a `reason`.
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether one form is there")]
pub struct ApplicantPage {
    /// Their id.
    pub id: String,
    /// The version that is decided about.
    pub version: i64,
    /// What they are called by; may be empty.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
    /// The name that the application would know them by.
    pub user_name: Option<String>,
    /// The account's name.
    pub account_name: String,
    /// How far it is with them.
    pub state: ApplicantState,
    /// Whether somebody else asked for them.
    pub on_behalf: bool,
    /// Since when they wait.
    pub asked_at: Timestamp,
    /// When they are forgotten.
    pub expires_at: Timestamp,
    /// Who let them in first, or asked for them.
    pub first: Option<DecidedBy>,
    /// Who decided.
    pub last: Option<DecidedBy>,
    /// With whom they are one.
    pub merged_with: Option<String>,
    /// What they are given.
    pub given: Vec<GivenFact>,
    /// Why they are not let in.
    pub reason: Option<String>,
    /// Whether a mail about them could not be sent so far.
    pub unsent: bool,
    /// Whether they may be let in here.
    pub may_approve: bool,
    /// Whether somebody else decides after that.
    pub second_step_follows: bool,
    /// What may be given.
    pub choices: GrantChoices,
    /// Whether they may be merged with a user.
    pub may_merge: bool,
    /// Users with their address.
    pub namesakes: Vec<Namesake>,
    /// The address of a user that was typed.
    pub merge_email: String,
    /// Whether they may be refused.
    pub may_refuse: bool,
    /// The reason that was typed.
    pub typed_reason: String,
    /// What became of a decision that did not count.
    pub problem: Option<NotCounted>,
    /// The list.
    pub back: String,
}

/// Why a decision did not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCounted {
    /// Somebody else decided first, or what it was about has changed.
    Overtaken,
    /// They were asked for, and wait already.
    WaitsAlready,
    /// It cannot be so.
    Not(NotDecided),
}

/// Who decided, and when.
#[derive(Clone, PartialEq, Eq)]
pub struct DecidedBy {
    /// What they are called by.
    pub name: String,
    /// When.
    pub at: Timestamp,
}

/// A user with the applicant's address.
#[derive(Clone, PartialEq, Eq)]
pub struct Namesake {
    /// What they are called by.
    pub name: String,
    /// Their address, encoded for a query.
    pub query: String,
}

impl DecidedBy {
    fn at(&self) -> Time {
        Time(self.at)
    }
}

impl ApplicantPage {
    fn called(&self, frame: &Frame<'_>) -> String {
        if self.name.is_empty() { frame.say("waiting-no-name").to_string() } else { self.name.clone() }
    }

    fn state_label(&self) -> &'static str {
        state_label(self.state)
    }

    fn first_label(&self) -> &'static str {
        if self.on_behalf { "applicant-asked-by" } else { "applicant-first-by" }
    }

    fn last_label(&self) -> &'static str {
        if self.state == ApplicantState::Refused { "applicant-refused-by" } else { "applicant-approved-by" }
    }

    fn approve_button(&self) -> &'static str {
        if self.state == ApplicantState::SecondStep { "applicant-confirm" } else { "applicant-approve" }
    }

    fn is_unsent(&self) -> bool {
        self.unsent
    }

    fn asked_at(&self) -> Time {
        Time(self.asked_at)
    }

    fn expires_at(&self) -> Time {
        Time(self.expires_at)
    }

    fn notice_class(&self) -> &'static str {
        if matches!(self.problem, Some(NotCounted::Not(_))) { "refused" } else { "attention" }
    }

    fn notice(&self, frame: &Frame<'_>) -> Option<String> {
        Some(match self.problem.as_ref()? {
            NotCounted::Overtaken if self.state.is_open() => frame.say("applicant-changed").to_string(),
            NotCounted::Overtaken => frame.say("applicant-overtaken").to_string(),
            NotCounted::WaitsAlready => frame.say("applicant-waits-already").to_string(),
            NotCounted::Not(NotDecided::NotOffered(not)) => grants::not_offered(frame, not),
            NotCounted::Not(NotDecided::BeyondReach) => frame.say("applicant-beyond-reach").to_string(),
            NotCounted::Not(NotDecided::ReasonMissing) => frame.say("applicant-reason-missing").to_string(),
            NotCounted::Not(NotDecided::ReasonTooLong { got }) => {
                let (got, most) = (got.to_string(), MAX_REASON.to_string());
                frame.say("applicant-reason-too-long").with("got", &got).with("most", &most).to_string()
            }
            NotCounted::Not(NotDecided::Namesake) => frame.say("applicant-namesake").to_string(),
            NotCounted::Not(NotDecided::NoSuchUser) => frame.say("applicant-no-such-user").to_string(),
        })
    }
}

/// Asks whether somebody who waits is one with a user, and shows both; posts `version` and `user`.
#[derive(Clone, PartialEq, Eq)]
pub struct MergePage {
    /// The applicant's id.
    pub id: String,
    /// The version that is decided about.
    pub version: i64,
    /// What the applicant is called by.
    pub applicant: String,
    /// Their address.
    pub applicant_email: Option<String>,
    /// The user's id.
    pub user_id: String,
    /// What the user is called by.
    pub user: String,
    /// Their address.
    pub user_email: String,
    /// Since when the user is there.
    pub user_since: Timestamp,
}

impl MergePage {
    fn user_since(&self) -> Time {
        Time(self.user_since)
    }
}

/// Asks on behalf of somebody who was not here yet (SC-17).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AskForPage {
    /// The path of the account.
    pub account: String,
    /// Its name.
    pub account_name: String,
    /// The address that was typed.
    pub email: String,
    /// The name that was typed.
    pub name: String,
    /// Whether somebody else decides after that.
    pub second_step_follows: bool,
    /// What may be given.
    pub choices: GrantChoices,
    /// Why it was not done.
    pub problem: Option<AskProblem>,
    /// The list.
    pub back: String,
}

/// Why somebody could not be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskProblem {
    /// What was typed is no e-mail address.
    Email,
    /// It cannot be so.
    Not(NotAsked),
}

impl AskForPage {
    fn text(&self) -> &'static str {
        if self.second_step_follows { "ask-text-second-step" } else { "ask-text" }
    }

    fn button(&self) -> &'static str {
        if self.second_step_follows { "ask-do-second-step" } else { "ask-do" }
    }

    fn notice(&self, frame: &Frame<'_>) -> Option<String> {
        Some(match self.problem.as_ref()? {
            AskProblem::Email => frame.say("sign-in-email-refused").with("email", &self.email).to_string(),
            AskProblem::Not(NotAsked::NotOffered(not)) => grants::not_offered(frame, not),
            AskProblem::Not(NotAsked::BeyondReach) => frame.say("applicant-beyond-reach").to_string(),
            AskProblem::Not(NotAsked::DomainNotProved { domain }) => {
                frame.say("ask-domain").with("domain", domain).with("account", &self.account_name).to_string()
            }
            AskProblem::Not(NotAsked::Full) => frame.say("ask-full").to_string(),
            AskProblem::Not(NotAsked::AlreadyKnown) => frame.say("ask-known").to_string(),
            AskProblem::Not(NotAsked::AlreadyWaits(_)) => frame.say("ask-waits").to_string(),
        })
    }
}

#[derive(Template)]
#[template(path = "applicant.html")]
struct ApplicantHtml<'a> {
    page: &'a ApplicantPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "merge.html")]
struct MergeHtml<'a> {
    page: &'a MergePage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "ask_for.html")]
struct AskForHtml<'a> {
    page: &'a AskForPage,
    frame: &'a Frame<'a>,
}

impl Page for ApplicantPage {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&ApplicantHtml { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        match &self.problem {
            None => StatusCode::OK,
            Some(NotCounted::Overtaken | NotCounted::WaitsAlready) => StatusCode::CONFLICT,
            Some(NotCounted::Not(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}

impl Page for MergePage {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&MergeHtml { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}

impl Page for AskForPage {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&AskForHtml { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        if self.problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}

macro_rules! without_people {
    ($($name:ident)*) => {$(
        /// Without people.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}
without_people! { ApplicantPage DecidedBy Namesake MergePage AskForPage }
