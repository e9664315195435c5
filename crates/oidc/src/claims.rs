//! What applications may learn about a person, and the part of it that a scope tells. OIDC Core §5.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::scope::Scope;

/// What applications may learn about a user. OIDC Core §5.1; `account`, `connection`, `roles`, `access`, `groups` and
/// `attributes` are claims of this provider.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UserClaims {
    /// The e-mail address; told with the scope `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the account has proved the domain of the address; told with `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// The whole name for people; told with `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name that applications know the person by; told with `profile`. May change, and is not unique (OIDC Core
    /// §5.7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// Told with `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Told with `profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// The groups of the identity provider, by object id or name; told with `groups`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The account that was signed in to; always told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountClaim>,
    /// The connection by which the person came, by its id; always told. None: with a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// What the user is in the application; always told, where there is something.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Within which scopes of the application: kinds, such as `site`, each with values; always told, where there is
    /// something.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<String, Vec<String>>,
    /// The attributes of the assertion as they came, where the connection keeps them; told with `attributes`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Vec<String>>,
    /// What the application's own rules add; always told. Whoever makes them sees to it that none is a
    /// claim that the tokens have already.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, ClaimValue>,
}

/// The value of a claim that a rule makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClaimValue {
    /// One text.
    One(String),
    /// A list of texts.
    Many(Vec<String>),
}

/// The claim `account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountClaim {
    /// Stable for ever.
    pub id: String,
    /// The place in the tree: the names in addresses from the platform's child down to it, with `/` between them. An
    /// operator may change it. Empty in a token of a version that did not tell it.
    #[serde(default)]
    pub path: String,
    /// The same as `path`. No shorter name is told: two accounts may share the last part of theirs.
    pub slug: String,
}

impl AccountClaim {
    /// Of the account with this id at this place in the tree.
    pub fn new(id: impl Into<String>, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { id: id.into(), slug: path.clone(), path }
    }
}

impl UserClaims {
    /// The part of the claims that `scope` allows to tell. OIDC Core §5.4.
    pub(crate) fn within(&self, scope: &Scope) -> ToldClaims<'_> {
        let has_profile = scope.has_profile();
        let email = self.email.as_deref().filter(|_| scope.has_email());
        ToldClaims {
            email,
            email_verified: email.and(self.email_verified),
            name: self.name.as_deref().filter(|_| has_profile),
            preferred_username: self.preferred_username.as_deref().filter(|_| has_profile),
            given_name: self.given_name.as_deref().filter(|_| has_profile),
            family_name: self.family_name.as_deref().filter(|_| has_profile),
            groups: if scope.has_groups() { &self.groups } else { &[] },
            account: self.account.as_ref(),
            connection: self.connection.as_deref(),
            roles: &self.roles,
            access: &self.access,
            attributes: scope.has_attributes().then_some(&self.attributes).filter(|all| !all.is_empty()),
            more: &self.more,
        }
    }
}

/// The claims that one scope allows to tell, as they stand in ID tokens and at the userinfo endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ToldClaims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a AccountClaim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    roles: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    access: &'a BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<&'a BTreeMap<String, Vec<String>>>,
    #[serde(flatten)]
    more: &'a BTreeMap<String, ClaimValue>,
}
