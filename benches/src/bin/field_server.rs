//! Hosts `field`, the game for measuring, next to the arena, with limits that let one machine's load in.
//!
//! In: flags. Out: the address on stdout, the log on stderr. The server itself is the one that everybody gets.

use std::io::Write;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use clap::Parser;
use tickwire_arena_server::{ArenaGame, ArenaOptions};
use tickwire_benches::field::{FieldGame, FieldOptions, ROOM_SEATS};
use tickwire_benches::load::roomy;
use tickwire_server::{Limits, MetricsAccess, Server};
use tracing_subscriber::EnvFilter;

/// As in the program of every game.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Hosts `field`: one room in which everybody sees everybody move.
#[derive(Parser)]
struct Flags {
    /// Address to listen on; port 0 picks a free port.
    #[arg(long, default_value = "127.0.0.1:4188")]
    listen: SocketAddr,
    /// Show each player about 40 others instead of all.
    #[arg(long, conflicts_with = "rooms")]
    interest: bool,
    /// Open rooms of 8, or of `--seats`, instead of one room for all.
    #[arg(long)]
    rooms: bool,
    /// Seats in each of those rooms, 1 to 128.
    #[arg(long, default_value_t = ROOM_SEATS as u8, value_parser = clap::value_parser!(u8).range(1..=128))]
    seats: u8,
    /// Nobody moves in `field`, so there is never news: shows what idle clients cost.
    #[arg(long)]
    still: bool,
    /// Fill each arena with bots up to this many fighters; they make way for people.
    #[arg(long, default_value_t = 0)]
    arena_bots: u8,
    /// Keep the limits that every server has, instead of letting one machine's load in.
    #[arg(long)]
    usual_limits: bool,
    /// Number of expected players; with --interest it decides how far they see.
    #[arg(long, default_value_t = 1000)]
    players: usize,
    /// Number of simulation threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Number of threads for sockets.
    #[arg(long, default_value_t = 1)]
    io_threads: usize,
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .with_writer(std::io::stderr)
        .init();
    let runtime = tickwire_server::runtime(Some(flags.io_threads))?;
    runtime.block_on(serve(flags))
}

async fn serve(flags: Flags) -> Result<()> {
    let field = FieldOptions {
        seats: if flags.rooms {
            usize::from(flags.seats)
        } else {
            FieldOptions::default().seats
        },
        seen_of: flags.interest.then_some(flags.players),
        still: flags.still,
    };
    let arena = ArenaOptions {
        seats: flags.seats,
        bots: flags.arena_bots,
        ..ArenaOptions::default()
    };
    tickwire_server::raise_open_files();
    let listener = tickwire_server::listen(flags.listen)
        .await
        .with_context(|| format!("cannot listen on {}", flags.listen))?;
    let limits = match flags.usual_limits {
        true => Limits::default(),
        false => roomy(),
    };
    let server = Server::builder()
        .metrics(MetricsAccess::Everybody)
        .game_with::<FieldGame>(field)
        .game_with::<ArenaGame>(arena)
        .limits(limits)
        .threads(flags.threads)
        .build()?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", listener.local_addr()?)?;
    stdout.flush()?;
    let shutdown = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    server.serve(listener, shutdown).await;
    Ok(())
}
