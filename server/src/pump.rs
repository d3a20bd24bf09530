//! The clients of one room, as the room's thread serves them: what they have sent is read before a tick, and what the
//! tick has made for them is written after it.
//!
//! In: clients, as they are seated; calls before and after each tick. Out: calls of [`Pumped`], one after the other,
//! always in the same order, so that a client's snapshots come evenly. The first clients are written to on the room's own
//! thread, which has all that they need at hand: to wake another thread would cost about as much as to write. A crowd is
//! too much for that: pumps, each a task for some dozen more clients, share the writing. Without a runtime, as in virtual
//! time, there are none.
//! Must not: know what is read or written, or wait for any client.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use crate::limits::CLIENTS_PER_PUMP;

/// One client, at the server's end.
pub trait Pumped: Send + Sync {
    /// Takes what the client has sent, without waiting. False if the client is gone.
    fn read(&self, now: Instant) -> bool;
    /// Sends answers and, if there can be any, the room's news, as far as that goes without waiting. False if the client
    /// is gone.
    fn write(&self, now: Instant, has_news: bool) -> bool;
}

/// The clients of one room.
#[derive(Default)]
pub struct Pumps {
    /// Those that sat down since the last tick.
    arrivals: Mutex<Vec<Arc<dyn Pumped>>>,
    /// All others. Only the room's thread takes this for long.
    clients: Mutex<Clients>,
    /// The room has something new.
    has_news: AtomicBool,
    /// Where pumps run.
    runtime: OnceLock<Handle>,
}

#[derive(Default)]
struct Clients {
    all: Vec<Arc<dyn Pumped>>,
    crews: Vec<Arc<Crew>>,
}

/// What a room and one of its pumps share.
#[derive(Default)]
struct Crew {
    clients: Mutex<Arc<Vec<Arc<dyn Pumped>>>>,
    /// There is something to write.
    news: Notify,
    /// The room is over.
    over: AtomicBool,
}

impl std::fmt::Debug for Pumps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pumps").finish_non_exhaustive()
    }
}

impl Pumps {
    /// Serves this client from now on.
    pub fn enlist(&self, client: Arc<dyn Pumped>) {
        if let Ok(runtime) = Handle::try_current() {
            self.runtime.get_or_init(|| runtime);
        }
        self.arrivals.lock().push(client);
    }

    /// Says that the room has something new: everybody is written to after this tick.
    pub fn start(&self) {
        self.has_news.store(true, Ordering::Relaxed);
    }

    /// Reads what all clients have sent. The room's thread calls this before a tick, and now and then in between.
    pub fn read(&self, now: Instant) {
        let mut clients = self.clients.lock();
        let before = clients.all.len();
        clients.all.retain(|client| client.read(now));
        let gone = clients.all.len() != before;
        self.receive(&mut clients, gone);
    }

    /// Writes what there is for the clients. The room's thread calls this after a tick.
    pub fn write(&self, now: Instant) {
        let has_news = self.has_news.swap(false, Ordering::Relaxed);
        let mut clients = self.clients.lock();
        self.receive(&mut clients, false);
        let all = clients.all.len();
        let own = match clients.crews.is_empty() || !has_news {
            true => all,
            false => CLIENTS_PER_PUMP.min(all),
        };
        for client in clients.all.iter().take(own) {
            client.write(now, has_news);
        }
        if has_news {
            for crew in &clients.crews {
                crew.news.notify_one();
            }
        }
    }

    /// Takes those in that have just sat down, and deals everybody out anew if somebody came or went.
    fn receive(&self, clients: &mut Clients, changed: bool) {
        let before = clients.all.len();
        clients.all.append(&mut self.arrivals.lock());
        if !changed && clients.all.len() == before {
            return;
        }
        let mut chunks = clients.all.chunks(CLIENTS_PER_PUMP).skip(1);
        for crew in &clients.crews {
            *crew.clients.lock() = Arc::new(chunks.next().unwrap_or_default().to_vec());
        }
        let Some(runtime) = self.runtime.get() else {
            return;
        };
        for chunk in chunks {
            let crew = Arc::new(Crew {
                clients: Mutex::new(Arc::new(chunk.to_vec())),
                ..Crew::default()
            });
            // One task writes to many sockets in a row: their number bounds what it does in one go.
            runtime.spawn(tokio::task::unconstrained(crew.clone().run()));
            clients.crews.push(crew);
        }
    }
}

impl Drop for Pumps {
    fn drop(&mut self) {
        for crew in &self.clients.get_mut().crews {
            crew.over.store(true, Ordering::SeqCst);
            crew.news.notify_one();
        }
    }
}

impl Crew {
    /// Writes whenever the room has something new, until the room is over.
    async fn run(self: Arc<Crew>) {
        loop {
            self.news.notified().await;
            if self.over.load(Ordering::SeqCst) {
                return;
            }
            let clients = self.clients.lock().clone();
            let now = Instant::now();
            for client in &*clients {
                client.write(now, true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Counting {
        read: AtomicUsize,
        written: AtomicUsize,
        goes_after: usize,
    }

    impl Pumped for Counting {
        fn read(&self, _: Instant) -> bool {
            self.read.fetch_add(1, Ordering::Relaxed) < self.goes_after
        }

        fn write(&self, _: Instant, has_news: bool) -> bool {
            self.written
                .fetch_add(usize::from(has_news), Ordering::Relaxed);
            true
        }
    }

    fn crowd(count: usize, goes_after: impl Fn(usize) -> usize) -> (Pumps, Vec<Arc<Counting>>) {
        let pumps = Pumps::default();
        let client = |number| {
            let client = Arc::new(Counting {
                goes_after: goes_after(number),
                ..Counting::default()
            });
            pumps.enlist(client.clone());
            client
        };
        let clients = (0..count).map(client).collect();
        (pumps, clients)
    }

    #[test]
    fn every_client_is_read_and_written_to_once_a_tick_until_it_goes() {
        let goes_after = |number| if number % 2 == 0 { 2 } else { 100 };
        let (pumps, clients) = crowd(3 * CLIENTS_PER_PUMP, goes_after);
        let now = Instant::now();
        for _ in 0..5 {
            pumps.read(now);
            pumps.start();
            pumps.write(now);
        }
        pumps.write(now);
        for (number, client) in clients.iter().enumerate() {
            // Those that have just sat down are read from the next tick on.
            let read = client.read.load(Ordering::Relaxed);
            assert_eq!(read, (goes_after(number) + 1).min(4));
            let written = client.written.load(Ordering::Relaxed);
            assert_eq!(written, (goes_after(number) + 1).min(5), "{number}");
        }
    }

    #[tokio::test]
    async fn pumps_write_to_a_crowd_when_the_room_says_so_and_end_with_it() {
        let (pumps, clients) = crowd(2 * CLIENTS_PER_PUMP + 1, |_| 100);
        let last = clients.last().unwrap();
        while last.written.load(Ordering::Relaxed) == 0 {
            pumps.start();
            pumps.write(Instant::now());
            tokio::task::yield_now().await;
        }
        let crews = pumps.clients.lock().crews.clone();
        assert_eq!(crews.len(), 2);
        drop(pumps);
        while crews.iter().any(|crew| Arc::strong_count(crew) > 1) {
            tokio::task::yield_now().await;
        }
    }
}
