//! What is asked before it is done; and the page for whoever has no role here.

use super::{Top, console_page};
use crate::page::{Frame, put};
use crate::security::FormAction;

/// Asks before something is done, or says why it cannot be.
#[derive(Debug)]
pub(crate) struct AskView {
    pub(crate) top: Top,
    /// The key of the question.
    pub(crate) question: &'static str,
    /// What it is about.
    pub(crate) about: String,
    /// What follows: the keys of sentences.
    pub(crate) follows: Vec<&'static str>,
    /// How many people it affects.
    pub(crate) people: Option<u64>,
    /// Where it is done; none: it cannot be, by now.
    pub(crate) action: String,
    /// The key of the button's text.
    pub(crate) button: &'static str,
    /// Whether it may be done without a test that passed, which is asked apart.
    pub(crate) may_override: bool,
    /// Where whoever authenticated too long ago does so again.
    pub(crate) sign_in_again: Option<String>,
    /// Why it was not done.
    pub(crate) problems: Vec<String>,
    /// Back to where they came from.
    pub(crate) back: String,
}

console_page!(AskView, "console/ask.html");

/// Why the console does not open for somebody who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shut {
    /// They have no role in it.
    NoRole,
    /// They have one, and typed a password alone.
    PasswordAlone,
}

/// Tells somebody for whom the console does not open what would open it.
#[derive(Debug)]
pub(crate) struct ShutView {
    pub(crate) why: Shut,
    pub(crate) contact: Option<crate::pages::Contact>,
}

#[derive(askama::Template)]
#[template(path = "console/shut.html")]
struct ShutPage<'a> {
    page: &'a ShutView,
    frame: &'a Frame<'a>,
}

impl crate::page::Page for ShutView {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&ShutPage { page: self, frame }, out);
    }

    fn status(&self) -> http::StatusCode {
        http::StatusCode::FORBIDDEN
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}
