//! The mailbox, in which joins and messages wait for a room's tick.
//!
//! In: joins and checked messages, from any thread. Out: all of them, in a list that the tick swaps out whole. The lock
//! is held for a push or a swap.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use tickwire_room::{Arrival, ClientId, Game, Inbound, Sender};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::Tick;
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::SLACK_PARTS;
use tokio::sync::oneshot;

use crate::metrics::Metrics;
use crate::random;
use crate::seat::{JoinRequest, RoomHandle, Seat, SeatReply};
use crate::seldom::Seldom;

/// The clients that wait for a seat.
pub(super) type Joins = BTreeMap<ClientId, oneshot::Sender<Result<Seat, Refusal>>>;

/// What a room's readers and its tick share.
pub(super) struct Shared<G: Game> {
    mailbox: Mutex<Mailbox<G::Rules>>,
    people: AtomicUsize,
    /// Those who ask for a new seat, and of them those whom this tick answers.
    newcomers: AtomicUsize,
    answered: AtomicUsize,
    /// How many messages may wait for one tick.
    bound: usize,
    /// The number of seats for people.
    seats: usize,
    /// The tick about to be simulated.
    tick: AtomicU32,
    /// When that tick was due, microseconds since `epoch`.
    due_us: AtomicI64,
    /// Room time minus time since `epoch`, microseconds.
    room_time_offset_us: AtomicI64,
    epoch: Instant,
    pub(super) metrics: Arc<Metrics>,
    /// What the log says of this room's clients.
    pub(super) seldom: Seldom,
}

struct Mailbox<R: Rules> {
    inbox: Vec<Inbound<R>>,
    joins: Joins,
    close: Option<Refusal>,
    /// The room is gone: nobody reads what is put here.
    closed: bool,
}

impl<G: Game> Shared<G> {
    pub(super) fn new(
        bound: usize,
        seats: usize,
        epoch: Instant,
        metrics: Arc<Metrics>,
    ) -> Shared<G> {
        Shared {
            mailbox: Mutex::new(Mailbox {
                inbox: Vec::new(),
                joins: BTreeMap::new(),
                close: None,
                closed: false,
            }),
            people: AtomicUsize::new(0),
            newcomers: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            bound,
            seats,
            tick: AtomicU32::new(0),
            due_us: AtomicI64::new(0),
            room_time_offset_us: AtomicI64::new(0),
            epoch,
            metrics,
            seldom: Seldom::new(1),
        }
    }

    /// Leaves a message for the next tick. Does nothing if the room has closed. In a full mailbox there is no place for what
    /// soon comes again or is too late anyway: inputs and round trips.
    ///
    /// # Errors
    /// Far too many messages wait already.
    pub(super) fn post(&self, inbound: Inbound<G::Rules>) -> Result<(), CloseReason> {
        let mut mailbox = self.mailbox.lock();
        let waiting = mailbox.inbox.len();
        if waiting >= self.bound {
            match &inbound {
                Inbound::Inputs(.., batch) => {
                    let inputs = batch.inputs.len() as u32;
                    self.metrics.inputs_dropped("mailbox_full", inputs);
                    return Ok(());
                }
                Inbound::RoundTrip(..) => return Ok(()),
                // Others are few. They are dropped only with their connection, since their senders count on them.
                _ if waiting >= self.bound.saturating_mul(2) => return Err(CloseReason::Internal),
                _ => {}
            }
        }
        if !mailbox.closed {
            mailbox.inbox.push(inbound);
        }
        Ok(())
    }

    /// Leaves word for the next tick that a connection is gone. This message may exceed the bound, once for each
    /// connection: otherwise a full mailbox would leave a ghost in the room.
    pub(super) fn post_lost(&self, sender: Sender) {
        let mut mailbox = self.mailbox.lock();
        if !mailbox.closed {
            mailbox.inbox.push(Inbound::Lost(sender));
        }
    }

    /// Swaps the mailbox out, for empty lists. `Some` if the room must close, with the reason.
    pub(super) fn collect(
        &self,
        inbox: &mut Vec<Inbound<G::Rules>>,
        joins: &mut Joins,
    ) -> Option<Refusal> {
        let mut mailbox = self.mailbox.lock();
        std::mem::swap(&mut mailbox.inbox, inbox);
        std::mem::swap(&mut mailbox.joins, joins);
        let newcomers = self.newcomers.load(Ordering::Relaxed);
        self.answered.store(newcomers, Ordering::Relaxed);
        mailbox.close.clone()
    }

    /// So many people have a seat, now that all who had asked before the tick are answered.
    pub(super) fn set_people(&self, people: usize) {
        self.people.store(people, Ordering::Relaxed);
        let answered = self.answered.swap(0, Ordering::Relaxed);
        self.newcomers.fetch_sub(answered, Ordering::Relaxed);
    }

    /// Closes the mailbox for good if nothing waits in it, and says whether it did. So no client can slip in after the
    /// room was found empty and before it ends.
    pub(super) fn close_if_idle(&self) -> bool {
        let mut mailbox = self.mailbox.lock();
        let idle = mailbox.inbox.is_empty();
        mailbox.closed |= idle;
        idle
    }

    /// Closes the mailbox for good. Gives the clients that still wait for a seat.
    pub(super) fn close_mailbox(&self) -> Joins {
        let mut mailbox = self.mailbox.lock();
        mailbox.closed = true;
        mailbox.inbox.clear();
        std::mem::take(&mut mailbox.joins)
    }

    /// Says that `tick` is about to be simulated. It was due at `due`, when the room's time was `room_time_us`.
    pub(super) fn begin_tick(&self, tick: Tick, due: Instant, room_time_us: i64) {
        let due_us = due.saturating_duration_since(self.epoch).as_micros() as i64;
        self.room_time_offset_us
            .store(room_time_us - due_us, Ordering::Relaxed);
        self.due_us.store(due_us, Ordering::Relaxed);
        self.tick.store(tick.0, Ordering::Relaxed);
    }

    /// The tick about to be simulated.
    #[inline]
    pub(super) fn tick(&self) -> Tick {
        Tick(self.tick.load(Ordering::Relaxed))
    }

    /// When in the room's ticks `came` was. Rounded up, so that nothing counts as earlier than it was.
    pub(super) fn arrival(&self, came: Instant) -> Arrival {
        let parts_per_s = i64::from(G::Rules::TICK_RATE_HZ) * i64::from(SLACK_PARTS);
        let came_us = came.saturating_duration_since(self.epoch).as_micros() as i64;
        let passed_us = came_us - self.due_us.load(Ordering::Relaxed);
        let parts = -(-passed_us * parts_per_s).div_euclid(1_000_000);
        Arrival {
            // Ticks wrap, and it may have come before the tick was due.
            tick: self
                .tick()
                .plus(parts.div_euclid(SLACK_PARTS.into()) as u32),
            part: parts.rem_euclid(SLACK_PARTS.into()) as u8,
        }
    }

    /// The room's time at `now`, microseconds. Tick n is due at n / tick rate.
    pub(super) fn room_time_us(&self, now: Instant) -> u64 {
        let since_us = now.saturating_duration_since(self.epoch).as_micros() as i64;
        (since_us + self.room_time_offset_us.load(Ordering::Relaxed)).max(0) as u64
    }
}

impl<G: Game> RoomHandle for Shared<G> {
    fn join(&self, request: JoinRequest) -> Result<SeatReply, JoinRequest> {
        let (reply, answer) = oneshot::channel();
        let mut mailbox = self.mailbox.lock();
        if mailbox.closed || mailbox.close.is_some() {
            return Err(request);
        }
        let JoinRequest {
            client,
            name,
            resume,
        } = request;
        if resume.is_none() {
            self.newcomers.fetch_add(1, Ordering::Relaxed);
        }
        mailbox.inbox.push(Inbound::Join {
            client,
            name,
            token: random::fresh_token(),
            resume,
        });
        mailbox.joins.insert(client, reply);
        Ok(answer)
    }

    fn close(&self, refusal: Refusal) {
        self.mailbox.lock().close.get_or_insert(refusal);
    }

    fn occupancy(&self) -> (usize, usize) {
        let newcomers = self.newcomers.load(Ordering::Relaxed);
        let people = self.people.load(Ordering::Relaxed) + newcomers;
        (people.min(self.seats), self.seats)
    }
}
