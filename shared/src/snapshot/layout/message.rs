//! A message taken apart, part by part.
//!
//! In: the bytes of one message. Out: its header, then groups and sections in order, as slices of those bytes.

use super::header::Header;
use super::number::Bytes;
use super::section::SectionKind;
use crate::ids::ChannelId;
use crate::snapshot::error::SnapshotError;

/// A message taken apart; its slices borrow from the message.
#[derive(Clone, Debug)]
pub struct SnapshotMessage<'a> {
    /// The receiver's own part.
    pub header: Header<'a>,
    rest: Bytes<'a>,
}

/// The beginning of a group, or one of its sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// All sections from here to the next group belong to one tick.
    Group {
        /// Ticks before the newest group.
        age_ticks: u32,
    },
    /// A section of the group before it.
    Section(ChannelId, SectionKind, &'a [u8]),
}

impl<'a> SnapshotMessage<'a> {
    /// Reads the header of a message. [`SnapshotMessage::parts`] reads the rest.
    ///
    /// # Errors
    /// When this is not a snapshot message.
    pub fn parse(message: &'a [u8]) -> Result<SnapshotMessage<'a>, SnapshotError> {
        let mut rest = Bytes(message);
        let header = Header::read(&mut rest)?;
        Ok(SnapshotMessage { header, rest })
    }

    /// Calls `each` for every group and section, in order.
    ///
    /// # Errors
    /// When the bytes are not groups and sections, or when `each` returns an error.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EntityId;
    use crate::snapshot::layout::{
        OwnAvatar, Rung, SNAPSHOT_TAG, ServiceLevel, write_channel, write_header, write_next_group,
        write_section,
    };
    use proptest::prelude::*;

    #[test]
    fn a_message_comes_apart_as_it_was_put_together() {
        let header = Header {
            ticks_on: 300,
            applied_low: 51,
            slack_parts: Some(-3),
            service: Some(ServiceLevel {
                rung: Rung::HalfRate,
                stride: 2,
            }),
            avatar: OwnAvatar::Whole(EntityId(300), &[1, 2, 3]),
            roster: &[9],
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
