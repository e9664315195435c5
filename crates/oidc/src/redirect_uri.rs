//! Where an answer may go: registered addresses, compared exactly, and the words for how another one differs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::excerpt::excerpt;
use crate::form::Parameters;
use crate::url::{HttpUrl, UrlError};

/// Parameters of an answer. A registered address that carried one would make the answer ambiguous.
const OF_THE_ANSWER: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// A registered redirect URI: https, or http on a loopback host; without fragment and wildcard; at most 2048 octets.
/// Compared character by character (RFC 9700 §2.1). RFC 6749 §3.1.2.
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
}

impl RedirectUri {
    /// Judges `text`.
    ///
    /// # Errors
    /// [`RedirectUriError`] says what is not as a redirect URI must be.
    pub fn new(text: impl Into<String>) -> Result<Self, RedirectUriError> {
        let text = text.into();
        if let Some(query) = HttpUrl::parse(&text)?.query {
            let parameters = Parameters::parse(query).map_err(|_| RedirectUriError::Query { got: excerpt(&text) })?;
            if let Some(name) = OF_THE_ANSWER.into_iter().find(|name| parameters.value(name).is_some()) {
                return Err(RedirectUriError::AnswerParameter { got: excerpt(&text), name });
            }
        }
        Ok(Self(text))
    }

    /// As it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
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
    /// Host and port.
    Host,
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
            Self::Part { part, character } => {
                let part = match part {
                    Part::Scheme => "scheme",
                    Part::Host => "host or port",
                    Part::Path => "path",
                    Part::Query => "query",
                };
                write!(f, "they differ in the {part}, first at character {character}")
            }
        }
    }
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
    let after_scheme = uri.find("://").map_or(0, |colon| colon + 3);
    let authority_end = uri[after_scheme..].find(['/', '?']).map_or(uri.len(), |length| after_scheme + length);
    let query = uri.find('?').unwrap_or(usize::MAX);
    if at >= query {
        Part::Query
    } else if at < after_scheme {
        Part::Scheme
    } else if at < authority_end {
        Part::Host
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
            ("https://app.example.com:8443/callback?tenant=1", part(Part::Host, 24)),
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
    fn a_stored_address_is_judged_again_when_it_is_read() {
        assert!(serde_json::from_str::<RedirectUri>(r#""https://app.example.com/""#).is_ok());
        assert!(serde_json::from_str::<RedirectUri>(r#""http://app.example.com/""#).is_err());
    }
}
