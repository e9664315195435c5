//! Who issues: the name that stands in `iss` and where the discovery document is found.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::url::{HttpUrl, UrlError};

/// The issuer identifier: an https URL (http on a loopback host) without query and fragment, and without a slash at its
/// end. Compared as it is. OIDC Core §1.2, OIDC Discovery §3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Issuer(String);

/// Why a text is no issuer. The operator mends it, in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// Not an accepted URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A query, which would not survive the path of the discovery document.
    #[error("the issuer '{got}' has a query ('?'); an issuer has none")]
    Query {
        /// The text that came.
        got: String,
    },
    /// A slash at the end. Clients append a path to the issuer and compare it exactly.
    #[error("the issuer '{got}' ends with '/'; write it without")]
    TrailingSlash {
        /// The text that came.
        got: String,
    },
}

impl Issuer {
    /// Judges `text`.
    ///
    /// # Errors
    /// [`IssuerError`] says what is not as an issuer must be.
    pub fn new(text: impl Into<String>) -> Result<Self, IssuerError> {
        let text = text.into();
        let url = HttpUrl::parse(&text)?;
        if url.query.is_some() {
            return Err(IssuerError::Query { got: text });
        }
        if url.path.ends_with('/') {
            return Err(IssuerError::TrailingSlash { got: text });
        }
        Ok(Self(text))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Issuer {
    type Error = IssuerError;

    fn try_from(text: String) -> Result<Self, IssuerError> {
        Self::new(text)
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_a_slash_at_its_end_or_a_query_is_refused() {
        assert!(Issuer::new("https://sso.example.com").is_ok());
        assert!(Issuer::new("https://sso.example.com/eu").is_ok());
        let got = "https://sso.example.com/".to_owned();
        assert_eq!(Issuer::new(got.clone()), Err(IssuerError::TrailingSlash { got }));
        let got = "https://sso.example.com?x=1".to_owned();
        assert_eq!(Issuer::new(got.clone()), Err(IssuerError::Query { got }));
    }
}
