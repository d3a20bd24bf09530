//! Every bound of a server in one place: what it is, its unit, its default. What an operator may tune is a field of
//! [`Limits`]; the bounds that follow from the code itself are constants at the end. The protocol's own bounds (which a
//! client must know too) are in [`tickwire_shared::limits`], those of a room (which are part of a re-run) in
//! `tickwire_room`.
//!
//! In: nothing, or what an operator sets before [`crate::Server::builder`] builds. Out: read by the net layer and by
//! rooms. Other files have the thresholds of their own algorithms, but no timeout and no bound of a queue.

use std::time::Duration;

use tickwire_shared::limits::CLIENT_MESSAGE_BYTES;

/// The bounds of one server. Start from `Limits::default()` and change what you must.
#[derive(Clone, Debug)]
pub struct Limits {
    // ---- What one client may send ----
    /// Payload of one message over all its fragments, bytes. The codec takes no more than
    /// [`CLIENT_MESSAGE_BYTES`], so only less makes sense. Beyond: `MessageTooLarge`.
    pub message_bytes: usize,
    /// Fragments of one message. Beyond: `TooManyFragments`.
    pub message_fragments: usize,
    /// Messages per tick of the room, sustained. Beyond: `MessageFlood`.
    pub messages_per_tick: u32,
    /// How much of the sustained rate may come at once, as time: after a stall a link delivers a second of inputs
    /// together.
    pub message_burst: Duration,
    /// WebSocket pings and pongs per second, and at once. Beyond: `ControlFlood`.
    pub control_frames_per_s: u32,
    /// Unsent bytes that the kernel takes before it lets a writer wait: about two seconds of snapshots. What waits in a
    /// kernel cannot be replaced by something newer, so a slow client would see an ever older past.
    pub unsent_bytes: u32,
    /// Answers (pongs) waiting for a client that does not read them, messages. Beyond: `TooSlow`. More than a burst of
    /// messages asks for, so that who sends too much is told that, and not that it reads too little.
    pub replies_queued: usize,

    // ---- How long things may take ----
    /// From upgrade to a whole hello. Beyond: `HelloTimeout`.
    pub hello: Duration,
    /// Between two WebSocket pings of the server: they measure the round trip, by which rewinding is bounded, and keep a
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
    /// For a request's headers to arrive, which is also how long an idle keep-alive connection stays.
    pub header_time: Duration,
    /// A request's headers, bytes, at least 8192 (what the HTTP library needs). Beyond: 431.
    pub header_bytes: usize,
    /// A request's headers, count. Beyond: 431.
    pub header_count: usize,
    /// Lifetime of an HTTP connection: bounds a peer that reads the page one byte at a time.
    pub http_lifetime: Duration,

    // ---- How many ----
    /// TCP connections in all: HTTP and WebSocket. Beyond: 503. Keep it below the process's open files.
    pub connections: usize,
    /// TCP connections of one address (IPv6: of one /64). Beyond: 429.
    pub connections_per_address: usize,
    /// Upgrades per second of one address, sustained. Beyond: 429.
    pub upgrades_per_s: u32,
    /// Upgrades of one address at once.
    pub upgrade_burst: u32,
    /// Sockets that are upgraded and have not said hello. Beyond: 503.
    pub unhelloed: usize,
    /// Connections that are being told why they are refused before anything was read. Beyond: cut off unheard.
    pub refusals: usize,

    // ---- Rooms ----
    /// Rooms at the same time. Beyond: `ServerFull`.
    pub rooms_max: usize,
    /// A lost connection's seat is kept this long.
    pub reconnect_grace: Duration,
    /// A room without people closes after this long.
    pub empty_room: Duration,
    /// Messages that may wait for one tick, over all clients of a room: 1,000 clients with 64 each. Beyond: `Internal`.
    pub room_mailbox: usize,
    /// Lines of chat of one player within [`Limits::chat_span`]. Beyond: the line is dropped, its writer told.
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

/// Snapshots of a stream that are kept: 6 s at 30 a second, a second more than a stalled write may last.
pub(crate) const RING_SNAPSHOTS: usize = 192;
/// Snapshots with events that a room's log keeps: as long as a stream's ring at least, longer where little happens.
pub(crate) const EVENT_LOG_BATCHES: usize = 192;
/// All events that a room's log keeps, bytes.
pub(crate) const EVENT_LOG_BYTES: usize = 4 << 20;
/// An avatar is told whole at least this often, predicted or not: whatever went wrong on the way is then right.
pub(crate) const WHOLE_AVATAR: Duration = Duration::from_secs(4);
/// Channels whose healing may be asked for at a time; beyond it all are healed.
pub(crate) const HEALING_CHANNELS: usize = 32;
/// A client is healed at most this often: keyframes cost everybody's tick.
pub(crate) const HEAL_EVERY: Duration = Duration::from_millis(500);
/// Clients of one pump. Enough that its wake-up hardly counts, few enough that a crowded room keeps every core busy.
pub(crate) const CLIENTS_PER_PUMP: usize = 64;
/// Ticks that a late room may catch up at once; the rest is counted and dropped.
pub(crate) const CATCH_UP_TICKS: u32 = 3;
/// How often a join is tried again when its room closes just then.
pub(crate) const JOIN_TRIES: usize = 4;
/// How long the accept loop waits when the system has no more sockets to give.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// The table of addresses is not swept below this size, entries.
pub(crate) const ADDRESS_SWEEP_FROM: usize = 1024;
/// Bytes that a conditioned link holds back on one way at most: about what TCP has in flight, and a keyframe of a room.
pub(crate) const LINK_HELD_BYTES: usize = 64 << 10;
/// How long the queue in front of a slow conditioned way may be: more would be an ever older past.
pub(crate) const LINK_QUEUE: Duration = Duration::from_millis(200);
/// A client's own write buffer that grew beyond this is given back once it is written, bytes: it is for what its socket
/// did not take, and for answers.
pub(crate) const WRITE_KEPT_BYTES: usize = 256;
/// A thread's write buffer that grew beyond this is given back, bytes: one keyframe of a crowd should not stay in memory
/// for good.
pub(crate) const THREAD_WRITE_KEPT_BYTES: usize = 256 << 10;

/// A time as ticks, rounded up.
pub(crate) fn ticks(span: Duration, tick_rate_hz: u32) -> u32 {
    (span.as_secs_f64() * f64::from(tick_rate_hz)).ceil() as u32
}
