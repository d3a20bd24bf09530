//! Every bound of a room in one place: what it is, its unit, why. They are part of what a room is: a re-run with others
//! would be another room. What both ends of the wire hold to is in [`tickwire_shared::limits`].

use tickwire_shared::limits::CHANNELS_PER_CLIENT;

/// Encoded events that wait for the next snapshot, bytes. A game that sends more between two snapshots loses the rest, and
/// is told so in the log.
pub(crate) const EVENT_BYTES: usize = 256 << 10;
/// A starved player's last input is repeated this long, seconds.
pub(crate) const REPEAT_S: f64 = 0.1;
/// Nothing is rewound further than this, seconds: beyond it, the player who was shot would have been behind a wall for
/// long.
pub const REWIND_MAX_S: f64 = 0.250;
/// An honest player sees things as old as its round trip, and this much for its interpolation delay and its inputs' wait,
/// seconds.
pub(crate) const VIEW_DELAY_MAX_S: f64 = 0.150;
/// Ticks that are kept to rewind to, at most: a quarter of a second at 240 a second, and some.
pub(crate) const HISTORY_TICKS: usize = 64;
/// Each channel's hash is told this often, seconds. All at once, so that a room at rest stays quiet in between.
pub(crate) const CHECK_S: f64 = 0.8;

/// Channels that a game may open itself come after the two that everybody knows...
pub(crate) const FIRST_GAME_CHANNEL: u32 = 2;
/// ...and the grid's cells after those, row by row.
pub(crate) const FIRST_CELL: u32 = 1024;
/// Cells of one grid: a channel's number takes three bytes on the wire at most.
pub(crate) const CELLS: u32 = 65_536;
/// Cells that one player sees at most: with all channels below the cells they are what a client can hold.
pub(crate) const CELLS_SEEN: u32 = CHANNELS_PER_CLIENT as u32 - FIRST_CELL;
/// All channels that a room has by itself are below this.
pub(crate) const CHANNELS: u32 = FIRST_CELL + CELLS;

/// Rows of entities that are gone are kept up to this many, and up to as many as there are others.
pub(crate) const GONE_KEPT: usize = 64;
/// Rows of each table that a channel has memory for from the start.
pub(crate) const ROOMY_ROWS: usize = 16;
/// Largest saved room that is read back, bytes.
pub(crate) const SAVE_BYTES: usize = 256 << 20;
