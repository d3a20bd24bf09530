//! A saved room on its way into another build of its game.
//!
//! In: the parts of a save, as bytes. Out: values of this build's types; or an error that names the part that does not fit.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tickwire_shared::codec::{self, CodecError};
use tickwire_shared::ids::EntityId;

use crate::limits::SAVE_BYTES;

/// The parts of a save that are a game's own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Parts {
    pub(crate) form: Form,
    /// Of the rules that it was saved under.
    pub(crate) revision: u32,
    pub(crate) options: Vec<u8>,
    pub(crate) game: Vec<u8>,
    /// By name.
    pub(crate) components: Vec<(String, Vec<u8>)>,
}

/// How the parts of a save are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    /// By their layout: only a build with the same types reads them.
    Exact,
    /// By the names of their fields, in MessagePack.
    Named,
}

impl Form {
    pub(crate) fn write<T: Serialize + ?Sized>(self, value: &T) -> Result<Vec<u8>, CodecError> {
        match self {
            Form::Exact => codec::encode(value),
            Form::Named => rmp_serde::to_vec_named(value).map_err(|_| CodecError::Encode),
        }
    }

    pub(crate) fn read<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, CodecError> {
        match self {
            Form::Exact => codec::decode::<T, SAVE_BYTES>(bytes),
            Form::Named => rmp_serde::from_slice(bytes).map_err(|_| CodecError::Invalid),
        }
    }
}

/// Why a saved room does not come back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The bytes are no save, or one of another build in the form that only that one reads.
    #[error("it is no saved room of this build ({0})")]
    Bytes(#[from] CodecError),
    /// A part was changed so that its old value is none any more.
    #[error(
        "what was saved as `{0}` does not fit this build: raise REVISION and write Game::migrate"
    )]
    Part(String, CodecError),
    /// It is of other rules, and the game brings none over.
    #[error("it was saved under REVISION {0}, and Game::migrate does not bring it over")]
    Revision(u32),
}

/// A room that was saved under another `REVISION`, for [`Game::migrate`](crate::Game::migrate). What is not touched here is
/// read by the names of its fields.
#[derive(Debug)]
pub struct SavedRoom<'a> {
    parts: &'a mut Parts,
    error: Option<RestoreError>,
}

impl<'a> SavedRoom<'a> {
    pub(crate) fn new(parts: &'a mut Parts) -> SavedRoom<'a> {
        SavedRoom { parts, error: None }
    }

    pub(crate) fn into_error(self) -> Option<RestoreError> {
        self.error
    }

    /// The `REVISION` under which it was saved.
    pub fn revision(&self) -> u32 {
        self.parts.revision
    }

    /// Makes a new component of each old one that was saved under the name `from`. `None` leaves it out. Nothing happens if
    /// there was none.
    pub fn component<Old: DeserializeOwned, New: Serialize>(
        &mut self,
        from: &str,
        to: &str,
        mut bring: impl FnMut(EntityId, Old) -> Option<New>,
    ) {
        let Parts {
            form, components, ..
        } = &mut *self.parts;
        let Some((name, bytes)) = components.iter_mut().find(|(name, _)| name == from) else {
            return;
        };
        let all = |old: Vec<(EntityId, Old)>| {
            let new = old
                .into_iter()
                .filter_map(|(id, old)| Some((id, bring(id, old)?)));
            new.collect::<Vec<(EntityId, New)>>()
        };
        match bring_over(*form, from, bytes, all) {
            Ok(()) => to.clone_into(name),
            Err(error) => self.error = Some(error),
        }
    }

    /// Makes the game's own state of the old one.
    pub fn game<Old: DeserializeOwned, New: Serialize>(&mut self, bring: impl FnOnce(Old) -> New) {
        let brought = bring_over(self.parts.form, "game", &mut self.parts.game, bring);
        self.error = brought.err().or(self.error.take());
    }

    /// Makes the room's options of the old ones.
    pub fn options<Old: DeserializeOwned, New: Serialize>(
        &mut self,
        bring: impl FnOnce(Old) -> New,
    ) {
        let brought = bring_over(self.parts.form, "options", &mut self.parts.options, bring);
        self.error = brought.err().or(self.error.take());
    }
}

/// Makes a new part of an old one, in its place.
fn bring_over<Old: DeserializeOwned, New: Serialize>(
    form: Form,
    name: &str,
    part: &mut Vec<u8>,
    bring: impl FnOnce(Old) -> New,
) -> Result<(), RestoreError> {
    let brought = form.read::<Old>(part);
    let brought = brought.and_then(|old| form.write(&bring(old)));
    *part = brought.map_err(|error| RestoreError::Part(name.to_owned(), error))?;
    Ok(())
}
