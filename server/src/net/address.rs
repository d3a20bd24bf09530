//! How much of the server one address may use, so that nobody takes what belongs to others.
//!
//! In: the address that a connection or a request counts for. Out: leases for what it holds, permission for what it does. An
//! IPv6 /64 counts as one address, since one customer gets as much. What many of them in one /48 do together is bounded too.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use super::bucket::{Bucket, Rate};
use crate::directory::OpenerLease;
use crate::limits::{ADDRESS_SWEEP_FROM, Limits, NETWORK_SHARES};

/// What an address holds until it lets go of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// A TCP connection that is no WebSocket: for the page's files, or before an upgrade.
    Connection,
    /// A WebSocket.
    Client,
    /// A room that it has opened.
    Room,
}

/// What an address does now and then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// It asks for a WebSocket.
    Upgrade,
    /// It asks for anything else.
    Request,
    /// It opens a room.
    OpenRoom,
    /// It says a line of chat.
    Chat,
}

/// One value for each thing that is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct ByHeld<T> {
    connection: T,
    client: T,
    room: T,
}

impl<T> ByHeld<T> {
    fn of(&mut self, held: Held) -> &mut T {
        match held {
            Held::Connection => &mut self.connection,
            Held::Client => &mut self.client,
            Held::Room => &mut self.room,
        }
    }
}

/// One value for each act.
#[derive(Clone, Copy, Debug)]
struct ByAct<T> {
    upgrade: T,
    request: T,
    open_room: T,
    chat: T,
}

impl<T> ByAct<T> {
    fn map<U>(self, make: impl Fn(T) -> U) -> ByAct<U> {
        ByAct {
            upgrade: make(self.upgrade),
            request: make(self.request),
            open_room: make(self.open_room),
            chat: make(self.chat),
        }
    }

    fn of(&mut self, act: Act) -> &mut T {
        match act {
            Act::Upgrade => &mut self.upgrade,
            Act::Request => &mut self.request,
            Act::OpenRoom => &mut self.open_room,
            Act::Chat => &mut self.chat,
        }
    }
}

/// The largest block that an address lies in, by its first address.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    blocks(address).last().map_or(address, |block| block.base)
}

/// What each address uses of the server now. Bounded: an entry stays while its address holds something, or has done so much
/// that forgetting it would change what it may do.
#[derive(Debug)]
pub(super) struct Addresses {
    entries: Mutex<Entries>,
    most: ByHeld<usize>,
    rates: ByAct<Rate>,
}

#[derive(Debug, Default)]
struct Entries {
    by_block: HashMap<Block, Entry>,
    /// Size at which the next sweep for useless entries is worth its time.
    sweep_at: usize,
}

/// A block of addresses that counts as one: an IPv4 address or an IPv6 /64 with one share, an IPv6 /48 with several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Block {
    base: IpAddr,
    shares: u32,
}

#[derive(Debug)]
struct Entry {
    held: ByHeld<usize>,
    acts: ByAct<Bucket>,
}

/// The blocks that an address lies in, the smallest first.
fn blocks(address: IpAddr) -> impl Iterator<Item = Block> {
    let block = |bits: u128, prefix_bits: u32, shares: u32| Block {
        base: IpAddr::V6(Ipv6Addr::from_bits(
            bits & (u128::MAX << (128 - prefix_bits)),
        )),
        shares,
    };
    let (first, second) = match address.to_canonical() {
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            (block(bits, 64, 1), Some(block(bits, 48, NETWORK_SHARES)))
        }
        v4 => (
            Block {
                base: v4,
                shares: 1,
            },
            None,
        ),
    };
    std::iter::once(first).chain(second)
}

impl Addresses {
    pub(super) fn new(limits: &Limits) -> Addresses {
        let rate = |per_s: f64, burst: u32| Rate {
            per_s,
            burst: f64::from(burst.max(1)),
        };
        let per_min = |count: u32| rate(f64::from(count) / 60.0, count);
        Addresses {
            entries: Mutex::default(),
            most: ByHeld {
                connection: limits.connections_per_address,
                client: limits.clients_per_address,
                room: limits.rooms_per_address,
            },
            rates: ByAct {
                upgrade: rate(limits.upgrades_per_s.into(), limits.upgrade_burst),
                request: rate(limits.requests_per_s.into(), limits.request_burst),
                open_room: per_min(limits.rooms_opened_per_min),
                chat: per_min(limits.chat_lines_per_min),
            },
        }
    }

    /// Takes one of the address's connections or clients; `None` if it has as many as it may have.
    pub(super) fn hold(self: &Arc<Self>, address: IpAddr, held: Held) -> Option<AddressLease> {
        let now = Instant::now();
        let mut entries = self.entries.lock();
        if self.is_full(&mut entries, address, held, now) {
            return None;
        }
        for block in blocks(address) {
            *self.entry(&mut entries, block, now).held.of(held) += 1;
        }
        Some(AddressLease {
            addresses: Arc::clone(self),
            address,
            held,
        })
    }

    /// True if the address could hold one more now.
    pub(super) fn could_hold(&self, address: IpAddr, held: Held) -> bool {
        !self.is_full(&mut self.entries.lock(), address, held, Instant::now())
    }

    fn is_full(&self, entries: &mut Entries, address: IpAddr, held: Held, now: Instant) -> bool {
        let most = *{ self.most }.of(held);
        blocks(address).any(|block| {
            let holds = *self.entry(entries, block, now).held.of(held);
            holds >= most.saturating_mul(block.shares as usize)
        })
    }

    /// Lets the address do something; false if it does that too often.
    pub(super) fn allow(&self, address: IpAddr, act: Act) -> bool {
        let now = Instant::now();
        let mut entries = self.entries.lock();
        // What the smaller block may not do is not drawn from the larger one.
        blocks(address).all(|block| {
            let rate = *self.rates_of(block).of(act);
            let entry = self.entry(&mut entries, block, now);
            entry.acts.of(act).take(rate, now)
        })
    }

    /// True if the address could do it now.
    pub(super) fn could_do(&self, address: IpAddr, act: Act) -> bool {
        let now = Instant::now();
        let mut entries = self.entries.lock();
        blocks(address).all(|block| {
            let rate = *self.rates_of(block).of(act);
            let mut bucket = *self.entry(&mut entries, block, now).acts.of(act);
            bucket.take(rate, now)
        })
    }

    fn rates_of(&self, block: Block) -> ByAct<Rate> {
        let shares = f64::from(block.shares);
        self.rates.map(|rate| Rate {
            per_s: rate.per_s * shares,
            burst: rate.burst * shares,
        })
    }

    fn entry<'a>(&self, entries: &'a mut Entries, block: Block, now: Instant) -> &'a mut Entry {
        if entries.by_block.len() >= entries.sweep_at.max(ADDRESS_SWEEP_FROM) {
            entries.by_block.retain(|block, entry| {
                let mut rates = self.rates_of(*block);
                let mut rested = |act| {
                    let rate = *rates.of(act);
                    entry.acts.of(act).is_full(rate, now)
                };
                let rests = rested(Act::Upgrade)
                    && rested(Act::Request)
                    && rested(Act::OpenRoom)
                    && rested(Act::Chat);
                entry.held != ByHeld::default() || !rests
            });
            entries.sweep_at = entries.by_block.len() * 2;
        }
        entries.by_block.entry(block).or_insert_with(|| Entry {
            held: ByHeld::default(),
            acts: self.rates_of(block).map(|rate| Bucket::full(rate, now)),
        })
    }
}

/// One address, and what it may still do.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(super) addresses: Arc<Addresses>,
    pub(super) address: IpAddr,
}

impl Account {
    /// Lets its address open a room, which it has until the lease is dropped.
    pub(super) fn open_room(&self) -> Option<OpenerLease> {
        if !self.allow(Act::OpenRoom) {
            return None;
        }
        let lease = self.addresses.hold(self.address, Held::Room)?;
        Some(Box::new(lease))
    }

    /// Lets its address do something; false if it does that too often.
    pub(super) fn allow(&self, act: Act) -> bool {
        self.addresses.allow(self.address, act)
    }
}

/// Something that an address holds, until dropped.
#[derive(Debug)]
pub(super) struct AddressLease {
    addresses: Arc<Addresses>,
    address: IpAddr,
    held: Held,
}

impl Drop for AddressLease {
    fn drop(&mut self) {
        let mut entries = self.addresses.entries.lock();
        for block in blocks(self.address) {
            if let Some(entry) = entries.by_block.get_mut(&block) {
                let held = entry.held.of(self.held);
                *held = held.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_and_one_ipv6_network_have_their_bounds() {
        let limits = Limits {
            clients_per_address: 2,
            upgrade_burst: 3,
            upgrades_per_s: 1,
            ..Limits::default()
        };
        let addresses = Arc::new(Addresses::new(&limits));
        let hold = |text: &str| addresses.hold(address(text), Held::Client);
        let first = hold("2001:db8::1").unwrap();
        let _second = hold("2001:db8::2:2").unwrap();
        assert!(hold("2001:db8::3").is_none());
        assert!(!addresses.could_hold(address("2001:db8::3"), Held::Client));
        // Page files are counted apart.
        assert!(
            addresses
                .hold(address("2001:db8::3"), Held::Connection)
                .is_some()
        );
        assert!(hold("2001:db8:0:1::3").is_some());
        drop(first);
        assert!(hold("2001:db8::3").is_some());
        let upgrades = |text: &str, tries: usize| {
            let allowed = (0..tries).filter(|_| addresses.allow(address(text), Act::Upgrade));
            allowed.count()
        };
        assert_eq!(upgrades("192.0.2.1", 9), 3);
        assert_eq!(upgrades("192.0.2.2", 9), 3);
    }

    #[test]
    fn a_customer_with_a_whole_48_has_several_shares_and_no_more() {
        let limits = Limits {
            clients_per_address: 2,
            ..Limits::default()
        };
        let addresses = Arc::new(Addresses::new(&limits));
        let of = |net: u32| address(&format!("2001:db8:7:{net:x}::1"));
        let leases = (0..100).filter_map(|net| addresses.hold(of(net), Held::Client));
        assert_eq!(
            leases.collect::<Vec<_>>().len(),
            2 * NETWORK_SHARES as usize
        );
        let rooms = (0..1000).filter(|net| addresses.allow(of(*net), Act::OpenRoom));
        let most = (limits.rooms_opened_per_min * NETWORK_SHARES) as usize;
        assert!((most..most + 3).contains(&rooms.count()));
    }

    #[test]
    fn one_64_does_not_use_up_the_share_of_the_others_in_its_48() {
        let addresses = Addresses::new(&Limits::default());
        let flood = address("2001:db8:7:1::1");
        let through = (0..100_000).filter(|_| addresses.allow(flood, Act::Request));
        assert!(through.count() < 6000);
        let other = address("2001:db8:7:2::1");
        assert!(addresses.could_do(other, Act::Request));
        assert!((0..1000).all(|_| addresses.allow(other, Act::Request)));
        assert!(!addresses.could_do(flood, Act::Request));
    }

    #[test]
    fn addresses_that_come_once_are_forgotten() {
        let limits = Limits {
            upgrades_per_s: u32::MAX,
            ..Limits::default()
        };
        let addresses = Arc::new(Addresses::new(&limits));
        for n in 0..100_000_u32 {
            drop(addresses.hold(IpAddr::V4(n.into()), Held::Connection));
        }
        assert!(addresses.entries.lock().by_block.len() <= ADDRESS_SWEEP_FROM);
    }
}
