//! Who is signing in, and who is signed in: in memory, for as long as the demonstration runs.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use vestibule_oidc::relying_party::{IdToken, Pending};

use crate::services;

/// The most of each; the next one takes the place of any.
const KEPT: usize = 1000;
/// How long a sign-in may take.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);

/// Visitors by the secret in their cookie.
#[derive(Default)]
pub(super) struct Visitors(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    pending: BTreeMap<String, (Pending, Timestamp)>,
    signed_in: BTreeMap<String, IdToken>,
}

impl Visitors {
    /// Keeps a sign-in that was begun; what its cookie holds.
    pub(super) fn begin(&self, pending: Pending, now: Timestamp) -> String {
        let token = token();
        let mut kept = self.kept();
        kept.pending.retain(|_, (_, at)| now.duration_since(*at) < PATIENCE);
        make_room(&mut kept.pending);
        kept.pending.insert(token.clone(), (pending, now));
        token
    }

    /// The sign-in of this cookie, once.
    pub(super) fn take(&self, token: &str, now: Timestamp) -> Option<Pending> {
        let (pending, at) = self.kept().pending.remove(token)?;
        (now.duration_since(at) < PATIENCE).then_some(pending)
    }

    /// Keeps somebody who is signed in; what their cookie holds.
    pub(super) fn admit(&self, person: IdToken) -> String {
        let token = token();
        let mut kept = self.kept();
        make_room(&mut kept.signed_in);
        kept.signed_in.insert(token.clone(), person);
        token
    }

    pub(super) fn signed_in(&self, token: &str) -> Option<IdToken> {
        self.kept().signed_in.get(token).cloned()
    }

    pub(super) fn sign_out(&self, token: &str) {
        self.kept().signed_in.remove(token);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room<T>(kept: &mut BTreeMap<String, T>) {
    if kept.len() >= KEPT {
        kept.pop_first();
    }
}

fn token() -> String {
    services::random::<32>().iter().map(|octet| format!("{octet:02x}")).collect()
}
