//! The waiting room: people for whom a connection vouches and whom somebody of the account has to let in.
//!
//! ```text
//!            approve ──────────────────────────▶ approved: a user, who comes in at the next sign-in
//! waiting ──┬─ merge ──▶ (second step: confirm) ──▶ approved
//!           └─ refuse ─▶ refused
//! ```
//!
//! An applicant is no user: nothing of theirs is told to an application, and no session is theirs. Everything that is
//! decided about them is one write on their state and version, so it is decided once. They are forgotten when their
//! time is over, whatever became of them.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::grants::Granted;
use crate::id::{AccountId, ApplicantId, ConnectionId, UserId};
use crate::name::EmailAddress;
use crate::user::{Profile, Subject};

/// How many applicants an account has at most, decided ones counted: a connection fills no disk.
pub const MAX_APPLICANTS: u32 = 100_000;
/// The longest name that is kept of an applicant, in characters.
pub const MAX_NAME: usize = 200;
/// How long somebody is kept about whom nobody has decided in time, so that they are told.
pub const OVER: SignedDuration = SignedDuration::from_hours(48);
/// The longest reason, in characters.
pub const MAX_REASON: usize = 1000;
/// The longest time, in days, for which somebody may wait.
pub const MAX_DAYS: u16 = 365;

/// What is set for an account's waiting room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WaitingSettings {
    /// For how many days somebody waits, and for how many it is kept what was decided. Default: 30; from 1 to 365.
    pub days: u16,
    /// How many applicants there may be, decided ones counted. Default, and at most: [`MAX_APPLICANTS`].
    pub at_most: u32,
    /// Who decides after the approvers. Default: nobody.
    pub second_step: SecondStep,
    /// The language of mails to approvers, and to whoever has not been here yet. Default: English.
    pub language: MailLanguage,
}

impl Default for WaitingSettings {
    fn default() -> Self {
        Self { days: 30, at_most: MAX_APPLICANTS, second_step: SecondStep::None, language: MailLanguage::English }
    }
}

impl WaitingSettings {
    /// When somebody who begins to wait now, or was decided about now, is forgotten.
    pub fn expiry(&self, now: Timestamp) -> Timestamp {
        let days = i64::from(self.days.clamp(1, MAX_DAYS));
        now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
    }
}

/// Who decides after the approvers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondStep {
    /// Nobody: an approver's word is enough.
    #[default]
    None,
    /// An operator.
    Operator,
}

/// The language of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum MailLanguage {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl MailLanguage {
    /// Its tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// Somebody who is not let in yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Applicant {
    /// Their identity.
    pub id: ApplicantId,
    /// Whose waiting room it is.
    pub account: AccountId,
    /// By which connection they came, and as whom. None: somebody asked on their behalf, and they were not here yet.
    pub came: Option<Came>,
    /// How far it is.
    pub state: ApplicantState,
    /// Since when they wait.
    pub asked_at: Timestamp,
    /// When they are forgotten.
    pub expires_at: Timestamp,
    /// All else.
    pub file: File,
    /// Counts what changed of all that an approver sees.
    pub version: i64,
}

/// By which connection somebody came, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The connection.
    pub connection: ConnectionId,
    /// The subject.
    pub subject: Subject,
}

/// How far it is with an applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicantState {
    /// Nobody has decided.
    Waiting,
    /// An approver has let them in, and the operator has to.
    SecondStep,
    /// They are let in.
    Approved,
    /// They are not let in.
    Refused,
}

impl ApplicantState {
    /// All of them, in the order of a list.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::SecondStep, Self::Approved, Self::Refused];

    /// Its name, in addresses and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::SecondStep => "second_step",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    /// Whether somebody has yet to decide.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::SecondStep)
    }
}

/// What is known of an applicant, and what was decided.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// Names and address, as [`known`] keeps them.
    pub profile: Profile,
    /// The language of the page that they saw.
    pub language: Option<MailLanguage>,
    /// What they are given, or are to be given.
    #[serde(skip_serializing_if = "Granted::is_empty")]
    pub granted: Granted,
    /// The user that they are, or are to be: made new, or joined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Whether they are joined to a user who was there before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub merged: bool,
    /// Who let them in first, where a second step follows; or asked on their behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Decided>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Decided>,
    /// Why they are not let in, in the words that they read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who was told by mail that they wait, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<ToldApprovers>,
    /// Which mails were sent: what they told, and to whom.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sent: BTreeSet<String>,
    /// How often the mail that is due could not be sent.
    #[serde(skip_serializing_if = "is_zero")]
    pub unsent: u32,
}

/// Who decided, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// Who.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// Who was told by mail that somebody waits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToldApprovers {
    /// What they are called by.
    pub names: Vec<String>,
    /// When.
    pub at: Timestamp,
}

impl Applicant {
    /// Whether somebody may still decide.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state.is_open() && now < self.expires_at
    }

    /// What they are called by: the best that is known. Empty where nothing is.
    pub fn called(&self) -> String {
        called(&self.file.profile)
    }

    /// The key by which a list sorts them by name.
    pub fn name_key(&self) -> String {
        self.called().to_lowercase()
    }
}

/// What somebody is called by: the best that is known. Empty where nothing is.
pub fn called(profile: &Profile) -> String {
    let whole = match (&profile.given_name, &profile.family_name) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        _ => None,
    };
    let email = profile.email.as_ref().map(|email| email.as_str().to_owned());
    profile.display_name.clone().or(whole).or(email).or_else(|| profile.name.clone()).unwrap_or_default()
}

/// What is kept of somebody who waits: names and address, none longer than [`MAX_NAME`]. All else comes with the sign-in
/// by which they get in, so that what waits is small.
pub fn known(profile: &Profile) -> Profile {
    let short = |name: &Option<String>| {
        let name = name.as_ref()?;
        let kept: String = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
        (!kept.trim().is_empty()).then_some(kept)
    };
    Profile {
        name: short(&profile.name),
        email: profile.email.clone(),
        email_verified: profile.email_verified,
        display_name: short(&profile.display_name),
        given_name: short(&profile.given_name),
        family_name: short(&profile.family_name),
        ..Profile::default()
    }
}

/// What an approval leads to: the second step, unless whoever decides is the one who takes it.
pub fn after_approval(second_step: SecondStep, confirms: Confirms) -> ApplicantState {
    match (second_step, confirms) {
        (SecondStep::Operator, Confirms::No) => ApplicantState::SecondStep,
        (SecondStep::None, _) | (SecondStep::Operator, Confirms::Yes) => ApplicantState::Approved,
    }
}

/// Whether whoever approves may take the second step as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirms {
    /// They may.
    Yes,
    /// They may not.
    No,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The key of an address that may be absent.
pub fn email_key(profile: &Profile) -> Option<&str> {
    profile.email.as_ref().map(EmailAddress::key)
}

/// Without the person.
impl fmt::Debug for Applicant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Applicant")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Without the person.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("granted", &self.granted).field("last", &self.last).finish_non_exhaustive()
    }
}

/// Without names.
impl fmt::Debug for ToldApprovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToldApprovers").field("names", &self.names.len()).field("at", &self.at).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_applicant_is_small() {
        let profile = Profile {
            display_name: Some("Ada\n".to_owned() + &"x".repeat(5000)),
            given_name: Some("\u{7}".to_owned()),
            groups: vec!["g".repeat(40); 5000],
            more: [("k".to_owned(), vec!["v".to_owned()])].into(),
            ..Profile::default()
        };
        let kept = known(&profile);
        assert_eq!(kept.display_name.as_deref().map(|name| name.chars().count()), Some(MAX_NAME));
        assert!(kept.display_name.unwrap().starts_with("Adax"));
        assert_eq!((kept.given_name, kept.groups.len(), kept.more.len()), (None, 0, 0));
    }

    #[test]
    fn the_second_step_follows_an_approvers_word_and_not_the_operators() {
        let after = |step, confirms| after_approval(step, confirms);
        assert_eq!(after(SecondStep::None, Confirms::No), ApplicantState::Approved);
        assert_eq!(after(SecondStep::Operator, Confirms::No), ApplicantState::SecondStep);
        assert_eq!(after(SecondStep::Operator, Confirms::Yes), ApplicantState::Approved);
    }

    #[test]
    fn the_time_is_a_day_at_least_and_a_year_at_most() {
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        let days = |days| WaitingSettings { days, ..WaitingSettings::default() }.expiry(now).duration_since(now);
        assert_eq!(days(30), SignedDuration::from_hours(30 * 24));
        assert_eq!(days(0), SignedDuration::from_hours(24));
        assert_eq!(days(u16::MAX), SignedDuration::from_hours(365 * 24));
    }
}
