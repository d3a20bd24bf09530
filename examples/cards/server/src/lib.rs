//! What only the server decides: who has which cards, whose turn it is, and which move counts.

use cards_rules::{CARDS, Cards, Hand, Move, NOBODY, News, RANKS, Table};
use tickwire::prelude::*;
use tickwire::rand::seq::SliceRandom;

const DEALT: usize = 5;
/// Ticks until a slow player draws, and from a win to the next deal.
const TURN: u32 = 40 * Cards::TICK_RATE_HZ;
const PAUSE: u32 = 5 * Cards::TICK_RATE_HZ;

#[saved]
struct Seat {
    player: PlayerId,
    cards: Vec<u8>,
    /// The entity that shows them.
    hand: EntityId,
}

#[saved]
#[derive(Default)]
pub struct CardsGame {
    table: EntityId,
    /// In the order of turns.
    seats: Vec<Seat>,
    /// Both have their top at the end.
    deck: Vec<u8>,
    pile: Vec<u8>,
    turn: PlayerId,
    winner: PlayerId,
    /// When the turn or the pause is over.
    until: Tick,
}

#[game]
impl Game for CardsGame {
    type Rules = Cards;

    fn seats(_options: &()) -> usize {
        4
    }

    fn create(_options: &(), room: &mut Room<Cards>) -> CardsGame {
        let table = room.spawn((Table::default(),));
        CardsGame {
            table,
            ..CardsGame::default()
        }
    }

    fn join(&mut self, room: &mut Room<Cards>, player: PlayerId) -> Result<(), Refusal> {
        // The owner, who alone sees the owner-only fields, is whom it is spawned for.
        let hand = room.spawn_for(
            player,
            (Hand {
                player,
                ..Hand::default()
            },),
        );
        self.seats.push(Seat {
            player,
            cards: Vec::new(),
            hand,
        });
        match self.seats.len() {
            1 => {}
            2 => self.deal(room),
            // The others play on, and the new one with them: with as many cards as the fullest hand, or leaving and coming
            // back would pay.
            seats => {
                let most = self.seats.iter().map(|seat| seat.cards.len()).max();
                self.take(room, seats - 1, most.unwrap_or_default().max(DEALT));
            }
        }
        self.show(room);
        Ok(())
    }

    fn leave(&mut self, room: &mut Room<Cards>, player: PlayerId) {
        if self.turn == player {
            self.pass(room);
        }
        if let Some(at) = self.place(player) {
            let cards = self.seats.remove(at).cards;
            self.deck.splice(0..0, cards);
        }
        if self.seats.len() < 2 {
            self.turn = NOBODY;
        }
        if self.winner == player {
            self.winner = NOBODY;
        }
        room.despawn_all_of(player);
        self.show(room);
    }

    fn command(&mut self, room: &mut Room<Cards>, player: PlayerId, asked: Move) {
        match asked {
            Move::Play(card) if self.may_play(player, card) => self.play(room, card),
            Move::Draw if self.turn == player => self.draw(room),
            // A client may send anything at any time: then it alone is told.
            _ => room.send(player, News::Refused),
        }
        self.show(room);
    }

    fn tick(&mut self, room: &mut Room<Cards>) {
        if self.seats.len() < 2 || self.until.is_after(room.tick()) {
            return;
        }
        match self.turn {
            NOBODY => self.deal(room),
            _ => self.draw(room),
        }
        self.show(room);
    }
}

impl CardsGame {
    fn place(&self, player: PlayerId) -> Option<usize> {
        self.seats.iter().position(|seat| seat.player == player)
    }

    fn may_play(&self, player: PlayerId, card: u8) -> bool {
        let top = self.pile.last().copied().unwrap_or_default();
        let has = |at: usize| self.seats[at].cards.contains(&card);
        self.turn == player
            && self.place(player).is_some_and(has)
            && (card / RANKS == top / RANKS || card % RANKS == top % RANKS)
    }

    fn deal(&mut self, room: &mut Room<Cards>) {
        self.deck = (0..CARDS).collect();
        self.deck.shuffle(room.rng());
        self.pile = self.deck.split_off(self.deck.len() - 1);
        for at in 0..self.seats.len() {
            self.seats[at].cards.clear();
            self.take(room, at, DEALT);
        }
        let first = room.rng().random_range(0..self.seats.len());
        (self.turn, self.winner) = (self.seats[first].player, NOBODY);
        self.until = room.tick().plus(TURN);
    }

    /// Cards from the deck, as many as there are.
    fn take(&mut self, room: &mut Room<Cards>, at: usize, count: usize) {
        for _ in 0..count {
            if self.deck.is_empty() {
                let under_the_top = self.pile.len().saturating_sub(1);
                self.deck = self.pile.drain(..under_the_top).collect();
                self.deck.shuffle(room.rng());
            }
            self.seats[at].cards.extend(self.deck.pop());
        }
    }

    fn draw(&mut self, room: &mut Room<Cards>) {
        if let Some(at) = self.place(self.turn) {
            self.take(room, at, 1);
            room.broadcast(News::Drew(self.turn));
            self.pass(room);
        }
    }

    fn play(&mut self, room: &mut Room<Cards>, card: u8) {
        let Some(at) = self.place(self.turn) else {
            return;
        };
        self.seats[at].cards.retain(|held| *held != card);
        self.pile.push(card);
        room.broadcast(News::Played(self.turn, card));
        if self.seats[at].cards.is_empty() {
            (self.turn, self.winner) = (NOBODY, self.turn);
            self.until = room.tick().plus(PAUSE);
        } else {
            self.pass(room);
        }
    }

    fn pass(&mut self, room: &Room<Cards>) {
        let next = self
            .place(self.turn)
            .map_or(0, |at| (at + 1) % self.seats.len());
        self.turn = self.seats[next].player;
        self.until = room.tick().plus(TURN);
    }

    /// Writes the components anew. Only what has changed goes out.
    fn show(&self, room: &mut Room<Cards>) {
        let table = Table {
            top: self.pile.last().copied().unwrap_or_default(),
            pile: self.pile.len() as u8,
            deck: self.deck.len() as u8,
            turn: self.turn,
            winner: self.winner,
        };
        room.with(self.table, |shown| *shown = table);
        for Seat {
            player,
            cards,
            hand,
        } in &self.seats
        {
            let playable = cards.iter().filter(|card| self.may_play(*player, **card));
            let hand_now = Hand {
                player: *player,
                held: cards.len() as u8,
                cards: cards.iter().map(|card| 1 << card).sum(),
                playable: playable.map(|card| 1 << card).sum(),
            };
            room.with(*hand, |shown| *shown = hand_now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tickwire::lab::Lab;

    use super::*;

    /// A few ticks: enough for a move to be seen by all.
    const A_MOMENT: Duration = Duration::from_secs(4);

    fn table_for_two() -> Lab<CardsGame> {
        let mut lab = Lab::new((), 1);
        for _ in 0..2 {
            lab.add((40, 10), |_, _| ()).unwrap();
        }
        lab.run(A_MOMENT, |_| {});
        lab
    }

    fn asks(lab: &mut Lab<CardsGame>, place: usize, asked: Move) {
        lab.send(place, asked);
        lab.run(A_MOMENT, |_| {});
    }

    /// A field of a player's hand, as another or the same player's client has it.
    fn hand(lab: &Lab<CardsGame>, [of, seen_by]: [usize; 2], field: &str) -> u32 {
        let player = f64::from(lab.player(of).unwrap().0);
        let hands = lab.drawn(seen_by, "Hand");
        hands.iter().find(|hand| hand["player"] == player).unwrap()[field] as u32
    }

    fn table(lab: &Lab<CardsGame>, field: &str) -> u32 {
        lab.drawn(0, "Table")[0][field] as u32
    }

    fn on_turn(lab: &Lab<CardsGame>) -> usize {
        let turn = Some(PlayerId(table(lab, "turn")));
        (0..2).find(|place| lab.player(*place) == turn).unwrap()
    }

    fn refusals(lab: &Lab<CardsGame>, place: usize) -> usize {
        let refused = |news: &&News| matches!(news, News::Refused);
        lab.heard(place).filter(refused).count()
    }

    /// All that both screens show.
    fn shown(lab: &Lab<CardsGame>) -> String {
        let of = |place| (lab.drawn(place, "Table"), lab.drawn(place, "Hand"));
        format!("{:?}", [of(0), of(1)])
    }

    fn assert_hands_are_hidden(lab: &Lab<CardsGame>) {
        let mut cards = 0;
        for (me, other) in [(0, 1), (1, 0)] {
            let own = hand(lab, [me, me], "cards");
            assert_eq!(own.count_ones(), hand(lab, [me, other], "held"));
            assert_eq!(hand(lab, [me, other], "cards"), 0);
            assert_eq!(hand(lab, [me, other], "playable"), 0);
            assert_eq!(cards & own, 0, "one card in two hands");
            cards |= own;
        }
        let lying = table(lab, "deck") + table(lab, "pile");
        assert_eq!(cards.count_ones() + lying, u32::from(CARDS));
    }

    /// Plays a whole game: who can plays the first card that fits, the other draws.
    #[test]
    fn hands_are_hidden_and_the_cards_add_up_until_somebody_wins() {
        let mut lab = table_for_two();
        for _ in 0..200 {
            assert_hands_are_hidden(&lab);
            let place = on_turn(&lab);
            let playable = hand(&lab, [place; 2], "playable");
            let asked = match playable {
                0 => Move::Draw,
                _ => Move::Play(playable.trailing_zeros() as u8),
            };
            asks(&mut lab, place, asked);
            if table(&lab, "winner") != 0 {
                break;
            }
        }
        let [winner, turn] = ["winner", "turn"].map(|field| table(&lab, field));
        assert!(winner != 0 && turn == 0, "nobody won in 200 moves");
        assert_eq!(refusals(&lab, 0) + refusals(&lab, 1), 0);
        lab.run(2 * A_MOMENT, |_| {});
        assert_eq!(hand(&lab, [0, 1], "held"), DEALT as u32, "a new deal");
        assert_hands_are_hidden(&lab);
    }

    #[test]
    fn a_wrong_move_changes_nothing_and_only_who_made_it_hears_of_it() {
        let mut lab = table_for_two();
        let (turn, other) = (on_turn(&lab), 1 - on_turn(&lab));
        let before = shown(&lab);
        let [own, playable] = ["cards", "playable"].map(|field| hand(&lab, [turn; 2], field));
        let others = hand(&lab, [other; 2], "cards");
        let first = |cards: u32| Move::Play(cards.trailing_zeros() as u8);
        let unfit = own & !playable;
        assert_ne!(unfit, 0, "another seed has a card that does not fit");
        // Of the top's suit, but in nobody's hand or the other's.
        let top = table(&lab, "top");
        let suit = 0xff << (top & !7);
        let not_held = first(suit & !own & !(1 << top));
        for (place, wrong) in [
            (other, first(others)),
            (other, Move::Draw),
            (turn, not_held),
            (turn, first(unfit)),
            (turn, Move::Play(CARDS)),
            (turn, Move::Play(255)),
        ] {
            asks(&mut lab, place, wrong);
            assert_eq!(shown(&lab), before);
        }
        assert_eq!([turn, other].map(|place| refusals(&lab, place)), [4, 2]);
    }

    #[test]
    fn a_restart_keeps_the_hands() {
        let mut lab = table_for_two();
        let before = shown(&lab);
        lab.restart();
        for place in 0..2 {
            lab.connect(place).unwrap();
        }
        lab.run(A_MOMENT, |_| {});
        assert_eq!(shown(&lab), before);
        let turn = on_turn(&lab);
        asks(&mut lab, turn, Move::Draw);
        assert_eq!(hand(&lab, [turn; 2], "held"), DEALT as u32 + 1);
    }

    #[test]
    fn the_cards_of_who_leaves_go_under_the_deck() {
        let mut lab = table_for_two();
        lab.add((40, 10), |_, _| ()).unwrap();
        lab.run(A_MOMENT, |_| {});
        assert_eq!(table(&lab, "deck") + table(&lab, "pile"), 32 - 15);
        lab.leave(2);
        lab.run(A_MOMENT, |_| {});
        assert_eq!(lab.drawn(0, "Hand").len(), 2);
        assert_hands_are_hidden(&lab);
    }
}
