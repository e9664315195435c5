//! What a person sees who opens the assertion consumer service in a browser.

use askama::Template;
use http::StatusCode;

use crate::page::{Frame, Page, put};

/// Tells what this address is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcsAddress {
    /// This very address, as the identity provider must know it.
    pub reply_url: String,
    /// Where signing in begins.
    pub sign_in: String,
}

#[derive(Template)]
#[template(path = "acs_address.html")]
struct Html<'a> {
    page: &'a AcsAddress,
    frame: &'a Frame<'a>,
}

impl Page for AcsAddress {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        StatusCode::METHOD_NOT_ALLOWED
    }
}
