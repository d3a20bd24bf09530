//! Eases the picture from what was guessed to what turned out to be true.
//!
//! In: the distance and the difference in speed between the old guess and the new truth, when a snapshot changes what is
//! drawn. Out: an offset for each drawn value. A critically damped spring pulls it to 0, so the picture neither jumps nor
//! kinks. Must not: allocate per animation frame.

use super::tuning::EASE_PER_S;

/// A smaller offset than this, in the field's unit, has come to its end.
const DONE: f64 = 1e-5;

/// A drawn value minus the true one, and how fast that changes, per second.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) off: f64,
    pub(super) speed_per_s: f64,
}

impl Cell {
    fn fade(self, passed_s: f64) -> Cell {
        let keep = (-EASE_PER_S * passed_s).exp();
        let pull = self.speed_per_s + EASE_PER_S * self.off;
        Cell {
            off: (self.off + pull * passed_s) * keep,
            speed_per_s: (self.speed_per_s - EASE_PER_S * pull * passed_s) * keep,
        }
    }

    fn is_done(self) -> bool {
        self.off.abs() < DONE && self.speed_per_s.abs() < DONE * EASE_PER_S
    }
}

/// The cells of one table: a row for each entity, and in it a cell for each field.
#[derive(Clone, Debug, Default)]
pub(super) struct Eases {
    ids: Vec<u32>,
    cells: Vec<Cell>,
    /// Some cell has not come to its end. Otherwise the rows are of no use.
    active: bool,
    /// Memory for another order of rows.
    spare: (Vec<u32>, Vec<Cell>),
}

impl Eases {
    /// Drops all offsets.
    pub(super) fn clear(&mut self) {
        self.active = false;
    }

    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    /// Lets the offsets fade over `passed_s`.
    pub(super) fn fade(&mut self, passed_s: f64) {
        if !self.active {
            return;
        }
        self.active = false;
        for cell in &mut self.cells {
            *cell = cell.fade(passed_s);
            self.active |= !cell.is_done();
        }
    }

    /// Brings the rows into the order of `ids`, ascending. New rows have no offset. It is active from then on.
    pub(super) fn align(&mut self, ids: &[u32], width: usize) {
        if !self.active {
            self.ids.clear();
            self.cells.clear();
        }
        self.active = true;
        if self.ids == ids {
            return;
        }
        let (old_ids, old_cells) = (&self.ids, &self.cells);
        let (new_ids, new_cells) = (&mut self.spare.0, &mut self.spare.1);
        new_ids.clear();
        new_ids.extend_from_slice(ids);
        new_cells.clear();
        let mut walk = 0;
        for id in ids {
            while old_ids.get(walk).is_some_and(|old| old < id) {
                walk += 1;
            }
            let kept = old_ids.get(walk) == Some(id);
            match old_cells.get(walk * width..(walk + 1) * width) {
                Some(cells) if kept => new_cells.extend_from_slice(cells),
                _ => new_cells.resize(new_cells.len() + width, Cell::default()),
            }
        }
        std::mem::swap(&mut self.ids, &mut self.spare.0);
        std::mem::swap(&mut self.cells, &mut self.spare.1);
    }

    /// The cells of a row.
    pub(super) fn row_mut(&mut self, row: usize, width: usize) -> &mut [Cell] {
        self.cells
            .get_mut(row * width..(row + 1) * width)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_tenths_are_gone_after_a_quarter_of_a_second_without_a_kink() {
        let mut cell = Cell {
            off: 1.0,
            speed_per_s: 0.0,
        };
        for _ in 0..15 {
            let next = cell.fade(1.0 / 60.0);
            assert!(
                next.off < cell.off && cell.off - next.off < 0.12,
                "{cell:?}"
            );
            cell = next;
        }
        assert!(cell.off < 0.1, "{cell:?}");
    }

    #[test]
    fn how_often_it_is_drawn_does_not_matter() {
        let start = Cell {
            off: 0.5,
            speed_per_s: -3.0,
        };
        let fine = (0..12).fold(start, |cell, _| cell.fade(1.0 / 144.0));
        let coarse = start.fade(12.0 / 144.0);
        assert!((fine.off - coarse.off).abs() < 1e-9);
    }

    #[test]
    fn rows_keep_what_is_off_when_others_come_and_go() {
        let mut eases = Eases::default();
        eases.align(&[3, 7], 2);
        eases.row_mut(1, 2)[0].off = 1.0;
        eases.align(&[1, 7, 9], 2);
        assert_eq!(eases.row_mut(1, 2)[0].off, 1.0);
        assert_eq!(eases.row_mut(0, 2)[0].off, 0.0);
        eases.fade(10.0);
        assert!(!eases.is_active());
        eases.align(&[7], 2);
        assert_eq!(eases.row_mut(0, 2)[0].off, 0.0);
    }
}
