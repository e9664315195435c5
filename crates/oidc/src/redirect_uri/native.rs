//! Addresses of applications on a person's own machine: any port of the loopback interface, and schemes of their own.
//! RFC 8252 §7.

use crate::url;

/// Schemes that run or show what an address carries. None has a dot, so none is a private-use scheme either; they are
/// named so that the refusal says what they are.
const DANGEROUS: [&str; 9] =
    ["javascript", "data", "file", "vbscript", "blob", "about", "filesystem", "view-source", "intent"];

/// An http address at a loopback literal, in its parts. `localhost` is none: a name may be resolved to anything
/// (RFC 8252 §8.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Loopback<'a> {
    pub(super) host: &'a str,
    pub(super) port: Option<&'a str>,
    /// From the path on.
    pub(super) rest: &'a str,
}

impl<'a> Loopback<'a> {
    /// Reads `http://127.0.0.1[:port]…` or `http://[::1][:port]…`, spelt exactly so; `None` for all else. What stands
    /// behind the port must begin a path or a query, so that no longer host and no user name is taken for a literal.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let authority = text.strip_prefix("http://")?;
        let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| authority.starts_with(host))?;
        let (host, after) = authority.split_at(host.len());
        let (port, rest) = match after.strip_prefix(':') {
            None => (None, after),
            Some(after) => {
                let digits = after.bytes().take_while(u8::is_ascii_digit).count();
                let (port, rest) = after.split_at(digits);
                let is_port = !port.starts_with('0') && port.parse::<u16>().is_ok();
                (Some(is_port.then_some(port)?), rest)
            }
        };
        (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(Self { host, port, rest })
    }

    /// The same but for the port.
    pub(super) fn differs_by_port_only(self, other: Self) -> bool {
        self.host == other.host && self.rest == other.rest
    }
}

/// The scheme of an address; `None` where it has none.
pub(super) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(is_plain)).then_some(scheme)
}

/// Whether a scheme is a private-use one: in lower case, and a domain name turned round, of at least two parts
/// (RFC 8252 §7.1). The dot keeps every scheme away that a browser or a system knows.
pub(super) fn is_private_use(scheme: &str) -> bool {
    scheme.contains('.')
        && !scheme.bytes().any(|octet| octet.is_ascii_uppercase())
        && scheme.split('.').all(|part| !part.is_empty())
}

/// Whether a scheme is one of those that run or show what an address carries.
pub(super) fn is_dangerous(scheme: &str) -> bool {
    DANGEROUS.iter().any(|dangerous| dangerous.eq_ignore_ascii_case(scheme))
}

/// Whether an address of a private-use scheme goes on with a path, and all of it is plain. A fragment and a wildcard were
/// refused before.
pub(super) fn has_plain_path(text: &str, scheme: &str) -> bool {
    text.get(scheme.len() + 1..).is_some_and(|rest| rest.starts_with('/') && rest.bytes().all(url::is_url_octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_literal_is_read_in_its_parts() {
        let read = |text| Loopback::read(text).map(|it| (it.host, it.port, it.rest));
        assert_eq!(read("http://127.0.0.1/cb"), Some(("127.0.0.1", None, "/cb")));
        assert_eq!(read("http://127.0.0.1:51004/cb?x=1"), Some(("127.0.0.1", Some("51004"), "/cb?x=1")));
        assert_eq!(read("http://[::1]:1?x"), Some(("[::1]", Some("1"), "?x")));
        assert_eq!(read("http://[::1]"), Some(("[::1]", None, "")));
    }

    /// None of these is a literal of the loopback interface with a port, however much it looks like one.
    #[test]
    fn what_only_looks_like_a_loopback_literal_is_none() {
        for text in [
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:1@evil.test/cb",
            "http://127.0.0.1@evil.test/cb",
            "http://user@127.0.0.1/cb",
            "http://127.0.0.1./cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:65536/cb",
            "http://127.0.0.1:+80/cb",
            "http://127.0.0.1:80:81/cb",
            "http://127.0.0.1:80.evil.test/cb",
            "http://127.0.0.1:80\\@evil.test/cb",
            "http://127.0.0.1:80#@evil.test/cb",
            "http://127.0.0.1%2eevil.test/cb",
            "http://%31%32%37.0.0.1/cb",
            "http://127.1/cb",
            "http://127.0.0.2/cb",
            "http://2130706433/cb",
            "http://localhost:80/cb",
            "http://[::1%25eth0]/cb",
            "http://[::1%eth0]/cb",
            "http://[::1].evil.test/cb",
            "http://[0:0:0:0:0:0:0:1]/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "HTTP://127.0.0.1/cb",
            "https://127.0.0.1/cb",
            " http://127.0.0.1/cb",
        ] {
            assert_eq!(Loopback::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_private_use_scheme_is_a_domain_name_turned_round() {
        for scheme in ["com.example.app", "de.example", "com.example-2.app"] {
            assert!(is_private_use(scheme), "{scheme}");
        }
        for scheme in ["myapp", "com.example.App", "com..app", ".app", "app.", "https"] {
            assert!(!is_private_use(scheme), "{scheme}");
        }
        assert!(is_dangerous("JavaScript") && !DANGEROUS.iter().any(|scheme| is_private_use(scheme)));
    }
}
