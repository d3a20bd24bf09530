//! `side-by-side`: our server, the ones people would use instead, and a loop that only writes, all at the same work in
//! one run, each alone on one core. Finds how many players each of them can hold.
//!
//! In: flags. Out: progress on stderr, a table or JSON on stdout, a plot per game.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use tickwire_benches::contest::{
    Bout, Contestant, FrameSize, Game, PLAYER_TICK, Run, SearchFlags, compete, draw,
};
use tickwire_benches::load::Teller;

/// Measures our server, the peers and the limit at the same work.
#[derive(Parser)]
struct Flags {
    /// The games to play; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    games: Vec<Game>,
    /// The contestants; all by default. The limit writes frames of our size, so it runs after ours.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Contestant>,
    #[command(flatten)]
    search: SearchFlags,
    /// Directory for the plots.
    #[arg(long, default_value = "target/side-by-side")]
    plot: PathBuf,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// The order in which contestants run: ours first, because the limit and the floor need to know the size of our frames.
const ALL: [Contestant; 9] = [
    Contestant::Tickwire,
    Contestant::Limit,
    Contestant::Floor,
    Contestant::Ws,
    Contestant::Socketio,
    Contestant::Colyseus,
    Contestant::Bun,
    Contestant::Nengi,
    Contestant::ColyseusBun,
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
        flags.games = vec![Game::Field, Game::Interest, Game::Rooms, Game::Arena];
    }
    if flags.only.is_empty() {
        flags.only = ALL.to_vec();
    }
    flags.only.sort();
    let mut teller = Teller::new(false);
    for game in &flags.games {
        leave_out(*game, &flags.only, &mut teller);
    }
    let plays = |contestant: &Contestant| flags.games.iter().any(|game| contestant.plays(*game));
    flags.only.retain(plays);
    Bout::prepare(&root, &mut flags.only, &mut teller)?;
    let bout = flags.search.bout(&root);
    let mut runs: Vec<Run> = Vec::new();
    for game in &flags.games {
        for contestant in flags.only.iter().filter(|one| one.plays(*game)) {
            let ours = runs
                .iter()
                .find(|run| run.game == *game && run.contestant == Contestant::Tickwire);
            let frame = FrameSize::of(ours);
            runs.push(compete(&bout, *game, *contestant, frame, &mut teller)?);
        }
    }
    std::fs::create_dir_all(&flags.plot)?;
    for game in &flags.games {
        let file = flags.plot.join(format!("{}.svg", game.label()));
        draw(&file, *game, &runs)?;
        teller.say(&format!("plot: {}", file.display()));
    }
    let mut stdout = std::io::stdout();
    if flags.json {
        writeln!(stdout, "{}", serde_json::to_string(&runs)?)?;
    } else {
        write!(stdout, "{}", table(&runs))?;
    }
    Ok(())
}

/// Says who does not take part in `game`.
fn leave_out(game: Game, contestants: &[Contestant], teller: &mut Teller) {
    let without = contestants.iter().filter(|one| !one.plays(game));
    let names: Vec<&str> = without.map(|one| one.label()).collect();
    if !names.is_empty() {
        let (game, names) = (game.label(), names.join(", "));
        teller.say(&format!(
            "{game}: without {names}, which do not have this game"
        ));
    }
}

fn table(runs: &[Run]) -> String {
    let mut out = String::from(
        "| game | server | largest N | CPU per player and second there, ms | CPU per player-tick there, us | bytes per snapshot | RSS, MiB |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for run in runs {
        let at = run.points.iter().rfind(|point| point.holds);
        let cell = |value: Option<f64>, digits: usize| {
            value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
        };
        out += &format!(
            "| {} | {} | {} | {} | {} | {} | {} |\n",
            run.game.label(),
            run.contestant.label(),
            run.largest,
            cell(at.map(|point| point.ms_per_player_s), 2),
            cell(at.map(|point| point.us_per_player_tick), 1),
            cell(at.map(|point| point.bytes_per_snapshot), 0),
            cell(at.map(|point| point.resident_bytes / f64::from(1 << 20)), 1),
        );
    }
    out + "\n" + PLAYER_TICK + "\n"
}
