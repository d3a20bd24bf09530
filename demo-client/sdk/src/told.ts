/**
 * What a page says to join a room, and what the room tells it besides the view.
 *
 * In: nothing. Out: the types of `connect`'s options and of a room's events.
 */

import type { ConnectionState, Surroundings } from "./connection.js";
import type { Game } from "./game.js";
import type { TokenStorage } from "./seat-store.js";
import type { LinkReport, PlayerInfo } from "./types.js";

/** The room to join, the name to join it with, and how. */
export interface ConnectOptions<G extends Game = Game> {
  /**
   * The name that others see. The server cleans it. Without it, the one in a linked page's address (`?name=`), or "Guest"
   * and a number.
   */
  name?: string;
  /** The room's name. Empty, the default, asks for any room with a free seat. */
  room?: string;
  /**
   * Takes the room's name from the page's address (`?room=`), unless `room` is given, and keeps it there: so the page's
   * link leads friends to the room, and a reload back to the seat. False by default.
   */
  linked?: boolean;
  /**
   * What the player wants now, such as the keys that are held. {@link Room.view} asks before it draws up what to draw, so
   * the picture of this very animation frame shows it. Without it, call {@link Room.setInput}.
   */
  input?: () => G["input"];
  /** Opens the room if it is not there. True by default. */
  create?: boolean;
  /** The address of the server's WebSocket. By default `ws` beside the page, so it may lie under any path. */
  url?: string;
  /** Keeps the seat over a reload. By default the tab's sessionStorage; with null, a reload is a new player. */
  storage?: TokenStorage | null;
  /** For tests. */
  surroundings?: Surroundings;
}

/** A room has let us in, for the first time or again. */
export interface Welcome {
  /** The own player id. */
  readonly player: number;
  /** True if we are the same player as before, with the same score. */
  readonly resumed: boolean;
  /** The room's name. */
  readonly room: string;
  /** The own name as the server shows it. */
  readonly name: string;
  /** The page's step computes something else than the server's, as after an update: a reload brings the new one. */
  readonly stale: boolean;
}

/** A line of chat. */
export interface ChatLine {
  readonly player: number;
  readonly name: string;
  readonly text: string;
}

/** What an own input does, shown on this screen before the server has confirmed it. */
export interface Predicted<G extends Game> {
  /** The input's number. A later `confirmed` or `withdrawn` has the same. */
  readonly sequence: number;
  readonly action: G["action"];
}

/** What a server in dev mode lets a page try out. */
export interface Dev {
  /** What the server does to the own link now, and what was wrong with the last request. */
  readonly link: LinkReport;
  /**
   * Makes the own link worse: `80ms jitter 20ms stall 300ms every 5s kbps 512`, a name of `LINK_PRESETS`, or `none`.
   * The server answers with a `link` event. The request is sent again after a reconnect.
   */
  setLink(link: string): void;
}

/** What {@link Room.on} listens to. */
export interface RoomEvents<G extends Game> {
  /** The connection's state has changed. */
  state: ConnectionState;
  /** The room has let us in. */
  welcome: Welcome;
  /** A player came, left, lost the connection or is back. */
  roster: ReadonlyMap<number, PlayerInfo>;
  /** A player said something. */
  chat: ChatLine;
  /** The server did not pass the last own line on: there were too many, or it had nothing to show. */
  chatRefused: undefined;
  /** The game's own events. */
  event: G["event"];
  /** An own input does this: show it now. `view()` emits it, before the page draws what `view()` returns. */
  predicted: Predicted<G>;
  /** The server did what the input of this number was predicted to do. */
  confirmed: number;
  /** The server did not do it: take back what was shown. */
  withdrawn: number;
  /** Only from a server in dev mode: the state of the own link. See {@link Room.dev}. */
  link: LinkReport;
}
