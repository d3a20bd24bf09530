//! The residuals that codes are compared on: what the codec's prediction of a recorded room misses.
//!
//! In: a trace, a table. Out: sections, one for each snapshot, in the form in which the codec would write them.

use tickwire_shared::replicate::MovingColumn;
use tickwire_shared::snapshot::TableState;

use crate::bandwidth::trace::Trace;

/// The residuals of one snapshot: rows that did not move as predicted, in zigzag form, row-major.
pub type Section = Vec<u32>;

/// The residuals of a table's interpolated fields, snapshot by snapshot, according to the codec's own prediction.
pub fn residuals(trace: &Trace, table: usize) -> Vec<Section> {
    let schema = &trace.schema.tables[table];
    let mut before: Option<[TableState; 2]> = None;
    let mut sections = Vec::new();
    for snapshot in &trace.snapshots {
        let now = snapshot.quantised(&trace.schema).swap_remove(table);
        let Some([older, old]) = before.take() else {
            before = Some([now.clone(), now]);
            continue;
        };
        let mut section = Section::new();
        for (row, id) in now.ids.iter().enumerate() {
            let Some(was) = old.find(*id) else { continue };
            let (to, from) = (now.row(row, schema.width()), old.row(was, schema.width()));
            // New rows have no motion yet.
            let earlier = older.find(*id);
            let earlier = earlier.map_or(from, |row| older.row(row, schema.width()));
            let start = section.len();
            for column in &schema.moving {
                let place = column.place;
                section.push(residual(column, [earlier[place], from[place], to[place]]));
            }
            if section[start..].iter().all(|residual| *residual == 0) {
                section.truncate(start);
            }
        }
        sections.push(section);
        before = Some([old, now]);
    }
    sections
}

/// How far the last of three values is from where the first two lead, in zigzag form.
fn residual(column: &MovingColumn, [earlier, from, to]: [u32; 3]) -> u32 {
    let wrap = |difference: i32| difference << column.shift >> column.shift;
    let motion = wrap(from as i32 - earlier as i32);
    let predicted = from as i32 + motion;
    let predicted = match column.shift {
        0 => predicted.clamp(0, column.max as i32),
        _ => predicted & column.max as i32,
    };
    let off = wrap(to as i32 - predicted);
    ((off << 1) ^ (off >> 31)) as u32
}
