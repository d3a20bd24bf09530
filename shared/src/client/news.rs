//! News for the client's owner, until it asks for them.
//!
//! In: events. Out: the same events, oldest first. All that one message brings is kept, however much it is. Must not: grow
//! without bound when nobody asks.

use std::collections::VecDeque;

use super::actions::ActionNews;
use super::event::ClientEvent;
use crate::ids::InputSequence;

/// News that may wait when the next message comes. The oldest are dropped beyond it.
const WAITING: usize = 4096;

#[derive(Debug)]
pub(super) struct News<E, A> {
    waiting: VecDeque<ClientEvent<E, A>>,
}

impl<E, A> Default for News<E, A> {
    fn default() -> News<E, A> {
        News {
            waiting: VecDeque::new(),
        }
    }
}

impl<E, A> News<E, A> {
    pub(super) fn push(&mut self, event: ClientEvent<E, A>) {
        self.waiting.push_back(event);
    }

    /// Forgets the oldest, if the owner has not asked for far too long.
    pub(super) fn trim(&mut self) {
        let over = self.waiting.len().saturating_sub(WAITING);
        self.waiting.drain(..over);
    }

    pub(super) fn pop(&mut self) -> Option<ClientEvent<E, A>> {
        self.waiting.pop_front()
    }
}

impl<E, A> From<ActionNews<A>> for ClientEvent<E, A> {
    fn from(news: ActionNews<A>) -> ClientEvent<E, A> {
        match news {
            ActionNews::Predicted(InputSequence(sequence), action) => {
                ClientEvent::Predicted { sequence, action }
            }
            ActionNews::Confirmed(InputSequence(sequence)) => ClientEvent::Confirmed { sequence },
            ActionNews::Withdrawn(InputSequence(sequence)) => ClientEvent::Withdrawn { sequence },
        }
    }
}
