//! A room's tick in its place: the mailbox is swapped out, the pure room plays, and what it took is counted.
//!
//! In: a due time, from the scheduler. Out: a tick, whose audience ([`Clients`]) publishes what it made; the room's end
//! when nobody is in it any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tickwire_room::{Game, Inbound, RoomConfig, RoomCore};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::rules::Rules;

use super::clients::Clients;
use super::mailbox::Shared;
use super::overload::Load;
use crate::limits::Limits;
use crate::metrics::{Counted, Metrics};
use crate::scheduler::{Tickable, Verdict};
use crate::seat::RoomHandle;

/// What a room is opened with.
pub(crate) struct RoomSetup<G: Game> {
    pub(crate) name: String,
    pub(crate) options: G::Options,
    pub(crate) config: RoomConfig,
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    /// Called once, when the room is gone.
    pub(crate) on_close: Box<dyn FnOnce() + Send>,
}

/// The ticking half of a room.
pub(crate) struct HostedRoom<G: Game> {
    name: String,
    core: RoomCore<G>,
    shared: Arc<Shared<G>>,
    clients: Clients<G>,
    inbox: Vec<Inbound<G::Rules>>,
    /// Ticks since the room opened; the room's time is this over the tick rate.
    ticks: u64,
    empty_ticks: u32,
    /// Without people it closes after so long.
    empty_ticks_max: u32,
    load: Load,
    on_close: Option<Box<dyn FnOnce() + Send>>,
    _counted: Counted,
}

impl<G: Game> HostedRoom<G> {
    /// Opens a room: its ticking half, for the scheduler, and the half that everybody else holds.
    pub(crate) fn open(setup: RoomSetup<G>) -> (HostedRoom<G>, Arc<dyn RoomHandle>) {
        let seats = G::seats(&setup.options);
        let shared = Arc::new(Shared::new(setup.limits.room_mailbox, seats, setup.metrics));
        let room = HostedRoom {
            core: RoomCore::open(setup.options, setup.config),
            clients: Clients::new(setup.name.clone(), shared.clone()),
            name: setup.name,
            inbox: Vec::new(),
            ticks: 0,
            empty_ticks: 0,
            empty_ticks_max: ticks::<G>(setup.limits.empty_room),
            load: Load::new(G::Rules::TICKS_PER_SNAPSHOT),
            on_close: Some(setup.on_close),
            _counted: shared.metrics.room(),
            shared: shared.clone(),
        };
        (room, shared)
    }

    /// The pure room.
    pub(crate) fn core(&self) -> &RoomCore<G> {
        &self.core
    }

    /// What the tick took, and what is done about it.
    fn count(&mut self, spent: Duration) {
        let (metrics, period) = (&self.shared.metrics, self.period());
        let dropped = self.core.take_dropped();
        metrics.inputs_dropped("late", dropped.late);
        metrics.inputs_dropped("early", dropped.early);
        metrics.tick(spent, period);
        if self.load.note(spent, period, G::Rules::TICKS_PER_SNAPSHOT) {
            tracing::warn!(
                room = self.name,
                ticks_per_snapshot = self.load.ticks_per_snapshot,
                "snapshot rate changed"
            );
        }
    }

    fn close_when_empty(&mut self) -> Verdict {
        let people = self.core.room().people();
        self.empty_ticks = if people == 0 { self.empty_ticks + 1 } else { 0 };
        if self.empty_ticks < self.empty_ticks_max || !self.shared.close_if_idle() {
            return Verdict::Continue;
        }
        self.close(&CloseReason::RoomClosed.into());
        Verdict::Close
    }

    fn close(&mut self, refusal: &Refusal) {
        let joins = self.shared.close_mailbox();
        self.clients.end(joins, refusal);
        if let Some(on_close) = self.on_close.take() {
            on_close();
        }
    }
}

impl<G: Game> Tickable for HostedRoom<G> {
    fn period(&self) -> Duration {
        Duration::from_secs(1) / G::Rules::TICK_RATE_HZ
    }

    fn tick(&mut self, due: Instant) -> Verdict {
        let started = Instant::now();
        let late = started.saturating_duration_since(due);
        self.shared.metrics.tick_late(late);
        let room_time_us = (self.ticks * 1_000_000 / u64::from(G::Rules::TICK_RATE_HZ)) as i64;
        let tick = self.core.room().tick();
        self.shared.begin_tick(tick, due, room_time_us);
        let close = self
            .shared
            .collect(&mut self.inbox, &mut self.clients.joins);
        if let Some(refusal) = close {
            self.close(&refusal);
            return Verdict::Close;
        }
        self.clients.due = due;
        self.clients.ticks_per_snapshot = self.load.ticks_per_snapshot;
        self.core.tick(&mut self.inbox, &mut self.clients);
        self.ticks += 1;
        self.count(started.elapsed());
        self.close_when_empty()
    }

    fn skipped(&mut self, ticks: u64) {
        self.shared.metrics.ticks_dropped(ticks);
        tracing::warn!(
            room = self.name,
            ticks,
            "the room fell behind: ticks were skipped"
        );
    }

    fn end(&mut self, refusal: Refusal) {
        if refusal.reason == CloseReason::RoomPanicked {
            self.shared.metrics.room_panicked();
        }
        self.close(&refusal);
    }
}

/// A time as ticks of a game's rooms, rounded up.
pub(super) fn ticks<G: Game>(span: Duration) -> u32 {
    (span.as_secs_f64() * f64::from(G::Rules::TICK_RATE_HZ)).ceil() as u32
}
