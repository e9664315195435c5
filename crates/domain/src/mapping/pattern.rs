//! Patterns with bounds.

use std::fmt;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The longest pattern, in bytes.
pub const MAX_PATTERN: usize = 1024;
/// How much memory a compiled pattern may take, in bytes.
pub const MAX_COMPILED: usize = 256 * 1024;

/// A pattern that finds its place in time linear in the value, whatever either of them is.
#[derive(Clone)]
pub struct Pattern {
    anywhere: Regex,
    /// The same between the ends of the text: a search for the pattern may settle for less than the whole.
    whole: Regex,
}

/// Why a pattern is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatternError {
    /// More than [`MAX_PATTERN`] bytes.
    #[error("the pattern has {got} bytes, more than {MAX_PATTERN}; split the rule")]
    TooLong {
        /// Its length.
        got: usize,
    },
    /// Short to write and vast to run, such as `(.{1000}){1000}`.
    #[error("the pattern {got:?} takes more than {MAX_COMPILED} bytes when compiled; use smaller repetitions")]
    TooLarge {
        /// The pattern.
        got: String,
    },
    /// No pattern.
    #[error("{got:?} is not a pattern: {reason}")]
    Syntax {
        /// What was given.
        got: String,
        /// What is wrong with it, on one line.
        reason: String,
    },
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is malformed, too long, or too large when compiled.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        if pattern.len() > MAX_PATTERN {
            return Err(PatternError::TooLong { got: pattern.len() });
        }
        let build = |text: &str| {
            let mut builder = RegexBuilder::new(text);
            builder.size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).nest_limit(64).build()
        };
        let refused = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => PatternError::TooLarge { got: pattern.to_owned() },
            error => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                PatternError::Syntax { got: pattern.to_owned(), reason }
            }
        };
        let anywhere = build(pattern).map_err(refused)?;
        let whole = build(&format!(r"\A(?:{pattern})\z")).map_err(refused)?;
        Ok(Self { anywhere, whole })
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        self.anywhere.as_str()
    }

    /// Whether the whole value is as the pattern says.
    pub fn is_whole(&self, value: &str) -> bool {
        self.whole.is_match(value)
    }

    /// What the first group found, or all that was found; with a replacement, that instead.
    pub(super) fn extract(&self, value: &str, replacement: Option<&str>) -> Option<String> {
        let found = self.anywhere.captures(value)?;
        let Some(replacement) = replacement else {
            return Some(found.get(1).or_else(|| found.get(0))?.as_str().to_owned());
        };
        let mut text = String::new();
        found.expand(replacement, &mut text);
        Some(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// HY-30: a pattern has bounds on its length, its compiled size and its time.
    #[test]
    fn a_pattern_out_of_bounds_is_refused() {
        assert_eq!(Pattern::new(&"a".repeat(1025)), Err(PatternError::TooLong { got: 1025 }));
        let got = "(.{500}){500}".to_owned();
        assert_eq!(Pattern::new(&got), Err(PatternError::TooLarge { got }));
        assert!(matches!(Pattern::new("(a"), Err(PatternError::Syntax { got, .. }) if got == "(a"));
        assert!(matches!(Pattern::new("(?=a)"), Err(PatternError::Syntax { .. })), "no look-around");
    }

    #[test]
    fn a_pattern_takes_its_first_group_or_all() {
        let take = |pattern: &str, replacement| Pattern::new(pattern).unwrap().extract("ada@corp.example", replacement);
        assert_eq!(take("^([^@]+)@", None).as_deref(), Some("ada"));
        assert_eq!(take("@.*", None).as_deref(), Some("@corp.example"));
        assert_eq!(take("^(.+)@(.+)$", Some("$2/$1")).as_deref(), Some("corp.example/ada"));
        assert_eq!(take("^x", None), None);
        assert_eq!(take(r"(?i)CORP\.(\p{L}+)", None).as_deref(), Some("example"));
    }

    #[test]
    fn a_whole_match_leaves_nothing_over() {
        let digits = Pattern::new("[0-9]+").unwrap();
        assert!(digits.is_whole("123"));
        assert!(!digits.is_whole("123a"));
        assert!(!digits.is_whole(""));
        assert!(Pattern::new("a|ab").unwrap().is_whole("ab"));
    }
}
