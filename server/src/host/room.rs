//! A room's tick within the server: the mailbox is swapped out, the pure room plays, and the time is measured.
//!
//! In: a due time, from the scheduler. Out: a tick, whose audience ([`Clients`]) publishes its snapshot; the room's
//! end, when nobody has been in it for long enough.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tickwire_room::{Game, Inbound, RestoreError, RoomConfig, RoomCore};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::codec::CodecError;
use tickwire_shared::ids::Tick;
use tickwire_shared::rules::Rules;

use super::clients::Clients;
use super::mailbox::Shared;
use super::overload::Load;
use crate::kind::{OnCheckpoint, OnClose};
use crate::limits::{CHECKPOINT, CHECKPOINT_PEOPLE, Limits, UNPLAYED_ROOM, ticks};
use crate::metrics::{Counted, Metrics};
use crate::pump::Pumps;
use crate::scheduler::{Tickable, Verdict};
use crate::seat::RoomHandle;
use crate::seldom::Seldom;

/// Where a room gets the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// From the machine's clock.
    Machine,
    /// From the due time alone: in virtual time a tick begins when it is due and takes no time.
    Virtual {
        /// When virtual time began. All instants are read from here, so that the same run rounds in the same way.
        start: Instant,
    },
}

impl Clock {
    fn now(self, due: Instant) -> Instant {
        match self {
            Clock::Machine => Instant::now(),
            Clock::Virtual { .. } => due,
        }
    }

    /// An instant before all those that the room will see.
    fn epoch(self) -> Instant {
        match self {
            Clock::Machine => Instant::now(),
            Clock::Virtual { start } => start,
        }
    }
}

/// What a room is opened with.
pub(crate) struct RoomSetup<G: Game> {
    pub(crate) name: String,
    pub(crate) options: G::Options,
    /// Seats for people.
    pub(crate) seats: usize,
    /// What clients are told of the game's step, see [`tickwire_shared::message::Welcome`].
    pub(crate) step: u64,
    pub(crate) config: RoomConfig,
    pub(crate) clock: Clock,
    pub(crate) limits: Arc<Limits>,
    pub(crate) metrics: Arc<Metrics>,
    /// See [`crate::RoomOrder`].
    pub(crate) on_checkpoint: OnCheckpoint,
    /// Called once, when the room is gone.
    pub(crate) on_close: OnClose,
}

/// The ticking half of a room.
pub(crate) struct HostedRoom<G: Game> {
    name: String,
    /// `None` until the game begins.
    core: Option<RoomCore<G>>,
    options: G::Options,
    config: RoomConfig,
    shared: Arc<Shared<G>>,
    clients: Clients<G>,
    inbox: Vec<Inbound<G::Rules>>,
    /// For the first tick: connections that ended before this room was restored.
    lost: Vec<Inbound<G::Rules>>,
    clock: Clock,
    /// The tick about to be simulated, counted without wrapping. The room's time is this over the tick rate.
    ticks: u64,
    /// Ticks that were skipped since the last one.
    skipped: u32,
    empty_ticks: u32,
    /// Somebody has done something in it.
    was_played: bool,
    /// It was restored or let somebody in, and was not written down since.
    has_news: bool,
    /// [`HostedRoom::ticks`] when it was last written down.
    checkpointed_at: u64,
    /// A room without people closes after this many ticks.
    empty_ticks_max: u32,
    load: Load,
    on_checkpoint: OnCheckpoint,
    is_checkpointed: bool,
    on_close: Option<OnClose>,
    _counted: Counted,
}

impl<G: Game> HostedRoom<G> {
    /// Opens a room. Gives its ticking half, for the scheduler, and its handle, for everybody else. Its game begins with its
    /// first tick: whoever opens a room holds locks, and has others to serve.
    pub(crate) fn open(setup: RoomSetup<G>) -> (HostedRoom<G>, Arc<dyn RoomHandle>) {
        let first_tick = setup.config.first_tick;
        HostedRoom::host(setup, None, first_tick)
    }

    /// The same for a saved room. Nobody is connected to it yet: players come back by their tokens, within the grace
    /// time.
    ///
    /// # Errors
    /// The bytes are not a saved room of this game.
    pub(crate) fn restore(
        setup: RoomSetup<G>,
        saved: &[u8],
    ) -> Result<(HostedRoom<G>, Arc<dyn RoomHandle>), RestoreError> {
        let core = RoomCore::restore(saved, setup.config)?;
        Ok(HostedRoom::resume(setup, core))
    }

    /// The same, or a new room if the bytes are of none of this game as it is now.
    pub(crate) fn restore_or_open(
        setup: RoomSetup<G>,
        saved: &[u8],
    ) -> (HostedRoom<G>, Arc<dyn RoomHandle>) {
        let core = RoomCore::restore(saved, setup.config);
        match core {
            Ok(core) => HostedRoom::resume(setup, core),
            Err(error) => {
                let room = setup.name.as_str();
                tracing::warn!(room, %error, "a kept room begins anew");
                HostedRoom::open(setup)
            }
        }
    }

    fn resume(mut setup: RoomSetup<G>, core: RoomCore<G>) -> (HostedRoom<G>, Arc<dyn RoomHandle>) {
        // It was opened with options of its own.
        setup.seats = core.seats();
        let lost = core.connections().map(Inbound::Lost).collect();
        let tick = core.room().tick();
        let (mut room, handle) = HostedRoom::host(setup, Some(core), tick);
        (room.lost, room.was_played, room.has_news) = (lost, true, true);
        (room, handle)
    }

    fn host(
        setup: RoomSetup<G>,
        core: Option<RoomCore<G>>,
        tick: Tick,
    ) -> (HostedRoom<G>, Arc<dyn RoomHandle>) {
        let is_checkpointed = G::is_checkpointed(&setup.options);
        let shared = Shared::new(
            setup.limits.room_mailbox,
            setup.seats,
            setup.clock.epoch(),
            setup.metrics,
        );
        let shared = Arc::new(shared);
        let room = HostedRoom {
            ticks: u64::from(tick.0),
            core,
            options: setup.options,
            config: setup.config,
            lost: Vec::new(),
            clock: setup.clock,
            clients: Clients::new(setup.name.clone(), setup.step, shared.clone()),
            name: setup.name,
            inbox: Vec::new(),
            skipped: 0,
            empty_ticks: 0,
            was_played: false,
            has_news: false,
            checkpointed_at: u64::from(tick.0),
            empty_ticks_max: ticks(setup.limits.empty_room, G::Rules::TICK_RATE_HZ),
            load: Load::new(G::Rules::TICKS_PER_SNAPSHOT),
            on_checkpoint: setup.on_checkpoint,
            is_checkpointed,
            on_close: Some(setup.on_close),
            _counted: shared.metrics.room(),
            shared: shared.clone(),
        };
        (room, shared)
    }

    /// The pure room, which begins now if it has not.
    pub(crate) fn core(&mut self) -> &mut RoomCore<G> {
        self.core
            .get_or_insert_with(|| RoomCore::open(self.options.clone(), self.config))
    }

    /// The pure room, if it has begun.
    pub(crate) fn begun(&self) -> Option<&RoomCore<G>> {
        self.core.as_ref()
    }

    /// Counts the time that the tick took, and acts on it.
    fn count(&mut self, spent: Duration, late: Duration) {
        let (dropped, period) = (self.core().take_dropped(), self.period());
        let metrics = &self.shared.metrics;
        metrics.inputs_dropped("late", dropped.late);
        metrics.inputs_dropped("early", dropped.early);
        metrics.tick(spent, period);
        // A thread may have too much to do though each of its rooms is quick.
        let took = spent.max(late);
        if self.load.note(took, period, G::Rules::TICKS_PER_SNAPSHOT) {
            tracing::warn!(
                room = self.name,
                ticks_per_snapshot = self.load.ticks_per_snapshot,
                "snapshot rate changed"
            );
        }
    }

    fn close_when_empty(&mut self) -> Verdict {
        let people = self.core().room().people();
        self.empty_ticks = if people == 0 { self.empty_ticks + 1 } else { 0 };
        // Nobody will miss a room in which nobody has done anything, and whoever opens many of those must not keep them.
        let most = match self.was_played {
            true => self.empty_ticks_max,
            false => ticks(UNPLAYED_ROOM, G::Rules::TICK_RATE_HZ).min(self.empty_ticks_max),
        };
        if self.empty_ticks < most || !self.shared.close_if_idle() {
            return Verdict::Continue;
        }
        self.close(&CloseReason::RoomClosed.into());
        Verdict::Close
    }

    /// Hands out what would be left of the room, about once a second.
    fn checkpoint(&mut self) {
        let every = u64::from(ticks(CHECKPOINT, G::Rules::TICK_RATE_HZ)).max(1);
        let Some(on_checkpoint) = self.on_checkpoint.as_ref().filter(|_| self.was_played) else {
            return;
        };
        if !self.is_checkpointed {
            // What it came from is old news from now on.
            if self.ticks.is_multiple_of(every) && std::mem::take(&mut self.has_news) {
                on_checkpoint(None);
            }
            return;
        }
        // A room that has just come back is written down at once: what it came from is one second older each time. And so
        // is one that has let somebody in: no older token leads back to that seat. A crowd comes one after the other, and
        // takes longer to write down.
        let people = self.core.as_ref().map_or(0, |core| core.room().people());
        let since = self.ticks.saturating_sub(self.checkpointed_at);
        let soon = self.has_news && since > people as u64 / CHECKPOINT_PEOPLE;
        if since < every && !soon {
            return;
        }
        (self.has_news, self.checkpointed_at) = (false, self.ticks);
        match self.core.as_ref().map(RoomCore::keep) {
            Some(Ok(state)) => on_checkpoint(Some(state)),
            Some(Err(error)) => {
                tracing::error!(room = self.name, %error, "a room cannot be written down");
                self.on_checkpoint = None;
            }
            None => {}
        }
    }

    fn close(&mut self, refusal: &Refusal) {
        let joins = self.shared.close_mailbox();
        self.clients.end(joins, refusal);
        let goes_on = refusal.reason == CloseReason::ShuttingDown;
        let state = self.begun().filter(|_| goes_on).map(RoomCore::keep);
        let state = state.and_then(|state| {
            let failed = |error: &CodecError| {
                tracing::error!(room = self.name, %error, "a room cannot be kept over the restart");
            };
            state.inspect_err(failed).ok()
        });
        if let Some(on_close) = self.on_close.take() {
            on_close(state);
        }
    }
}

impl<G: Game> Tickable for HostedRoom<G> {
    fn period(&self) -> Duration {
        Duration::from_secs(1) / G::Rules::TICK_RATE_HZ
    }

    fn tick(&mut self, due: Instant) -> Verdict {
        let started = self.clock.now(due);
        let late = started.saturating_duration_since(due);
        self.shared.metrics.tick_late(late);
        let room_time_us = (self.ticks * 1_000_000 / u64::from(G::Rules::TICK_RATE_HZ)) as i64;
        let skipped = self.skipped;
        let tick = self.core().room().tick().plus(skipped);
        self.shared.begin_tick(tick, due, room_time_us);
        let close = self
            .shared
            .collect(&mut self.inbox, &mut self.clients.joins);
        if let Some(refusal) = close {
            self.close(&refusal);
            return Verdict::Close;
        }
        self.was_played |= self.inbox.iter().any(is_play);
        self.has_news |= !self.clients.joins.is_empty();
        self.inbox.splice(0..0, self.lost.drain(..));
        if skipped > 0 {
            // This comes first, so that the messages that came meanwhile find the room at its new tick.
            self.inbox.insert(0, Inbound::Skipped(skipped));
            self.skipped = 0;
        }
        self.clients.due = due;
        self.clients.ticks_per_snapshot = self.load.ticks_per_snapshot;
        if let Some(core) = &mut self.core {
            core.tick(&mut self.inbox, &mut self.clients);
        }
        self.ticks += 1;
        self.checkpoint();
        let spent = self.clock.now(due).saturating_duration_since(started);
        self.count(spent, late);
        self.close_when_empty()
    }

    fn pumps(&self) -> &Pumps {
        self.clients.pumps()
    }

    /// The room's time goes on over the skipped ticks, so that it still agrees with the clients' clocks.
    fn skipped(&mut self, ticks: u64) {
        self.ticks += ticks;
        self.skipped = self.skipped.wrapping_add(ticks as u32);
        self.shared.metrics.ticks_dropped(ticks);
        // When a machine stands still, thousands of rooms fall behind together.
        thread_local! {
            static COMPLAINTS: Seldom = Seldom::new(1);
        }
        let left_out = COMPLAINTS.with(|complaints| complaints.may_say("behind", Instant::now()));
        if let Some(left_out) = left_out {
            tracing::warn!(
                room = self.name,
                ticks,
                left_out,
                "the room fell behind: ticks were skipped (of a thread's rooms, one says so in a second)"
            );
        }
    }

    fn end(&mut self, refusal: Refusal) {
        if refusal.reason == CloseReason::RoomPanicked {
            self.shared.metrics.room_panicked();
        }
        self.close(&refusal);
    }
}

/// True for what a player does, beside coming and going.
fn is_play<R: Rules>(inbound: &Inbound<R>) -> bool {
    matches!(
        inbound,
        Inbound::Inputs(..) | Inbound::Command(..) | Inbound::Chat(..)
    )
}
