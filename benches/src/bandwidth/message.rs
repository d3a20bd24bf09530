//! Takes one message apart and says what each byte is for.
//!
//! In: whole snapshot messages as clients get them. Out: sums of bytes by purpose. Every byte is in exactly one sum.

use anyhow::{Context, Result};
use tickwire_shared::ids::ChannelId;
use tickwire_shared::message::ServerMessage;
use tickwire_shared::snapshot::layout::{OwnAvatar, Part, SectionKind, SnapshotMessage};

/// Sums over messages, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bytes {
    /// Number of messages.
    pub messages: u64,
    /// WebSocket frame heads.
    pub frame_heads: u64,
    /// Message headers, without avatar and events.
    pub headers: u64,
    /// Channel names, section heads, group heads.
    pub section_heads: u64,
    /// Own avatars that were sent whole.
    pub avatars: u64,
    /// Rosters, for clients that start anew.
    pub rosters: u64,
    /// Own channels: owner-only fields.
    pub own_channel: u64,
    /// Deltas of the global channel.
    pub global: u64,
    /// Deltas of grid cells and of channels that the game opened.
    pub cells: u64,
    /// Keyframes of shared channels.
    pub keyframes: u64,
    /// Events of shared channels.
    pub events: u64,
    /// Hashes that let a client find out that it holds something else.
    pub checks: u64,
    /// Pongs, which are messages of their own; frame heads included.
    pub replies: u64,
}

/// Size of the head of an unmasked WebSocket frame, bytes.
pub fn frame_head_bytes(payload_bytes: usize) -> u64 {
    match payload_bytes {
        0..126 => 2,
        126..65_536 => 4,
        _ => 10,
    }
}

/// Size of a LEB128 number, bytes.
fn varint_bytes(number: usize) -> u64 {
    let bits = usize::BITS - number.leading_zeros();
    u64::from(bits.div_ceil(7).max(1))
}

impl Bytes {
    /// All bytes.
    pub fn total(&self) -> u64 {
        self.heads() + self.checks + self.replies + self.rows() + self.only_ones()
    }

    /// Everything that names and frames the rest.
    pub fn heads(&self) -> u64 {
        self.frame_heads + self.headers + self.section_heads
    }

    fn rows(&self) -> u64 {
        self.global + self.cells + self.keyframes + self.events
    }

    fn only_ones(&self) -> u64 {
        self.avatars + self.rosters + self.own_channel
    }

    /// Adds one message.
    ///
    /// # Errors
    /// The bytes are neither a snapshot message nor an answer about the clock.
    pub fn add(&mut self, message: &[u8]) -> Result<()> {
        if let Ok(ServerMessage::<()>::Pong(_)) = ServerMessage::decode(message) {
            self.replies += frame_head_bytes(message.len()) + message.len() as u64;
            return Ok(());
        }
        let parsed = SnapshotMessage::parse(message).context("the message is not a snapshot")?;
        self.messages += 1;
        self.frame_heads += frame_head_bytes(message.len());
        let header = parsed.header;
        let avatar = match header.avatar {
            OwnAvatar::Whole(entity, bytes) => {
                varint_bytes(entity.0 as usize) + varint_bytes(bytes.len()) + bytes.len() as u64
            }
            OwnAvatar::None | OwnAvatar::Predicted => 0,
        };
        let roster = match header.roster.len() {
            0 => 0,
            bytes => varint_bytes(bytes) + bytes as u64,
        };
        let span = match header.span_ticks {
            0 => 0,
            ticks => varint_bytes(ticks as usize),
        };
        let own = 2
            + varint_bytes(header.ticks_on as usize)
            + u64::from(header.slack_parts.is_some())
            + u64::from(header.service.is_some())
            + span;
        let mut sections = 0;
        parsed
            .parts(|part| {
                if let Part::Section(channel, kind, bytes) = part {
                    *self.place(channel, kind) += bytes.len() as u64;
                    sections += bytes.len() as u64;
                }
                Ok(())
            })
            .context("the message's parts cannot be read")?;
        self.headers += own;
        self.avatars += avatar;
        self.rosters += roster;
        self.section_heads += message.len() as u64 - own - avatar - roster - sections;
        Ok(())
    }

    fn place(&mut self, channel: ChannelId, kind: SectionKind) -> &mut u64 {
        match (channel, kind) {
            (_, SectionKind::Check) => &mut self.checks,
            (ChannelId::OWN, _) => &mut self.own_channel,
            (_, SectionKind::Events) => &mut self.events,
            (_, SectionKind::Keyframe) => &mut self.keyframes,
            (ChannelId::GLOBAL, _) => &mut self.global,
            _ => &mut self.cells,
        }
    }
}
