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
}
