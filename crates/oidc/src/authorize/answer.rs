//! The answer to an authorization request, and how the browser carries it. RFC 6749 §4.1.2, RFC 9207 §2.

use std::fmt;

use super::ErrorCode;
use crate::excerpt::excerpt;
use crate::form;
use crate::issuer::Issuer;
use crate::redirect_uri::RedirectUri;

/// How an answer travels. OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// In a form that the browser posts there.
    FormPost,
}

impl ResponseMode {
    /// Every mode, as it stands in `response_mode`.
    pub const SUPPORTED: [&'static str; 2] = ["query", "form_post"];

    /// Reads `response_mode` for an answer to `redirect_uri`; absent, it is `query`. The error is for the developer.
    pub(super) fn read(text: Option<&str>, redirect_uri: &RedirectUri) -> Result<Self, String> {
        match text {
            None | Some("query") => Ok(Self::Query),
            Some("form_post") if redirect_uri.is_private_use() => {
                Err("response_mode is 'form_post', but no form can be posted to a scheme of its own; use 'query'"
                    .into())
            }
            Some("form_post") => Ok(Self::FormPost),
            Some(other) => Err(format!("response_mode is '{}'; 'query' and 'form_post' are supported", excerpt(other))),
        }
    }
}

/// An answer on its way to the application.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// The browser goes there, by 303.
    Redirect(String),
    /// The browser posts a form; on a page that is kept in no cache.
    Post(PostedAnswer),
}

/// An answer that is posted. Form Post Response Mode §2.
#[derive(Clone, PartialEq, Eq)]
pub struct PostedAnswer {
    /// Where, by http or https.
    pub action: RedirectUri,
    /// The form's fields, in order.
    pub fields: Vec<(&'static str, String)>,
}

/// Without the code.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect(_) => "Redirect(…)",
            Self::Post(_) => "Post(…)",
        })
    }
}

/// Without the code.
impl fmt::Debug for PostedAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostedAnswer").field("action", &self.action).finish_non_exhaustive()
    }
}

/// Where an answer goes, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct WayBack<'a> {
    pub(super) redirect_uri: &'a RedirectUri,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<&'a str>,
}

impl WayBack<'_> {
    pub(super) fn error(&self, issuer: &Issuer, code: ErrorCode, description: &str) -> Answer {
        self.answer(issuer, &[("error", code.as_str()), ("error_description", description)])
    }

    /// `parameters`, then `state` and `iss`.
    pub(super) fn answer(&self, issuer: &Issuer, parameters: &[(&'static str, &str)]) -> Answer {
        let state = self.state.map(|state| ("state", state));
        let all = parameters.iter().copied().chain(state).chain([("iss", issuer.as_str())]);
        match self.mode {
            ResponseMode::Query => Answer::Redirect(with_query(self.redirect_uri, all)),
            ResponseMode::FormPost => Answer::Post(PostedAnswer {
                action: self.redirect_uri.clone(),
                fields: all.map(|(name, value)| (name, value.to_owned())).collect(),
            }),
        }
    }
}

/// An address of an application with what it already carries, then `parameters`.
pub(crate) fn with_query<'p>(uri: &RedirectUri, parameters: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut location = String::with_capacity(uri.as_str().len() + 256);
    location.push_str(uri.as_str());
    let mut separator = if location.contains('?') { '&' } else { '?' };
    for (name, value) in parameters {
        form::append(&mut location, separator, name, value);
        separator = '&';
    }
    location
}
