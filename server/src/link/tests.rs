//! What descriptions mean, which ones are refused and in which words, and what a way promises about arrivals.

use proptest::prelude::*;

use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn spec(text: &str) -> LinkSpec {
    text.parse().expect("a link")
}

#[test]
fn a_full_description_says_everything() {
    let link = spec("  80ms KBPS 512 stall 0.3s  every 5S jitter 20.5ms");
    assert_eq!(link.round_trip, ms(80));
    assert_eq!(link.jitter, Duration::from_micros(20_500));
    let (length, every) = (ms(300), ms(5_000));
    assert_eq!(link.stall, Some(Stall { length, every }));
    assert_eq!(link.kbps, Some(512));
    let text = "80ms jitter 20.500ms stall 300ms every 5s kbps 512";
    assert_eq!(link.to_string(), text);
}

#[test]
fn presets_and_none_have_names() {
    for (name, meaning) in LinkSpec::PRESETS {
        assert_eq!(spec(name), spec(meaning));
        assert_eq!(spec(name).to_string(), meaning);
        assert_eq!(spec(&name.to_uppercase()), spec(meaning));
        assert!(!spec(name).is_none());
        let listed = LinkError::Word(String::new()).to_string();
        assert!(listed.contains(name), "{listed}");
    }
    assert!(spec("none").is_none());
    assert!(spec("0ms").is_none());
    assert_eq!(LinkSpec::default().to_string(), "none");
    assert_eq!(spec("jitter 5ms").round_trip, Duration::ZERO);
}

#[test]
fn a_wrong_description_is_refused_with_its_word_and_an_example() {
    for (text, word) in [
        ("", "\"\""),
        ("fast", "\"fast\""),
        ("80", "\"80\""),
        ("80 ms", "\"80\""),
        ("80ms wobble 3ms", "\"wobble\""),
        ("80ms 20ms", "\"20ms\""),
        ("3s", "\"3s\""),
        ("99999999999999999999999999s", "the round trip"),
        ("80ms jitter", "jitter"),
        ("80ms jitter 1e3ms", "\"1e3ms\""),
        ("80ms jitter -1ms", "\"-1ms\""),
        ("80ms jitter 1.2.3ms", "\"1.2.3ms\""),
        ("80ms jitter ms", "\"ms\""),
        ("80ms jitter 1001ms", "\"1001ms\""),
        ("80ms jitter 1ms jitter 2ms", "\"jitter\" comes twice"),
        ("80ms stall 300ms", "belong together"),
        ("80ms every 5s", "belong together"),
        ("80ms stall 11s every 20s", "\"11s\""),
        ("80ms stall 5s every 5s", "must be longer"),
        ("80ms kbps 7", "\"7\""),
        ("80ms kbps 1000001", "\"1000001\""),
        ("80ms kbps fast", "\"fast\""),
    ] {
        let error = text.parse::<LinkSpec>().expect_err(text).to_string();
        assert!(error.contains(word), "{text}: {error}");
        assert!(error.contains(EXAMPLE), "{text}: {error}");
        assert_eq!(error.lines().count(), 1, "{text}: {error}");
    }
}

#[test]
fn half_the_round_trip_is_on_each_way() {
    let mut way = Way::new(&spec("80ms"), 1);
    assert_eq!(way.arrival(ms(5), 100), ms(45));
}

#[test]
fn a_slow_way_sends_one_message_after_the_other() {
    // 80 kilobits per second: 10 bytes per millisecond.
    let mut way = Way::new(&spec("20ms kbps 80"), 1);
    assert_eq!(way.arrival(ms(0), 100), ms(20));
    assert_eq!(way.arrival(ms(0), 50), ms(25));
    assert_eq!(way.arrival(ms(100), 10), ms(111));
}

#[test]
fn the_queue_of_a_slow_way_is_short_and_has_room_again_when_half_is_gone() {
    let mut way = Way::new(&spec("kbps 80"), 1);
    let room = way.room(ms(0));
    assert_eq!(room, 2_000, "200 ms at 10 bytes per millisecond");
    way.arrival(ms(0), room);
    assert_eq!(way.room_from(), ms(100));
    assert_eq!((way.room(ms(99)), way.room(ms(100))), (0, 1_000));
    assert_eq!(Way::new(&spec("80ms"), 1).room(ms(0)), usize::MAX);
}

#[test]
fn a_stall_holds_everything_up_and_delivers_it_together() {
    let mut way = Way::new(&spec("20ms stall 300ms every 1s"), 1);
    assert_eq!(way.arrival(ms(0), 10), ms(10), "no stall at the start");
    assert_eq!(way.arrival(ms(985), 10), ms(995));
    for sent in [990, 1_100, 1_289] {
        assert_eq!(way.arrival(ms(sent), 10), ms(1_300));
    }
    assert_eq!(way.arrival(ms(1_291), 10), ms(1_301));
    assert_eq!(way.arrival(ms(2_000), 10), ms(2_300));
}

#[test]
fn a_link_that_gets_better_does_not_overtake_what_is_under_way() {
    let mut way = Way::new(&spec("2s"), 1);
    assert_eq!(way.arrival(ms(0), 10), ms(1_000));
    way.set(&LinkSpec::default());
    assert_eq!(way.arrival(ms(10), 10), ms(1_000));
    assert_eq!(way.arrival(ms(1_200), 10), ms(1_200));
}

fn any_spec() -> impl Strategy<Value = LinkSpec> {
    let stall = (1..=10_000_000u64, 1..=10_000_000u64).prop_map(|(length_us, more_us)| Stall {
        length: Duration::from_micros(length_us),
        every: Duration::from_micros(length_us + more_us),
    });
    let stall = proptest::option::of(stall);
    let kbps = proptest::option::of(KBPS_MIN..=KBPS_MAX);
    (0..=2_000_000u64, 0..=1_000_000u64, stall, kbps).prop_map(
        |(round_trip_us, jitter_us, stall, kbps)| LinkSpec {
            round_trip: Duration::from_micros(round_trip_us),
            jitter: Duration::from_micros(jitter_us),
            stall,
            kbps,
        },
    )
}

/// When messages are handed over, and how many bytes each one has.
fn any_traffic() -> impl Strategy<Value = Vec<(Duration, usize)>> {
    proptest::collection::vec((0..200_000u64, 0..5_000usize), 1..100).prop_map(|gaps| {
        let mut now = Duration::ZERO;
        let moment = |(gap_us, bytes)| {
            now += Duration::from_micros(gap_us);
            (now, bytes)
        };
        gaps.into_iter().map(moment).collect()
    })
}

proptest! {
    #[test]
    fn every_link_can_be_written_and_read(link in any_spec()) {
        prop_assert_eq!(link.to_string().parse::<LinkSpec>(), Ok(link));
    }

    #[test]
    fn no_text_is_too_odd_to_be_refused(text in ".{0,60}") {
        let _ = text.parse::<LinkSpec>();
    }

    #[test]
    fn order_and_the_least_delay_are_kept_whatever_the_link(
        before in any_spec(), after in any_spec(), traffic in any_traffic(), seed: u64,
    ) {
        let mut way = Way::new(&before, seed);
        let (mut last, mut link) = (Duration::ZERO, before);
        for (index, (now, bytes)) in traffic.iter().enumerate() {
            if index == traffic.len() / 2 {
                way.set(&after);
                link = after;
            }
            let arrival = way.arrival(*now, *bytes);
            prop_assert!(arrival >= last);
            prop_assert!(arrival >= *now + link.round_trip / 2);
            last = arrival;
        }
    }

    #[test]
    fn an_undisturbed_link_takes_no_longer_than_it_says(
        link in any_spec(), traffic in any_traffic(), seed: u64,
    ) {
        let link = LinkSpec { stall: None, kbps: None, ..link };
        let mut way = Way::new(&link, seed);
        let mut held = Duration::ZERO;
        for (now, bytes) in traffic {
            let arrival = way.arrival(now, bytes);
            // Nothing overtakes: bytes behind late ones are as late as those.
            held = held.max(now + link.round_trip / 2 + link.jitter);
            prop_assert!(arrival <= held);
        }
    }

    #[test]
    fn nothing_arrives_in_a_stall(link in any_spec(), traffic in any_traffic(), seed: u64) {
        let mut way = Way::new(&link, seed);
        for (now, bytes) in traffic {
            let arrival = way.arrival(now, bytes);
            if let Some(Stall { length, every }) = link.stall {
                let into_ns = arrival.as_nanos() % every.as_nanos();
                prop_assert!(arrival < every || into_ns >= length.as_nanos());
            }
        }
    }

    #[test]
    fn a_way_carries_no_more_than_its_kbps(
        kbps in KBPS_MIN..=KBPS_MAX, traffic in any_traffic(), seed: u64,
    ) {
        let mut way = Way::new(&LinkSpec { kbps: Some(kbps), ..LinkSpec::default() }, seed);
        let (mut bits, mut last) = (0u128, Duration::ZERO);
        for (now, bytes) in traffic {
            bits += bytes as u128 * 8;
            last = way.arrival(now, bytes);
        }
        prop_assert!(bits * 1_000 <= last.as_micros() * u128::from(kbps));
    }

    #[test]
    fn the_same_seed_is_the_same_link(link in any_spec(), traffic in any_traffic(), seed: u64) {
        let run = || {
            let mut way = Way::new(&link, seed);
            let arrivals = traffic.iter().map(|(now, bytes)| way.arrival(*now, *bytes));
            arrivals.collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
