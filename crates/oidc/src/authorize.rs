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
//! to the person. After that every error goes back in the standard form, in the query or by a form as the request says.
//! RFC 6749 §4.1, OIDC Core §3.1.2.

mod answer;
mod error;
pub(crate) mod prompt;

use jiff::{SignedDuration, Timestamp};

use self::answer::WayBack;
pub(crate) use self::answer::with_query;
pub use self::answer::{Answer, PostedAnswer, ResponseMode};
pub use self::error::{AuthorizationError, ErrorCode, Shown};
pub use self::prompt::{Prompt, PromptError, Prompts};
use crate::client::{Client, ClientId, Pkce};
use crate::code::AuthorizationCode;
use crate::excerpt::excerpt;
use crate::form::Parameters;
use crate::issuer::Issuer;
use crate::pkce::CodeChallenge;
use crate::redirect_uri::{self, RedirectUri};
use crate::scope::Scope;

/// The longest `nonce`, in octets: it is stored with the code and repeated in the ID token.
const MAX_NONCE: usize = 512;

/// The longest hint, in octets: more than any e-mail address, slug or id needs.
const MAX_HINT: usize = 320;

/// The most values of `acr_values`, and the longest of them in octets.
const MAX_ACR_VALUES: usize = 8;
const MAX_ACR: usize = 256;

/// Parameters that decide where and how an answer goes. One that is repeated leaves no way to answer.
const OF_THE_WAY_BACK: [&str; 4] = ["client_id", "redirect_uri", "state", "response_mode"];

/// A request that may be followed: the client is known, the address of the answer is its own, PKCE is S256 or may be
/// absent.
///
/// `response_type` is `code`; nothing else is accepted, so it has no field. `claims`, `claims_locales` and
/// `display` are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer goes; one of the client's registered addresses, of a native client at the port that it asked
    /// for.
    pub redirect_uri: RedirectUri,
    /// How it travels there.
    pub response_mode: ResponseMode,
    /// What is asked and known; contains `openid`.
    pub scope: Scope,
    /// Returned as it came. RFC 6749 §4.1.1.
    pub state: Option<String>,
    /// Repeated in the ID token; at most 512 octets. OIDC Core §3.1.2.1.
    pub nonce: Option<String>,
    /// The hash of the verifier that redeems the code. RFC 7636 §4.3. None: the client may do without PKCE, and sent a
    /// `nonce`.
    pub code_challenge: Option<CodeChallenge>,
    /// Whether pages may or must be shown. OIDC Core §3.1.2.1.
    pub prompt: Prompts,
    /// How long ago the person may have proved who they are; whole seconds. OIDC Core §3.1.2.1.
    pub max_age: Option<SignedDuration>,
    /// By which methods the person should be authenticated, the preferred one first: at most 8, each of at most 256
    /// octets. A wish: the ID token is given whatever came of it. OIDC Core §3.1.2.1, §5.5.1.1.
    pub acr_values: Vec<String>,
    /// The languages of pages, the preferred one first; at most 320 octets. OIDC Core §3.1.2.1.
    pub ui_locales: Option<String>,
    /// Who probably signs in; at most 320 octets. A hint, never a proof. OIDC Core §3.1.2.1.
    pub login_hint: Option<String>,
    /// Who was signed in: an ID token, not verified yet ([`crate::IdTokenHint::verify`]). OIDC Core §3.1.2.1.
    pub id_token_hint: Option<String>,
    /// The e-mail domain of who probably signs in; at most 320 octets. A parameter of this provider and others. An
    /// address in `login_hint` says more, and counts instead.
    pub domain_hint: Option<String>,
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
        let redirect_uri = answer_address(&parameters, client)?;
        let mode = ResponseMode::read(parameters.value("response_mode"), &redirect_uri);
        let way_back = WayBack {
            redirect_uri: &redirect_uri,
            // A mode that is not offered is told in the default one.
            mode: mode.as_ref().copied().unwrap_or_default(),
            state: parameters.value("state"),
        };
        mode.clone().map_err(invalid).and_then(|_| judge(&parameters, client, way_back)).map_err(
            |Refused(code, description)| {
                let answer = way_back.error(issuer, code, &description);
                AuthorizationError::RedirectBack { answer, code, description }
            },
        )
    }

    /// The answer with `code`, `state` and `iss`. RFC 6749 §4.1.2, RFC 9207 §2.
    pub fn success(&self, issuer: &Issuer, code: &AuthorizationCode) -> Answer {
        self.way_back().answer(issuer, &[("code", &code.to_text())])
    }

    /// The answer to a request that cannot be granted: `error`, `error_description`, `state` and `iss`. `description` is
    /// for the application's developer; characters that RFC 6749 §4.1.2.1 excludes are replaced, and it is cut at 200.
    pub fn error(&self, issuer: &Issuer, code: ErrorCode, description: &str) -> Answer {
        self.way_back().error(issuer, code, &excerpt(description))
    }

    /// Whether a person who proved who they are at `auth_time` by the method `acr` need not do so again: neither
    /// `prompt=login` nor `prompt=select_account`, not longer ago than `max_age`, and by one of `acr_values`, if there are
    /// any. To be asked of a session that existed before the request; the sign-in that answers the request satisfies it
    /// by being new. OIDC Core §3.1.2.1.
    pub fn is_satisfied_by(&self, auth_time: Timestamp, acr: Option<&str>, now: Timestamp) -> bool {
        let by_method = self.acr_values.is_empty() || acr.is_some_and(|acr| self.acr_values.iter().any(|it| it == acr));
        self.is_young_enough(auth_time, now)
            && by_method
            && !self.wants_authentication()
            && !self.prompt.contains(Prompt::SelectAccount)
    }

    /// Whether a person who proved who they are at `auth_time` did so not longer ago than `max_age`.
    pub fn is_young_enough(&self, auth_time: Timestamp, now: Timestamp) -> bool {
        self.max_age.is_none_or(|max_age| now.duration_since(auth_time) <= max_age)
    }

    /// Whether the person has to prove who they are, whatever any session says: `prompt=login`, and `max_age=0`, which
    /// means the same (OIDC Core §3.1.2.1).
    pub fn wants_authentication(&self) -> bool {
        self.prompt.contains(Prompt::Login) || self.max_age == Some(SignedDuration::ZERO)
    }

    fn way_back(&self) -> WayBack<'_> {
        WayBack { redirect_uri: &self.redirect_uri, mode: self.response_mode, state: self.state.as_deref() }
    }
}

/// The first half: as long as it fails, there is no address for an answer.
fn answer_address(parameters: &Parameters<'_>, client: &Client) -> Result<RedirectUri, Shown> {
    let id = client_id(parameters)?;
    if id != client.id {
        return Err(Shown::ClientUnknown { got: id.as_str().to_owned() });
    }
    if let Some(name) = OF_THE_WAY_BACK.into_iter().find(|name| parameters.is_repeated(name)) {
        return Err(Shown::Repeated { name });
    }
    let got = parameters.value("redirect_uri").ok_or(Shown::RedirectUriMissing)?;
    if let Some(address) = redirect_uri::answer_address(&client.redirect_uris, got, client.native) {
        return Ok(address);
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
fn judge(parameters: &Parameters<'_>, client: &Client, way_back: WayBack<'_>) -> Result<AuthorizationRequest, Refused> {
    if let Some(name) = parameters.repeated() {
        return Err(invalid(format!("the parameter '{}' is repeated", excerpt(name))));
    }
    unsupported(parameters)?;
    let scope = Scope::granted(parameters.value("scope").unwrap_or_default());
    if !scope.has_openid() {
        return Err(Refused(ErrorCode::InvalidScope, "scope must contain 'openid'".into()));
    }
    let nonce = bounded(parameters, "nonce", MAX_NONCE)?;
    Ok(AuthorizationRequest {
        client_id: client.id.clone(),
        redirect_uri: way_back.redirect_uri.clone(),
        response_mode: way_back.mode,
        scope,
        state: way_back.state.map(str::to_owned),
        code_challenge: code_challenge(parameters, client.pkce, nonce.as_deref())?,
        nonce,
        prompt: Prompts::parse(parameters.value("prompt").unwrap_or_default())
            .map_err(|error| invalid(error.to_string()))?,
        max_age: max_age(parameters)?,
        acr_values: acr_values(parameters)?,
        ui_locales: bounded(parameters, "ui_locales", MAX_HINT)?,
        login_hint: bounded(parameters, "login_hint", MAX_HINT)?,
        id_token_hint: parameters.value("id_token_hint").map(str::to_owned),
        domain_hint: bounded(parameters, "domain_hint", MAX_HINT)?,
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
        Some("code") => Ok(()),
        Some(other) => {
            let description = format!("response_type is '{}'; it must be 'code'", excerpt(other));
            Err(Refused(ErrorCode::UnsupportedResponseType, description))
        }
        None => Err(invalid("response_type is missing; it must be 'code'".into())),
    }
}

/// PKCE with S256, always; of a client that may do without it, wherever it does not. Then its `nonce` stands in: it finds
/// a code that was put into its answer by somebody else (RFC 9700 §2.1.1). RFC 7636 §4.3 makes `plain` the default,
/// hence the method must be said.
fn code_challenge(
    parameters: &Parameters<'_>,
    pkce: Pkce,
    nonce: Option<&str>,
) -> Result<Option<CodeChallenge>, Refused> {
    let method = parameters.value("code_challenge_method");
    let Some(challenge) = parameters.value("code_challenge") else {
        return match (pkce, method, nonce) {
            (Pkce::Optional, None, Some(_)) => Ok(None),
            (Pkce::Optional, None, None) => Err(invalid(
                "code_challenge and nonce are missing; without PKCE with S256 this application must send a nonce"
                    .into(),
            )),
            _ => Err(invalid("code_challenge is missing; PKCE with S256 is required".into())),
        };
    };
    match method {
        Some("S256") => CodeChallenge::parse(challenge).map(Some).map_err(|error| invalid(error.to_string())),
        Some(other) => Err(invalid(format!("code_challenge_method is '{}'; it must be 'S256'", excerpt(other)))),
        None => Err(invalid("code_challenge_method is missing, which means 'plain'; it must be 'S256'".into())),
    }
}

fn acr_values(parameters: &Parameters<'_>) -> Result<Vec<String>, Refused> {
    let text = parameters.value("acr_values").unwrap_or_default();
    let values: Vec<&str> = text.split(' ').filter(|value| !value.is_empty()).collect();
    if values.len() > MAX_ACR_VALUES {
        let got = values.len();
        return Err(invalid(format!("acr_values has {got} values; at most {MAX_ACR_VALUES} are accepted")));
    }
    if let Some(long) = values.iter().find(|value| value.len() > MAX_ACR) {
        let got = long.len();
        return Err(invalid(format!("acr_values has a value of {got} octets; at most {MAX_ACR} are accepted")));
    }
    Ok(values.into_iter().map(str::to_owned).collect())
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

#[cfg(test)]
mod tests;
