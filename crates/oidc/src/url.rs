//! The part of RFC 3986 that an issuer and a redirect URI need: absolute http and https URLs, judged, never rewritten.

use crate::excerpt::excerpt;

/// The longest URL that is accepted, in octets.
pub const MAX_URL: usize = 2048;

/// Why a text is not a URL of the kind that is accepted. Whoever registered the URL mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Longer than [`MAX_URL`].
    #[error("the URL is {got} octets long; at most {MAX_URL} are accepted")]
    TooLong {
        /// Octets that came.
        got: usize,
    },
    /// A wildcard. It would hand codes and tokens to every address that fits it, also to those of others.
    #[error(
        "'{got}' contains '*': addresses are compared exactly, since a wildcard would send sign-ins to any address \
         that fits it; register each address of the application"
    )]
    Wildcard {
        /// The text that came.
        got: String,
    },
    /// A fragment, which never reaches the application's server (RFC 6749 §3.1.2).
    #[error("'{got}' has a fragment ('#'); register the address without it")]
    Fragment {
        /// The text that came.
        got: String,
    },
    /// A character that a URL does not contain unescaped.
    #[error("'{got}' contains a character that must be percent-encoded in a URL")]
    Character {
        /// The text that came.
        got: String,
    },
    /// Neither `https://` nor `http://`, in lower case.
    #[error("'{got}' does not begin with 'https://'")]
    Scheme {
        /// The text that came.
        got: String,
    },
    /// `http://` to a host that is not this machine.
    #[error("'{got}' is http; use https (http is accepted for localhost, 127.0.0.0/8 and [::1] only)")]
    PlainHttp {
        /// The text that came.
        got: String,
    },
    /// No host, a user name before the host, or a port that is not one.
    #[error("'{got}' has no plain host and port after its scheme")]
    Authority {
        /// The text that came.
        got: String,
    },
}

/// A judged URL and its parts, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HttpUrl<'a> {
    pub(crate) path: &'a str,
    pub(crate) query: Option<&'a str>,
}

impl<'a> HttpUrl<'a> {
    /// An absolute https URL, or http to a loopback host; no fragment, no wildcard, no user name.
    pub(crate) fn parse(text: &'a str) -> Result<Self, UrlError> {
        let got = || excerpt(text);
        if text.len() > MAX_URL {
            return Err(UrlError::TooLong { got: text.len() });
        }
        if text.contains('*') {
            return Err(UrlError::Wildcard { got: got() });
        }
        if text.contains('#') {
            return Err(UrlError::Fragment { got: got() });
        }
        if !text.bytes().all(is_url_octet) {
            return Err(UrlError::Character { got: got() });
        }
        let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(UrlError::Scheme { got: got() }),
        };
        let (authority, path_and_query) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let host = host(authority).ok_or_else(|| UrlError::Authority { got: got() })?;
        if !secure && !is_loopback(host) {
            return Err(UrlError::PlainHttp { got: got() });
        }
        let (path, query) =
            path_and_query.split_once('?').map_or((path_and_query, None), |(path, query)| (path, Some(query)));
        Ok(Self { path, query })
    }
}

/// RFC 3986 §2: unreserved, reserved and `%`, without what browsers read in ways of their own.
pub(crate) fn is_url_octet(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// The host of `host[:port]`, if both are plain.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = if let Some(v6) = authority.strip_prefix('[') {
        let end = v6.find(']')?;
        v6[..end].parse::<std::net::Ipv6Addr>().ok()?;
        let after = &v6[end + 1..];
        let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
        (&authority[..end + 2], port)
    } else {
        let (name, port) = authority.split_once(':').map_or((authority, None), |(name, port)| (name, Some(port)));
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_');
        (!name.is_empty() && name.bytes().all(plain)).then_some(())?;
        (name, port)
    };
    if let Some(port) = port {
        let digits = port.bytes().all(|octet| octet.is_ascii_digit());
        (digits && port.parse::<u16>().is_ok_and(|port| port > 0)).then_some(())?;
    }
    Some(host)
}

/// Names and addresses that never leave the machine: RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let is_localhost = host == "localhost" || host.ends_with(".localhost");
    is_localhost || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_this_machine_are_accepted() {
        for url in [
            "https://app.example.com",
            "https://app.example.com:8443/callback?tenant=1",
            "http://localhost:8402/callback",
            "http://app.localhost:8402/callback",
            "http://127.0.0.1:1/",
            "http://[::1]:8080/x",
        ] {
            assert!(HttpUrl::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn http_beyond_this_machine_is_refused() {
        for url in
            ["http://app.example.com/", "http://localhost.example.com/", "http://evillocalhost/", "http://10.0.0.1/"]
        {
            assert_eq!(HttpUrl::parse(url), Err(UrlError::PlainHttp { got: url.into() }), "{url}");
        }
    }

    #[test]
    fn a_host_that_is_not_plain_is_refused() {
        for url in [
            "https://",
            "https:///path",
            "https://user@app.example.com/",
            "https://app.example.com:0/",
            "https://app.example.com:65536/",
            "https://app.example.com:+80/",
            "https://[::1/",
            "https://[::1]8080/",
            "https://ä.example/",
        ] {
            let refusal = HttpUrl::parse(url).unwrap_err();
            assert!(matches!(refusal, UrlError::Authority { .. } | UrlError::Character { .. }), "{url}: {refusal}");
        }
    }

    #[test]
    fn another_scheme_is_refused_also_when_it_differs_by_case_only() {
        for url in ["javascript:alert(1)", "HTTPS://app.example.com/", "//app.example.com/", "ftp://app.example.com/"] {
            assert_eq!(HttpUrl::parse(url), Err(UrlError::Scheme { got: url.into() }), "{url}");
        }
    }
}
