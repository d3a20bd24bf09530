//! A room in full play takes no memory from tick to tick: everything that a tick needs it has had before. A test binary of
//! its own, since it counts what its threads allocate.

use allocation_counter::measure;
use tickwire_benches::field::FieldOptions;
use tickwire_benches::script::ScriptedRoom;

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

fn field(interest: bool) -> FieldOptions {
    FieldOptions {
        seen_of: interest.then_some(200),
        ..FieldOptions::default()
    }
}

#[test]
fn a_field_in_which_all_see_all_allocates_nothing() {
    assert_eq!(allocations!(ScriptedRoom::field(field(false), 200, 7)), 0);
}

#[test]
fn a_field_with_interest_allocates_nothing() {
    assert_eq!(allocations!(ScriptedRoom::field(field(true), 200, 7)), 0);
}

#[test]
fn an_arena_of_eight_allocates_nothing() {
    assert_eq!(allocations!(ScriptedRoom::arena(8, 7)), 0);
}
