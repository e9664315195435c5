//! Where inside an application an unsolicited response may lead.
//!
//! Its RelayState is text that anybody could have written (E-44). It counts only as a path of the application, read as
//! strictly as the most lenient browser or server could read it loosely (A23.1): what has two readings is refused.

use std::fmt;

use thiserror::Error;

use crate::application::ApplicationSettings;

/// The longest deep link, in bytes. A RelayState of SAML has at most 80, which not everybody knows.
pub const MAX_DEEP_LINK: usize = 512;

/// A path, perhaps with a query, that the application's list allows.
#[derive(Clone, PartialEq, Eq)]
pub struct DeepLink(String);

/// Why a RelayState leads nowhere. The sign-in goes on to the application's start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeepLinkProblem {
    /// Longer than [`MAX_DEEP_LINK`].
    #[error("the deep link has {got} bytes, more than {MAX_DEEP_LINK}")]
    TooLong {
        /// Its length.
        got: usize,
    },
    /// It does not begin with one slash: an absolute address, or `//host`.
    #[error("the deep link does not begin with one slash; a path of the application is wanted")]
    NotAPath,
    /// A character that browsers drop, turn into another, or take for the end.
    #[error("the deep link has {character:?} at byte {at}, which a browser reads as something else")]
    Character {
        /// The character.
        character: char,
        /// Its offset in bytes.
        at: usize,
    },
    /// A percent sign that encodes nothing, or what may not be encoded in a path: a slash, a dot, a percent sign, a
    /// backslash, a control character.
    #[error("the deep link has {got:?} at byte {at}, which hides another character")]
    Encoded {
        /// The percent sign and what follows.
        got: String,
        /// Its offset in bytes.
        at: usize,
    },
    /// An empty segment, `.` or `..`, which lead elsewhere.
    #[error("the deep link has the segment {got:?}, which leads elsewhere")]
    Segment {
        /// The segment.
        got: String,
    },
    /// The application does not list it.
    #[error("the application does not allow deep links to {path:?}; its administrator may list it under deep_links")]
    NotListed {
        /// The path without its query.
        path: String,
    },
}

impl DeepLink {
    /// The deep link that a RelayState names, if it is one of the application's.
    ///
    /// # Errors
    /// It is no plain path, has two readings, or the application does not list it.
    pub fn new(relay_state: &str, application: &ApplicationSettings) -> Result<Self, DeepLinkProblem> {
        let path = plain_path(relay_state)?;
        let is_listed = |allowed: &String| match allowed.strip_suffix('/') {
            Some(_) => path.starts_with(allowed.as_str()),
            None => path == allowed,
        };
        if application.deep_links.iter().any(is_listed) {
            Ok(Self(relay_state.to_owned()))
        } else {
            Err(DeepLinkProblem::NotListed { path: path.to_owned() })
        }
    }

    /// The path and query.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address at the origin of the application's start. None where that is no web address.
    pub fn at(&self, start_url: &str) -> Option<String> {
        let (scheme, rest) = start_url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
        Some(format!("{scheme}://{host}{}", self.0))
    }
}

impl fmt::Debug for DeepLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The path of a link that has only one reading. Also what an entry of an application's list has to be.
///
/// # Errors
/// It is no path, or has two readings.
pub fn plain_path(link: &str) -> Result<&str, DeepLinkProblem> {
    if link.len() > MAX_DEEP_LINK {
        return Err(DeepLinkProblem::TooLong { got: link.len() });
    }
    if !link.starts_with('/') || link.starts_with("//") || link.starts_with("/\\") {
        return Err(DeepLinkProblem::NotAPath);
    }
    // Browsers drop tabs and line ends, trim spaces, and turn a backslash into a slash (URL Standard §4.4).
    let odd =
        |c: char| !c.is_ascii_graphic() || matches!(c, '\\' | '#' | '"' | '<' | '>' | '^' | '`' | '{' | '|' | '}');
    if let Some((at, character)) = link.char_indices().find(|(_, c)| odd(*c)) {
        return Err(DeepLinkProblem::Character { character, at });
    }
    let path = link.split_once('?').map_or(link, |(path, _)| path);
    for (at, _) in link.match_indices('%') {
        let digits = link.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let hides =
            |byte: u8| byte.is_ascii_control() || (at < path.len() && matches!(byte, b'/' | b'\\' | b'.' | b'%'));
        if byte.is_none_or(hides) {
            let got = link[at..].chars().take(3).collect();
            return Err(DeepLinkProblem::Encoded { got, at });
        }
    }
    let mut segments = path[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        // The last one may be empty: a path may end with a slash.
        if matches!(segment, "." | "..") || (segment.is_empty() && segments.peek().is_some()) {
            return Err(DeepLinkProblem::Segment { got: segment.to_owned() });
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn link(relay_state: &str) -> Result<String, DeepLinkProblem> {
        let deep_links = vec!["/reports/".to_owned(), "/inbox".to_owned()];
        let application = ApplicationSettings { deep_links, ..ApplicationSettings::default() };
        DeepLink::new(relay_state, &application).map(|link| link.as_str().to_owned())
    }

    /// E-44: only what the application lists.
    #[test]
    fn a_listed_path_is_taken_with_its_query() {
        for good in ["/reports/7", "/reports/", "/reports/a/b?x=1&y=%2Fz", "/inbox", "/inbox?page=2"] {
            assert_eq!(link(good), Ok(good.to_owned()));
        }
        for (other, path) in
            [("/reports", "/reports"), ("/inbox/7", "/inbox/7"), ("/", "/"), ("/admin?x=/inbox", "/admin")]
        {
            assert_eq!(link(other), Err(DeepLinkProblem::NotListed { path: path.to_owned() }));
        }
    }

    /// A23.1: absolute addresses, `//`, `/\` and schemes are no paths.
    #[test]
    fn what_could_name_another_host_is_no_path() {
        for bad in [
            "",
            "https://evil.example/reports/",
            "//evil.example/reports/",
            "/\\evil.example/",
            "\\\\evil.example",
            "javascript:alert(1)",
            "reports/7",
            " /reports/7",
            "\t//evil.example",
            "ada@evil.example",
            "https:/evil.example",
        ] {
            assert_eq!(link(bad), Err(DeepLinkProblem::NotAPath), "{bad:?}");
        }
    }

    /// A23.1: control characters, backslashes and what a browser drops.
    #[test]
    fn a_character_that_a_browser_reads_otherwise_is_refused() {
        for (bad, character, at) in [
            ("/\t/evil.example", '\t', 1),
            ("/reports/\n/x", '\n', 9),
            ("/reports/\\evil.example", '\\', 9),
            ("/reports/ä", 'ä', 9),
            ("/reports/7 ", ' ', 10),
            ("/reports/7#x", '#', 10),
            ("/reports/\0", '\0', 9),
        ] {
            assert_eq!(link(bad), Err(DeepLinkProblem::Character { character, at }), "{bad:?}");
        }
    }

    /// A23.1: encoded forms.
    #[test]
    fn an_encoded_character_that_hides_another_is_refused() {
        for (bad, got, at) in [
            ("/%2Fevil.example", "%2F", 1),
            ("/reports/%5cx", "%5c", 9),
            ("/reports/%2e%2e/admin", "%2e", 9),
            ("/reports/%252e", "%25", 9),
            ("/reports/%0d%0aSet-Cookie:x", "%0d", 9),
            ("/reports/?x=%0A", "%0A", 12),
            ("/reports/%", "%", 9),
            ("/reports/%zz", "%zz", 9),
        ] {
            assert_eq!(link(bad), Err(DeepLinkProblem::Encoded { got: got.to_owned(), at }), "{bad:?}");
        }
    }

    #[test]
    fn a_segment_that_leads_elsewhere_is_refused() {
        for (bad, got) in
            [("/reports/../admin", ".."), ("/reports/./7", "."), ("/reports//7", ""), ("/reports/..", "..")]
        {
            assert_eq!(link(bad), Err(DeepLinkProblem::Segment { got: got.to_owned() }), "{bad:?}");
        }
        let long = format!("/reports/{}", "a".repeat(MAX_DEEP_LINK));
        assert_eq!(link(&long), Err(DeepLinkProblem::TooLong { got: long.len() }));
    }

    #[test]
    fn a_deep_link_stands_at_the_origin_of_the_start() {
        let deep_links = vec!["/inbox".to_owned()];
        let application = ApplicationSettings { deep_links, ..ApplicationSettings::default() };
        let link = DeepLink::new("/inbox?a=b", &application).unwrap();
        let at = link.at("https://app.example.com:8443/start?x=1");
        assert_eq!(at.as_deref(), Some("https://app.example.com:8443/inbox?a=b"));
        assert_eq!(link.at("app"), None);
    }

    /// The path as the most lenient reader takes it: decoded twice, with backslashes as slashes.
    fn read_loosely(path: &str) -> String {
        let decoded = |text: &str| {
            let mut plain = Vec::new();
            let mut rest = text.as_bytes();
            while let [first, after @ ..] = rest {
                let byte = after
                    .get(..2)
                    .filter(|_| *first == b'%')
                    .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
                plain.push(byte.unwrap_or(*first));
                rest = if byte.is_some() { &after[2..] } else { after };
            }
            String::from_utf8_lossy(&plain).into_owned()
        };
        decoded(&decoded(path)).replace('\\', "/").replace(['\t', '\r', '\n'], "")
    }

    proptest! {
        /// A23.1: what is taken has one reading, however loosely it is read.
        #[test]
        fn a_link_that_is_taken_stays_below_its_listed_path(link in "(/reports/|//|/)([a/.\\\\%25eEfFcC \\t?#@:]|%2[eEfF5]|%5[cC]){0,12}") {
            let deep_links = vec!["/reports/".to_owned()];
            let application = ApplicationSettings { deep_links, ..ApplicationSettings::default() };
            if let Ok(taken) = DeepLink::new(&link, &application) {
                let path = taken.as_str().split('?').next().unwrap_or_default().to_owned();
                let loose = read_loosely(&path);
                prop_assert!(loose.starts_with("/reports/") && !loose.contains("//"), "{loose}");
                prop_assert!(loose.split('/').all(|segment| segment != ".." && segment != "."), "{loose}");
            }
        }
    }
}
