//! Runs `side-by-side` as a user would, with numbers that take seconds and without packages of others.

use std::process::Command;

#[test]
fn the_arena_has_ours_and_the_bare_loops_and_the_others_are_named() {
    let folder = std::env::temp_dir().join(format!("tickwire-sides-{}", std::process::id()));
    let output = Command::new(env!("CARGO_BIN_EXE_side-by-side"))
        // The servers are in the same folder, so nothing needs to be built here.
        .env_remove("CARGO")
        .args(["--games", "arena", "--only", "tickwire,limit,floor,ws,bun"])
        .args(["--players", "16", "--no-search", "--quick", "--json"])
        .args(["--plot", folder.to_str().unwrap()])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{told}");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(told.contains("arena: without ws, bun,"), "{told}");
    let runs: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<_> = runs.iter().map(|run| run["contestant"].clone()).collect();
    assert_eq!(names, ["tickwire", "limit", "floor"]);
    let bytes = |run: usize| {
        let bytes = &runs[run]["points"][0]["bytes_per_snapshot"];
        bytes.as_f64().unwrap()
    };
    // The loops write frames of our size.
    for run in [1, 2] {
        let (theirs, ours) = (bytes(run), bytes(0));
        assert!((theirs / ours - 1.0).abs() < 0.2, "{theirs} of {ours}");
    }
}
