//! Whether somebody wants to sign out, whom an application sent here (OpenID Connect RP-Initiated Logout 1.0 §2).

use askama::Template;

use crate::page::{Frame, Page, put};
use crate::security::FormAction;

/// Asks, and posts `to` to `/sign-out`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AskSignOut {
    /// The application's name, where one asked.
    pub application: Option<String>,
    /// The application's request: handed back in the field `to`.
    pub to: String,
}

#[derive(Template)]
#[template(path = "ask_sign_out.html")]
struct Html<'a> {
    page: &'a AskSignOut,
    frame: &'a Frame<'a>,
}

impl Page for AskSignOut {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}
