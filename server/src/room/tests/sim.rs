//! A room, its clients and their links in virtual time, one millisecond at a time.
//!
//! In: a seed, links, what players do. Out: the room and the clients, to be looked at after every millisecond.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_arena::{Arena, ArenaInput};
use tickwire_shared::client::{Client, ClientEvent, Destination};
use tickwire_shared::close::Refusal;
use tickwire_shared::ids::{ChannelId, ResumeToken, Tick};
use tickwire_shared::rules::Rules;

use crate::arena::{ArenaGame, ArenaOptions};
use crate::metrics::Metrics;
use crate::room::RoomConfig;
use crate::room::hosted::{HostedRoom, RoomSetup};
use crate::room::inbox::ClientId;
use crate::room::mailbox::RoomPort;
use crate::room::seat::{Delivery, Seat};
use crate::scheduler::{Tickable, Verdict};

pub(super) const FRAME: Duration = Duration::from_millis(16);

/// One way of a link: bytes keep their order, and a stall holds up all that follows.
#[derive(Default)]
pub(super) struct Way {
    pub(super) latency: Duration,
    pub(super) jitter: Duration,
    pub(super) on_the_way: VecDeque<(Duration, Vec<u8>)>,
    /// Nothing arrives before this.
    pub(super) stalled_until: Duration,
}

impl Way {
    pub(super) fn send(&mut self, now: Duration, rng: &mut Pcg64Mcg, bytes: Vec<u8>) {
        let jitter = self.jitter.mul_f64(rng.random_range(0.0..1.0));
        let last = self.on_the_way.back().map_or(Duration::ZERO, |(at, _)| *at);
        self.on_the_way
            .push_back(((now + self.latency + jitter).max(last), bytes));
    }

    pub(super) fn arrived(&mut self, now: Duration) -> Option<Vec<u8>> {
        if now < self.stalled_until {
            return None;
        }
        self.on_the_way
            .front()
            .is_some_and(|(at, _)| *at <= now)
            .then(|| self.on_the_way.pop_front())?
            .map(|sent| sent.1)
    }
}

pub(super) struct Player {
    pub(super) core: Client<Arena>,
    pub(super) seat: Option<Seat>,
    pub(super) up: Way,
    pub(super) down: Way,
    /// Its socket is read: otherwise the writer is stuck and takes nothing from the feed.
    pub(super) reads: bool,
    pub(super) closed: Option<Refusal>,
    pub(super) events: Vec<ClientEvent<<Arena as Rules>::Event>>,
    pub(super) play: fn(&mut Pcg64Mcg, Duration) -> ArenaInput,
}

pub(super) struct Sim {
    pub(super) start: Instant,
    pub(super) now: Duration,
    pub(super) next_tick: Duration,
    pub(super) next_client: u64,
    pub(super) rng: Pcg64Mcg,
    pub(super) room: HostedRoom<ArenaGame>,
    pub(super) port: Arc<dyn RoomPort>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) players: Vec<Player>,
    pub(super) verdict: Verdict,
}

pub(super) fn wander(rng: &mut Pcg64Mcg, now: Duration) -> ArenaInput {
    // A new direction every half second, the same for the whole of it.
    let turn = now.as_millis() / 500;
    let aim = rng.random_range(-3.0..3.0);
    ArenaInput {
        right: (turn * 7 % 3) as i8 - 1,
        down: (turn * 5 % 3) as i8 - 1,
        aim,
        ..ArenaInput::default()
    }
}

impl Sim {
    pub(super) fn new(seed: u64, bots: u8) -> Sim {
        let metrics = Arc::new(Metrics::default());
        let start = Instant::now();
        let (room, port) = HostedRoom::open(RoomSetup {
            name: "test".into(),
            options: ArenaOptions {
                bots,
                ..ArenaOptions::default()
            },
            config: RoomConfig {
                seed,
                grace_ticks: 600,
                chat_lines: 5,
                chat_span_ticks: 600,
            },
            metrics: metrics.clone(),
            on_close: Box::new(|| {}),
        });
        Sim {
            start,
            now: Duration::ZERO,
            next_tick: Duration::ZERO,
            next_client: 1,
            rng: Pcg64Mcg::seed_from_u64(seed),
            room,
            port,
            metrics,
            players: Vec::new(),
            verdict: Verdict::Continue,
        }
    }

    pub(super) fn add(&mut self, latency_ms: u64, jitter_ms: u64) -> usize {
        let way = || Way {
            latency: Duration::from_millis(latency_ms),
            jitter: Duration::from_millis(jitter_ms),
            on_the_way: VecDeque::new(),
            stalled_until: Duration::ZERO,
        };
        let name = format!("player {}", self.players.len());
        let core = Client::new(Destination {
            room: "test".into(),
            create: true,
            name,
        });
        self.players.push(Player {
            core,
            seat: None,
            up: way(),
            down: way(),
            reads: true,
            closed: None,
            events: Vec::new(),
            play: wander,
        });
        let index = self.players.len() - 1;
        self.connect(index).unwrap();
        index
    }

    /// Joins with whatever token the core has.
    pub(super) fn connect(&mut self, index: usize) -> Result<(), Refusal> {
        let client = ClientId(self.next_client);
        self.next_client += 1;
        let resume = self.players[index].core.resume_token();
        let mut answer = self.join(client, resume);
        self.run(Duration::from_millis(20), |_| {});
        let seat = answer.try_recv().unwrap()?;
        let now = self.now;
        let player = &mut self.players[index];
        player.core.handle_connected();
        // The net layer has read the hello already.
        let hello = player.core.poll_transmit(now);
        assert!(hello.is_some());
        player.down.send(now, &mut self.rng, seat.welcome.clone());
        (player.seat, player.closed) = (Some(seat), None);
        Ok(())
    }

    pub(super) fn join(
        &mut self,
        client: ClientId,
        resume: Option<ResumeToken>,
    ) -> crate::room::mailbox::SeatReply {
        self.port
            .join(format!("p{}", client.0), resume, client)
            .unwrap()
    }

    pub(super) fn disconnect(&mut self, index: usize) {
        let player = &mut self.players[index];
        player.seat = None;
        player.up.on_the_way.clear();
        player.down.on_the_way.clear();
        player.core.handle_disconnected(1006);
    }

    /// Plays on for `span`; `each` looks at the room after every millisecond.
    pub(super) fn run(&mut self, span: Duration, mut each: impl FnMut(&mut Sim)) {
        let end = self.now + span;
        while self.now < end && self.verdict == Verdict::Continue {
            self.now += Duration::from_millis(1);
            if self.now >= self.next_tick {
                let due = self.start + self.next_tick;
                self.verdict = self.room.tick(due);
                self.next_tick += self.room.period();
                self.feed();
            }
            for index in 0..self.players.len() {
                self.play(index);
            }
            each(self);
        }
    }

    pub(super) fn feed(&mut self) {
        for player in &mut self.players {
            let Some(seat) = player.seat.as_mut().filter(|_| player.reads) else {
                continue;
            };
            let mut message = Vec::new();
            match seat.feed.assemble(&mut message) {
                Ok(true) => player.down.send(self.now, &mut self.rng, message),
                Ok(false) => {}
                Err(refusal) => (player.closed, player.seat) = (Some(refusal), None),
            }
        }
    }

    pub(super) fn play(&mut self, index: usize) {
        let (now, at) = (self.now, self.start + self.now);
        let player = &mut self.players[index];
        while let Some(bytes) = player.down.arrived(now) {
            player.core.handle_bytes(now, &bytes);
        }
        while let Some(bytes) = player.up.arrived(now) {
            let Some(seat) = &player.seat else { continue };
            match seat.port.deliver_at(at, &bytes).unwrap() {
                Delivery::Reply(bytes) => player.down.send(now, &mut self.rng, bytes),
                Delivery::Taken => {}
                Delivery::Goodbye => player.seat = None,
            }
        }
        if now.as_millis() % FRAME.as_millis() == 0 {
            player.core.set_input((player.play)(&mut self.rng, now));
            player.core.update(now);
            player.core.view(now);
            while let Some(bytes) = player.core.poll_transmit(now) {
                player.up.send(now, &mut self.rng, bytes);
            }
            player
                .events
                .extend(std::iter::from_fn(|| player.core.poll_event()));
        }
    }

    /// True when the player's newest snapshot is the server's newest; then they must be equal.
    pub(super) fn assert_same_when_current(&self, index: usize) -> bool {
        let (room, core) = (self.room.core_for_tests(), &self.players[index].core);
        let last = room.room().tick().minus(1);
        let newest = Tick(last.0 / Arena::TICKS_PER_SNAPSHOT * Arena::TICKS_PER_SNAPSHOT);
        if core.newest_tick() != Some(newest) {
            return false;
        }
        let stride = core.stats(self.now).stride;
        let seen = room.seen_by(core.player().unwrap());
        let held = core.channels().filter(|channel| *channel != ChannelId::OWN);
        assert!(
            held.eq(seen.iter().copied()),
            "player {index} at {newest:?} holds what it sees"
        );
        for channel in seen {
            let state = core.heard(*channel).map(|(_, state)| state);
            assert_eq!(
                state,
                room.channel_state(*channel, stride),
                "player {index} at {newest:?} in {channel:?}"
            );
        }
        true
    }
}
