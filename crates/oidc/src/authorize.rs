//! What an application asks at the authorization endpoint, judged; and the answers that go back to it.
//!
//! ```text
//! query ─▶ client_id ─▶ client known? ─▶ redirect_uri registered? ─▶ the rest ─▶ AuthorizationRequest
//!             │               │                  │                      │               │
//!             └───── Show ────┴────── Show ──────┘                 RedirectBack     code or error,
//!                                                                                   with state and iss
//! ```
//!
//! Until the address of the answer is known to be the application's, nothing is sent anywhere: such an error is shown
//! to the person. After that every error goes back in the standard form. RFC 6749 §4.1, OIDC Core §3.1.2.

mod error;
mod prompt;

use jiff::{SignedDuration, Timestamp};

pub use self::error::{AuthorizationError, ErrorCode, Shown};
pub use self::prompt::{Prompt, PromptError, Prompts};
use crate::client::{Client, ClientId};
use crate::code::AuthorizationCode;
use crate::excerpt::excerpt;
use crate::form::{self, Parameters};
use crate::issuer::Issuer;
use crate::pkce::CodeChallenge;
use crate::redirect_uri::{self, RedirectUri};
use crate::scope::Scope;

/// The longest `nonce`, in octets: it is stored with the code and repeated in the ID token.
const MAX_NONCE: usize = 512;

/// The longest hint, in octets: more than any e-mail address, slug or id needs.
const MAX_HINT: usize = 320;

/// Parameters that decide where and how an answer goes. One that is repeated leaves no way to answer.
const OF_THE_WAY_BACK: [&str; 4] = ["client_id", "redirect_uri", "state", "response_mode"];

/// A request that may be followed: the client is known, the address of the answer is its own, PKCE is S256.
///
/// `response_type` is `code` and `response_mode` is `query`; nothing else is accepted, so neither has a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer goes; one of the client's registered addresses.
    pub redirect_uri: RedirectUri,
    /// What is asked and known; contains `openid`.
    pub scope: Scope,
    /// Returned as it came. RFC 6749 §4.1.1.
    pub state: Option<String>,
    /// Repeated in the ID token; at most 512 octets. OIDC Core §3.1.2.1.
    pub nonce: Option<String>,
    /// The hash of the verifier that redeems the code. RFC 7636 §4.3.
    pub code_challenge: CodeChallenge,
    /// Whether pages may or must be shown. OIDC Core §3.1.2.1.
    pub prompt: Prompts,
    /// How long ago the person may have proved who they are; whole seconds. OIDC Core §3.1.2.1.
    pub max_age: Option<SignedDuration>,
    /// Who probably signs in; at most 320 octets. A hint, never a proof. OIDC Core §3.1.2.1.
    pub login_hint: Option<String>,
    /// The account to sign in to, by its slug or id; at most 320 octets. A parameter of this provider.
    pub account: Option<String>,
    /// The connection to sign in by, by its id; at most 320 octets. A parameter of this provider.
    pub connection: Option<String>,
}

impl AuthorizationRequest {
    /// Who asks, to find the [`Client`] before [`Self::parse`]. `query` is raw: percent-encoded, without the `?`; the
    /// body of a POST reads the same.
    ///
    /// # Errors
    /// [`AuthorizationError::Show`] when the query cannot be read or names no client.
    pub fn client_id(query: &str) -> Result<ClientId, AuthorizationError> {
        client_id(&Parameters::parse(query).map_err(Shown::from)?).map_err(AuthorizationError::Show)
    }

    /// Judges `query` (raw: percent-encoded, without the `?`) for the client that it names. Unknown parameters are
    /// passed over; empty ones count as absent; a repeated one is refused (RFC 6749 §3.1).
    ///
    /// # Errors
    /// [`AuthorizationError::Show`] while the address of the answer is not proved to be the client's, then
    /// [`AuthorizationError::RedirectBack`].
    pub fn parse(query: &str, client: &Client, issuer: &Issuer) -> Result<Self, AuthorizationError> {
        let parameters = Parameters::parse(query).map_err(Shown::from)?;
        let redirect_uri = way_back(&parameters, client)?;
        let state = parameters.value("state");
        judge(&parameters, client, redirect_uri).map_err(|Refused(code, description)| {
            let location = error_location(redirect_uri, state, issuer, code, &description);
            AuthorizationError::RedirectBack { location, code, description }
        })
    }

    /// Where the browser goes with `code`: `redirect_uri` with `code`, `state` and `iss`. RFC 6749 §4.1.2, RFC 9207 §2.
    pub fn success_location(&self, issuer: &Issuer, code: &AuthorizationCode) -> String {
        answer(&self.redirect_uri, self.state.as_deref(), issuer, &[("code", &code.to_text())])
    }

    /// Where the browser goes when the request cannot be granted: `redirect_uri` with `error`, `error_description`,
    /// `state` and `iss`. `description` is for the application's developer; characters that RFC 6749 §4.1.2.1 excludes
    /// are replaced, and it is cut at 200.
    pub fn error_location(&self, issuer: &Issuer, code: ErrorCode, description: &str) -> String {
        error_location(&self.redirect_uri, self.state.as_deref(), issuer, code, &excerpt(description))
    }

    /// Whether a person who proved who they are at `auth_time` need not do so again: no `prompt=login`, and not longer
    /// ago than `max_age`. To be asked of a session that existed before the request; the sign-in that answers the request
    /// satisfies it by being new. OIDC Core §3.1.2.1.
    pub fn is_satisfied_by(&self, auth_time: Timestamp, now: Timestamp) -> bool {
        let young_enough = self.max_age.is_none_or(|max_age| now.duration_since(auth_time) <= max_age);
        young_enough && !self.prompt.contains(Prompt::Login)
    }
}

/// The first half: as long as it fails, there is no address for an answer.
fn way_back<'c>(parameters: &Parameters<'_>, client: &'c Client) -> Result<&'c RedirectUri, Shown> {
    let id = client_id(parameters)?;
    if id != client.id {
        return Err(Shown::ClientUnknown { got: id.as_str().to_owned() });
    }
    if let Some(name) = OF_THE_WAY_BACK.into_iter().find(|name| parameters.is_repeated(name)) {
        return Err(Shown::Repeated { name });
    }
    let got = parameters.value("redirect_uri").ok_or(Shown::RedirectUriMissing)?;
    if let Some(registered) = client.redirect_uris.iter().find(|uri| uri.as_str() == got) {
        return Ok(registered);
    }
    let nearest = redirect_uri::nearest(&client.redirect_uris, got);
    let difference = nearest.and_then(|uri| uri.difference(got).map(|difference| (uri.clone(), difference)));
    Err(difference.map_or(Shown::NoRedirectUris { client: client.id.clone() }, |(nearest, difference)| {
        Shown::RedirectUriMismatch { got: excerpt(got), nearest, difference }
    }))
}

fn client_id(parameters: &Parameters<'_>) -> Result<ClientId, Shown> {
    if parameters.is_repeated("client_id") {
        return Err(Shown::Repeated { name: "client_id" });
    }
    let got = parameters.value("client_id").ok_or(Shown::ClientIdMissing)?;
    ClientId::new(got).map_err(|_| Shown::ClientUnknown { got: excerpt(got) })
}

/// What goes back to the application: `error` and `error_description`.
struct Refused(ErrorCode, String);

/// The second half, in the order of OIDC Core §3.1.2.1.
fn judge(
    parameters: &Parameters<'_>,
    client: &Client,
    redirect_uri: &RedirectUri,
) -> Result<AuthorizationRequest, Refused> {
    if let Some(name) = parameters.repeated() {
        return Err(invalid(format!("the parameter '{}' is repeated", excerpt(name))));
    }
    unsupported(parameters)?;
    let scope = Scope::granted(parameters.value("scope").unwrap_or_default());
    if !scope.has_openid() {
        return Err(Refused(ErrorCode::InvalidScope, "scope must contain 'openid'".into()));
    }
    Ok(AuthorizationRequest {
        client_id: client.id.clone(),
        redirect_uri: redirect_uri.clone(),
        scope,
        state: parameters.value("state").map(str::to_owned),
        nonce: bounded(parameters, "nonce", MAX_NONCE)?,
        code_challenge: code_challenge(parameters)?,
        prompt: Prompts::parse(parameters.value("prompt").unwrap_or_default())
            .map_err(|error| invalid(error.to_string()))?,
        max_age: max_age(parameters)?,
        login_hint: bounded(parameters, "login_hint", MAX_HINT)?,
        account: bounded(parameters, "account", MAX_HINT)?,
        connection: bounded(parameters, "connection", MAX_HINT)?,
    })
}

/// Forms of the request that this provider does not offer.
fn unsupported(parameters: &Parameters<'_>) -> Result<(), Refused> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if parameters.value(name).is_some() {
            return Err(Refused(code, format!("the parameter '{name}' is not supported; send plain parameters")));
        }
    }
    match parameters.value("response_type") {
        Some("code") => {}
        Some(other) => {
            let description = format!("response_type is '{}'; it must be 'code'", excerpt(other));
            return Err(Refused(ErrorCode::UnsupportedResponseType, description));
        }
        None => return Err(invalid("response_type is missing; it must be 'code'".into())),
    }
    match parameters.value("response_mode") {
        None | Some("query") => Ok(()),
        Some(other) => Err(invalid(format!("response_mode is '{}'; only 'query' is supported", excerpt(other)))),
    }
}

/// PKCE with S256, always. RFC 7636 §4.3 makes `plain` the default, hence the method must be said. RFC 9700 §2.1.1.
fn code_challenge(parameters: &Parameters<'_>) -> Result<CodeChallenge, Refused> {
    let challenge = parameters
        .value("code_challenge")
        .ok_or_else(|| invalid("code_challenge is missing; PKCE with S256 is required".into()))?;
    match parameters.value("code_challenge_method") {
        Some("S256") => CodeChallenge::parse(challenge).map_err(|error| invalid(error.to_string())),
        Some(other) => Err(invalid(format!("code_challenge_method is '{}'; it must be 'S256'", excerpt(other)))),
        None => Err(invalid("code_challenge_method is missing, which means 'plain'; it must be 'S256'".into())),
    }
}

fn max_age(parameters: &Parameters<'_>) -> Result<Option<SignedDuration>, Refused> {
    let Some(text) = parameters.value("max_age") else { return Ok(None) };
    // `parse` accepts a sign, the standard does not.
    let seconds = text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let seconds = seconds.ok_or_else(|| {
        invalid(format!("max_age is '{}'; it must be a whole number of seconds, at most {}", excerpt(text), u32::MAX))
    })?;
    Ok(Some(SignedDuration::from_secs(i64::from(seconds))))
}

fn bounded(parameters: &Parameters<'_>, name: &str, longest: usize) -> Result<Option<String>, Refused> {
    let Some(text) = parameters.value(name) else { return Ok(None) };
    if text.len() > longest {
        return Err(invalid(format!("{name} has {} octets; at most {longest} are accepted", text.len())));
    }
    Ok(Some(text.to_owned()))
}

fn invalid(description: String) -> Refused {
    Refused(ErrorCode::InvalidRequest, description)
}

fn error_location(
    redirect_uri: &RedirectUri,
    state: Option<&str>,
    issuer: &Issuer,
    code: ErrorCode,
    description: &str,
) -> String {
    answer(redirect_uri, state, issuer, &[("error", code.as_str()), ("error_description", description)])
}

/// `redirect_uri` with what it already carries, then the answer. RFC 6749 §4.1.2, RFC 9207 §2.
fn answer(redirect_uri: &RedirectUri, state: Option<&str>, issuer: &Issuer, parameters: &[(&str, &str)]) -> String {
    let mut location = String::with_capacity(redirect_uri.as_str().len() + issuer.as_str().len() + 256);
    location.push_str(redirect_uri.as_str());
    let mut separator = if location.contains('?') { '&' } else { '?' };
    let state = state.map(|state| ("state", state));
    for (name, value) in parameters.iter().copied().chain(state).chain([("iss", issuer.as_str())]) {
        form::append(&mut location, separator, name, value);
        separator = '&';
    }
    location
}

#[cfg(test)]
mod tests;
