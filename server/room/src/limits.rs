//! Every bound of a room in one place: what it is, its unit, why. They are part of what a room is: a re-run with other
//! bounds would be another room. The bounds that both ends of the wire keep are in [`tickwire_shared::limits`].

use tickwire_shared::limits::CHANNELS_PER_CLIENT;

/// Encoded events that wait for the next snapshot, bytes. If a game sends more between two snapshots, the rest is lost,
/// and the log says so.
pub(crate) const EVENT_BYTES: usize = 256 << 10;
/// How long a player's last input is repeated when no new one comes, seconds.
pub(crate) const REPEAT_S: f64 = 0.1;
/// Tokens of a seat whose welcomes are not known to have arrived. More reloads than this within one round trip are no
/// person's.
pub(crate) const TOKENS: usize = 8;
/// Nothing is rewound further than this, seconds. Further back, a player could be shot that has long been behind a
/// wall.
pub const REWIND_MAX_S: f64 = 0.250;
/// What an honest player sees is as old as its round trip, and at most this much older, seconds. The rest is its
/// interpolation delay and the wait of its inputs.
pub(crate) const VIEW_DELAY_MAX_S: f64 = 0.150;
/// The age of a player's picture may change by this part of the ticks that pass: drawn time runs up to 4 % slower and 2 %
/// faster than real time. Between two shots it drifts by no more than [`VIEW_LOOSE_TICKS`] all the same.
pub(crate) const VIEW_DRIFT: f32 = 0.06;
/// It may be this much off besides, ticks: the phase between frames and ticks, and the inputs that share a message.
pub(crate) const VIEW_LOOSE_TICKS: f32 = 1.5;
/// Over the whole window of rewinding it may jump once in this time, seconds.
pub(crate) const VIEW_JUMP_EVERY_S: f32 = 10.0;
/// How many ticks are kept to rewind to, at most: a quarter of a second at 240 ticks a second, and a few more.
pub(crate) const HISTORY_TICKS: usize = 64;
/// Each channel's hash is sent this often, seconds, at the rules' own snapshot rate. All channels send it in the same
/// snapshot, so that a room at rest stays quiet in between.
pub(crate) const CHECK_S: f64 = 0.8;

/// The first channel that a game may open itself. Below it are the two that every room has...
pub(crate) const FIRST_GAME_CHANNEL: u32 = 2;
/// ...and from here on come the grid's cells, row by row.
pub(crate) const FIRST_CELL: u32 = 1024;
/// Cells of one grid, at most. With this bound a channel's number takes three bytes on the wire at most.
pub(crate) const CELLS: u32 = 65_536;
/// Cells that one player sees at most: with all channels below the cells they are what a client can hold.
pub(crate) const CELLS_SEEN: u32 = CHANNELS_PER_CLIENT as u32 - FIRST_CELL;
/// All channels that a room itself gives out are below this.
pub(crate) const CHANNELS: u32 = FIRST_CELL + CELLS;

/// Rows of entities that are gone are kept, up to this many or half of all rows, whichever is more.
pub(crate) const GONE_KEPT: usize = 64;
/// A channel has memory for this many rows of each table from the start.
pub(crate) const ROOMY_ROWS: usize = 16;
/// States of channels that were forgotten are kept for their memory, up to this many or half as many as there are
/// channels, whichever is more.
pub(crate) const SPARE_STATES: usize = 64;
/// The largest saved room that is read back, bytes.
pub(crate) const SAVE_BYTES: usize = 256 << 20;
