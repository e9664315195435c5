//! How far a connection is set up, and what changes that.
//!
//! ```text
//! draft ──test passed──▶ tested ──activate──▶ active ──pause──▶ paused
//!   ▲                      │                    ▲                 │
//!   └────────edit──────────┘                    └────activate─────┘
//! ```
//!
//! An edit of an active connection takes effect at once; what is then untested is shown. A test may pass at any time
//! and only ever moves a draft.

use jiff::Timestamp;
use thiserror::Error;

use crate::connection::{Connection, ConnectionState, ExpiredCertificates};
use crate::event::Actor;
use crate::readiness::Missing;

/// A change of state, to be written where the state is still `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// The state before.
    pub from: ConnectionState,
    /// The state after.
    pub to: ConnectionState,
}

/// On what grounds a connection is put in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grounds {
    /// A test passed after the last edit.
    Test,
    /// Somebody of the operator's says so, and is named in the audit log.
    Override(Actor),
}

/// Why a connection is not put in force.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotActivated {
    /// It is in force already.
    #[error("the connection is active already")]
    Active,
    /// Settings are missing (CC-10).
    #[error("the connection is not complete: {}", list(.missing))]
    Incomplete {
        /// Each of them.
        missing: Vec<Missing>,
    },
    /// No certificate is in its time, and expired ones are refused (E-50).
    #[error("every signing certificate has expired; add the one with which the identity provider signs now")]
    Expired,
    /// No test has passed at all.
    #[error("no test has passed yet; run one, it signs nobody in")]
    Untested,
    /// It was edited since the last test that passed.
    #[error(
        "the last test that passed is of {tested_at}, and the settings were edited at {edited_at}; run another one"
    )]
    EditedSince {
        /// When the last test passed.
        tested_at: Timestamp,
        /// When a setting was changed.
        edited_at: Timestamp,
    },
}

/// Puts a connection in force: from a draft too where somebody overrides the test, and again after a pause.
///
/// # Errors
/// It is active, incomplete, or without a certificate in its time, which nobody can override; or no test passed after
/// the last edit.
pub fn activate(connection: &Connection, grounds: &Grounds, now: Timestamp) -> Result<Transition, NotActivated> {
    if connection.state == ConnectionState::Active {
        return Err(NotActivated::Active);
    }
    let missing = connection.saml.readiness();
    if !missing.is_empty() {
        return Err(NotActivated::Incomplete { missing });
    }
    let in_time = connection.saml.read_certificates().any(|certificate| certificate.not_after() >= now);
    if !in_time && connection.saml.expired_certificate == ExpiredCertificates::Refuse {
        return Err(NotActivated::Expired);
    }
    match (grounds, connection.tested_at) {
        (Grounds::Test, None) => return Err(NotActivated::Untested),
        (Grounds::Test, Some(tested_at)) if tested_at <= connection.edited_at => {
            return Err(NotActivated::EditedSince { tested_at, edited_at: connection.edited_at });
        }
        (Grounds::Test, Some(_)) | (Grounds::Override(_), _) => {}
    }
    Ok(Transition { from: connection.state, to: ConnectionState::Active })
}

/// Takes an active connection out of force: nobody signs in through it until it is activated again. None for a
/// connection that is not active.
pub fn pause(connection: &Connection) -> Option<Transition> {
    let from = connection.state;
    (from == ConnectionState::Active).then_some(Transition { from, to: ConnectionState::Paused })
}

/// A test has passed. Its time is recorded for every state; only a draft moves.
pub fn test_passed(state: ConnectionState) -> Option<Transition> {
    (state == ConnectionState::Draft).then_some(Transition { from: state, to: ConnectionState::Tested })
}

/// A setting was changed: what was tested is tested no longer.
pub fn edited(state: ConnectionState) -> Option<Transition> {
    (state == ConnectionState::Tested).then_some(Transition { from: state, to: ConnectionState::Draft })
}

fn list(missing: &[Missing]) -> String {
    let texts: Vec<String> = missing.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

#[cfg(test)]
mod tests;
