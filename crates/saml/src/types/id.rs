use std::fmt;
use thiserror::Error;

/// SAML Metadata §2.2.1 bounds an entity ID to 1,024 characters.
const MAX_ENTITY_ID: usize = 1024;
/// The longest xs:ID that is taken from a message; known identity providers stay below 100.
const MAX_MESSAGE_ID: usize = 256;
/// The longest `SessionIndex` that is taken; Entra's is an ID, Shibboleth's up to a hundred characters.
const MAX_SESSION_INDEX: usize = 1024;

/// The name of an entity: an identity provider or a service provider (SAML Metadata §2.2.1).
///
/// Usually a URI, but Entra lets an application be named by any string (E-13), so any is taken that is not
/// empty, has at most 1,024 characters, no white space at its ends and no control character. Two names are
/// one when they are the same string: no folding of case, no slash more or less (A15.5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(String);

impl EntityId {
    /// Takes the name as it is.
    ///
    /// # Errors
    /// [`EntityIdError`] where the name is empty or longer than 1,024 characters, begins or ends with white
    /// space, or has a control character.
    pub fn new(id: impl Into<String>) -> Result<Self, EntityIdError> {
        let id = id.into();
        if id.is_empty() {
            return Err(EntityIdError::Empty);
        }
        if id.len() > MAX_ENTITY_ID {
            // Characters are counted only for a string that has too many bytes for the common case.
            let got = id.chars().count();
            if got > MAX_ENTITY_ID {
                return Err(EntityIdError::TooLong { got, max: MAX_ENTITY_ID });
            }
        }
        if id.trim().len() != id.len() {
            return Err(EntityIdError::WhiteSpace { got: id });
        }
        if id.chars().any(char::is_control) {
            return Err(EntityIdError::Control { got: id });
        }
        Ok(Self(id))
    }

    /// Whether the name is an absolute URI by its shape: a scheme and a colon. Where it is not, Entra writes
    /// `spn:` before it in an Audience (E-14).
    pub fn is_absolute_uri(&self) -> bool {
        self.0.split_once(':').is_some_and(|(scheme, rest)| {
            !rest.is_empty()
                && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        })
    }
}

/// Why a string is not the name of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EntityIdError {
    /// Nothing at all.
    #[error("the entity ID is empty")]
    Empty,
    /// More than 1,024 characters.
    #[error("the entity ID has {got} characters, more than {max}")]
    TooLong {
        /// How many it has.
        got: usize,
        /// The bound of SAML Metadata §2.2.1.
        max: usize,
    },
    /// White space before or after the name, which a paste leaves.
    #[error("the entity ID {got:?} begins or ends with white space")]
    WhiteSpace {
        /// What was given.
        got: String,
    },
    /// A control character inside.
    #[error("the entity ID {got:?} has a control character")]
    Control {
        /// What was given.
        got: String,
    },
}

/// The ID of a request, to which the `InResponseTo` of an answer must be equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

/// The ID of any other message, or of an assertion.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(String);

macro_rules! xml_id {
    ($($name:ident)*) => {$(
        impl $name {
            /// An ID of ours: `_` and the 32 hexadecimal digits of 16 bytes that the caller drew at random (128 bits; SAML Core §1.3.4 asks for at least 128).
            ///
            /// The underscore keeps the first character from being a digit, which xs:ID and Entra refuse (E-10).
            pub fn from_random(random: [u8; 16]) -> Self {
                Self(id_from_random(random))
            }

            /// Takes an ID that another party made: an xs:ID (a name without colon) of at most 256 characters.
            ///
            /// # Errors
            /// [`MessageIdError::TooLong`] beyond 256 bytes, [`MessageIdError::NotAnId`] for what is no
            /// xs:ID.
            pub fn new(id: impl Into<String>) -> Result<Self, MessageIdError> {
                let id = id.into();
                check_xml_id(&id)?;
                Ok(Self(id))
            }
        }
    )*};
}
xml_id! { RequestId MessageId }

/// Why a string is not the ID of a message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageIdError {
    /// Not a name in the sense of xs:ID: empty, or it begins with a digit, or has a space, a colon or the
    /// like.
    #[error("{got:?} is not an xs:ID: it must begin with a letter or '_' and have letters, digits, '.', '-', '_' only")]
    NotAnId {
        /// What was given.
        got: String,
    },
    /// More than 256 bytes.
    #[error("the ID has {got} bytes, more than {max}")]
    TooLong {
        /// How many it has.
        got: usize,
        /// The bound.
        max: usize,
    },
}

/// Which session at the identity provider an authentication belongs to (SAML Core §2.7.2); Entra's equals the
/// assertion's ID (E-23).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionIndex(String);

impl SessionIndex {
    /// Takes any string of 1 to 1,024 bytes.
    ///
    /// # Errors
    /// [`SessionIndexError::Empty`], or [`SessionIndexError::TooLong`] beyond 1,024 bytes.
    pub fn new(index: impl Into<String>) -> Result<Self, SessionIndexError> {
        let index = index.into();
        match index.len() {
            0 => Err(SessionIndexError::Empty),
            1..=MAX_SESSION_INDEX => Ok(Self(index)),
            got => Err(SessionIndexError::TooLong { got, max: MAX_SESSION_INDEX }),
        }
    }
}

/// Why a string is not a session index.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SessionIndexError {
    /// Nothing at all.
    #[error("the SessionIndex is empty")]
    Empty,
    /// More than 1,024 bytes.
    #[error("the SessionIndex has {got} bytes, more than {max}")]
    TooLong {
        /// How many it has.
        got: usize,
        /// The bound.
        max: usize,
    },
}

macro_rules! read_as_string {
    ($($name:ident)*) => {$(
        impl $name {
            /// The string, exactly as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}
read_as_string! { EntityId RequestId MessageId SessionIndex }

fn id_from_random(random: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut id = String::with_capacity(33);
    id.push('_');
    for byte in random {
        id.push(char::from(DIGITS[usize::from(byte >> 4)]));
        id.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    id
}

fn check_xml_id(id: &str) -> Result<(), MessageIdError> {
    if id.len() > MAX_MESSAGE_ID {
        return Err(MessageIdError::TooLong { got: id.len(), max: MAX_MESSAGE_ID });
    }
    let mut characters = id.chars();
    if characters.next().is_some_and(begins_name) && characters.all(continues_name) {
        Ok(())
    } else {
        Err(MessageIdError::NotAnId { got: id.to_owned() })
    }
}

/// NameStartChar of XML 1.0 (fifth edition) without the colon.
fn begins_name(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// NameChar of XML 1.0 (fifth edition) without the colon.
fn continues_name(c: char) -> bool {
    matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}') || begins_name(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_id_may_be_a_uri_or_a_bare_string() {
        for id in ["https://sts.windows.net/3770f585-1d9b-44d4-9016-2428d0082154/", "spn:3efd9d97", "my app", "ä"] {
            assert_eq!(EntityId::new(id).map(|id| id.to_string()), Ok(id.to_owned()));
        }
    }

    #[test]
    fn what_is_no_entity_id_is_refused_by_name() {
        assert_eq!(EntityId::new(""), Err(EntityIdError::Empty));
        assert_eq!(EntityId::new("a "), Err(EntityIdError::WhiteSpace { got: "a ".to_owned() }));
        assert_eq!(EntityId::new("\u{a0}a"), Err(EntityIdError::WhiteSpace { got: "\u{a0}a".to_owned() }));
        assert_eq!(EntityId::new("a\u{7}b"), Err(EntityIdError::Control { got: "a\u{7}b".to_owned() }));
        assert_eq!(EntityId::new("é".repeat(1025)), Err(EntityIdError::TooLong { got: 1025, max: 1024 }));
        assert!(EntityId::new("é".repeat(1024)).is_ok());
    }

    #[test]
    fn an_absolute_uri_is_known_by_its_scheme() {
        let is_uri = |id: &str| EntityId::new(id).is_ok_and(|id| id.is_absolute_uri());
        assert!(is_uri("https://sp.example.org"));
        assert!(is_uri("urn:example:sp"));
        assert!(is_uri("spn:3efd9d97-26e4-4837-bd75-91a34c2da4ee"));
        assert!(!is_uri("3efd9d97-26e4-4837-bd75-91a34c2da4ee"));
        assert!(!is_uri("sp.example.org/path:x"));
        assert!(!is_uri("scheme:"));
    }

    #[test]
    fn an_id_of_ours_is_an_underscore_and_32_hexadecimal_digits() {
        let id = RequestId::from_random([0, 1, 0x2a, 0xff, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(id.as_str(), "_00012aff0405060708090a0b0c0d0e0f");
        assert_eq!(RequestId::new(id.as_str()), Ok(id));
    }

    #[test]
    fn ids_of_known_identity_providers_are_taken() {
        for id in ["_8fc33f13-c24a-4704-be81-5de2eb48fdea", "id1234567890", "Assertion-uuid1.2", "pfxb2c1"] {
            assert!(MessageId::new(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn what_is_no_xml_id_is_refused() {
        for id in ["", "1a", "a b", "a:b", "#a", " a", "-a"] {
            assert_eq!(MessageId::new(id), Err(MessageIdError::NotAnId { got: id.to_owned() }));
        }
        assert_eq!(MessageId::new("a".repeat(257)), Err(MessageIdError::TooLong { got: 257, max: 256 }));
    }

    #[test]
    fn a_session_index_has_1_to_1024_bytes() {
        assert_eq!(SessionIndex::new(""), Err(SessionIndexError::Empty));
        assert!(SessionIndex::new("s".repeat(1024)).is_ok());
        assert_eq!(SessionIndex::new("s".repeat(1025)), Err(SessionIndexError::TooLong { got: 1025, max: 1024 }));
    }
}
