//! How long an account's sessions last, and how old an authentication may be with which one begins (SC-28): what it does
//! not set itself comes from the nearest account above that does.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::ABSOLUTE;

/// How long a session lasts where no account says anything.
pub const DEFAULT_LENGTH: SignedDuration = SignedDuration::from_hours(12);

/// The fewest minutes of a session, and of an authentication's age: whoever goes the way of several pages with a second
/// factor must arrive.
pub const LEAST_MINUTES: u32 = 5;

/// The most minutes of a session: [`ABSOLUTE`].
pub const MOST_LENGTH: u32 = 24 * 60;

/// The most minutes of an authentication's age: thirty days.
pub const MOST_AGE: u32 = 30 * 24 * 60;

/// What an account sets of its sessions, or what it has of its own and from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionSettings {
    /// How long a session lasts, in minutes. What the identity provider says of its own session's end counts where that
    /// is earlier. Default: as above; [`DEFAULT_LENGTH`] where nobody says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_minutes: Option<Minutes<MOST_LENGTH>>,
    /// How old the authentication at the identity provider may be when a session begins, in minutes: whose is older
    /// authenticates anew. Default: as above; of any age where nobody says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reauthenticate_after_minutes: Option<Minutes<MOST_AGE>>,
}

/// So many minutes: [`LEAST_MINUTES`] to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Minutes<const MAX: u32>(u32);

/// Why a number of minutes cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("got {got} minutes; {LEAST_MINUTES} to {most} are wanted")]
pub struct NotMinutes {
    /// The number.
    pub got: u32,
    /// The most.
    pub most: u32,
}

impl<const MAX: u32> Minutes<MAX> {
    /// As a duration.
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.0))
    }
}

impl<const MAX: u32> TryFrom<u32> for Minutes<MAX> {
    type Error = NotMinutes;

    fn try_from(got: u32) -> Result<Self, NotMinutes> {
        if (LEAST_MINUTES..=MAX).contains(&got) { Ok(Self(got)) } else { Err(NotMinutes { got, most: MAX }) }
    }
}

impl<const MAX: u32> From<Minutes<MAX>> for u32 {
    fn from(minutes: Minutes<MAX>) -> Self {
        minutes.0
    }
}

impl<const MAX: u32> fmt::Display for Minutes<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl SessionSettings {
    /// What an account has that sets this, below one that has `above`.
    #[must_use]
    pub fn below(&self, above: &Self) -> Self {
        Self {
            length_minutes: self.length_minutes.or(above.length_minutes),
            reauthenticate_after_minutes: self.reauthenticate_after_minutes.or(above.reauthenticate_after_minutes),
        }
    }

    /// How long a session lasts.
    pub fn length(&self) -> SignedDuration {
        self.length_minutes.map_or(DEFAULT_LENGTH, Minutes::duration).min(ABSOLUTE)
    }

    /// How old an authentication may be when a session begins; none: of any age.
    pub fn reauthenticate_after(&self) -> Option<SignedDuration> {
        self.reauthenticate_after_minutes.map(Minutes::duration)
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(length: Option<u32>, age: Option<u32>) -> SessionSettings {
        SessionSettings {
            length_minutes: length.map(|it| it.try_into().unwrap()),
            reauthenticate_after_minutes: age.map(|it| it.try_into().unwrap()),
        }
    }

    #[test]
    fn each_of_the_two_comes_from_above_where_an_account_says_nothing_of_it() {
        let above = settings(Some(60), Some(30));
        assert_eq!(settings(None, None).below(&above), above);
        assert_eq!(settings(Some(480), None).below(&above), settings(Some(480), Some(30)), "longer than above, too");
        assert_eq!(settings(None, Some(5)).below(&above), settings(Some(60), Some(5)));
    }

    #[test]
    fn where_nobody_says_anything_a_session_lasts_twelve_hours_from_an_authentication_of_any_age() {
        assert_eq!(SessionSettings::default().length(), SignedDuration::from_hours(12));
        assert_eq!(SessionSettings::default().reauthenticate_after(), None);
    }

    #[test]
    fn no_session_is_shorter_than_five_minutes_or_longer_than_a_day() {
        type Length = Minutes<MOST_LENGTH>;
        assert_eq!(Length::try_from(4), Err(NotMinutes { got: 4, most: 1440 }));
        assert_eq!(Length::try_from(1441), Err(NotMinutes { got: 1441, most: 1440 }));
        assert_eq!(settings(Some(1440), None).length(), ABSOLUTE);
        assert_eq!(NotMinutes { got: 4, most: 1440 }.to_string(), "got 4 minutes; 5 to 1440 are wanted");
    }
}
