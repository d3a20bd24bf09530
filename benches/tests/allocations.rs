//! A room in full play takes no memory from tick to tick: everything that a tick needs it has had before. A test binary of
//! its own, since it counts what its threads allocate.

use allocation_counter::measure;
use tickwire_benches::ScriptedArena;
use tickwire_benches::field::script::ScriptedField;

/// Played first, ticks: what grows with play has grown by then.
const SETTLE_TICKS: usize = 3000;
const TICKS: usize = 200;

/// Allocations in the room within [`TICKS`] ticks, what comes in not counted.
macro_rules! allocations {
    ($script:expr) => {{
        let mut script = $script;
        let mut inbox = Vec::new();
        for _ in 0..SETTLE_TICKS {
            script.fill_inbox(&mut inbox);
            script.room.tick(&mut inbox);
        }
        let mut allocations = 0;
        for _ in 0..TICKS {
            script.fill_inbox(&mut inbox);
            let counted = measure(|| {
                script.room.tick(&mut inbox);
            });
            allocations += counted.count_total;
        }
        allocations
    }};
}

#[test]
fn a_field_in_which_all_see_all_allocates_nothing() {
    assert_eq!(allocations!(ScriptedField::new(200, false, 7)), 0);
}

#[test]
fn a_field_with_interest_allocates_nothing() {
    assert_eq!(allocations!(ScriptedField::new(200, true, 7)), 0);
}

#[test]
fn an_arena_of_eight_allocates_nothing() {
    assert_eq!(allocations!(ScriptedArena::new(8, 7)), 0);
}
