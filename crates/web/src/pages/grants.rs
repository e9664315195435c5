//! The part of a form by which roles and scopes are given.

use vestibule_domain::grants::{Granted, Scopes};
use vestibule_domain::offer::{NotOffered, Offer};

use crate::page::Frame;

/// What can be given, and what is chosen of it. The fields are `role`, and `scope:` with the kind: one for each value, or
/// one whose lines are the values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrantChoices {
    /// Roles.
    pub roles: Vec<GrantChoice>,
    /// Kinds of scope.
    pub kinds: Vec<ScopeChoices>,
}

/// A role, or a value of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantChoice {
    /// As applications know it.
    pub value: String,
    /// As people do.
    pub title: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A kind of scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeChoices {
    /// The name of its field.
    pub field: String,
    /// As people know it.
    pub title: String,
    /// Its values; empty: any, typed as lines.
    pub values: Vec<GrantChoice>,
    /// What is typed.
    pub typed: String,
}

impl GrantChoices {
    /// Of what there is to give, with what is chosen.
    pub fn new(offer: &Offer, chosen: &Granted) -> Self {
        let role = |role: &vestibule_domain::application::OfferedRole| GrantChoice {
            value: role.name.clone(),
            title: role.title.clone(),
            chosen: chosen.roles.contains(&role.name),
        };
        let kind = |kind: &vestibule_domain::application::ScopeKind| {
            let given = chosen.scopes.as_ref().and_then(|scopes| scopes.by_kind().get(&kind.kind));
            let has = |value: &String| given.is_some_and(|given| given.contains(value));
            let value = |value: &String| GrantChoice { value: value.clone(), title: value.clone(), chosen: has(value) };
            ScopeChoices {
                field: format!("scope:{}", kind.kind),
                title: kind.title.clone(),
                values: kind.values.iter().flatten().map(value).collect(),
                typed: given.map(|given| given.iter().cloned().collect::<Vec<_>>().join("\n")).unwrap_or_default(),
            }
        };
        Self { roles: offer.roles.iter().map(role).collect(), kinds: offer.kinds.iter().map(kind).collect() }
    }
}

/// What a person is given, for a list of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenFact {
    /// Roles, or a kind of scope.
    pub label: String,
    /// Which.
    pub values: String,
}

/// What was given, as facts.
pub(crate) fn facts(frame_roles: String, offer: &Offer, granted: &Granted) -> Vec<GivenFact> {
    let title = |name: &String| {
        let role = offer.roles.iter().find(|role| role.name == *name);
        role.map_or_else(|| name.clone(), |role| role.title.clone())
    };
    let roles: Vec<String> = granted.roles.iter().map(title).collect();
    let mut facts = Vec::new();
    if !roles.is_empty() {
        facts.push(GivenFact { label: frame_roles, values: roles.join(", ") });
    }
    for (kind, values) in granted.scopes.iter().flat_map(Scopes::by_kind) {
        let known = offer.kinds.iter().find(|known| known.kind == *kind);
        let label = known.map_or_else(|| kind.clone(), |known| known.title.clone());
        facts.push(GivenFact { label, values: values.iter().cloned().collect::<Vec<_>>().join(", ") });
    }
    facts
}

/// Why something cannot be given, in a sentence.
pub(crate) fn not_offered(frame: &Frame<'_>, not: &NotOffered) -> String {
    match not {
        NotOffered::Role { got } => frame.say("grants-no-role").with("got", got),
        NotOffered::Kind { got } => frame.say("grants-no-kind").with("got", got),
        NotOffered::Value { kind, got } => frame.say("grants-no-value").with("got", got).with("kind", kind),
    }
    .to_string()
}
