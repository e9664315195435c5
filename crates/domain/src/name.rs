//! Names that people choose and browsers read: slugs, sub-domains, e-mail domains and addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The longest label of a host name (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;
/// The longest host name (RFC 1035 §2.3.4).
const MAX_DOMAIN: usize = 253;
/// The longest e-mail address (RFC 5321 §4.5.3.1.3).
const MAX_EMAIL: usize = 254;

/// A short name in addresses and files: lower-case letters, digits and inner hyphens, 1 to 63 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

/// The label of an account below the deployment's account domain. The grammar of a [`Slug`]; `www` and the like are
/// kept for the deployment itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubDomain(Slug);

/// A domain of e-mail addresses, in lower case: at least two labels of letters, digits and hyphens. A name of other
/// letters is given in its `xn--` form (RFC 5890 §2.3.2.1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// An e-mail address as it was received, with the key by which it is compared: folded to lower case, because
/// directories differ in the case of what they send (XC-10).
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    received: String,
    key: String,
}

/// Sub-domains that belong to the deployment, never to an account.
const RESERVED: &[&str] = &["admin", "api", "app", "assets", "console", "login", "mail", "metrics", "ns", "sso", "www"];

/// Why a name is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// A slug or sub-domain with something else than lower-case letters, digits and inner hyphens, or a wrong length.
    #[error("{got:?} is not a short name: 1 to 63 lower-case letters, digits and inner hyphens are wanted")]
    Slug {
        /// What was given.
        got: String,
    },
    /// A sub-domain that is kept for the deployment.
    #[error("{got:?} is kept for the deployment itself; choose another sub-domain")]
    Reserved {
        /// What was given.
        got: String,
    },
    /// A wildcard where one concrete host is wanted (XC-33).
    #[error(
        "{got:?} has a wildcard; name each host by itself, because an answer is accepted at one exact address only"
    )]
    Wildcard {
        /// What was given.
        got: String,
    },
    /// A name that is no domain.
    #[error(
        "{got:?} is not a domain name: labels of letters, digits and hyphens with dots between are wanted (other letters in their xn-- form)"
    )]
    Domain {
        /// What was given.
        got: String,
    },
    /// A text that is no e-mail address.
    #[error("that is not an e-mail address: a name, an @ and a domain are wanted")]
    Email,
}

impl Slug {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest slug to a name that a person wrote: lower case, everything else a hyphen (MX-16). None when
    /// nothing is left.
    pub fn proposed_for(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in name.chars() {
            match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9') => slug.push(c),
                _ if slug.ends_with('-') || slug.is_empty() => {}
                _ => slug.push('-'),
            }
        }
        slug.truncate(MAX_LABEL);
        slug.trim_end_matches('-').parse().ok()
    }
}

impl SubDomain {
    /// The label.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl DomainName {
    /// The domain, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EmailAddress {
    /// The address as it was received.
    pub fn as_str(&self) -> &str {
        &self.received
    }

    /// The key by which addresses are compared: the address in lower case.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its domain.
    pub fn domain(&self) -> &str {
        self.key.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for Slug {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('*') {
            return Err(NameError::Wildcard { got: text.to_owned() });
        }
        let lower = text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        if lower && is_label(text) { Ok(Self(text.to_owned())) } else { Err(NameError::Slug { got: text.to_owned() }) }
    }
}

impl FromStr for SubDomain {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let slug: Slug = text.parse()?;
        if RESERVED.contains(&text) {
            return Err(NameError::Reserved { got: text.to_owned() });
        }
        Ok(Self(slug))
    }
}

impl FromStr for DomainName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let got = || text.to_owned();
        if text.contains('*') {
            return Err(NameError::Wildcard { got: got() });
        }
        let name = text.trim_end_matches('.').to_ascii_lowercase();
        let is_domain = name.len() <= MAX_DOMAIN
            && name.contains('.')
            && name.split('.').all(is_label)
            // The last label of a domain is never a number: that is an address.
            && name.rsplit('.').next().is_some_and(|last| !last.bytes().all(|c| c.is_ascii_digit()));
        if is_domain { Ok(Self(name)) } else { Err(NameError::Domain { got: got() }) }
    }
}

impl FromStr for EmailAddress {
    type Err = NameError;

    /// Takes what mail systems take in practice: no quoting, no comments, no white space. Characters beyond ASCII may
    /// stand before the @ (RFC 6531).
    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(NameError::Email)?;
        let odd = |c: char| {
            c.is_control()
                || c.is_whitespace()
                || matches!(c, '"' | '(' | ')' | ',' | ':' | ';' | '<' | '>' | '@' | '[' | '\\' | ']')
        };
        if local.is_empty() || text.len() > MAX_EMAIL || local.contains(odd) {
            return Err(NameError::Email);
        }
        // One label is enough here: a deployment of a test lab has addresses at such domains.
        let domain = domain.to_ascii_lowercase();
        if domain.is_empty() || !domain.split('.').all(is_label) {
            return Err(NameError::Email);
        }
        Ok(Self { received: text.to_owned(), key: text.to_lowercase() })
    }
}

fn is_label(text: &str) -> bool {
    (1..=MAX_LABEL).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

macro_rules! text {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}
text! { Slug SubDomain DomainName EmailAddress }

macro_rules! debug_as_text {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }
    )*};
}
debug_as_text! { Slug SubDomain DomainName }

impl fmt::Debug for EmailAddress {
    /// An address is personal: it is shown nowhere by accident.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…@{}", self.domain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_compared_without_case_and_kept_as_received() {
        let one: EmailAddress = "Ada.Min@Corp.Example".parse().unwrap();
        assert_eq!(one.as_str(), "Ada.Min@Corp.Example");
        assert_eq!(one.key(), "ada.min@corp.example", "XC-3, XC-10");
        assert_eq!(one.domain(), "corp.example");
        assert_eq!(format!("{one:?}"), "…@corp.example");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "@corp.example",
            "ada@",
            "a b@corp.example",
            "ada@corp..example",
            "ada@x.y@z",
            "<ada@corp.example>",
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(NameError::Email), "{text}");
        }
    }

    /// XC-33: a wildcard is refused at save, with the reason.
    #[test]
    fn wildcards_are_refused_by_name() {
        assert_eq!(
            "*.corp.example".parse::<DomainName>(),
            Err(NameError::Wildcard { got: "*.corp.example".to_owned() })
        );
        assert_eq!("*".parse::<SubDomain>(), Err(NameError::Wildcard { got: "*".to_owned() }));
    }

    #[test]
    fn a_sub_domain_is_a_label_that_the_deployment_does_not_keep() {
        assert!("acme-2".parse::<SubDomain>().is_ok());
        assert_eq!("www".parse::<SubDomain>(), Err(NameError::Reserved { got: "www".to_owned() }));
        for text in ["", "-a", "a-", "A", "a.b", "ä"] {
            assert_eq!(text.parse::<SubDomain>(), Err(NameError::Slug { got: text.to_owned() }), "{text}");
        }
    }

    #[test]
    fn a_domain_is_folded_and_an_address_is_none() {
        assert_eq!("Corp.Example.".parse::<DomainName>().unwrap().as_str(), "corp.example");
        for text in ["corp", "10.0.0.1", "corp..example", "köln.example"] {
            assert_eq!(text.parse::<DomainName>(), Err(NameError::Domain { got: text.to_owned() }), "{text}");
        }
    }

    /// MX-16: a sub-domain is proposed from the name.
    #[test]
    fn a_slug_is_proposed_from_a_name() {
        assert_eq!(Slug::proposed_for("Acme & Söhne GmbH").unwrap().as_str(), "acme-s-hne-gmbh");
        assert_eq!(Slug::proposed_for("!!"), None);
    }
}
