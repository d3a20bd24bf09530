//! Turns the world's replicated components into sorted columns of integers, channel by channel, after a tick.
//!
//! In: the hecs world. Out: for each table, rows grouped by channel and sorted by entity; each owner's rows of
//! owner-only tables; the crossings. Cost: one quantisation per component, however many clients see it. Memory is taken
//! once and used again.

use tickwire_shared::ids::{ChannelId, PlayerId};
use tickwire_shared::replicate::{FieldKind, Replicate, Schema};
use tickwire_shared::rules::{ComponentVisitor, Rules};
use tickwire_shared::snapshot::Rows;

use crate::channels::{Channels, NO_CHANNEL};
use crate::entities::{Home, Replicated};
use crate::grid::GridMap;

/// How to capture each component of a game.
pub(crate) struct Capture {
    /// Place in the schema and function, in the order of capture. Components with a position come first, since they
    /// place their entity.
    components: Vec<(usize, CaptureComponent)>,
    raw: Raw,
    /// Captures so far.
    captures: u32,
}

/// Appends a component's rows and values, and places its entities.
type CaptureComponent = fn(&hecs::World, &mut Placer<'_>, &mut Raw);

/// One component's rows as the world has them.
#[derive(Default)]
struct Raw {
    rows: Vec<RawRow>,
    values: Vec<u32>,
    /// The rows' numbers, sorted by channel, then by id.
    order: Vec<u32>,
    /// By channel index: where its rows start in that order. The last one is the end.
    starts: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct RawRow {
    channel: u32,
    id: u32,
    owner: Option<PlayerId>,
    /// Where the row's values start.
    start: u32,
}

/// Puts entities into channels.
struct Placer<'a> {
    /// The number of this capture, counted from 1.
    capture: u32,
    map: Option<&'a GridMap>,
    channels: &'a mut Channels,
    crossings: &'a mut Vec<Crossing>,
}

/// An entity that left a channel for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crossing {
    pub(crate) id: u32,
    /// The index of the channel that it left.
    pub(crate) from: u32,
}

impl Placer<'_> {
    fn place(&mut self, entity: &mut Replicated, channel: ChannelId) {
        let index = self.channels.index(channel);
        if index == entity.channel {
            return;
        }
        if entity.channel != NO_CHANNEL {
            self.crossings.push(Crossing {
                id: entity.id.0,
                from: entity.channel,
            });
        }
        entity.channel = index;
    }
}

/// What one snapshot's capture found.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    /// By schema table. Owner-only tables stay empty here.
    tables: Vec<CapturedTable>,
    /// By schema table. Shared tables stay empty here.
    owned: Vec<OwnedTable>,
    pub(crate) crossings: Vec<Crossing>,
}

#[derive(Debug, Default)]
struct CapturedTable {
    width: usize,
    ids: Vec<u32>,
    values: Vec<u32>,
    /// By channel index: where its rows start. The last one is the end.
    starts: Vec<u32>,
}

/// Rows that only their owners see, sorted by owner, then by entity.
#[derive(Debug, Default)]
struct OwnedTable {
    width: usize,
    owners: Vec<PlayerId>,
    ids: Vec<u32>,
    values: Vec<u32>,
}

impl Captured {
    /// The rows of one channel in one shared table.
    pub(crate) fn rows(&self, table: usize, channel: usize) -> Rows<'_> {
        let Some(captured) = self.tables.get(table) else {
            return Rows::default();
        };
        let bound = |index: usize| captured.starts.get(index).map(|start| *start as usize);
        let (Some(start), Some(end)) = (bound(channel), bound(channel + 1)) else {
            return Rows::default();
        };
        let (ids, values) = (&captured.ids, &captured.values);
        Rows {
            ids: &ids[start..end],
            values: &values[start * captured.width..end * captured.width],
        }
    }

    /// The rows of one owner in one owner-only table.
    pub(crate) fn owned(&self, table: usize, owner: PlayerId) -> Rows<'_> {
        let Some(owned) = self.owned.get(table) else {
            return Rows::default();
        };
        let start = owned.owners.partition_point(|other| *other < owner);
        let end = owned.owners.partition_point(|other| *other <= owner);
        Rows {
            ids: &owned.ids[start..end],
            values: &owned.values[start * owned.width..end * owned.width],
        }
    }
}

struct Collect(Vec<(bool, usize, CaptureComponent)>);

impl ComponentVisitor for Collect {
    fn component<C: Replicate>(&mut self) {
        let has_position = Schema::position_places(C::FIELDS).is_some();
        let place = self.0.len();
        self.0
            .push((!has_position, place, capture_component::<C> as _));
    }
}

fn capture_component<C: Replicate>(world: &hecs::World, placer: &mut Placer<'_>, raw: &mut Raw) {
    let position = placer
        .map
        .and_then(|_| Schema::position_places(C::FIELDS))
        .map(|(x, y)| (x, C::FIELDS[x].kind, y, C::FIELDS[y].kind));
    let mut query = world.query::<(&mut Replicated, &C)>();
    for (entity, component) in query.iter() {
        let start = push_values(component, &mut raw.values);
        choose_channel(entity, placer, position, &raw.values[start..]);
        raw.rows.push(RawRow::new(entity, start));
    }
}

#[inline]
fn push_values<C: Replicate>(component: &C, values: &mut Vec<u32>) -> usize {
    let start = values.len();
    values.resize(start + C::FIELDS.len(), 0);
    component.quantise(&mut values[start..]);
    start
}

/// Finds an entity's channel by the component at hand.
#[inline]
fn choose_channel(
    entity: &mut Replicated,
    placer: &mut Placer<'_>,
    position: Option<(usize, FieldKind, usize, FieldKind)>,
    values: &[u32],
) {
    match (entity.home, position, placer.map) {
        (Home::Channel(channel), ..) => placer.place(entity, channel),
        // The quantised position decides, since that is what everybody sees.
        (Home::Position, Some((x, x_kind, y, y_kind)), Some(map)) => {
            let at = (x_kind.dequantise(values[x]), y_kind.dequantise(values[y]));
            placer.place(entity, map.channel_at(at.0, at.1));
            entity.placed_in = placer.capture;
        }
        // Its position has placed it already. Otherwise it has none, and may just have come from a game's own channel.
        _ if entity.placed_in == placer.capture => {}
        _ => placer.place(entity, ChannelId::GLOBAL),
    }
}

impl RawRow {
    fn new(entity: &Replicated, start: usize) -> RawRow {
        RawRow {
            channel: entity.channel,
            id: entity.id.0,
            owner: entity.owner,
            start: start as u32,
        }
    }
}

impl Capture {
    pub(crate) fn new<R: Rules>(schema: &Schema) -> Capture {
        let mut collect = Collect(Vec::with_capacity(schema.components.len()));
        R::components(&mut collect);
        collect.0.sort_by_key(|(late, place, _)| (*late, *place));
        let components = collect.0.into_iter();
        Capture {
            components: components
                .map(|(_, place, capture)| (place, capture))
                .collect(),
            raw: Raw::default(),
            captures: 0,
        }
    }

    /// Fills `captured` from the world.
    pub(crate) fn run(
        &mut self,
        world: &hecs::World,
        schema: &Schema,
        (map, channels): (Option<&GridMap>, &mut Channels),
        captured: &mut Captured,
    ) {
        // An entity that was never placed has 0.
        self.captures = self.captures.wrapping_add(1).max(1);
        captured.crossings.clear();
        captured
            .tables
            .resize_with(schema.tables.len(), CapturedTable::default);
        captured
            .owned
            .resize_with(schema.tables.len(), OwnedTable::default);
        // Shared tables come before owner-only ones in a schema. The order matters: owner-only tables sort the rows by
        // owner.
        for (component, capture) in &self.components {
            self.raw.rows.clear();
            self.raw.values.clear();
            let mut placer = Placer {
                capture: self.captures,
                map,
                channels,
                crossings: &mut captured.crossings,
            };
            capture(world, &mut placer, &mut self.raw);
            self.raw.sort(channels.count());
            for (place, table) in schema.tables.iter().enumerate() {
                if table.component != *component {
                    continue;
                }
                if table.owner_only {
                    captured.owned[place].fill(&mut self.raw, &table.places);
                } else {
                    captured.tables[place].fill(&self.raw, &table.places);
                }
            }
        }
    }
}

impl Raw {
    /// Sorts the rows by channel, of which there are `channels`, then by id. The world has its rows nearly in the order
    /// of their ids, so the rows of each channel are nearly sorted, too.
    fn sort(&mut self, channels: usize) {
        // First: how many rows each channel has, written at the next channel's place...
        self.starts.clear();
        self.starts.resize(channels + 1, 0);
        for row in &self.rows {
            self.starts[row.channel as usize + 1] += 1;
        }
        // ...then: where its rows start, still at the next channel's place...
        let mut start = 0;
        for rows in &mut self.starts[1..] {
            start += std::mem::replace(rows, start);
        }
        self.order.clear();
        self.order.resize(self.rows.len(), 0);
        // ...and each row that takes its place moves this on by one. In the end it is where the next channel starts.
        for (number, row) in self.rows.iter().enumerate() {
            let next = &mut self.starts[row.channel as usize + 1];
            self.order[*next as usize] = number as u32;
            *next += 1;
        }
        let id = |number: &u32| self.rows[*number as usize].id;
        for bounds in self.starts.windows(2) {
            let order = &mut self.order[bounds[0] as usize..bounds[1] as usize];
            if !order.is_sorted_by_key(id) {
                order.sort_unstable_by_key(id);
            }
        }
    }
}

impl CapturedTable {
    fn fill(&mut self, raw: &Raw, places: &[usize]) {
        self.width = places.len();
        self.ids.clear();
        self.values.clear();
        self.starts.clear();
        self.starts.extend_from_slice(&raw.starts);
        for number in &raw.order {
            let row = &raw.rows[*number as usize];
            self.ids.push(row.id);
            let values = &raw.values[row.start as usize..];
            self.values
                .extend(places.iter().map(|place| values[*place]));
        }
    }
}

impl OwnedTable {
    fn fill(&mut self, raw: &mut Raw, places: &[usize]) {
        self.width = places.len();
        self.owners.clear();
        self.ids.clear();
        self.values.clear();
        let rows = &raw.rows;
        let owner = |number: &u32| (rows[*number as usize].owner, rows[*number as usize].id);
        raw.order.sort_unstable_by_key(owner);
        for number in &raw.order {
            let row = &rows[*number as usize];
            let Some(owner) = row.owner else {
                continue;
            };
            self.owners.push(owner);
            self.ids.push(row.id);
            let values = &raw.values[row.start as usize..];
            self.values
                .extend(places.iter().map(|place| values[*place]));
        }
    }
}
