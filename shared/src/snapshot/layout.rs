//! One snapshot message: a small header of the client's own, then sections that all share.
//!
//! ```text
//! u8   0x80 | flags                         1 avatar, 2 own events
//! u16  tick of the newest group, low bits   little endian, as all here
//! u16  newest input sequence applied, low bits
//! i8   input slack, ticks                   how early the latest input came; 127: none came
//! [avatar]      varint entity, varint length, bytes
//! [own events]  varint length, bytes
//! groups, oldest first, to the end:
//!   varint age                              ticks before the header's tick
//!   varint section count
//!   sections: varint channel, varint length * 4 + kind, bytes
//! ```
//! Varints are LEB128, at most 5 bytes. A channel that has no section in a group coasts (see `delta`).

use super::SnapshotError;
use crate::ids::{ChannelId, EntityId};

/// The first bit of a snapshot message. Other server messages start below it.
pub const SNAPSHOT_TAG: u8 = 0x80;
const AVATAR: u8 = 1;
const OWN_EVENTS: u8 = 2;

/// The slack of a header when no input came since the one before.
pub const NO_SLACK: i8 = i8::MAX;

/// What a section's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// The channel's change since its last group.
    Delta,
    /// The channel's whole state.
    Keyframe,
    /// Encoded room events, back to back.
    Events,
    /// The client no longer sees the channel.
    Leave,
}

impl SectionKind {
    fn from_bits(bits: u32) -> SectionKind {
        match bits & 3 {
            0 => SectionKind::Delta,
            1 => SectionKind::Keyframe,
            2 => SectionKind::Events,
            _ => SectionKind::Leave,
        }
    }
}

/// The part of a snapshot that concerns its receiver alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnPart {
    /// Low bits of the newest input sequence applied.
    pub applied_low: u16,
    /// How many ticks early the latest input came; negative is late; [`NO_SLACK`] when none came.
    pub slack_ticks: i8,
    /// The own avatar in full, encoded by the codec, and its entity.
    pub avatar: Option<(EntityId, Vec<u8>)>,
    /// Encoded room events, back to back.
    pub events: Vec<u8>,
}

/// Starts a message.
pub fn write_header(out: &mut Vec<u8>, tick_low: u16, own: &OwnPart) {
    let flags = if own.avatar.is_some() { AVATAR } else { 0 }
        | if own.events.is_empty() { 0 } else { OWN_EVENTS };
    out.push(SNAPSHOT_TAG | flags);
    out.extend_from_slice(&tick_low.to_le_bytes());
    out.extend_from_slice(&own.applied_low.to_le_bytes());
    out.push(own.slack_ticks as u8);
    if let Some((entity, bytes)) = &own.avatar {
        write_varint(out, entity.0);
        write_varint(out, bytes.len() as u32);
        out.extend_from_slice(bytes);
    }
    if !own.events.is_empty() {
        write_varint(out, own.events.len() as u32);
        out.extend_from_slice(&own.events);
    }
}

/// Starts a group.
pub fn write_group(out: &mut Vec<u8>, age_ticks: u32, sections: u32) {
    write_varint(out, age_ticks);
    write_varint(out, sections);
}

/// Writes one section. What all clients share is written once and copied.
pub fn write_section(out: &mut Vec<u8>, channel: ChannelId, kind: SectionKind, bytes: &[u8]) {
    write_varint(out, channel.0);
    write_varint(out, (bytes.len() as u32) << 2 | kind as u32);
    out.extend_from_slice(bytes);
}

fn write_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A message taken apart; its slices borrow from the message.
#[derive(Clone, Debug)]
pub struct SnapshotMessage<'a> {
    /// Low bits of the newest group's tick.
    pub tick_low: u16,
    /// Low bits of the newest input sequence applied.
    pub applied_low: u16,
    /// See [`OwnPart::slack_ticks`]; `None` when no input came.
    pub slack_ticks: Option<i8>,
    /// The own avatar.
    pub avatar: Option<(EntityId, &'a [u8])>,
    /// Own events.
    pub events: &'a [u8],
    rest: Bytes<'a>,
}

/// One group's header, or one of its sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// What follows, to the next group, belongs to this tick.
    Group {
        /// Ticks before the header's tick.
        age_ticks: u32,
    },
    /// A section of the group before it.
    Section(ChannelId, SectionKind, &'a [u8]),
}

impl<'a> SnapshotMessage<'a> {
    /// Takes the header off a message; the parts follow by [`SnapshotMessage::parts`].
    ///
    /// # Errors
    /// When this is not a snapshot message.
    pub fn parse(message: &'a [u8]) -> Result<SnapshotMessage<'a>, SnapshotError> {
        let mut rest = Bytes(message);
        let flags = rest.u8()?;
        if flags & !(AVATAR | OWN_EVENTS) != SNAPSHOT_TAG {
            return Err(SnapshotError::Invalid);
        }
        let tick_low = rest.u16()?;
        let applied_low = rest.u16()?;
        let slack = rest.u8()? as i8;
        let avatar = if flags & AVATAR != 0 {
            let entity = EntityId(rest.varint()?);
            Some((entity, rest.counted()?))
        } else {
            None
        };
        let events = if flags & OWN_EVENTS != 0 {
            rest.counted()?
        } else {
            &[]
        };
        let slack_ticks = (slack != NO_SLACK).then_some(slack);
        Ok(SnapshotMessage {
            tick_low,
            applied_low,
            slack_ticks,
            avatar,
            events,
            rest,
        })
    }

    /// Calls `each` for every group and section, in order.
    ///
    /// # Errors
    /// When the bytes are not parts, or the first that `each` gives.
    pub fn parts(
        &self,
        mut each: impl FnMut(Part<'a>) -> Result<(), SnapshotError>,
    ) -> Result<(), SnapshotError> {
        let mut rest = self.rest;
        while !rest.0.is_empty() {
            let age_ticks = rest.varint()?;
            each(Part::Group { age_ticks })?;
            for _ in 0..rest.varint()? {
                let channel = ChannelId(rest.varint()?);
                let head = rest.varint()?;
                let bytes = rest.take((head >> 2) as usize)?;
                each(Part::Section(channel, SectionKind::from_bits(head), bytes))?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], SnapshotError> {
        let (front, rest) = self.0.split_at_checked(count).ok_or(SnapshotError::Short)?;
        self.0 = rest;
        Ok(front)
    }

    fn u8(&mut self) -> Result<u8, SnapshotError> {
        self.take(1)?.first().copied().ok_or(SnapshotError::Short)
    }

    fn u16(&mut self) -> Result<u16, SnapshotError> {
        Ok(u16::from_le_bytes([self.u8()?, self.u8()?]))
    }

    fn varint(&mut self) -> Result<u32, SnapshotError> {
        let mut value = 0_u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return u32::try_from(value).map_err(|_| SnapshotError::Invalid);
            }
        }
        Err(SnapshotError::Invalid)
    }

    fn counted(&mut self) -> Result<&'a [u8], SnapshotError> {
        let count = self.varint()? as usize;
        self.take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_comes_apart_as_it_was_put_together() {
        let own = OwnPart {
            applied_low: 513,
            slack_ticks: -3,
            avatar: Some((EntityId(300), vec![1, 2, 3])),
            events: vec![9],
        };
        let mut message = Vec::new();
        write_header(&mut message, 1000, &own);
        write_group(&mut message, 2, 0);
        write_group(&mut message, 0, 1);
        write_section(
            &mut message,
            ChannelId(200),
            SectionKind::Keyframe,
            &[7; 40],
        );
        let parsed = SnapshotMessage::parse(&message).unwrap();
        assert_eq!(
            (parsed.tick_low, parsed.applied_low, parsed.slack_ticks),
            (1000, 513, Some(-3))
        );
        assert_eq!(parsed.avatar, Some((EntityId(300), &[1, 2, 3][..])));
        assert_eq!(parsed.events, [9]);
        let mut parts = Vec::new();
        parsed
            .parts(|part| {
                parts.push(part);
                Ok(())
            })
            .unwrap();
        assert_eq!(
            parts,
            [
                Part::Group { age_ticks: 2 },
                Part::Group { age_ticks: 0 },
                Part::Section(ChannelId(200), SectionKind::Keyframe, &[7; 40]),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_ok_or_err(mut bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            bytes[0] |= 0x80;
            bytes[0] &= 0x83;
            if let Ok(message) = SnapshotMessage::parse(&bytes) {
                let _ = message.parts(|_| Ok(()));
            }
        }
    }
}
