//! Every bound of a server in one place: its meaning, its unit, its default. What an operator may tune is a field of
//! [`Limits`]; the bounds that follow from the code itself are constants at the end. The protocol's own bounds, which a
//! client must know too, are in [`tickwire_shared::limits`]. The bounds of a room, which are part of a re-run, are in
//! `tickwire_room`.
//!
//! In: nothing, or what an operator sets before [`crate::Server::builder`] builds. Out: bounds, for the net layer and
//! for rooms. Other files have the thresholds of their own algorithms, but no timeout and no bound of a queue.

use std::time::Duration;

use tickwire_shared::limits::CLIENT_MESSAGE_BYTES;

/// The bounds of one server. Start from `Limits::default()` and change what you must.
#[derive(Clone, Debug)]
pub struct Limits {
    // ---- What one client may send ----
    /// Payload of one message over all its fragments, bytes. The codec takes no more than [`CLIENT_MESSAGE_BYTES`], so
    /// only a smaller value makes sense. Beyond: `MessageTooLarge`.
    pub message_bytes: usize,
    /// Fragments of one message. Beyond: `TooManyFragments`.
    pub message_fragments: usize,
    /// Messages per tick of the room, sustained. Beyond: `MessageFlood`.
    pub messages_per_tick: u32,
    /// How much of the sustained rate may come together, as a time: after a stall a link delivers a second of inputs
    /// together.
    pub message_burst: Duration,
    /// WebSocket pings and pongs per second; as many may come together. Beyond: `ControlFlood`.
    pub control_frames_per_s: u32,
    /// Unsent bytes that the kernel takes before it makes a writer wait: about two seconds of snapshots. What waits in
    /// a kernel cannot be replaced by something newer, so a slow client would see an ever older past.
    pub unsent_bytes: u32,
    /// Answers (pongs) waiting for a client that does not read them, messages. Beyond: `TooSlow`. This is more than a
    /// burst of messages asks for, so that a client that sends too much is told so, and not that it reads too little.
    pub replies_queued: usize,

    // ---- How long things may take ----
    /// From upgrade to a whole hello. Beyond: `HelloTimeout`. And from the welcome to the first frame after it. Beyond:
    /// `Idle`.
    pub hello: Duration,
    /// Between two WebSocket pings of the server. They measure the round trip, which bounds rewinding, and they keep a
    /// quiet client from being idle.
    pub ping: Duration,
    /// Without one whole frame from the client. Beyond: `Idle`.
    pub idle: Duration,
    /// For one message to leave for the client. Beyond: `TooSlow`.
    pub write_deadline: Duration,
    /// For the goodbye and the close frame to leave, and again for the client to close its end.
    pub close_wait: Duration,
    /// For all connections to end when the server shuts down; the rest is cut off.
    pub shutdown: Duration,

    // ---- HTTP ----
    /// For a request's headers to arrive. An idle keep-alive connection stays for the same time.
    pub header_time: Duration,
    /// A request's headers, bytes, at least 8192 (what the HTTP library needs). Beyond: 431.
    pub header_bytes: usize,
    /// A request's headers, count. Beyond: 431.
    pub header_count: usize,
    /// Lifetime of an HTTP connection. It bounds a peer that reads the page one byte at a time.
    pub http_lifetime: Duration,

    // ---- How many ----
    /// TCP connections in all: HTTP and WebSocket. Beyond: 503. Keep it below the process's limit of open files.
    pub connections: usize,
    /// TCP connections of one address (IPv6: of one /64). Beyond: 429.
    pub connections_per_address: usize,
    /// Upgrades per second of one address, sustained. Beyond: 429.
    pub upgrades_per_s: u32,
    /// Upgrades of one address in a burst.
    pub upgrade_burst: u32,
    /// Sockets that are upgraded and have not said hello. Beyond: 503.
    pub unhelloed: usize,
    /// Connections that are being told why they are refused before anything is read. Beyond: cut off without a word.
    pub refusals: usize,

    // ---- Rooms ----
    /// Rooms at the same time. Beyond: `ServerFull`.
    pub rooms_max: usize,
    /// How long the seat of a lost connection is kept.
    pub reconnect_grace: Duration,
    /// How long a room without people stays open.
    pub empty_room: Duration,
    /// Messages that may wait for one tick, over all clients of a room: 1,000 clients with 64 each. Beyond: `Internal`.
    pub room_mailbox: usize,
    /// Lines of chat of one player within [`Limits::chat_span`]. Beyond: the line is dropped, and its writer is told.
    pub chat_lines: u32,
    /// See [`Limits::chat_lines`].
    pub chat_span: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_bytes: CLIENT_MESSAGE_BYTES,
            message_fragments: 16,
            messages_per_tick: 2,
            message_burst: Duration::from_secs(1),
            control_frames_per_s: 5,
            unsent_bytes: 16 << 10,
            replies_queued: 256,

            hello: Duration::from_secs(5),
            ping: Duration::from_secs(2),
            idle: Duration::from_secs(30),
            write_deadline: Duration::from_secs(5),
            close_wait: Duration::from_secs(1),
            shutdown: Duration::from_secs(8),

            header_time: Duration::from_secs(5),
            header_bytes: 8192,
            header_count: 32,
            http_lifetime: Duration::from_secs(60),

            connections: 16_384,
            connections_per_address: 32,
            upgrades_per_s: 20,
            upgrade_burst: 40,
            unhelloed: 1000,
            refusals: 64,

            rooms_max: 1000,
            reconnect_grace: Duration::from_secs(20),
            empty_room: Duration::from_secs(10),
            room_mailbox: 65_536,
            chat_lines: 5,
            chat_span: Duration::from_secs(10),
        }
    }
}

/// Snapshots of a stream that are kept: 6 s at 30 a second, which is a second more than a stalled write may last.
pub(crate) const RING_SNAPSHOTS: usize = 192;
/// Snapshots with events that a room's log keeps: as long as a stream's ring at least, longer where little happens.
pub(crate) const EVENT_LOG_BATCHES: usize = 192;
/// All events that a room's log keeps, bytes.
pub(crate) const EVENT_LOG_BYTES: usize = 1 << 20;
/// An avatar is told whole at least this often, predicted or not: whatever went wrong on the way is then right.
pub(crate) const WHOLE_AVATAR: Duration = Duration::from_secs(4);
/// Channels whose healing may be asked for at a time; beyond it all are healed.
pub(crate) const HEALING_CHANNELS: usize = 32;
/// A client is healed at most this often: keyframes cost everybody's tick.
pub(crate) const HEAL_EVERY: Duration = Duration::from_millis(500);
/// A client that was silent for this many reads is read less often...
pub(crate) const SILENT_READS: u32 = 8;
/// ...but at least this often, as every client in a room is, however slowly the room ticks.
pub(crate) const SILENT_READ_EVERY: Duration = Duration::from_millis(50);
/// Clients of one pump. Enough that its wake-up hardly counts, few enough that a crowded room keeps every core busy.
pub(crate) const CLIENTS_PER_PUMP: usize = 64;
/// Ticks that a late room may catch up in a row; the rest is counted and dropped.
pub(crate) const CATCH_UP_TICKS: u32 = 3;
/// How often a join is tried again if its room closes just then.
pub(crate) const JOIN_TRIES: usize = 4;
/// How long the accept loop waits when the system has no more sockets to give.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The table of addresses is not swept below this size, entries.
pub(crate) const ADDRESS_SWEEP_FROM: usize = 1024;
/// Most bytes that a conditioned link holds back on one way: about what TCP has in flight, and a keyframe of a room.
pub(crate) const LINK_HELD_BYTES: usize = 64 << 10;
/// The longest queue in front of a slow conditioned way: a longer one would be an ever older past.
pub(crate) const LINK_QUEUE: Duration = Duration::from_millis(200);
/// A client's own write buffer that has grown beyond this is given back after writing, bytes. It holds what the
/// client's socket did not take, and answers.
pub(crate) const WRITE_KEPT_BYTES: usize = 256;
/// A thread's write buffer that has grown beyond this is given back, bytes: a crowd's keyframe should not stay in
/// memory for good.
pub(crate) const THREAD_WRITE_KEPT_BYTES: usize = 256 << 10;

/// A time as ticks, rounded up.
pub(crate) fn ticks(span: Duration, tick_rate_hz: u32) -> u32 {
    (span.as_secs_f64() * f64::from(tick_rate_hz)).ceil() as u32
}
