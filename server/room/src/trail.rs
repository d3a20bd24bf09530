//! Finds out whether a client knows where its avatar is without being told.
//!
//! In: each step of the avatar, and whether its client sent the input for it. Out: yes or no, at each snapshot.

use tickwire_shared::ids::Tick;

/// Follows an avatar from step to step. The client knows where the avatar is without being told as long as only the
/// step moves it, by the inputs that the client sent for exactly these ticks.
#[derive(Debug)]
pub(crate) struct Trail<A> {
    stepped: Option<(Tick, A)>,
    /// True if that has held since the client was last told.
    unbroken: bool,
    /// True if the input of this tick is the one that the client sent for it.
    pub(crate) input_is_own: bool,
}

// A derive would require the avatar to be `Default`, too.
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
    /// Steps the avatar in `tick`.
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

    /// True if the client knows where the avatar is after `tick`, provided that it was told after the last call of
    /// this.
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
