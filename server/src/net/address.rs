//! Which address a connection counts for, and how much of the server one address may use.
//!
//! In: a peer's socket address, a request's `X-Forwarded-For`. Out: the address to count by (an IPv6 /64 counts as
//! one), a lease for one of its connections, permission to upgrade. A forwarded address counts only if the peer is a
//! listed proxy: any other peer could write there what it likes.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use parking_lot::Mutex;

use super::bucket::{Bucket, Rate};
use crate::limits::{ADDRESS_SWEEP_FROM, Limits};

/// A block of addresses, written as `10.0.0.0/8` or as one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    base: u128,
    prefix_bits: u32,
    v4: bool,
}

impl AddressRange {
    /// True when `address` lies in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (bits, v4) = bits_of(address);
        v4 == self.v4
            && (bits ^ self.base)
                .checked_shr(128 - self.prefix_bits)
                .unwrap_or(0)
                == 0
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<AddressRange, String> {
        let wrong =
            || format!("`{text}` is not an address like 127.0.0.1 or a range like 10.0.0.0/8");
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, bits)| (address, Some(bits)));
        let (base, v4) = bits_of(address.parse::<IpAddr>().map_err(|_| wrong())?);
        let width = if v4 { 32 } else { 128 };
        let prefix_bits = prefix
            .map_or(Ok(width), str::parse::<u32>)
            .map_err(|_| wrong())?;
        if prefix_bits > width {
            return Err(wrong());
        }
        Ok(AddressRange {
            base,
            prefix_bits,
            v4,
        })
    }
}

/// An address as 128 bits from the left, and whether it is IPv4. An IPv4 address in IPv6 form counts as IPv4.
fn bits_of(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, true),
        IpAddr::V6(v6) => (v6.to_bits(), false),
    }
}

/// The address that a client is counted by: one IPv4 address, or one IPv6 /64, which is what one customer gets.
pub(super) fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

/// The client behind a trusted proxy: the last forwarded address that is not itself a proxy. `None` if the peer is not
/// a listed proxy, or if it forwards nothing that can be read.
pub(super) fn forwarded_for(
    peer: IpAddr,
    headers: &HeaderMap,
    proxies: &[AddressRange],
) -> Option<IpAddr> {
    let trusted = |address: IpAddr| proxies.iter().any(|range| range.contains(address));
    if !trusted(peer) {
        return None;
    }
    let mut client = None;
    // Each proxy appends the peer that it saw. So the list is read from the right, as far as trusted proxies wrote it.
    let lines = headers
        .get_all("x-forwarded-for")
        .iter()
        .collect::<Vec<_>>();
    for hop in lines
        .iter()
        .rev()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.rsplit(','))
    {
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = Some(address);
        if !trusted(address) {
            break;
        }
    }
    client
}

/// What each address uses of the server now. Bounded: an entry stays while its address has a connection, or has
/// upgraded within the last burst.
#[derive(Debug)]
pub(super) struct Addresses {
    entries: Mutex<Entries>,
    connections_max: usize,
    upgrade_rate: Rate,
}

#[derive(Debug, Default)]
struct Entries {
    by_address: HashMap<IpAddr, Entry>,
    /// Size at which the next sweep for useless entries is worth its time.
    sweep_at: usize,
}

#[derive(Debug)]
struct Entry {
    connections: usize,
    upgrades: Bucket,
}

impl Addresses {
    pub(super) fn new(limits: &Limits) -> Addresses {
        let upgrade_rate = Rate {
            per_s: f64::from(limits.upgrades_per_s),
            burst: f64::from(limits.upgrade_burst.max(1)),
        };
        Addresses {
            entries: Mutex::default(),
            connections_max: limits.connections_per_address,
            upgrade_rate,
        }
    }

    /// Takes one of the address's connections; `None` if it has as many as it may have.
    pub(super) fn connect(self: &Arc<Self>, address: IpAddr) -> Option<AddressLease> {
        let address = counted_as(address);
        let mut entries = self.entries.lock();
        let entry = self.entry(&mut entries, address, Instant::now());
        if entry.connections >= self.connections_max {
            return None;
        }
        entry.connections += 1;
        Some(AddressLease {
            addresses: Arc::clone(self),
            address,
        })
    }

    /// Takes one of the address's upgrades; false if it upgrades too often.
    pub(super) fn upgrade(&self, address: IpAddr) -> bool {
        let now = Instant::now();
        let mut entries = self.entries.lock();
        self.entry(&mut entries, counted_as(address), now)
            .upgrades
            .take(self.upgrade_rate, now)
    }

    fn entry<'a>(&self, entries: &'a mut Entries, address: IpAddr, now: Instant) -> &'a mut Entry {
        if entries.by_address.len() >= entries.sweep_at.max(ADDRESS_SWEEP_FROM) {
            let rate = self.upgrade_rate;
            entries
                .by_address
                .retain(|_, entry| entry.connections > 0 || !entry.upgrades.is_full(rate, now));
            entries.sweep_at = entries.by_address.len() * 2;
        }
        let full = Entry {
            connections: 0,
            upgrades: Bucket::full(self.upgrade_rate, now),
        };
        entries.by_address.entry(address).or_insert(full)
    }
}

/// One connection of an address, until dropped.
#[derive(Debug)]
pub(super) struct AddressLease {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Drop for AddressLease {
    fn drop(&mut self) {
        if let Some(entry) = self
            .addresses
            .entries
            .lock()
            .by_address
            .get_mut(&self.address)
        {
            entry.connections = entry.connections.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        lines
            .iter()
            .map(|line| {
                (
                    http::header::HeaderName::from_static("x-forwarded-for"),
                    line.parse().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        let range = |text: &str| text.parse::<AddressRange>().unwrap();
        assert!(range("10.0.0.0/8").contains(address("10.200.3.4")));
        assert!(range("10.0.0.0/8").contains(address("::ffff:10.200.3.4")));
        assert!(!range("10.0.0.0/8").contains(address("11.0.0.1")));
        assert!(range("0.0.0.0/0").contains(address("1.2.3.4")));
        assert!(!range("0.0.0.0/0").contains(address("2001:db8::1")));
        assert!(range("2001:db8::/32").contains(address("2001:db8:5::1")));
        assert!(range("127.0.0.1").contains(address("127.0.0.1")));
        assert!(!range("127.0.0.1").contains(address("127.0.0.2")));
        for wrong in ["", "10.0.0.0/33", "example.org", "10.0.0.0/x", "::1/129"] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_listed_proxy() {
        let proxies = ["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let forwarded =
            |peer: &str, lines: &[&str]| forwarded_for(address(peer), &headers(lines), &proxies);
        assert_eq!(forwarded("203.0.113.9", &["198.51.100.1"]), None);
        assert_eq!(
            forwarded("127.0.0.1", &["198.51.100.1"]),
            Some(address("198.51.100.1"))
        );
        // What the client itself wrote stands to the left of what the proxies saw.
        assert_eq!(
            forwarded("127.0.0.1", &["1.1.1.1, 198.51.100.1, 10.0.0.7"]),
            Some(address("198.51.100.1"))
        );
        assert_eq!(
            forwarded("127.0.0.1", &["1.1.1.1", "198.51.100.1"]),
            Some(address("198.51.100.1"))
        );
        assert_eq!(forwarded("127.0.0.1", &["nonsense"]), None);
        assert_eq!(forwarded("127.0.0.1", &[]), None);
    }

    #[test]
    fn one_address_and_one_ipv6_network_have_their_bounds() {
        let limits = Limits {
            connections_per_address: 2,
            upgrade_burst: 3,
            upgrades_per_s: 1,
            ..Limits::default()
        };
        let addresses = Arc::new(Addresses::new(&limits));
        let first = addresses.connect(address("2001:db8::1")).unwrap();
        let _second = addresses.connect(address("2001:db8::2:2")).unwrap();
        assert!(addresses.connect(address("2001:db8::3")).is_none());
        assert!(addresses.connect(address("2001:db8:0:1::3")).is_some());
        drop(first);
        assert!(addresses.connect(address("2001:db8::3")).is_some());
        assert_eq!(
            (0..9)
                .filter(|_| addresses.upgrade(address("192.0.2.1")))
                .count(),
            3
        );
        assert!(addresses.upgrade(address("192.0.2.2")));
    }

    #[test]
    fn addresses_that_come_once_are_forgotten() {
        let limits = Limits {
            upgrades_per_s: u32::MAX,
            ..Limits::default()
        };
        let addresses = Arc::new(Addresses::new(&limits));
        for n in 0..100_000_u32 {
            drop(addresses.connect(IpAddr::V4(n.into())));
        }
        assert!(addresses.entries.lock().by_address.len() <= ADDRESS_SWEEP_FROM);
    }
}
