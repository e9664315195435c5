//! Sessions: browsers that are signed in with us.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::attempt::StoredNameId;
use crate::id::{AccountId, ConnectionId, SessionId, UserId};
use crate::user::Profile;

/// How long a session lasts at most.
pub const ABSOLUTE: SignedDuration = SignedDuration::from_hours(12);

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
    /// How the person was authenticated here, in the words of RFC 8176, for the claim `amr`. Empty: elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
}

impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("authn_instant", &self.authn_instant).finish_non_exhaustive()
    }
}
