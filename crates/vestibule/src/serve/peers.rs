//! How many connections each address holds, so that one of them cannot hold all.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use vestibule_outbound::Network;
use vestibule_web::limits::network_of;

/// Counts the connections of each address. A network of 64 bits is one address; a trusted proxy is not counted, for it
/// speaks for many.
pub(super) struct Peers {
    most: u32,
    trusted: Vec<Network>,
    open: Mutex<BTreeMap<Holder, u32>>,
}

/// Who holds connections: an address or a network, and its bits.
type Holder = (IpAddr, u8);

/// One site of IPv6 has up to 65,536 networks of 64 bits: all of them together hold so many times what one may.
const SITE: u32 = 4;

/// A connection that is counted for as long as this lives.
pub(super) struct Counted {
    peers: Arc<Peers>,
    /// Empty for a trusted proxy.
    holders: Vec<Holder>,
}

impl Peers {
    pub(super) fn new(most: u32, trusted: Vec<Network>) -> Arc<Self> {
        Arc::new(Self { most, trusted, open: Mutex::default() })
    }

    /// Counts a connection of this address. None where it holds as many as it may.
    pub(super) fn count(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
        let peer = peer.to_canonical();
        if self.trusted.iter().any(|network| network.contains(peer)) {
            return Some(Counted { peers: Arc::clone(self), holders: Vec::new() });
        }
        let mut bounds = vec![((network_of(peer, 64), 64), self.most)];
        if peer.is_ipv6() {
            bounds.push(((network_of(peer, 48), 48), self.most.saturating_mul(SITE)));
        }
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if bounds.iter().any(|(holder, most)| open.get(holder).is_some_and(|held| held >= most)) {
            return None;
        }
        let holders: Vec<Holder> = bounds.into_iter().map(|(holder, _)| holder).collect();
        for holder in &holders {
            *open.entry(*holder).or_insert(0) += 1;
        }
        Some(Counted { peers: Arc::clone(self), holders })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.peers.open.lock().unwrap_or_else(PoisonError::into_inner);
        for holder in &self.holders {
            if let Some(held) = open.get_mut(holder) {
                *held -= 1;
                if *held == 0 {
                    open.remove(holder);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_as_many_as_it_may_and_a_trusted_proxy_as_many_as_it_likes() {
        let peers = Peers::new(2, vec!["10.0.0.0/8".parse().unwrap()]);
        let count = |text: &str| peers.count(text.parse().unwrap());
        let held = [count("192.0.2.1"), count("::ffff:192.0.2.1")];
        assert!(held.iter().all(Option::is_some) && count("192.0.2.1").is_none());
        assert!(count("192.0.2.2").is_some(), "another address is not in the way");
        let network = [count("2001:db8::1"), count("2001:db8::2")];
        assert!(network.iter().all(Option::is_some) && count("2001:db8::3").is_none());
        let proxied: Vec<_> = (0..5).map(|_| count("10.0.0.1")).collect();
        assert!(proxied.iter().all(Option::is_some));
        drop(held);
        assert!(count("192.0.2.1").is_some());
        let site: Vec<_> = (2..5).flat_map(|n| [0, 1].map(|_| count(&format!("2001:db8:0:{n}::1")))).collect();
        assert!(site.iter().all(Option::is_some) && count("2001:db8:0:9::1").is_none(), "a site is full at four times");
        assert!(count("2001:db8:1::1").is_some(), "another site is not in the way");
        drop((network, site, proxied));
        assert!(peers.open.lock().unwrap().is_empty(), "who holds none is forgotten");
    }
}
