//! Properties of the snapshot codec: whatever happens to a world, a client that reads every delta holds the same.

use proptest::prelude::*;

use super::*;
use crate::replicate::{Schema, SchemaBuilder, TableSchema};
use crate::rules::{ComponentVisitor, Rules};

#[derive(Debug, tickwire_derive::Replicate)]
struct Body {
    #[net(range = -10.0..=10.0, step = 0.1, interpolate, snap_over = 2.0)]
    x: f32,
    #[net(angle, bits = 8, interpolate)]
    aim: f32,
    alive: bool,
    #[net(range = 0..=99)]
    score: u16,
    #[net(range = 0..=9, owner_only)]
    ammo: u8,
}

#[derive(Debug, tickwire_derive::Replicate)]
struct Flag;

#[derive(Debug)]
pub(crate) struct TestRules;

impl Rules for TestRules {
    const GAME: &'static str = "test";
    const REVISION: u32 = 1;
    type Input = ();
    type Avatar = ();
    type Setup = ();
    type Map = ();
    type Command = ();
    type Event = ();
    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Body>();
        set.component::<Flag>();
    }
    fn map(_setup: &()) {}
    fn step(_avatar: &mut (), _input: &(), _map: &(), _dt_s: f32) {}
}

fn schema() -> Schema {
    TestRules::schema()
}

/// A capture of any world: for each table, a set of ids with any values in range.
fn any_capture() -> impl Strategy<Value = Vec<TableState>> {
    let table = |schema: TableSchema| {
        let maxima = schema
            .fields
            .iter()
            .map(|field| 0..=field.kind.max())
            .collect::<Vec<_>>();
        proptest::collection::btree_map(0_u32..40, maxima, 0..20).prop_map(|rows| {
            let mut table = TableState::default();
            for (id, values) in rows {
                table.push(id, values.into_iter());
            }
            table
        })
    };
    schema().tables.into_iter().map(table).collect::<Vec<_>>()
}

fn without_motion(state: &ChannelState) -> Vec<(Vec<u32>, Vec<u32>)> {
    state
        .tables
        .iter()
        .map(|table| (table.ids.clone(), table.values.clone()))
        .collect()
}

proptest! {
    #[test]
    fn a_client_that_reads_every_delta_holds_what_the_server_holds(
        captures in proptest::collection::vec(any_capture(), 1..12),
        keyframe_at in 0_usize..12,
    ) {
        let schema = schema();
        let mut encoder = DeltaEncoder::default();
        let mut server = ChannelState::empty(&schema);
        let mut early = ChannelState::empty(&schema);
        let mut late = None;
        for (n, capture) in captures.iter().enumerate() {
            let mut bytes = Vec::new();
            let said = encoder.encode(&schema, &mut server, capture, &mut bytes);
            for client in [Some(&mut early), late.as_mut()].into_iter().flatten() {
                if said {
                    prop_assert_eq!(apply_delta(&schema, client, &bytes), Ok(()));
                } else {
                    coast_all(&schema, client);
                }
                prop_assert_eq!(&*client, &server);
            }
            let wanted = ChannelState { tables: capture.clone() };
            prop_assert_eq!(without_motion(&server), without_motion(&wanted));
            if n == keyframe_at {
                let mut bytes = Vec::new();
                encode_keyframe(&schema, &server, &mut BitWriter::default(), &mut bytes);
                let mut client = ChannelState::default();
                prop_assert_eq!(apply_keyframe(&schema, &mut client, &bytes), Ok(()));
                prop_assert_eq!(&client, &server);
                late = Some(client);
            }
        }
    }

    #[test]
    fn any_bytes_give_ok_or_err(
        capture in any_capture(),
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let schema = schema();
        let mut state = ChannelState { tables: capture };
        let _ = apply_delta(&schema, &mut state, &bytes);
        let mut state = ChannelState::default();
        let _ = apply_keyframe(&schema, &mut state, &bytes);
        prop_assert!(state.row_count() <= bytes.len() * 8);
    }

    #[test]
    fn a_flipped_bit_never_panics(
        first in any_capture(), second in any_capture(), flip in any::<prop::sample::Index>(),
    ) {
        let schema = schema();
        let mut server = ChannelState::empty(&schema);
        let mut encoder = DeltaEncoder::default();
        encoder.encode(&schema, &mut server, &first, &mut Vec::new());
        let mut client = server.clone();
        let mut bytes = Vec::new();
        if encoder.encode(&schema, &mut server, &second, &mut bytes) {
            let bit = flip.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let _ = apply_delta(&schema, &mut client, &bytes);
        }
    }
}

#[test]
fn what_moves_steadily_costs_nothing() {
    let schema = schema();
    let mut encoder = DeltaEncoder::default();
    let mut server = ChannelState::empty(&schema);
    let capture = |x: u32| {
        let mut tables = vec![TableState::default(); schema.tables.len()];
        tables[0].push(7, [x, 0, 1, 5].into_iter());
        tables
    };
    let mut bytes = Vec::new();
    assert!(encoder.encode(&schema, &mut server, &capture(10), &mut bytes));
    assert!(encoder.encode(&schema, &mut server, &capture(12), &mut bytes));
    assert!(!encoder.encode(&schema, &mut server, &capture(14), &mut bytes));
    assert!(!encoder.encode(&schema, &mut server, &capture(16), &mut bytes));
    assert!(
        encoder.encode(&schema, &mut server, &capture(16), &mut bytes),
        "stopping is news"
    );
}

#[test]
fn owner_only_fields_have_a_table_of_their_own() {
    let schema = schema();
    let shape = |table: &TableSchema| (table.component, table.owner_only, table.fields.len());
    assert_eq!(
        schema.tables.iter().map(shape).collect::<Vec<_>>(),
        [(0, false, 4), (0, true, 1), (1, false, 0)]
    );
}

/// The same component, declared a little differently each time.
mod variants {
    /// What both ends must notice.
    macro_rules! variant {
        ($module:ident, $($attribute:tt)*) => {
            pub(super) mod $module {
                #[derive(tickwire_derive::Replicate)]
                pub(in super::super) struct Thing {
                    #[net($($attribute)*)]
                    x: f32,
                }
            }
        };
    }
    variant!(plain, range = 0.0..=1.0, step = 0.1);
    variant!(finer, range = 0.0..=1.0, step = 0.05);
    variant!(wider, range = 0.0..=2.0, step = 0.2);
    variant!(moving, range = 0.0..=1.0, step = 0.1, interpolate);
    variant!(private, range = 0.0..=1.0, step = 0.1, owner_only);
    variant!(angle, angle, bits = 8);
    variant!(finer_angle, angle, bits = 9);
}

#[test]
fn the_schema_hash_sees_every_declaration() {
    fn hash<C: crate::replicate::Replicate>() -> u64 {
        let mut builder = SchemaBuilder::default();
        builder.component::<C>();
        builder.finish::<TestRules>().hash
    }
    let hashes = [
        hash::<variants::plain::Thing>(),
        hash::<variants::finer::Thing>(),
        hash::<variants::wider::Thing>(),
        hash::<variants::moving::Thing>(),
        hash::<variants::private::Thing>(),
        hash::<variants::angle::Thing>(),
        hash::<variants::finer_angle::Thing>(),
        hash::<Flag>(),
        schema().hash,
    ];
    let distinct = hashes.iter().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(distinct.len(), hashes.len());
}
