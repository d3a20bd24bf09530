/**
 * The `tickwire` package: join a room, send inputs, draw the view. README.md shows a whole client in 20 lines.
 */

export type { ConnectionState, Surroundings } from "./connection.js";
export type { Unsubscribe } from "./emitter.js";
export type { Game, GameClient, GameModule, Seat } from "./game.js";
export { Keys } from "./keys.js";
export { type Overlay, type OverlayOptions, overlay } from "./overlay/overlay.js";
export type { Point, RewindPicture } from "./overlay/rewind.js";
export { connect, type Room } from "./room.js";
export { hasSeat, type TokenStorage } from "./seat-store.js";
export { rowOf } from "./tables.js";
export type { Telemetry, TelemetryOptions, TelemetrySnapshot, Track } from "./telemetry.js";
export { cut } from "./text.js";
export type { ChatLine, ConnectOptions, Dev, Predicted, RoomEvents, Welcome } from "./told.js";
// All of them: a game's generated types import what they use from here.
export * from "./types.js";
