//! Secrets that only their bearer and their hash know: authorization codes and access tokens.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Octets of chance in a secret, and of its hash.
pub(crate) const OCTETS: usize = 32;

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

/// A bearer secret of 32 random octets and the hash under which it is stored.
macro_rules! opaque {
    ($(#[$secret_doc:meta])* $secret:ident, $(#[$hash_doc:meta])* $hash:ident) => {
        $(#[$secret_doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $secret([u8; $crate::opaque::OCTETS]);

        impl $secret {
            /// The caller draws the octets, from a generator that is fit for secrets.
            pub fn from_random(octets: [u8; $crate::opaque::OCTETS]) -> Self {
                Self(octets)
            }

            /// Reads the 43 characters of base64url in which it travels; `None` for any other text.
            pub fn parse(text: &str) -> Option<Self> {
                $crate::opaque::decode(text).map(Self)
            }

            /// The text that the bearer gets: 43 characters of base64url.
            pub fn to_text(&self) -> String {
                $crate::opaque::encode(&self.0)
            }

            /// What is stored: who reads the database cannot use it.
            pub fn hash(&self) -> $hash {
                $hash($crate::opaque::sha256(&self.0))
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
    use crate::{AccessToken, AuthorizationCode};

    #[test]
    fn a_secret_is_read_back_from_its_text_and_never_printed() {
        let code = AuthorizationCode::from_random([7; 32]);
        assert_eq!(AuthorizationCode::parse(&code.to_text()).map(|read| read.hash()), Some(code.hash()));
        assert_eq!(format!("{code:?} {:?}", AccessToken::from_random([7; 32])), "AuthorizationCode(…) AccessToken(…)");
        assert_eq!(format!("{:?}", code.hash()), "CodeHash(…)");
    }

    #[test]
    fn a_text_of_another_length_or_alphabet_is_no_secret() {
        let text = AuthorizationCode::from_random([7; 32]).to_text();
        for wrong in [&text[1..], &format!("{text}A"), &text.replace('B', "+"), &format!("{}=", &text[1..]), ""] {
            assert_eq!(AuthorizationCode::parse(wrong), None, "{wrong}");
        }
        // The last character carries two unused bits: only one spelling counts.
        let respelt = format!("{}{}", &text[..42], 'd');
        assert_eq!(AuthorizationCode::parse(&respelt), None);
    }
}
