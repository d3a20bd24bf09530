//! `capacity`: how many players our server holds on one core, and what a player costs it among few and among many. It
//! also measures the memory of a client, how late many small rooms tick, and what hostile company does.
//!
//! In: flags. Out: progress on stderr, a table or JSON on stdout, one plot of all games.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use tickwire_benches::contest::{
    Bout, Contestant, Curve, FrameSize, Game, LatenessPlan, MemoryPlan, SearchFlags, SiegePlan,
    bare_timer, compete, curve_table, draw_panels, lateness, memory, memory_table, siege,
};
use tickwire_benches::load::Teller;

/// Finds how many players our server holds on one core, and how the cost of each player grows.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Flags {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    curves: CurveFlags,
    /// Print one JSON object instead of a table.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum What {
    /// Measures the memory that one more client takes: idle, and playing in a room of 100.
    Memory(MemoryFlags),
    /// Measures how late rooms of 8 at 60 ticks a second begin their ticks.
    Lateness(LatenessFlags),
    /// Measures what floods of requests, sockets and rooms cost eight people who play, and whether memory comes back.
    Siege(SiegeFlags),
    /// Tells how late a thread wakes up 60 times a second that does nothing else, p99.9 in ms.
    #[command(hide = true)]
    Timer {
        /// Seconds to measure.
        #[arg(long, default_value_t = 20.0)]
        seconds: f64,
    },
}

#[derive(Args)]
struct CurveFlags {
    /// The games to play.
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["field", "interest", "rooms", "arena"])]
    games: Vec<Game>,
    #[command(flatten)]
    search: SearchFlags,
    /// Seconds to measure at each number; 6 by default, or 3 with --quick.
    #[arg(long)]
    seconds: Option<f64>,
    /// Directory for the plot.
    #[arg(long, default_value = "target/capacity")]
    plot: PathBuf,
}

#[derive(Args)]
struct MemoryFlags {
    /// Two numbers of idle clients; the result is the difference between them.
    #[arg(long, value_delimiter = ',', default_values_t = [1000, 5000])]
    idle: Vec<usize>,
    /// Two numbers of playing clients.
    #[arg(long, value_delimiter = ',', default_values_t = [100, 600])]
    playing: Vec<usize>,
    /// Seconds that the clients stay before memory is read.
    #[arg(long, default_value_t = 12.0)]
    seconds: f64,
    /// How often to repeat all of it; the figures are medians.
    #[arg(long, default_value_t = 1)]
    repeat: usize,
}

#[derive(Args)]
struct LatenessFlags {
    /// Number of rooms.
    #[arg(long, default_value_t = 200)]
    rooms: usize,
    /// How many of a room's 8 fighters are people with sockets; the rest are the server's bots.
    #[arg(long, default_value_t = 1)]
    clients: usize,
    /// Seconds to measure.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// How often to repeat all of it; the figures are medians.
    #[arg(long, default_value_t = 1)]
    repeat: usize,
}

#[derive(Args)]
struct SiegeFlags {
    /// Seconds to measure.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Runs without trouble, and with each kind of it.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// Waves of sockets, and sockets in each.
    #[arg(long, value_delimiter = ',', default_values_t = [6, 6000])]
    sockets: Vec<usize>,
    /// Waves of rooms, and rooms in each.
    #[arg(long, value_delimiter = ',', default_values_t = [5, 600])]
    rooms: Vec<usize>,
    /// Seconds after the last wave before memory is read.
    #[arg(long, default_value_t = 60.0)]
    rest: f64,
}

fn main() -> ExitCode {
    match run(Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "capacity: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: Flags) -> Result<()> {
    if let Some(What::Timer { seconds }) = flags.what {
        let late_ms = bare_timer(60.0, Duration::from_secs_f64(seconds));
        writeln!(std::io::stdout(), "{}", late_ms.p999)?;
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut teller = Teller::new(false);
    Bout::prepare(&root, &mut vec![Contestant::Tickwire], &mut teller)?;
    let out = match flags.what {
        None => {
            let curves = curves(&root, flags.curves, &mut teller)?;
            if flags.json {
                serde_json::to_string(&curves)? + "\n"
            } else {
                curve_table(&curves)
            }
        }
        Some(What::Memory(asked)) => {
            let plan = MemoryPlan {
                idle: two(&asked.idle)?,
                playing: two(&asked.playing)?,
                seconds: asked.seconds,
                repeat: asked.repeat,
            };
            let memory = memory(&plan, &mut teller)?;
            if flags.json {
                serde_json::to_string(&memory)? + "\n"
            } else {
                memory_table(&memory)
            }
        }
        Some(What::Lateness(asked)) => {
            let plan = LatenessPlan {
                rooms: asked.rooms,
                clients: asked.clients,
                seconds: asked.seconds,
                repeat: asked.repeat,
            };
            let lateness = lateness(&plan, &mut teller)?;
            if flags.json {
                serde_json::to_string(&lateness)? + "\n"
            } else {
                lateness.words() + "\n"
            }
        }
        Some(What::Timer { .. }) => return Ok(()),
        Some(What::Siege(asked)) => {
            let plan = SiegePlan {
                seconds: asked.seconds,
                repeat: asked.repeat,
                sockets: two(&asked.sockets)?,
                rooms: two(&asked.rooms)?,
                rest_s: asked.rest,
            };
            let siege = siege(&plan, &mut teller)?;
            if flags.json {
                serde_json::to_string(&siege)? + "\n"
            } else {
                siege.table()
            }
        }
    };
    std::io::stdout().write_all(out.as_bytes())?;
    Ok(())
}

fn curves(root: &Path, flags: CurveFlags, teller: &mut Teller) -> Result<Vec<Curve>> {
    let mut bout = flags.search.bout(root);
    bout.effort.seconds = flags.seconds.unwrap_or(bout.effort.seconds);
    let mut curves = Vec::new();
    for game in flags.games {
        let frame = FrameSize::default();
        let run = compete(&bout, game, Contestant::Tickwire, frame, teller)?;
        curves.push(Curve::of(run));
    }
    std::fs::create_dir_all(&flags.plot)?;
    let file = flags.plot.join("capacity.svg");
    draw_panels(&file, &curves)?;
    teller.say(&format!("plot: {}", file.display()));
    Ok(curves)
}

fn two(numbers: &[usize]) -> Result<[usize; 2]> {
    <[usize; 2]>::try_from(numbers)
        .map_err(|_| anyhow::anyhow!("give two numbers, such as 100,500"))
}
