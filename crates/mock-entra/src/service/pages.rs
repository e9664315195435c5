//! The pages: plain HTML that works without a script.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use super::flow::{self, Delivery};
use super::{Entra, Refusal, guid};

#[derive(Debug, Template)]
#[template(path = "username.html")]
pub(super) struct Username<'a> {
    pub(super) action: &'a str,
    pub(super) ctx: &'a str,
    pub(super) application: Option<&'a str>,
    pub(super) login: &'a str,
    pub(super) error: Option<&'a str>,
}

#[derive(Debug, Template)]
#[template(path = "password.html")]
pub(super) struct Password<'a> {
    pub(super) action: &'a str,
    pub(super) ctx: &'a str,
    pub(super) login: &'a str,
    pub(super) error: Option<&'a str>,
}

#[derive(Debug, Template)]
#[template(path = "stay.html")]
pub(super) struct Stay<'a> {
    pub(super) action: &'a str,
    pub(super) ctx: &'a str,
    pub(super) login: &'a str,
}

#[derive(Debug, Template)]
#[template(path = "pick.html")]
pub(super) struct Pick<'a> {
    pub(super) action: &'a str,
    pub(super) ctx: &'a str,
    /// Object ID and name.
    pub(super) accounts: &'a [(String, String)],
}

#[derive(Debug, Template)]
#[template(path = "post.html")]
pub(super) struct Post<'a> {
    pub(super) delivery: &'a Delivery,
}

#[derive(Debug, Template)]
#[template(path = "error.html")]
struct Error<'a> {
    text: &'a str,
    code: u32,
    trace: &'a str,
    correlation: &'a str,
    timestamp: &'a str,
}

#[derive(Debug, Template)]
#[template(path = "myapps.html")]
pub(super) struct MyApps<'a> {
    pub(super) user: &'a str,
    pub(super) tenant: &'a str,
    /// Address, name, how it starts.
    pub(super) tiles: &'a [(String, String, &'static str)],
}

#[derive(Debug, Template)]
#[template(path = "note.html")]
pub(super) struct Note<'a> {
    pub(super) title: &'a str,
    pub(super) lines: &'a [String],
    /// Address and text.
    pub(super) links: &'a [(String, String)],
}

/// Somebody signed out: the applications are told in frames, then the one that asked.
#[derive(Debug, Template)]
#[template(path = "signed_out.html")]
pub(super) struct SignedOut<'a> {
    /// Whom the applications are told about.
    pub(super) frames: &'a [String],
    /// Where the browser goes then.
    pub(super) onward: Option<&'a str>,
}

/// A page as a response.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, [("cache-control", "no-store")], Html(html)).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

impl Entra {
    /// Entra's own page for what it does not tell the application.
    pub(super) fn error_page(&self, refusal: &Refusal) -> Response {
        let (trace, correlation) = (guid(&self.random::<16>()), guid(&self.random::<16>()));
        let (text, timestamp) = (refusal.to_string(), flow::shown(self.now()));
        let error =
            Error { text: &text, code: refusal.code, trace: &trace, correlation: &correlation, timestamp: &timestamp };
        page(StatusCode::BAD_REQUEST, &error)
    }
}
