//! The proof that both ends move alike: a long pseudo-random run of the step, reduced to one number.
//!
//! In: a seed. Out: a hash of every bit of every float after every step. A native test compares it with [`TRACE_HASH`],
//! and so does the browser, in WASM.

use tickwire_shared::random::Random;
use tickwire_shared::rules::Input;
use xxhash_rust::xxh3::Xxh3;

use crate::components::Body;
use crate::input::ArenaInput;
use crate::map::ArenaMap;
use crate::step::step;

/// The result of [`trace_hash`]`(1, 100_000)`. It changes when the step or a map changes; then raise the arena's
/// [`REVISION`](tickwire_shared::rules::Rules::REVISION) as well.
pub const TRACE_HASH: u64 = 0x0bf3_aaef_697e_d7da;

/// Bodies in a trace, half of them on each map.
const BODIES: usize = 8;
/// On average, one tick in this many has new keys for a body.
const TICKS_PER_CHANGE: u64 = 12;
/// On average, one tick in this many is shorter than a tick, as in drawing.
const TICKS_PER_PART: u64 = 16;
/// On average, one tick in this many kills or revives a body.
const TICKS_PER_DEATH: u64 = 600;
const DT_S: f32 = 1.0 / 60.0;

/// Runs `steps` steps of a few bodies on each map with inputs drawn from `seed`, and hashes their floats.
pub fn trace_hash(seed: u64, steps: u32) -> u64 {
    let maps = ArenaMap::NAMES.map(ArenaMap::named);
    let mut random = Random(seed);
    let mut hash = Xxh3::new();
    let mut runners: [(Body, ArenaInput); BODIES] = Default::default();
    for (i, (body, _)) in runners.iter_mut().enumerate() {
        let spawns = &maps[i % maps.len()].spawns;
        (body.x, body.y) = spawns[random.below(spawns.len() as u64) as usize];
        body.alive = true;
    }
    for _ in 0..steps {
        let dt_s = if random.below(TICKS_PER_PART) == 0 {
            DT_S * random.fraction()
        } else {
            DT_S
        };
        for (i, (body, input)) in runners.iter_mut().enumerate() {
            if random.below(TICKS_PER_CHANGE) == 0 {
                *input = ArenaInput::sample(&mut random);
            }
            if random.below(TICKS_PER_DEATH) == 0 {
                body.alive = !body.alive;
            }
            step(body, input, &maps[i % maps.len()], dt_s);
            for float in [
                body.x,
                body.y,
                body.aim,
                body.vx,
                body.vy,
                body.dash_left_s,
                body.dash_wait_s,
                body.hands.rifle_wait_s,
                body.hands.reload_left_s,
                body.hands.rail_wait_s,
            ] {
                hash.update(&float.to_bits().to_le_bytes());
            }
        }
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trace_has_not_changed() {
        let hash = trace_hash(1, 100_000);
        assert_eq!(
            hash, TRACE_HASH,
            "the arena moves differently: {hash:#018x}. If that is on purpose, write this number into TRACE_HASH \
             and raise Arena::REVISION, so that old pages are told to reload"
        );
    }

    #[test]
    fn another_seed_or_length_gives_another_trace() {
        let hashes = [trace_hash(1, 100), trace_hash(2, 100), trace_hash(1, 101)];
        assert!(hashes[0] != hashes[1] && hashes[0] != hashes[2]);
        assert_eq!(hashes[0], trace_hash(1, 100));
    }
}
