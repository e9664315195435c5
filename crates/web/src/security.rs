//! What every response tells the browser not to do, and which requests are our own pages'.

use http::header::{
    CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
};
use thiserror::Error;

/// Where a page's forms may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FormAction<'a> {
    /// Nowhere: the page has no form.
    #[default]
    Nowhere,
    /// To us, and we answer with a page.
    Own,
    /// To us, and we may answer with a redirection to an identity provider or an application.
    ///
    /// Chromium checks every redirection that follows a form against the directive. Where those lead is not known
    /// beforehand: an identity provider hands on to another. Hence every address of the scheme is allowed.
    Onward,
    /// To this address of an identity provider, which may redirect in its turn; see [`FormAction::Onward`].
    To(&'a str),
    /// To this address of an application, and to no other origin.
    Only(&'a str),
}

/// The page's content security policy.
///
/// Nothing is loaded but our own style, script and pictures; nobody may frame the page; there is no inline script or
/// style to allow. `https` says whether the deployment is served by TLS; if not, it is on loopback, and so are the
/// identity providers.
pub fn content_security_policy(form_action: FormAction<'_>, https: bool) -> String {
    let onward = if https { "https:" } else { "https: http:" };
    let form_action = match form_action {
        FormAction::Nowhere => "'none'".to_owned(),
        FormAction::Own => "'self'".to_owned(),
        FormAction::Onward => format!("'self' {onward}"),
        FormAction::To(address) => match origin(address) {
            Some(origin) => format!("{origin} {onward}"),
            None => "'none'".to_owned(),
        },
        FormAction::Only(address) => match origin(address) {
            // A policy cannot name an address of the internet protocol's version 6.
            Some(v6) if v6.contains('[') => format!("{}:", v6.split(':').next().unwrap_or_default()),
            Some(origin) => origin.to_owned(),
            None => "'none'".to_owned(),
        },
    };
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action {form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// Whether a browser may be redirected there after a form of ours: the policy of our pages lets forms lead to http and
/// https only, and to plain http only where the deployment has no TLS ([`FormAction::Onward`]).
pub fn may_follow_a_form(location: &str, https: bool) -> bool {
    location.starts_with('/') || location.starts_with("https://") || (!https && location.starts_with("http://"))
}

/// The origin of an address of http or https. `None` for anything else, and for what would end the directive.
fn origin(address: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| address.starts_with(scheme))?;
    let host = address[scheme.len()..].split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    host.bytes().all(plain).then(|| &address[..scheme.len() + host.len()])
}

/// Sets what every response carries, redirections too. `https` says whether the deployment is served by TLS.
///
/// The referrer policy is `same-origin`, not `no-referrer`: with the latter browsers send `Origin: null` with our own
/// forms, which [`same_origin`] could not tell from a stranger's.
pub fn set_common(headers: &mut HeaderMap, https: bool) {
    const COMMON: [(HeaderName, &str); 5] = [
        (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
             magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
        ),
    ];
    for (name, value) in COMMON {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
}

/// Keeps a response out of every cache: it is about one person or one try to sign in.
pub fn set_no_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

/// Why a form is not taken for one of our own pages'.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CrossSite {
    /// The browser says that another site sent it.
    #[error("Sec-Fetch-Site is {got:?}, wanted \"same-origin\"; the browser sent the form from another site's page")]
    Site {
        /// What the browser says.
        got: String,
    },
    /// It comes from a page of another origin.
    #[error("Origin is {got:?}, wanted {want:?}; the form was not sent from our own page")]
    Origin {
        /// What the browser says.
        got: String,
        /// Our origin.
        want: String,
    },
    /// The browser says neither, which none does that is younger than 2020.
    #[error("neither Sec-Fetch-Site nor Origin, wanted one of them; the client is not a browser of today")]
    Unsaid,
}

/// Whether a POST was sent by one of our own pages, by what the browser itself says of it.
///
/// This is what guards our own forms against cross-site request forgery, so they carry no token and stay usable however
/// long they were open: `Sec-Fetch-Site`, which no page can set, must be `same-origin` (or `none`: the person did it,
/// as by reloading); a browser that does not send it must send our own `Origin`. Our session cookie is `SameSite=Lax`
/// besides. The assertion consumer service and the token endpoint are called by others and must not ask this; they
/// check a signature, and a client's secret.
///
/// A proxy that shows our pages at an origin of its own (SC-28) may leave that origin in the header, or keep a form at
/// our own address: `is_shown_at` says whether an origin is such a one, which is expected, and shows this host.
///
/// # Errors
/// The request comes from elsewhere, or does not say from where.
pub fn same_origin(headers: &HeaderMap, own_origin: &str, is_shown_at: impl Fn(&str) -> bool) -> Result<(), CrossSite> {
    let said = |name: &HeaderName| {
        headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(256).collect::<String>())
    };
    if said(&ORIGIN).is_some_and(|origin| is_shown_at(&origin)) {
        return Ok(());
    }
    match said(&HeaderName::from_static("sec-fetch-site")) {
        Some(site) if site == "same-origin" || site == "none" => return Ok(()),
        Some(got) => return Err(CrossSite::Site { got }),
        None => {}
    }
    match said(&ORIGIN) {
        Some(origin) if origin == own_origin => Ok(()),
        Some(got) => Err(CrossSite::Origin { got, want: own_origin.to_owned() }),
        None => Err(CrossSite::Unsaid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://acme.sso.example.com";
    const PROXIED: &str = "https://acme.sso.example.com.mcas.ms";

    fn sent(pairs: &[(&'static str, &'static str)]) -> Result<(), CrossSite> {
        let headers =
            pairs.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        same_origin(&headers.collect(), OWN, |origin| origin == PROXIED)
    }

    #[test]
    fn a_form_of_our_own_page_is_taken() {
        assert_eq!(sent(&[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(sent(&[("sec-fetch-site", "none")]), Ok(()));
        assert_eq!(sent(&[("origin", OWN)]), Ok(()));
    }

    #[test]
    fn a_form_of_our_own_page_as_a_proxy_shows_it_is_taken() {
        assert_eq!(sent(&[("origin", PROXIED)]), Ok(()));
        assert_eq!(sent(&[("sec-fetch-site", "cross-site"), ("origin", PROXIED)]), Ok(()), "sent past the proxy");
        let got = "https://evil.example.mcas.ms".to_owned();
        assert_eq!(sent(&[("origin", &*got.clone().leak())]), Err(CrossSite::Origin { got, want: OWN.to_owned() }));
    }

    /// A23.3: no other page can post our forms in somebody's name.
    #[test]
    fn a_form_of_another_site_is_refused() {
        for site in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            let headers = [("sec-fetch-site", site), ("origin", OWN)];
            assert_eq!(sent(&headers), Err(CrossSite::Site { got: site.to_owned() }));
        }
        for origin in ["null", "https://sso.example.com", "http://acme.sso.example.com", ""] {
            let wrong = CrossSite::Origin { got: origin.to_owned(), want: OWN.to_owned() };
            assert_eq!(sent(&[("origin", origin)]), Err(wrong));
        }
        assert_eq!(sent(&[]), Err(CrossSite::Unsaid));
    }

    #[test]
    fn the_policy_allows_nothing_but_ours() {
        let policy = content_security_policy(FormAction::Own, true);
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'"
        );
    }

    #[test]
    fn forms_lead_where_the_page_says() {
        let form_action = |form_action, https| {
            let policy = content_security_policy(form_action, https);
            policy.split("; ").find_map(|d| d.strip_prefix("form-action ").map(str::to_owned)).unwrap()
        };
        let idp = FormAction::To("https://login.example.net:8443/saml2?x=1");
        assert_eq!(form_action(FormAction::Nowhere, true), "'none'");
        assert_eq!(form_action(FormAction::Onward, true), "'self' https:");
        assert_eq!(form_action(FormAction::Onward, false), "'self' https: http:");
        assert_eq!(form_action(idp, true), "https://login.example.net:8443 https:");
        let only = |address| form_action(FormAction::Only(address), true);
        assert_eq!(only("https://app.example.com:8443/callback?x=1"), "https://app.example.com:8443");
        assert_eq!(only("http://127.0.0.1:51004/cb"), "http://127.0.0.1:51004");
        assert_eq!(only("http://[::1]:51004/cb"), "http:");
        assert_eq!(only("com.example.app:/callback"), "'none'");
        for hostile in
            ["javascript:alert(1)", "https://a;script-src *", "https://", "https://a b/", "//a", "https://a@b"]
        {
            assert_eq!(form_action(FormAction::To(hostile), true), "'none'", "{hostile}");
            assert_eq!(only(hostile), "'none'", "{hostile}");
        }
    }

    #[test]
    fn strict_transport_is_demanded_where_there_is_tls_only() {
        for https in [true, false] {
            let mut headers = HeaderMap::new();
            set_common(&mut headers, https);
            assert_eq!(headers.contains_key(STRICT_TRANSPORT_SECURITY), https);
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["referrer-policy"], "same-origin");
            assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        }
    }
}
