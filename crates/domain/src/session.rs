//! Sessions: browsers that are signed in with us.

mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vestibule_saml::idp::claims::AUTHN_METHODS_REFERENCES;

use crate::attempt::{Asserted, StoredNameId};
use crate::id::{AccountId, ConnectionId, SessionId, UserId};
use crate::user::Profile;

pub use self::settings::{DEFAULT_LENGTH, LEAST_MINUTES, MOST_AGE, MOST_LENGTH, Minutes, NotMinutes, SessionSettings};

/// How long a session lasts at most, whatever its account says.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(24);

/// The method of authentication by a password (RFC 8176 §2).
pub const PASSWORD: &str = "pwd";

/// The method of authentication by a code that is good once (RFC 8176 §2).
pub const ONE_TIME_CODE: &str = "otp";

/// A browser that is signed in with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identity.
    pub id: SessionId,
    /// Whose it is.
    pub user: SessionUser,
    /// For which account.
    pub account: AccountId,
    /// Through which connection. None: with a password, so nothing that befalls a connection ends the session.
    pub connection: Option<ConnectionId>,
    /// How the person was authenticated.
    pub authentication: Authentication,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Session {
    /// Whether a password was typed, and nothing else was asked for.
    pub fn is_by_password_alone(&self) -> bool {
        self.connection.is_none() && !self.authentication.methods.iter().any(|method| method == ONE_TIME_CODE)
    }
}

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one at a time is in memory, and a box would only be in the way")]
pub enum SessionUser {
    /// A person whom we know.
    Known(UserId),
    /// A person whom only the application knows: pass-through. The subject for it is `sub`.
    PassedThrough {
        /// Stable for the connection and the person.
        sub: String,
        /// What the identity provider said, for as long as the session lasts.
        profile: Profile,
    },
}

/// How the person was authenticated, for tokens and for logout. What only an identity provider tells is none where the
/// person signed in with a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// When the person authenticated: at the identity provider, or here.
    pub authn_instant: Timestamp,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authn_context: Option<String>,
    /// The identity provider's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_index: Option<String>,
    /// The person's NameID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_id: Option<StoredNameId>,
    /// How the person was authenticated, in the words of RFC 8176, for the claim `amr`: here, or where an identity
    /// provider says so there. Empty: it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// The assertion's attributes as they came, where the connection keeps them for applications.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// The most attributes of a session, the most values of one, and the most octets of all together; more are left out.
const MAX_ATTRIBUTES: usize = 100;
const MAX_VALUES: usize = 200;
const MAX_OCTETS: usize = 16 * 1024;

/// What a session keeps of an assertion's attributes: those with a text value, in their order, as long as there is room.
pub fn kept_attributes(asserted: &Asserted) -> BTreeMap<String, Vec<String>> {
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut room = MAX_OCTETS;
    for attribute in asserted.attributes.iter().take(MAX_ATTRIBUTES) {
        let values: Vec<String> = attribute.values.iter().flatten().take(MAX_VALUES).cloned().collect();
        let octets = attribute.name.len() + values.iter().map(String::len).sum::<usize>();
        if !values.is_empty() && octets <= room {
            room -= octets;
            kept.entry(attribute.name.clone()).or_default().extend(values);
        }
    }
    kept
}

/// How an identity provider says that it authenticated the person, in the words of RFC 8176 §2: by the class of the
/// authentication and by the claim in which Entra lists its methods (E-30). What has no such word is passed over.
pub fn methods_said(asserted: &Asserted) -> Vec<String> {
    let listed = asserted.attributes.iter().filter(|attribute| attribute.name == AUTHN_METHODS_REFERENCES);
    let listed = listed.flat_map(|attribute| attribute.values.iter().flatten());
    let words: BTreeSet<&str> = listed.chain(&asserted.authn_context).filter_map(|name| method(name)).collect();
    words.into_iter().map(str::to_owned).collect()
}

fn method(name: &str) -> Option<&'static str> {
    if name == "http://schemas.microsoft.com/claims/multipleauthn" {
        return Some("mfa");
    }
    let class = name.strip_prefix("urn:oasis:names:tc:SAML:2.0:ac:classes:");
    let method = name.strip_prefix("http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/");
    match class.or(method)? {
        "Password" | "PasswordProtectedTransport" | "password" => Some(PASSWORD),
        "Kerberos" | "windows" => Some("wia"),
        "X509" | "TLSClient" | "x509" => Some("pop"),
        "Smartcard" | "SmartcardPKI" => Some("sc"),
        "SoftwarePKI" => Some("swk"),
        "TimeSyncToken" => Some(ONE_TIME_CODE),
        "MobileTwoFactorContract" | "MobileTwoFactorUnregistered" => Some("mfa"),
        _ => None,
    }
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("authn_instant", &self.authn_instant).finish_non_exhaustive()
    }
}
