//! Where the deployment stands: its own address, and the addresses of its accounts below one domain.

use thiserror::Error;
use vestibule_domain::name::{DomainName, SubDomain};
use vestibule_saml::types::LoopbackHttp;

/// Where the deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    scheme: Scheme,
    /// Host, and port where it is not the scheme's own.
    host: String,
    account_domain: String,
    port: String,
    /// Proxies below whose names browsers may see ours.
    proxied_by: Vec<DomainName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Https,
    Http,
}

/// Which address of the deployment a browser is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The deployment's own.
    Base,
    /// That of an account of this sub-domain, if there is one.
    Account(SubDomain),
    /// A host that only the alias of a connection may name.
    Elsewhere,
}

/// Why an address is not one that the deployment can have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DeploymentError {
    /// Not `https://host` or `http://host`.
    #[error("{got:?} is not an origin: https:// and a host are wanted, without path")]
    NotAnOrigin {
        /// What was given.
        got: String,
    },
    /// http where people could be listened to.
    #[error("{got:?} is http on a host that is not a loopback one; https is wanted")]
    Http {
        /// What was given.
        got: String,
    },
}

impl Deployment {
    /// From the public URL (an origin such as `https://sso.example.com`) and the domain below which accounts have
    /// their sub-domains (such as `example.com`).
    ///
    /// # Errors
    /// The URL is no origin, or http on a host that is not a loopback one.
    pub fn new(public_url: &str, account_domain: &str) -> Result<Self, DeploymentError> {
        let not_an_origin = || DeploymentError::NotAnOrigin { got: public_url.to_owned() };
        let (scheme, host) = match public_url.split_once("://").ok_or_else(not_an_origin)? {
            ("https", host) => (Scheme::Https, host),
            ("http", host) => (Scheme::Http, host),
            _ => return Err(not_an_origin()),
        };
        let host = host.strip_suffix('/').unwrap_or(host).to_ascii_lowercase();
        let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || host.contains(odd) {
            return Err(not_an_origin());
        }
        let port = port_of(&host).to_owned();
        let deployment =
            Self { scheme, host, account_domain: account_domain.to_ascii_lowercase(), port, proxied_by: Vec::new() };
        if scheme == Scheme::Http && !deployment.is_loopback() {
            return Err(DeploymentError::Http { got: public_url.to_owned() });
        }
        Ok(deployment)
    }

    /// The same behind proxies that show it to browsers below a name of their own, such as `sso.example.com.mcas.ms`
    /// (SC-28).
    #[must_use]
    pub fn proxied_by(self, suffixes: Vec<DomainName>) -> Self {
        Self { proxied_by: suffixes, ..self }
    }

    /// Whether a browser sees one of our hosts under this origin because a proxy shows it there: exactly that host, and
    /// behind it the name of a proxy that is expected. Proxies speak https at its own port alone.
    pub fn is_shown_at(&self, origin: &str, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if self.place(&host) == Place::Elsewhere {
            return false;
        }
        let name = host.strip_suffix(port_of(&host)).unwrap_or(&host);
        let rest = origin.strip_prefix("https://").and_then(|rest| rest.strip_prefix(name)?.strip_prefix('.'));
        rest.is_some_and(|suffix| self.proxied_by.iter().any(|proxy| proxy.as_str() == suffix))
    }

    /// The deployment's own origin; the OpenID issuer.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme(), self.host)
    }

    /// The origin of an account; the deployment's own where it has no sub-domain.
    pub fn origin_of(&self, sub_domain: Option<&SubDomain>) -> String {
        match sub_domain {
            None => self.origin(),
            Some(label) => format!("{}://{label}.{}{}", self.scheme(), self.account_domain, self.port),
        }
    }

    /// Where the request came, by its Host header.
    pub fn place(&self, host: &str) -> Place {
        let host = host.to_ascii_lowercase();
        if host == self.host {
            return Place::Base;
        }
        let label = host
            .strip_suffix(&self.port)
            .and_then(|name| name.strip_suffix(&self.account_domain))
            .and_then(|name| name.strip_suffix('.'));
        label.and_then(|label| label.parse().ok()).map_or(Place::Elsewhere, Place::Account)
    }

    /// The origin that a browser at this host sees.
    pub fn origin_at(&self, host: &str) -> String {
        format!("{}://{}", self.scheme(), host.to_ascii_lowercase())
    }

    /// Whether cookies are marked `Secure`, and HSTS is sent.
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether everything runs on one machine: only then may identity providers be at http and private addresses
    /// (A24.2, A24.4).
    pub fn is_loopback(&self) -> bool {
        let name = self.host.strip_suffix(&self.port).unwrap_or(&self.host);
        vestibule_saml::types::EndpointUrl::new(format!("http://{name}/"), LoopbackHttp::Allow).is_ok()
    }

    fn scheme(&self) -> &'static str {
        match self.scheme {
            Scheme::Https => "https",
            Scheme::Http => "http",
        }
    }
}

/// The port of `host:port` with its colon; empty where there is none.
fn port_of(host: &str) -> &str {
    match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => &host[colon..],
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment() -> Deployment {
        Deployment::new("http://sso.localhost:8400", "localhost").unwrap()
    }

    #[test]
    fn the_host_says_which_account_is_meant() {
        assert_eq!(deployment().place("sso.localhost:8400"), Place::Base);
        assert_eq!(deployment().place("ACME.localhost:8400"), Place::Account("acme".parse().unwrap()));
        for elsewhere in [
            "localhost:8400",
            "a.b.localhost:8400",
            "acme.localhost",
            "acme.localhost:1",
            "acme.example",
            "",
            "acmelocalhost:8400",
        ] {
            assert_eq!(deployment().place(elsewhere), Place::Elsewhere, "{elsewhere}");
        }
    }

    #[test]
    fn an_account_lives_below_the_account_domain() {
        assert_eq!(deployment().origin_of(Some(&"acme".parse().unwrap())), "http://acme.localhost:8400");
        assert_eq!(deployment().origin_of(None), "http://sso.localhost:8400");
    }

    #[test]
    fn the_deployment_may_stand_at_the_account_domain_itself() {
        let deployment = Deployment::new("http://localhost:8400", "localhost").unwrap();
        assert_eq!(deployment.place("localhost:8400"), Place::Base);
        assert_eq!(deployment.place("acme.localhost:8400"), Place::Account("acme".parse().unwrap()));
        assert_eq!(deployment.place(".localhost:8400"), Place::Elsewhere);
    }

    #[test]
    fn a_proxy_shows_exactly_our_host_below_its_own_name() {
        let open = Deployment::new("https://sso.example.com", "example.com").unwrap();
        let behind = open.clone().proxied_by(vec!["mcas.ms".parse().unwrap()]);
        assert!(behind.is_shown_at("https://acme.example.com.mcas.ms", "acme.example.com"));
        assert!(behind.is_shown_at("https://sso.example.com.mcas.ms", "SSO.example.com"));
        assert!(!open.is_shown_at("https://acme.example.com.mcas.ms", "acme.example.com"), "none is expected");
        for stranger in [
            "https://evil.example.com.mcas.ms",
            "https://evil.example.mcas.ms",
            "https://acme.example.com.evil.mcas.ms",
            "https://mcas.ms",
            "https://acme.example.com",
            "https://acme.example.com.mcas.ms:8443",
            "https://acme.example.com.mcas.ms.evil.example",
            "https://acme.example.comXmcas.ms",
            "http://acme.example.com.mcas.ms",
            "null",
        ] {
            assert!(!behind.is_shown_at(stranger, "acme.example.com"), "{stranger}");
        }
        assert!(!behind.is_shown_at("https://evil.example.mcas.ms", "evil.example"), "a host that is none of ours");
    }

    #[test]
    fn http_is_for_loopback_alone() {
        let got = "http://sso.example.com".to_owned();
        assert_eq!(Deployment::new(&got, "example.com"), Err(DeploymentError::Http { got: got.clone() }));
        assert!(
            Deployment::new("https://sso.example.com", "example.com").is_ok_and(|d| d.is_https() && !d.is_loopback())
        );
        assert!(Deployment::new("http://127.0.0.1:8400", "localhost").is_ok_and(|d| d.is_loopback()));
        for bad in ["sso.example.com", "https://", "https://a/b", "ftp://a", "https://a b"] {
            assert_eq!(Deployment::new(bad, "x"), Err(DeploymentError::NotAnOrigin { got: bad.to_owned() }), "{bad}");
        }
    }
}
