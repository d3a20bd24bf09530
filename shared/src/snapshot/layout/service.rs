//! How a client is served: its rung, and the stride of its stream.
//!
//! In: what the server decided. Out: one byte of the header, and back.

use crate::snapshot::error::SnapshotError;

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
    /// Late: the snapshots that it missed leave in one message.
    Merged,
    /// So late that keyframes are smaller than what it missed, or that this is no longer kept.
    Restarted,
    /// Late too often: it gets every second snapshot only.
    HalfRate,
    /// Late even so: its interest shrinks, so it sees less far.
    LessInterest,
}

impl Rung {
    /// All rungs, from good to bad.
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

/// What the header tells a client of how it is served: which snapshots it gets, and why.
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
    pub(super) fn to_byte(self) -> u8 {
        self.rung as u8 | self.stride << 4
    }

    pub(super) fn from_byte(byte: u8) -> Result<ServiceLevel, SnapshotError> {
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
