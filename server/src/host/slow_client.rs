//! How a slow client is judged: rung by rung, down and up again.
//!
//! In: for each message, what it had to make up for. Out: the rung that the client is on. A late message carries what
//! was missed, or whole states if those are smaller. A client that is late for long gets every second snapshot; then it
//! sees less far; then its connection is closed. Going up takes longer than coming down, so that nothing flaps.

use tickwire_shared::ids::Tick;
use tickwire_shared::snapshot::layout::Rung;

/// A client is judged in spans of this length, seconds.
const SPAN_S: f64 = 2.0;
/// One message counts for at most this long, seconds, so that a single long stall counts as a hiccup, too.
const MESSAGE_S: f64 = 0.5;
/// A client that is late for more than this part of a span goes down one rung.
const LATE_PART: f64 = 0.5;
/// A span is good if the client is late for less than this part of it...
const GOOD_PART: f64 = 0.1;
/// ...and after this many good spans in a row it goes up one rung.
const GOOD_SPANS: u32 = 3;
/// A client that is late for this many more spans on the lowest rung is too slow.
const LAST_SPANS: u32 = 3;

/// A client's place on the ladder.
#[derive(Debug)]
pub(super) struct Ladder {
    /// The lasting rung: `Current`, `HalfRate` or `LessInterest`.
    lasting: Rung,
    /// The rung of the last message alone: `Current`, `Merged` or `Restarted`.
    last: Rung,
    tick_rate_hz: f64,
    span_ticks: f64,
    late_ticks: f64,
    good_spans: u32,
    late_spans: u32,
}

/// What one message had to make up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backlog {
    /// Nothing: the message carried the newest snapshot alone.
    None,
    /// Several snapshots, one after the other.
    Several,
    /// So much that the message carried whole states.
    Restart,
}

impl Ladder {
    pub(super) fn new(tick_rate_hz: u32) -> Ladder {
        Ladder {
            lasting: Rung::Current,
            last: Rung::Current,
            tick_rate_hz: f64::from(tick_rate_hz),
            span_ticks: 0.0,
            late_ticks: 0.0,
            good_spans: 0,
            late_spans: 0,
        }
    }

    /// Counts one message, `on` ticks after the one before it. False if the client is too slow to be served.
    pub(super) fn note(&mut self, backlog: Backlog, on: u32) -> bool {
        self.last = match backlog {
            Backlog::None => Rung::Current,
            Backlog::Several => Rung::Merged,
            Backlog::Restart => Rung::Restarted,
        };
        let on = f64::from(on).min(MESSAGE_S * self.tick_rate_hz);
        self.span_ticks += on;
        if backlog != Backlog::None {
            self.late_ticks += on;
        }
        if self.span_ticks < SPAN_S * self.tick_rate_hz {
            return true;
        }
        let late = self.late_ticks / self.span_ticks;
        (self.span_ticks, self.late_ticks) = (0.0, 0.0);
        if late > LATE_PART {
            self.good_spans = 0;
            return self.step_down();
        }
        self.late_spans = 0;
        self.good_spans = if late < GOOD_PART {
            self.good_spans + 1
        } else {
            0
        };
        if self.good_spans >= GOOD_SPANS {
            self.good_spans = 0;
            self.lasting = match self.lasting {
                Rung::LessInterest => Rung::HalfRate,
                _ => Rung::Current,
            };
        }
        true
    }

    fn step_down(&mut self) -> bool {
        self.lasting = match self.lasting {
            Rung::HalfRate => Rung::LessInterest,
            Rung::LessInterest => {
                self.late_spans += 1;
                Rung::LessInterest
            }
            _ => Rung::HalfRate,
        };
        self.late_spans < LAST_SPANS
    }

    /// The client's rung: the lasting one, or that of the last message if it is worse.
    pub(super) fn rung(&self) -> Rung {
        self.lasting.max(self.last)
    }

    /// True if the client gets only every second snapshot.
    pub(super) fn half_rate(&self) -> bool {
        self.lasting >= Rung::HalfRate
    }

    /// True if the client gets only half of the interest radius.
    pub(super) fn less_interest(&self) -> bool {
        self.lasting >= Rung::LessInterest
    }
}

/// Ticks from one tick to another. 0 if they are out of order.
pub(super) fn ticks_on(from: Tick, to: Tick) -> u32 {
    to.since(from).max(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays for `seconds` at 60 ticks a second, with a message every `on` ticks. True if the client was not too slow.
    fn play(ladder: &mut Ladder, backlog: Backlog, on: u32, seconds: u32) -> bool {
        (0..seconds * 60 / on).all(|_| ladder.note(backlog, on))
    }

    #[test]
    fn a_client_that_is_late_for_long_goes_down_rung_by_rung_and_is_then_too_slow() {
        let mut ladder = Ladder::new(60);
        assert!(play(&mut ladder, Backlog::Several, 10, 1));
        assert_eq!(ladder.rung(), Rung::Merged, "a hiccup is no illness");
        assert!(play(&mut ladder, Backlog::Several, 10, 1));
        assert_eq!(ladder.rung(), Rung::HalfRate);
        assert!(play(&mut ladder, Backlog::Restart, 60, 3));
        assert_eq!(ladder.rung(), Rung::HalfRate, "four messages are not many");
        assert!(play(&mut ladder, Backlog::Restart, 60, 1));
        assert_eq!(ladder.rung(), Rung::LessInterest);
        assert!(ladder.half_rate() && ladder.less_interest());
        assert!(play(&mut ladder, Backlog::Several, 10, 4));
        assert!(!play(&mut ladder, Backlog::Several, 10, 2));
    }

    #[test]
    fn it_goes_up_again_one_rung_at_a_time_and_later_than_it_came_down() {
        let mut ladder = Ladder::new(60);
        play(&mut ladder, Backlog::Several, 10, 4);
        assert_eq!(ladder.rung(), Rung::LessInterest);
        play(&mut ladder, Backlog::None, 4, 4);
        assert!(ladder.less_interest(), "four good seconds are not enough");
        play(&mut ladder, Backlog::None, 4, 2);
        assert_eq!(ladder.rung(), Rung::HalfRate);
        play(&mut ladder, Backlog::None, 4, 6);
        assert_eq!(ladder.rung(), Rung::Current);
    }

    #[test]
    fn a_stall_now_and_then_changes_nothing_for_good() {
        let mut ladder = Ladder::new(60);
        for _ in 0..60 {
            // Seven seconds without a message, then four good seconds.
            assert!(ladder.note(Backlog::Restart, 420));
            assert!(play(&mut ladder, Backlog::None, 2, 4));
            assert!(!ladder.half_rate());
        }
    }
}
