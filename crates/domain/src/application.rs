//! Applications: what people are signed in to, by OpenID Connect.

use serde::{Deserialize, Serialize};

use crate::api::ApiOfApplication;
use crate::id::AccountId;
use crate::site::SiteRule;

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
    /// Where the browser may be sent after a logout that the application asked for, compared character by character
    /// (OpenID Connect RP-Initiated Logout 1.0 §3.1). Default: nowhere.
    pub post_logout_redirect_uris: Vec<String>,
    /// Whether it runs on a person's own machine: then any port of an address at a loopback literal is its own, and
    /// private-use schemes may be registered (RFC 8252 §7). Default: no.
    pub native: bool,
    /// Whether it must use PKCE (RFC 7636). Default: it must.
    pub pkce: Pkce,
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
    /// Whether it proves itself by no secret: one on people's own devices, which can keep none (RFC 6749 §2.1). Default:
    /// no.
    pub is_public: bool,
    /// How its ID tokens and logout tokens are signed, by the name of RFC 7518 §3.1: `ES256` or `RS256`. Default: `ES256`.
    pub id_token_alg: Option<String>,
    /// Whether it gets refresh tokens, and how long they live. Default: none.
    pub refresh_tokens: RefreshTokens,
    /// What it may ask for itself, without a person (RFC 6749 §4.4). Default: nothing.
    pub own_scopes: Vec<String>,
    /// The applications about whose tokens it may ask beside its own (RFC 7662), by `client_id`. Default: none.
    pub introspects: Vec<String>,
    /// What its tokens say beyond, or in place of, the usual claims. Default: nothing.
    pub claims: Vec<ClaimRule>,
    /// The sites behind a proxy that asks us about each request, by their origins: they know nothing of OpenID Connect.
    /// Default: none.
    pub sites: Vec<String>,
    /// Who may open which part of them. Default: everybody who may sign in to the application, everything.
    pub site_rules: Vec<SiteRule>,
    /// What it may do at the admin API. Default: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<ApiOfApplication>,
}

/// Whether an application gets refresh tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshTokens {
    /// None.
    #[default]
    Off,
    /// They live as long as the session.
    Session,
    /// With the scope `offline_access` they outlive it, by signing out too, until the person may sign in no more; without,
    /// they live as long as the session.
    Offline,
}

/// A rule about one claim of an application's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimRule {
    /// The claim's name in tokens.
    pub claim: String,
    /// What it says.
    #[serde(flatten)]
    pub says: ClaimSource,
}

/// What a claim says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimSource {
    /// A property of the person, by the name that the mapping gives it; nothing where they have none.
    From(String),
    /// The same, as a list whether it has one value or more.
    ListFrom(String),
    /// This, for everybody.
    Value(String),
    /// Nothing: the usual claim of that name is left out.
    LeaveOut(True),
}

/// `true`, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value { Ok(Self) } else { Err("leave_out is true, or absent") }
    }
}

impl From<True> for bool {
    fn from(True: True) -> Self {
        true
    }
}

/// Whether an application must use PKCE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// Always.
    #[default]
    Required,
    /// Where it does not, its requests must carry a `nonce`. For an application with a secret whose software cannot do
    /// PKCE, and for no other (RFC 9700 §2.1.1).
    Optional,
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
