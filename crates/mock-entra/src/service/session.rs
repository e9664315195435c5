//! Who is signed in at Entra, in which browser.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Entra;
use super::seed::Method;

/// A persistent session ends when it was not used for this long (E-25).
const PERSISTENT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Any other ends after this long.
const TRANSIENT: SignedDuration = SignedDuration::from_hours(24);

/// That somebody authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Session {
    /// The tenant's ID.
    pub(super) tenant: String,
    /// The person's object ID.
    pub(super) user: String,
    /// When the person authenticated.
    pub(super) since: Timestamp,
    /// How.
    pub(super) method: Method,
    /// Whether with a second factor.
    pub(super) second_factor: bool,
    /// Whether "Stay signed in" was said.
    pub(super) persistent: bool,
    /// When it was last used.
    pub(super) used: Timestamp,
    /// Who signed in by it.
    pub(super) participants: Vec<Participant>,
}

/// An application that somebody signed in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Participant {
    /// The application ID.
    pub(super) app_id: String,
    /// The `SessionIndex` of the assertion.
    pub(super) session_index: String,
}

/// All sessions by browser.
#[derive(Debug, Default)]
pub(super) struct Sessions(BTreeMap<String, Vec<Session>>);

impl Sessions {
    /// Those of a browser that have not ended.
    pub(super) fn of(&self, browser: &str, now: Timestamp) -> Vec<Session> {
        let lasts = |session: &&Session| {
            let window = if session.persistent { PERSISTENT } else { TRANSIENT };
            now.duration_since(session.used) < window
        };
        self.0.get(browser).into_iter().flatten().filter(lasts).cloned().collect()
    }

    /// Takes a session in place of an older one of the same person.
    pub(super) fn put(&mut self, browser: &str, mut session: Session) {
        let sessions = self.0.entry(browser.to_owned()).or_default();
        // Who signs in anew stays signed in at the applications.
        let older = sessions.iter().find(|other| (&other.tenant, &other.user) == (&session.tenant, &session.user));
        let kept = older.into_iter().flat_map(|older| older.participants.clone());
        let mut participants: Vec<_> = kept.filter(|old| !session.participants.contains(old)).collect();
        participants.append(&mut session.participants);
        session.participants = participants;
        sessions.retain(|other| (&other.tenant, &other.user) != (&session.tenant, &session.user));
        sessions.push(session);
    }

    /// Ends one person's.
    pub(super) fn end_of(&mut self, browser: &str, ended: &Session) {
        let sessions = self.0.entry(browser.to_owned()).or_default();
        sessions.retain(|other| (&other.tenant, &other.user) != (&ended.tenant, &ended.user));
    }

    /// Ends all sessions of a browser.
    pub(super) fn end(&mut self, browser: &str) {
        self.0.remove(browser);
    }
}

impl Entra {
    /// Makes every session older: whoever signed in just now did so `by` ago (E-25). Sessions still count as used now.
    pub fn backdate_sessions(&self, by: SignedDuration) {
        for session in self.state().sessions.0.values_mut().flatten() {
            session.since = session.since.checked_sub(by).unwrap_or(Timestamp::MIN);
        }
    }
}
