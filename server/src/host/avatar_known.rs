//! What one client knows of its own avatar: whether it must be told, and how.
//!
//! In: the own part of each snapshot, and what of it was told. Out: whether the client knows where its avatar is.

use tickwire_room::OwnPart;
use tickwire_shared::ids::EntityId;

/// What a client knows of its avatar.
#[derive(Debug, Default)]
pub(super) struct AvatarKnown {
    /// The client can tell the avatar from the last one that it was told.
    predicts: bool,
    /// Ticks since one was told whole.
    since_whole_ticks: u32,
    /// One is told whole at least this often, ticks.
    whole_every_ticks: u32,
    /// The own part as it was last told, if the client had sent nothing.
    applied_low: u8,
    avatar: Option<EntityId>,
    avatar_bytes: Vec<u8>,
}

impl AvatarKnown {
    /// Of a client that knows nothing yet.
    pub(super) fn new(whole_every_ticks: u32) -> AvatarKnown {
        AvatarKnown {
            whole_every_ticks,
            ..AvatarKnown::default()
        }
    }

    /// A snapshot with the own part `new` after the one with the avatar `before`, so many ticks later.
    pub(super) fn follow(&mut self, before: Option<EntityId>, new: &OwnPart, ticks: u32) {
        self.since_whole_ticks = self.since_whole_ticks.saturating_add(ticks);
        // The next one would come too late.
        let is_due = self.since_whole_ticks.saturating_add(ticks) > self.whole_every_ticks;
        self.predicts &= new.predicted && new.avatar == before && !is_due;
    }

    /// True if there is nothing to say of the avatar: the client can tell where it is, or has sent nothing while it
    /// stayed where it was.
    pub(super) fn needs_nothing(&self, own: &OwnPart) -> bool {
        let rests = own.slack_parts.is_none()
            && own.applied_low == self.applied_low
            && own.avatar == self.avatar
            && own.avatar_bytes == self.avatar_bytes;
        self.predicts || own.avatar.is_none() || rests
    }

    /// The client is told this. True if it can tell its avatar from the last one; otherwise it gets it whole.
    pub(super) fn tell(&mut self, own: &OwnPart) -> bool {
        let predicted = self.predicts;
        if !predicted {
            self.since_whole_ticks = 0;
        }
        self.predicts = own.avatar.is_some();
        // Who sends inputs is not at rest, and need not be compared.
        self.avatar = own.avatar.filter(|_| own.slack_parts.is_none());
        if self.avatar.is_some() {
            self.applied_low = own.applied_low;
            self.avatar_bytes.clear();
            self.avatar_bytes.extend_from_slice(&own.avatar_bytes);
        }
        predicted
    }

    /// The client holds something wrong: it gets the avatar whole.
    pub(super) fn forget(&mut self) {
        self.predicts = false;
        self.avatar = None;
    }
}
