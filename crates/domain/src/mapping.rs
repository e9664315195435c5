//! From claims to a profile. The settings stand here; the decisions in the files below.

use serde::{Deserialize, Serialize};

/// The name of a claim: its URI, the last segment of it, or its FriendlyName (CC-24).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claim(pub String);

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
pub struct Mapping {}
