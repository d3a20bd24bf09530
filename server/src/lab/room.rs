//! A room, its players and their links, in virtual time.
//!
//! In: a game, a seed, players and what they do. Out: time that passes, from one event to the next.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_room::{ClientId, Game, RoomConfig, RoomCore};
use tickwire_shared::client::{Client, Destination};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, ResumeToken, Tick};
use tickwire_shared::rules::Rules;

use super::player::LabPlayer;
use super::way::Way;
use crate::host::{Clock, HostedRoom, RoomSetup};
use crate::limits::Limits;
use crate::link::LinkSpec;
use crate::metrics::Metrics;
use crate::net::SeatedSetup;
use crate::scheduler::{Beat, Tickable, Verdict, next_due};
use crate::seat::{JoinRequest, RoomHandle, Seat, SeatReply};

/// The smallest step of time.
const TIME_STEP: Duration = Duration::from_micros(500);
/// How long the seat of a lost player is kept.
const GRACE: Duration = Duration::from_secs(10);
/// How long to wait for a room to let a player in, beside its next two ticks.
const JOIN: Duration = Duration::from_millis(100);

/// A room, its players and their links.
pub struct Lab<G: Game> {
    /// Time since the start.
    pub now: Duration,
    /// The players, in the order in which [`Lab::add`] added them.
    pub players: Vec<LabPlayer<G::Rules>>,
    /// True if the room has closed.
    pub closed: bool,
    /// True if the room ticked in the last step.
    pub ticked: bool,
    start: Instant,
    beat: Beat,
    /// The server does nothing before this time.
    stands_still_until: Duration,
    next_client: u64,
    rng: Pcg64Mcg,
    options: G::Options,
    seed: u64,
    grace: Duration,
    room: HostedRoom<G>,
    handle: Arc<dyn RoomHandle>,
    metrics: Arc<Metrics>,
    limits: Limits,
}

impl<G: Game> Lab<G> {
    /// An empty room with a server's usual grace time, which is longer than that of [`Lab::new`].
    pub fn with_usual_grace(options: G::Options, seed: u64) -> Lab<G> {
        Lab::open(options, seed, Tick(0), Limits::default().reconnect_grace)
    }

    /// An empty room. The seat of a lost player is kept for ten seconds.
    pub fn new(options: G::Options, seed: u64) -> Lab<G> {
        Lab::starting_at(options, seed, Tick(0))
    }

    /// The same, but the room's first tick has this number.
    pub fn starting_at(options: G::Options, seed: u64, first_tick: Tick) -> Lab<G> {
        Lab::open(options, seed, first_tick, GRACE)
    }

    fn open(options: G::Options, seed: u64, first_tick: Tick, grace: Duration) -> Lab<G> {
        let metrics = Arc::new(Metrics::default());
        // The room needs instants. It does not matter which one is the first.
        let start = Instant::now();
        let setup = Lab::setup(&options, seed, (first_tick, start), grace, &metrics);
        let (mut room, handle) = HostedRoom::open(setup);
        room.core();
        Lab {
            now: Duration::ZERO,
            players: Vec::new(),
            closed: false,
            ticked: false,
            start,
            beat: Beat::new(start),
            stands_still_until: Duration::ZERO,
            next_client: 1,
            rng: Pcg64Mcg::seed_from_u64(seed),
            options,
            seed,
            grace,
            room,
            handle,
            metrics,
            limits: Limits::default(),
        }
    }

    fn setup(
        options: &G::Options,
        seed: u64,
        (first_tick, start): (Tick, Instant),
        grace: Duration,
        metrics: &Arc<Metrics>,
    ) -> RoomSetup<G> {
        let ticks = |seconds: u32| seconds * G::Rules::TICK_RATE_HZ;
        RoomSetup {
            name: "lab".into(),
            options: options.clone(),
            seats: G::seats(options),
            // A lab's clients run the very step of its room.
            step: 0,
            config: RoomConfig {
                seed,
                first_tick,
                grace_ticks: ticks(grace.as_secs() as u32),
                chat_lines: 5,
                chat_span_ticks: ticks(10),
            },
            clock: Clock::Virtual { start },
            limits: Arc::default(),
            metrics: metrics.clone(),
            on_checkpoint: None,
            on_close: Box::new(|_| {}),
        }
    }

    /// Ends the server and starts it again: the room is saved and restored, and every connection breaks.
    ///
    /// # Panics
    /// When the room cannot be saved, or cannot be restored from the saved bytes.
    pub fn restart(&mut self) {
        let saved = self.room.core().keep().expect("a room can be kept");
        let setup = Lab::setup(
            &self.options,
            self.seed,
            (Tick(0), self.start),
            self.grace,
            &self.metrics,
        );
        let restored = HostedRoom::restore(setup, &saved);
        (self.room, self.handle) = restored.expect("a saved room can be restored");
        for index in 0..self.players.len() {
            self.disconnect(index);
        }
    }

    /// Lets the server's whole process stand still until this time since the start. Its clients go on.
    pub fn stand_still_until(&mut self, end: Duration) {
        self.stands_still_until = end;
    }

    /// Lets the machine stand still for this many ticks. The room skips them.
    pub fn skip_ticks(&mut self, ticks: u32) {
        self.beat.tick += self.room.period() * ticks;
        self.room.skipped(ticks.into());
    }

    /// The lab's time as an instant, as the server's own parts are told it.
    pub fn instant(&self) -> Instant {
        self.start + self.now
    }

    /// The room, for reading.
    pub fn room(&self) -> &RoomCore<G> {
        self.room.begun().expect("a lab's room has begun")
    }

    /// The metrics that a server would serve at `/metrics`.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How many inputs of all players came too late or too early to be used.
    pub fn inputs_dropped(&self) -> u64 {
        self.metrics.inputs_dropped_so_far()
    }

    /// Adds a connected player, over a link with this latency and jitter each way, in milliseconds. Gives its
    /// place in [`Lab::players`].
    ///
    /// # Errors
    /// The room's refusal.
    pub fn add(
        &mut self,
        (latency_ms, jitter_ms): (u64, u64),
        play: impl FnMut(&mut Pcg64Mcg, Duration) -> <G::Rules as Rules>::Input + 'static,
    ) -> Result<usize, Refusal> {
        let spec = LinkSpec {
            round_trip: 2 * Duration::from_millis(latency_ms),
            jitter: Duration::from_millis(jitter_ms),
            ..LinkSpec::default()
        };
        self.add_over(&spec, play)
    }

    /// Adds a connected player over any link. Gives its place in [`Lab::players`].
    ///
    /// # Errors
    /// The room's refusal.
    pub fn add_over(
        &mut self,
        spec: &LinkSpec,
        play: impl FnMut(&mut Pcg64Mcg, Duration) -> <G::Rules as Rules>::Input + 'static,
    ) -> Result<usize, Refusal> {
        let [up, down] = [(); 2].map(|()| Way::new(spec, self.rng.random()));
        let index = self.players.len();
        let core = Client::new(Destination {
            room: "lab".into(),
            create: true,
            name: format!("player {index}"),
        });
        let player = LabPlayer::new(core, [up, down], Box::new(play), self.now);
        self.players.push(player);
        self.connect(index)?;
        Ok(index)
    }

    /// Joins with the core's token, if it has one. Time passes until the room answers, but no more than 100 ms: after
    /// that the player is still joining.
    ///
    /// # Errors
    /// The room's refusal.
    pub fn connect(&mut self, index: usize) -> Result<(), Refusal> {
        self.begin_connect(index)?;
        let end = self.now + Self::patience();
        while self.players[index].joining.is_some() && self.now < end && !self.closed {
            self.step(end);
        }
        self.players[index].closed.clone().map_or(Ok(()), Err)
    }

    /// Begins to join, over a new connection, and does not wait. If the room refuses, [`LabPlayer::closed`] says why.
    ///
    /// # Errors
    /// The room is gone.
    pub fn begin_connect(&mut self, index: usize) -> Result<(), Refusal> {
        let resume = self.players[index].core.resume_token();
        let joining = self.ask_for_seat(resume)?;
        self.players[index].join(joining);
        Ok(())
    }

    /// Takes a seat for a connection that no lab player has. Time passes until the room answers.
    ///
    /// # Errors
    /// The room's refusal, or that it is closed if it has not answered in time.
    pub fn take_seat(&mut self, resume: Option<ResumeToken>) -> Result<Seat, Refusal> {
        let answer = self.ask_for_seat(resume)?;
        self.wait_for_seat(answer, self.now + Self::patience())
    }

    /// The same for several connections, whose requests all reach the room in the same tick.
    ///
    /// # Errors
    /// The first refusal, as for one.
    pub fn take_seats(&mut self, resumes: &[Option<ResumeToken>]) -> Result<Vec<Seat>, Refusal> {
        let asked = resumes.iter().map(|resume| self.ask_for_seat(*resume));
        let answers = asked.collect::<Result<Vec<_>, _>>()?;
        let end = self.now + Self::patience();
        let answers = answers.into_iter();
        answers
            .map(|answer| self.wait_for_seat(answer, end))
            .collect()
    }

    fn patience() -> Duration {
        JOIN + 2 * Duration::from_secs(1) / G::Rules::TICK_RATE_HZ.max(1)
    }

    fn wait_for_seat(&mut self, mut answer: SeatReply, end: Duration) -> Result<Seat, Refusal> {
        loop {
            if let Ok(answer) = answer.try_recv() {
                return answer;
            }
            if self.now >= end || self.closed {
                return Err(CloseReason::RoomClosed.into());
            }
            self.step(end);
        }
    }

    fn ask_for_seat(&mut self, resume: Option<ResumeToken>) -> Result<SeatReply, Refusal> {
        let client = ClientId(self.next_client);
        self.next_client += 1;
        let request = JoinRequest {
            client,
            name: format!("p{}", client.0),
            resume,
        };
        let reply = self.handle.join(request);
        reply.map_err(|_| CloseReason::RoomClosed.into())
    }

    /// Breaks a player's connection in both directions. Messages on their way are lost.
    pub fn disconnect(&mut self, index: usize) {
        self.players[index].disconnect();
    }

    /// Plays on for `span`, or until the room closes. Calls `each` after every step, when something has happened.
    pub fn run(&mut self, span: Duration, mut each: impl FnMut(&mut Lab<G>)) {
        let end = self.now + span;
        while self.now < end && !self.closed {
            self.step(end);
            each(self);
        }
    }

    /// Goes on to the next time at which something happens, but not past `end`.
    fn step(&mut self, end: Duration) {
        self.ticked = false;
        let due = self.beat.next().saturating_duration_since(self.start);
        let due = due.max(self.stands_still_until);
        let next = self.players.iter().filter_map(LabPlayer::next);
        let next = next.fold(due, Ord::min);
        // All that happens within a step counts at its end. With a hundred players something happens all the time.
        self.now = next.max(self.now + TIME_STEP).min(end.max(self.now));
        let at = self.start + self.now;
        for player in &mut self.players {
            player.turn(at);
        }
        if self.now >= due {
            self.beat(at);
        }
        for player in &mut self.players {
            player.live(&mut self.rng, self.now, at);
        }
    }

    /// The room does what the scheduler would let it do now.
    fn beat(&mut self, at: Instant) {
        let due = self.beat.next();
        let verdict = self.beat.run(&mut self.room, due, || at);
        self.closed = verdict == Verdict::Close;
        self.ticked = due >= self.beat.tick;
        if self.ticked {
            self.beat.tick = next_due(&mut self.room, self.beat.tick, at);
        }
        let setup = SeatedSetup {
            limits: &self.limits,
            metrics: &self.metrics,
            dev: false,
            account: None,
        };
        for player in &mut self.players {
            player.sit_down(&setup, self.start, self.now);
            player.attend(at);
        }
    }

    /// Compares what a player's core holds with what the room says that it should hold, channel by channel. `None` if
    /// the core has not had the room's newest snapshot, or is changing to another stream. Otherwise `Err` says in words
    /// what differs, if anything does.
    pub fn compare(&self, index: usize) -> Option<Result<(), String>> {
        let (room, core) = (self.room(), &self.players[index].core);
        let player = core.player()?;
        let newest = room.last_snapshot()?;
        let stride = core.stats(self.now).stride;
        if core.newest_tick() != Some(newest) || !room.has_entry(stride) {
            return None;
        }
        let seen = room.seen_by(player);
        let held = core.channels().filter(|channel| *channel != ChannelId::OWN);
        if !held.eq(seen.iter().copied()) {
            return Some(Err(format!(
                "player {index} at {newest:?} should see {seen:?}"
            )));
        }
        for channel in seen {
            let held = core.heard(*channel).map(|(_, state)| state);
            if held != room.channel_state(*channel, stride) {
                let words = format!("player {index} at {newest:?} in {channel:?}: {held:?}");
                return Some(Err(words));
            }
        }
        Some(Ok(()))
    }
}
