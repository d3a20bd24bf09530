//! Load over real sockets: many clients on one thread, ours and the peers', each speaking its server's protocol.
//!
//! In: a plan (which clients, how many, how fast, how long). Out: an [`Outcome`], and progress while it runs. `join`
//! connects, `link` is one connection, `speaker` is what a client sends and understands, `ours` is the client core,
//! `outcome` has the figures. The load must cost as little as it can, because it shares a machine with what it
//! measures.

pub(crate) mod join;
mod link;
mod metrics;
mod ours;
mod outcome;
mod speaker;
mod tell;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::ErrorKind;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use mio::{Events, Interest, Poll, Token, Waker};
use tickwire_server::Limits;

use join::{Joined, Joiner};
use link::Link;
pub(crate) use metrics::value;
use metrics::{Look, ProcessLook};
pub use metrics::{ProcessFigures, ServerFigures};
pub use ours::{Decode, arena, field, idle};
pub use outcome::{Millis, Outcome, Progress};
pub use speaker::{Colyseus, Heard, Outbox, Plain, SocketIo, Speaker};
pub use tell::Teller;

/// Events taken from the kernel in one call.
const EVENTS: usize = 4096;
const WAKER: Token = Token(usize::MAX);
/// Time after the last join before anything counts: clocks settle, keyframes are over.
const SETTLE: Duration = Duration::from_secs(1);
/// How often progress is reported.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// A server's limits for a load: the defaults, except for those that keep out thousands of players from one address.
pub fn roomy() -> Limits {
    Limits {
        connections: 19_000,
        connections_per_address: 19_000,
        upgrades_per_s: 10_000,
        upgrade_burst: 10_000,
        unhelloed: 10_000,
        rooms_max: 4000,
        ..Limits::default()
    }
}
/// How long to wait for joins that do not finish (because the server is too busy).
const JOIN_PATIENCE: Duration = Duration::from_secs(20);
/// Times from input to acknowledgement, and gaps, are recorded up to this, microseconds.
const LONGEST_US: u64 = 60_000_000;

/// Makes a client's half of the protocol, from the number of the client, counted from 0.
pub type Cast = Box<dyn FnMut(usize) -> Box<dyn Speaker>>;

/// What to do to a server.
pub struct Plan {
    /// `host:port`.
    pub address: String,
    /// The path of the WebSocket, with its query.
    pub path: String,
    /// Ask for a seat by HTTP first, as Colyseus needs it; the path is made from the answer.
    pub matchmake: bool,
    /// Number of clients.
    pub players: usize,
    /// Clients that join per second.
    pub joins_per_s: f64,
    /// Inputs per second from each client.
    pub input_hz: f64,
    /// Snapshots that each should get per second.
    pub snapshot_hz: f64,
    /// Ask the server for its metrics before and after.
    pub look: bool,
    /// The server's process, if it runs here and should be looked at.
    pub process: Option<u32>,
    /// How long to measure once all clients are in.
    pub measure: Duration,
    /// Makes the clients.
    pub cast: Cast,
}

struct Load<'a> {
    plan: &'a mut Plan,
    poll: Poll,
    links: Vec<Option<Link>>,
    joined: Receiver<Joined>,
    /// When each client's next input is due.
    inputs: BinaryHeap<Reverse<(Duration, usize)>>,
    started: Instant,
    /// Joins that have ended, successfully or not.
    settled: usize,
    scratch: Vec<u8>,
    outcome: Outcome,
}

/// Carries out the plan. `progress` is called twice a second.
///
/// # Errors
/// The system gives no poll or no thread. Problems of single clients are in the outcome.
pub fn run(plan: &mut Plan, mut progress: impl FnMut(&Progress)) -> Result<Outcome> {
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), WAKER)?;
    let (send, joined) = channel();
    let started = Instant::now();
    let joiner = Joiner::start(plan, started, send, waker)?;
    let mut load = Load {
        outcome: Outcome::new(plan),
        links: (0..plan.players).map(|_| None).collect(),
        plan,
        poll,
        joined,
        inputs: BinaryHeap::new(),
        started,
        settled: 0,
        scratch: vec![0; 256 << 10],
    };
    load.ramp(&mut progress)?;
    joiner.stop();
    let before = load.look()?;
    let process = load.plan.process;
    let process_before = process.and_then(ProcessLook::at);
    load.outcome.begin();
    let from = load.started.elapsed();
    load.until(from + load.plan.measure, &mut progress)?;
    let took = load.started.elapsed() - from;
    let process_after = process.and_then(ProcessLook::at);
    // Wait for this before everybody leaves: what leaving does to the server must not be measured.
    let after = join(load.look()?);
    let mut outcome = load.end(took);
    if let (Some(before), Some(after)) = (join(before), after) {
        outcome.server = after.since(&before);
    }
    if let (Some(before), Some(after)) = (process_before, process_after) {
        outcome.process = Some(after.since(&before));
    }
    Ok(outcome)
}

/// The result of the look on another thread, if it was started and saw something.
fn join(looking: Option<JoinHandle<Option<Look>>>) -> Option<Look> {
    looking?.join().ok()?
}

impl Load<'_> {
    /// Waits until all have joined or are refused, and a little longer.
    fn ramp(&mut self, progress: &mut impl FnMut(&Progress)) -> Result<()> {
        let ramp = Duration::from_secs_f64(self.plan.players as f64 / self.plan.joins_per_s);
        let patience = ramp + JOIN_PATIENCE;
        while self.settled < self.plan.players && self.started.elapsed() < patience {
            let now = self.started.elapsed();
            self.until(now + Duration::from_millis(50), progress)?;
        }
        let missing = self.plan.players - self.settled;
        for _ in 0..missing {
            self.outcome.refuse("did not get in before time ran out");
        }
        let now = self.started.elapsed();
        self.until(now + SETTLE, progress)
    }

    fn until(&mut self, end: Duration, progress: &mut impl FnMut(&Progress)) -> Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let now = self.started.elapsed();
            if now >= end {
                return Ok(());
            }
            if now >= self.outcome.told + PROGRESS_EVERY {
                progress(&self.outcome.progress(now));
            }
            self.speak(now);
            let next = self.inputs.peek().map_or(end, |Reverse((due, _))| *due);
            let wait = next.min(end).saturating_sub(self.started.elapsed());
            match self.poll.poll(&mut events, Some(wait)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            for event in &events {
                if event.token() == WAKER {
                    self.welcome()?;
                } else {
                    self.serve(event.token().0);
                }
            }
        }
    }

    /// Takes over the connections that the joiners have made.
    fn welcome(&mut self) -> Result<()> {
        while let Ok(joined) = self.joined.try_recv() {
            self.settled += 1;
            let (client, mut stream, early) = match joined {
                Joined::In(client, stream, early) => {
                    (client, mio::net::TcpStream::from_std(stream), early)
                }
                Joined::Refused(words) => {
                    self.outcome.refuse(&words);
                    continue;
                }
            };
            let interest = Interest::READABLE | Interest::WRITABLE;
            self.poll
                .registry()
                .register(&mut stream, Token(client), interest)?;
            let now = self.started.elapsed();
            let speaker = (self.plan.cast)(client);
            let link = Link::new(stream, speaker, early, now);
            self.links[client] = Some(link);
            self.outcome.players += 1;
            self.inputs.push(Reverse((now, client)));
            self.serve(client);
        }
        Ok(())
    }

    /// Reads what has come for one client.
    fn serve(&mut self, client: usize) {
        let Some(Some(link)) = self.links.get_mut(client) else {
            return;
        };
        let now = self.started.elapsed();
        let ended = link.serve(now, &mut self.scratch, &mut self.outcome);
        if let Some(words) = ended {
            self.outcome.lose(&words, link);
            self.links[client] = None;
        }
    }

    /// Lets every client whose turn it is send an input.
    fn speak(&mut self, now: Duration) {
        let every = Duration::from_secs_f64(1.0 / self.plan.input_hz);
        while let Some(Reverse((due, client))) = self.inputs.peek().copied() {
            if due > now {
                return;
            }
            self.inputs.pop();
            let Some(Some(link)) = self.links.get_mut(client) else {
                continue;
            };
            let now = self.started.elapsed();
            self.outcome.load_late(now - due);
            if link.speak(now, &mut self.outcome) {
                // A load that is late itself does not make up for it with a burst.
                let next = (due + every).max(now);
                self.inputs.push(Reverse((next, client)));
            } else {
                self.outcome.lose("the connection broke", link);
                self.links[client] = None;
            }
        }
    }

    /// Looks at the server's metrics from a thread of its own, because the answer may take a while and the clients must
    /// not wait.
    fn look(&self) -> Result<Option<JoinHandle<Option<Look>>>> {
        if !self.plan.look {
            return Ok(None);
        }
        let address = self.plan.address.clone();
        let looking = std::thread::Builder::new().spawn(move || Look::at(&address))?;
        Ok(Some(looking))
    }

    fn end(mut self, took: Duration) -> Outcome {
        for link in self.links.iter().flatten() {
            self.outcome.note(link);
        }
        self.outcome.finish(took);
        self.outcome
    }
}
