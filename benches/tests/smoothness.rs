//! The smoothness bench is a measurement that can be repeated: one seed, one result.

use std::time::Duration;

use tickwire_benches::smoothness::freeze::{Frozen, interrupt};
use tickwire_benches::smoothness::play::{Script, play};
use tickwire_benches::smoothness::preset::PRESETS;
use tickwire_benches::smoothness::report::Row;

/// The figures of the link with stalls, jitter and a freeze; every other preset is less of the same.
fn figures(seed: u64) -> String {
    let script = Script {
        span: Duration::from_secs(5),
        seed,
        screen_hz: 60,
    };
    let preset = PRESETS.iter().find(|preset| preset.name == "bad-wifi");
    let preset = preset.expect("a preset with stalls");
    let record = play(preset, script, |_| {}).expect("nobody is lost");
    let frozen = interrupt(preset, script, Frozen::Link).expect("nobody is lost");
    Row::new(preset, &record, frozen, frozen).json().to_string()
}

#[test]
fn the_same_seed_gives_the_same_figures_to_the_last_digit() {
    let first = figures(7);
    assert_eq!(first, figures(7));
    assert_ne!(first, figures(8));
}
