//! Secrets that only their bearer and their hash know: authorization codes, access tokens, session tokens.
//!
//! Each begins with the time at which it was made, and so does its hash. Records that are stored under such hashes lie
//! in the order of time, beside those of the same minute: a database then writes one page for many of them, where
//! hashes all over the range would each change a page of their own.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

/// Octets of a secret, and of its hash.
pub(crate) const OCTETS: usize = 32;

/// Octets of the time in a secret and in its hash: milliseconds since 1970, the highest octet first.
const TIME: usize = 6;

/// Octets of chance in a secret: 208 bits, where RFC 6749 §10.10 asks for 128 and prefers 160.
pub const RANDOM: usize = OCTETS - TIME;

/// A secret that is made at `now`, from octets that the caller draws from a generator fit for secrets.
pub(crate) fn dated(now: Timestamp, random: &[u8; RANDOM]) -> [u8; OCTETS] {
    let mut octets = [0; OCTETS];
    octets[..TIME].copy_from_slice(&time(now));
    octets[TIME..].copy_from_slice(random);
    octets
}

/// The time of the secret, as it stands in it, and 26 octets of its SHA-256. Whoever brings a secret chooses the time
/// in it; what they cannot choose is the rest.
pub(crate) fn hash(secret: &[u8; OCTETS]) -> [u8; OCTETS] {
    let mut hash = [0; OCTETS];
    let digest = digest::digest(&digest::SHA256, secret);
    hash[..TIME].copy_from_slice(&secret[..TIME]);
    hash[TIME..].copy_from_slice(&digest.as_ref()[..RANDOM]);
    hash
}

/// A time before 1970 counts as 1970: no secret was made then.
fn time(at: Timestamp) -> [u8; TIME] {
    let [_, _, time @ ..] = u64::try_from(at.as_millisecond()).unwrap_or_default().to_be_bytes();
    time
}

/// 32 octets from the 43 characters in which they travel; `None` for any other text.
pub(crate) fn decode(text: &str) -> Option<[u8; OCTETS]> {
    if text.len() != 43 {
        return None;
    }
    let mut octets = [0; OCTETS];
    // The slice is exact: a longer result is an error, a shorter one shows in the count.
    let written = URL_SAFE_NO_PAD.decode_slice(text, &mut octets).ok()?;
    (written == OCTETS).then_some(octets)
}

pub(crate) fn encode(octets: &[u8; OCTETS]) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn sha256(octets: &[u8]) -> [u8; OCTETS] {
    let mut hash = [0; OCTETS];
    hash.copy_from_slice(digest::digest(&digest::SHA256, octets).as_ref());
    hash
}

/// A bearer secret and the hash under which it is stored.
macro_rules! opaque {
    ($(#[$secret_doc:meta])* $secret:ident, $(#[$hash_doc:meta])* $hash:ident) => {
        $(#[$secret_doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $secret([u8; $crate::opaque::OCTETS]);

        impl $secret {
            /// Made at `now`; the caller draws the octets, from a generator that is fit for secrets.
            pub fn new(now: jiff::Timestamp, random: &[u8; $crate::opaque::RANDOM]) -> Self {
                Self($crate::opaque::dated(now, random))
            }

            /// Reads the 43 characters of base64url in which it travels; `None` for any other text.
            pub fn parse(text: &str) -> Option<Self> {
                $crate::opaque::decode(text).map(Self)
            }

            /// The text that the bearer gets: 43 characters of base64url.
            pub fn to_text(&self) -> String {
                $crate::opaque::encode(&self.0)
            }

            /// What is stored: who reads the database cannot use it. Later secrets have greater hashes.
            pub fn hash(&self) -> $hash {
                $hash($crate::opaque::hash(&self.0))
            }
        }

        impl std::fmt::Debug for $secret {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($secret), "(…)"))
            }
        }

        $(#[$hash_doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $hash([u8; $crate::opaque::OCTETS]);

        impl $hash {
            /// A hash that was stored before.
            pub fn from_bytes(octets: [u8; $crate::opaque::OCTETS]) -> Self {
                Self(octets)
            }

            /// The 32 octets to store.
            pub fn as_bytes(&self) -> &[u8; $crate::opaque::OCTETS] {
                &self.0
            }
        }

        impl std::fmt::Debug for $hash {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($hash), "(…)"))
            }
        }
    };
}
pub(crate) use opaque;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccessToken, AuthorizationCode};

    #[test]
    fn a_secret_is_read_back_from_its_text_and_never_printed() {
        let code = AuthorizationCode::new(Timestamp::UNIX_EPOCH, &[7; RANDOM]);
        assert_eq!(AuthorizationCode::parse(&code.to_text()).map(|read| read.hash()), Some(code.hash()));
        assert_eq!(
            format!("{code:?} {:?}", AccessToken::new(Timestamp::UNIX_EPOCH, &[7; RANDOM])),
            "AuthorizationCode(…) AccessToken(…)"
        );
        assert_eq!(format!("{:?}", code.hash()), "CodeHash(…)");
    }

    #[test]
    fn hashes_lie_in_the_order_of_time_and_differ_by_chance_within_a_millisecond() {
        let made = |milliseconds, chance| {
            let at = Timestamp::from_millisecond(milliseconds).unwrap();
            AccessToken::new(at, &[chance; RANDOM]).hash()
        };
        let later = 1_772_366_400_000;
        assert!(made(later - 1, 0xff) < made(later, 0));
        assert_eq!(made(later, 1).as_bytes()[..TIME], made(later, 2).as_bytes()[..TIME]);
        assert_ne!(made(later, 1).as_bytes()[TIME..], made(later, 2).as_bytes()[TIME..]);
        assert_ne!(made(later - 1, 1).as_bytes()[TIME..], made(later, 1).as_bytes()[TIME..]);
    }

    #[test]
    fn a_text_of_another_length_or_alphabet_is_no_secret() {
        let text = AuthorizationCode::new(Timestamp::UNIX_EPOCH, &[7; RANDOM]).to_text();
        for wrong in [&text[1..], &format!("{text}A"), &text.replace('B', "+"), &format!("{}=", &text[1..]), ""] {
            assert_eq!(AuthorizationCode::parse(wrong), None, "{wrong}");
        }
        // The last character carries two unused bits: only one spelling counts.
        let respelt = format!("{}{}", &text[..42], 'd');
        assert_eq!(AuthorizationCode::parse(&respelt), None);
    }
}
