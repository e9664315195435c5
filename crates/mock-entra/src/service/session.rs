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
    pub(super) fn put(&mut self, browser: &str, session: Session) {
        let sessions = self.0.entry(browser.to_owned()).or_default();
        sessions.retain(|other| (&other.tenant, &other.user) != (&session.tenant, &session.user));
        sessions.push(session);
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
