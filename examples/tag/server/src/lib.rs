//! What only the server decides. What is left out has a default: `Game`'s page says which.

use tag_rules::Tag;
use tickwire::prelude::*;

#[saved]
pub struct TagGame;

#[game]
impl Game for TagGame {
    type Rules = Tag;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tag_rules::Push;
    use tickwire::lab::Lab;

    use super::*;

    /// Two players on links of 40 ms each way: one goes right, and both see that.
    #[test]
    fn everybody_sees_who_goes_right() {
        let mut lab = Lab::<TagGame>::new((), 1);
        let runner = lab.add((40, 10), |_, _| Push { right: 1, down: 0 });
        let watcher = lab.add((40, 10), |_, _| Push::default());
        lab.run(Duration::from_secs(2), |_| {});
        for place in [runner, watcher].map(Result::unwrap) {
            let seen = lab.drawn(place, "Dot");
            let x = seen.iter().map(|dot| dot["x"]).fold(0.0, f64::max);
            assert!((20.0..45.0).contains(&x), "{seen:?}");
        }
    }
}
