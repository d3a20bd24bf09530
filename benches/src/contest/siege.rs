//! What hostile company costs eight people who play, and whether the memory that it took comes back.
//!
//! In: seconds, repeats. Out: the players' snapshot gaps and the server's own lateness, undisturbed and under each kind of
//! trouble, with the limits that every server has; resident memory before and after waves of sockets and rooms.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tickwire_arena::Arena;
use tickwire_shared::rules::Rules;
use tokio::task::JoinSet;

use super::footprint::play;
use super::{Server, median};
use crate::field::ROOM_SEATS;
use crate::load::{
    self, Cast, Decode, Flood, Outcome, Teller, Trouble, resident_bytes, upgraded_elsewhere, visit,
};

/// What to measure.
#[derive(Clone, Debug)]
pub struct SiegePlan {
    /// Length of each measurement, seconds.
    pub seconds: f64,
    /// Undisturbed runs, and runs with each kind of trouble.
    pub repeat: usize,
    /// Waves of sockets and of rooms, and how many of them a wave has.
    pub sockets: [usize; 2],
    /// See [`SiegePlan::sockets`].
    pub rooms: [usize; 2],
    /// How long after the last wave memory is read, seconds.
    pub rest_s: f64,
}

/// What eight players had under one kind of trouble: the median of the runs, and the worst of them.
#[derive(Clone, Debug, Serialize)]
pub struct Disturbed {
    /// The trouble.
    pub trouble: String,
    /// From one snapshot to the next, p99 over all players, ms.
    pub gap_ms_p99: [f64; 2],
    /// The longest gap, ms.
    pub gap_ms_max: [f64; 2],
    /// How late ticks began by the server's own clock, p99, ms.
    pub late_ms_p99: [f64; 2],
    /// How much trouble there was: requests, sockets, rooms, in all runs.
    pub done: u64,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Siege {
    /// First without trouble, then with each kind.
    pub runs: Vec<Disturbed>,
    /// Resident memory before the waves, after each of them, and after the rest, bytes.
    pub resident_bytes: Vec<f64>,
}

/// Lets eight people play among trouble, and then sends the waves.
///
/// # Errors
/// A server does not start, a player is thrown out, or the system does not report memory.
pub fn siege(plan: &SiegePlan, teller: &mut Teller) -> Result<Siege> {
    let mut runs = Vec::new();
    let troubles = [Trouble::Requests, Trouble::Silence, Trouble::Rooms];
    for trouble in [None].into_iter().chain(troubles.map(Some)) {
        runs.push(disturbed(plan, trouble, teller)?);
    }
    let resident_bytes = waves(plan, teller)?;
    Ok(Siege {
        runs,
        resident_bytes,
    })
}

fn disturbed(plan: &SiegePlan, trouble: Option<Trouble>, teller: &mut Teller) -> Result<Disturbed> {
    let (mut outcomes, mut done) = (Vec::new(), 0);
    for _ in 0..plan.repeat.max(1) {
        let server = Server::ours(&["--usual-limits"])?;
        let flood = trouble.map(|trouble| Flood::start(&server.address, trouble));
        let flood = flood.transpose()?;
        outcomes.push(eight(&server, plan.seconds, teller)?);
        done += flood.map_or(0, |flood| flood.done());
    }
    ensure!(trouble.is_none() || done > 0, "there was no trouble");
    let both = |figure: fn(&Outcome) -> f64| {
        let figures = outcomes.iter().map(figure).collect::<Vec<_>>();
        let worst = figures.iter().copied().fold(0.0, f64::max);
        [median(figures), worst]
    };
    let run = Disturbed {
        trouble: trouble.map_or("none", Trouble::label).to_owned(),
        gap_ms_p99: both(|outcome| outcome.gap_ms.p99),
        gap_ms_max: both(|outcome| outcome.gap_ms.max),
        late_ms_p99: both(|outcome| {
            let server = outcome.server.as_ref();
            server.map_or(f64::INFINITY, |server| server.tick_late_ms_p99)
        }),
        done,
    };
    teller.say(&run.row());
    Ok(run)
}

/// Eight people in one room of the arena. All of them must stay.
fn eight(server: &Server, seconds: f64, teller: &mut Teller) -> Result<Outcome> {
    let cast: Cast = Box::new(|client| load::arena(client, "quiet".to_owned(), Decode::All));
    let input_hz = f64::from(Arena::TICK_RATE_HZ);
    let rates_hz = [input_hz, input_hz / f64::from(Arena::TICKS_PER_SNAPSHOT)];
    play(server, ROOM_SEATS, rates_hz, seconds, cast, teller)
}

/// Resident memory before the waves, after each, and after the rest.
fn waves(plan: &SiegePlan, teller: &mut Teller) -> Result<Vec<f64>> {
    tickwire_server::raise_open_files();
    let server = Server::ours(&[])?;
    let address = server.address.parse().context("the server's address")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let look = || resident_bytes(server.id()).context("the system does not report memory");
    let mut resident = vec![look()?];
    let [socket_waves, sockets] = plan.sockets;
    let [room_waves, rooms] = plan.rooms;
    for _ in 0..socket_waves {
        runtime.block_on(open_sockets(address, sockets))?;
        resident.push(look()?);
    }
    for wave in 0..room_waves {
        runtime.block_on(open_rooms(address, rooms, wave))?;
        resident.push(look()?);
    }
    std::thread::sleep(Duration::from_secs_f64(plan.rest_s));
    resident.push(look()?);
    teller.say(&memory_words(&resident));
    Ok(resident)
}

/// Opens sockets, holds them all together for a second, and closes them.
async fn open_sockets(address: SocketAddr, count: usize) -> Result<()> {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(upgraded_elsewhere(address).await?);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(held);
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

/// Opens rooms, 50 at a time, and lets them end.
async fn open_rooms(address: SocketAddr, count: usize, wave: usize) -> Result<()> {
    let mut visits = JoinSet::new();
    for number in 0..count {
        visits.spawn(visit(address, format!("wave-{wave}-{number}")));
        if visits.len() >= 50 {
            visits.join_next().await.transpose()?.transpose()?;
        }
    }
    while visits.join_next().await.transpose()?.transpose()?.is_some() {}
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(())
}

fn memory_words(resident: &[f64]) -> String {
    let mib = resident.iter().map(|bytes| bytes / f64::from(1 << 20));
    let mib = mib.map(|mib| format!("{mib:.1}")).collect::<Vec<_>>();
    format!("resident, MiB: {}", mib.join(" "))
}

impl Disturbed {
    fn row(&self) -> String {
        let pair = |[middle, worst]: [f64; 2]| format!("{middle:.1} (worst {worst:.1})");
        format!(
            "| {} | {} | {} | {} | {} |",
            self.trouble,
            pair(self.gap_ms_p99),
            pair(self.gap_ms_max),
            pair(self.late_ms_p99),
            self.done
        )
    }
}

impl Siege {
    /// The result as a table and a line.
    pub fn table(&self) -> String {
        let mut out = String::from(
            "| trouble | gap p99, ms | longest gap, ms | ticks late p99, ms | how much |\n|---|---|---|---|---|\n",
        );
        for run in &self.runs {
            out += &run.row();
            out.push('\n');
        }
        out + "\n" + &memory_words(&self.resident_bytes) + "\n"
    }
}
