//! Where an answer may go: registered addresses, compared exactly, and the words for how another one differs.
//!
//! Of an application on a person's own machine ([`Client::native`](crate::Client::native)) one thing is not compared: the
//! port of a loopback literal, which the operating system draws when the application begins to listen (RFC 8252 §7.3).

mod native;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;
use crate::form::Parameters;
use crate::url::{HttpUrl, MAX_URL, UrlError};
use native::Loopback;

/// Parameters of an answer. A registered address that carried one would make the answer ambiguous.
const OF_THE_ANSWER: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// A redirect URI: https, http on a loopback host, or a private-use scheme such as `com.example.app:/callback`; without
/// fragment and wildcard; at most 2048 octets. Compared character by character (RFC 9700 §2.1). RFC 6749 §3.1.2,
/// RFC 8252 §7.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Why an address cannot be registered. Whoever registers the application mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an accepted URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A query that carries a parameter of the answer.
    #[error("the redirect URI '{got}' already has the parameter '{name}', which the answer adds; remove it")]
    AnswerParameter {
        /// The text that came.
        got: String,
        /// The parameter.
        name: &'static str,
    },
    /// A query that is not a list of parameters.
    #[error("the query of the redirect URI '{got}' is not percent-encoded UTF-8")]
    Query {
        /// The text that came.
        got: String,
    },
    /// A scheme that runs or shows what the address carries. It is accepted of no application.
    #[error("the redirect URI '{got}' has the scheme '{scheme}', which runs or shows what it carries; use https")]
    Dangerous {
        /// The text that came.
        got: String,
        /// The scheme.
        scheme: String,
    },
    /// A private-use scheme, of an application that is not on a person's own machine. RFC 8252 §7.1.
    #[error(
        "the redirect URI '{got}' has a scheme of its own, which belongs to applications on a person's own machine: set \
         native = true for such an application, else use https"
    )]
    NotNative {
        /// The text that came.
        got: String,
    },
    /// A private-use scheme that is not followed by a path.
    #[error("the redirect URI '{got}' has a scheme of its own; a path follows it, as in 'com.example.app:/callback'")]
    PrivateUsePath {
        /// The text that came.
        got: String,
    },
}

impl RedirectUri {
    /// Judges `text`.
    ///
    /// # Errors
    /// [`RedirectUriError`] says what is not as a redirect URI must be.
    pub fn new(text: impl Into<String>) -> Result<Self, RedirectUriError> {
        let text = text.into();
        if let Some(query) = query(&text)? {
            let parameters = Parameters::parse(query).map_err(|_| RedirectUriError::Query { got: excerpt(&text) })?;
            if let Some(name) = OF_THE_ANSWER.into_iter().find(|name| parameters.value(name).is_some()) {
                return Err(RedirectUriError::AnswerParameter { got: excerpt(&text), name });
            }
        }
        Ok(Self(text))
    }

    /// Judges `text` for an application that is on a person's own machine (`native`) or is not.
    ///
    /// # Errors
    /// As [`Self::new`], and [`RedirectUriError::NotNative`].
    pub fn of_application(text: impl Into<String>, native: bool) -> Result<Self, RedirectUriError> {
        let uri = Self::new(text)?;
        if uri.is_private_use() && !native {
            return Err(RedirectUriError::NotNative { got: excerpt(&uri.0) });
        }
        Ok(uri)
    }

    /// As it was registered, or asked for.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its scheme is an application's own: such an address takes a redirection, and no form.
    pub fn is_private_use(&self) -> bool {
        !self.0.starts_with("https://") && !self.0.starts_with("http://")
    }

    /// How `got` differs from this address; `None` when it does not.
    pub fn difference(&self, got: &str) -> Option<Difference> {
        let want = self.as_str();
        if want == got {
            return None;
        }
        if want.strip_suffix('/') == Some(got) || got.strip_suffix('/') == Some(want) {
            return Some(Difference::TrailingSlash);
        }
        if want.eq_ignore_ascii_case(got) {
            return Some(Difference::LetterCase);
        }
        if let (Some(one), Some(other)) = (Loopback::read(want), Loopback::read(got))
            && one.differs_by_port_only(other)
        {
            return Some(Difference::LoopbackPort);
        }
        let at = common_prefix(want, got);
        Some(Difference::Part { part: part_of_difference(want, got, at), character: at + 1 })
    }
}

/// How a redirect URI differs from a registered one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// One has a `/` at its end, the other has not.
    TrailingSlash,
    /// Upper and lower case; both count.
    LetterCase,
    /// The port of a loopback literal, which does not count of an application that is registered as native.
    LoopbackPort,
    /// Somewhere else.
    Part {
        /// The part in which the first difference lies.
        part: Part,
        /// The position of the first difference, from 1.
        character: usize,
    },
}

/// A part of an address, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `https`.
    Scheme,
    /// The host.
    Host,
    /// The port behind it.
    Port,
    /// From the first `/` after the host.
    Path,
    /// From the `?`.
    Query,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TrailingSlash => f.write_str("they differ by a '/' at the end only"),
            Self::LetterCase => f.write_str("they differ by upper and lower case only"),
            Self::LoopbackPort => f.write_str(
                "they differ by the port only; of an application on a person's own machine any port is taken, once it is \
                 registered with native = true",
            ),
            Self::Part { part, character } => {
                let part = match part {
                    Part::Scheme => "scheme",
                    Part::Host => "host",
                    Part::Port => "port",
                    Part::Path => "path",
                    Part::Query => "query",
                };
                write!(f, "they differ in the {part}, first at character {character}")
            }
        }
    }
}

/// The address to answer at, for a client that asked for `got`: as it was asked for, if it is registered. Of a `native`
/// client any port of a loopback literal is (RFC 8252 §7.3), and of no other one a private-use scheme.
pub(crate) fn answer_address(registered: &[RedirectUri], got: &str, native: bool) -> Option<RedirectUri> {
    let exact = registered.iter().find(|uri| uri.as_str() == got && (native || !uri.is_private_use()));
    if exact.is_some() || !native {
        return exact.cloned();
    }
    let asked = Loopback::read(got)?;
    let fits = |uri: &RedirectUri| Loopback::read(uri.as_str()).is_some_and(|one| one.differs_by_port_only(asked));
    // It differs from an address that was judged by its port alone, and is judged itself none the less.
    registered.iter().any(fits).then(|| RedirectUri::new(got).ok()).flatten()
}

/// The query of an address that may be registered.
fn query(text: &str) -> Result<Option<&str>, RedirectUriError> {
    let scheme = native::scheme(text).unwrap_or_default();
    if native::is_dangerous(scheme) {
        return Err(RedirectUriError::Dangerous { got: excerpt(text), scheme: scheme.to_ascii_lowercase() });
    }
    if !native::is_private_use(scheme) {
        return Ok(HttpUrl::parse(text)?.query);
    }
    let got = || excerpt(text);
    if text.len() > MAX_URL {
        return Err(UrlError::TooLong { got: text.len() }.into());
    }
    if text.contains('*') {
        return Err(UrlError::Wildcard { got: got() }.into());
    }
    if text.contains('#') {
        return Err(UrlError::Fragment { got: got() }.into());
    }
    if !native::has_plain_path(text, scheme) {
        return Err(RedirectUriError::PrivateUsePath { got: got() });
    }
    Ok(text.split_once('?').map(|(_, query)| query))
}

/// The registered address nearest to `got`: the one that agrees with it longest, by case or without.
pub(crate) fn nearest<'a>(registered: &'a [RedirectUri], got: &str) -> Option<&'a RedirectUri> {
    let lower = got.to_ascii_lowercase();
    registered.iter().max_by_key(|uri| common_prefix(&uri.as_str().to_ascii_lowercase(), &lower))
}

fn common_prefix(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count()
}

/// The part in which two addresses differ first. Where a part of one ends and the other's goes on, it is that part; where
/// an address ends, it is what the other has there.
fn part_of_difference(want: &str, got: &str, at: usize) -> Part {
    if at == want.len() {
        part_at(got, at)
    } else if at == got.len() {
        part_at(want, at)
    } else {
        part_at(want, at).min(part_at(got, at))
    }
}

fn part_at(uri: &str, at: usize) -> Part {
    let scheme = native::scheme(uri).unwrap_or_default();
    let after_scheme = match uri.find("://") {
        Some(colon) => colon + 3,
        // `com.example.app:/callback` has no host.
        None if native::is_private_use(scheme) => scheme.len() + 1,
        None => 0,
    };
    let authority_end = uri[after_scheme..].find(['/', '?']).map_or(uri.len(), |length| after_scheme + length);
    let host_end = uri[..authority_end].rfind(']').unwrap_or(after_scheme).max(after_scheme);
    let port = uri[host_end..authority_end].find(':').map_or(authority_end, |colon| host_end + colon);
    let query = uri.find('?').unwrap_or(usize::MAX);
    if at >= query {
        Part::Query
    } else if at < after_scheme {
        Part::Scheme
    } else if at < port {
        Part::Host
    } else if at < authority_end {
        Part::Port
    } else {
        Part::Path
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = RedirectUriError;

    fn try_from(text: String) -> Result<Self, RedirectUriError> {
        Self::new(text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_is_refused_with_the_reason() {
        let got = "https://*.example.com/callback".to_owned();
        let refusal = RedirectUri::new(got.clone()).unwrap_err();
        assert!(refusal.to_string().contains("would send sign-ins to any address that fits it"), "{refusal}");
        assert_eq!(refusal, RedirectUriError::Url(UrlError::Wildcard { got }));
    }

    #[test]
    fn a_fragment_is_refused() {
        let got = "https://app.example.com/#callback".to_owned();
        assert_eq!(RedirectUri::new(got.clone()), Err(RedirectUriError::Url(UrlError::Fragment { got })));
    }

    #[test]
    fn a_parameter_of_the_answer_is_refused_in_a_registered_query() {
        let got = "https://app.example.com/callback?tenant=1&c%6fde=x".to_owned();
        assert_eq!(RedirectUri::new(got.clone()), Err(RedirectUriError::AnswerParameter { got, name: "code" }));
        assert!(RedirectUri::new("https://app.example.com/callback?tenant=1").is_ok());
    }

    #[test]
    fn the_difference_is_named_by_its_kind_and_place() {
        let uri = RedirectUri::new("https://app.example.com/callback?tenant=1").unwrap();
        let part = |part, character| Some(Difference::Part { part, character });
        for (got, difference) in [
            ("https://app.example.com/callback?tenant=1", None),
            ("https://app.example.com/callback?tenant=1/", Some(Difference::TrailingSlash)),
            ("https://app.example.com/Callback?tenant=1", Some(Difference::LetterCase)),
            ("http://app.example.com/callback?tenant=1", part(Part::Scheme, 5)),
            ("https://app.example.org/callback?tenant=1", part(Part::Host, 21)),
            ("https://app.example.com/callbacks?tenant=1", part(Part::Path, 33)),
            ("https://app.example.com:8443/callback?tenant=1", part(Part::Port, 24)),
            ("https://app.example.com.evil.test/callback?tenant=1", part(Part::Host, 24)),
            ("com.example.app:/callback", part(Part::Scheme, 1)),
            ("https://app.example.com/callback", part(Part::Query, 33)),
            ("https://app.example.com", part(Part::Path, 24)),
            ("callback", part(Part::Scheme, 1)),
            ("https://app.example.com/callbäck?tenant=1", part(Part::Path, 30)),
            ("https://app.example.com/callback?tenant=2", part(Part::Query, 41)),
        ] {
            assert_eq!(uri.difference(got), difference, "{got}");
        }
    }

    #[test]
    fn the_difference_of_ports_and_schemes_is_named() {
        let difference = |want: &str, got| RedirectUri::new(want).unwrap().difference(got).unwrap().to_string();
        let ports = "https://app.example.com:8443/cb";
        assert_eq!(
            difference(ports, "https://app.example.com:8444/cb"),
            "they differ in the port, first at character 28"
        );
        let words = difference("http://127.0.0.1:8400/cb", "http://127.0.0.1:51004/cb");
        assert!(words.contains("differ by the port only") && words.contains("native = true"), "{words}");
        let words = difference("http://[::1]/cb", "http://[::1]:51004/cb");
        assert!(words.contains("native = true"), "{words}");
        let words = difference("http://localhost:8400/cb", "http://localhost:8401/cb");
        assert_eq!(words, "they differ in the port, first at character 21");
        let own = "com.example.app:/callback";
        assert_eq!(difference(own, "com.example.apq:/callback"), "they differ in the scheme, first at character 15");
        assert_eq!(difference(own, "Com.example.app:/callback"), "they differ by upper and lower case only");
        assert_eq!(difference(own, "com.example.app:/other"), "they differ in the path, first at character 18");
    }

    /// MX-31, RFC 8252 §7.3, §7.1: any port, and a scheme of its own, of an application that is registered as native alone.
    #[test]
    fn a_native_application_is_answered_at_the_port_it_asked_for() {
        let registered = |texts: &[&str]| texts.iter().map(|text| RedirectUri::new(*text).unwrap()).collect::<Vec<_>>();
        let known = registered(&["http://127.0.0.1/cb?x=1", "http://[::1]:9/cb", "http://localhost:8400/cb"]);
        for got in
            ["http://127.0.0.1:51004/cb?x=1", "http://127.0.0.1/cb?x=1", "http://[::1]:51004/cb", "http://[::1]/cb"]
        {
            assert_eq!(answer_address(&known, got, true).unwrap().as_str(), got);
        }
        for got in ["http://127.0.0.1:51004/cb?x=1", "http://[::1]/cb"] {
            assert_eq!(answer_address(&known, got, false), None, "{got}");
        }
        for got in [
            "http://127.0.0.1:51004/cb?x=2",
            "http://127.0.0.1:51004/cb",
            "http://127.0.0.1:51004/cb?x=1&y=2",
            "http://127.0.0.1:51004/cb?x=1#",
            "http://[::1]:51004/cb/",
            "http://[::1]:51004/%63b",
            "http://localhost:51004/cb",
            "http://127.0.0.1.evil.test/cb?x=1",
            "http://127.0.0.1:1@evil.test/cb?x=1",
            "http://127.0.0.1./cb?x=1",
            "http://127.0.0.1:80%2f@evil.test/cb?x=1",
            "http://[::1%25lo]:9/cb",
            "HTTP://127.0.0.1:51004/cb?x=1",
            "https://127.0.0.1:51004/cb?x=1",
        ] {
            assert_eq!(answer_address(&known, got, true), None, "{got}");
        }
        let own = registered(&["com.example.app:/callback"]);
        assert!(answer_address(&own, "com.example.app:/callback", true).is_some());
        assert_eq!(answer_address(&own, "com.example.app:/callback", false), None);
        assert_eq!(answer_address(&own, "com.example.app:/callback/x", true), None);
        assert_eq!(answer_address(&own, "COM.example.app:/callback", true), None);
    }

    #[test]
    fn a_scheme_of_its_own_is_registered_for_a_native_application_alone_and_a_dangerous_one_never() {
        for own in ["com.example.app:/callback", "com.example.app://callback?x=1"] {
            assert!(RedirectUri::of_application(own, true).is_ok(), "{own}");
            let refused = RedirectUri::of_application(own, false).unwrap_err();
            assert_eq!(refused, RedirectUriError::NotNative { got: own.into() });
            assert!(refused.to_string().contains("set native = true"), "{refused}");
        }
        for scheme in ["javascript", "data", "file", "vbscript", "blob", "about", "JavaScript"] {
            let got = format!("{scheme}:/x");
            let want = RedirectUriError::Dangerous { got: got.clone(), scheme: scheme.to_ascii_lowercase() };
            assert_eq!(RedirectUri::of_application(got, true), Err(want));
        }
        for got in ["myapp:/callback", "Com.example.app:/callback", "com..app:/callback"] {
            let want = RedirectUriError::Url(UrlError::Scheme { got: got.into() });
            assert_eq!(RedirectUri::of_application(got, true), Err(want));
        }
        for got in ["com.example.app:callback", "com.example.app:", "com.example.app:/a b"] {
            let want = RedirectUriError::PrivateUsePath { got: got.into() };
            assert_eq!(RedirectUri::of_application(got, true), Err(want));
        }
        for got in ["com.example.app:/*", "com.example.app:/#x", "com.example.app:/?code=1"] {
            assert!(RedirectUri::of_application(got, true).is_err(), "{got}");
        }
    }

    #[test]
    fn a_stored_address_is_judged_again_when_it_is_read() {
        assert!(serde_json::from_str::<RedirectUri>(r#""https://app.example.com/""#).is_ok());
        assert!(serde_json::from_str::<RedirectUri>(r#""http://app.example.com/""#).is_err());
    }
}
