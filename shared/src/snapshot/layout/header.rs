//! The beginning of a message: the part for its receiver alone.
//!
//! In: a [`Header`]. Out: its bytes, and back.

use super::number::{Bytes, write_varint};
use super::service::ServiceLevel;
use crate::ids::EntityId;
use crate::snapshot::bits::{unzigzag, zigzag};
use crate::snapshot::error::SnapshotError;

/// The highest bit of a snapshot message's first byte. Other messages of a server start with a byte below it.
pub const SNAPSHOT_TAG: u8 = 0x80;
/// A slack is told in this many parts of a tick.
pub const SLACK_PARTS: i32 = 8;
const WHOLE_AVATAR: u8 = 1;
const PREDICTED_AVATAR: u8 = 2;
const ROSTER: u8 = 4;
const SLACK: u8 = 8;
const SERVICE: u8 = 16;
const SEVERAL: u8 = 32;

/// What a snapshot says about its receiver's avatar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnAvatar<'a> {
    /// There is none.
    #[default]
    None,
    /// It is where the step brings the last one that was sent, with exactly the inputs of the client for these ticks.
    Predicted,
    /// Its entity, and the whole avatar, encoded by the codec.
    Whole(EntityId, &'a [u8]),
}

/// The part of a snapshot that concerns its receiver alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// Ticks since the message before.
    pub ticks_on: u32,
    /// Low bits of the newest input sequence that the server has applied.
    pub applied_low: u8,
    /// How early the latest input came, in parts of a tick of which a tick has [`SLACK_PARTS`]; negative when it was late,
    /// `None` when no input came.
    pub slack_parts: Option<i32>,
    /// The client's service level, when it changed.
    pub service: Option<ServiceLevel>,
    /// The receiver's avatar.
    pub avatar: OwnAvatar<'a>,
    /// All who are in the room, as encoded joins, back to back: after a welcome, and when events were lost to the client.
    /// Empty otherwise.
    pub roster: &'a [u8],
    /// Ticks from the first group to the newest; 0 when there is only one.
    pub span_ticks: u32,
}

impl<'a> Header<'a> {
    /// Takes the header off a message.
    pub(super) fn read(rest: &mut Bytes<'a>) -> Result<Header<'a>, SnapshotError> {
        let flags = rest.u8()?;
        let both = WHOLE_AVATAR | PREDICTED_AVATAR;
        if flags & 0xC0 != SNAPSHOT_TAG || flags & both == both {
            return Err(SnapshotError::Invalid);
        }
        let has = |flag: u8| flags & flag != 0;
        let ticks_on = rest.varint()?;
        let applied_low = rest.u8()?;
        let slack_parts = has(SLACK).then(|| rest.varint()).transpose()?;
        let service = has(SERVICE).then(|| rest.u8()).transpose()?;
        let avatar = if has(WHOLE_AVATAR) {
            OwnAvatar::Whole(EntityId(rest.varint()?), rest.counted()?)
        } else if has(PREDICTED_AVATAR) {
            OwnAvatar::Predicted
        } else {
            OwnAvatar::None
        };
        let roster = if has(ROSTER) { rest.counted()? } else { &[] };
        let span_ticks = if has(SEVERAL) { rest.varint()? } else { 0 };
        Ok(Header {
            ticks_on,
            applied_low,
            slack_parts: slack_parts.map(unzigzag),
            service: service.map(ServiceLevel::from_byte).transpose()?,
            avatar,
            roster,
            span_ticks,
        })
    }
}

/// Starts a message with its header. The sections of the first group follow.
pub fn write_header(out: &mut Vec<u8>, header: &Header) {
    let avatar = match header.avatar {
        OwnAvatar::None => 0,
        OwnAvatar::Predicted => PREDICTED_AVATAR,
        OwnAvatar::Whole(..) => WHOLE_AVATAR,
    };
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.push(
        SNAPSHOT_TAG
            | avatar
            | flag(!header.roster.is_empty(), ROSTER)
            | flag(header.slack_parts.is_some(), SLACK)
            | flag(header.service.is_some(), SERVICE)
            | flag(header.span_ticks > 0, SEVERAL),
    );
    write_varint(out, header.ticks_on);
    out.push(header.applied_low);
    if let Some(slack) = header.slack_parts {
        write_varint(out, zigzag(slack));
    }
    out.extend(header.service.map(ServiceLevel::to_byte));
    if let OwnAvatar::Whole(entity, bytes) = header.avatar {
        write_varint(out, entity.0);
        write_varint(out, bytes.len() as u32);
        out.extend_from_slice(bytes);
    }
    if !header.roster.is_empty() {
        write_varint(out, header.roster.len() as u32);
        out.extend_from_slice(header.roster);
    }
    if header.span_ticks > 0 {
        write_varint(out, header.span_ticks);
    }
}
