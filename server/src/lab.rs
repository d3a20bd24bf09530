//! Whole rooms in virtual time: the real room, the real feeds, the real client core, and links that delay, jitter and
//! stall like TCP does. For tests and benches that play hours in seconds, and for game authors who want to.
//!
//! In: a game, a seed, links, what players do. Out: the room and its clients, to be looked at at any moment. Same seed,
//! same run. Must not: know a clock, a socket or a thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_shared::client::{Client, ClientEvent, Destination};
use tickwire_shared::close::{CloseReason, Refusal};
use tickwire_shared::ids::{ChannelId, ResumeToken, Tick};
use tickwire_shared::rules::Rules;

use crate::game::Game;
use crate::link::{self, LinkSpec};
use crate::metrics::Metrics;
use crate::room::{
    ClientId, Delivery, HostedRoom, RoomConfig, RoomCore, RoomPort, RoomSetup, Seat, SeatReply,
};
use crate::scheduler::{Tickable, Verdict};

/// Between two animation frames of a 60 Hz screen.
pub const ANIMATION_FRAME: Duration = Duration::from_micros(16_667);
/// The finest step of time.
const MOMENT: Duration = Duration::from_micros(500);
/// How long a room may take to let somebody in.
const JOIN: Duration = Duration::from_millis(100);

/// One way of a link, and what is on it.
#[derive(Clone, Debug)]
pub struct Way {
    /// Nothing arrives before this, whatever the link.
    pub stalled_until: Duration,
    link: link::Way,
    on_the_way: VecDeque<(Duration, Vec<u8>)>,
}

impl Way {
    fn new(spec: &LinkSpec, seed: u64) -> Way {
        Way {
            stalled_until: Duration::ZERO,
            link: link::Way::new(spec, seed),
            on_the_way: VecDeque::new(),
        }
    }

    /// What the link does to bytes.
    pub fn spec(&self) -> &LinkSpec {
        self.link.spec()
    }

    /// Another link from now on; what is under way stays in front.
    pub fn set(&mut self, spec: &LinkSpec) {
        self.link.set(spec);
    }

    fn send(&mut self, now: Duration, bytes: Vec<u8>) {
        let arrival = self.link.arrival(now, bytes.len());
        self.on_the_way.push_back((arrival, bytes));
    }

    fn next(&self) -> Option<Duration> {
        let (at, _) = self.on_the_way.front()?;
        Some((*at).max(self.stalled_until))
    }

    fn arrived(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.next().filter(|at| *at <= now)?;
        self.on_the_way.pop_front().map(|sent| sent.1)
    }

    /// Messages that are on their way.
    pub fn waiting(&self) -> usize {
        self.on_the_way.len()
    }
}

/// What a player intends now.
pub type Play<R> = Box<dyn FnMut(&mut Pcg64Mcg, Duration) -> <R as Rules>::Input>;

/// One player: a client core, its link, its screen.
pub struct LabPlayer<R: Rules> {
    /// The client core.
    pub core: Client<R>,
    /// From client to server.
    pub up: Way,
    /// From server to client.
    pub down: Way,
    /// Its socket is read: otherwise the server's writer is stuck and takes nothing from the feed.
    pub reads: bool,
    /// Between two of its animation frames.
    pub frame: Duration,
    /// It has animation frames: a frozen or hidden tab has none.
    pub draws: bool,
    /// Why the room closed its connection.
    pub closed: Option<Refusal>,
    /// All that its core had to tell.
    pub events: Vec<ClientEvent<R::Event, R::Action>>,
    /// Bytes of all messages that it was sent, and how many those were.
    pub bytes_down: u64,
    /// Messages that it was sent.
    pub messages_down: u64,
    /// What it does.
    pub play: Play<R>,
    seat: Option<Seat>,
    joining: Option<SeatReply>,
    next_frame: Duration,
}

impl<R: Rules> LabPlayer<R> {
    /// Its place in the room, while it has one; it can be taken away, as by a lost connection whose ends still live.
    pub fn seat_mut(&mut self) -> &mut Option<Seat> {
        &mut self.seat
    }
}

/// A room, its players and their links.
pub struct Lab<G: Game> {
    /// Time since the start.
    pub now: Duration,
    /// The players, in the order of [`Lab::add`].
    pub players: Vec<LabPlayer<G::Rules>>,
    /// The room has closed.
    pub closed: bool,
    /// The room ticked in the last step.
    pub ticked: bool,
    start: Instant,
    next_tick: Duration,
    next_client: u64,
    rng: Pcg64Mcg,
    room: HostedRoom<G>,
    port: Arc<dyn RoomPort>,
    metrics: Arc<Metrics>,
}

impl<G: Game> Lab<G> {
    /// An empty room. Seats are kept for ten seconds.
    pub fn new(options: G::Options, seed: u64) -> Lab<G> {
        let metrics = Arc::new(Metrics::default());
        let ticks = |seconds: u32| seconds * G::Rules::TICK_RATE_HZ;
        let (room, port) = HostedRoom::open(RoomSetup {
            name: "lab".into(),
            options,
            config: RoomConfig {
                seed,
                grace_ticks: ticks(10),
                chat_lines: 5,
                chat_span_ticks: ticks(10),
            },
            metrics: metrics.clone(),
            on_close: Box::new(|| {}),
        });
        Lab {
            now: Duration::ZERO,
            players: Vec::new(),
            closed: false,
            ticked: false,
            // The room asks for instants; which one is the first does not matter.
            start: Instant::now(),
            next_tick: Duration::ZERO,
            next_client: 1,
            rng: Pcg64Mcg::seed_from_u64(seed),
            room,
            port,
            metrics,
        }
    }

    /// The room.
    pub fn room(&self) -> &RoomCore<G> {
        self.room.core()
    }

    /// What a server would serve at `/metrics`.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// A new player over a link of this latency and jitter each way, connected. Returns its place in [`Lab::players`].
    ///
    /// # Errors
    /// What the room refuses it for.
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

    /// The same over any link.
    ///
    /// # Errors
    /// What the room refuses it for.
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
        self.players.push(LabPlayer {
            core,
            up,
            down,
            reads: true,
            frame: ANIMATION_FRAME,
            draws: true,
            closed: None,
            events: Vec::new(),
            bytes_down: 0,
            messages_down: 0,
            play: Box::new(play),
            seat: None,
            joining: None,
            next_frame: self.now,
        });
        self.connect(index)?;
        Ok(index)
    }

    /// Joins with whatever token the core has; time passes until the room answers.
    ///
    /// # Errors
    /// What the room refuses it for.
    pub fn connect(&mut self, index: usize) -> Result<(), Refusal> {
        self.begin_connect(index)?;
        let end = self.now + JOIN;
        while self.players[index].joining.is_some() && self.now < end && !self.closed {
            self.step(end);
        }
        self.players[index].closed.clone().map_or(Ok(()), Err)
    }

    /// The same without waiting: if the room refuses, [`LabPlayer::closed`] says why.
    ///
    /// # Errors
    /// The room is gone.
    pub fn begin_connect(&mut self, index: usize) -> Result<(), Refusal> {
        let resume = self.players[index].core.resume_token();
        let joining = self.ask_for_seat(resume)?;
        self.players[index].joining = Some(joining);
        Ok(())
    }

    /// A seat for a connection that nobody plays; time passes until the room answers.
    ///
    /// # Errors
    /// What the room refuses it for.
    pub fn take_seat(&mut self, resume: Option<ResumeToken>) -> Result<Seat, Refusal> {
        let mut answer = self.ask_for_seat(resume)?;
        let end = self.now + JOIN;
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
        let closed = |_| Refusal::from(CloseReason::RoomClosed);
        let name = format!("p{}", client.0);
        self.port.join(name, resume, client).map_err(closed)
    }

    /// Those whom the room has answered sit down, or are told why not.
    fn seat_players(&mut self) {
        let now = self.now;
        for player in &mut self.players {
            let Some(Ok(answer)) = player.joining.as_mut().map(SeatReply::try_recv) else {
                continue;
            };
            player.joining = None;
            match answer {
                Ok(seat) => {
                    // What the net layer's pings would find.
                    seat.port.note_round_trip(player.down.spec().round_trip);
                    player.core.handle_connected();
                    // The net layer has read the hello already.
                    let _hello = player.core.poll_transmit(now);
                    player.down.send(now, seat.welcome.clone());
                    (player.seat, player.closed) = (Some(seat), None);
                }
                Err(refusal) => player.closed = Some(refusal),
            }
        }
    }

    /// A connection breaks, both ways.
    pub fn disconnect(&mut self, index: usize) {
        let player = &mut self.players[index];
        (player.seat, player.joining) = (None, None);
        player.up.on_the_way.clear();
        player.down.on_the_way.clear();
        player.core.handle_disconnected(1006);
    }

    /// Plays on for `span`; `each` looks at the room whenever anything has happened.
    pub fn run(&mut self, span: Duration, mut each: impl FnMut(&mut Lab<G>)) {
        let end = self.now + span;
        while self.now < end && !self.closed {
            self.step(end);
            each(self);
        }
    }

    /// On to the next moment at which anything happens, `end` at the latest.
    fn step(&mut self, end: Duration) {
        self.ticked = false;
        let frames = self.players.iter().filter(|player| player.draws);
        let frames = frames.map(|player| player.next_frame);
        let ways = self.players.iter();
        let ways = ways.flat_map(|player| [player.up.next(), player.down.next()]);
        let next = frames.chain(ways.flatten()).fold(self.next_tick, Ord::min);
        // What happens within a moment happens at its end: with a hundred players something always does.
        self.now = next.max(self.now + MOMENT).min(end.max(self.now));
        if self.now >= self.next_tick {
            let verdict = self.room.tick(self.start + self.next_tick);
            self.closed = verdict == Verdict::Close;
            self.next_tick += self.room.period();
            self.ticked = true;
            self.seat_players();
            self.feed();
        }
        for index in 0..self.players.len() {
            self.play(index);
        }
    }

    fn feed(&mut self) {
        for player in &mut self.players {
            let Some(seat) = player.seat.as_mut().filter(|_| player.reads) else {
                continue;
            };
            let mut message = Vec::new();
            match seat.feed.assemble(&mut message) {
                Ok(true) => {
                    player.bytes_down += message.len() as u64;
                    player.messages_down += 1;
                    player.down.send(self.now, message);
                }
                Ok(false) => {}
                Err(refusal) => (player.closed, player.seat) = (Some(refusal), None),
            }
        }
    }

    fn play(&mut self, index: usize) {
        let (now, at) = (self.now, self.start + self.now);
        let player = &mut self.players[index];
        while let Some(bytes) = player.down.arrived(now) {
            player.core.handle_bytes(now, &bytes);
        }
        while let Some(bytes) = player.up.arrived(now) {
            let Some(seat) = &player.seat else { continue };
            match seat.port.deliver_at(at, &bytes) {
                Ok(Delivery::Reply(bytes)) => {
                    player.bytes_down += bytes.len() as u64;
                    player.messages_down += 1;
                    player.down.send(now, bytes);
                }
                Ok(Delivery::Taken) => {}
                Ok(Delivery::Goodbye) => player.seat = None,
                Err(reason) => (player.closed, player.seat) = (Some(reason.into()), None),
            }
        }
        if player.draws && now >= player.next_frame {
            player.next_frame = (player.next_frame + player.frame).max(now);
            player.core.set_input((player.play)(&mut self.rng, now));
            player.core.update(now);
            player.core.view(now);
        }
        while let Some(bytes) = player.core.poll_transmit(now) {
            player.up.send(now, bytes);
        }
        let news = std::iter::from_fn(|| player.core.poll_event());
        player.events.extend(news);
    }

    /// Compares what a player's core holds with what the room says it should, channel by channel: `None` when the core has
    /// not heard of the room's newest snapshot, or is on its way to another rate. Then what differs, if anything does.
    pub fn compare(&self, index: usize) -> Option<Result<(), String>> {
        let (room, core) = (self.room.core(), &self.players[index].core);
        let player = core.player()?;
        let newest = room.last_snapshot()?;
        let stride = core.stats(self.now).stride;
        let told = Tick(newest.0 - newest.0 % (G::Rules::TICKS_PER_SNAPSHOT * stride));
        if core.newest_tick() != Some(told) || told != newest {
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
