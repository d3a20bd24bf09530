//! One snapshot message: a small header for one client alone, then sections that are the same for all clients.
//!
//! ```text
//! u8       0x80 | flags      1 whole avatar, 2 avatar as predicted, 4 roster, 8 slack, 16 service, 32 several groups
//! varint   ticks from the message before (the first: from the welcome's tick) to this one's newest group
//! u8       newest input sequence applied, low bits
//! [varint  input slack, eighths of a tick, zigzag: how early the latest input came; left out when none came]
//! [u8      service: rung | stride << 4, when it changed]
//! [whole avatar   varint entity, varint length, bytes]
//! [roster         varint length, bytes]
//! [varint  ticks from the first group to the newest, when there are several]
//! groups, oldest first:
//!   sections: varint channel - channel before + 1 (the first: channel + 1), varint length * 8 + kind, bytes
//!   between two groups: 0, varint ticks to the next group
//! ```
//! Varints are LEB128, at most 5 bytes. A channel that has no section in a group coasts (see `delta`). A channel's sections
//! are encoded once and copied into every message; the rest is a handful of bytes.

mod header;
mod message;
mod number;
mod section;
mod service;

pub use header::{Header, OwnAvatar, SLACK_PARTS, SNAPSHOT_TAG, write_header};
pub use message::{Part, SnapshotMessage};
pub use section::{
    SectionKind, write_channel, write_next_group, write_section, write_section_head,
};
pub use service::{Rung, ServiceLevel};
