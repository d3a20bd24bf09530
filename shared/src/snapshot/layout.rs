//! One snapshot message: a small header of the client's own, then sections that all share.
//!
//! ```text
//! u8       0x80 | flags      1 whole avatar, 2 avatar as predicted, 4 own events, 8 slack, 16 service, 32 several groups
//! varint   ticks from the message before (the first: from the welcome's tick) to this one's newest group
//! u8       newest input sequence applied, low bits
//! [i8      input slack, ticks: how early the latest input came; left out when none came]
//! [u8      service: rung | stride << 4, when it changed]
//! [whole avatar   varint entity, varint length, bytes]
//! [own events     varint length, bytes]
//! [varint  ticks from the first group to the newest, when there are several]
//! groups, oldest first:
//!   sections: varint channel - channel before + 1 (the first: channel + 1), varint length * 8 + kind, bytes
//!   between two groups: 0, varint ticks to the next group
//! ```
//! Varints are LEB128, at most 5 bytes. A channel that has no section in a group coasts (see `delta`). What a channel's
//! sections hold is encoded once and copied into every message; the rest is a handful of bytes.

use super::error::SnapshotError;
use crate::ids::{ChannelId, EntityId};

/// The first bit of a snapshot message. Other server messages start below it.
pub const SNAPSHOT_TAG: u8 = 0x80;
const WHOLE_AVATAR: u8 = 1;
const PREDICTED_AVATAR: u8 = 2;
const OWN_EVENTS: u8 = 4;
const SLACK: u8 = 8;
const SERVICE: u8 = 16;
const SEVERAL: u8 = 32;

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
    /// The hash of what the channel now holds, 8 bytes: [`super::ChannelState::hash`], little endian.
    Check,
}

impl SectionKind {
    fn from_bits(bits: u32) -> Result<SectionKind, SnapshotError> {
        Ok(match bits & 7 {
            0 => SectionKind::Delta,
            1 => SectionKind::Keyframe,
            2 => SectionKind::Events,
            3 => SectionKind::Leave,
            4 => SectionKind::Check,
            _ => return Err(SnapshotError::Invalid),
        })
    }
}

/// How well a client keeps up, and what the server does about it. Each rung includes those before it.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    ts_rs::TS,
)]
pub enum Rung {
    /// Every snapshot leaves when it is made.
    #[default]
    Current,
    /// Late: what was missed goes out together.
    Merged,
    /// So late that whole states are smaller than what was missed, or that it is no longer kept.
    Restarted,
    /// Late too often: every second snapshot only.
    HalfRate,
    /// Late even so: sees less far.
    LessInterest,
}

impl Rung {
    /// All, from good to bad.
    pub const ALL: [Rung; 5] = [
        Rung::Current,
        Rung::Merged,
        Rung::Restarted,
        Rung::HalfRate,
        Rung::LessInterest,
    ];

    /// A stable name for metrics and logs.
    pub fn label(self) -> &'static str {
        match self {
            Rung::Current => "current",
            Rung::Merged => "merged",
            Rung::Restarted => "restarted",
            Rung::HalfRate => "half_rate",
            Rung::LessInterest => "less_interest",
        }
    }
}

/// How a client is served: which of the room's snapshots it gets, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLevel {
    /// How well the client keeps up.
    pub rung: Rung,
    /// It gets every `stride`-th snapshot, 1..=15.
    pub stride: u8,
}

impl Default for ServiceLevel {
    fn default() -> ServiceLevel {
        ServiceLevel {
            rung: Rung::Current,
            stride: 1,
        }
    }
}

impl ServiceLevel {
    fn to_byte(self) -> u8 {
        self.rung as u8 | self.stride << 4
    }

    fn from_byte(byte: u8) -> Result<ServiceLevel, SnapshotError> {
        let rung = Rung::ALL.get(usize::from(byte & 15));
        let service = rung.map(|rung| ServiceLevel {
            rung: *rung,
            stride: byte >> 4,
        });
        service
            .filter(|service| service.stride > 0)
            .ok_or(SnapshotError::Invalid)
    }
}

/// What a snapshot says of its receiver's avatar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnAvatar<'a> {
    /// There is none.
    #[default]
    None,
    /// It is where the step brings the last one told, by exactly the inputs that the client sent for these ticks.
    Predicted,
    /// Its entity, and all of it, encoded by the codec.
    Whole(EntityId, &'a [u8]),
}

/// The part of a snapshot that concerns its receiver alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// Ticks since the message before.
    pub ticks_on: u32,
    /// Low bits of the newest input sequence applied.
    pub applied_low: u8,
    /// How many ticks early the latest input came; negative is late; `None` when no input came.
    pub slack_ticks: Option<i8>,
    /// The client's service level, when it changed.
    pub service: Option<ServiceLevel>,
    /// The own avatar.
    pub avatar: OwnAvatar<'a>,
    /// Encoded room events for this client alone, back to back.
    pub events: &'a [u8],
    /// Ticks from the first group to the newest; 0 when there is one only.
    pub span_ticks: u32,
}

/// Starts a message. The sections of its first group follow.
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
            | flag(!header.events.is_empty(), OWN_EVENTS)
            | flag(header.slack_ticks.is_some(), SLACK)
            | flag(header.service.is_some(), SERVICE)
            | flag(header.span_ticks > 0, SEVERAL),
    );
    write_varint(out, header.ticks_on);
    out.push(header.applied_low);
    out.extend(header.slack_ticks.map(|slack| slack as u8));
    out.extend(header.service.map(ServiceLevel::to_byte));
    if let OwnAvatar::Whole(entity, bytes) = header.avatar {
        write_varint(out, entity.0);
        write_varint(out, bytes.len() as u32);
        out.extend_from_slice(bytes);
    }
    if !header.events.is_empty() {
        write_varint(out, header.events.len() as u32);
        out.extend_from_slice(header.events);
    }
    if header.span_ticks > 0 {
        write_varint(out, header.span_ticks);
    }
}

/// Ends a group and starts the next, which is `ticks` later.
pub fn write_next_group(out: &mut Vec<u8>, ticks: u32) {
    out.push(0);
    write_varint(out, ticks);
}

/// Names the channel of the section that follows. `before` is the channel of the section before it in its group,
/// [`ChannelId::GLOBAL`] for the first; channels do not descend within a group.
#[inline]
pub fn write_channel(out: &mut Vec<u8>, before: ChannelId, channel: ChannelId) {
    write_varint(out, channel.0.saturating_sub(before.0) + 1);
}

/// Writes a section behind its channel's name: these bytes are the same for whoever gets them.
pub fn write_section(out: &mut Vec<u8>, kind: SectionKind, bytes: &[u8]) {
    write_varint(out, (bytes.len() as u32) << 3 | kind as u32);
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
    /// The receiver's own part.
    pub header: Header<'a>,
    rest: Bytes<'a>,
}

/// One group's beginning, or one of its sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// What follows, to the next group, belongs to this tick.
    Group {
        /// Ticks before the newest group.
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
        let both = WHOLE_AVATAR | PREDICTED_AVATAR;
        if flags & 0xC0 != SNAPSHOT_TAG || flags & both == both {
            return Err(SnapshotError::Invalid);
        }
        let has = |flag: u8| flags & flag != 0;
        let ticks_on = rest.varint()?;
        let applied_low = rest.u8()?;
        let slack_ticks = has(SLACK).then(|| rest.u8()).transpose()?;
        let service = has(SERVICE).then(|| rest.u8()).transpose()?;
        let avatar = if has(WHOLE_AVATAR) {
            OwnAvatar::Whole(EntityId(rest.varint()?), rest.counted()?)
        } else if has(PREDICTED_AVATAR) {
            OwnAvatar::Predicted
        } else {
            OwnAvatar::None
        };
        let events = if has(OWN_EVENTS) {
            rest.counted()?
        } else {
            &[]
        };
        let span_ticks = if has(SEVERAL) { rest.varint()? } else { 0 };
        let header = Header {
            ticks_on,
            applied_low,
            slack_ticks: slack_ticks.map(|slack| slack as i8),
            service: service.map(ServiceLevel::from_byte).transpose()?,
            avatar,
            events,
            span_ticks,
        };
        Ok(SnapshotMessage { header, rest })
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
        let mut age_ticks = self.header.span_ticks;
        let mut channel = ChannelId::GLOBAL;
        each(Part::Group { age_ticks })?;
        while !rest.0.is_empty() {
            let step = rest.varint()?;
            let Some(on) = step.checked_sub(1) else {
                let ticks = rest.varint()?;
                age_ticks = age_ticks.checked_sub(ticks).ok_or(SnapshotError::Invalid)?;
                channel = ChannelId::GLOBAL;
                each(Part::Group { age_ticks })?;
                continue;
            };
            channel = ChannelId(channel.0.checked_add(on).ok_or(SnapshotError::Invalid)?);
            let head = rest.varint()?;
            let bytes = rest.take((head >> 3) as usize)?;
            each(Part::Section(channel, SectionKind::from_bits(head)?, bytes))?;
        }
        // The last group is the newest.
        if age_ticks == 0 {
            Ok(())
        } else {
            Err(SnapshotError::Invalid)
        }
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
        let header = Header {
            ticks_on: 300,
            applied_low: 51,
            slack_ticks: Some(-3),
            service: Some(ServiceLevel {
                rung: Rung::HalfRate,
                stride: 2,
            }),
            avatar: OwnAvatar::Whole(EntityId(300), &[1, 2, 3]),
            events: &[9],
            span_ticks: 2,
        };
        let mut message = Vec::new();
        write_header(&mut message, &header);
        write_next_group(&mut message, 2);
        write_channel(&mut message, ChannelId::GLOBAL, ChannelId(200));
        write_section(&mut message, SectionKind::Keyframe, &[7; 40]);
        write_channel(&mut message, ChannelId(200), ChannelId(200));
        write_section(&mut message, SectionKind::Check, &[1; 8]);
        let parsed = SnapshotMessage::parse(&message).unwrap();
        assert_eq!(parsed.header, header);
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
                Part::Section(ChannelId(200), SectionKind::Check, &[1; 8]),
            ]
        );
    }

    #[test]
    fn a_message_that_says_nothing_takes_three_bytes() {
        let mut message = Vec::new();
        let header = Header {
            ticks_on: 2,
            applied_low: 7,
            ..Header::default()
        };
        write_header(&mut message, &header);
        assert_eq!(message, [0x80, 2, 7]);
        let mut groups = 0;
        let parsed = SnapshotMessage::parse(&message).unwrap();
        parsed
            .parts(|_| {
                groups += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(groups, 1);
    }

    proptest! {
        #[test]
        fn any_bytes_give_ok_or_err(mut bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            bytes[0] = bytes[0] & 0x3F | SNAPSHOT_TAG;
            if let Ok(message) = SnapshotMessage::parse(&bytes) {
                let _ = message.parts(|_| Ok(()));
            }
        }
    }
}
