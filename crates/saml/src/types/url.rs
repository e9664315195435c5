use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use thiserror::Error;

/// An absolute web address is at most this many characters long; Entra allows 256 for a reply URL, browsers
/// about 2,000.
const MAX_URL: usize = 2048;

/// Where responses are delivered: an Assertion Consumer Service URL of ours (SAML Metadata §2.4.4).
///
/// It is https, or http on a loopback host for a developer's machine. Recipient and Destination are compared
/// with it as strings (A15.3-4): two spellings of one address are two addresses, so the string is kept as it
/// was given.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AcsUrl(String);

impl AcsUrl {
    /// Takes an absolute https URL, or http on a loopback host, without user information or fragment, of at
    /// most 2,048 characters.
    ///
    /// # Errors
    /// [`UrlError`] with what is wrong: the length, a character, the scheme, user information, the host, a
    /// fragment, or http on a host that is not a loopback one.
    pub fn new(url: impl Into<String>) -> Result<Self, UrlError> {
        let url = url.into();
        check(&url, LoopbackHttp::Allow)?;
        Ok(Self(url))
    }

    /// Takes also http on any host: what somebody else's set-up has registered, to judge a message that was
    /// sent there. Nothing of ours is served there.
    ///
    /// # Errors
    /// As [`new`](Self::new), without [`UrlError::Http`].
    pub fn registered_elsewhere(url: impl Into<String>) -> Result<Self, UrlError> {
        let url = url.into();
        match check(&url, LoopbackHttp::Allow) {
            Ok(()) | Err(UrlError::Http { .. }) => Ok(Self(url)),
            Err(error) => Err(error),
        }
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address that metadata names and to which a browser is sent: single sign-on, single logout, assertion
/// consumer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointUrl(String);

impl EndpointUrl {
    /// Takes an absolute https URL, or http on a loopback host where the policy says so (A24.4), without user
    /// information or fragment, of at most 2,048 characters.
    ///
    /// # Errors
    /// As [`AcsUrl::new`]; with [`LoopbackHttp::Refuse`], any http is [`UrlError::Http`].
    pub fn new(url: impl Into<String>, loopback_http: LoopbackHttp) -> Result<Self, UrlError> {
        let url = url.into();
        check(&url, loopback_http)?;
        Ok(Self(url))
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&AcsUrl> for EndpointUrl {
    fn from(acs_url: &AcsUrl) -> Self {
        Self(acs_url.0.clone())
    }
}

macro_rules! show_as_string {
    ($($name:ident)*) => {$(
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
show_as_string! { AcsUrl EndpointUrl }

/// Whether an address of another party may be http on a loopback host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoopbackHttp {
    /// https only.
    #[default]
    Refuse,
    /// Also http on `localhost`, names under `.localhost`, 127.0.0.0/8 and `[::1]`: for a deployment whose
    /// own public URL is such a host.
    Allow,
}

/// Why a string is not an address that a browser may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// There is no scheme, so it is relative or no URL at all.
    #[error("{got:?} is not an absolute URL; one beginning with https:// is wanted")]
    NotAbsolute {
        /// What was given.
        got: String,
    },
    /// The scheme is neither https nor http: `javascript:`, `data:`, `ftp:` and the like.
    #[error("{got:?} has the scheme {scheme:?}; https is wanted")]
    Scheme {
        /// What was given.
        got: String,
        /// Its scheme.
        scheme: String,
    },
    /// http where only https may stand.
    #[error("{got:?} is http; https is wanted (http only on a loopback host)")]
    Http {
        /// What was given.
        got: String,
    },
    /// No host, a host of odd characters, or a port that is no number from 1 to 65535.
    #[error("{got:?} does not name a host (and perhaps a port) after its scheme")]
    Host {
        /// What was given.
        got: String,
    },
    /// `user@` before the host, which makes an address read as another one.
    #[error("{got:?} carries user information before its host")]
    UserInformation {
        /// What was given.
        got: String,
    },
    /// A fragment, which a browser never sends.
    #[error("{got:?} has a fragment (#…)")]
    Fragment {
        /// What was given.
        got: String,
    },
    /// A character that does not belong in a URL: white space, control, non-ASCII, or one of `"<>\^`{|}`.
    #[error("{got:?} has the character {character:?} at offset {offset}, which must be percent-encoded in a URL")]
    Character {
        /// What was given.
        got: String,
        /// The character.
        character: char,
        /// Its offset in bytes.
        offset: usize,
    },
    /// Longer than 2,048 characters.
    #[error("the URL is {got} characters long, more than {max}")]
    TooLong {
        /// Its length.
        got: usize,
        /// The bound.
        max: usize,
    },
}

fn check(url: &str, loopback_http: LoopbackHttp) -> Result<(), UrlError> {
    if url.len() > MAX_URL {
        return Err(UrlError::TooLong { got: url.len(), max: MAX_URL });
    }
    let got = || url.to_owned();
    if let Some((offset, character)) = url.char_indices().find(|&(_, c)| !belongs_in_url(c)) {
        return Err(UrlError::Character { got: got(), character, offset });
    }
    let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err(UrlError::NotAbsolute { got: got() });
    };
    let https = scheme.eq_ignore_ascii_case("https");
    if !https && !scheme.eq_ignore_ascii_case("http") {
        return Err(UrlError::Scheme { got: got(), scheme: scheme.to_owned() });
    }
    let Some(rest) = rest.strip_prefix("//") else {
        return Err(UrlError::Host { got: got() });
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(UrlError::UserInformation { got: got() });
    }
    let Some(host) = host_of(authority) else {
        return Err(UrlError::Host { got: got() });
    };
    if rest.contains('#') {
        return Err(UrlError::Fragment { got: got() });
    }
    let http_may_stand = loopback_http == LoopbackHttp::Allow && is_loopback(host);
    if !https && !http_may_stand {
        return Err(UrlError::Http { got: got() });
    }
    Ok(())
}

fn belongs_in_url(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`; none when either part is malformed.
fn host_of(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        address.parse::<Ipv6Addr>().ok()?;
        (address, port)
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        let (host, port) = authority.split_at(end);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
        if host.is_empty() || !host.chars().all(plain) {
            return None;
        }
        (host, port)
    };
    if !port.is_empty() {
        let digits = port.strip_prefix(':')?;
        let number: u16 = digits.parse().ok()?;
        if number == 0 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    Some(host)
}

fn is_loopback(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<(), UrlError> {
        EndpointUrl::new(url, LoopbackHttp::Refuse).map(drop)
    }

    #[test]
    fn https_urls_of_known_identity_providers_are_taken() {
        for url in [
            "https://login.microsoftonline.com/3770f585-1d9b-44d4-9016-2428d0082154/saml2",
            "https://accounts.google.com/o/saml2/idp?idpid=C01abc234",
            "https://192.0.2.7:8443/adfs/ls/",
            "https://[2001:db8::1]/idp",
            "https://idp.example.org",
        ] {
            assert_eq!(endpoint(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn http_is_taken_on_loopback_hosts_only_where_the_policy_says_so() {
        for url in
            ["http://localhost/saml/consume", "http://127.0.0.3:8080/x", "http://[::1]:1/", "http://a.localhost/"]
        {
            assert_eq!(endpoint(url), Err(UrlError::Http { got: url.to_owned() }));
            assert!(EndpointUrl::new(url, LoopbackHttp::Allow).is_ok(), "{url}");
            assert!(AcsUrl::new(url).is_ok(), "{url}");
        }
        for url in ["http://idp.example.org/", "http://localhost.example.org/", "http://128.0.0.1/", "http://10.0.0.1/"]
        {
            assert_eq!(AcsUrl::new(url), Err(UrlError::Http { got: url.to_owned() }));
        }
    }

    #[test]
    fn a_script_is_refused_by_its_scheme() {
        let got = "javascript:alert(1)".to_owned();
        assert_eq!(endpoint(&got), Err(UrlError::Scheme { got, scheme: "javascript".to_owned() }));
    }

    #[test]
    fn what_a_browser_reads_otherwise_is_refused() {
        type Wanted = fn(String) -> UrlError;
        let cases: [(&str, Wanted); 8] = [
            ("//idp.example.org/x", |got| UrlError::NotAbsolute { got }),
            ("/saml/acs", |got| UrlError::NotAbsolute { got }),
            ("", |got| UrlError::NotAbsolute { got }),
            ("https:/idp.example.org", |got| UrlError::Host { got }),
            ("https://", |got| UrlError::Host { got }),
            ("https://idp.example.org:+80/", |got| UrlError::Host { got }),
            ("https://good.example@evil.example/", |got| UrlError::UserInformation { got }),
            ("https://idp.example.org/#x", |got| UrlError::Fragment { got }),
        ];
        for (url, wanted) in cases {
            assert_eq!(endpoint(url), Err(wanted(url.to_owned())), "{url}");
        }
    }

    #[test]
    fn a_character_outside_urls_is_refused_with_its_place() {
        let got = "https://idp.example.org\\@evil.example/".to_owned();
        assert_eq!(endpoint(&got), Err(UrlError::Character { got, character: '\\', offset: 23 }));
        let got = " https://idp.example.org/".to_owned();
        assert_eq!(endpoint(&got), Err(UrlError::Character { got, character: ' ', offset: 0 }));
    }

    #[test]
    fn a_url_beyond_the_bound_is_refused() {
        let url = format!("https://idp.example.org/{}", "a".repeat(2048));
        assert_eq!(endpoint(&url), Err(UrlError::TooLong { got: 2072, max: 2048 }));
    }
}
