//! What the application is set up with.

use std::fmt;

use jiff::Timestamp;
use vestibule_oidc::{ClientId, Issuer, RedirectUri};

/// What the application is set up with. Time and chance come from whoever runs it.
pub struct Settings {
    /// Vestibule's `public_url`.
    pub issuer: Issuer,
    /// How Vestibule knows the application. Its redirect URI is [`Self::own`] with `/callback`.
    pub client: Client,
    /// The application's own origin, such as `http://localhost:3000`.
    pub own: String,
    /// A company with a button of its own on the front page. Its people need not give their address.
    pub company: Option<Company>,
    /// The time.
    pub clock: fn() -> Timestamp,
    /// Fills a buffer with octets that are fit for secrets.
    pub draw: fn(&mut [u8]),
}

/// How Vestibule knows an application.
#[derive(Clone)]
pub struct Client {
    /// Its name there.
    pub id: ClientId,
    /// By which it proves that it is itself. None: people run it on their own machines, where nothing is secret.
    pub secret: Option<String>,
    /// Where codes are sent.
    pub redirect_uri: RedirectUri,
}

/// A company that the front page knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    /// The path of its account at Vestibule, such as `acme`: letters, digits, `-` and `/`.
    pub account: String,
    /// What people call it.
    pub name: String,
}

impl Settings {
    /// Where the browser comes back to once it is signed out.
    pub(crate) fn home(&self) -> String {
        format!("{}/", self.own)
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        (self.draw)(&mut octets);
        octets
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("issuer", &self.issuer).field("own", &self.own).finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}
