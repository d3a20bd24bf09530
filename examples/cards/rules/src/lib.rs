//! What both ends know: what lies on the table, and what is said. Nothing moves, so there is no input, avatar or step.

use tickwire_shared::prelude::*;

/// A deck: card `n` has the suit `n / RANKS` and the rank `n % RANKS`.
pub const CARDS: u8 = 32;
pub const RANKS: u8 = 8;

/// No player has this id.
pub const NOBODY: PlayerId = PlayerId(0);

#[component]
pub struct Table {
    #[net(range = 0..=31)]
    pub top: u8,
    #[net(range = 0..=32)]
    pub pile: u8,
    #[net(range = 0..=32)]
    pub deck: u8,
    /// Whose turn it is: `NOBODY`'s after a win, and while somebody is alone.
    pub turn: PlayerId,
    pub winner: PlayerId,
}

/// What a player holds: others learn how many cards, their owner which ones. Each card is a bit of one number.
#[component]
pub struct Hand {
    pub player: PlayerId,
    #[net(range = 0..=32)]
    pub held: u8,
    #[net(owner_only)]
    pub cards: u32,
    /// Those that may be played now, so that the page need not know how the game is played.
    #[net(owner_only)]
    pub playable: u32,
}

/// What a player asks for.
#[message]
pub enum Move {
    Play(u8),
    Draw,
}

/// What happened. What is, stands in the components.
#[message]
pub enum News {
    Played(PlayerId, u8),
    Drew(PlayerId),
    Refused,
}

pub struct Cards;

#[rules]
impl Rules for Cards {
    const TICK_RATE_HZ: u32 = 1;
    const TICKS_PER_SNAPSHOT: u32 = 1;

    type Command = Move;
    type Event = News;

    fn components(set: &mut impl ComponentVisitor) {
        set.component::<Table>();
        set.component::<Hand>();
    }
}
