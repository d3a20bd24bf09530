/**
 * What the SDK needs of a game: its WASM module, which holds the client core and the game's rules in Rust, and its
 * types, which are generated from those rules. No game is known here.
 */

import type { ClientEvent, Retry, Stats } from "./types.js";

/** A game as the type checker sees it. It is generated from the game's Rust rules, never written by hand. */
export interface Game {
  /** What a player intends for one tick. */
  input: unknown;
  /** A reliable message to the room. */
  command: unknown;
  /** A reliable message from the room. */
  event: unknown;
  /** What an input does beside moving the avatar, such as a shot. */
  action: unknown;
  /** What a room tells each client on joining. */
  setup: unknown;
  /** One table for each component: `count` rows, a column of entity ids, and one column for each field. */
  view: object;
}

/** The client core of one room, as a game's WASM module exports it. It has no sockets and no clock. */
export interface GameClient {
  connected(nowMs: number): void;
  handleMessage(nowMs: number, bytes: Uint8Array): void;
  disconnected(nowMs: number, code: number, reason: string): Retry;
  setInput(input: unknown): void;
  sendCommand(command: unknown): void;
  chat(text: string): void;
  leave(): void;
  setHidden(hidden: boolean): void;
  conditionLink(link: string): void;
  update(nowMs: number): void;
  pollTransmit(): Uint8Array | undefined;
  pollEvent(): ClientEvent<unknown, unknown> | undefined;
  view(nowMs: number): number;
  tableCount(table: number): number;
  tableCapacity(table: number): number;
  idsPointer(table: number): number;
  columnPointer(table: number, field: number): number;
  schema(): readonly { readonly name: string; readonly fields: readonly string[] }[];
  stats(): Stats;
  drawnTick(): number;
  roomTick(): number;
  playerId(): number | undefined;
  ownEntity(): number | undefined;
  setup(): unknown;
  resumeToken(): string | undefined;
  setResumeToken(token: string): void;
}

/** The seat that a player asks for. */
export interface Seat {
  /** The room's name. Empty: any room with a free seat. */
  room: string;
  /** Opens the room if it is not there. */
  create: boolean;
  /** The name to show. */
  name: string;
}

/** A game that `connect` can join: how to load its module, and how to make a client of it. */
export interface GameModule<G extends Game> {
  /** The game's name, as servers know it. */
  readonly name: string;
  /** The input of a player with hands off the keys. A hidden tab sends it. */
  readonly neutral: G["input"];
  /** Loads the WASM module once, and gives its memory. */
  load(): Promise<WebAssembly.Memory>;
  /** A client that has not joined its room yet. Called after `load`. */
  client(seat: Seat): GameClient;
  /** Never set: only the type checker needs it. */
  readonly types?: G;
}
