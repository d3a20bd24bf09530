//! Tickwire's server: rooms with a fixed-tick authoritative loop, and one port that serves page, API and WebSocket.
//!
//! The way of the data through this crate: `net` (socket bytes -> frame checks -> message) -> a room's `seat` -> `host`
//! (mailbox -> tick -> publish -> feed -> message) -> `net` again (one write). `protocol` says what is spoken on a
//! path, `directory` says which room a client goes to, and `scheduler` says when a room ticks. `server` puts the pieces
//! together. A game author implements [`tickwire_room::Game`].
//!
//! A tick never waits for a socket, and nothing that a client sends makes another client's room wait.

mod balance;
mod directory;
mod host;
mod kind;
pub mod lab;
mod limits;
pub mod link;
mod listen;
mod metrics;
mod net;
mod page;
mod phases;
mod process;
mod protocol;
mod pump;
mod random;
mod runtime;
mod scheduler;
mod seat;
mod seldom;
mod server;
mod settings;
mod sharded;
mod text;

pub use directory::{Entrance, Joined, RoomInfo, Wanted};
pub use kind::{
    Checkpoint, Checkpoints, KeptRoom, OnCheckpoint, OnClose, RoomKind, RoomOrder, read_room,
    write_room,
};
pub use limits::Limits;
pub use listen::{listen, raise_open_files};
pub use metrics::Metrics;
pub use net::{AddressRange, MetricsAccess};
pub use page::Page;
pub use protocol::{Call, Joining, Protocol};
pub use pump::{Pumped, Pumps};
pub use runtime::runtime;
pub use scheduler::{Tickable, Verdict};
pub use seat::{Delivery, Ending, Feed, JoinRequest, Port, RoomHandle, Seat, SeatReply};
pub use server::{BuildError, Builder, Server};
pub use settings::{Setting, SettingKind};
