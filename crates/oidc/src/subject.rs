//! `sub`: who signed in, for the application.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A user's identifier: stable, never given to another; 1 to 255 ASCII characters, compared as they are.
/// OIDC Core §2.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subject(String);

/// Why a text is no `sub`. The provider's code mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// Empty, or longer than 255 characters.
    #[error("a subject has 1 to 255 characters, this one {got}")]
    Length {
        /// Octets that came.
        got: usize,
    },
    /// Characters that are not printable ASCII.
    #[error("a subject has printable ASCII characters only")]
    Character,
}

impl Subject {
    /// Judges `text`.
    ///
    /// # Errors
    /// [`SubjectError`] for a length or a character that OIDC Core §2 excludes.
    pub fn new(text: impl Into<String>) -> Result<Self, SubjectError> {
        let text = text.into();
        if text.is_empty() || text.len() > 255 {
            return Err(SubjectError::Length { got: text.len() });
        }
        if !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(SubjectError::Character);
        }
        Ok(Self(text))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Subject {
    type Error = SubjectError;

    fn try_from(text: String) -> Result<Self, SubjectError> {
        Self::new(text)
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> Self {
        subject.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_1_to_255_printable_ascii_characters() {
        assert!(Subject::new("u".repeat(255)).is_ok());
        assert_eq!(Subject::new(""), Err(SubjectError::Length { got: 0 }));
        assert_eq!(Subject::new("u".repeat(256)), Err(SubjectError::Length { got: 256 }));
        assert_eq!(Subject::new("a b"), Err(SubjectError::Character));
    }
}
