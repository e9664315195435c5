//! The admin API: by which keys programs come in, and how far those reach.
//!
//! A key is of one account: it reaches that one and those below it, as far as its [role](ConsoleRole) goes, and changes no
//! more than its [`ApiAccess`] says.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::event::Actor;
use crate::id::{AccountId, ApiKeyId};
use crate::user::ConsoleRole;

/// The most keys of an account that are good.
pub const MAX_KEYS: usize = 50;
/// The longest name, in characters.
pub const MAX_NAME: usize = 80;
/// For how many days a key is good at most.
pub const MAX_DAYS: u16 = 730;
/// For how many days a key is good at most that a program made, and for how many it is unless that says otherwise.
pub const MADE_DAYS: u16 = 90;
/// So long a key that is over is still listed.
pub const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// So long the answer to a request with an `Idempotency-Key` is kept.
pub const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// A request of which nothing was heard for so long was broken off: the same one is taken up again.
pub const BROKEN_OFF: SignedDuration = SignedDuration::from_mins(2);

/// What a program may do beyond seeing, each with all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiAccess {
    /// It sees.
    Read,
    /// It changes what is not trust: people, who waits, accounts, drafts.
    Write,
    /// It changes what is trusted too: certificates, connections in force, keys. In the console a person authenticates
    /// anew for that, which a program cannot (A27.3).
    Trust,
}

impl ApiAccess {
    /// All of them, the least first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Trust];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Trust => "trust",
        }
    }

    /// The scope by which an application's token has it (RFC 6749 §3.3).
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Read => "vestibule.read",
            Self::Write => "vestibule.write",
            Self::Trust => "vestibule.trust",
        }
    }

    /// The access of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|access| access.name() == name)
    }

    /// The most that a list of scopes gives; none: none of them is the API's.
    pub fn of_scopes(scopes: &str) -> Option<Self> {
        scopes.split(' ').filter_map(|scope| Self::ALL.into_iter().find(|access| access.scope() == scope)).max()
    }
}

/// A key of the admin API. Its secret is known to whoever has it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its identity, by which it is listed and revoked.
    pub id: ApiKeyId,
    /// The account: it reaches that one and what is below.
    pub account: AccountId,
    /// Its name for people.
    pub name: String,
    /// As what it comes.
    pub role: ConsoleRole,
    /// What it may do of what that role may.
    pub access: ApiAccess,
    /// Since when there is such a key.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// When it was used last, to the hour.
    pub used_at: Option<Timestamp>,
    /// From then on it opens nothing; none: it is good until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Why a key opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyOver {
    /// Somebody revoked it.
    #[error("the key was revoked")]
    Revoked,
    /// Its days are over.
    #[error("the key has expired")]
    Expired,
}

impl ApiKey {
    /// Why it opens nothing now; none: it is good.
    pub fn over(&self, now: Timestamp) -> Option<KeyOver> {
        if self.revoked_at.is_some() {
            Some(KeyOver::Revoked)
        } else if self.expires_at.is_some_and(|at| at <= now) {
            Some(KeyOver::Expired)
        } else {
            None
        }
    }
}

/// What an application may do at the admin API, by tokens for itself (RFC 6749 §4.4). It reaches the account that it serves
/// alone, or the platform, and what is below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiOfApplication {
    /// As what it comes.
    pub role: ConsoleRole,
    /// What it may do of what that role may, where its token has the scope.
    pub access: ApiAccess,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_give_the_most_that_is_among_them_and_others_nothing() {
        assert_eq!(ApiAccess::of_scopes("vestibule.read vestibule.trust other"), Some(ApiAccess::Trust));
        assert_eq!(ApiAccess::of_scopes("vestibule.read"), Some(ApiAccess::Read));
        for none in ["", "read", "vestibule", "vestibule.readvestibule.write", "VESTIBULE.READ"] {
            assert_eq!(ApiAccess::of_scopes(none), None, "{none}");
        }
        for access in ApiAccess::ALL {
            assert_eq!(ApiAccess::named(access.name()), Some(access));
            assert_eq!(serde_json::to_value(access).unwrap(), access.name());
        }
        assert!(ApiAccess::Read < ApiAccess::Write && ApiAccess::Write < ApiAccess::Trust);
    }
}
