//! The fourth part of the page of set-up: a test, what became of it, and what comes behind one that passed. While a test
//! runs a script asks for it again, with all else on the page that changes by a test.

use askama::Template;

use super::aadsts::AadStsBlock;
use super::report::ReportPage;
use super::set_up::SetUpPage;
use crate::page::{Frame, Inner, Time, put};

/// The last test that was begun by the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestShown {
    /// Part 2 is missing.
    NotYet,
    /// There was none.
    None,
    /// It runs.
    Running,
    /// No answer came.
    Silent,
    /// Another browser brought the answer.
    Torn,
    /// It was begun before the last edit, and counts no more; what it found, where it has ended.
    Outdated(Option<Box<ReportPage>>),
    /// It has ended.
    Ended(Box<ReportPage>),
}

/// The text of an error page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pasted {
    /// What was pasted.
    pub text: String,
    /// What its number means.
    pub explained: Option<AadStsBlock>,
}

/// What comes behind a test that passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishStep {
    /// No test passed since the last edit.
    Untested,
    /// Whoever has the link switches it on.
    SwitchOn,
    /// An administrator is to be asked.
    Ask,
    /// They were asked.
    Asked,
}

impl SetUpPage {
    /// All that changes by a test, each part under the id of its place on the page.
    pub fn fragment(&self, frame: &Frame<'_>) -> String {
        let mut out = String::new();
        put(&Live { page: self, frame }, &mut out);
        out
    }

    /// In a few words what became of the last test, and what to do meanwhile.
    pub(super) fn outcome<'a>(&'a self, frame: &'a Frame<'a>) -> Inner<impl Template + 'a> {
        Inner(Outcome { page: self, frame })
    }

    /// Whether it may be switched on, and the button.
    pub(super) fn decide<'a>(&'a self, frame: &'a Frame<'a>) -> Inner<impl Template + 'a> {
        Inner(Decide { page: self, frame })
    }

    /// What the last test found one by one, and what becomes of claims.
    pub(super) fn checks<'a>(&'a self, frame: &'a Frame<'a>) -> Inner<impl Template + 'a> {
        Inner(Checks { page: self, frame })
    }

    /// Whether a test passed since the last edit, wherever it was begun.
    pub(super) fn is_tested(&self) -> bool {
        self.finish != FinishStep::Untested
    }

    /// When the test began that counts, where it is not the one that is shown: somebody began it elsewhere, or it was the
    /// one before.
    fn passed_elsewhere(&self) -> Option<Time> {
        let is_shown = matches!(&self.test, TestShown::Ended(report) if report.passed());
        self.passed_at.filter(|_| self.is_tested() && !is_shown).map(Time)
    }

    /// Whether the text of an error page is asked for: while no answer has come it may stand in the other tab.
    pub(super) fn asks_for_the_error(&self) -> bool {
        matches!(self.test, TestShown::Running | TestShown::Silent) || !self.pasted.text.is_empty()
    }

    /// Whether there may be an error page: not before a test can be made, and not where one passed.
    pub(super) fn may_be_told_an_error(&self) -> bool {
        match &self.test {
            TestShown::NotYet => false,
            TestShown::Ended(report) => !report.passed(),
            _ => true,
        }
    }

    fn none_tested(&self) -> &'static str {
        self.either("set-up-test-none", "console-set-up-test-none")
    }

    fn finish_text(&self) -> &'static str {
        self.either("set-up-finish-text", "console-set-up-finish-text")
    }

    /// The domains whose proof is still under way.
    pub(super) fn unproved(&self) -> String {
        let open = self.people.domains.iter().filter(|domain| domain.record.is_some());
        open.map(|domain| domain.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whether the page ends when the connection is switched on: then nobody reads the records here any more.
    pub(super) fn ends(&self) -> bool {
        self.expires_at.is_some()
    }

    fn has_preview(&self) -> bool {
        self.mapping.iter().any(|row| row.value.is_some())
    }
}

#[derive(Template)]
#[template(path = "set_up_live.html")]
struct Live<'a> {
    page: &'a SetUpPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "set_up_outcome.html")]
struct Outcome<'a> {
    page: &'a SetUpPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "set_up_decide.html")]
struct Decide<'a> {
    page: &'a SetUpPage,
    frame: &'a Frame<'a>,
}

#[derive(Template)]
#[template(path = "set_up_checks.html")]
struct Checks<'a> {
    page: &'a SetUpPage,
    frame: &'a Frame<'a>,
}
