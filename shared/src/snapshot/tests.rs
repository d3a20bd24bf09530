//! Properties of the snapshot codec: whatever happens to a world, a client that reads every delta holds the same.

mod headings;

use proptest::prelude::*;
use tickwire_derive::component;

use super::*;
use crate::replicate::{GameVersion, Schema, SchemaBuilder, TableSchema};
use crate::rules::{ComponentVisitor, Rules};

#[component]
struct Body {
    #[net(range = -10.0..=10.0, step = 0.1, interpolate, snap_over = 2.0, position)]
    x: f32,
    #[net(range = -10.0..=10.0, step = 0.1, interpolate, position)]
    y: f32,
    #[net(angle, bits = 8, interpolate)]
    aim: f32,
    alive: bool,
    #[net(range = 0..=99)]
    score: u16,
    #[net(range = 0..=9, owner_only)]
    ammo: u8,
}

#[component]
struct Flag;

/// A component that moves along its heading.
#[component]
struct Rover {
    #[net(range = 0.0..=100.0, step = 0.1, interpolate, position)]
    x: f32,
    #[net(range = 0.0..=100.0, step = 0.1, interpolate, position)]
    y: f32,
    #[net(range = 0..=99)]
    charge: u8,
    #[net(range = 0..=1000)]
    owner: u16,
    #[net(angle, bits = 13, interpolate, heading)]
    heading: f32,
    #[net(range = -1.0..=1.0, step = 0.1, interpolate)]
    tilt: f32,
}

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
    type Action = ();
    type Ghost = ();
    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Body>();
        set.component::<Flag>();
        set.component::<Rover>();
    }
    fn map(_setup: &()) {}
    fn step(_avatar: &mut (), _input: &(), _map: &(), _dt_s: f32) {}
}

fn schema() -> Schema {
    TestRules::schema()
}

/// A capture of an arbitrary world: for each table, a set of ids with any values in range.
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
                table.push(id, &values, &[]);
            }
            table
        })
    };
    schema().tables.into_iter().map(table).collect::<Vec<_>>()
}

fn ids_and_values(tables: &[TableState]) -> Vec<(&[u32], &[u32])> {
    tables
        .iter()
        .map(|table| (table.ids.as_slice(), table.values.as_slice()))
        .collect()
}

/// One encoder, and what it and its readers hold.
struct Told {
    schema: Schema,
    encoder: DeltaEncoder,
    decoder: DeltaDecoder,
    server: ChannelState,
}

impl Told {
    fn new() -> Told {
        let schema = schema();
        Told {
            server: ChannelState::empty(&schema),
            encoder: DeltaEncoder::default(),
            decoder: DeltaDecoder::default(),
            schema,
        }
    }

    /// The delta to `capture`, if there is one.
    fn tell(&mut self, capture: &[TableState]) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let rows = capture.iter().map(TableState::rows);
        let said = self.encoder.encode(
            &self.schema,
            &mut self.server,
            rows,
            &(),
            &mut (),
            &mut bytes,
        );
        assert_eq!(said, !bytes.is_empty());
        said.then_some(bytes)
    }

    fn hear(
        &mut self,
        client: &mut ChannelState,
        delta: Option<&[u8]>,
    ) -> Result<(), SnapshotError> {
        match delta {
            Some(bytes) => self.decoder.apply(&self.schema, client, bytes),
            None => {
                coast_all(&self.schema, client);
                Ok(())
            }
        }
    }

    fn keyframe(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_keyframe(
            &self.schema,
            &self.server,
            &mut BitWriter::default(),
            &mut bytes,
        );
        bytes
    }
}

proptest! {
    #[test]
    fn a_client_that_reads_every_delta_holds_what_the_server_holds(
        captures in proptest::collection::vec(any_capture(), 1..12),
        keyframe_at in 0_usize..12,
    ) {
        let mut told = Told::new();
        let mut early = ChannelState::empty(&told.schema);
        let mut late: Option<ChannelState> = None;
        for (n, capture) in captures.iter().enumerate() {
            let delta = told.tell(capture);
            for client in [Some(&mut early), late.as_mut()].into_iter().flatten() {
                prop_assert_eq!(told.hear(client, delta.as_deref()), Ok(()));
                prop_assert_eq!(&*client, &told.server);
                prop_assert_eq!(client.hash(), told.server.hash());
            }
            prop_assert_eq!(ids_and_values(&told.server.tables), ids_and_values(capture));
            if n == keyframe_at {
                let mut client = ChannelState::default();
                prop_assert_eq!(apply_keyframe(&told.schema, &mut client, &told.keyframe()), Ok(()));
                prop_assert_eq!(&client, &told.server);
                late = Some(client);
            }
        }
    }

    #[test]
    fn any_bytes_give_ok_or_err(
        capture in any_capture(),
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let mut told = Told::new();
        told.tell(&capture);
        let mut state = told.server.clone();
        let _ = told.hear(&mut state, Some(&bytes));
        prop_assert!(state.row_count() <= told.server.row_count() + bytes.len() * 8);
        // Whatever state results can be sent: no motion is out of its bounds.
        let mut again = ChannelState::default();
        told.server = state.clone();
        prop_assert_eq!(apply_keyframe(&told.schema, &mut again, &told.keyframe()), Ok(()));
        prop_assert_eq!(&again, &state);
        let mut state = ChannelState::default();
        let _ = apply_keyframe(&told.schema, &mut state, &bytes);
        prop_assert!(state.row_count() <= bytes.len() * 8);
    }

    #[test]
    fn a_flipped_or_lost_bit_never_panics(
        first in any_capture(), second in any_capture(), at in any::<prop::sample::Index>(), cut in any::<bool>(),
    ) {
        let mut told = Told::new();
        told.tell(&first);
        let mut client = told.server.clone();
        for mut bytes in [told.keyframe()].into_iter().chain(told.tell(&second)) {
            let bit = at.index(bytes.len() * 8);
            if cut {
                bytes.truncate(bit / 8);
            } else {
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            let _ = told.hear(&mut client.clone(), Some(&bytes));
            let _ = apply_keyframe(&told.schema, &mut client, &bytes);
        }
    }

    #[test]
    fn any_change_of_what_is_held_changes_the_hash_and_is_found(
        capture in any_capture(), at in any::<prop::sample::Index>(), bit in 0_u32..32,
    ) {
        let mut told = Told::new();
        told.tell(&capture);
        let mut client = told.server.clone();
        let rows = client.tables.iter().map(|table| table.values.len()).sum::<usize>();
        prop_assume!(rows > 0);
        let mut place = at.index(rows);
        let (mut entity, schema) = (0, &told.schema);
        for (table, rows) in schema.tables.iter().zip(&mut client.tables) {
            if place < rows.values.len() {
                rows.values[place] ^= 1 << bit;
                entity = rows.ids[place / table.width()];
                break;
            }
            place -= rows.values.len();
        }
        prop_assert_ne!(client.hash(), told.server.hash());
        prop_assert_eq!(client.first_difference(&told.server, schema), Some(entity));
        prop_assert_eq!(told.server.first_difference(&told.server, schema), None);
    }
}

#[test]
fn what_moves_steadily_costs_nothing() {
    let mut told = Told::new();
    let capture = |x: u32| {
        let mut tables = vec![TableState::default(); schema().tables.len()];
        tables[0].push(7, &[x, 0, 0, 1, 5], &[]);
        tables
    };
    assert!(told.tell(&capture(10)).is_some());
    assert!(told.tell(&capture(12)).is_some());
    assert!(told.tell(&capture(14)).is_none() && !told.server.is_at_rest());
    assert!(told.tell(&capture(16)).is_none());
    assert!(told.tell(&capture(16)).is_some(), "a stop must be said");
    assert!(told.tell(&capture(16)).is_none() && told.server.is_at_rest());
}

#[test]
fn what_crosses_over_keeps_its_motion() {
    struct FromElsewhere;
    impl CrossingMotion for FromElsewhere {
        fn motion(&self, table: usize, id: u32) -> Option<&[i32]> {
            (table == 0 && id == 7).then_some(&[2, 0, 0])
        }
    }
    let mut told = Told::new();
    let mut tables = vec![TableState::default(); told.schema.tables.len()];
    tables[0].push(7, &[10, 0, 0, 1, 5], &[]);
    let (mut client, mut bytes) = (ChannelState::empty(&told.schema), Vec::new());
    let rows = tables.iter().map(TableState::rows);
    told.encoder.encode(
        &told.schema,
        &mut told.server,
        rows,
        &FromElsewhere,
        &mut (),
        &mut bytes,
    );
    assert_eq!(told.hear(&mut client, Some(&bytes)), Ok(()));
    tables[0].values[0] = 12;
    assert_eq!(told.tell(&tables), None, "it moves on as it came");
    assert_eq!(told.hear(&mut client, None), Ok(()));
    assert_eq!(client, told.server);
}

#[test]
fn owner_only_fields_have_a_table_of_their_own() {
    let schema = schema();
    let shape = |table: &TableSchema| (table.component, table.owner_only, table.fields.len());
    assert_eq!(
        schema.tables.iter().map(shape).collect::<Vec<_>>(),
        [(0, false, 5), (0, true, 1), (1, false, 0), (2, false, 6)]
    );
}

/// The same component, declared a little differently each time.
mod variants {
    /// A variant that both ends must notice.
    macro_rules! variant {
        ($module:ident, $($attribute:tt)*) => {
            pub(super) mod $module {
                #[tickwire_derive::component]
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
        let game = GameVersion {
            name: TestRules::GAME,
            revision: TestRules::REVISION,
            tick_rate_hz: TestRules::TICK_RATE_HZ,
            ticks_per_snapshot: TestRules::TICKS_PER_SNAPSHOT,
            shapes: Default::default(),
            input: Vec::new(),
        };
        builder.finish(game).hash
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
