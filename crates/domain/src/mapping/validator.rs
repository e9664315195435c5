//! What a value must be like.

use serde::{Deserialize, Serialize};
use vestibule_saml::sp::entra;

use super::{Pattern, Property};
use crate::name::EmailAddress;

/// The longest name or other line, in characters.
const MAX_LINE: usize = 256;

/// What a value must be like to become a property. One that is not is passed over, and the next source is tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Validator {
    /// Lower-case letters of English, digits and the marks of e-mail addresses; no spaces (CC-12). The usual one of
    /// `name`.
    Name,
    /// An e-mail address. A guest's user principal name (`…#EXT#@…`) is none, though it looks like one (E-35). The
    /// usual one of `email`, whose own grammar it is.
    Email,
    /// One line of at most 256 characters. The usual one of all else.
    Line,
    /// All of it as the pattern says.
    Pattern(Pattern),
}

impl Validator {
    /// The usual one of a property.
    pub const fn of(property: Property) -> Self {
        match property {
            Property::Name => Self::Name,
            Property::Email => Self::Email,
            Property::DisplayName | Property::GivenName | Property::FamilyName | Property::Roles | Property::Groups => {
                Self::Line
            }
        }
    }

    /// Whether a value is like that.
    pub fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Name => is_line(value) && value.chars().all(is_of_name),
            Self::Email => value.parse::<EmailAddress>().is_ok() && !is_guest(value),
            Self::Line => is_line(value),
            Self::Pattern(pattern) => is_line(value) && pattern.is_whole(value),
        }
    }

    /// What it wants, for a report.
    pub fn wants(&self) -> String {
        match self {
            Self::Name => "lower-case letters, digits and the marks of e-mail addresses, without spaces".to_owned(),
            Self::Email => "an e-mail address".to_owned(),
            Self::Line => format!("one line of at most {MAX_LINE} characters"),
            Self::Pattern(pattern) => format!("all of it as {:?} says", pattern.as_str()),
        }
    }
}

fn is_line(value: &str) -> bool {
    !value.trim().is_empty() && value.chars().count() <= MAX_LINE && !value.chars().any(char::is_control)
}

/// RFC 5322 §3.2.3: the marks of an atom, with dot and at.
fn is_of_name(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '.' | '@') || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

fn is_guest(value: &str) -> bool {
    value.to_ascii_uppercase().contains("#EXT#")
}

/// Whether a value looks like what Entra sends where it knows no name (CC-27, E-35): a GUID, and as a display name one for
/// the given name and one for the surname.
pub(super) fn is_guid(value: &str) -> bool {
    let mut words = value.split_whitespace().peekable();
    words.peek().is_some() && words.all(entra::is_guid)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CC-12: only lower-case letters, digits and e-mail characters, no spaces.
    #[test]
    fn a_name_has_no_capitals_and_no_spaces() {
        for good in ["ada", "ada.min@corp.example", "a-1_b+c", "o'neill"] {
            assert!(Validator::Name.accepts(good), "{good}");
        }
        for bad in ["", "Ada", "ada min", "äda", "ada\n", "a,b", "<ada>", &"a".repeat(257)] {
            assert!(!Validator::Name.accepts(bad), "{bad}");
        }
    }

    /// E-35: a guest's user principal name is not their address.
    #[test]
    fn the_principal_name_of_a_guest_is_no_address() {
        assert!(Validator::Email.accepts("Ada@Corp.Example"));
        assert!(!Validator::Email.accepts("ada_partner.example#EXT#@corp.example"));
        assert!(!Validator::Email.accepts("ada_partner.example#ext#@corp.example"));
        assert!(!Validator::Email.accepts("ada"));
    }

    #[test]
    fn a_line_is_one_line() {
        assert!(Validator::Line.accepts("Ada Min"));
        for bad in ["", " ", "a\nb", "a\u{0}", &"ä".repeat(257)] {
            assert!(!Validator::Line.accepts(bad), "{bad:?}");
        }
        assert!(Validator::Line.accepts(&"ä".repeat(256)));
    }

    #[test]
    fn a_pattern_speaks_of_the_whole_value() {
        let digits = Validator::Pattern(Pattern::new("[0-9]{4}").unwrap());
        assert!(digits.accepts("1234"));
        assert!(!digits.accepts("12345"));
    }
}
