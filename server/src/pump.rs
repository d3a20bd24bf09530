//! The tasks that write a room's news to its clients: a few pumps, each for some dozen clients.
//!
//! In: outlets to clients, as they are seated, and one call from the room after each snapshot. Out: calls of
//! [`Pumped::pump`], one after the other. So a snapshot wakes one task for many clients, not one task for each: waking
//! costs about as much as writing. Pumps start in the same order every time: a client that is last in a crowd is last
//! in each snapshot, so its snapshots come evenly. Must not: know what it writes to, or wait for any of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::limits::CLIENTS_PER_PUMP;

/// A way out to one client.
pub trait Pumped: Send + Sync {
    /// Sends what the room has for the client, as far as that goes without waiting. False if the client is gone.
    fn pump(&self) -> bool;
}

/// The pumps of one room.
#[derive(Debug, Default)]
pub struct Pumps {
    crews: Mutex<Vec<Arc<Crew>>>,
}

#[derive(Default)]
struct Crew {
    arrivals: Mutex<Vec<Arc<dyn Pumped>>>,
    /// How many clients it has, with those that are on their way to it.
    outlets: AtomicUsize,
    /// There is something new.
    news: Notify,
    /// The room is over.
    over: AtomicBool,
}

impl std::fmt::Debug for Crew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Crew")
            .field("outlets", &self.outlets)
            .finish_non_exhaustive()
    }
}

impl Pumps {
    /// Says that the room has something new.
    pub fn start(&self) {
        for crew in &*self.crews.lock() {
            crew.news.notify_one();
        }
    }

    /// Pumps this client from now on. Returns a pump if a new one must be run for that.
    #[must_use]
    pub fn enlist(&self, outlet: Arc<dyn Pumped>) -> Option<Pump> {
        let mut crews = self.crews.lock();
        let has_place = |crew: &&Arc<Crew>| crew.outlets.load(Ordering::Relaxed) < CLIENTS_PER_PUMP;
        let crew = crews.iter().find(has_place).cloned();
        let (crew, is_new) = crew.map_or_else(|| (Arc::default(), true), |crew| (crew, false));
        crew.outlets.fetch_add(1, Ordering::Relaxed);
        crew.arrivals.lock().push(outlet);
        is_new.then(|| {
            crews.push(crew.clone());
            Pump {
                crew,
                outlets: Vec::new(),
            }
        })
    }
}

impl Drop for Pumps {
    fn drop(&mut self) {
        for crew in self.crews.get_mut() {
            crew.over.store(true, Ordering::SeqCst);
            crew.news.notify_one();
        }
    }
}

/// One pump. It ends with the room.
pub struct Pump {
    crew: Arc<Crew>,
    outlets: Vec<Arc<dyn Pumped>>,
}

impl Pump {
    /// Pumps whenever the room has something new. Run it as a task of its own.
    pub async fn run(mut self) {
        while !self.crew.over.load(Ordering::SeqCst) {
            self.crew.news.notified().await;
            self.turn();
        }
    }

    fn turn(&mut self) {
        self.outlets.append(&mut self.crew.arrivals.lock());
        let before = self.outlets.len();
        self.outlets.retain(|outlet| outlet.pump());
        let gone = before - self.outlets.len();
        self.crew.outlets.fetch_sub(gone, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counting {
        pumped: AtomicUsize,
        goes_after: usize,
    }

    impl Pumped for Counting {
        fn pump(&self) -> bool {
            self.pumped.fetch_add(1, Ordering::Relaxed) + 1 < self.goes_after
        }
    }

    #[test]
    fn every_outlet_is_pumped_once_a_turn_by_few_pumps_until_it_goes() {
        let pumps = Pumps::default();
        let outlets: Vec<Arc<Counting>> = (0..3 * CLIENTS_PER_PUMP)
            .map(|number| {
                Arc::new(Counting {
                    goes_after: if number % 2 == 0 { 2 } else { 100 },
                    ..Counting::default()
                })
            })
            .collect();
        let mut running = Vec::new();
        for outlet in &outlets {
            running.extend(pumps.enlist(outlet.clone()));
        }
        assert_eq!(running.len(), 3);
        for _ in 0..5 {
            running.iter_mut().for_each(Pump::turn);
        }
        for outlet in &outlets {
            let pumped = outlet.pumped.load(Ordering::Relaxed);
            assert_eq!(pumped, outlet.goes_after.min(5));
        }
        // Their places are free again.
        for _ in 0..3 * CLIENTS_PER_PUMP / 2 {
            assert!(pumps.enlist(Arc::new(Counting::default())).is_none());
        }
        assert!(pumps.enlist(Arc::new(Counting::default())).is_some());
    }

    #[tokio::test]
    async fn a_pump_runs_when_the_room_says_so_and_ends_with_it() {
        let pumps = Pumps::default();
        let outlet = Arc::new(Counting {
            goes_after: 100,
            ..Counting::default()
        });
        let Some(pump) = pumps.enlist(outlet.clone()) else {
            panic!("the first outlet needs a pump");
        };
        let running = tokio::spawn(pump.run());
        while outlet.pumped.load(Ordering::Relaxed) == 0 {
            pumps.start();
            tokio::task::yield_now().await;
        }
        drop(pumps);
        running.await.unwrap();
    }
}
