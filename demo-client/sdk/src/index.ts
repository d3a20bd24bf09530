/**
 * The `tickwire` package: join a room, send inputs, draw the view. See README.md for a whole client in 20 lines.
 */

export type { Budget, LinkReport, PlayerInfo, Rung, Stats } from "../../wasm/pkg/types";
export { LINK_PRESETS } from "../../wasm/pkg/types";
export type { Unsubscribe } from "./emitter";
export type { Game, GameClient, GameModule, Seat } from "./game";
export type { ConnectionState } from "./link";
export {
  type ChatLine,
  type ConnectOptions,
  connect,
  type Dev,
  type Predicted,
  type Room,
  type RoomEvents,
  type Welcome,
} from "./room";
export { hasSeat, type TokenStorage } from "./seat-store";
export { rowOf } from "./tables";
export type { Telemetry, TelemetryOptions, TelemetrySnapshot, Track } from "./telemetry";
