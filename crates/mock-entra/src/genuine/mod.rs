//! Answers that must be accepted.

mod entra;
mod others;

use crate::case::Case;

/// All of them, except the one real response, which nobody can make again.
pub fn cases() -> Vec<Case> {
    [entra::cases(), others::cases()].concat()
}
