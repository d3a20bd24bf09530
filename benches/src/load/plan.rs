//! What a load does to a server: who plays, how many, how fast, how long.
//!
//! In: the flags of a tool, or a try of a contest. Out: a plan that `run` carries out, and `join` and `outcome` read.

use std::time::Duration;

use super::speaker::Speaker;

/// Makes a client's half of the protocol, from the number of the client, counted from 0.
pub type Cast = Box<dyn FnMut(usize) -> Box<dyn Speaker>>;

/// What to do to a server.
pub struct Plan {
    /// `host:port`.
    pub address: String,
    /// The path of the WebSocket, with its query.
    pub path: String,
    /// Ask for a seat by HTTP first, as Colyseus needs it; the path is made from the answer.
    pub matchmake: bool,
    /// Number of clients.
    pub players: usize,
    /// Clients that join per second.
    pub joins_per_s: f64,
    /// Inputs per second from each client.
    pub input_hz: f64,
    /// Snapshots that each should get per second.
    pub snapshot_hz: f64,
    /// Ask the server for its metrics before and after.
    pub look: bool,
    /// The server's process, if it runs here and should be looked at.
    pub process: Option<u32>,
    /// How long to measure once all clients are in.
    pub measure: Duration,
    /// Makes the clients.
    pub cast: Cast,
}
