//! One load from its first join to its last figure, on one thread that waits for nothing but the kernel's events.
//!
//! In: a plan, sockets from `join`. Out: an [`Outcome`], and progress while it runs. The server is looked at before and
//! after, from a thread of its own, so that no client waits for the answer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::ErrorKind;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Result;
use mio::{Events, Interest, Poll, Token, Waker};

use super::connection::Connection;
use super::join::{Joined, Joiner};
use super::metrics::{Look, ProcessLook};
use super::outcome::{Outcome, Progress};
use super::plan::Plan;

/// Events taken from the kernel in one call.
const EVENTS: usize = 4096;
const WAKER: Token = Token(usize::MAX);
/// Time after the last join before anything counts: clocks settle, keyframes are over.
const SETTLE: Duration = Duration::from_secs(1);
/// How often progress is reported.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);
/// How long to wait for joins that do not finish (because the server is too busy).
const JOIN_PATIENCE: Duration = Duration::from_secs(20);

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
        connections: (0..plan.players).map(|_| None).collect(),
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

struct Load<'a> {
    plan: &'a mut Plan,
    poll: Poll,
    connections: Vec<Option<Connection>>,
    joined: Receiver<Joined>,
    /// When each client's next input is due.
    inputs: BinaryHeap<Reverse<(Duration, usize)>>,
    started: Instant,
    /// Joins that have ended, successfully or not.
    settled: usize,
    scratch: Vec<u8>,
    outcome: Outcome,
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
            let connection = Connection::new(stream, speaker, early, now);
            self.connections[client] = Some(connection);
            self.outcome.players += 1;
            self.inputs.push(Reverse((now, client)));
            self.serve(client);
        }
        Ok(())
    }

    /// Reads what has come for one client.
    fn serve(&mut self, client: usize) {
        let Some(Some(connection)) = self.connections.get_mut(client) else {
            return;
        };
        let now = self.started.elapsed();
        let ended = connection.serve(now, &mut self.scratch, &mut self.outcome);
        if let Some(words) = ended {
            self.outcome.lose(&words, &connection.counts());
            self.connections[client] = None;
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
            let Some(Some(connection)) = self.connections.get_mut(client) else {
                continue;
            };
            let now = self.started.elapsed();
            self.outcome.load_late(now - due);
            if connection.speak(now, &mut self.outcome) {
                // A load that is late itself does not make up for it with a burst.
                let next = (due + every).max(now);
                self.inputs.push(Reverse((next, client)));
            } else {
                self.outcome
                    .lose("the connection broke", &connection.counts());
                self.connections[client] = None;
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
        for connection in self.connections.iter().flatten() {
            self.outcome.note(&connection.counts());
        }
        self.outcome.finish(took);
        self.outcome
    }
}
