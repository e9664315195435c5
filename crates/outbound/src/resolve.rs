//! Names to addresses.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;

/// What [`Resolve::resolve`] returns.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Finds the addresses of a host. A trait, so that tests can say what a name server answers.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// All addresses of `host`, a DNS name in ASCII. An empty list is the same as an error.
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a>;
}

/// The names that the machine knows, `/etc/hosts` included.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

impl Resolve for SystemNames {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            // RFC 6761 section 6.3. Not every C library knows the names below it, and every browser does.
            if is_localhost(host) {
                return Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)]);
            }
            Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// Whether `host` is `localhost` or a name below it.
pub(crate) fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_below_localhost_are_loopback_whatever_the_machine_knows() {
        for host in ["localhost", "entra.localhost", "Acme.Localhost."] {
            let addresses = SystemNames.resolve(host).await.unwrap();
            assert_eq!(addresses, [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)], "{host}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_localhost_is_none() {
        for host in ["notlocalhost", "localhost.example.com", "localhost.."] {
            assert!(!is_localhost(host), "{host}");
        }
    }
}
