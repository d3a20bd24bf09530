// Generated from the Rust types by `cargo xtask wasm`. Do not edit.

/**
 * The way from a key press to the screens of others, or from theirs to ours: how long each stage takes now, ms, on
 * average. The far half is computed as if the other client were like this one. The player's own avatar is predicted: it
 * waits for `frame_ms` only.
 */
export type Budget = {
  /** From the key to the input of a tick: half an animation frame, or half a tick where that is longer. */
  input_wait_ms: number,
  /** The input's way to the server: half of the last round trip. */
  uplink_ms: number,
  /** How early the input is at the server, so that jitter does not make it late: the input slack. */
  server_wait_ms: number,
  /** The tick that carries it out, and the wait for a snapshot: on average half of the ticks between two. */
  tick_ms: number,
  /** The snapshot's way to the client: half of the last round trip. */
  downlink_ms: number,
  /** How long it waits there until its tick is drawn: the interpolation delay beyond the stages before. */
  interpolation_ms: number,
  /** From one animation frame to the next, measured: a picture takes that long to reach the screen. */
  frame_ms: number,
  /** The sum of all stages. */
  total_ms: number,
};

/** What the client core tells its owner. */
export type ClientEvent<E, A = null> = { "Welcome": {
    /** The seat. */
    player: number,
    /** The same seat as before the connection was lost. */
    resumed: boolean,
    /** The room's name. */
    room: string,
    /** The player's own name after cleaning. */
    name: string,
    /**
     * This client's movement step computes something else than the server's, as after an update of the game: what it
     * predicts is wrong, and is corrected again and again.
     */
    stale: boolean,
} } | { "Goodbye": {
    /** The close code. */
    code: number,
    /** For a person to read. */
    words: string,
} } | { "Broken": string } | { "Roster": Array<PlayerInfo> } | { "Room": RoomEvent<E> } | { "Predicted": {
    /** The input. */
    sequence: number,
    /** What it does. */
    action: A,
} } | { "Confirmed": {
    /** The input. */
    sequence: number,
} } | { "Withdrawn": {
    /** The input. */
    sequence: number,
} } | { "Link": LinkReport };

/** Where a client held something else than the server. */
export type DesyncPlace = {
  /** The channel. */
  channel: number,
  /** The first entity that differed. 0 until the channel is healed, and when no entity differed. */
  entity: number,
};

/** An entity as both ends know it. Never reused within a room. */
export type EntityId = number;

/** The number of one of a client's inputs: from 1, one for each tick that the client simulates. 0 means "none yet". */
export type InputSequence = number;

/**
 * How a server in dev mode conditions the client's link. It says so after the welcome, and whenever the client has
 * asked for another link.
 */
export type LinkReport = {
  /** The link as it is now, such as `80ms jitter 20ms`, or `none`. */
  link: string,
  /**
   * Why the link that the client asked for was refused, for a person to read: then the link stays as it was. Empty
   * when nothing was refused.
   */
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
  /** The server plays this player. */
  bot: boolean,
  /** The connection is lost and the seat is kept. */
  away: boolean,
  /** The entity that its inputs move. It may be gone, and others may not see it. */
  avatar: EntityId | null,
};

/** What a client should do after a close. */
export type Retry = "Resume" | "Fresh" | "Never";

/**
 * Something that happened in a room, by the framework or by the game. Events travel inside snapshots, so that an event
 * and the state that it belongs to arrive together. `E` is the game's event.
 */
export type RoomEvent<E> = { "Joined": PlayerInfo } | { "Left": PlayerId } | { "Away": [PlayerId, boolean] } | { "Chat": [PlayerId, string] } | "ChatRefused" | { "Game": E } | { "Acted": InputSequence } | { "Avatar": [PlayerId, EntityId] };

/** How well a client keeps up, and what the server does about it. Each rung includes those before it. */
export type Rung = "Current" | "Merged" | "Restarted" | "HalfRate" | "LessInterest";

/** How the connection is doing now. Numbers per second are over the last whole second. */
export type Stats = {
  /** Last round trip, ms. */
  ping_ms: number,
  /** How much later snapshots come than the least late of them, ms. */
  jitter_ms: number,
  /** Snapshot messages per second. */
  snapshots_per_s: number,
  /** Payload bytes of snapshot messages per second. */
  snapshot_bytes_per_s: number,
  /** All payload bytes sent per second. */
  bytes_up_per_s: number,
  /** The room's tick now, as far as this client knows. */
  server_tick: number,
  /** How far this client simulates ahead of the room, ticks. */
  input_lead_ticks: number,
  /** How early the server last got this client's input, ticks; negative when it was late. */
  input_slack_ticks: number,
  /** How far behind an undisturbed snapshot others are drawn, ms. */
  interpolation_delay_ms: number,
  /** Times that the server disagreed with the prediction by over 1 cm. */
  corrections: number,
  /** By how much the last time, in the avatar's unit. */
  correction_last: number,
  /** Channel keyframes received. */
  keyframes: number,
  /** Channels that this client sees. */
  channels: number,
  /** Times that this client held something else than the server said it should. */
  desyncs: number,
  /** Where it did so the last time. */
  desync_last: DesyncPlace | null,
  /** How well this client keeps up, and what the server does about it. */
  rung: Rung,
  /** The server sends every `stride`-th snapshot. */
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

/** The bounds of what a client says. A server closes the connection of one that says more. */
export const LIMITS = {
  /** One message, a command for example, bytes. */
  messageBytes: 4096,
  /** A player's name, bytes of UTF-8. */
  nameBytes: 256,
  /** How much of a player's name is shown, characters as people count them. */
  nameCharacters: 20,
  /** A room's name: letters, digits, `-` and `_`. */
  roomNameBytes: 32,
  /** A line of chat, bytes of UTF-8. */
  chatBytes: 256,
  /** The description of a conditioned link, bytes of UTF-8. */
  linkBytes: 128,
} as const;
