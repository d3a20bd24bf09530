//! `swarm`: many players on a Tickwire server, here or elsewhere, and what they get to see of it.
//!
//! In: flags. Out: progress on stderr, the figures on stdout, as text or as JSON.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Parser, ValueEnum};
use tickwire_arena::Arena;
use tickwire_benches::field::Field;
use tickwire_benches::load::{self, Cast, Decode, Millis, Outcome, Plan, Teller};
use tickwire_shared::rules::Rules;

/// Plays with many clients together and reports what each of them gets.
#[derive(Parser)]
struct Flags {
    /// WebSocket address of the server.
    #[arg(long, default_value = "ws://127.0.0.1:4188/ws")]
    url: String,
    /// The game to play.
    #[arg(long, value_enum, default_value = "field")]
    game: Game,
    /// Number of players.
    #[arg(long, default_value_t = 400)]
    players: usize,
    /// Number of rooms, filled one after the other; by default, players go wherever the server has a free seat.
    #[arg(long)]
    rooms: Option<usize>,
    /// Inputs per second from each player.
    #[arg(long, default_value_t = 20.0)]
    input_rate: f64,
    /// Seconds to measure once all players are in.
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Players that join per second.
    #[arg(long, default_value_t = 100.0)]
    joins_per_s: f64,
    /// Which clients decode snapshots; a client that does not decode costs the load little.
    #[arg(long, value_enum, default_value = "some")]
    decode: Decode,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Game {
    Field,
    Arena,
}

fn main() -> ExitCode {
    match run(&Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "swarm: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: &Flags) -> Result<()> {
    let (address, path) = address_and_path(&flags.url)?;
    if flags.players == 0 || !(flags.joins_per_s > 0.0 && flags.input_rate > 0.0) {
        bail!("players, joins per second and the input rate must be over 0");
    }
    let mut plan = Plan {
        address,
        path,
        matchmake: false,
        players: flags.players,
        joins_per_s: flags.joins_per_s,
        input_hz: flags.input_rate,
        snapshot_hz: match flags.game {
            Game::Field => snapshot_hz::<Field>(),
            Game::Arena => snapshot_hz::<Arena>(),
        },
        look: true,
        process: None,
        measure: Duration::from_secs_f64(flags.seconds),
        cast: cast(flags),
    };
    let mut teller = Teller::new(true);
    let outcome = load::run(&mut plan, |progress| teller.progress(progress))?;
    teller.end();
    let mut stdout = std::io::stdout();
    if flags.json {
        writeln!(stdout, "{}", serde_json::to_string(&outcome)?)?;
    } else {
        write!(stdout, "{}", words(&outcome))?;
    }
    Ok(())
}

fn snapshot_hz<R: Rules>() -> f64 {
    f64::from(R::TICK_RATE_HZ) / f64::from(R::TICKS_PER_SNAPSHOT)
}

/// Players fill one room after the other, so that the first rooms are complete while others still fill.
fn cast(flags: &Flags) -> Cast {
    let (game, decode) = (flags.game, flags.decode);
    let per_room = flags
        .rooms
        .map(|rooms| flags.players.div_ceil(rooms.max(1)));
    Box::new(move |client| {
        let room = per_room.map_or(String::new(), |seats| format!("swarm-{}", client / seats));
        match game {
            Game::Field => load::field(client, room, decode),
            Game::Arena => load::arena(client, room, decode),
        }
    })
}

fn address_and_path(url: &str) -> Result<(String, String)> {
    let Some(rest) = url.strip_prefix("ws://") else {
        bail!("`{url}` is not a ws:// address: TLS is a proxy's work, connect behind the proxy");
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, "ws"));
    // A port comes after the last colon, unless that colon is inside an IPv6 address.
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    Ok((address, format!("/{path}")))
}

fn words(outcome: &Outcome) -> String {
    let millis = |millis: &Millis| {
        format!(
            "p50 {:.1}  p99 {:.1}  p99.9 {:.1}  max {:.1} ms",
            millis.p50, millis.p99, millis.p999, millis.max
        )
    };
    let mut out = format!(
        "players            {} ({} late, {} with less than 95 % of their snapshots)\n\
         snapshots          {:.2} a second, {:.2} for the client with the fewest, over {:.1} s\n\
         gap                {}\n\
         input to snapshot  {}\n\
         load late          {}\n\
         bytes per client   {:.0} down, {:.0} up a second\n\
         seen               {:.1} entities\n\
         desyncs            {}\n\
         refused or lost    {}\n",
        outcome.players,
        outcome.clients_late,
        outcome.clients_starved,
        outcome.snapshots_per_s_mean,
        outcome.snapshots_per_s_min,
        outcome.seconds,
        millis(&outcome.gap_ms),
        millis(&outcome.input_ack_ms),
        millis(&outcome.load_late_ms),
        outcome.bytes_down_per_client_per_s,
        outcome.bytes_up_per_client_per_s,
        outcome.entities_seen_mean,
        outcome.desyncs,
        outcome.refused,
    );
    for (reason, count) in &outcome.refusals {
        out += &format!("  {count} x {reason}\n");
    }
    if let Some(server) = &outcome.server {
        out += &format!(
            "server             {:.0} % of a core, {:.1} MiB, ticks of {:.0} us, late by at most {:.2} ms (p50), {:.2} ms (p99), {:.2} ms\n",
            server.cpu * 100.0,
            server.resident_bytes / f64::from(1 << 20),
            server.tick_us_mean,
            server.tick_late_ms_p50,
            server.tick_late_ms_p99,
            server.tick_late_ms_max,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_with_and_without_port_and_path() {
        for (url, address, path) in [
            ("ws://127.0.0.1:4000/ws", "127.0.0.1:4000", "/ws"),
            ("ws://game.example", "game.example:80", "/ws"),
            ("ws://[::1]/a?b", "[::1]:80", "/a?b"),
        ] {
            let (host, way) = address_and_path(url).unwrap();
            assert_eq!((host.as_str(), way.as_str()), (address, path));
        }
        assert!(address_and_path("wss://game.example/ws").is_err());
    }
}
