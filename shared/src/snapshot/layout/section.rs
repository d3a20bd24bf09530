//! Groups and their sections: how they are written.
//!
//! In: encoded sections, each with its channel and kind. Out: the bytes of a message behind its header.

use super::number::write_varint;
use crate::ids::ChannelId;
use crate::snapshot::error::SnapshotError;

/// What the bytes of a section are.
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
    /// The hash of what the channel holds now, 8 bytes: [`crate::snapshot::ChannelState::hash`], little endian.
    Check,
}

impl SectionKind {
    pub(super) fn from_bits(bits: u32) -> Result<SectionKind, SnapshotError> {
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

/// Writes a section behind the name of its channel. These bytes are the same for every client.
pub fn write_section(out: &mut Vec<u8>, kind: SectionKind, bytes: &[u8]) {
    write_section_head(out, kind, bytes.len());
    out.extend_from_slice(bytes);
}

/// Starts a section behind the name of its channel; a body of this length must follow.
pub fn write_section_head(out: &mut Vec<u8>, kind: SectionKind, len_bytes: usize) {
    write_varint(out, (len_bytes as u32) << 3 | kind as u32);
}
