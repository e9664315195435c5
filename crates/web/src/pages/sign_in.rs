//! Where everybody begins who is not sent on at once: the e-mail address (SC-23).

use askama::Template;
use http::StatusCode;

use crate::page::{Frame, Page, put};
use crate::security::FormAction;

/// Asks for the e-mail address, and posts `to` and `email` to `/sign-in/discover`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SignIn {
    /// Where the sign-in leads: handed back in the field `to`. May be empty.
    pub to: String,
    /// What was typed before and is no e-mail address; it stays in the field, with the reason above it.
    pub refused: Option<String>,
    /// What is known of the address beforehand, such as `login_hint`.
    pub known: Option<String>,
    /// Where a password may be typed instead, if the account has any.
    pub password: Option<String>,
}

impl SignIn {
    fn email(&self) -> &str {
        self.refused.as_deref().or(self.known.as_deref()).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Html<'a> {
    page: &'a SignIn,
    frame: &'a Frame<'a>,
}

impl Page for SignIn {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        if self.refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}
