//! Errors as Entra tells them: a number, a text that may change, and where the browser ends up.

use std::fmt;

/// Why Entra does not sign somebody in, with its number. It is shown on Entra's own page; what reaches the application
/// instead is a [`Delivery`](super::Delivery).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The number behind `AADSTS`.
    pub code: u32,
    /// What stands behind it.
    pub text: String,
}

impl Refusal {
    pub(super) fn new(code: u32, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AADSTS{}: {}", self.code, self.text)
    }
}

impl std::error::Error for Refusal {}
