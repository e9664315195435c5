//! The mails that a demonstration would have sent.

use askama::Template;
use jiff::Timestamp;

use crate::page::{Frame, Page, Time, put};

/// Lists mails, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outbox {
    /// The mails.
    pub mails: Vec<OutboxMail>,
}

/// A mail that was kept.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxMail {
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// When.
    pub at: Timestamp,
    /// Its plain text.
    pub text: String,
}

/// Without what it says, which may be a secret link.
impl std::fmt::Debug for OutboxMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxMail").field("at", &self.at).finish_non_exhaustive()
    }
}

impl OutboxMail {
    fn at(&self) -> Time {
        Time(self.at)
    }
}

#[derive(Template)]
#[template(path = "outbox.html")]
struct Html<'a> {
    page: &'a Outbox,
    frame: &'a Frame<'a>,
}

impl Page for Outbox {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }
}
