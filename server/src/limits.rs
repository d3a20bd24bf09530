//! Every bound of a server in one place: its meaning, its unit, its default. What an operator may tune is a field of
//! [`Limits`]; the bounds that follow from the code itself are constants at the end. The protocol's own bounds, which a
//! client must know too, are in [`tickwire_shared::limits`]. The bounds of a room, which are part of a re-run, are in
//! `tickwire_room`.
//!
//! In: nothing, or what an operator sets before [`crate::Server::builder`] builds. Out: bounds, for the net layer and
//! for rooms. Other files have the thresholds of their own algorithms, but no timeout and no bound of a queue.

use std::time::Duration;

use tickwire_shared::limits::CLIENT_MESSAGE_BYTES;

use crate::settings::{Setting, SettingKind, SettingValue};

/// Declares [`Limits`] once: as a struct, as its defaults, and as the table of settings from which flags, environment
/// variables and configuration files are made. `as` says how a value is written: a count, bytes or a time.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty as $kind:ident = $default:expr;)+) => {
        /// The bounds of one server. Start from `Limits::default()` and change what you must.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $($(#[doc = $doc])+ pub $name: $type,)+
        }

        impl Default for Limits {
            fn default() -> Limits {
                Limits { $($name: $default,)+ }
            }
        }

        impl Limits {
            /// All limits, in the order in which people read them.
            pub const SETTINGS: &[Setting<Limits>] = &[$(Setting {
                name: stringify!($name),
                about: concat!($($doc),+),
                kind: SettingKind::$kind,
                get: |limits| limits.$name.to_setting(SettingKind::$kind),
                set: |limits, text| {
                    limits.$name = SettingValue::from_setting(text, SettingKind::$kind)?;
                    Ok(())
                },
            },)+];
        }
    };
}

limits! {
    // ---- What one client may send ----
    /// Payload of one message over all its fragments, bytes. The codec takes no more than [`CLIENT_MESSAGE_BYTES`], so
    /// only a smaller value makes sense. Beyond: `MessageTooLarge`.
    message_bytes: usize as Bytes = CLIENT_MESSAGE_BYTES;
    /// Fragments of one message. Beyond: `TooManyFragments`.
    message_fragments: usize as Count = 16;
    /// Messages per tick of the room, sustained, but at least 20 a second. Beyond: `MessageFlood`.
    messages_per_tick: u32 as Count = 2;
    /// WebSocket pings, and pongs that answer none of ours, per second, sustained. Beyond: `ControlFlood`.
    control_frames_per_s: u32 as Count = 5;
    /// How much of these two rates may come together, as a time. After a stall a link delivers all that was sent
    /// meanwhile, and this is longer than a stall may last ([`Limits::idle`]). It costs the others nothing: a client is read
    /// a little at a time.
    burst: Duration as Time = Duration::from_secs(40);
    /// Unsent bytes that the kernel takes before it makes a writer wait: about two seconds of snapshots. What waits in
    /// a kernel cannot be replaced by something newer, so a slow client would see an ever older past.
    unsent_bytes: u32 as Bytes = 16 << 10;
    /// Answers (pongs) waiting for a client that does not read them, messages. Beyond: `TooSlow`. This is more than a
    /// burst of messages asks for, so that a client that sends too much is told so, and not that it reads too little.
    replies_queued: usize as Count = 256;

    // ---- How long things may take ----
    /// From upgrade to a whole hello. Beyond: `HelloTimeout`. And from the welcome to the first frame after it. Beyond:
    /// `Idle`.
    hello: Duration as Time = Duration::from_secs(5);
    /// Between two WebSocket pings of the server. They measure the round trip, which bounds rewinding, and they keep a
    /// quiet client from being idle.
    ping: Duration as Time = Duration::from_secs(2);
    /// Without one whole frame from the client. Beyond: `Idle`.
    idle: Duration as Time = Duration::from_secs(30);
    /// For one message to leave for the client. Beyond: `TooSlow`.
    write_deadline: Duration as Time = Duration::from_secs(5);
    /// For the goodbye and the close frame to leave, and again for the client to close its end.
    close_wait: Duration as Time = Duration::from_secs(1);
    /// For all connections to end when the server shuts down; the rest is cut off.
    shutdown: Duration as Time = Duration::from_secs(8);

    // ---- HTTP ----
    /// From a request's first byte to the end of its headers.
    header_time: Duration as Time = Duration::from_secs(5);
    /// How long a kept connection may wait for its next request. It is announced. A proxy's own time should be shorter.
    keep_alive: Duration as Time = Duration::from_secs(75);
    /// An HTTP connection that takes nothing of its answer for this long ends, whatever its age.
    http_still: Duration as Time = Duration::from_secs(20);
    /// A request's headers, bytes, at least 8192 (what the HTTP library needs). Beyond: 431.
    header_bytes: usize as Bytes = 32 << 10;
    /// A request's headers, count. Beyond: 431.
    header_count: usize as Count = 100;

    // ---- How many ----
    /// TCP connections in all: HTTP and WebSocket. Beyond: 503. Keep it below the process's limit of open files.
    connections: usize as Count = 16_384;
    /// WebSockets of one address (IPv6: of one /64; four times as many of a /48, here and below). A school or a phone
    /// network may be one address. Beyond: 429.
    clients_per_address: usize as Count = 500;
    /// TCP connections of one address that are no WebSockets: for the page's files, or before an upgrade. Beyond: 429.
    connections_per_address: usize as Count = 1000;
    /// Upgrades per second of one address, sustained. Beyond: 429.
    upgrades_per_s: u32 as Count = 50;
    /// Upgrades of one address in a burst.
    upgrade_burst: u32 as Count = 500;
    /// Other HTTP requests per second of one address, sustained. Beyond: 429.
    requests_per_s: u32 as Count = 200;
    /// Other HTTP requests of one address in a burst: a class that opens the page.
    request_burst: u32 as Count = 5000;
    /// Open rooms that one address has opened. Beyond: `ServerFull`.
    rooms_per_address: usize as Count = 125;
    /// Rooms that one address may open in a minute, and in a burst. Beyond: `ServerFull`.
    rooms_opened_per_min: u32 as Count = 60;
    /// Lines of chat of one address in a minute, and in a burst. Beyond: the line is dropped, and its writer is told.
    chat_lines_per_min: u32 as Count = 1000;
    /// Sockets that are upgraded and have not said hello. Beyond it the network (an IPv4 address, an IPv6 /48) with the most of them loses its oldest
    /// (`HelloTimeout`), or is itself refused: 503.
    unhelloed: usize as Count = 1000;
    /// Connections that are being told why they are refused before anything is read. Beyond: cut off without a word.
    refusals: usize as Count = 64;

    // ---- Rooms ----
    /// Rooms at the same time. Beyond: `ServerFull`.
    rooms_max: usize as Count = 1000;
    /// How long the seat of a lost connection is kept.
    reconnect_grace: Duration as Time = Duration::from_secs(20);
    /// How long a room without people stays open.
    empty_room: Duration as Time = Duration::from_secs(10);
    /// Messages that may wait for one tick, over all clients of a room: 1,000 clients with 64 each. Beyond it inputs are
    /// dropped, and beyond twice as many others: `Internal`.
    room_mailbox: usize as Count = 65_536;
    /// Lines of chat of one player within [`Limits::chat_span`]. Beyond: the line is dropped, and its writer is told.
    chat_lines: u32 as Count = 5;
    /// See [`Limits::chat_lines`].
    chat_span: Duration as Time = Duration::from_secs(10);
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
/// Messages and control frames taken from one client in one read. The rest waits in its socket, so that a burst costs each
/// tick little. It is several times what may be sent in a tick, so a queue of any length is soon read.
pub(crate) const MESSAGES_PER_READ: usize = 64;
/// From one checkpoint of a room to the next.
pub(crate) const CHECKPOINT: Duration = Duration::from_secs(1);
/// A room into which people come is written down sooner: at once for so many people, a tick later for each so many more.
pub(crate) const CHECKPOINT_PEOPLE: u64 = 16;
/// Messages a second that every client may send: in a room of slow ticks, too, it asks for things, talks and pings.
pub(crate) const MESSAGES_PER_S_LEAST: f64 = 20.0;
/// Clients are read at least every [`SILENT_READ_EVERY`]. If one was not for this long, the server or its whole machine stood
/// still, and no client is blamed for the time beyond it.
pub(crate) const STOOD_STILL: Duration = Duration::from_millis(250);
/// A client that was silent for this many reads is read less often...
pub(crate) const SILENT_READS: u32 = 8;
/// ...but at least this often, as every client in a room is, however slowly the room ticks.
pub(crate) const SILENT_READ_EVERY: Duration = Duration::from_millis(50);
/// Clients of one pump. Enough that its wake-up hardly counts, few enough that a crowded room keeps every core busy.
pub(crate) const CLIENTS_PER_PUMP: usize = 64;
/// Ticks that a late room may catch up in a row; the rest is counted and dropped.
pub(crate) const CATCH_UP_TICKS: u32 = 3;
/// How long an empty room stays open in which nobody has done anything.
pub(crate) const UNPLAYED_ROOM: Duration = Duration::from_millis(500);
/// Connections to the listener for metrics at the same time.
pub(crate) const OPERATOR_CONNECTIONS: usize = 16;
/// How often a join is tried again if its room closes just then.
pub(crate) const JOIN_TRIES: usize = 4;
/// How long the accept loop waits when the system has no more sockets to give.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// An IPv6 /48 counts as so many addresses.
pub(crate) const NETWORK_SHARES: u32 = 4;
/// One room that a server keeps over a restart, with its name, bytes.
pub(crate) const KEPT_BYTES: usize = 257 << 20;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_reads_what_it_writes_and_says_what_is_wrong() {
        let mut limits = Limits::default();
        for setting in Limits::SETTINGS {
            let written = setting.get(&limits);
            setting.set(&mut limits, &written).unwrap();
            assert_eq!(limits, Limits::default(), "{} = {written}", setting.name);
            let error = setting.set(&mut limits, "many").unwrap_err();
            assert!(error.contains("write a"), "{}: {error}", setting.name);
            assert!(setting.about.trim().len() > 20, "{}", setting.name);
        }
    }

    #[test]
    fn values_have_units() {
        let mut limits = Limits::default();
        let mut set = |name: &str, text: &str| {
            let setting = Limits::SETTINGS.iter().find(|setting| setting.name == name);
            setting.unwrap().set(&mut limits, text)
        };
        assert_eq!(set("hello", "1m 30s"), Ok(()));
        assert_eq!(set("header_bytes", "20KiB"), Ok(()));
        assert_eq!(set("rooms_max", "70"), Ok(()));
        assert!(set("hello", "5").is_err());
        assert!(set("rooms_max", "-1").is_err());
        assert!(set("unsent_bytes", "5GiB").is_err());
        assert_eq!(limits.hello, Duration::from_secs(90));
        assert_eq!((limits.header_bytes, limits.rooms_max), (20 << 10, 70));
    }
}
