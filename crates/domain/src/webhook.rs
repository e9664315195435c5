//! Webhooks: what a program of somebody else is told of, where, and with which secret it is signed (Standard Webhooks 1.0).

mod kinds;
mod secret;

use std::collections::BTreeSet;
use std::fmt;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::account::AccountPath;
use crate::id::{AccountId, EventId};
use crate::name::Slug;

pub use kinds::kinds_of;
pub use secret::{SecretError, WebhookSecret};

/// The most webhooks of a deployment.
pub const MAX_WEBHOOKS: usize = 100;
/// The most secrets of a webhook: the present one, and the next or the last during a rotation.
pub const MAX_SECRETS: usize = 2;
/// The most octets of a body that is sent (Standard Webhooks, "Payload size").
pub const MAX_BODY: usize = 20 * 1024;
/// How long the log says what became of a delivery.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a delivery may wait for its first try, or for one that succeeds, where the other side does not answer: a day
/// more than [`next_delivery`](crate::schedule::next_delivery) takes.
pub const TRIED: SignedDuration = SignedDuration::from_hours(4 * 24);
/// The longest pause that the other side may ask for.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(24);

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal)*) => {
        /// A kind of event that is told. The names never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum EventKind {
            $($(#[$doc])* $variant,)*
        }

        impl EventKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name: `user.created`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// A person was created.
    UserCreated = "user.created"
    /// Somebody waits to be let in.
    UserWaiting = "user.waiting"
    /// Somebody who waited was let in.
    UserAdmitted = "user.admitted"
    /// Somebody who waited was not let in.
    UserRefused = "user.refused"
    /// What is known of a person was changed, or what they were given.
    UserChanged = "user.changed"
    /// A person may not sign in any more.
    UserSuspended = "user.suspended"
    /// A person may sign in again.
    UserRestored = "user.restored"
    /// A person was forgotten, and is to be everywhere.
    UserErased = "user.erased"
    /// Somebody signed in.
    SessionStarted = "session.started"
    /// Sessions ended before their time was over.
    SessionEnded = "session.ended"
    /// A connection was made, changed or removed.
    ConnectionChanged = "connection.changed"
    /// A certificate of a connection ends soon.
    CertificateExpiring = "certificate.expiring"
}

impl EventKind {
    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// `webhook-id` of an event of this kind: the same at each try and at each replay.
    pub fn message_id(self, event: EventId) -> String {
        format!("{event}-{}", self.name().replace('.', "-"))
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let got = String::deserialize(deserializer)?;
        Self::named(&got).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            let got: String = got.chars().take(64).collect();
            de::Error::custom(format!("{got:?} is no kind of event; there are {}", names.join(", ")))
        })
    }
}

/// Which kinds a webhook is told of: `"all"`, those that come with later versions too, or a list that is not empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Subscribed {
    /// All that there are, now and later.
    #[default]
    All,
    /// These.
    Only(BTreeSet<EventKind>),
}

impl Subscribed {
    /// Whether a kind is among them.
    pub fn holds(&self, kind: EventKind) -> bool {
        match self {
            Self::All => true,
            Self::Only(kinds) => kinds.contains(&kind),
        }
    }
}

impl Serialize for Subscribed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Only(kinds) => kinds.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Subscribed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Subscribed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"all\", or a list of kinds of events such as [\"user.created\", \"user.suspended\"]")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Subscribed, E> {
                if text == "all" {
                    return Ok(Subscribed::All);
                }
                Err(E::invalid_value(de::Unexpected::Str(&text.chars().take(64).collect::<String>()), &self))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Subscribed, A::Error> {
                let mut kinds = BTreeSet::new();
                while let Some(kind) = seq.next_element()? {
                    kinds.insert(kind);
                }
                if kinds.is_empty() {
                    return Err(de::Error::custom("the list is empty; name a kind of event, or write \"all\""));
                }
                Ok(Subscribed::Only(kinds))
            }
        }

        deserializer.deserialize_any(Read)
    }
}

/// A webhook, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its name, unique in the deployment.
    pub name: Slug,
    /// The account of which, and of all below which, it is told; none: the whole deployment.
    pub account: Option<AccountId>,
    /// Whether it is told. The other side can end that by itself, by answering 410.
    pub is_enabled: bool,
    /// All else.
    pub settings: WebhookSettings,
}

/// What is set for a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where events are posted to: https, or http on a loopback host.
    pub url: String,
    /// Which kinds.
    pub events: Subscribed,
}

impl Webhook {
    /// Whether it is told of an event of this kind that stands in the log of an account; none: the deployment's log.
    /// `scope` is where its own account stands, and whoever has no account is told of all.
    pub fn wants(&self, kind: EventKind, scope: Option<&AccountPath>, account: Option<&AccountPath>) -> bool {
        let is_in_scope = match (self.account, scope, account) {
            (None, _, _) => true,
            (Some(_), Some(scope), Some(account)) => scope.holds(account),
            // Of the deployment's own log, or where nobody knows any more where one of the two stands.
            (Some(_), _, _) => false,
        };
        self.is_enabled && is_in_scope && self.settings.events.holds(kind)
    }
}

/// The pause that the other side asks for by `Retry-After` (RFC 9110 §10.2.3): seconds, or a date. At most a day; none where
/// it is neither, or over already.
pub fn asked_pause(retry_after: &str, now: Timestamp) -> Option<SignedDuration> {
    let text = retry_after.trim();
    let is_number = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let pause = if is_number {
        // More digits than fit are a long time too.
        text.parse().map_or(LONGEST_WISH, SignedDuration::from_secs)
    } else {
        rfc2822::parse(text).ok()?.timestamp().duration_since(now)
    };
    (pause > SignedDuration::ZERO).then(|| pause.min(LONGEST_WISH))
}

#[cfg(test)]
mod tests;
