//! Identities of records: UUIDs of version 7 (RFC 9562 §5.7), one type for each kind, so that they do not mix.
//!
//! They sort by the time of their making, which keeps inserts at the end of an index. The time and the random part
//! are arguments.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// How many random bytes an id takes.
pub const RANDOM: usize = 10;

/// A string that is no id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{got:?} is not an id: 32 lower-case hexadecimal digits in groups of 8-4-4-4-12 are wanted")]
pub struct NotAnId {
    /// What was given, at most 64 characters of it.
    pub got: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// A new id, from the time of its making and bytes that the caller drew at random.
            pub fn new(at: Timestamp, random: [u8; RANDOM]) -> Self {
                Self(uuid_v7(at, random))
            }

            /// The 16 bytes.
            pub const fn bytes(self) -> [u8; 16] {
                self.0
            }

            /// The id with these bytes, whatever their version.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 32 hexadecimal digits without hyphens.
            pub fn hex(self) -> String {
                self.0.iter().flat_map(|byte| digits(*byte)).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                read(text).map(Self).ok_or_else(|| NotAnId { got: text.chars().take(64).collect() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// An account: a tenant in the tree.
    AccountId
    /// A connection: one account's trust in one identity provider.
    ConnectionId
    /// A person of an account.
    UserId
    /// One try to sign in.
    AttemptId
    /// A browser's session with us.
    SessionId
    /// A logout that we asked an identity provider for.
    LogoutId
    /// A line of the audit log.
    EventId
    /// Somebody in a waiting room.
    ApplicantId
    /// All refresh tokens that go back to one sign-in.
    FamilyId
    /// A link by which somebody without an account sets up a connection.
    SetupLinkId
    /// A key of the admin API.
    ApiKeyId
}

fn uuid_v7(at: Timestamp, random: [u8; RANDOM]) -> [u8; 16] {
    let milliseconds = u64::try_from(at.as_millisecond()).unwrap_or(0).to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&milliseconds[2..]);
    bytes[6..].copy_from_slice(&random);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    bytes
}

const HYPHENS: [usize; 4] = [8, 13, 18, 23];

fn write(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [b'-'; 36];
    let places = (0..36).filter(|place| !HYPHENS.contains(place));
    for (place, digit) in places.zip(bytes.iter().flat_map(|byte| digits(*byte))) {
        text[place] = u8::try_from(digit).unwrap_or(b'?');
    }
    f.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

fn digits(byte: u8) -> [char; 2] {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 });
    [digit(byte >> 4), digit(byte & 0x0f)]
}

/// Only the spelling that we write: one id has one spelling, so that ids may be compared as text.
fn read(text: &str) -> Option<[u8; 16]> {
    if text.len() != 36 || HYPHENS.iter().any(|place| text.as_bytes().get(*place) != Some(&b'-')) {
        return None;
    }
    let mut nibbles = text.bytes().enumerate().filter(|(place, _)| !HYPHENS.contains(place)).map(|(_, c)| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    });
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        *byte = (nibbles.next()?? << 4) | nibbles.next()??;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_carries_its_time_and_is_a_version_7_uuid() {
        let at = Timestamp::from_millisecond(0x0123_4567_89ab).unwrap();
        let id = AccountId::new(at, [0xff; RANDOM]);
        assert_eq!(id.to_string(), "01234567-89ab-7fff-bfff-ffffffffffff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.hex(), "0123456789ab7fffbfffffffffffffff");
    }

    #[test]
    fn another_spelling_of_an_id_is_no_id() {
        for text in [
            "",
            "01234567-89AB-7fff-bfff-ffffffffffff",
            "0123456789ab7fffbfffffffffffffff",
            "01234567-89ab-7fff-bfff-fffffffffffg",
        ] {
            assert_eq!(text.parse::<UserId>(), Err(NotAnId { got: text.to_owned() }));
        }
    }
}
