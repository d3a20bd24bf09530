//! A game's components as tables: the fields for shared channels, the fields for owners alone, and a hash over all of it.
//!
//! In: the components that [`crate::rules::Rules::components`] names. Out: the [`Schema`] that encoder and decoder
//! walk through. A component with both kinds of fields becomes two tables.

use xxhash_rust::xxh3::Xxh3;

use super::component::{ComponentVisitor, Replicate};
use super::field::{FieldKind, FieldSchema};
use super::heading::Heading;
use crate::limits::COMPONENT_TYPES;
use crate::message::PROTOCOL_VERSION;

/// One table of rows: a component's shared fields, or its owner-only ones.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSchema {
    /// The component's place in [`Schema::components`].
    pub component: usize,
    /// True for the table of owner-only fields.
    pub owner_only: bool,
    /// The table's fields.
    pub fields: Vec<FieldSchema>,
    /// The place of each of these fields in the component.
    pub places: Vec<usize>,
    /// The interpolated fields, in the order in which the codec takes them.
    pub moving: Vec<MovingColumn>,
    /// The other fields.
    pub plain: Vec<PlainColumn>,
    /// Set when the rows have a heading. Then it is the first of `moving`, followed by x and y, which move along it.
    pub heading: Option<Heading>,
}

/// An interpolated field as the codec needs it, to predict it from its last motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MovingColumn {
    /// Its place in the table's rows.
    pub place: usize,
    /// The largest quantised value.
    pub max: u32,
    /// The largest motion, in either direction.
    pub motion_max: u32,
    /// For an angle, 32 minus its bits: a shift to the left and back wraps a difference. Otherwise 0.
    pub shift: u32,
}

/// A field that is not interpolated: sent when it changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlainColumn {
    /// Its place in the table's rows.
    pub place: usize,
    /// The largest quantised value.
    pub max: u32,
    /// Bits of a value.
    pub bits: u32,
}

impl TableSchema {
    fn new(
        component: usize,
        owner_only: bool,
        fields: Vec<FieldSchema>,
        places: Vec<usize>,
    ) -> TableSchema {
        let of = |moving: bool| {
            let fields = fields.iter().enumerate();
            fields.filter(move |(_, field)| field.interpolate == moving)
        };
        let heading = fields.iter().find(|field| field.heading);
        let heading = heading.and_then(|field| match field.kind {
            FieldKind::Angle { bits } => Some(Heading::new(bits)),
            _ => None,
        });
        let goes_along = |field: &FieldSchema| field.position && heading.is_some();
        let moving = of(true).map(|(place, field)| MovingColumn {
            place,
            max: field.kind.max(),
            motion_max: match field.kind.max() {
                // The diagonal in quarters of a step (1.42 * 4), times two for the mirror bit, rounded up.
                max if goes_along(field) => max.saturating_mul(12),
                max => max,
            },
            shift: match field.kind {
                FieldKind::Angle { bits } => 32 - bits,
                _ => 0,
            },
        });
        let plain = of(false).map(|(place, field)| PlainColumn {
            place,
            max: field.kind.max(),
            bits: field.kind.bits(),
        });
        let mut moving = moving.collect::<Vec<_>>();
        moving.sort_by_key(|column| {
            let field = fields.get(column.place);
            field.map_or(2, |field| match (field.heading, goes_along(field)) {
                (true, _) => 0,
                (_, true) => 1,
                _ => 2,
            })
        });
        TableSchema {
            component,
            owner_only,
            moving,
            plain: plain.collect(),
            heading,
            fields,
            places,
        }
    }

    /// Fields of a row.
    pub fn width(&self) -> usize {
        self.fields.len()
    }

    /// The fewest bits that a row takes when it is sent whole: for each interpolated field its plain bits and one for the
    /// motion, for any other field one bit, or none if it has only one value.
    pub fn whole_row_bits(&self) -> usize {
        let fewest = |field: &FieldSchema| match field.interpolate {
            true => field.kind.bits() + 1,
            false => field.kind.bits().min(1),
        };
        self.fields.iter().map(|field| fewest(field) as usize).sum()
    }
}

/// One component as both ends know it.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentSchema {
    /// The component's name.
    pub name: &'static str,
    /// All its fields, in declared order.
    pub fields: &'static [FieldSchema],
    /// The hash of how it is laid out where it travels whole, as an avatar does to its owner.
    pub shape: u64,
}

/// Every table of a game. When the two ends differ, the hello is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Components in the order of [`crate::rules::Rules::components`].
    pub components: Vec<ComponentSchema>,
    /// Their tables: a component's shared table, then its owner-only one.
    pub tables: Vec<TableSchema>,
    /// A hash over the protocol version, the game's name, revision and tick rates, every component and field, the shapes
    /// of all that travels, and the bits of an input.
    pub hash: u64,
}

impl Schema {
    /// The place of the component with this name in [`Schema::components`].
    pub fn component_index(&self, name: &str) -> Option<usize> {
        self.components
            .iter()
            .position(|component| component.name == name)
    }

    /// The places of x and y among these fields, if they say where the entity is.
    pub fn position_places(fields: &[FieldSchema]) -> Option<(usize, usize)> {
        let mut places = fields
            .iter()
            .enumerate()
            .filter_map(|(place, field)| field.position.then_some(place));
        Some((places.next()?, places.next()?))
    }
}

/// What the hash covers beside the components: the constants of [`crate::rules::Rules`].
#[derive(Clone, Debug)]
pub struct GameVersion {
    /// The game's name.
    pub name: &'static str,
    /// The revision of its rules.
    pub revision: u32,
    /// Simulation steps per second.
    pub tick_rate_hz: u32,
    /// Ticks from one snapshot to the next.
    pub ticks_per_snapshot: u32,
    /// The hashes of the shapes of input, setup, command and event.
    pub shapes: [u64; 4],
    /// How an input is packed, as [`crate::input::InputLayout::described`] says it.
    pub input: Vec<u8>,
}

/// Collects components into a [`Schema`].
#[derive(Debug, Default)]
pub struct SchemaBuilder {
    components: Vec<ComponentSchema>,
}

impl ComponentVisitor for SchemaBuilder {
    fn component<C: Replicate>(&mut self) {
        assert!(
            self.components.len() < COMPONENT_TYPES,
            "a game has at most {COMPONENT_TYPES} component types"
        );
        assert!(
            self.components.iter().all(|known| known.name != C::NAME),
            "two components are called {}",
            C::NAME
        );
        self.components.push(ComponentSchema {
            name: C::NAME,
            fields: C::FIELDS,
            shape: C::HASH,
        });
    }
}

impl SchemaBuilder {
    /// The finished schema of this game.
    pub fn finish(self, game: GameVersion) -> Schema {
        let tables = self
            .components
            .iter()
            .enumerate()
            .flat_map(|(i, c)| tables_of(i, c))
            .collect::<Vec<_>>();
        let mut hasher = Xxh3::new();
        let text = |hasher: &mut Xxh3, text: &str| {
            hasher.update(&(text.len() as u32).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        text(&mut hasher, game.name);
        for number in [
            u32::from(PROTOCOL_VERSION),
            game.revision,
            game.tick_rate_hz,
            game.ticks_per_snapshot,
        ] {
            hasher.update(&number.to_le_bytes());
        }
        for shape in game.shapes {
            hasher.update(&shape.to_le_bytes());
        }
        hasher.update(&game.input);
        for component in &self.components {
            text(&mut hasher, component.name);
            hasher.update(&component.shape.to_le_bytes());
            for field in component.fields {
                text(&mut hasher, field.name);
                hash_field(&mut hasher, field);
            }
        }
        Schema {
            components: self.components,
            tables,
            hash: hasher.digest(),
        }
    }
}

/// A component without owner-only fields is one table, even when it has no field at all: clients still need to know which
/// entities have it.
fn tables_of(component: usize, schema: &ComponentSchema) -> Vec<TableSchema> {
    let half = |owner_only: bool| {
        let places = (0..schema.fields.len())
            .filter(|place| {
                schema
                    .fields
                    .get(*place)
                    .is_some_and(|field| field.owner_only == owner_only)
            })
            .collect::<Vec<_>>();
        let fields = places
            .iter()
            .filter_map(|place| schema.fields.get(*place).copied())
            .collect();
        TableSchema::new(component, owner_only, fields, places)
    };
    let (shared, own) = (half(false), half(true));
    if own.fields.is_empty() {
        vec![shared]
    } else {
        vec![shared, own]
    }
}

fn hash_field(hasher: &mut Xxh3, field: &FieldSchema) {
    let (tag, [a, b], c) = field.kind.described();
    let moves = u8::from(field.interpolate) | u8::from(field.heading) << 1;
    hasher.update(&[tag, moves, u8::from(field.owner_only)]);
    hasher.update(&a.to_le_bytes());
    hasher.update(&b.to_le_bytes());
    hasher.update(&c.to_le_bytes());
}
