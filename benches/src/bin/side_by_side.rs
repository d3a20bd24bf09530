//! `side-by-side`: the same work done by our server, by what people would use instead, and by a loop that does nothing but
//! write, in one run, each alone on one core. Finds how many players each can hold.
//!
//! In: flags. Out: progress on stderr, a table or JSON on stdout, a plot per game.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tickwire_benches::contest::{
    Contestant, Effort, FrameSize, Game, Run, draw, largest, pin, prepare, try_out,
};

/// Measures our server, the peers and the limit at the same work.
#[derive(Parser)]
struct Flags {
    /// Which games; all otherwise.
    #[arg(long, value_enum, value_delimiter = ',')]
    games: Vec<Game>,
    /// Who takes part; all otherwise. The limit writes frames of our size, so it comes after ours.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Contestant>,
    /// Numbers of players to try before halving, ascending.
    #[arg(long, value_delimiter = ',', default_values_t = [100, 200, 400, 800, 1200, 1600, 2400, 3200, 4800, 6400])]
    players: Vec<usize>,
    /// Try the list alone, and each number of it whether the one before held or not: for curves.
    #[arg(long)]
    no_search: bool,
    /// A few seconds per number, and coarse numbers.
    #[arg(long)]
    quick: bool,
    /// Where the plots go.
    #[arg(long, default_value = "target/side-by-side")]
    plot: PathBuf,
    /// One object on stdout instead of a table.
    #[arg(long)]
    json: bool,
}

/// Contestants by what they are compared with: ours first, since the limit needs to know our frames.
const ALL: [Contestant; 5] = [
    Contestant::Tickwire,
    Contestant::Limit,
    Contestant::Ws,
    Contestant::Socketio,
    Contestant::Colyseus,
];

fn main() -> ExitCode {
    match run(Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "side-by-side: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut flags: Flags) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if flags.games.is_empty() {
        flags.games = vec![Game::Field, Game::Interest, Game::Rooms];
    }
    if flags.only.is_empty() {
        flags.only = ALL.to_vec();
    }
    flags.only.sort();
    flags.players.sort_unstable();
    let peers = flags
        .only
        .iter()
        .any(|who| !matches!(who, Contestant::Tickwire | Contestant::Limit));
    prepare(&root, peers)?;
    if !pin() {
        say("no taskset here: nothing is pinned, so servers and load disturb each other");
    }
    let mut runs: Vec<Run> = Vec::new();
    for game in &flags.games {
        for contestant in &flags.only {
            let ours = runs
                .iter()
                .find(|run| run.game == *game && run.contestant == Contestant::Tickwire);
            let frame = FrameSize::of(ours);
            runs.push(compete(&root, &flags, *game, *contestant, frame)?);
        }
    }
    std::fs::create_dir_all(&flags.plot)?;
    for game in &flags.games {
        let file = flags.plot.join(format!("{}.svg", game.label()));
        draw(&file, *game, &runs)?;
        say(&format!("plot: {}", file.display()));
    }
    let mut stdout = std::io::stdout();
    if flags.json {
        writeln!(stdout, "{}", serde_json::to_string(&runs)?)?;
    } else {
        write!(stdout, "{}", table(&runs))?;
    }
    Ok(())
}

fn compete(
    root: &Path,
    flags: &Flags,
    game: Game,
    contestant: Contestant,
    frame: FrameSize,
) -> Result<Run> {
    let effort = Effort {
        ladder: flags.players.clone(),
        close: if flags.quick { 0.15 } else { 0.05 },
        seconds: if flags.quick { 3.0 } else { 6.0 },
        joins_per_s: 500.0,
        multiple: 8,
        tries: if flags.quick { 1 } else { 2 },
    };
    let attempt = |players| {
        let point = try_out(root, game, contestant, players, frame, &effort, |_| {})?;
        say(&format!(
            "{:<9} {:<9} {players:>5} players: {}  {:3.0} % of a core  {:5.1} us a player-tick  {:6.0} bytes a snapshot  \
             at least {:4.1} snapshots/s  p99 gap {:5.1} ms  load late {:4.1} ms  {} refused",
            game.label(),
            contestant.label(),
            if point.holds { "holds " } else { "breaks" },
            point.cpu * 100.0,
            point.us_per_player_tick,
            point.bytes_per_snapshot,
            point.snapshots_per_s_min,
            point.gap_ms_p99,
            point.load_late_ms_p99,
            point.refused,
        ));
        Ok(point)
    };
    let (points, largest) = if flags.no_search {
        let points = effort
            .ladder
            .iter()
            .map(|players| attempt(*players))
            .collect::<Result<Vec<_>>>()?;
        let held = points.iter().rfind(|point| point.holds);
        let held = held.map_or(0, |point| point.players);
        (points, held)
    } else {
        largest(&effort, attempt)?
    };
    Ok(Run {
        game,
        contestant,
        points,
        largest,
    })
}

fn table(runs: &[Run]) -> String {
    let mut out = String::from(
        "| game | server | largest N | CPU per player-tick there, us | bytes per snapshot | RSS, MiB |\n\
         |---|---|---|---|---|---|\n",
    );
    for run in runs {
        let at = run.points.iter().rfind(|point| point.holds);
        let cell = |value: Option<f64>, digits: usize| {
            value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
        };
        out += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            run.game.label(),
            run.contestant.label(),
            run.largest,
            cell(at.map(|point| point.us_per_player_tick), 1),
            cell(at.map(|point| point.bytes_per_snapshot), 0),
            cell(at.map(|point| point.resident_bytes / f64::from(1 << 20)), 1),
        );
    }
    out
}

fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}
