//! What an application asks to know.

use serde::{Deserialize, Serialize};

/// The scope that makes a request one of OpenID Connect.
pub(crate) const OPENID: &str = "openid";
const EMAIL: &str = "email";
const PROFILE: &str = "profile";
const GROUPS: &str = "groups";
const ATTRIBUTES: &str = "attributes";
/// The scope that asks for a refresh token which outlives the session. OIDC Core §11.
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// The scopes that are granted, in the order in which discovery lists them.
pub(crate) const SUPPORTED: [&str; 6] = [OPENID, PROFILE, EMAIL, GROUPS, ATTRIBUTES, OFFLINE_ACCESS];

/// The granted scopes: those asked for that this provider knows. Unknown ones are passed over (OIDC Core §3.1.2.1), and
/// the token response says what was granted (RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Scope(String);

impl Scope {
    /// Keeps what is known of a space-separated list.
    pub fn granted(asked: &str) -> Self {
        let mut granted = String::with_capacity(16);
        for scope in SUPPORTED.into_iter().filter(|known| asked.split(' ').any(|one| one == *known)) {
            if !granted.is_empty() {
                granted.push(' ');
            }
            granted.push_str(scope);
        }
        Self(granted)
    }

    /// Whether this is a request of OpenID Connect at all.
    pub fn has_openid(&self) -> bool {
        self.has(OPENID)
    }

    /// Whether the e-mail address may be told.
    pub fn has_email(&self) -> bool {
        self.has(EMAIL)
    }

    /// Whether names may be told.
    pub fn has_profile(&self) -> bool {
        self.has(PROFILE)
    }

    /// Whether the groups may be told.
    pub fn has_groups(&self) -> bool {
        self.has(GROUPS)
    }

    /// Whether the assertion's attributes may be told.
    pub fn has_attributes(&self) -> bool {
        self.has(ATTRIBUTES)
    }

    /// Whether a refresh token may outlive the session.
    pub fn has_offline_access(&self) -> bool {
        self.has(OFFLINE_ACCESS)
    }

    /// The same without `offline_access`, for a client that may not have it.
    #[must_use]
    pub fn without_offline_access(&self) -> Self {
        Self::granted(&self.0.split(' ').filter(|one| *one != OFFLINE_ACCESS).collect::<Vec<_>>().join(" "))
    }

    /// What `asked` names, where this holds all of it; `None` where it does not. RFC 6749 §6.
    pub fn narrowed(&self, asked: &str) -> Option<Self> {
        asked.split(' ').filter(|one| !one.is_empty()).all(|one| self.has(one)).then(|| Self::granted(asked))
    }

    /// Space-separated.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn has(&self, scope: &str) -> bool {
        self.0.split(' ').any(|one| one == scope)
    }
}

impl From<String> for Scope {
    fn from(text: String) -> Self {
        Self::granted(&text)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_passed_over_and_no_scope_is_granted_by_a_part_of_its_name() {
        let scope = Scope::granted("email address openid email");
        assert_eq!(scope.as_str(), "openid email");
        assert!(!Scope::granted("emailx xopenid OPENID").has_openid());
        assert!(!Scope::granted("openid").has_email());
    }

    #[test]
    fn a_scope_is_narrowed_to_what_it_holds_and_never_widened() {
        let scope = Scope::granted("openid email offline_access");
        assert_eq!(scope.narrowed("openid").as_ref().map(Scope::as_str), Some("openid"));
        assert_eq!(scope.narrowed("openid profile"), None);
        assert_eq!(scope.without_offline_access().as_str(), "openid email");
    }
}
