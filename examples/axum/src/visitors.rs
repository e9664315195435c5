//! Who is signing in, and who is signed in: in memory, by the secret in their cookie.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use vestibule_oidc::relying_party::{IdToken, Pending};

/// The most of each; the next one takes the place of the oldest.
const KEPT: usize = 1000;
/// How long a sign-in may take.
pub(crate) const PATIENCE: SignedDuration = SignedDuration::from_mins(30);
/// How long somebody stays signed in.
pub(crate) const STAY: SignedDuration = SignedDuration::from_hours(12);

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) claims: IdToken,
    /// As it came. Vestibule is shown it when they sign out.
    pub(crate) id_token: String,
}

pub(crate) struct Visitors {
    draw: fn(&mut [u8]),
    pending: Mutex<Kept<Pending>>,
    signed_in: Mutex<Kept<Visitor>>,
}

/// By key, each until a time.
type Kept<T> = BTreeMap<String, (T, Timestamp)>;

impl Visitors {
    pub(crate) fn new(draw: fn(&mut [u8])) -> Self {
        Self { draw, pending: Mutex::default(), signed_in: Mutex::default() }
    }

    /// Keeps a sign-in that was begun; what its cookie holds.
    pub(crate) fn begin(&self, pending: Pending, now: Timestamp) -> String {
        keep(self.key(), &self.pending, pending, now, PATIENCE)
    }

    /// The sign-in of this cookie, once.
    pub(crate) fn take(&self, key: &str, now: Timestamp) -> Option<Pending> {
        let (pending, until) = lock(&self.pending).remove(key)?;
        (now < until).then_some(pending)
    }

    /// Keeps somebody who is signed in; what their cookie holds.
    pub(crate) fn admit(&self, visitor: Visitor, now: Timestamp) -> String {
        keep(self.key(), &self.signed_in, visitor, now, STAY)
    }

    pub(crate) fn of(&self, key: &str, now: Timestamp) -> Option<Visitor> {
        let kept = lock(&self.signed_in);
        kept.get(key).filter(|(_, until)| now < *until).map(|(visitor, _)| visitor.clone())
    }

    /// Whoever it was is signed in no more.
    pub(crate) fn leave(&self, key: &str) -> Option<Visitor> {
        lock(&self.signed_in).remove(key).map(|(visitor, _)| visitor)
    }

    /// A session at Vestibule has ended, or where none is named all of a person's: whoever came in by it is signed in no
    /// more, in none of their browsers.
    pub(crate) fn end(&self, session: Option<&str>, person: Option<&str>) {
        let has_ended = |visitor: &Visitor| match session {
            Some(session) => visitor.claims.sid.as_deref() == Some(session),
            None => person == Some(visitor.claims.sub.as_str()),
        };
        lock(&self.signed_in).retain(|_, (visitor, _)| !has_ended(visitor));
    }

    fn key(&self) -> String {
        let mut octets = [0; 32];
        (self.draw)(&mut octets);
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}

fn keep<T>(key: String, kept: &Mutex<Kept<T>>, what: T, now: Timestamp, stay: SignedDuration) -> String {
    let mut kept = lock(kept);
    kept.retain(|_, (_, until)| now < *until);
    if kept.len() >= KEPT {
        let oldest = kept.iter().min_by_key(|(_, (_, until))| *until).map(|(key, _)| key.clone());
        oldest.and_then(|oldest| kept.remove(&oldest));
    }
    kept.insert(key.clone(), (what, now.saturating_add(stay).unwrap_or(Timestamp::MAX)));
    key
}

fn lock<T>(kept: &Mutex<Kept<T>>) -> MutexGuard<'_, Kept<T>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
