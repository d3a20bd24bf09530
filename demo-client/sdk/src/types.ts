// Generated from the Rust types by `cargo xtask wasm`. Do not edit.

/**
 * The way of a key press to the screens of others, or of theirs to ours: how long each stage holds it up now, ms, on
 * average. The far half is reckoned as if the other screen were like this one. The own avatar is predicted: it waits
 * for `frame_ms` only.
 */
export type Budget = {
  /** From the key to the input of a tick: half an animation frame, or half a tick where that is longer. */
  input_wait_ms: number,
  /** The input's way to the server: half of the last round trip. */
  uplink_ms: number,
  /** How early the input lies there, so that jitter does not make it late: the input slack. */
  server_wait_ms: number,
  /** The tick that carries it out, and half of the ticks from one snapshot to the next. */
  tick_ms: number,
  /** The snapshot's way to the client: half of the last round trip. */
  downlink_ms: number,
  /** How long it lies there until its tick is drawn: the interpolation delay beyond the stages before. */
  interpolation_ms: number,
  /** From one animation frame to the next, measured: so long a picture takes to the screen. */
  frame_ms: number,
  /** All of them. */
  total_ms: number,
};

/** What the core tells its owner. */
export type ClientEvent<E, A = null> = { "Welcome": {
    /** The seat. */
    player: number,
    /** The same seat as before the connection was lost. */
    resumed: boolean,
    /** The room's name. */
    room: string,
    /** The own name after cleaning. */
    name: string,
} } | { "Goodbye": {
    /** The close code. */
    code: number,
    /** For a person to read. */
    words: string,
} } | { "Broken": string } | { "Room": RoomEvent<E> } | { "Predicted": {
    /** By which input. */
    sequence: number,
    /** What. */
    action: A,
} } | { "Confirmed": {
    /** By which input. */
    sequence: number,
} } | { "Withdrawn": {
    /** By which input. */
    sequence: number,
} } | { "Link": LinkReport };

/** Where a client held something else than the server. */
export type DesyncPlace = {
  /** The channel. */
  channel: number,
  /** The first entity that differed; 0 until it is healed, and when it was none. */
  entity: number,
};

/** Numbers a client's inputs, from 1, one for each tick that the client simulates. 0 means "none yet". */
export type InputSequence = number;

/**
 * What a server in dev mode does to the client's own connection: told after the welcome, and whenever the client has
 * asked for something else.
 */
export type LinkReport = {
  /** What the server does to it now, such as `80ms jitter 20ms`, or `none`. */
  link: string,
  /** What is wrong with what the client asked for, for a person to read; it changed nothing. Empty: nothing is. */
  error: string,
};

/** A seat in a room. Survives reconnects; never reused within a room. */
export type PlayerId = number;

/** A player as others see it. */
export type PlayerInfo = {
  /** The seat. */
  player: PlayerId,
  /** The name to show, cleaned: at most [`crate::limits::NAME_CHARS`] characters. */
  name: string,
  /** Played by the server. */
  bot: boolean,
  /** The connection is lost, the seat is kept. */
  away: boolean,
};

/** What a client should do after a close. */
export type Retry = "Resume" | "Fresh" | "Never";

/**
 * What happens in a room: the framework's own news and the game's. Travels inside snapshots, so that an event and
 * the state it belongs to arrive together. `E` is the game's event.
 */
export type RoomEvent<E> = { "Joined": PlayerInfo } | { "Left": PlayerId } | { "Away": [PlayerId, boolean] } | { "Chat": [PlayerId, string] } | "ChatRefused" | { "Game": E } | { "Acted": InputSequence };

/** How well a client keeps up, and what the server does about it. Each rung includes those before it. */
export type Rung = "Current" | "Merged" | "Restarted" | "HalfRate" | "LessInterest";

/** How the connection fares now. Rates are over the last whole second. */
export type Stats = {
  /** Last round trip, ms. */
  ping_ms: number,
  /** How late snapshots come beyond the least late, ms. */
  jitter_ms: number,
  /** Snapshot messages per second. */
  snapshots_per_s: number,
  /** Payload bytes of snapshot messages per second. */
  snapshot_bytes_per_s: number,
  /** All payload bytes sent per second. */
  bytes_up_per_s: number,
  /** The room's tick now, as far as this client knows. */
  server_tick: number,
  /** How far this client simulates ahead of it, ticks. */
  input_lead_ticks: number,
  /** How early the server last got this client's input, ticks; negative is late. */
  input_slack_ticks: number,
  /** How far behind an undisturbed snapshot others are drawn, ms. */
  interpolation_delay_ms: number,
  /** Times that the server disagreed with the prediction by over 1 cm. */
  corrections: number,
  /** By how much, the last time, in the avatar's unit. */
  correction_last: number,
  /** Channel keyframes received. */
  keyframes: number,
  /** Channels that this client sees. */
  channels: number,
  /** Times that what this client held was not what the server said it should hold. */
  desyncs: number,
  /** The last such place. */
  desync_last: DesyncPlace | null,
  /** How well this client keeps up, and what the server does about it. */
  rung: Rung,
  /** The server sends every so manieth snapshot. */
  stride: number,
  /** Entities in the newest snapshot's largest table. */
  entities: number,
  /** What each stage adds between a key press and what it changes on screens. */
  budget: Budget,
};

/** Names of links that a server in dev mode knows, and what they stand for. */
export const LINK_PRESETS = {
  "good": "20ms jitter 3ms",
  "4g": "60ms jitter 20ms",
  "bad-wifi": "40ms jitter 30ms stall 250ms every 5s",
  "intercontinental": "150ms jitter 15ms",
} as const;
