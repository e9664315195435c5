//! An identity provider's answer at the address where sign-ins begin (HY-19): Entra takes the sign-on URL for the reply
//! URL until somebody changes it.

use askama::Template;
use http::StatusCode;

use crate::page::{Frame, Page, put};

/// Tells which address belongs into which field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerAtLoginUrl {
    /// What belongs where, for each connection that may be meant.
    pub addresses: Vec<Addresses>,
    /// Where the person can sign in nevertheless.
    pub sign_in: String,
    /// The short code by which support finds the event.
    pub code: Option<String>,
}

/// The addresses of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// Its name, where there are several.
    pub connection: Option<String>,
    /// Where answers belong.
    pub reply_url: String,
    /// Where sign-ins begin.
    pub sign_on_url: String,
}

#[derive(Template)]
#[template(path = "wrong_address.html")]
struct Html<'a> {
    page: &'a AnswerAtLoginUrl,
    frame: &'a Frame<'a>,
}

impl Page for AnswerAtLoginUrl {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}
