//! From claims to a profile: the settings. [`map`] applies them.
//!
//! In a file they are short texts, of which each reads from left to right:
//!
//! ```toml
//! [mapping.rules]
//! name = ["displayname | lower | slug", "emailaddress | lower"]
//! email = "emailaddress"
//! groups = ["groups", "wids"]
//!
//! [mapping.more]
//! department = ["department | trim", "'unknown'"]
//!
//! [[mapping.roles]]
//! claim = "groups"
//! value = "9f6e2d1c-55aa-4c1b-8f3e-0d2b6a7c8e90"
//! role = "manager"
//! ```
//!
//! [`Source`] has the grammar.

mod claims;
mod compact;
mod graph;
mod lacking;
mod map;
mod pattern;
mod rule;
mod transform;
mod validator;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use claims::{Ambiguous, MissingClaim, find, required};
pub use compact::CompactError;
pub use graph::groups_link;
pub use map::{Mapped, MappingProblem, Note, map};
pub use pattern::{MAX_COMPILED, MAX_PATTERN, Pattern, PatternError};
pub use rule::Rule;
pub use transform::{MAX_VALUE, MAX_VALUES};
pub use validator::Validator;

/// The name of a claim: its URI, the last segment of it, or its FriendlyName (CC-24).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claim(pub String);

impl Claim {
    /// A claim of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as it was set.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which value identifies a person at a connection for ever (A25.1, E-36).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SubjectKey {
    /// The NameID with its format. A transient one is refused.
    #[default]
    NameId,
    /// These claims together, in order; each must be there with exactly one value.
    Claims(Vec<Claim>),
}

/// What becomes of the claims (CC-11).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// Where each property of a profile comes from. One that is not named here is left as it is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<Property, Rule>,
    /// Where properties beyond those come from, by names of the account's own choice.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, Rule>,
    /// Which values give which roles (CC-29).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleRule>,
}

impl Mapping {
    /// This mapping with another's rules in the place of its own where both have one, and the other's roles after
    /// its own: how an account changes a preset. A rule without sources takes the preset's away.
    #[must_use]
    pub fn overlaid(mut self, over: &Self) -> Self {
        self.rules.extend(over.rules.iter().map(|(property, rule)| (*property, rule.clone())));
        self.more.extend(over.more.iter().map(|(name, rule)| (name.clone(), rule.clone())));
        self.roles.extend(over.roles.iter().cloned());
        self
    }
}

/// A property of a [`Profile`](crate::user::Profile) that has a meaning to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// The name that the application knows the person by (CC-12).
    Name,
    /// The e-mail address (CC-13).
    Email,
    /// The name for people.
    DisplayName,
    /// The given name (CC-14).
    #[serde(alias = "firstName")]
    GivenName,
    /// The family name (CC-15).
    #[serde(alias = "lastName")]
    FamilyName,
    /// Roles, taken as they are from a claim; all sources together.
    Roles,
    /// Groups; all sources together.
    Groups,
}

impl Property {
    /// Its name in settings and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::DisplayName => "display_name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::Roles => "roles",
            Self::Groups => "groups",
        }
    }

    /// Whether a GUID cannot be meant: Entra sends one where it knows no name (CC-27, E-35).
    pub const fn is_name(self) -> bool {
        matches!(self, Self::Name | Self::DisplayName | Self::GivenName | Self::FamilyName)
    }
}

/// Where a value comes from and what is done to it. In settings a short text:
///
/// ```text
/// source    = origin { "|" transform }
/// origin    = claim | "@name_id" | 'constant'
/// transform = lower | trim | slug | first
///           | prefix('…') | suffix('…') | split('…') | join('…')
///           | regex('pattern') | regex('pattern', 'replacement')
/// ```
///
/// A quote inside a quoted text is doubled. A claim whose name has a `|`, begins with a quote or an `@`, or has white
/// space at its ends is written in the long form: `{ claim = "…", transforms = ["…"] }`; there is
/// `{ constant = "…" }` too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where the value comes from.
    pub origin: Origin,
    /// What is done to it, in order.
    pub transforms: Vec<Transform>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A claim; all its text values.
    Claim(Claim),
    /// The value of the NameID.
    NameId,
    /// Always the same.
    Constant(String),
}

impl From<Claim> for Source {
    fn from(claim: Claim) -> Self {
        Self { origin: Origin::Claim(claim), transforms: Vec::new() }
    }
}

/// What may be done to values (HY-30). Each works on every value unless it says otherwise. A value that is empty or
/// longer than [`MAX_VALUE`] afterwards is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transform {
    /// Lower case.
    Lower,
    /// Without white space at its ends.
    Trim,
    /// Lower-case letters of English, digits and inner hyphens only; letters with marks lose them first.
    Slug,
    /// Only the first value.
    First,
    /// This before it.
    Prefix(String),
    /// This behind it.
    Suffix(String),
    /// What the pattern's first group found, or all that it found; a value in which it finds nothing is left out.
    /// With a replacement: that, in which `$1` stands for the first group.
    Regex {
        /// The pattern, in the syntax of the crate `regex`: no look-around, time linear in the value.
        pattern: Pattern,
        /// What stands in its place.
        replacement: Option<String>,
    },
    /// Several values, cut where this stands.
    Split(String),
    /// One value of all, with this between.
    Join(String),
}

/// A role for those who have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRule {
    /// The claim, usually that of the groups.
    pub claim: Claim,
    /// The value: a group's object id, its name, or what else the identity provider sends (CC-29). Compared without
    /// the case of the letters A to Z, as directories do.
    pub value: String,
    /// The role.
    pub role: String,
}
