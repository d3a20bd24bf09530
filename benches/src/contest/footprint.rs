//! Two figures of our server alone: the memory that one more client takes, and how late many small rooms tick.
//!
//! In: how many clients, and of which kind. Out: resident memory at two numbers of clients and the difference between
//! them; what the server's own histogram says about its ticks.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;
use tickwire_arena::Arena;
use tickwire_shared::rules::Rules;

use super::medians::middle_server;
use super::timer::TimerBeside;
use super::{HZ, Server, median};
use crate::field::ROOM_SEATS;
use crate::load::{self, Cast, Decode, Outcome, Plan, ServerFigures, Teller};

/// Seats in the rooms that memory is measured in.
const MEMORY_SEATS: u8 = 100;

/// What to measure for memory.
#[derive(Clone, Debug)]
pub struct MemoryPlan {
    /// Two numbers of clients that join and then neither send nor receive anything.
    pub idle: [usize; 2],
    /// Two numbers of clients that play.
    pub playing: [usize; 2],
    /// Seconds that the clients stay before memory is read: rings fill up, buffers find their size.
    pub seconds: f64,
    /// How often to repeat it; the figures are medians.
    pub repeat: usize,
}

/// The memory of one kind of client.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Footprint {
    /// The two numbers of clients.
    pub clients: [usize; 2],
    /// Resident memory of the whole process with each number, bytes.
    pub resident_bytes: [f64; 2],
    /// Memory that each further client takes, including its part of its room, bytes.
    pub bytes_per_client: f64,
}

impl Footprint {
    fn of(clients: [usize; 2], resident_bytes: [f64; 2]) -> Footprint {
        let [few, many] = clients;
        let [less, more] = resident_bytes;
        Footprint {
            clients,
            resident_bytes,
            bytes_per_client: (more - less) / (many as f64 - few as f64),
        }
    }
}

/// The memory that clients take.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Memory {
    /// A silent client in a room where nobody moves.
    pub idle: Footprint,
    /// One of a hundred in a room where all move.
    pub playing: Footprint,
}

/// Measures memory with a fresh server for each number of clients, in rooms of 100. The memory of the process without
/// clients does not count.
///
/// # Errors
/// A server does not start or does not let everybody in, or the system does not report memory.
pub fn memory(plan: &MemoryPlan, teller: &mut Teller) -> Result<Memory> {
    let mut measure = |clients: [usize; 2], idle: bool| -> Result<Footprint> {
        if clients[0] >= clients[1] {
            bail!("give two numbers of clients, the smaller first");
        }
        let mut resident_bytes = [0.0; 2];
        for (clients, bytes) in clients.iter().zip(&mut resident_bytes) {
            let mut runs = Vec::new();
            for _ in 0..plan.repeat.max(1) {
                runs.push(resident(*clients, idle, plan.seconds, teller)?);
            }
            *bytes = median(runs);
        }
        Ok(Footprint::of(clients, resident_bytes))
    };
    Ok(Memory {
        idle: measure(plan.idle, true)?,
        playing: measure(plan.playing, false)?,
    })
}

fn resident(clients: usize, idle: bool, seconds: f64, teller: &mut Teller) -> Result<f64> {
    let seats = MEMORY_SEATS.to_string();
    let mut flags = vec!["--rooms", "--seats", &seats];
    if idle {
        flags.push("--still");
    }
    let server = Server::ours(&flags)?;
    let cast: Cast = Box::new(move |client| {
        let room = format!("room-{}", client / usize::from(MEMORY_SEATS));
        if idle {
            load::idle(client, room)
        } else {
            load::field(client, room, Decode::None)
        }
    });
    let outcome = play(&server, clients, [HZ, HZ], seconds, cast, teller)?;
    let Some(process) = outcome.process else {
        bail!("this system does not report the memory of a process");
    };
    let kind = if idle { "idle" } else { "playing" };
    teller.say(&format!(
        "{clients:>5} {kind} clients: {:.1} MiB, {:.1} % of a core",
        process.resident_bytes / f64::from(1 << 20),
        process.cpu * 100.0
    ));
    Ok(process.resident_bytes)
}

/// The memory as a table.
pub fn memory_table(memory: &Memory) -> String {
    let mut out = String::from(
        "| client, in rooms of 100 | from | to | RSS then, MiB | RSS per client, KiB |\n\
         |---|---|---|---|---|\n",
    );
    for (kind, footprint) in [("idle", memory.idle), ("playing", memory.playing)] {
        let mib = footprint
            .resident_bytes
            .map(|bytes| bytes / f64::from(1 << 20));
        out += &format!(
            "| {kind} | {} | {} | {:.1} to {:.1} | {:.1} |\n",
            footprint.clients[0],
            footprint.clients[1],
            mib[0],
            mib[1],
            footprint.bytes_per_client / 1024.0
        );
    }
    out
}

/// What to measure for lateness.
#[derive(Clone, Debug)]
pub struct LatenessPlan {
    /// Number of rooms of the arena, each with 8 fighters, at 60 ticks a second.
    pub rooms: usize,
    /// How many of a room's 8 fighters are people with sockets, 1 to 8; the rest are the server's own bots.
    pub clients: usize,
    /// Length of the measurement, seconds.
    pub seconds: f64,
    /// How often to repeat it; the figures are medians.
    pub repeat: usize,
}

/// How late rooms ticked.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Lateness {
    /// Number of rooms.
    pub rooms: usize,
    /// People in each.
    pub clients: usize,
    /// What the server reports about its ticks.
    pub server: ServerFigures,
    /// How late a thread on the same core woke up in the same runs that did nothing else, p99.9, ms.
    pub bare_timer_ms_p999: f64,
}

/// Measures how late many rooms of 8 tick on one core.
///
/// # Errors
/// The server does not start, does not let everybody in, or does not report lateness.
pub fn lateness(plan: &LatenessPlan, teller: &mut Teller) -> Result<Lateness> {
    if !(1..=ROOM_SEATS).contains(&plan.clients) {
        bail!("1 to {ROOM_SEATS} clients a room: a room without any closes");
    }
    let (mut figures, mut bare_ms) = (Vec::new(), Vec::new());
    for _ in 0..plan.repeat.max(1) {
        let bots = ROOM_SEATS.to_string();
        let server = Server::ours(&["--arena-bots", &bots])?;
        let per_room = plan.clients;
        let cast: Cast = Box::new(move |client| {
            load::arena(client, format!("room-{}", client / per_room), Decode::None)
        });
        let snapshot_hz = f64::from(Arena::TICK_RATE_HZ) / f64::from(Arena::TICKS_PER_SNAPSHOT);
        let clients = plan.rooms * plan.clients;
        let timer = TimerBeside::start(plan.seconds)?;
        let outcome = play(
            &server,
            clients,
            [HZ, snapshot_hz],
            plan.seconds,
            cast,
            teller,
        )?;
        bare_ms.push(timer.p999_ms()?);
        let Some(server) = outcome.server else {
            bail!("the server does not report how late its ticks are");
        };
        teller.say(&lateness_words(plan.rooms, &server));
        figures.push(server);
    }
    match middle_server(figures) {
        Some(server) => Ok(Lateness {
            rooms: plan.rooms,
            clients: plan.clients,
            server,
            bare_timer_ms_p999: median(bare_ms),
        }),
        None => bail!("nothing was measured"),
    }
}

fn lateness_words(rooms: usize, server: &ServerFigures) -> String {
    format!(
        "{rooms} rooms: {:.0} ticks a second of {:.0} us, late by at most {:.2} ms (p50), {:.2} ms (p99), {:.2} ms (p99.9), {:.2} ms (max), \
         {:.0} % of a core",
        server.ticks_per_s,
        server.tick_us_mean,
        server.tick_late_ms_p50,
        server.tick_late_ms_p99,
        server.tick_late_ms_p999,
        server.tick_late_ms_max,
        server.cpu * 100.0,
    )
}

impl Lateness {
    /// The result in one line.
    pub fn words(&self) -> String {
        format!(
            "{}; a bare timer beside it {:.2} ms (p99.9)",
            lateness_words(self.rooms, &self.server),
            self.bare_timer_ms_p999
        )
    }
}

/// Plays with this many clients on a server of ours. All of them must get in.
pub(super) fn play(
    server: &Server,
    players: usize,
    [input_hz, snapshot_hz]: [f64; 2],
    seconds: f64,
    cast: Cast,
    teller: &mut Teller,
) -> Result<Outcome> {
    let mut plan = Plan {
        address: server.address.clone(),
        path: "/ws".to_owned(),
        matchmake: false,
        players,
        joins_per_s: 500.0,
        input_hz,
        snapshot_hz,
        look: true,
        process: Some(server.id()),
        measure: Duration::from_secs_f64(seconds),
        cast,
    };
    let outcome = load::run(&mut plan, |progress| teller.progress(progress))?;
    if outcome.refused > 0 {
        bail!("not everybody stayed: {:?}", outcome.refusals);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_process_takes_without_clients_does_not_count() {
        let footprint = Footprint::of([100, 500], [10e6, 14e6]);
        assert_eq!(footprint.bytes_per_client, 10e3);
        let memory = Memory {
            idle: footprint,
            playing: Footprint::of([100, 200], [1048576.0, 4194304.0]),
        };
        let table = memory_table(&memory);
        assert!(table.contains("| idle | 100 | 500 | 9.5 to 13.4 | 9.8 |"));
        assert!(table.contains("| playing | 100 | 200 | 1.0 to 4.0 | 30.7 |"));
    }

    #[test]
    fn a_room_without_people_is_not_asked_for() {
        let plan = LatenessPlan {
            rooms: 1,
            clients: 0,
            seconds: 1.0,
            repeat: 1,
        };
        assert!(lateness(&plan, &mut Teller::new(false)).is_err());
    }
}
