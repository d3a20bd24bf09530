//! The flags of a search, the same for every tool that runs a contest.
//!
//! In: a command line. Out: a bout.

use std::path::Path;

use clap::Args;

use super::{Bout, Effort, LADDER};

/// How to find the largest number of players.
#[derive(Args, Clone, Debug)]
pub struct SearchFlags {
    /// Numbers of players to try before halving, ascending.
    #[arg(long, value_delimiter = ',', default_values_t = LADDER)]
    players: Vec<usize>,
    /// Try only the list, and every number of it, even after one that did not hold; for curves.
    #[arg(long)]
    no_search: bool,
    /// Measure a few seconds per number, and stay coarse.
    #[arg(long)]
    quick: bool,
    /// How often to repeat all of it; the figures are medians.
    #[arg(long, default_value_t = 1)]
    repeat: usize,
}

impl SearchFlags {
    /// The bout that these flags ask for. `root` is the folder of the repository.
    pub fn bout(self, root: &Path) -> Bout<'_> {
        let mut ladder = self.players;
        ladder.sort_unstable();
        Bout {
            root,
            effort: Effort::new(ladder, self.quick),
            search: !self.no_search,
            repeat: self.repeat,
        }
    }
}
