//! What comes at the end of a set-up: a link that opens nothing any more, a connection that is in force, and the question
//! whether one may be.

use askama::Template;
use http::StatusCode;
use jiff::Timestamp;
use vestibule_domain::connection::Preset;
use vestibule_domain::setup::LinkOver;

use super::guide::{Guide, Theirs};
use super::problem::Contact;
use super::set_up::{DomainRow, TheirValues};
use crate::language::Text;
use crate::page::{Frame, Page, Time, put};
use crate::security::FormAction;

/// A link that opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUpOver {
    /// Why; none: there is no such link.
    pub why: Option<LinkOver>,
    /// Whom to ask.
    pub contact: Option<Contact>,
}

impl SetUpOver {
    fn key(&self) -> &'static str {
        match self.why {
            None => "set-up-over-unknown",
            Some(LinkOver::Revoked) => "set-up-over-revoked",
            Some(LinkOver::Ended) => "set-up-over-ended",
            Some(LinkOver::Expired) => "set-up-over-expired",
            Some(LinkOver::NotADraft) => "set-up-over-not-a-draft",
        }
    }
}

#[derive(Template)]
#[template(path = "set_up_over.html")]
struct OverHtml<'a> {
    page: &'a SetUpOver,
    frame: &'a Frame<'a>,
}

impl Page for SetUpOver {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&OverHtml { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        StatusCode::GONE
    }
}

/// The connection is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUpDone {
    /// The kind of identity provider.
    pub preset: Preset,
    /// Where people sign in.
    pub sign_in: String,
    /// The e-mail domains whose proof is still under way, for whoever cannot read their records elsewhere any more.
    pub unproved: Vec<DomainRow>,
}

impl SetUpDone {
    fn text<'a>(&self, frame: &Frame<'_>, account: &'a str) -> Text<'a> {
        frame.say("set-up-on-text").with("account", account).with("idp", self.preset.product())
    }
}

#[derive(Template)]
#[template(path = "set_up_done.html")]
struct DoneHtml<'a> {
    page: &'a SetUpDone,
    frame: &'a Frame<'a>,
}

impl Page for SetUpDone {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&DoneHtml { page: self, frame }, out);
    }
}

/// An administrator is asked to put a connection in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmSetUp {
    /// The connection's id.
    pub connection: String,
    /// Its version as they see it.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// What we know of its identity provider.
    pub theirs: TheirValues,
    /// The kind of identity provider.
    pub preset: Preset,
    /// Since when they are asked.
    pub asked_at: Option<Timestamp>,
    /// Why it was not put in force; in English.
    pub problem: Option<String>,
}

impl ConfirmSetUp {
    fn asked(&self) -> Option<Time> {
        self.asked_at.map(Time)
    }

    fn idp(&self) -> &'static str {
        self.preset.product()
    }

    /// What the portal calls its own values.
    fn names(&self) -> &'static Theirs {
        &Guide::of(self.preset).theirs
    }
}

#[derive(Template)]
#[template(path = "set_up_confirm.html")]
struct ConfirmHtml<'a> {
    page: &'a ConfirmSetUp,
    frame: &'a Frame<'a>,
}

impl Page for ConfirmSetUp {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&ConfirmHtml { page: self, frame }, out);
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Own
    }
}
