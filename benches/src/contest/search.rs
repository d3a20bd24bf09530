//! Finds the largest number of players that holds: up a list until one breaks, then halving in between.
//!
//! In: a function that tries a number of players. Out: all tries, and the number. Bounded: a list, then a few halvings.

use anyhow::Result;

use super::Point;

/// How much to do for one number.
#[derive(Clone, Debug)]
pub struct Effort {
    /// Numbers of players to try, ascending, until one does not hold.
    pub ladder: Vec<usize>,
    /// Then halve between the last number that held and the first that did not, until they are this close, as a ratio.
    pub close: f64,
    /// Seconds to measure at each number.
    pub seconds: f64,
    /// Players that join per second.
    pub joins_per_s: f64,
    /// Numbers are multiples of this.
    pub multiple: usize,
    /// Tries before a number counts as not held: on a shared machine, a try may fail because of another program.
    pub tries: usize,
}

/// Default numbers of players to try before halving.
pub const LADDER: [usize; 10] = [100, 200, 400, 800, 1200, 1600, 2400, 3200, 4800, 6400];

impl Effort {
    /// The effort for each number of players; `quick` means a few seconds, and coarse numbers.
    pub fn new(ladder: Vec<usize>, quick: bool) -> Effort {
        Effort {
            ladder,
            close: if quick { 0.15 } else { 0.05 },
            seconds: if quick { 3.0 } else { 6.0 },
            joins_per_s: 500.0,
            multiple: 8,
            tries: if quick { 1 } else { 2 },
        }
    }
}

/// Tries and finds: returns the points by ascending number of players, and the largest number that held.
///
/// # Errors
/// The first error of `attempt`.
pub fn largest(
    effort: &Effort,
    mut attempt: impl FnMut(usize) -> Result<Point>,
) -> Result<(Vec<Point>, usize)> {
    let mut points: Vec<Point> = Vec::new();
    let mut test = |players: usize, points: &mut Vec<Point>| -> Result<bool> {
        let mut point = attempt(players)?;
        for _ in 1..effort.tries {
            if point.holds {
                break;
            }
            point = attempt(players)?;
        }
        let holds = point.holds;
        points.push(point);
        Ok(holds)
    };
    let (mut holds, mut breaks) = (0, None);
    for players in &effort.ladder {
        if test(*players, &mut points)? {
            holds = *players;
        } else {
            breaks = Some(*players);
            break;
        }
    }
    // If no number of the list breaks, the search ends with its last one; for more, give a longer list.
    while let Some(above) = breaks {
        let middle = (holds + above) / 2 / effort.multiple * effort.multiple;
        let close = (above - holds) as f64 <= effort.close * above as f64;
        if close || middle <= holds || middle >= above {
            break;
        }
        if test(middle, &mut points)? {
            holds = middle;
        } else {
            breaks = Some(middle);
        }
    }
    points.sort_by_key(|point| point.players);
    Ok((points, holds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effort() -> Effort {
        Effort {
            ladder: vec![100, 200, 400, 800, 1600],
            close: 0.05,
            seconds: 1.0,
            joins_per_s: 100.0,
            multiple: 8,
            tries: 1,
        }
    }

    fn point(players: usize, limit: usize) -> Point {
        Point {
            players,
            holds: players <= limit,
            ..Point::default()
        }
    }

    #[test]
    fn it_comes_close_from_below_and_within_a_few_tries() {
        for limit in [50, 99, 100, 333, 790, 1599] {
            let (points, found) = largest(&effort(), |players| Ok(point(players, limit))).unwrap();
            assert!(found <= limit, "{found} of {limit}");
            assert!(
                found as f64 >= limit as f64 * 0.90 - 8.0,
                "{found} of {limit}"
            );
            assert!(points.len() <= 12, "{} tries", points.len());
            assert!(points.is_sorted_by_key(|point| point.players));
        }
    }

    #[test]
    fn a_list_that_never_breaks_ends_with_its_last() {
        let (points, found) = largest(&effort(), |players| Ok(point(players, 9999))).unwrap();
        assert_eq!((points.len(), found), (5, 1600));
    }

    #[test]
    fn one_bad_try_is_tried_again_when_asked_to() {
        let effort = Effort {
            ladder: vec![100],
            tries: 2,
            ..effort()
        };
        let mut tries = 0;
        let found = largest(&effort, |players| {
            tries += 1;
            Ok(point(players, if tries == 1 { 0 } else { 100 }))
        });
        assert_eq!(found.unwrap().1, 100);
    }
}
