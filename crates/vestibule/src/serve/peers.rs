//! How many connections each address holds, so that one of them cannot hold all.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use vestibule_outbound::Network;
use vestibule_web::limits::whole_network;

/// Counts the connections of each address. A network of 64 bits is one address; a trusted proxy is not counted, for it
/// speaks for many.
pub(super) struct Peers {
    most: u32,
    trusted: Vec<Network>,
    open: Mutex<BTreeMap<IpAddr, u32>>,
}

/// A connection that is counted for as long as this lives.
pub(super) struct Counted {
    peers: Arc<Peers>,
    /// None for a trusted proxy.
    address: Option<IpAddr>,
}

impl Peers {
    pub(super) fn new(most: u32, trusted: Vec<Network>) -> Arc<Self> {
        Arc::new(Self { most, trusted, open: Mutex::default() })
    }

    /// Counts a connection of this address. None where it holds as many as it may.
    pub(super) fn count(self: &Arc<Self>, peer: IpAddr) -> Option<Counted> {
        let peer = peer.to_canonical();
        if self.trusted.iter().any(|network| network.contains(peer)) {
            return Some(Counted { peers: Arc::clone(self), address: None });
        }
        let address = whole_network(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let held = open.entry(address).or_insert(0);
        if *held >= self.most {
            return None;
        }
        *held += 1;
        Some(Counted { peers: Arc::clone(self), address: Some(address) })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut open = self.peers.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = open.get_mut(&address) {
            *held -= 1;
            if *held == 0 {
                open.remove(&address);
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
        drop((network, proxied));
        assert!(peers.open.lock().unwrap().is_empty(), "who holds none is forgotten");
    }
}
