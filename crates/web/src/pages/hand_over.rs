//! A browser goes on to an application where a redirection cannot take it.

use askama::Template;

use crate::page::{Frame, Page, put};
use crate::security::FormAction;

/// Hands the browser over to an application: at once where it can, by a visible button where not.
#[derive(Clone, PartialEq, Eq)]
pub struct HandOver {
    /// The application's address; a form goes to one of http or https alone.
    pub destination: String,
    /// The fields of a form that is posted there (OAuth 2.0 Form Post Response Mode); none: the address is opened.
    pub fields: Option<Vec<(String, String)>>,
}

/// Without the answer.
impl std::fmt::Debug for HandOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HandOver").field("is_posted", &self.fields.is_some()).finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "hand_over.html")]
struct Html<'a> {
    page: &'a HandOver,
    frame: &'a Frame<'a>,
}

impl Page for HandOver {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        if self.fields.is_some() { FormAction::Only(&self.destination) } else { FormAction::Nowhere }
    }
}
