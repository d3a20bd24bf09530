//! How large the limit's frames are: as large as ours at the same work.
//!
//! In: a run of ours, if there is one. Out: the payload for a number of players; a guess as long as nothing was measured.

use super::{Game, Run};
use crate::field::ROOM_SEATS;

/// Bytes per mover that the limit writes until we know how many ours writes.
const GUESS_BYTES: f64 = 2.5;

/// The size of our frames, so that the limit can write frames of the same size. It holds what we sent, as far as that
/// is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrameSize {
    seen: Option<(f64, f64)>,
}

impl FrameSize {
    /// Takes the size from a run of ours: from its largest point that held, or from its smallest if none did.
    pub fn of(run: Option<&Run>) -> FrameSize {
        let best = run.and_then(|run| {
            let held = run.points.iter().rfind(|point| point.holds);
            held.or(run.points.first())
        });
        FrameSize {
            seen: best.map(|point| (point.players as f64, point.bytes_per_snapshot)),
        }
    }

    /// Payload for this many players, bytes. In `field` it grows with them; elsewhere everybody sees a fixed number.
    pub(super) fn payload(self, game: Game, players: usize) -> usize {
        let bytes = match (game, self.seen) {
            (Game::Field, Some((then, bytes))) => bytes * players as f64 / then,
            (Game::Field, None) => GUESS_BYTES * players as f64,
            (_, Some((_, bytes))) => bytes,
            (Game::Interest, None) => GUESS_BYTES * 40.0,
            (Game::Rooms | Game::Arena, None) => GUESS_BYTES * ROOM_SEATS as f64,
        };
        // The bytes on the socket include the frame's head, which the limit adds itself.
        (bytes as usize).saturating_sub(4).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::{Contestant, Point};

    #[test]
    fn the_limit_writes_frames_of_our_size() {
        let point = |players, holds, bytes_per_snapshot| Point {
            players,
            holds,
            bytes_per_snapshot,
            ..Point::default()
        };
        let run = Run {
            game: Game::Field,
            contestant: Contestant::Tickwire,
            points: vec![
                point(100, true, 300.0),
                point(200, true, 504.0),
                point(400, false, 9.0),
            ],
            largest: 200,
        };
        let size = FrameSize::of(Some(&run));
        assert_eq!(size.payload(Game::Field, 400), 1004);
        assert_eq!(size.payload(Game::Rooms, 400), 500);
        assert_eq!(FrameSize::of(None).payload(Game::Field, 400), 996);
    }
}
