//! The two cookies: of no script, and of no form that another site posts.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::AppendHeaders;
use http::HeaderName;
use jiff::SignedDuration;

/// Headers of an answer.
pub(crate) type SetCookie = AppendHeaders<[(HeaderName, String); 1]>;

/// How they are set.
pub(crate) struct Cookies {
    /// Of a sign-in that was begun.
    pub(crate) pending: &'static str,
    /// Of somebody who is signed in.
    pub(crate) session: &'static str,
    secure: &'static str,
}

impl Cookies {
    /// Those of an application at this origin.
    pub(crate) fn at(own: &str) -> Self {
        if own.starts_with("https://") {
            // Names that no other host of the same site can set (RFC 6265bis §4.1.3.2).
            Self { pending: "__Host-orchard_pending", session: "__Host-orchard_session", secure: "; Secure" }
        } else {
            Self { pending: "orchard_pending", session: "orchard_session", secure: "" }
        }
    }

    pub(crate) fn set(&self, name: &str, value: &str, stay: SignedDuration) -> SetCookie {
        let (seconds, secure) = (stay.as_secs(), self.secure);
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        AppendHeaders([(SET_COOKIE, cookie)])
    }

    pub(crate) fn remove(&self, name: &str) -> SetCookie {
        self.set(name, "", SignedDuration::ZERO)
    }
}

/// The value of a cookie that the browser sent.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}
