//! Load over real sockets: many clients on one thread, ours and the peers', each speaking its server's protocol.
//!
//! In: a plan (which clients, how many, how fast, how long). Out: an [`Outcome`], and progress while it runs. `run` is
//! the load from start to end, `join` connects, `connection` is one client's socket, `speaker` is what a client sends
//! and understands, `nengi` is one more of those, `ours` is the client core, `outcome` has the figures. The load must
//! cost as little as it can, because it shares a machine with what it measures.

mod connection;
mod flood;
mod join;
mod limits;
mod metrics;
mod nengi;
mod ours;
mod outcome;
mod plan;
mod run;
mod speaker;
mod tell;

pub use flood::{Flood, Trouble, upgraded_elsewhere, visit};
pub(crate) use join::{hello_frame, upgraded};
pub use limits::roomy;
pub(crate) use metrics::value;
pub use metrics::{ProcessFigures, ServerFigures, resident_bytes};
pub use nengi::Nengi;
pub use ours::{Decode, arena, field, idle};
pub use outcome::{Millis, Outcome, Progress};
pub use plan::{Cast, Plan};
pub use run::run;
pub use speaker::{Colyseus, Heard, Outbox, Plain, SocketIo, Speaker};
pub use tell::Teller;
