//! After signing out.

use askama::Template;

use crate::page::{Frame, Page, put};

/// Tells that the session here has ended, and where it may not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// The identity provider at which the person is still signed in, as far as we know.
    pub still_signed_in_at: Option<String>,
    /// Where signing in begins again.
    pub sign_in: String,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct Html<'a> {
    page: &'a SignedOut,
    frame: &'a Frame<'a>,
}

impl Page for SignedOut {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }
}
