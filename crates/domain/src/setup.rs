//! Set-up links: somebody without an account sets up one connection, while it is a draft (SC-11, SC-13).
//!
//! ```text
//! created ──opened──▶ parts saved, tests ──passed──▶ activated by it, or asked for ──▶ ended
//!    └──────────── revoked, or its days are over ────────────▶ it opens nothing
//! ```

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::connection::ConnectionState;
use crate::event::Actor;
use crate::id::{AccountId, AttemptId, ConnectionId, SetupLinkId};

/// For how many days a link is good where nothing else is said.
pub const DEFAULT_DAYS: u16 = 7;
/// For how many days at most.
pub const MAX_DAYS: u16 = 30;
/// So long a link that is over is still listed.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A test that nothing was heard of for so long is asked about: most mistakes keep people at the identity provider's
/// own page.
pub const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// A set-up link. Its secret is known to whoever has it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLink {
    /// Its identity, by which it is listed and revoked.
    pub id: SetupLinkId,
    /// The account.
    pub account: AccountId,
    /// The one connection that it sets up.
    pub connection: ConnectionId,
    /// Since when there is such a link.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
    /// When it was opened first.
    pub opened_at: Option<Timestamp>,
    /// When something was saved last.
    pub saved_at: Option<Timestamp>,
    /// When whoever has it said that our values stand at the identity provider.
    pub given_at: Option<Timestamp>,
    /// When it was said who comes in.
    pub people_at: Option<Timestamp>,
    /// The last test that was begun by it, and when.
    pub test: Option<(AttemptId, Timestamp)>,
    /// When an administrator was asked to put the connection in force.
    pub asked_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When its connection came in force.
    pub ended_at: Option<Timestamp>,
}

/// Why a link opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LinkOver {
    /// Somebody took it back.
    #[error("the link was revoked")]
    Revoked,
    /// Its connection came in force, which was what it was for.
    #[error("the link ended when its connection came in force")]
    Ended,
    /// Its days are over.
    #[error("the link has expired")]
    Expired,
    /// Its connection is no draft: in force, or paused.
    #[error("the connection is no draft any more, and a link works on drafts alone")]
    NotADraft,
}

impl SetupLink {
    /// Why it opens nothing now, with its connection in this state; none: it is good.
    pub fn over(&self, connection: ConnectionState, now: Timestamp) -> Option<LinkOver> {
        if self.revoked_at.is_some() {
            Some(LinkOver::Revoked)
        } else if self.ended_at.is_some() {
            Some(LinkOver::Ended)
        } else if self.expires_at <= now {
            Some(LinkOver::Expired)
        } else {
            (!is_draft(connection)).then_some(LinkOver::NotADraft)
        }
    }
}

/// Whether a connection of this state may be set up by a link: one that nobody depends on.
pub const fn is_draft(state: ConnectionState) -> bool {
    matches!(state, ConnectionState::Draft | ConnectionState::Tested)
}

/// On whose word a connection is put in force that was set up by a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetupActivation {
    /// Whoever has the link, after a test that passed; where the connection reaches people who are there already, an
    /// administrator confirms.
    #[default]
    AfterTest,
    /// An administrator confirms always.
    Confirmed,
}

impl SetupActivation {
    /// Whether whoever has the link may put the connection in force. Where there are people, a new identity provider
    /// could come in as each of them.
    pub const fn by_link(self, reaches_people: bool) -> bool {
        matches!(self, Self::AfterTest) && !reaches_people
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> SetupLink {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        SetupLink {
            id: SetupLinkId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            connection: ConnectionId::from_bytes([3; 16]),
            created_at: at(100),
            created_by: Actor::CommandLine,
            expires_at: at(200),
            opened_at: None,
            saved_at: None,
            given_at: None,
            people_at: None,
            test: None,
            asked_at: None,
            revoked_at: None,
            ended_at: None,
        }
    }

    #[test]
    fn a_link_is_good_for_a_draft_in_its_days() {
        let now = Timestamp::from_second(150).unwrap();
        for state in [ConnectionState::Draft, ConnectionState::Tested] {
            assert_eq!(link().over(state, now), None);
            assert_eq!(link().over(state, Timestamp::from_second(200).unwrap()), Some(LinkOver::Expired));
        }
        for state in [ConnectionState::Active, ConnectionState::Paused] {
            assert_eq!(link().over(state, now), Some(LinkOver::NotADraft));
        }
        let revoked = SetupLink { revoked_at: Some(now), ..link() };
        assert_eq!(revoked.over(ConnectionState::Draft, now), Some(LinkOver::Revoked));
        let ended = SetupLink { ended_at: Some(now), ..link() };
        assert_eq!(ended.over(ConnectionState::Draft, now), Some(LinkOver::Ended));
    }

    /// A27.3: nobody is taken over by a link.
    #[test]
    fn a_link_activates_only_where_nobody_is_yet() {
        assert!(SetupActivation::AfterTest.by_link(false));
        assert!(!SetupActivation::AfterTest.by_link(true));
        assert!(!SetupActivation::Confirmed.by_link(false) && !SetupActivation::Confirmed.by_link(true));
    }
}
