//! Turns a room into bytes and back: for going on after a restart, for replay, and for moving a live room.
//!
//! In: a [`RoomCore`] between two ticks. Out: bytes. A room that [`RoomCore::restore`] makes from them has the same
//! state at every later tick. [`RoomCore::save`] is for the same build: it is small, and hashed. [`RoomCore::keep`] is for
//! a restart, after which the game may be another build: all parts are written by name ([`Form`]), so fields that are new
//! have their defaults and fields that are gone fall away. Kept: the tick, the random generator, the options, players with their avatars, subscriptions and
//! waiting inputs, entities with their owners and channels, the history, the game, every component that clients see, and those
//! that the game names besides. Not kept: events that wait for the next snapshot; clients get keyframes anyway.

use rand_pcg::Pcg64Mcg;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tickwire_shared::codec::{self, CodecError};
use tickwire_shared::ids::{EntityId, PlayerId, Tick};
use tickwire_shared::replicate::Replicate;
use tickwire_shared::rules::{ComponentVisitor, Rules};

use crate::entities::{Home, Replicated};
use crate::game::{Game, SavedVisitor};
use crate::history::RewindVisitor;
use crate::limits::SAVE_BYTES;
use crate::migrate::{Form, Parts, RestoreError, SavedRoom};
use crate::player::Player;
use crate::room::Room;
use crate::seating::{Authority, RoomConfig};
use crate::tick::RoomCore;

#[derive(Serialize, Deserialize)]
struct Saved {
    schema: u64,
    tick: Tick,
    rng: Pcg64Mcg,
    next_entity: u32,
    next_player: u32,
    players: Vec<u8>,
    next_channel: u32,
    entities: Vec<(EntityId, Option<PlayerId>, Home)>,
    parts: Parts,
    /// The components that the history has, by name.
    rewinds: Vec<String>,
    history: Vec<u8>,
}

impl<G: Game> RoomCore<G> {
    /// Turns the room into bytes, for this very build. Call between two ticks.
    ///
    /// # Errors
    /// When a component or the game cannot be encoded.
    pub fn save(&self) -> Result<Vec<u8>, CodecError> {
        self.write(Form::Exact)
    }

    /// Turns the room into bytes, for this build or a later one. Call between two ticks.
    ///
    /// # Errors
    /// As [`RoomCore::save`].
    pub fn keep(&self) -> Result<Vec<u8>, CodecError> {
        self.write(Form::Named)
    }

    fn write(&self, form: Form) -> Result<Vec<u8>, CodecError> {
        let Authority {
            game,
            room,
            options,
            ..
        } = &self.authority;
        let mut components = SaveComponents {
            room,
            form,
            bytes: Vec::new(),
            error: None,
        };
        G::Rules::components(&mut components);
        G::saved_components(&mut components);
        if let Some(error) = components.error {
            return Err(error);
        }
        let entities = room.entities().filter_map(|(id, entity)| {
            let replicated = room.world.get::<&Replicated>(entity).ok()?;
            Some((id, replicated.owner, replicated.home))
        });
        codec::encode(&Saved {
            schema: G::Rules::schema().hash,
            tick: room.tick,
            rng: room.rng.clone(),
            next_entity: room.next_entity,
            next_player: room.next_player,
            players: form.write(&room.players.iter().collect::<Vec<_>>())?,
            next_channel: room.next_channel,
            entities: entities.collect(),
            parts: Parts {
                form,
                revision: G::Rules::REVISION,
                options: form.write(options)?,
                game: form.write(game)?,
                components: components.bytes,
            },
            rewinds: rewound_names::<G>(),
            history: form.write(room.history.ticks())?,
        })
    }

    /// Makes a room from bytes that [`RoomCore::save`] or [`RoomCore::keep`] made. Its options and its tick come from the
    /// bytes, its other settings from `config`.
    ///
    /// # Errors
    /// The bytes are not a saved room of this game, or do not fit this build.
    pub fn restore(bytes: &[u8], config: RoomConfig) -> Result<RoomCore<G>, RestoreError> {
        let mut saved = codec::decode::<Saved, SAVE_BYTES>(bytes)?;
        let form = saved.parts.form;
        if form == Form::Exact && saved.schema != G::Rules::schema().hash {
            return Err(CodecError::Invalid.into());
        }
        let revision = saved.parts.revision;
        if revision != G::Rules::REVISION {
            let mut old = SavedRoom::new(&mut saved.parts);
            let brought = G::migrate(&mut old);
            if let Some(error) = old.into_error() {
                return Err(error);
            }
            if !brought {
                return Err(RestoreError::Revision(revision));
            }
        }
        let part = |name: &str, error: CodecError| RestoreError::Part(name.to_owned(), error);
        let options = form.read::<G::Options>(&saved.parts.options);
        let options = options.map_err(|error| part("options", error))?;
        let mut room = Room::new(G::setup(&options), G::interest(&options), saved.rng);
        room.tick = saved.tick;
        room.next_channel = saved.next_channel;
        // Look-ups go by order.
        if !saved.entities.is_sorted_by(|(a, ..), (b, ..)| a.0 < b.0)
            || saved
                .entities
                .last()
                .is_some_and(|(id, ..)| id.0 == u32::MAX)
        {
            return Err(CodecError::Invalid.into());
        }
        for (id, owner, home) in saved.entities {
            room.next_entity = id.0;
            let id = room.spawn_owned(owner, ());
            room.with(id, |replicated: &mut Replicated| replicated.home = home);
        }
        let mut components = RestoreComponents {
            room: &mut room,
            form,
            bytes: saved.parts.components,
            error: None,
        };
        G::Rules::components(&mut components);
        G::saved_components(&mut components);
        if let Some(error) = components.error {
            return Err(error);
        }
        (room.next_entity, room.next_player) = (saved.next_entity, saved.next_player);
        let players = form.read::<Vec<Player<G::Rules>>>(&saved.players);
        let players = players.map_err(|error| part("players", error))?;
        room.players = players.into_iter().collect();
        for player in room.players.iter_mut() {
            // This build may allow less.
            player.forget_invalid_inputs();
            player.handle = player.avatar.and_then(|avatar| room.entities.get(avatar));
        }
        // A build that rewinds other things, or other layouts of them, begins to remember anew: a quarter of a second.
        let same = saved.schema == G::Rules::schema().hash && saved.rewinds == rewound_names::<G>();
        if same && let Ok(history) = form.read(&saved.history) {
            room.history.restore(history);
        }
        let game = form.read::<G>(&saved.parts.game);
        let game = game.map_err(|error| part("game", error))?;
        Ok(RoomCore::of(game, room, options, config))
    }

    /// A 64-bit hash of everything that [`RoomCore::save`] keeps. Equal rooms have equal hashes.
    ///
    /// # Errors
    /// As [`RoomCore::save`].
    pub fn hash(&self) -> Result<u64, CodecError> {
        Ok(xxhash_rust::xxh3::xxh3_64(&self.save()?))
    }
}

/// The names of the components that a game rewinds.
fn rewound_names<G: Game>() -> Vec<String> {
    struct Names(Vec<String>);
    impl RewindVisitor for Names {
        fn component<C: Replicate + hecs::Component>(&mut self) {
            self.0.push(C::NAME.to_owned());
        }
    }
    let mut names = Names(Vec::new());
    G::rewinds(&mut names);
    names.0
}

/// What a component is called in a save.
fn name_of<C>() -> String {
    let name = std::any::type_name::<C>();
    let end = name.find('<').unwrap_or(name.len());
    let start = name[..end].rfind("::").map_or(0, |at| at + 2);
    name[start..].to_owned()
}

struct SaveComponents<'a, R: Rules> {
    room: &'a Room<R>,
    form: Form,
    bytes: Vec<(String, Vec<u8>)>,
    error: Option<CodecError>,
}

impl<R: Rules> ComponentVisitor for SaveComponents<'_, R> {
    fn component<C: Replicate>(&mut self) {
        SavedVisitor::component::<C>(self);
    }
}

impl<R: Rules> ComponentVisitor for RestoreComponents<'_, R> {
    fn component<C: Replicate>(&mut self) {
        SavedVisitor::component::<C>(self);
    }
}

impl<R: Rules> SavedVisitor for SaveComponents<'_, R> {
    fn component<C: hecs::Component + Clone + Serialize + DeserializeOwned>(&mut self) {
        let rows = self.room.entities().filter_map(|(id, entity)| {
            self.room
                .world
                .get::<&C>(entity)
                .ok()
                .map(|component| (id, (*component).clone()))
        });
        match self.form.write(&rows.collect::<Vec<(EntityId, C)>>()) {
            Ok(bytes) => self.bytes.push((name_of::<C>(), bytes)),
            Err(error) => self.error = Some(error),
        }
    }
}

struct RestoreComponents<'a, R: Rules> {
    room: &'a mut Room<R>,
    form: Form,
    bytes: Vec<(String, Vec<u8>)>,
    error: Option<RestoreError>,
}

impl<R: Rules> SavedVisitor for RestoreComponents<'_, R> {
    fn component<C: hecs::Component + Clone + Serialize + DeserializeOwned>(&mut self) {
        let name = name_of::<C>();
        // A component that is new to the game is on no entity.
        let Some(place) = self.bytes.iter().position(|(saved, _)| *saved == name) else {
            return;
        };
        let (name, bytes) = self.bytes.remove(place);
        match self.form.read::<Vec<(EntityId, C)>>(&bytes) {
            Ok(rows) => {
                for (id, component) in rows {
                    if let Some(entity) = self.room.entity(id) {
                        let _ = self.room.world.insert_one(entity, component);
                    }
                }
            }
            Err(error) => self.error = Some(RestoreError::Part(name, error)),
        }
    }
}
