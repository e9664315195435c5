//! The application's side: ask, check the answer, redeem the code, believe the ID token. For the sample application and
//! for tests; minimal and strict.
//!
//! ```text
//! Pending ─▶ authorization_url ─▶ (browser) ─▶ check_callback ─▶ token_request_body ─▶ TokenAnswer ─▶ verify
//! ```

mod logout;
mod site;
pub(crate) mod verify;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

pub use self::logout::{LogoutExpectation, LogoutToken, LogoutTokenError, verify_logout};
pub use self::site::{SiteExpectation, SiteIdentity, SiteTokenError, verify_site};
pub use self::verify::{Audience, Expectation, IdToken, VerifyError, verify};
use crate::client::ClientId;
use crate::excerpt::excerpt;
use crate::form::{self, FormError, Parameters};
use crate::issuer::Issuer;
use crate::opaque;
use crate::pkce::{CodeChallenge, CodeVerifier};
use crate::redirect_uri::RedirectUri;

/// The longest ID token that is shown in an address, in octets: servers and proxies take 8 KiB in all.
const MAX_HINT: usize = 6 * 1024;

/// What an application keeps of one sign-in until its answer comes, bound to the browser that started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Comes back with the answer.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// Redeems the code.
    pub code_verifier: CodeVerifier,
}

impl Pending {
    /// The caller draws the octets, from a generator that is fit for secrets.
    pub fn from_random(octets: &[u8; 96]) -> Self {
        let third = |at: usize| {
            let mut part = [0; opaque::OCTETS];
            part.copy_from_slice(&octets[at * opaque::OCTETS..][..opaque::OCTETS]);
            part
        };
        Self {
            state: opaque::encode(&third(0)),
            nonce: opaque::encode(&third(1)),
            code_verifier: CodeVerifier::from_random(third(2)),
        }
    }

    /// Where the browser goes. `endpoint` is the provider's `authorization_endpoint`; `more` are further parameters by
    /// name and value, such as `login_hint` or `account`.
    pub fn authorization_url(
        &self,
        endpoint: &str,
        client_id: &ClientId,
        redirect_uri: &RedirectUri,
        scope: &str,
        more: &[(&str, &str)],
    ) -> String {
        let challenge = CodeChallenge::of(&self.code_verifier).to_text();
        let parameters = [
            ("response_type", "code"),
            ("client_id", client_id.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("scope", scope),
            ("state", &self.state),
            ("nonce", &self.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let mut url = endpoint.to_owned();
        let mut separator = if endpoint.contains('?') { '&' } else { '?' };
        for (name, value) in parameters.iter().chain(more) {
            form::append(&mut url, separator, name, value);
            separator = '&';
        }
        url
    }

    /// The code of an answer at the redirect URI, once state and issuer are ours. `query` is raw.
    /// RFC 6749 §10.12, RFC 9207 §2.4.
    ///
    /// # Errors
    /// [`CallbackError`]: an answer that is not ours, or the provider's own refusal.
    pub fn check_callback(&self, query: &str, issuer: &Issuer) -> Result<String, CallbackError> {
        let parameters = Parameters::parse(query)?;
        if let Some(name) = parameters.repeated() {
            return Err(CallbackError::Repeated { name: excerpt(name) });
        }
        let state = parameters.value("state").unwrap_or_default();
        if verify_slices_are_equal(state.as_bytes(), self.state.as_bytes()).is_err() {
            return Err(CallbackError::State);
        }
        let got = parameters.value("iss").unwrap_or_default();
        if got != issuer.as_str() {
            return Err(CallbackError::Issuer { got: excerpt(got), want: issuer.clone() });
        }
        if let Some(error) = parameters.value("error") {
            let description = excerpt(parameters.value("error_description").unwrap_or_default());
            return Err(CallbackError::Refused { error: excerpt(error), description });
        }
        parameters.value("code").map(str::to_owned).ok_or(CallbackError::CodeMissing)
    }
}

/// Why an answer at the redirect URI is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// The query is too long or broken.
    #[error("the answer cannot be read: {0}")]
    Unreadable(#[from] FormError),
    /// A parameter came more than once.
    #[error("the answer has the parameter '{name}' more than once")]
    Repeated {
        /// The parameter, cut and printable.
        name: String,
    },
    /// Not the answer to the sign-in that this browser started.
    #[error("the answer's state is not the one of this sign-in; start again")]
    State,
    /// Another provider's answer, or one that does not say whose it is.
    #[error("the answer is from the issuer '{got}', not from '{want}'")]
    Issuer {
        /// What came, cut and printable.
        got: String,
        /// Who was asked.
        want: Issuer,
    },
    /// The provider's refusal.
    #[error("the provider refused ({error}): {description}")]
    Refused {
        /// The standard code.
        error: String,
        /// The provider's sentence.
        description: String,
    },
    /// Neither a code nor an error.
    #[error("the answer has neither a code nor an error")]
    CodeMissing,
}

/// The body of the token request, `application/x-www-form-urlencoded`.
pub fn token_request_body(code: &str, redirect_uri: &str, code_verifier: &CodeVerifier) -> String {
    let mut body = "grant_type=authorization_code".to_owned();
    form::append(&mut body, '&', "code", code);
    form::append(&mut body, '&', "redirect_uri", redirect_uri);
    form::append(&mut body, '&', "code_verifier", code_verifier.as_str());
    body
}

/// The header `Authorization` of `client_secret_basic`. RFC 6749 §2.3.1.
pub fn basic_authorization(client_id: &ClientId, secret: &str) -> String {
    let mut credentials = String::new();
    form::encode_into(&mut credentials, client_id.as_str());
    credentials.push(':');
    form::encode_into(&mut credentials, secret);
    format!("Basic {}", STANDARD.encode(credentials))
}

/// The token endpoint's answer to a redeemed code. RFC 6749 §5.1.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct TokenAnswer {
    /// Opens the userinfo endpoint, as `Authorization: Bearer …`.
    pub access_token: String,
    /// For [`verify`].
    pub id_token: String,
    /// Seconds that the access token lives.
    pub expires_in: u64,
}

impl TokenAnswer {
    /// Reads the body.
    ///
    /// # Errors
    /// When it is not the JSON of such an answer.
    pub fn parse(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }
}

impl std::fmt::Debug for TokenAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenAnswer").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// A provider, from its discovery document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Provider {
    /// Who issues.
    pub issuer: Issuer,
    /// Where the browser goes.
    pub authorization_endpoint: String,
    /// Where the code is redeemed.
    pub token_endpoint: String,
    /// Where more is told.
    pub userinfo_endpoint: String,
    /// Where the keys are.
    pub jwks_uri: String,
    /// Where the browser goes to be signed out, if there is such a place. RP-Initiated Logout 1.0 §2.1.
    pub end_session_endpoint: Option<String>,
}

/// Why a discovery document is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Not the JSON of a discovery document.
    #[error("the discovery document is not as OpenID Connect Discovery describes it: {problem}")]
    Json {
        /// The parser's words, with line and column.
        problem: String,
    },
    /// Another issuer's document. OIDC Discovery §4.3.
    #[error("the discovery document is of the issuer '{got}', not of '{want}'")]
    Issuer {
        /// In the document.
        got: Issuer,
        /// Who was asked.
        want: Issuer,
    },
}

impl Provider {
    /// Reads the document that was fetched from `issuer`.
    ///
    /// # Errors
    /// [`ProviderError`] when it is not that issuer's.
    pub fn parse(json: &str, issuer: &Issuer) -> Result<Self, ProviderError> {
        let provider: Self =
            serde_json::from_str(json).map_err(|error| ProviderError::Json { problem: error.to_string() })?;
        if provider.issuer != *issuer {
            return Err(ProviderError::Issuer { got: provider.issuer, want: issuer.clone() });
        }
        Ok(provider)
    }

    /// Where the browser goes to end the session of `id_token_hint`, and from there to `post_logout_redirect_uri`, which
    /// the client has registered; none where the provider signs nobody out. A token that is too long for an address, by
    /// many groups, stays away, and the provider asks the person. RP-Initiated Logout 1.0 §2.
    pub fn end_session_url(
        &self,
        client_id: &ClientId,
        id_token_hint: &str,
        post_logout_redirect_uri: &str,
    ) -> Option<String> {
        let mut url = self.end_session_endpoint.clone()?;
        let separator = if url.contains('?') { '&' } else { '?' };
        form::append(&mut url, separator, "client_id", client_id.as_str());
        if id_token_hint.len() <= MAX_HINT {
            form::append(&mut url, '&', "id_token_hint", id_token_hint);
        }
        form::append(&mut url, '&', "post_logout_redirect_uri", post_logout_redirect_uri);
        Some(url)
    }
}

#[cfg(test)]
pub(crate) mod tests;
