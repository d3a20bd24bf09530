//! The places of sockets that have said no hello yet.
//!
//! In: an address that wants one more. Out: a place, until it is given back. When all are taken, the address that has most
//! of them loses its oldest: so a crowd of silent sockets makes room for others, and not the other way round.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::address::counted_as;

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
    by_address: HashMap<IpAddr, usize>,
    next: u64,
}

impl Waiting {
    pub(super) fn new(most: usize) -> Waiting {
        Waiting {
            taken: Mutex::default(),
            most,
        }
    }

    /// Takes a place; `None` if the address itself has more than its part while all are taken.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = counted_as(address);
        let mut taken = self.taken.lock();
        if taken.places.len() >= self.most {
            let (greediest, holds) = taken.greediest()?;
            let own = taken.by_address.get(&address).copied().unwrap_or(0);
            if own + 1 >= holds {
                return None;
            }
            taken.lose_oldest(greediest);
        }
        let number = taken.next;
        taken.next += 1;
        let lost = Arc::new(Notify::new());
        taken.places.insert(number, (address, lost.clone()));
        *taken.by_address.entry(address).or_default() += 1;
        Some(Place {
            waiting: Arc::clone(self),
            number,
            lost,
        })
    }
}

impl Taken {
    /// The address with the most places, and how many it has.
    fn greediest(&self) -> Option<(IpAddr, usize)> {
        let by_address = self.by_address.iter();
        let most = by_address.max_by_key(|(_, holds)| **holds);
        most.map(|(address, holds)| (*address, *holds))
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
        if let Some(holds) = self.by_address.get_mut(&address) {
            *holds -= 1;
            if *holds == 0 {
                self.by_address.remove(&address);
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
        assert!(waiting.taken.lock().by_address.is_empty());
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
            taken.by_address.values().all(|holds| *holds == 3),
            "{taken:?}"
        );
    }
}
