//! The smoothness bench is a measurement that can be repeated: one seed, one result.

use std::time::Duration;

use tickwire_benches::smoothness::freeze::{Frozen, interrupt};
use tickwire_benches::smoothness::play::{Script, play};
use tickwire_benches::smoothness::preset::PRESETS;
use tickwire_benches::smoothness::report::{Report, Row};
use tickwire_benches::smoothness::shots;

fn report(seed: u64) -> String {
    let script = Script {
        span: Duration::from_secs(5),
        seed,
        screen_hz: 60,
    };
    let rows = PRESETS.iter().map(|preset| {
        let record = play(preset, script, |_| {}).unwrap();
        let [link, tab] =
            [Frozen::Link, Frozen::Tab].map(|frozen| interrupt(preset, script, frozen).unwrap());
        Row::new(preset, &record, link, tab)
    });
    let report = Report {
        rows: rows.collect(),
        shots: shots::judge(seed).unwrap(),
    };
    report.json().to_string()
}

#[test]
fn the_same_seed_gives_the_same_figures_to_the_last_digit() {
    let first = report(7);
    assert_eq!(first, report(7));
    assert_ne!(first, report(8));
}
