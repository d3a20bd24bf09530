//! Runs `capacity` as a user would, with numbers that take seconds: real servers, real sockets, no claim about what
//! holds.

use std::process::Command;

use serde_json::Value;

/// What it prints as JSON, and its words on stderr.
fn capacity(flags: &[&str]) -> (Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_capacity"));
    // The servers are in the same folder, so nothing needs to be built here.
    command.env_remove("CARGO").args(flags).arg("--json");
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    (serde_json::from_slice(&output.stdout).unwrap(), told)
}

fn number(value: &Value, pointer: &str) -> f64 {
    let number = value.pointer(pointer).and_then(Value::as_f64);
    number.unwrap_or_else(|| panic!("no number at {pointer} in {value}"))
}

#[test]
fn a_curve_has_a_point_for_each_number_with_what_it_cost_and_a_picture() {
    let folder = std::env::temp_dir().join(format!("tickwire-capacity-{}", std::process::id()));
    let plot = folder.to_str().unwrap();
    let flags = ["--games", "field,rooms", "--players", "8,16", "--no-search"];
    let (curves, told) = capacity(&[&flags[..], &["--seconds", "1", "--plot", plot]].concat());
    let svg = std::fs::read_to_string(folder.join("capacity.svg")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    for (curve, game) in ["field", "rooms"].into_iter().enumerate() {
        assert_eq!(curves[curve]["game"], game);
        for (point, players) in [8.0, 16.0].into_iter().enumerate() {
            let of = |figure: &str| number(&curves, &format!("/{curve}/points/{point}/{figure}"));
            assert_eq!((of("players"), of("refused")), (players, 0.0), "{curves}");
            for figure in [
                "bytes_per_snapshot",
                "gap_ms_p99",
                "resident_bytes",
                "server/ticks_per_s",
            ] {
                assert!(of(figure) > 0.0, "{figure} in {curves}");
            }
            let late = |part| of(&format!("server/tick_late_ms_{part}"));
            assert!(late("p50") <= late("p99") && late("p99") <= late("max"));
        }
        assert!(svg.contains(&format!("{game}: ")), "{svg}");
    }
    let lines = told.matches(" a core ").count();
    assert_eq!(lines, 4, "each try is told as it ends: {told}");
    // Sixteen see twice as many as eight in one field, and as many as eight in rooms of eight.
    let bytes = |at: &str| number(&curves, &format!("{at}/bytes_per_snapshot"));
    assert!(
        bytes("/0/points/1") > 1.3 * bytes("/0/points/0"),
        "{curves}"
    );
    assert!(
        bytes("/1/points/1") < 1.3 * bytes("/1/points/0"),
        "{curves}"
    );
}

#[test]
fn the_arena_is_a_game_of_sixty_ticks_and_thirty_snapshots() {
    let folder = std::env::temp_dir().join(format!("tickwire-arena-{}", std::process::id()));
    let plot = folder.to_str().unwrap();
    let flags = ["--games", "arena", "--players", "16", "--no-search"];
    let (curves, told) = capacity(&[&flags[..], &["--seconds", "1", "--plot", plot]].concat());
    std::fs::remove_dir_all(&folder).unwrap();
    let of = |figure: &str| number(&curves, &format!("/0/points/0/{figure}"));
    assert_eq!(of("refused"), 0.0, "{curves}");
    // Two rooms of eight. No claim is about how many of the ticks a busy machine gets done.
    let (ticks, snapshots) = (of("server/ticks_per_s"), of("snapshots_per_s_min"));
    assert!(ticks > 60.0 && ticks < 130.0, "{curves}");
    assert!(snapshots > 15.0 && snapshots < 33.0, "{curves}");
    let ratio = of("us_per_player_tick") * 60.0 / 1000.0 / of("ms_per_player_s");
    assert!((ratio - 1.0).abs() < 1e-6, "{curves}");
    assert!(told.contains("(60 a second)"), "{told}");
}

#[test]
fn a_search_ends_with_the_largest_number_that_held_or_none() {
    let folder = std::env::temp_dir().join(format!("tickwire-search-{}", std::process::id()));
    let plot = folder.to_str().unwrap();
    let flags = ["--games", "rooms", "--players", "8", "--quick"];
    let (curves, _) = capacity(&[&flags[..], &["--seconds", "1", "--plot", plot]].concat());
    std::fs::remove_dir_all(&folder).unwrap();
    let held = curves[0]["points"][0]["holds"] == true;
    let largest = if held { 8.0 } else { 0.0 };
    assert_eq!(number(&curves, "/0/largest"), largest, "{curves}");
}

#[test]
fn memory_is_told_per_client_of_each_kind() {
    let flags = [
        "memory",
        "--idle",
        "10,60",
        "--playing",
        "4,24",
        "--seconds",
        "1",
    ];
    let (memory, told) = capacity(&flags);
    assert_eq!(memory["idle"]["clients"], serde_json::json!([10, 60]));
    for kind in ["idle", "playing"] {
        assert!(number(&memory, &format!("/{kind}/resident_bytes/0")) > 0.0);
        number(&memory, &format!("/{kind}/bytes_per_client"));
    }
    assert!(told.contains("60 idle clients"), "{told}");
}

#[test]
fn rooms_with_bots_tick_sixty_times_a_second_and_say_how_late() {
    let flags = ["lateness", "--rooms", "3", "--seconds", "1"];
    let (lateness, told) = capacity(&flags);
    let ticks = number(&lateness, "/server/ticks_per_s");
    assert!(
        ticks > 30.0 && ticks < 200.0,
        "three rooms at sixty: {told}"
    );
    let late = |part| number(&lateness, &format!("/server/tick_late_ms_{part}"));
    assert!(late("p50") <= late("p99") && late("p99") <= late("max"));
    assert!(late("max") > 0.0);
}
