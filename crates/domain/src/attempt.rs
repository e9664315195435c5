//! One try to sign in, from the first request to the session.
//!
//! ```text
//! started ──answer holds──▶ asserted ──decided──▶ finished
//!    │                          │
//!    └──answer refused──▶ refused ◀──not admitted──┘
//! ```

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vestibule_saml::sp::AcceptedAssertion;
use vestibule_saml::types::{AcsUrl, Attribute, AttributeValue, Attributes, NameId, NameIdFormat, RequestId};

use crate::id::{AccountId, AttemptId, ConnectionId};

/// How long a person may take at the identity provider.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// One try to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInAttempt {
    /// Its identity, which is also the RelayState and the ID of the `AuthnRequest`.
    pub id: AttemptId,
    /// The account for which the person is to be signed in.
    pub account: AccountId,
    /// The connection that was asked.
    pub connection: ConnectionId,
    /// What it is for.
    pub purpose: Purpose,
    /// Where it leads: for an application the query of its authorization request, checked again when it is used;
    /// else empty, or a path of ours.
    pub target: String,
    /// The origin at which the browser began, and to which it returns after the answer.
    pub origin: String,
    /// Where the answer was asked to be sent.
    pub acs_url: AcsUrl,
    /// What binds it to the browser that began it (A23.3).
    pub binding: BindingHash,
    /// Whether the identity provider was asked to authenticate the person anew.
    pub force_authn: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// From then on it is forgotten.
    pub expires_at: Timestamp,
}

/// What an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// An application asked.
    Application,
    /// The person wants to their own page.
    Account,
    /// Somebody tries the connection: nobody is signed in (XC-17, A27.3).
    Test,
}

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The identity provider was asked.
    Started,
    /// It answered, and every check holds.
    Asserted,
    /// The person was let in, or a test reported.
    Finished,
    /// The answer was refused, or the person not admitted.
    Refused,
}

/// SHA-256 of the secret in the cookie that binds an attempt to a browser.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BindingHash(pub [u8; 32]);

impl fmt::Debug for BindingHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindingHash(…)")
    }
}

impl SignInAttempt {
    /// The ID of its `AuthnRequest`: `_` and the 32 digits of its own.
    pub fn request_id(&self) -> RequestId {
        request_id(self.id)
    }
}

/// The ID of the `AuthnRequest` of an attempt.
pub fn request_id(attempt: AttemptId) -> RequestId {
    RequestId::from_random(attempt.bytes())
}

/// The attempt to which an `InResponseTo` could belong.
pub fn of_request_id(in_response_to: &str) -> Option<AttemptId> {
    id_in(in_response_to)
}

/// Whose octets an ID of ours is made of.
pub(crate) fn id_in<T: FromStr>(in_response_to: &str) -> Option<T> {
    let digits = in_response_to.strip_prefix('_').filter(|digits| digits.len() == 32 && digits.is_ascii())?;
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-").parse().ok()
}

impl Progress {
    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Asserted => "asserted",
            Self::Finished => "finished",
            Self::Refused => "refused",
        }
    }
}

/// What remains of an accepted assertion between the answer and the continuation. Made only of an
/// [`AcceptedAssertion`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asserted {
    /// The identity provider.
    pub issuer: String,
    /// The person, as the identity provider names them.
    pub name_id: StoredNameId,
    /// The session at the identity provider.
    pub session_index: Option<String>,
    /// When that session ends, if it says so.
    pub session_not_on_or_after: Option<Timestamp>,
    /// When the person was authenticated.
    pub authn_instant: Timestamp,
    /// How.
    pub authn_context: Option<String>,
    /// What is said of the person: name, friendly name, text values.
    pub attributes: Vec<StoredAttribute>,
    /// The hash of what only the browser that brought the answer was told (A23.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
}

/// A NameID in the database.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredNameId {
    /// The identifier.
    pub value: String,
    /// Its format; absent means unspecified.
    pub format: Option<String>,
    /// In whose name space it is unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_qualifier: Option<String>,
    /// For which service provider it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sp_name_qualifier: Option<String>,
}

/// An attribute in the database. A value that is no text stands as null.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAttribute {
    /// `Name`.
    pub name: String,
    /// `FriendlyName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// Its values in order.
    pub values: Vec<Option<String>>,
}

impl From<&AcceptedAssertion> for Asserted {
    fn from(accepted: &AcceptedAssertion) -> Self {
        let attribute = |attribute: &Attribute| StoredAttribute {
            name: attribute.name.clone(),
            friendly_name: attribute.friendly_name.clone(),
            values: attribute.values.iter().map(|value| value.as_text().map(str::to_owned)).collect(),
        };
        let NameId { value, format, name_qualifier, sp_name_qualifier, .. } = accepted.name_id.clone();
        Self {
            issuer: accepted.issuer.clone(),
            name_id: StoredNameId {
                value,
                format: format.map(|format| format.as_str().to_owned()),
                name_qualifier,
                sp_name_qualifier,
            },
            session_index: accepted.session_index.clone(),
            session_not_on_or_after: accepted.session_not_on_or_after,
            authn_instant: accepted.authn_instant,
            authn_context: accepted.authn_context.as_ref().map(|class| class.as_str().to_owned()),
            attributes: accepted.attributes.iter().map(attribute).collect(),
            told: None,
        }
    }
}

impl Asserted {
    /// The NameID.
    pub fn name_id(&self) -> NameId {
        self.name_id.name_id()
    }

    /// The attributes. A value that was no text is left out: it can be mapped to nothing (A04.4).
    pub fn attributes(&self) -> Attributes {
        let attribute = |stored: &StoredAttribute| Attribute {
            name: stored.name.clone(),
            friendly_name: stored.friendly_name.clone(),
            name_format: None,
            values: stored.values.iter().flatten().cloned().map(AttributeValue::Text).collect(),
        };
        self.attributes.iter().map(attribute).collect()
    }
}

impl StoredNameId {
    /// As it was asserted.
    pub fn name_id(&self) -> NameId {
        let Self { value, format, name_qualifier, sp_name_qualifier } = self.clone();
        NameId {
            value,
            format: format.as_deref().map(NameIdFormat::from_uri),
            name_qualifier,
            sp_name_qualifier,
            sp_provided_id: None,
        }
    }
}

impl fmt::Debug for StoredNameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredNameId(…)")
    }
}

impl fmt::Debug for StoredAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} values", self.name, self.values.len())
    }
}

impl fmt::Debug for Asserted {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asserted").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_found_by_the_id_of_its_request() {
        let id = AttemptId::new(Timestamp::from_second(1_700_000_000).unwrap(), [7; 10]);
        assert_eq!(of_request_id(request_id(id).as_str()), Some(id));
        for text in ["", "_", "_0123", "id-0123456789abcdef0123456789abcdef", "_0123456789abcdef0123456789abcdeg"] {
            assert_eq!(of_request_id(text), None, "{text}");
        }
    }
}
