//! Nobody honest is thrown out: clients, networks and servers that stand still for a while.
//!
//! `cases/stalls.tsv` says who stands still, for how long, and what an honest player must get.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_server::lab::Lab;
use tickwire_shared::close::{CloseReason, Retry};
use tickwire_shared::ids::PlayerId;

use crate::game::{CarnivalGame, Options};
use crate::walk;

type Carnival = CarnivalGame<60, 2>;

const CASES: &str = include_str!("../cases/stalls.tsv");
const PLAYERS: usize = 3;
/// The one who stands still, or whose network does.
const STALLED: usize = 1;
const STEP: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Client,
    Network { up: bool, down: bool },
    Server,
}

fn who(words: &str) -> Who {
    match words {
        "the client's process" => Who::Client,
        "the network, both ways" => Who::Network {
            up: true,
            down: true,
        },
        "the network, down only" => Who::Network {
            up: false,
            down: true,
        },
        "the network, up only" => Who::Network {
            up: true,
            down: false,
        },
        "the server's process" => Who::Server,
        other => panic!("who is {other}?"),
    }
}

/// Players who come back as the SDK does.
struct Room {
    lab: Lab<Carnival>,
    rng: Pcg64Mcg,
    /// Until when each cannot reach the server.
    cut_off: Vec<Duration>,
    closes: Vec<CloseReason>,
}

impl Room {
    fn new(seed: u64, players: usize) -> Room {
        let mut rng = Pcg64Mcg::seed_from_u64(seed);
        let mut lab = Lab::with_usual_grace(Options::default(), seed);
        for _ in 0..players {
            // The game refuses every 13th, who asks again.
            let _ = lab.add((rng.random_range(0..80), rng.random_range(0..20)), walk());
        }
        let mut room = Room {
            cut_off: vec![Duration::ZERO; players],
            closes: Vec::new(),
            lab,
            rng,
        };
        room.run(Duration::from_secs(3));
        assert!(room.seats().iter().all(Option::is_some));
        room
    }

    fn stall(&mut self, who: Who, index: usize, span: Duration) {
        let end = self.lab.now + span;
        let player = &mut self.lab.players[index];
        match who {
            Who::Client => player.stands_still_until = end,
            Who::Network { up, down } => {
                if up {
                    player.up.stall_until(end);
                }
                if down {
                    player.down.stall_until(end);
                }
            }
            Who::Server => return self.lab.stand_still_until(end),
        }
        self.cut_off[index] = self.cut_off[index].max(end);
    }

    fn seats(&self) -> Vec<Option<PlayerId>> {
        let players = self.lab.players.iter();
        players.map(|player| player.seated()).collect()
    }

    fn run(&mut self, span: Duration) {
        let end = self.lab.now + span;
        while self.lab.now < end {
            self.lab.run(STEP, |_| {});
            for index in 0..self.lab.players.len() {
                self.come_back(index);
            }
        }
    }

    fn come_back(&mut self, index: usize) {
        // It can neither hear that it was closed, nor connect.
        if self.lab.now < self.cut_off[index] {
            return;
        }
        let player = &mut self.lab.players[index];
        if let Some(refusal) = player.closed.take() {
            if refusal.reason != CloseReason::GameRefused {
                self.closes.push(refusal.reason);
                assert_ne!(refusal.reason.retry(), Retry::Never, "{refusal:?}");
            }
            player.core.handle_disconnected(refusal.reason.code());
            self.lab.disconnect(index);
        }
        let player = &self.lab.players[index];
        if player.seated().is_none() && !player.is_joining() && self.rng.random_bool(0.3) {
            self.lab.begin_connect(index).unwrap();
        }
    }
}

#[test]
fn whoever_stands_still_plays_on_in_the_same_seat() {
    let mut tried = 0;
    for line in CASES.lines().filter(|line| !line.starts_with('#')) {
        let [words, spans, _] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        for span in spans.split(' ') {
            let span = Duration::from_secs_f64(span.parse().unwrap());
            let mut room = Room::new(tried, PLAYERS);
            let seats = room.seats();
            room.stall(who(words), STALLED, span);
            room.run(span + Duration::from_secs(6));
            let case = format!("{words} for {span:?}: {:?}", room.closes);
            // Quiet for 30 s, and then away for 20 s at most.
            let kept = who(words) == Who::Server || span <= Duration::from_secs(45);
            match kept {
                true => assert_eq!(room.seats(), seats, "{case}"),
                false => assert!(room.seats().iter().all(Option::is_some), "{case}"),
            }
            if who(words) == Who::Server {
                assert_eq!(room.closes, [], "{case}");
            }
            let moves = room.lab.players.iter();
            assert!(moves.clone().all(|player| player.core.player().is_some()));
            tried += 1;
        }
    }
    assert_eq!(tried, 40);
}

/// Plays a room in which all kinds of stalls happen at any time, and gives the client-ticks played.
fn play_with_stalls(seed: u64, players: usize, seconds: u64) -> usize {
    let mut room = Room::new(seed, players);
    let seats = room.seats();
    let mut rng = Pcg64Mcg::seed_from_u64(seed ^ 0x5741);
    for _ in 0..seconds {
        room.run(Duration::from_secs(1));
        for index in 0..players {
            if room.lab.now < room.cut_off[index] + Duration::from_secs(8) || !rng.random_bool(0.05)
            {
                continue;
            }
            let who = match rng.random_range(0..4) {
                0 => Who::Client,
                1 => Who::Network {
                    up: true,
                    down: true,
                },
                2 => Who::Network {
                    up: true,
                    down: false,
                },
                _ => Who::Network {
                    up: false,
                    down: true,
                },
            };
            let span = 10_f64.powf(rng.random_range(-1.0..1.3));
            room.stall(who, index, Duration::from_secs_f64(span));
        }
        if rng.random_bool(0.01) {
            let span = rng.random_range(0.3..12.0);
            room.stall(Who::Server, 0, Duration::from_secs_f64(span));
        }
    }
    room.run(Duration::from_secs(40));
    assert_eq!(room.seats(), seats, "seed {seed}: {:?}", room.closes);
    players * seconds as usize * 60
}

#[test]
fn nobody_loses_a_seat_by_stalls_at_any_time() {
    let mut played = 0;
    for seed in 0.. {
        played += play_with_stalls(seed, 20, 60);
        if played >= 1_000_000 {
            break;
        }
    }
    println!("{played} client-ticks");
}
