//! The cookies: the session, what binds a try to sign in to the browser that began it, as whom somebody with several
//! users comes in, and in which language an application asked for the pages of a sign-in.
//!
//! All are host-only, `HttpOnly`, `SameSite=Lax` and for every path. Over TLS they are `Secure` and carry the prefix
//! `__Host-`, so that no neighbouring host can set them (RFC 6265bis §4.1.3.2).

use std::fmt::Write as _;

use aws_lc_rs::digest;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use jiff::SignedDuration;

/// The cookies of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    /// Whether the deployment is served by TLS.
    pub https: bool,
}

/// What a cookie may be made of; RFC 6265 §4.1.1 `cookie-octet` without what needs thought.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'='))
}

impl Cookies {
    /// The name of the session's cookie.
    pub fn session_name(self) -> String {
        format!("{}vestibule_session", self.prefix())
    }

    /// The name of the cookie that remembers as which of their users somebody comes in on this device (XC-6).
    pub fn user_name(self) -> String {
        format!("{}vestibule_user", self.prefix())
    }

    /// The name of the cookie that keeps the language that an application asked for through the pages of a sign-in.
    pub fn language_name(self) -> String {
        format!("{}vestibule_language", self.prefix())
    }

    /// The name of the cookie that binds an attempt: with the first 16 digits of the SHA-256 of its id, so that several
    /// tabs do not disturb one another and the id, which is the RelayState, is not repeated.
    pub fn attempt_name(self, attempt: &str) -> String {
        let hash = digest::digest(&digest::SHA256, attempt.as_bytes());
        let mut name = format!("{}vestibule_attempt_", self.prefix());
        for byte in hash.as_ref().iter().take(8) {
            // Writing to a string does not fail.
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// The name of the cookie of a site behind a proxy: of that site's host, and not of ours.
    pub fn site_name(self) -> String {
        format!("{}vestibule_site", self.prefix())
    }

    /// The name of the cookie, at such a site, that keeps a sign-in which began there. `name` is of letters, digits, `-`
    /// and `_`.
    pub fn begun_name(self, name: &str) -> String {
        format!("{}vestibule_begun_{name}", self.prefix())
    }

    /// A `Set-Cookie` that keeps a value for so long; a length below a second removes it. `None` if name or value has
    /// an octet that base64url and our names do not have.
    pub fn set(self, name: &str, value: &str, keep: SignedDuration) -> Option<HeaderValue> {
        if !is_plain(name) || !is_plain(value) {
            return None;
        }
        let secure = if self.https { "; Secure" } else { "" };
        let seconds = keep.as_secs().max(0);
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::try_from(cookie).ok()
    }

    /// A `Set-Cookie` that removes a cookie. `None` as for [`Cookies::set`].
    pub fn remove(self, name: &str) -> Option<HeaderValue> {
        self.set(name, "", SignedDuration::ZERO)
    }

    fn prefix(self) -> &'static str {
        if self.https { "__Host-" } else { "" }
    }
}

/// The value of the cookie of this name. `None` if there is none, or several with different values: then somebody else
/// has set one of them, and neither counts.
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|&(found, _)| found == name).map(|(_, value)| value);
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TLS: Cookies = Cookies { https: true };
    const PLAIN: Cookies = Cookies { https: false };

    fn sent(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    /// A23.3: host-only, `HttpOnly`, short-lived, `Lax`.
    #[test]
    fn the_attributes_of_a_cookie_are_these() {
        let hour = SignedDuration::from_hours(1);
        assert_eq!(
            TLS.set(&TLS.session_name(), "abc-_1", hour).unwrap(),
            "__Host-vestibule_session=abc-_1; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            PLAIN.set(&PLAIN.session_name(), "abc", hour).unwrap(),
            "vestibule_session=abc; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            TLS.remove(&TLS.session_name()).unwrap(),
            "__Host-vestibule_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"
        );
    }

    #[test]
    fn each_attempt_has_a_cookie_of_its_own() {
        let names = [TLS.attempt_name("a"), TLS.attempt_name("b")];
        assert_eq!(names[0], "__Host-vestibule_attempt_ca978112ca1bbdca");
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn a_value_that_could_end_the_cookie_is_not_set() {
        for value in ["a;b", "a b", "a\r\nb", "a,b", "ä", "\"a\""] {
            assert_eq!(TLS.set("vestibule_session", value, SignedDuration::from_secs(1)), None, "{value:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = sent(&["a=1; vestibule_session=x=y", "xvestibule_session=2"]);
        assert_eq!(find(&headers, "vestibule_session"), Some("x=y"));
        assert_eq!(find(&headers, "session"), None);
        assert_eq!(find(&sent(&["", ";;", "=", "vestibule_session"]), "vestibule_session"), None);
    }

    #[test]
    fn of_two_values_neither_counts() {
        let headers = sent(&["vestibule_session=1; vestibule_session=2"]);
        assert_eq!(find(&headers, "vestibule_session"), None);
        let headers = sent(&["vestibule_session=1", "vestibule_session=1"]);
        assert_eq!(find(&headers, "vestibule_session"), Some("1"));
    }
}
