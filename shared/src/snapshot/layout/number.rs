//! Numbers and slices of a message: LEB128, and counted bytes.
//!
//! In: the bytes of a message. Out: numbers and slices of them, or an error at the end. No read runs past the bytes.

use crate::snapshot::error::SnapshotError;

pub(super) fn write_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// What is left of a message: numbers and slices are taken off the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], SnapshotError> {
        let (front, rest) = self.0.split_at_checked(count).ok_or(SnapshotError::Short)?;
        self.0 = rest;
        Ok(front)
    }

    pub(super) fn u8(&mut self) -> Result<u8, SnapshotError> {
        self.take(1)?.first().copied().ok_or(SnapshotError::Short)
    }

    pub(super) fn varint(&mut self) -> Result<u32, SnapshotError> {
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

    pub(super) fn counted(&mut self) -> Result<&'a [u8], SnapshotError> {
        let count = self.varint()? as usize;
        self.take(count)
    }
}
