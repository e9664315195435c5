//! One person's sign-in, step by step.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vestibule_oidc::Jwks;
use vestibule_oidc::relying_party::Pending;

use super::application::{Application, code, get, post_form, user_info};
use super::error::LoadError;
use super::http::{Connection, merged};
use super::identity_provider::{Asked, IdentityProvider, SIGN_ON_URL};

/// The requests of a sign-in, in order; the last where the application asks once more who it is.
pub const REQUESTS: [&str; 5] = ["GET authorize", "POST ACS", "GET continuation", "POST token", "GET userinfo"];

/// The names by which a server is spoken to, such as `acme.localhost:8400`.
#[derive(Debug, Clone)]
pub struct Hosts {
    /// The hosts of the accounts at which browsers begin.
    pub accounts: Vec<String>,
    /// The host at which the application redeems codes.
    pub issuer: String,
}

/// One person's sign-in.
#[derive(Debug)]
pub struct SignIn {
    person: u64,
    pending: Pending,
    begin: Vec<u8>,
    /// What the browser keeps.
    cookies: String,
    /// Where the browser was sent; at the end, back to the application.
    location: String,
    /// The host at which the response is posted.
    host: String,
    post: Vec<u8>,
    tokens: String,
    userinfo: bool,
    /// How long each request took.
    pub times: Vec<Duration>,
}

impl SignIn {
    /// Of this person, at the host of an account, with randomness of its own.
    pub fn new(person: u64, application: &Application, host: &str, random: &[u8; 96], userinfo: bool) -> Self {
        let pending = Pending::from_random(random);
        Self {
            person,
            begin: application.authorize(&pending, host, ""),
            pending,
            cookies: String::new(),
            location: String::new(),
            host: String::new(),
            post: Vec::new(),
            tokens: String::new(),
            userinfo,
            times: Vec::with_capacity(REQUESTS.len()),
        }
    }

    /// On the clock: the browser begins and is sent to the identity provider.
    ///
    /// # Errors
    /// The server does not send it there.
    pub async fn start(&mut self, connection: &mut Connection) -> Result<(), LoadError> {
        let begun = Instant::now();
        let answer = connection.exchange(&self.begin).await?;
        answer.see_other(REQUESTS[0])?.clone_into(&mut self.location);
        self.cookies = answer.cookies();
        self.times.push(begun.elapsed());
        Ok(())
    }

    /// Off the clock: the identity provider answers.
    ///
    /// # Errors
    /// The browser was not sent to it with a request.
    pub fn sign(&mut self, idp: &IdentityProvider, random: &[u8; 32], now: Timestamp) -> Result<(), LoadError> {
        if !self.location.starts_with(SIGN_ON_URL) {
            return Err(self.wrong(format!("the browser was sent to {}, not to the identity provider", self.location)));
        }
        let asked = Asked::read(&self.location, self.person)?;
        let form = idp.answer(&asked, self.person, random, now);
        let (host, path) = host_and_path(asked.acs_url.as_str())
            .ok_or_else(|| self.wrong(format!("{} is not an address", asked.acs_url)))?;
        self.post = post_form(host, path, "https://login.microsoftonline.com", &form);
        host.clone_into(&mut self.host);
        self.begin = Vec::new();
        Ok(())
    }

    /// On the clock: the browser posts the response, continues, is sent to the application, which redeems the code.
    ///
    /// # Errors
    /// The server does not let the person in.
    pub async fn finish(
        &mut self,
        connection: &mut Connection,
        application: &Application,
        issuer: &str,
    ) -> Result<(), LoadError> {
        let begun = Instant::now();
        let answer = connection.exchange(&self.post).await?;
        let location = answer.see_other(REQUESTS[1])?;
        let (host, path) = host_and_path(location).unwrap_or((&self.host, location));
        self.cookies = merged(&self.cookies, &answer.cookies());
        let request = get(host, path, &self.cookies);
        self.times.push(begun.elapsed());
        let begun = Instant::now();
        let answer = connection.exchange(&request).await?;
        answer.see_other(REQUESTS[2])?.clone_into(&mut self.location);
        self.cookies = merged(&self.cookies, &answer.cookies());
        let Some(code) = application.callback(&self.location).and_then(code) else {
            return Err(self.wrong(format!("the browser was sent to {} instead of the application", self.location)));
        };
        let request = application.redeem(&self.pending, code, issuer);
        self.times.push(begun.elapsed());
        let begun = Instant::now();
        self.tokens = connection.text(&request, REQUESTS[3]).await?;
        self.times.push(begun.elapsed());
        if self.userinfo {
            let request = user_info(&self.tokens, issuer)?;
            let begun = Instant::now();
            connection.text(&request, REQUESTS[4]).await?;
            self.times.push(begun.elapsed());
        }
        self.post = Vec::new();
        Ok(())
    }

    /// Off the clock: who signed in, as the application learns it.
    ///
    /// # Errors
    /// What came back is not to be believed.
    pub fn check(&self, application: &Application, keys: &Jwks, now: Timestamp) -> Result<String, LoadError> {
        let callback = application.callback(&self.location).unwrap_or_default();
        let token = application.check(&self.pending, callback, &self.tokens, keys, now);
        token.map(|token| token.sub).map_err(|what| self.wrong(what))
    }

    /// Who it is.
    pub(super) fn person(&self) -> u64 {
        self.person
    }

    /// Where the browser has its session, and the cookies that it sends there.
    pub(super) fn browser(&self) -> (&str, &str) {
        (&self.host, &self.cookies)
    }

    /// The token endpoint's answer.
    pub(super) fn tokens(&self) -> &str {
        &self.tokens
    }

    fn wrong(&self, what: String) -> LoadError {
        LoadError::Check { person: self.person, what }
    }
}

fn host_and_path(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("://")?;
    Some(rest.split_at(rest.find('/')?))
}
