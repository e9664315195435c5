//! The application that people sign in to: where it sends them, how it redeems a code, what it believes.

use std::fmt;

use jiff::Timestamp;
use vestibule_oidc::relying_party::{
    Expectation, IdToken, Pending, TokenAnswer, basic_authorization, token_request_body, verify,
};
use vestibule_oidc::{ClientId, Issuer, Jwks, RedirectUri};

use super::error::LoadError;

/// The application, as the server knows it.
#[derive(Clone)]
pub struct Application {
    issuer: Issuer,
    client_id: ClientId,
    redirect_uri: RedirectUri,
    authorization: String,
}

impl Application {
    /// An application of this issuer.
    ///
    /// # Panics
    /// One of the values is not as it must be; they are constants of the bench.
    pub fn new(issuer: &str, client_id: &str, secret: &str, redirect_uri: &str) -> Self {
        let client_id = ClientId::new(client_id).expect("a client_id");
        Self {
            issuer: Issuer::new(issuer).expect("an issuer"),
            authorization: basic_authorization(&client_id, secret),
            client_id,
            redirect_uri: RedirectUri::new(redirect_uri).expect("a redirect URI"),
        }
    }

    /// The request with which a browser begins at this host, with the cookies that it has there.
    pub fn authorize(&self, pending: &Pending, host: &str, cookies: &str) -> Vec<u8> {
        let path =
            pending.authorization_url("/oidc/authorize", &self.client_id, &self.redirect_uri, "openid email", &[]);
        get(host, &path, cookies)
    }

    /// The request that redeems a code at this host.
    pub fn redeem(&self, pending: &Pending, code: &str, host: &str) -> Vec<u8> {
        self.token(&token_request_body(code, self.redirect_uri.as_str(), &pending.code_verifier), host)
    }

    /// The request that exchanges a refresh token at this host.
    pub fn refresh(&self, token: &str, host: &str) -> Vec<u8> {
        self.token(&format!("grant_type=refresh_token&refresh_token={token}"), host)
    }

    fn token(&self, body: &str, host: &str) -> Vec<u8> {
        let authorization = &self.authorization;
        post(host, "/oidc/token", &format!("Authorization: {authorization}\r\n"), body)
    }

    /// The query with which the browser was sent back to the application; `None` when it was sent elsewhere.
    pub fn callback<'a>(&self, location: &'a str) -> Option<&'a str> {
        location.strip_prefix(self.redirect_uri.as_str())?.strip_prefix('?')
    }

    /// Checks what came back as an application does that trusts nothing.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(
        &self,
        pending: &Pending,
        callback: &str,
        tokens: &str,
        keys: &Jwks,
        now: Timestamp,
    ) -> Result<IdToken, String> {
        pending.check_callback(callback, &self.issuer).map_err(|error| error.to_string())?;
        let answer = TokenAnswer::parse(tokens).map_err(|error| error.to_string())?;
        let expectation = Expectation { issuer: &self.issuer, audience: &self.client_id, nonce: &pending.nonce, now };
        verify(&answer.id_token, keys, &expectation).map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// The request by which an application asks at this host who it is, with the access token of this answer.
pub(super) fn user_info(tokens: &str, host: &str) -> Result<Vec<u8>, LoadError> {
    let token = member(tokens, "access_token")?;
    Ok(format!("GET /oidc/userinfo HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes())
}

/// A member of the token endpoint's answer: base64url, so nothing is escaped in it. Found without a parser, for it is on
/// the clock.
pub(super) fn member<'t>(tokens: &'t str, name: &str) -> Result<&'t str, LoadError> {
    let rest = tokens.split_once(&format!("\"{name}\":\"")).map(|(_, rest)| rest);
    let value = rest.and_then(|rest| rest.split_once('"')).map(|(value, _)| value);
    value.ok_or(LoadError::Http { what: "a member of the token endpoint's answer is not there" })
}

/// The code as it stands in the query: base64url, so nothing is encoded in it.
pub(super) fn code(query: &str) -> Option<&str> {
    query.split('&').find_map(|pair| pair.strip_prefix("code="))
}

/// A request as a browser sends it.
pub(super) fn get(host: &str, path: &str, cookies: &str) -> Vec<u8> {
    let cookies = if cookies.is_empty() { String::new() } else { format!("Cookie: {cookies}\r\n") };
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{BROWSER}{cookies}\r\n").into_bytes()
}

/// A form as a browser posts it.
pub(super) fn post_form(host: &str, path: &str, origin: &str, body: &str) -> Vec<u8> {
    post(host, path, &format!("{BROWSER}Origin: {origin}\r\n"), body)
}

fn post(host: &str, path: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let kind = "application/x-www-form-urlencoded";
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{fields}Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The fields that every browser sends.
const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-GB,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n";
