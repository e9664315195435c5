//! Which claims an identity provider sends, by their names: for whoever maps them. What is personal is not kept.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use vestibule_domain::attempt::Asserted;
use vestibule_store::tx::MAX_OBSERVED;

/// The longest name that is kept, in bytes.
const MAX_NAME: usize = 300;

/// The names of a connection's claims that this process knows to be noted, so that a sign-in writes only what is new.
#[derive(Default)]
pub(crate) struct NotedClaims(Mutex<BTreeSet<String>>);

impl NotedClaims {
    /// The names in an answer that are not known to be noted.
    pub(crate) fn news(&self, asserted: &Asserted) -> Vec<String> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= MAX_OBSERVED {
            return Vec::new();
        }
        let names = asserted.attributes.iter().map(|attribute| &attribute.name);
        names.filter(|name| name.len() <= MAX_NAME && !noted.contains(*name)).cloned().collect()
    }

    /// They are noted.
    pub(crate) fn noted(&self, names: Vec<String>) {
        if !names.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(names);
        }
    }
}
