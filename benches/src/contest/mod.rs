//! Side by side: our server, the peers and the limit do the same work, one after the other, each alone on one core.
//!
//! In: games, contestants, and the numbers of players to try. Out: points (number of players, whether it held, what it
//! cost), and for each contestant the largest number that holds. `servers` starts them, `peers` finds
//! those of others, `attempt` tries one number,
//! `search` finds the largest, `compete` does both as often as `flags` ask, `medians` makes one run of several, `plot`
//! draws. For our server alone: `curve`, `panels` (its picture), `footprint` (memory, and how late ticks are), `siege`
//! (hostile company). `timer` is what lateness is compared with.

mod attempt;
mod compete;
mod contestant;
mod curve;
mod flags;
mod footprint;
mod frame_size;
mod game;
mod medians;
mod panels;
mod peers;
mod plot;
mod point;
mod search;
mod servers;
mod siege;
mod timer;

pub use attempt::try_out;
pub use compete::{Bout, compete};
pub use contestant::Contestant;
pub use curve::{Curve, PLAYER_TICK, curve_table};
pub use flags::SearchFlags;
pub use footprint::{
    Footprint, Lateness, LatenessPlan, Memory, MemoryPlan, lateness, memory, memory_table,
};
pub use frame_size::FrameSize;
pub use game::{Game, HZ};
pub use medians::{median, median_run};
pub use panels::draw_panels;
pub use plot::draw;
pub use point::{Point, Run};
pub use search::{Effort, LADDER, largest};
pub use servers::{Server, pin};
pub use siege::{Siege, SiegePlan, siege};
pub use timer::bare_timer;
