//! What an application asks to know.

use serde::{Deserialize, Serialize};

/// The scope that makes a request one of OpenID Connect.
pub(crate) const OPENID: &str = "openid";
const EMAIL: &str = "email";

/// The scopes that are granted, in the order in which discovery lists them.
pub(crate) const SUPPORTED: [&str; 2] = [OPENID, EMAIL];

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
        let scope = Scope::granted("email offline_access openid email");
        assert_eq!(scope.as_str(), "openid email");
        assert!(!Scope::granted("emailx xopenid OPENID").has_openid());
        assert!(!Scope::granted("openid").has_email());
    }
}
