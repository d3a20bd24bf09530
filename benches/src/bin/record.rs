//! Records what a server sends to one client of a full arena, so that clients can be measured with it.
//!
//! In: flags. Out: a file of messages, beginning with the welcome. Each message is stored as its length, the number of
//! entities it changes (both u32, little endian), and its bytes. `demo-client/arena/bench/decode.mjs` reads it. Progress
//! goes to stderr.

#![allow(clippy::print_stderr, reason = "a tool speaks to its terminal")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use tickwire_benches::bandwidth::play::{Script, crowd};
use tickwire_benches::bandwidth::trace::Snapshot;
use tickwire_shared::replicate::Schema;
use tickwire_shared::snapshot::TableState;

/// Records what one client of a full arena is sent, message by message.
#[derive(Parser)]
struct Flags {
    /// The file to write.
    out: PathBuf,
    /// Number of people in the arena, including the client.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u8).range(2..=128))]
    players: u8,
    /// Seconds of play.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    let mut lab = crowd(Script {
        players: usize::from(flags.players) - 1,
        span: Duration::from_secs(flags.seconds),
        seed: flags.seed,
        idle: false,
    })?;
    // The client only watches; the others make the changes.
    let seat = lab.take_seat(None);
    let mut seat = seat.map_err(|refusal| anyhow::anyhow!("refused: {refusal:?}"))?;
    let schema = lab.room().schema().clone();
    let mut out = Vec::new();
    write(&mut out, &seat.welcome, 0)?;
    let (mut message, mut last) = (Vec::new(), None);
    let mut before: Vec<TableState> = Vec::new();
    let (mut messages, mut changed) = (0_u32, 0);
    let mut outcome = Ok(());
    lab.run(Duration::from_secs(flags.seconds), |lab| {
        let told = lab.room().last_snapshot();
        if outcome.is_err() || told == last {
            return;
        }
        last = told;
        message.clear();
        match seat.feed.write_message(&mut message) {
            Ok(true) => {}
            Ok(false) => return,
            Err(refusal) => {
                outcome = Err(anyhow::anyhow!("the client was closed: {refusal:?}"));
                return;
            }
        }
        let after = Snapshot::of(lab.room().room(), lab.room().schema()).quantised(&schema);
        let count = changes(&schema, &before, &after);
        before = after;
        (messages, changed) = (messages + 1, changed + count);
        outcome = write(&mut out, &message, count);
    });
    outcome?;
    ensure!(messages > 0, "the room sent nothing");
    eprintln!("{messages} snapshots, {changed} changed entities");
    std::fs::write(&flags.out, out).with_context(|| format!("writing {}", flags.out.display()))
}

fn write(out: &mut Vec<u8>, message: &[u8], changed: u32) -> Result<()> {
    out.extend(u32::try_from(message.len())?.to_le_bytes());
    out.extend(changed.to_le_bytes());
    out.extend(message);
    Ok(())
}

/// Entities that are new, are gone, or have a changed value.
fn changes(schema: &Schema, before: &[TableState], after: &[TableState]) -> u32 {
    let mut changed = std::collections::BTreeSet::new();
    for (place, (table, schema)) in after.iter().zip(&schema.tables).enumerate() {
        let width = schema.width();
        let known = before.get(place);
        let was = |id| {
            let known = known?;
            let row = known.ids.binary_search(&id).ok()?;
            known.values.get(row * width..(row + 1) * width)
        };
        for (row, id) in table.ids.iter().enumerate() {
            if was(*id) != table.values.get(row * width..(row + 1) * width) {
                changed.insert(*id);
            }
        }
        let ids = known.map(|known| known.ids.as_slice()).unwrap_or_default();
        changed.extend(ids.iter().filter(|id| table.ids.binary_search(id).is_err()));
    }
    changed.len() as u32
}
