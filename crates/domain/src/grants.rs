//! What people are given by those who let them in: roles and scopes in applications, and the reach of approvers.
//!
//! They are kept apart from what claims say, so that no sign-in takes them away and no identity provider gives them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most values that a set of scopes has, over all its kinds.
pub const MAX_SCOPES: usize = 500;
/// The most roles that a person is given.
pub const MAX_ROLES: usize = 100;
/// The longest name of a role or a kind of scope, and the longest value of a scope, in characters.
pub const MAX_NAME: usize = 100;

/// A set of scopes that is never empty: kinds, such as `site`, each with values, such as `berlin`. Nothing in it stands
/// for everything.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, BTreeSet<String>>", into = "BTreeMap<String, BTreeSet<String>>")]
pub struct Scopes(BTreeMap<String, BTreeSet<String>>);

/// Why a set of scopes is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScopesError {
    /// Nothing is in it, or nothing under a kind. It would be taken for everything, or for nothing, by mistake.
    #[error("no scope is named{}; at least one kind with at least one value is wanted", of(.kind.as_deref()))]
    Empty {
        /// The kind without a value; none where there is no kind at all.
        kind: Option<String>,
    },
    /// A kind or a value that is no name.
    #[error("{got:?} is no name of a scope: 1 to {MAX_NAME} characters without line breaks are wanted")]
    Name {
        /// What was given, at most 100 characters of it.
        got: String,
    },
    /// Too many of them.
    #[error("{got} scopes are named; at most {MAX_SCOPES} are wanted, so name a larger kind of scope")]
    TooMany {
        /// How many.
        got: usize,
    },
}

fn of(kind: Option<&str>) -> String {
    kind.map(|kind| format!(" of the kind {kind:?}")).unwrap_or_default()
}

impl Scopes {
    /// A set of scopes.
    ///
    /// # Errors
    /// It is empty somewhere, too large, or has a name that is none.
    pub fn new(scopes: BTreeMap<String, BTreeSet<String>>) -> Result<Self, ScopesError> {
        if scopes.is_empty() {
            return Err(ScopesError::Empty { kind: None });
        }
        for (kind, values) in &scopes {
            if values.is_empty() {
                return Err(ScopesError::Empty { kind: Some(kind.clone()) });
            }
            if let Some(odd) = std::iter::once(kind).chain(values).find(|name| !is_name(name)) {
                return Err(ScopesError::Name { got: odd.chars().take(MAX_NAME).collect() });
            }
        }
        match scopes.values().map(BTreeSet::len).sum() {
            got if got > MAX_SCOPES => Err(ScopesError::TooMany { got }),
            _ => Ok(Self(scopes)),
        }
    }

    /// Whether all of the other is in this.
    pub fn holds(&self, other: &Self) -> bool {
        other.0.iter().all(|(kind, values)| self.0.get(kind).is_some_and(|own| values.is_subset(own)))
    }

    /// Whether something is in both.
    pub fn meets(&self, other: &Self) -> bool {
        other.0.iter().any(|(kind, values)| self.0.get(kind).is_some_and(|own| !values.is_disjoint(own)))
    }

    /// Each kind with its values.
    pub fn by_kind(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, BTreeSet<String>>> for Scopes {
    type Error = ScopesError;

    fn try_from(scopes: BTreeMap<String, BTreeSet<String>>) -> Result<Self, ScopesError> {
        Self::new(scopes)
    }
}

impl From<Scopes> for BTreeMap<String, BTreeSet<String>> {
    fn from(scopes: Scopes) -> Self {
        scopes.0
    }
}

/// As in a file.
impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

/// Whether a text may name a role, a kind of scope or a value of one.
pub fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control)
}

/// What a person is given in applications.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Granted {
    /// Roles, by the names that applications know.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// Scopes; none: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Scopes>,
}

impl Granted {
    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty() && self.scopes.is_none()
    }
}

/// Whom an approver may let in, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Everybody of their account, to everything.
    Account,
    /// To these scopes alone.
    Scopes(Scopes),
}

/// All that a person was given here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    /// In applications.
    #[serde(skip_serializing_if = "Granted::is_empty")]
    pub granted: Granted,
    /// Whom they may let in, where they are an approver. None: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approves: Option<Reach>,
}

impl Grants {
    /// Whether they were given nothing.
    pub fn is_empty(&self) -> bool {
        self.granted.is_empty() && self.approves.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(pairs: &[(&str, &[&str])]) -> Result<Scopes, ScopesError> {
        let set = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        Scopes::new(pairs.iter().map(|(kind, values)| ((*kind).to_owned(), set(values))).collect())
    }

    #[test]
    fn no_set_of_scopes_is_empty_anywhere() {
        assert_eq!(scopes(&[]), Err(ScopesError::Empty { kind: None }));
        let empty = ScopesError::Empty { kind: Some("site".to_owned()) };
        assert_eq!(scopes(&[("house", &["a"]), ("site", &[])]), Err(empty.clone()));
        assert!(empty.to_string().contains("of the kind \"site\""));
        let stored = serde_json::from_str::<Grants>(r#"{"approves":{"scopes":{}}}"#);
        assert!(stored.unwrap_err().to_string().contains("no scope is named"));
    }

    #[test]
    fn one_set_holds_another_where_each_kind_does() {
        let both = scopes(&[("site", &["berlin", "paris"]), ("house", &["1"])]).unwrap();
        assert!(both.holds(&scopes(&[("site", &["paris"])]).unwrap()));
        assert!(!both.holds(&scopes(&[("site", &["paris", "rome"])]).unwrap()));
        assert!(!both.holds(&scopes(&[("site", &["paris"]), ("room", &["1"])]).unwrap()));
        assert!(both.meets(&scopes(&[("site", &["paris", "rome"])]).unwrap()));
        assert!(!both.meets(&scopes(&[("site", &["1"])]).unwrap()), "a value is one of its kind");
    }

    #[test]
    fn names_are_short_and_of_one_line() {
        let long = "x".repeat(MAX_NAME + 1);
        for odd in ["", " ", "a\nb", long.as_str()] {
            assert!(matches!(scopes(&[("site", &[odd])]), Err(ScopesError::Name { .. })), "{odd:?}");
            assert!(matches!(scopes(&[(odd, &["a"])]), Err(ScopesError::Name { .. })), "{odd:?}");
        }
        let many: Vec<String> = (0..=MAX_SCOPES).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(scopes(&[("site", &many)]), Err(ScopesError::TooMany { got: MAX_SCOPES + 1 }));
    }
}
