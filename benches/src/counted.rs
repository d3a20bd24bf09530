//! Fixed cases whose machine instructions are counted. Unlike times, counts do not drift from run to run.
//!
//! In: a case's name. Out: nothing but the work, in `counted_part`, which is the only function that callgrind counts.
//! What comes before and between is not counted. `cargo xtask instructions` runs each case and compares it with
//! `benches/instructions.json`. Must not: take anything from the clock, the environment or the system's randomness.

use std::hint::black_box;

use tickwire_arena_server::ArenaGame;
use tickwire_room::{Game, Inbound};
use tickwire_shared::replicate::Schema;
use tickwire_shared::snapshot::{ChannelState, DeltaDecoder, DeltaEncoder, TableState};

use crate::bandwidth::trace::Snapshot;
use crate::crowd::CrowdOptions;
use crate::crowd::play::CrowdRoom;
use crate::field::{FieldGame, FieldOptions};
use crate::script::ScriptedRoom;

/// Number of rounds in which a case does its work.
pub const ROUNDS: u32 = 20;
const SEED: u64 = 7;

/// A name, and a function that gets to the point where the counted work begins.
pub type Case = (&'static str, fn() -> Box<dyn Counted>);

/// All cases, in the order in which data flows.
pub const CASES: [Case; 9] = [
    ("deliver-crowd-60", || Box::new(Delivery(crowd()))),
    ("tick-arena-8", || Box::new(Ticks::new(arena(8)))),
    ("tick-field-100", || Box::new(Ticks::new(field()))),
    ("tick-crowd-200", || {
        Box::new(Ticks::new(ScriptedRoom::crowd(
            CrowdOptions::of_players(200),
            SEED,
        )))
    }),
    ("message-crowd-60", || Box::new(Writing(crowd()))),
    ("encode-arena-16", || {
        Box::new(Encoding(Recorded::new(arena(16))))
    }),
    ("encode-field-100", || {
        Box::new(Encoding(Recorded::new(field())))
    }),
    ("decode-arena-16", || {
        Box::new(Decoding(Recorded::new(arena(16)).wound_back()))
    }),
    ("decode-field-100", || {
        Box::new(Decoding(Recorded::new(field()).wound_back()))
    }),
];

/// Work that comes in rounds.
pub trait Counted {
    /// Prepares a round; not counted.
    fn prepare(&mut self);
    /// Does the work of a round.
    fn work(&mut self);
    /// Checks the result after the last round.
    ///
    /// # Panics
    /// The work was not done.
    fn check(&mut self);
}

/// Runs a case. Returns false if there is no case of this name.
pub fn run(name: &str) -> bool {
    let Some((_, open)) = CASES.iter().find(|case| case.0 == name) else {
        return false;
    };
    let mut case = open();
    for _ in 0..ROUNDS {
        case.prepare();
        counted_part(case.as_mut());
    }
    case.check();
    true
}

/// The function that callgrind counts; it is found by its name.
#[inline(never)]
fn counted_part(case: &mut dyn Counted) {
    case.work();
    // With nothing after it, the call would become a jump, and this function would end before the work.
    black_box(case);
}

fn arena(players: u64) -> ScriptedRoom<ArenaGame> {
    ScriptedRoom::arena(players, SEED)
}

fn field() -> ScriptedRoom<FieldGame> {
    ScriptedRoom::field(FieldOptions::default(), 100, SEED)
}

fn crowd() -> CrowdRoom {
    CrowdRoom::open(CrowdOptions::of_players(60), SEED).expect("a crowd gathers")
}

/// Whole ticks of a pure room.
struct Ticks<G: Game> {
    scripted: ScriptedRoom<G>,
    inbox: Vec<Inbound<G::Rules>>,
}

impl<G: Game> Ticks<G> {
    fn new(scripted: ScriptedRoom<G>) -> Ticks<G> {
        Ticks {
            scripted,
            inbox: Vec::new(),
        }
    }
}

impl<G: Game> Counted for Ticks<G> {
    fn prepare(&mut self) {
        self.scripted.fill_inbox(&mut self.inbox);
    }
    fn work(&mut self) {
        self.scripted.room.tick(&mut self.inbox, &mut ());
    }
    fn check(&mut self) {
        self.scripted.check();
    }
}

/// Everybody's input, on its way into the room.
struct Delivery(CrowdRoom);

impl Counted for Delivery {
    fn prepare(&mut self) {
        self.0.play();
        self.0.write_messages().expect("nobody is closed");
        self.0.write();
    }
    fn work(&mut self) {
        self.0.deliver().expect("inputs are taken");
    }
    fn check(&mut self) {
        let cost = self.0.tick().expect("the crowd walks on");
        assert!(cost.bytes > 20.0, "{cost:?}");
    }
}

/// Everybody's message, on its way out of the room.
struct Writing(CrowdRoom);

impl Counted for Writing {
    fn prepare(&mut self) {
        self.0.write();
        self.0.deliver().expect("inputs are taken");
        self.0.play();
    }
    fn work(&mut self) {
        let (_, bytes) = self.0.write_messages().expect("nobody is closed");
        assert!(bytes > 20.0, "{bytes}");
    }
    fn check(&mut self) {
        self.prepare();
        self.work();
    }
}

/// Snapshots of a room as one channel, and how far one end of the codec has come.
struct Recorded {
    schema: Schema,
    rows: Vec<Vec<TableState>>,
    deltas: Vec<Vec<u8>>,
    state: ChannelState,
    encoder: DeltaEncoder,
    decoder: DeltaDecoder,
    next: usize,
}

impl Recorded {
    /// Both ends hold the first two snapshots, so the rows have motions.
    fn new<G: Game>(mut scripted: ScriptedRoom<G>) -> Recorded {
        let schema = scripted.room.schema().clone();
        let (mut rows, mut inbox) = (Vec::new(), Vec::new());
        while rows.len() < ROUNDS as usize + 2 {
            scripted.fill_inbox(&mut inbox);
            if scripted.room.tick(&mut inbox, &mut ()) {
                let snapshot = Snapshot::of(scripted.room.room(), &schema);
                rows.push(snapshot.quantised(&schema));
            }
        }
        let mut recorded = Recorded {
            state: ChannelState::empty(&schema),
            schema,
            rows,
            deltas: Vec::new(),
            encoder: DeltaEncoder::default(),
            decoder: DeltaDecoder::default(),
            next: 0,
        };
        recorded.encode();
        recorded.encode();
        recorded
    }

    fn encode(&mut self) {
        let mut delta = Vec::new();
        let rows = self.rows[self.next].iter().map(TableState::rows);
        let state = &mut self.state;
        self.encoder
            .encode(&self.schema, state, rows, &(), &mut (), &mut delta);
        self.deltas.push(delta);
        self.next += 1;
    }

    fn decode(&mut self) {
        let delta = &self.deltas[self.next];
        self.decoder
            .apply(&self.schema, &mut self.state, delta)
            .expect("what was encoded is decoded");
        self.next += 1;
    }

    /// Everything is encoded, and the reader has read the first two snapshots.
    fn wound_back(mut self) -> Recorded {
        while self.next < self.rows.len() {
            self.encode();
        }
        (self.state, self.next) = (ChannelState::empty(&self.schema), 0);
        self.decode();
        self.decode();
        self
    }

    fn check(&self) {
        let last = self.rows.last().expect("snapshots were recorded");
        for (held, recorded) in self.state.tables.iter().zip(last) {
            assert_eq!((&held.ids, &held.values), (&recorded.ids, &recorded.values));
        }
    }
}

struct Encoding(Recorded);

impl Counted for Encoding {
    fn prepare(&mut self) {}
    fn work(&mut self) {
        self.0.encode();
    }
    fn check(&mut self) {
        self.0.check();
    }
}

struct Decoding(Recorded);

impl Counted for Decoding {
    fn prepare(&mut self) {}
    fn work(&mut self) {
        self.0.decode();
    }
    fn check(&mut self) {
        self.0.check();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_does_its_work_and_no_other_name_is_a_case() {
        assert!(CASES.iter().all(|(name, _)| run(name)));
        assert!(!run("nothing"));
    }
}
