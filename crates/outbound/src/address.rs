//! What kind of place an address is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// The range that an address belongs to, by the special-purpose registries of IANA (RFC 6890 and its updates).
///
/// An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) belongs to the range of the one that it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Anybody's, reached over the internet.
    Public,
    /// `0.0.0.0/8`, `::`: this host.
    Unspecified,
    /// `127.0.0.0/8`, `::1`.
    Loopback,
    /// `10.0.0.0/8`, `172.16.0.0/12`, `192.168.0.0/16` (RFC 1918).
    Private,
    /// `169.254.0.0/16`, `fe80::/10`; the address where clouds keep a machine's credentials is among them.
    LinkLocal,
    /// `100.64.0.0/10`, behind a carrier's address translation (RFC 6598).
    Shared,
    /// `fc00::/7` (RFC 4193), and `fec0::/10`, which went before it.
    UniqueLocal,
    /// `224.0.0.0/4`, `ff00::/8`.
    Multicast,
    /// `192.0.2.0/24`, `198.51.100.0/24`, `203.0.113.0/24`, `2001:db8::/32`, `3fff::/20`.
    Documentation,
    /// `198.18.0.0/15`, `2001:2::/48`.
    Benchmarking,
    /// `255.255.255.255`.
    Broadcast,
    /// Everything else that IANA has not given to hosts, and what IETF protocols keep for themselves.
    Reserved,
}

impl Range {
    /// The range of `address`.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Shared => "carrier-shared",
            Self::UniqueLocal => "unique-local",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Broadcast => "broadcast",
            Self::Reserved => "reserved",
        }
    }
}

/// A network in CIDR notation, `192.0.2.0/24`; an address alone is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

/// Why a text is not a [`Network`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// The part before the slash.
    #[error("{got:?} is not an IP address; write a network as 10.0.0.0/8 or fd00::/8, or one address")]
    Address {
        /// What stands there.
        got: String,
    },
    /// The part after the slash.
    #[error("/{got} is not a prefix length; {base} takes a number from 0 to {max}")]
    Prefix {
        /// What stands there.
        got: String,
        /// The address before it.
        base: IpAddr,
        /// The longest prefix of such an address.
        max: u8,
    },
    /// Bits behind the prefix, which would look like one host and mean many.
    #[error("{base}/{prefix} has bits set behind its prefix; write {network}")]
    HostBits {
        /// The address before the slash.
        base: IpAddr,
        /// The number behind it.
        prefix: u8,
        /// The network that `base` is in.
        network: Network,
    },
}

impl Network {
    /// Whether `address` is in the network. A mapped IPv4 address (`::ffff:10.0.0.1`) counts as the one that it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                masked(base.to_bits().into(), self.prefix, 32) == masked(address.to_bits().into(), self.prefix, 32)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                masked(base.to_bits(), self.prefix, 128) == masked(address.to_bits(), self.prefix, 128)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let base: IpAddr = address.parse().map_err(|_| NetworkError::Address { got: address.to_owned() })?;
        let max = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => max,
            Some(got) => {
                let number = got.parse().ok().filter(|number| *number <= max);
                number.ok_or_else(|| NetworkError::Prefix { got: got.to_owned(), base, max })?
            }
        };
        let network = Self { base: network_of(base, prefix), prefix };
        if network.base == base { Ok(network) } else { Err(NetworkError::HostBits { base, prefix, network }) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

/// A row of the tables below: the first bits of an address, how many of them count, and what they say.
type V4Row = ([u8; 4], u8, Range);
type V6Row = ([u16; 8], u8, Range);

/// The first row that fits decides; what fits none is public.
const V4: &[V4Row] = &[
    ([0, 0, 0, 0], 8, Range::Unspecified),
    ([10, 0, 0, 0], 8, Range::Private),
    ([100, 64, 0, 0], 10, Range::Shared),
    ([127, 0, 0, 0], 8, Range::Loopback),
    ([169, 254, 0, 0], 16, Range::LinkLocal),
    ([172, 16, 0, 0], 12, Range::Private),
    ([192, 0, 0, 0], 24, Range::Reserved), // IETF protocol assignments
    ([192, 0, 2, 0], 24, Range::Documentation),
    ([192, 88, 99, 0], 24, Range::Reserved), // relays of 6to4, withdrawn by RFC 7526
    ([192, 168, 0, 0], 16, Range::Private),
    ([198, 18, 0, 0], 15, Range::Benchmarking),
    ([198, 51, 100, 0], 24, Range::Documentation),
    ([203, 0, 113, 0], 24, Range::Documentation),
    ([224, 0, 0, 0], 4, Range::Multicast),
    ([255, 255, 255, 255], 32, Range::Broadcast),
    ([240, 0, 0, 0], 4, Range::Reserved),
];

/// The first row that fits decides; what fits none is reserved, because IANA gives hosts only `2000::/3`.
const V6: &[V6Row] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Range::Unspecified),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Range::Loopback),
    ([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, Range::Benchmarking),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Range::Reserved), // IETF protocols: Teredo, ORCHID, anycasts
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Range::Documentation),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Range::Documentation),
    ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3, Range::Public),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Range::UniqueLocal),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Range::UniqueLocal),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Range::LinkLocal),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Range::Multicast),
];

fn of_v4(address: Ipv4Addr) -> Range {
    let bits = u128::from(address.to_bits());
    let fits = |(base, prefix, _): &&V4Row| {
        masked(bits, *prefix, 32) == masked(Ipv4Addr::from(*base).to_bits().into(), *prefix, 32)
    };
    V4.iter().find(fits).map_or(Range::Public, |(_, _, range)| *range)
}

fn of_v6(address: Ipv6Addr) -> Range {
    if let Some(carried) = carried_v4(address) {
        return of_v4(carried);
    }
    let bits = address.to_bits();
    let fits = |(base, prefix, _): &&V6Row| {
        masked(bits, *prefix, 128) == masked(Ipv6Addr::from(*base).to_bits(), *prefix, 128)
    };
    V6.iter().find(fits).map_or(Range::Reserved, |(_, _, range)| *range)
}

/// The IPv4 address at whose door a packet for `address` ends. Only the forms that routers translate; the others that
/// embed one (IPv4-compatible, Teredo, the local NAT64 prefix `64:ff9b:1::/48`) are reserved whatever they carry.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let joined = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        // Mapped; NAT64 (RFC 6052); 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(joined(high, low))
        }
        _ => None,
    }
}

fn network_of(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let bits = masked(v4.to_bits().into(), prefix, 32);
            // `masked` clears bits and sets none, so that 32 of them are still enough.
            IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or_default()))
        }
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(masked(v6.to_bits(), prefix, 128))),
    }
}

/// The first `prefix` of the `width` bits of an address, the others cleared.
fn masked(bits: u128, prefix: u8, width: u8) -> u128 {
    let rest = u32::from(width.saturating_sub(prefix));
    bits.checked_shr(rest).and_then(|kept| kept.checked_shl(rest)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(address: &str) -> Range {
        Range::of(address.parse().unwrap())
    }

    /// A24.2: the first and the last address of every range that is not anybody's.
    #[test]
    fn every_special_range_is_told_from_its_first_to_its_last_address() {
        let rows = [
            ("0.0.0.0", "0.255.255.255", Range::Unspecified),
            ("10.0.0.0", "10.255.255.255", Range::Private),
            ("100.64.0.0", "100.127.255.255", Range::Shared),
            ("127.0.0.0", "127.255.255.255", Range::Loopback),
            ("169.254.0.0", "169.254.255.255", Range::LinkLocal),
            ("172.16.0.0", "172.31.255.255", Range::Private),
            ("192.0.0.0", "192.0.0.255", Range::Reserved),
            ("192.0.2.0", "192.0.2.255", Range::Documentation),
            ("192.88.99.0", "192.88.99.255", Range::Reserved),
            ("192.168.0.0", "192.168.255.255", Range::Private),
            ("198.18.0.0", "198.19.255.255", Range::Benchmarking),
            ("198.51.100.0", "198.51.100.255", Range::Documentation),
            ("203.0.113.0", "203.0.113.255", Range::Documentation),
            ("224.0.0.0", "239.255.255.255", Range::Multicast),
            ("240.0.0.0", "255.255.255.254", Range::Reserved),
            ("255.255.255.255", "255.255.255.255", Range::Broadcast),
            ("::", "::", Range::Unspecified),
            ("::1", "::1", Range::Loopback),
            ("::2", "::fffe:ffff:ffff", Range::Reserved), // IPv4-compatible among them
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Range::Reserved),
            ("100::", "100::ffff:ffff:ffff:ffff", Range::Reserved), // discarded
            ("2001::", "2001::ffff:ffff:ffff:ffff:ffff:ffff", Range::Reserved), // Teredo
            ("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", Range::Benchmarking),
            ("2001:10::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Range::Reserved),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Range::Documentation),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Range::Documentation),
            ("4000::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Range::Reserved), // segment routing among them
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Range::UniqueLocal),
            ("fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Range::Reserved),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Range::LinkLocal),
            ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Range::UniqueLocal),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Range::Multicast),
        ];
        for (first, last, wanted) in rows {
            assert_eq!((range(first), range(last)), (wanted, wanted), "{first} to {last}");
        }
    }

    /// A24.2.
    #[test]
    fn neighbours_of_special_ranges_are_public() {
        let addresses = "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 \
            169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 \
            192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 \
            203.0.114.0 223.255.255.255 2000:: 2001:200:: 2001:db7:ffff:: 2001:db9:: 2620:4f:8000:: 2a00:: \
            3ffe:ffff:: 3fff:1000::";
        for address in addresses.split_whitespace() {
            assert_eq!(range(address), Range::Public, "{address}");
        }
    }

    /// A24.2.
    #[test]
    fn an_address_inside_another_is_judged_by_what_it_carries() {
        let rows = [
            ("::ffff:127.0.0.1", Range::Loopback),
            ("::ffff:169.254.169.254", Range::LinkLocal),
            ("::ffff:192.0.1.1", Range::Public),
            ("64:ff9b::10.0.0.1", Range::Private),
            ("64:ff9b::100.64.0.1", Range::Shared),
            ("64:ff9b::192.0.1.1", Range::Public),
            ("2002:7f00:1::", Range::Loopback),
            ("2002:a00:1::1", Range::Private),
            ("2002:c0a8:101::1", Range::Private),
            ("2002:c000:101::1", Range::Public),
            ("::127.0.0.1", Range::Reserved),
        ];
        for (address, wanted) in rows {
            assert_eq!(range(address), wanted, "{address}");
        }
    }

    #[test]
    fn a_network_contains_its_first_and_last_address_and_no_neighbour() {
        let rows = [
            ("10.1.0.0/16", "10.1.0.0 10.1.255.255 ::ffff:10.1.2.3", "10.0.255.255 10.2.0.0 ::10.1.0.0"),
            ("0.0.0.0/0", "0.0.0.0 255.255.255.255", "::"),
            ("::/0", ":: ffff::", "10.0.0.1"),
            ("fd00::/8", "fd00:: fdff::1", "fc00:: fe00::"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6 192.0.2.8"),
        ];
        for (network, inside, outside) in rows {
            let network: Network = network.parse().unwrap();
            let contains = |address: &str| network.contains(address.parse().unwrap());
            assert!(inside.split(' ').all(contains), "{network}");
            assert!(!outside.split(' ').any(contains), "{network}");
        }
    }

    #[test]
    fn a_network_that_is_none_is_refused_with_what_to_write() {
        let refused = |text: &str| text.parse::<Network>().unwrap_err().to_string();
        let rows = [
            (
                "intranet",
                r#""intranet" is not an IP address; write a network as 10.0.0.0/8 or fd00::/8, or one address"#,
            ),
            ("10.0.0.0/33", "/33 is not a prefix length; 10.0.0.0 takes a number from 0 to 32"),
            ("fd00::/x", "/x is not a prefix length; fd00:: takes a number from 0 to 128"),
            ("10.0.0.1/8", "10.0.0.1/8 has bits set behind its prefix; write 10.0.0.0/8"),
        ];
        for (text, wanted) in rows {
            assert_eq!(refused(text), wanted);
        }
    }
}
