//! Applications: what people are signed in to, by OpenID Connect.

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// An application registered with us: an OpenID client (RFC 6749 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// `client_id`.
    pub client_id: String,
    /// The account that it serves alone; none: every account's people may sign in.
    pub account: Option<AccountId>,
    /// All else.
    pub settings: ApplicationSettings,
    /// Counts its changes.
    pub version: i64,
}

/// What is set for an application.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApplicationSettings {
    /// Its name for people.
    pub name: String,
    /// Where codes may be sent, compared character by character.
    pub redirect_uris: Vec<String>,
    /// SHA-256 of each client secret in force, in base64url without padding; several during a rotation.
    pub secret_hashes: Vec<String>,
    /// Where a person who began elsewhere is sent to begin (OpenID Connect Core §4, `initiate_login_uri`).
    pub start_url: Option<String>,
    /// Paths of the application to which an unsolicited response's RelayState may lead (E-44, A23.1). Each is a prefix
    /// that ends with a slash, or one exact path.
    pub deep_links: Vec<String>,
    /// Where it is told that a session has ended (OpenID Connect Back-Channel Logout 1.0, `backchannel_logout_uri`);
    /// none: it is told nothing.
    pub backchannel_logout_uri: Option<String>,
    /// The roles that it knows: who lets people in gives them, and the application is told those of a person that are
    /// its own. Default: none.
    pub roles: Vec<OfferedRole>,
    /// The kinds of scope that it knows, such as a site or a property. Default: none.
    pub scope_kinds: Vec<ScopeKind>,
}

/// A role that an application knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedRole {
    /// Its name in tokens.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Whether it counts within a person's scopes alone, so that an approver of some scopes may give it. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_scopes: bool,
}

/// A kind of scope that an application knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeKind {
    /// Its name in tokens.
    pub kind: String,
    /// Its name for people.
    pub title: String,
    /// The values that there are. None: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}
