//! Whether a client can tell where its avatar is, without being told.
//!
//! In: each step of the avatar, and whether its client sent the input for it. Out: the answer, at each snapshot.

use tickwire_shared::ids::Tick;

/// Follows an avatar from step to step: as long as nothing but the step moves it, by the inputs that its client sent for
/// just these ticks, the client knows where it is without being told.
#[derive(Debug)]
pub(crate) struct Trail<A> {
    stepped: Option<(Tick, A)>,
    /// Since the client was last told.
    unbroken: bool,
    /// The input of this tick is the one that the client sent for it.
    pub(crate) input_is_own: bool,
}

// Derived, it would ask the avatar to be `Default` too.
impl<A> Default for Trail<A> {
    fn default() -> Trail<A> {
        Trail {
            stepped: None,
            unbroken: false,
            input_is_own: false,
        }
    }
}

impl<A: Clone + PartialEq> Trail<A> {
    /// One step in `tick`.
    pub(crate) fn step(&mut self, tick: Tick, avatar: &mut A, step: impl FnOnce(&mut A)) {
        let as_left = self
            .stepped
            .as_ref()
            .is_some_and(|(last, left)| last.plus(1) == tick && left == avatar);
        step(avatar);
        self.unbroken &= as_left && self.input_is_own;
        match &mut self.stepped {
            Some((last, left)) => {
                *last = tick;
                left.clone_from(avatar);
            }
            None => self.stepped = Some((tick, avatar.clone())),
        }
    }

    /// True when the client can tell where the avatar is after `tick`, if it was told the last time that this was asked.
    pub(crate) fn is_unbroken(&mut self, tick: Tick, avatar: &A) -> bool {
        let here = self
            .stepped
            .as_ref()
            .is_some_and(|(last, left)| *last == tick && left == avatar);
        if !here {
            // The game moved it after the step: the next step starts from here.
            self.stepped = Some((tick, avatar.clone()));
        }
        std::mem::replace(&mut self.unbroken, true) && here
    }
}
