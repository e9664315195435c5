//! Who is at the other end, and at which host they are: the only reader of X-Forwarded headers.
//!
//! X-Forwarded-Proto is not read: `public_url` says how browsers speak to us.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use vestibule_outbound::Network;
use vestibule_web::{ClientAddress, FORWARD_AUTH};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The most proxies in a row. What stands before them in a longer list is not looked at.
const MAX_HOPS: usize = 16;

/// The client behind `peer`, the other end of the connection.
///
/// From the nearest to the farthest, each address in X-Forwarded-For was written by the one after it; so it is
/// believed as long as that one is trusted. The first that is not a trusted proxy is the client. What a client wrote
/// itself stands before that and counts for nothing.
pub(super) fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> ClientAddress {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return ClientAddress(client);
    }
    // Lines of one header are one list (RFC 9110 section 5.3).
    let lines = headers.get_all(FOR).iter().rev().map(|line| line.to_str().unwrap_or_default());
    let hops = lines.flat_map(|line| line.rsplit(','));
    for hop in hops.take(MAX_HOPS) {
        // A word such as `unknown` ends the chain: who wrote it is the last whom we know.
        let Some(address) = address(hop.trim()) else { break };
        client = address;
        if !is_trusted(client) {
            break;
        }
    }
    ClientAddress(client)
}

/// Leaves in `headers` one Host, that of the browser, and no X-Forwarded header; but at [`FORWARD_AUTH`] all but the
/// client's address, for there they tell of another request, and of nobody's but the sender's own.
///
/// A trusted peer's X-Forwarded-Host replaces Host. Several values are as good as none: nobody knows which of them
/// the browser sent.
pub(super) fn settle_host(peer: IpAddr, path: &str, headers: &mut HeaderMap, trusted: &[Network]) {
    if path == FORWARD_AUTH {
        headers.remove(FOR);
        return;
    }
    let is_trusted = trusted.iter().any(|network| network.contains(peer));
    if is_trusted && let Some(host) = single(headers) {
        headers.insert(header::HOST, host);
    }
    for name in [FOR, HOST, PROTO] {
        headers.remove(name);
    }
}

fn single(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(HOST).iter();
    let value = values.next()?;
    let is_one = values.next().is_none() && !value.is_empty() && !value.as_bytes().contains(&b',');
    is_one.then(|| value.clone())
}

/// An address, with or without a port, which some proxies write too.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted() -> Vec<Network> {
        ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap()).into()
    }

    fn client(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FOR, line.parse().unwrap());
        }
        client_address(peer.parse().unwrap(), &headers, &trusted()).0.to_string()
    }

    #[test]
    fn whoever_is_no_trusted_proxy_is_the_client_whatever_they_say() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(client("::ffff:192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn the_nearest_address_that_is_no_trusted_proxy_is_the_client() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, 10.0.0.2,10.0.0.3"]), "198.51.100.7");
        assert_eq!(client("fd00::1", &["198.51.100.7", "10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("::ffff:10.0.0.1", &["2a00::7"]), "2a00::7");
    }

    #[test]
    fn what_a_client_writes_itself_is_not_believed() {
        assert_eq!(client("10.0.0.1", &["127.0.0.1, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["10.0.0.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["10.9.9.9, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
    }

    #[test]
    fn a_chain_of_trusted_proxies_alone_ends_at_its_farthest() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn a_word_where_an_address_belongs_ends_the_chain() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(client("10.0.0.1", &["", "198.51.100.7,"]), "10.0.0.1");
    }

    #[test]
    fn a_port_behind_the_address_is_left_aside() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7:50123"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["[2a00::7]:443"]), "2a00::7");
        assert_eq!(client("10.0.0.1", &["[2a00::7]"]), "2a00::7");
    }

    #[test]
    fn an_endless_list_is_not_read_to_its_end() {
        let list = format!("198.51.100.7{}", ", 10.0.0.2".repeat(MAX_HOPS));
        assert_eq!(client("10.0.0.1", &[&list]), "10.0.0.2");
    }

    fn host(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "inner.example".parse().unwrap());
        headers.insert(PROTO, "https".parse().unwrap());
        for host in forwarded {
            headers.append(HOST, host.parse().unwrap());
        }
        settle_host(peer.parse().unwrap(), "/", &mut headers, &trusted());
        assert_eq!(headers.len(), 1, "{headers:?}");
        headers[header::HOST].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_host_of_the_browser_is_believed_from_a_trusted_proxy_alone() {
        assert_eq!(host("10.0.0.1", &["acme.example.com"]), "acme.example.com");
        assert_eq!(host("192.0.2.1", &["acme.example.com"]), "inner.example");
        assert_eq!(host("10.0.0.1", &[]), "inner.example");
    }

    /// Whoever asks about a request to a site need be no trusted proxy, and a trusted one asks about a site all the same.
    #[test]
    fn what_a_proxy_tells_of_a_request_to_a_site_stays() {
        for peer in ["10.0.0.1", "192.0.2.1"] {
            let mut headers = HeaderMap::new();
            for (name, value) in
                [(header::HOST, "inner.example"), (HOST, "wiki.example.com"), (PROTO, "https"), (FOR, "198.51.100.7")]
            {
                headers.insert(name, value.parse().unwrap());
            }
            settle_host(peer.parse().unwrap(), "/forward-auth", &mut headers, &trusted());
            let told = [header::HOST, HOST, PROTO].map(|name| headers[name].to_str().unwrap().to_owned());
            assert_eq!(told, ["inner.example", "wiki.example.com", "https"], "{peer}");
            assert!(!headers.contains_key(FOR), "{peer}");
        }
    }

    #[test]
    fn several_hosts_are_as_good_as_none() {
        assert_eq!(host("10.0.0.1", &["acme.example.com, other.example.com"]), "inner.example");
        assert_eq!(host("10.0.0.1", &["acme.example.com", "other.example.com"]), "inner.example");
        assert_eq!(host("10.0.0.1", &[""]), "inner.example");
    }
}
