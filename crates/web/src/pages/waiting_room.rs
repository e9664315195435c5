//! What somebody sees who has to be let in: as whom they are here, what happens next, whom to ask (SC-15, SC-27).

use askama::Template;
use http::StatusCode;
use jiff::Timestamp;
use vestibule_domain::waiting::ApplicantState;

use super::Contact;
use crate::page::{Frame, Page, Time, put};
use crate::security::FormAction;

/// Tells somebody that they have to be let in, or what was decided. "Check again" is posted to `/sign-in/start` as the
/// button of a connection is, so the sign-in begins anew: that is how somebody gets in who was let in.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingRoomPage {
    /// What they are called by; may be empty.
    pub name: String,
    /// Their address.
    pub email: Option<String>,
    /// How far it is with them.
    pub state: ApplicantState,
    /// Why they are not let in.
    pub reason: Option<String>,
    /// Since when they wait.
    pub asked_at: Timestamp,
    /// Until when they may be let in, or until when what was decided stands.
    pub expires_at: Timestamp,
    /// Who was told that they wait, by name, and when.
    pub told: Option<(Vec<String>, Timestamp)>,
    /// Whom to ask.
    pub contact: Option<Contact>,
    /// Where the sign-in leads: handed back in the field `to`. May be empty.
    pub to: String,
    /// The id of the connection, for the field `connection`.
    pub connection: String,
    /// The id of the account, for the field `account`.
    pub account: String,
}

impl WaitingRoomPage {
    fn title(&self) -> &'static str {
        match self.state {
            ApplicantState::Waiting => "room-title",
            ApplicantState::SecondStep => "room-title-second-step",
            ApplicantState::Approved => "room-title-approved",
            ApplicantState::Refused => "room-title-refused",
        }
    }

    fn text(&self) -> &'static str {
        match self.state {
            ApplicantState::Waiting => "room-text",
            ApplicantState::SecondStep => "room-text-second-step",
            ApplicantState::Approved => "room-text-approved",
            ApplicantState::Refused => "room-text-refused",
        }
    }

    fn button(&self) -> &'static str {
        match self.state {
            ApplicantState::Approved => "continue",
            _ => "room-again",
        }
    }

    fn until_label(&self) -> &'static str {
        if self.is_open() { "room-until" } else { "room-stands-until" }
    }

    fn told(&self, frame: &Frame<'_>) -> String {
        match &self.told {
            Some((names, _)) if !names.is_empty() => {
                frame.say("room-told").with("names", &names.join(", ")).to_string()
            }
            _ => frame.say("room-not-told").to_string(),
        }
    }

    fn told_at(&self) -> Option<Time> {
        self.told.as_ref().filter(|_| self.is_open()).map(|(_, at)| Time(*at))
    }

    fn is_open(&self) -> bool {
        self.state.is_open()
    }

    fn is_approved(&self) -> bool {
        self.state == ApplicantState::Approved
    }

    fn has_address(&self) -> bool {
        self.email.is_some()
    }

    fn asked_at(&self) -> Time {
        Time(self.asked_at)
    }

    fn expires_at(&self) -> Time {
        Time(self.expires_at)
    }
}

/// Without the person.
impl std::fmt::Debug for WaitingRoomPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitingRoomPage").field("state", &self.state).finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "waiting_room.html")]
struct Html<'a> {
    page: &'a WaitingRoomPage,
    frame: &'a Frame<'a>,
}

impl Page for WaitingRoomPage {
    fn write(&self, frame: &Frame<'_>, out: &mut String) {
        put(&Html { page: self, frame }, out);
    }

    fn status(&self) -> StatusCode {
        StatusCode::OK
    }

    fn form_action(&self) -> FormAction<'_> {
        FormAction::Onward
    }
}
