//! The places of sockets that have said no hello yet.
//!
//! In: an address that wants one more. Out: a place, until it is given back. When all are taken, the network that has most
//! of them loses its oldest: so a crowd of silent sockets makes room for others, and not the other way round.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::address::network_of;

/// All the places.
#[derive(Debug)]
pub(super) struct Waiting {
    taken: Mutex<Taken>,
    most: usize,
}

#[derive(Debug, Default)]
struct Taken {
    /// By the order in which they were taken.
    places: BTreeMap<u64, (IpAddr, Arc<Notify>)>,
    by_network: HashMap<IpAddr, usize>,
    next: u64,
}

impl Waiting {
    pub(super) fn new(most: usize) -> Waiting {
        Waiting {
            taken: Mutex::default(),
            most,
        }
    }

    /// Takes a place; `None` if the address's network itself has more than its part while all are taken.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = network_of(address);
        let mut taken = self.taken.lock();
        if taken.places.len() >= self.most {
            let greediest = taken.loser(network)?;
            taken.lose_oldest(greediest);
        }
        let number = taken.next;
        taken.next += 1;
        let lost = Arc::new(Notify::new());
        taken.places.insert(number, (network, lost.clone()));
        *taken.by_network.entry(network).or_default() += 1;
        Some(Place {
            waiting: Arc::clone(self),
            number,
            lost,
        })
    }

    /// True if the address could take a place now.
    pub(super) fn could_take(&self, address: IpAddr) -> bool {
        let taken = self.taken.lock();
        taken.places.len() < self.most || taken.loser(network_of(address)).is_some()
    }
}

impl Taken {
    /// Who loses a place to `network` when all are taken: the one with the most, unless that is `network` itself.
    fn loser(&self, network: IpAddr) -> Option<IpAddr> {
        let by_network = self.by_network.iter();
        let (greediest, holds) = by_network.max_by_key(|(_, holds)| **holds)?;
        let own = self.by_network.get(&network).copied().unwrap_or(0);
        (own + 1 < *holds).then_some(*greediest)
    }

    fn lose_oldest(&mut self, of: IpAddr) {
        let oldest = self.places.iter().find(|(_, (address, _))| *address == of);
        if let Some(number) = oldest.map(|(number, _)| *number) {
            self.give_back(number, true);
        }
    }

    fn give_back(&mut self, number: u64, lost: bool) {
        let Some((address, place)) = self.places.remove(&number) else {
            return;
        };
        if lost {
            place.notify_one();
        }
        if let Some(holds) = self.by_network.get_mut(&address) {
            *holds -= 1;
            if *holds == 0 {
                self.by_network.remove(&address);
            }
        }
    }
}

/// A place, until dropped.
#[derive(Debug)]
pub(super) struct Place {
    waiting: Arc<Waiting>,
    number: u64,
    lost: Arc<Notify>,
}

impl Place {
    /// Ready when the place is lost to somebody else.
    pub(super) async fn lost(&self) {
        self.lost.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.taken.lock().give_back(self.number, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    /// One look at whether the place is lost.
    fn is_lost(place: &Place) -> bool {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let lost = std::pin::pin!(place.lost());
        lost.poll(&mut cx).is_ready()
    }

    #[test]
    fn a_crowd_of_one_address_makes_room_for_others_its_oldest_first() {
        let waiting = Arc::new(Waiting::new(10));
        let crowd = (0..10).map(|_| waiting.take(address(1)).unwrap());
        let crowd = crowd.collect::<Vec<_>>();
        assert!(waiting.take(address(1)).is_none(), "it has all of them");
        let others = (0..4).map(|_| waiting.take(address(2)).unwrap());
        let others = others.collect::<Vec<_>>();
        let lost = crowd.iter().map(is_lost).collect::<Vec<_>>();
        assert_eq!(lost, [[true; 4].as_slice(), &[false; 6]].concat());
        assert!(!others.iter().any(is_lost));
        drop(crowd);
        drop(others);
        assert!(waiting.taken.lock().by_network.is_empty());
    }

    #[test]
    fn a_network_of_many_addresses_is_one_crowd() {
        let waiting = Arc::new(Waiting::new(10));
        let of = |net: u16| IpAddr::from([0x2001, 0xdb8, 7, net, 0, 0, 0, 1]);
        let crowd = (0..10).filter_map(|net| waiting.take(of(net)));
        let crowd = crowd.collect::<Vec<_>>();
        assert!(!waiting.could_take(of(10)) && waiting.could_take(address(1)));
        let one = waiting.take(address(1));
        assert!(one.is_some_and(|one| !is_lost(&one)) && is_lost(&crowd[0]));
    }

    #[test]
    fn all_have_their_part_in_the_end() {
        let waiting = Arc::new(Waiting::new(12));
        let mut places = Vec::new();
        for n in (0..40).chain((0..40).rev()) {
            places.extend(waiting.take(address(n % 4)));
        }
        let taken = waiting.taken.lock();
        assert_eq!(taken.places.len(), 12);
        assert!(
            taken.by_network.values().all(|holds| *holds == 3),
            "{taken:?}"
        );
    }
}
