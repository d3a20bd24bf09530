//! The counted bytes as tables for a person and as JSON for a program.
//!
//! In: one arena that was played and one that idled. Out: bytes per client per second by kind, component and field,
//! what other steps would cost, and what other formats would have sent. Every table head has its unit.

use std::fmt::{Display, Formatter};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::play::Played;
use super::rivals::Rivals;
use super::trace::{Cost, with_step};

/// Target: at most this many bytes per moving player per snapshot.
const MOVING_TARGET: f64 = 2.0;
/// Target: at most this many bytes per client per second in an idle arena.
const IDLE_TARGET: f64 = 100.0;
/// The component whose rows move.
const MOVER: &str = "Body";

/// One field of one component.
#[derive(Clone, Debug)]
struct Field {
    component: &'static str,
    field: &'static str,
    /// Bytes per client per second.
    bytes_per_s: f64,
    /// How much the whole table would change if this field had half, or double, its step; bytes per client per second.
    half_step: Option<f64>,
    double_step: Option<f64>,
}

/// All figures.
#[derive(Clone, Debug)]
pub struct Report {
    players: usize,
    seconds: f64,
    snapshots: usize,
    /// Bytes per client per second, by purpose.
    kinds: Vec<(&'static str, f64)>,
    idle_kinds: Vec<(&'static str, f64)>,
    bytes_per_s: f64,
    idle_bytes_per_s: f64,
    header_share: f64,
    moving_bytes: f64,
    moving_rows: f64,
    /// Name, whole table, new rows, places; bytes per client per second.
    components: Vec<(&'static str, f64, f64, f64)>,
    fields: Vec<Field>,
    rivals: Vec<(&'static str, f64)>,
}

impl Report {
    /// Computes the figures.
    ///
    /// # Errors
    /// The trace does not encode, or not to the bytes that clients were sent.
    pub fn new(played: &Played, idle: &Played) -> Result<Report> {
        let Played { bytes, trace, .. } = played;
        let schema = &trace.schema;
        let players = played.script.players as f64;
        let cost = trace.cost(schema, trace.before.as_ref());
        ensure!(
            cost.bytes as u64 * played.script.players as u64 == bytes.global,
            "the trace encodes to {} bytes, each client was sent {}",
            cost.bytes,
            bytes.global as f64 / players
        );
        let mover = schema.tables.iter().position(|table| {
            schema.components[table.component].name == MOVER && !table.owner_only
        });
        let mover = mover.context("nothing moves")?;
        // The part of a section's bytes that is not the mover's rows; the bits that fill up the last byte stay in.
        let tables = cost.tables.iter().enumerate();
        let others = tables.filter(|(table, _)| *table != mover);
        let others_bytes = others.map(|(_, table)| table.bits).sum::<usize>() as f64 / 8.0;
        let besides = bytes.replies + bytes.rosters + bytes.own_channel + bytes.events;
        let moving = (bytes.total() - besides) as f64 - others_bytes * players;
        let moving_rows = trace.changed_rows(mover) as f64;
        let per_s = |bits: usize| bits as f64 / 8.0 / played.script.span.as_secs_f64();
        let components = schema.tables.iter().zip(&cost.tables);
        let components = components
            .filter(|(table, _)| !table.owner_only)
            .map(|(table, cost)| {
                let name = schema.components[table.component].name;
                let places = per_s(cost.places_bits());
                (name, per_s(cost.bits), per_s(cost.added_bits), places)
            });
        let rivals = Rivals::of(trace)?;
        let per_client = |sum: u64| sum as f64 / played.script.span.as_secs_f64();
        Ok(Report {
            players: played.script.players,
            seconds: played.script.span.as_secs_f64(),
            snapshots: trace.snapshots.len(),
            kinds: kinds(played),
            idle_kinds: kinds(idle),
            bytes_per_s: played.per_client_per_s(bytes.total() as f64),
            idle_bytes_per_s: idle.per_client_per_s(idle.bytes.total() as f64),
            header_share: bytes.heads() as f64 / bytes.total() as f64,
            moving_bytes: moving / (moving_rows * players),
            moving_rows: moving_rows / trace.snapshots.len() as f64,
            components: components.collect(),
            fields: fields(played, &cost),
            rivals: vec![
                (
                    "Tickwire",
                    played.per_client_per_s((bytes.total() - bytes.replies) as f64),
                ),
                (
                    "MessagePack, changed fields",
                    per_client(rivals.messagepack_delta),
                ),
                ("bincode, whole structs", per_client(rivals.bincode)),
                ("JSON, whole objects", per_client(rivals.json)),
            ],
        })
    }

    /// The figures as one JSON object.
    pub fn json(&self) -> Value {
        let map = |pairs: &[(&'static str, f64)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (name.to_string(), json!(value)));
            Value::Object(pairs.collect())
        };
        let components = self.components.iter().map(|(name, whole, added, places)| {
            json!({
                "component": name,
                "bytes_per_client_per_s": whole,
                "new_rows_bytes_per_client_per_s": added,
                "places_bytes_per_client_per_s": places,
            })
        });
        let fields = self.fields.iter().map(|field| {
            json!({
                "component": field.component,
                "field": field.field,
                "bytes_per_client_per_s": field.bytes_per_s,
                "half_step_more_bytes_per_client_per_s": field.half_step,
                "double_step_more_bytes_per_client_per_s": field.double_step,
            })
        });
        json!({
            "players": self.players,
            "seconds": self.seconds,
            "snapshots": self.snapshots,
            "bytes_per_moving_entity_per_snapshot": self.moving_bytes,
            "moving_entities_per_snapshot": self.moving_rows,
            "bytes_per_client_per_s": self.bytes_per_s,
            "idle_bytes_per_client_per_s": self.idle_bytes_per_s,
            "header_share": self.header_share,
            "kinds_bytes_per_client_per_s": map(&self.kinds),
            "idle_kinds_bytes_per_client_per_s": map(&self.idle_kinds),
            "components": components.collect::<Vec<_>>(),
            "fields": fields.collect::<Vec<_>>(),
            "formats_bytes_per_client_per_s": map(&self.rivals),
        })
    }
}

/// Bytes per client per second, by purpose.
fn kinds(played: &Played) -> Vec<(&'static str, f64)> {
    let bytes = &played.bytes;
    let kinds = [
        ("global channel", bytes.global),
        ("grid cells, game channels", bytes.cells),
        ("keyframes", bytes.keyframes),
        ("events for all", bytes.events),
        ("own channel", bytes.own_channel),
        ("own avatar", bytes.avatars),
        ("rosters", bytes.rosters),
        ("state hashes", bytes.checks),
        ("message headers", bytes.headers),
        ("channel names, section heads", bytes.section_heads),
        ("WebSocket frame heads", bytes.frame_heads),
        ("clock answers", bytes.replies),
    ];
    let per_s = |(kind, sum)| (kind, played.per_client_per_s(sum as f64));
    kinds.map(per_s).to_vec()
}

fn fields(played: &Played, cost: &Cost) -> Vec<Field> {
    let trace = &played.trace;
    let schema = &trace.schema;
    let per_s = |bytes: f64| bytes / played.script.span.as_secs_f64();
    // Other steps cannot continue from the held state, so all three start anew.
    let anew = trace.cost(schema, None);
    let mut fields = Vec::new();
    for (place, table) in schema.tables.iter().enumerate() {
        for (field, of) in table
            .fields
            .iter()
            .enumerate()
            .filter(|_| !table.owner_only)
        {
            let more = |factor| {
                let altered = with_step(schema, (place, field), factor)?;
                let bits = trace.cost(&altered, None).tables[place].bits;
                Some(per_s((bits as f64 - anew.tables[place].bits as f64) / 8.0))
            };
            fields.push(Field {
                component: schema.components[table.component].name,
                field: of.name,
                bytes_per_s: per_s(cost.tables[place].fields_bits[field] as f64 / 8.0),
                half_step: more(0.5),
                double_step: more(2.0),
            });
        }
    }
    fields
}

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(
            out,
            "{} players, {:.0} s, {} snapshots, {:.1} players move in each",
            self.players, self.seconds, self.snapshots, self.moving_rows
        )?;
        writeln!(out, "\n{:<44} {:>10} {:>10}", "", "measured", "target")?;
        let figures = [
            (
                "bytes per moving player per snapshot",
                self.moving_bytes,
                Some(MOVING_TARGET),
            ),
            ("bytes per client per second", self.bytes_per_s, None),
            (
                "the same when nobody moves",
                self.idle_bytes_per_s,
                Some(IDLE_TARGET),
            ),
            (
                "share of headers and heads, %",
                self.header_share * 100.0,
                None,
            ),
        ];
        for (name, value, target) in figures {
            let target = target.map_or(String::from("-"), |target| format!("<= {target}"));
            writeln!(out, "{name:<44} {value:>10.2} {target:>10}")?;
        }
        self.write_parts(out)?;
        writeln!(
            out,
            "\n{:<30} {:>14} {:>10}",
            "the same play as", "B/client/s", "times ours"
        )?;
        let ours = self.rivals.first().map_or(1.0, |ours| ours.1);
        for (name, value) in &self.rivals {
            writeln!(out, "{name:<30} {value:>14.0} {:>10.1}", value / ours)?;
        }
        Ok(())
    }
}

impl Report {
    fn write_parts(&self, out: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(
            out,
            "\n{:<30} {:>14} {:>10} {:>10}",
            "what for", "B/client/s", "share, %", "idle"
        )?;
        for ((kind, value), (_, idle)) in self.kinds.iter().zip(&self.idle_kinds) {
            let share = value / self.bytes_per_s * 100.0;
            writeln!(out, "{kind:<30} {value:>14.1} {share:>10.2} {idle:>10.1}")?;
        }
        writeln!(
            out,
            "\n{:<30} {:>14} {:>10} {:>10}",
            "component", "B/client/s", "new rows", "places"
        )?;
        for (name, whole, added, places) in &self.components {
            writeln!(out, "{name:<30} {whole:>14.1} {added:>10.1} {places:>10.1}")?;
        }
        writeln!(
            out,
            "\n{:<30} {:>14} {:>10} {:>12}",
            "field", "B/client/s", "half step", "double step"
        )?;
        let more = |more: Option<f64>| more.map_or(String::from("-"), |more| format!("{more:+.1}"));
        for field in &self.fields {
            let name = format!("{}.{}", field.component, field.field);
            let (half, double) = (more(field.half_step), more(field.double_step));
            writeln!(
                out,
                "{name:<30} {:>14.1} {half:>10} {double:>12}",
                field.bytes_per_s
            )?;
        }
        Ok(())
    }
}
