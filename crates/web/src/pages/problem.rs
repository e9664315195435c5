//! The page of everything that went wrong, in four parts: what happened, what to do now, what to tell whom, details.

use askama::Template;
use http::StatusCode;
use vestibule_journeys::Words;
use vestibule_saml::sp::{Party, Refusal};

use super::aadsts::AadStsBlock;
use crate::language::Text;
use crate::page::{Frame, Page, put};
use crate::problem::{Problem, Remedy};

/// Tells what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemPage {
    /// What happened. It decides the status, the sentences and the button's text.
    pub problem: Problem,
    /// Where the button leads; without it there is none.
    pub action: Option<String>,
    /// The short code, such as `AUD-7K2Q`, by which support finds the event.
    pub code: Option<String>,
    /// Who helps the account's people; named beside the code.
    pub contact: Option<Contact>,
    /// The number that Entra gave, explained.
    pub aadsts: Option<AadStsBlock>,
    /// The details; only for those allowed to see them.
    pub details: Option<Details>,
}

/// Who helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// A name or a team.
    pub name: String,
    /// Where they are written to.
    pub email: Option<String>,
}

/// The details of a refusal. They are in English, and say so where the page is not.
#[derive(Clone, PartialEq, Eq)]
pub struct Details {
    /// What is wrong, in one sentence.
    pub sentence: String,
    /// What was said.
    pub got: Option<String>,
    /// What was wanted.
    pub want: Option<String>,
    /// Who can mend it.
    pub who: Party,
    /// What to change, and where; may be empty where the sentence says it.
    pub fix: String,
    /// The path of the whole report.
    pub report: Option<String>,
}

/// Without what was said, which may be personal.
impl std::fmt::Debug for Details {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Details").field("sentence", &self.sentence).finish_non_exhaustive()
    }
}

impl From<Words> for Details {
    fn from(words: Words) -> Self {
        let who = words.party();
        let Words { sentence, got, want, fix, .. } = words;
        Self { sentence, got, want, who, fix, report: None }
    }
}

impl Details {
    /// The details of a refused answer.
    pub fn of(refusal: &Refusal) -> Self {
        Words::of_refusal(refusal).into()
    }

    pub(super) fn fixed_by(&self, frame: &Frame<'_>) -> Text<'static> {
        super::party(frame, self.who)
    }
}

impl ProblemPage {
    /// A page that tells only what happened and what to do.
    pub fn new(problem: Problem) -> Self {
        Self { problem, action: None, code: None, contact: None, aadsts: None, details: None }
    }

    /// With a button that leads there.
    #[must_use]
    pub fn action(self, action: impl Into<String>) -> Self {
        Self { action: Some(action.into()), ..self }
    }

    /// With the short code.
    #[must_use]
    pub fn code(self, code: impl Into<String>) -> Self {
        Self { code: Some(code.into()), ..self }
    }

    /// Whoever can make use of the details: of an application's wrong request its developer, else an administrator.
    fn details_title(&self) -> &'static str {
        match self.problem {
            Problem::UnknownApplication
            | Problem::RedirectUri
            | Problem::BadAuthorizationRequest
            | Problem::BadLogoutRequest => "details-developer",
            _ => "details",
        }
    }

    fn happened(&self, frame: &Frame<'_>) -> String {
        self.text(&format!("problem-{}", self.problem.name()), frame)
    }

    fn to_do(&self, frame: &Frame<'_>) -> String {
        self.text(&format!("problem-{}.do", self.problem.name()), frame)
    }

    fn text(&self, key: &str, frame: &Frame<'_>) -> String {
        let seconds = match self.problem {
            Problem::TooManyRequests(seconds) => seconds.to_string(),
            _ => String::new(),
        };
        let account = frame.account();
        let text = frame.say(key).with("product", &frame.brand.product).with("account", &account);
        text.with("seconds", &seconds).to_string()
    }

    /// The claims that the problem is about.
    fn named(&self) -> &[String] {
        match &self.problem {
            Problem::MissingClaims(names) => names,
            Problem::UnusableClaim(name) if !name.is_empty() => std::slice::from_ref(name),
            _ => &[],
        }
    }

    fn button(&self) -> &'static str {
        match self.problem.remedy() {
            Remedy::TryAgain => "action-try-again",
            Remedy::SignIn => "action-sign-in",
            Remedy::OtherAccount => "action-other-account",
            Remedy::OwnPage => "action-own-page",
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Html<'a> {
    page: &'a ProblemPage,
    frame: &'a Frame<'a>,
}

impl Page for ProblemPage {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        self.problem.status()
    }
}
