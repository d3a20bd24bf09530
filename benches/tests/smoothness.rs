//! The smoothness bench is a measurement that can be repeated: one seed, one result.

use std::time::Duration;

use tickwire_benches::smoothness::freeze::{Aftermath, Frozen, interrupt};
use tickwire_benches::smoothness::play::{Script, play};
use tickwire_benches::smoothness::preset::PRESETS;
use tickwire_benches::smoothness::record::Record;

/// What all screens drew over a link with jitter, and after a freeze, which makes much of any small difference.
fn draw(seed: u64) -> (Record, Aftermath) {
    let script = Script {
        span: Duration::from_secs(5),
        seed,
        screen_hz: 60,
    };
    let preset = PRESETS.iter().find(|preset| preset.name == "4g");
    let preset = preset.expect("a preset with jitter");
    let record = play(preset, script, |_| {}).expect("nobody is lost");
    let frozen = interrupt(preset, script, Frozen::Link).expect("nobody is lost");
    (record, frozen)
}

#[test]
fn the_same_seed_draws_the_same_to_the_last_digit() {
    let first = draw(7);
    for _ in 0..3 {
        assert!(first == draw(7), "something but the seed decides");
    }
    assert!(first != draw(8), "the seed decides nothing");
}
