/**
 * A room as a page sees it. It ties the connection, the client core in WASM and the tables of the view together.
 *
 * In: inputs, commands and chat from the page, and messages from the connection. Out: a view for each animation frame,
 * and events. It must decide nothing about the game: the core knows what bytes mean and what to predict and draw.
 */

import {
  nameInAddress,
  putRoomInAddress,
  roomInAddress,
  socketUrl,
  whyRefused,
} from "./address.js";
import { Connection, type ConnectionState } from "./connection.js";
import { Emitter, type Unsubscribe } from "./emitter.js";
import type { Game, GameClient, GameModule } from "./game.js";
import { Roster } from "./roster.js";
import { SeatStore, tabStorage } from "./seat-store.js";
import { Tables } from "./tables.js";
import { Recorder, type Telemetry, type TelemetryOptions } from "./telemetry.js";
import { cut } from "./text.js";
import type { ConnectOptions, Dev, RoomEvents, Welcome } from "./told.js";
import {
  type ClientEvent,
  LIMITS,
  type LinkReport,
  type PlayerInfo,
  type RoomEvent,
  type Stats,
} from "./types.js";

/** What links can carry as a room's name; empty asks for any room. */
const ROOM_NAME = new RegExp(`^[A-Za-z0-9_-]{0,${LIMITS.roomNameBytes}}$`);

/** The server speaks another protocol or has other rules: the page must be loaded anew, and then has its seat. */
const RELOAD: readonly number[] = [4000, 4001];

/** A room that this page is in, or tries to be in. {@link connect} makes it. */
export class Room<G extends Game> {
  /** All players with a seat, bots too, by player id. */
  readonly players: ReadonlyMap<number, PlayerInfo>;
  /** Our player and our entity: undefined until the welcome, and while we have no entity. The object stays the same. */
  readonly me: { readonly player: number | undefined; readonly entity: number | undefined } = {
    player: undefined,
    entity: undefined,
  };
  readonly #game: GameModule<G>;
  readonly #options: ConnectOptions<G>;
  readonly #emitter = new Emitter<RoomEvents<G>>();
  readonly #roster = new Roster();
  readonly #seats: SeatStore;
  readonly #connection: Connection;
  readonly #hide = () => this.#hidden();
  #client: GameClient | undefined;
  #memory: WebAssembly.Memory | undefined;
  #tables: Tables | undefined;
  /** The name outlives the core's session, so that the token of a lost room can be dropped. */
  #room: string;
  #goodbye = "";
  #setup: G["setup"] | undefined;
  #dev: Dev | undefined;
  #recorders: Pick<Recorder, "record" | "stopped">[] = [];

  constructor(game: GameModule<G>, options: ConnectOptions<G>) {
    this.#game = game;
    this.#options = options;
    this.players = this.#roster.players;
    this.#room = options.room ?? (options.linked ? roomInAddress() : "");
    const storage = options.storage === undefined ? tabStorage() : options.storage;
    this.#seats = new SeatStore(storage, game.name);
    const user = {
      opened: () => this.#use((client, nowMs) => client.connected(nowMs)),
      received: (bytes: Uint8Array) =>
        this.#use((client, nowMs) => client.handleMessage(nowMs, bytes)),
      beat: () => this.#use(() => undefined),
      lost: (code: number, words: string) => this.#lost(code, words),
      changed: (state: ConnectionState) => this.#emitter.emit("state", state),
    };
    const surroundings = options.surroundings ?? {
      openSocket: (url) => new WebSocket(url),
      random: Math.random,
      whyRefused,
    };
    this.#connection = new Connection(options.url ?? socketUrl(), user, surroundings);
    void this.#start();
  }

  /** The state of the connection. */
  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** The room's name: until the welcome the one asked for, which is empty for any room. */
  get room(): string {
    return this.#room;
  }

  /** What the room told us when we joined. */
  get setup(): G["setup"] | undefined {
    return this.#setup;
  }

  /** Figures for an overlay. Each read makes an object: read them a few times a second, not in every frame. */
  get stats(): Stats | undefined {
    const stats = this.#client?.stats();
    this.#tables?.reattach();
    return stats;
  }

  /** What a server in dev mode lets us try out; undefined on any other server. */
  get dev(): Dev | undefined {
    return this.#dev;
  }

  /** Listens until the returned function is called. */
  on<Name extends keyof RoomEvents<G>>(
    name: Name,
    listener: (value: RoomEvents<G>[Name]) => void,
  ): Unsubscribe {
    return this.#emitter.on(name, listener);
  }

  /** Sets the player's input, which holds until the next call. Throws if the rules do not allow it. */
  setInput(input: G["input"]): void {
    this.#client?.setInput(input);
    this.#tables?.reattach();
  }

  /** The player whose avatar this entity is. Undefined if it is nobody's. */
  ownerOf(entity: number): PlayerInfo | undefined {
    return this.#roster.ownerOf(entity);
  }

  /** The entity that a player's inputs move. Undefined if it has none. The view may not have it. */
  avatarOf(player: number): number | undefined {
    return this.players.get(player)?.avatar ?? undefined;
  }

  /** Sends a reliable message to the game. Throws if it is longer than `LIMITS.messageBytes`. */
  send(command: G["command"]): void {
    this.#use((client) => client.sendCommand(command));
  }

  /** Sends a line of chat to everybody in the room: the first `LIMITS.chatBytes` of it. */
  chat(text: string): void {
    this.#use((client) => client.chat(cut(text, LIMITS.chatBytes)));
  }

  /**
   * What to draw now. Call it once in each animation frame, then draw: it also moves prediction on and sends inputs,
   * so the page's own `requestAnimationFrame` is the only one. Undefined until the first welcome.
   *
   * Take the columns from the returned tables in each frame and do not keep them: they lie over WASM memory.
   */
  view(): G["view"] | undefined {
    const client = this.#client;
    if (!client || !this.#tables) return undefined;
    const { input } = this.#options;
    if (input && this.state.kind === "playing") this.setInput(input());
    this.#use(() => undefined);
    const nowMs = performance.now();
    this.#tables.refresh(client.view(nowMs));
    this.#know(client.playerId(), client.ownEntity());
    if (this.#recorders.length > 0) this.#record(client, this.#tables, nowMs);
    return this.#tables.view as G["view"];
  }

  /**
   * Records what {@link view} draws up from now on: the time, the ticks that belong to it, and where the own entity and
   * the watched ones are drawn. It is for overlays, tests and bug reports on smoothness, and allocates nothing per entity
   * in an animation frame.
   */
  telemetry<Field extends string>(options: TelemetryOptions<Field>): Telemetry<Field> {
    const recorder = new Recorder(options);
    this.#recorders.push(recorder);
    return recorder;
  }

  /**
   * Draws in each animation frame: calls `draw` with the view, from the first welcome on until the returned function is
   * called. Instead of a loop of the page's own that calls {@link view}.
   */
  frame(draw: (view: G["view"], timeMs: number) => void): Unsubscribe {
    let handle = 0;
    const next = (timeMs: number) => {
      handle = requestAnimationFrame(next);
      const view = this.view();
      if (view) draw(view, timeMs);
    };
    handle = requestAnimationFrame(next);
    return () => cancelAnimationFrame(handle);
  }

  /** Tries to connect now instead of after the rest of the wait. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /** Leaves for good: the seat is given up. */
  leave(): void {
    if (this.state.kind === "closed") return;
    this.#use((client) => client.leave());
    this.#end(1000, "you left the room");
  }

  async #start(): Promise<void> {
    try {
      const memory = await this.#game.load();
      if (this.state.kind === "closed") return;
      const { create = true } = this.#options;
      const room = this.#room;
      const name = cut(this.#options.name ?? this.#guest(), LIMITS.nameBytes);
      if (name === "") return this.#end(4008, "a name needs something that can be seen");
      if (!ROOM_NAME.test(room))
        return this.#end(4009, "a room's name is 1 to 32 letters, digits, - or _");
      const client = this.#game.client({ room, create, name });
      const token = this.#seats.load(room);
      if (token !== undefined) client.setResumeToken(token);
      this.#client = client;
      this.#memory = memory;
      globalThis.document?.addEventListener("visibilitychange", this.#hide);
      // A tab may be opened in the background.
      this.#hidden();
      this.#connection.start();
    } catch (error) {
      this.#end(
        0,
        `the game could not be loaded (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  }

  #guest(): string {
    const { linked = false, surroundings } = this.#options;
    const random = surroundings?.random ?? Math.random;
    return (linked && nameInAddress()) || `Guest ${100 + Math.floor(900 * random())}`;
  }

  /** Calls the client core, then takes its messages to the socket and its events to the page. */
  #use(call: (client: GameClient, nowMs: number) => void): void {
    const client = this.#client;
    if (!client || this.state.kind === "closed") return;
    const nowMs = performance.now();
    call(client, nowMs);
    client.update(nowMs);
    for (let bytes = client.pollTransmit(); bytes; bytes = client.pollTransmit())
      this.#connection.send(bytes);
    for (let event = client.pollEvent(); event; event = client.pollEvent())
      this.#happened(client, event);
    this.#tables?.reattach();
  }

  #happened(client: GameClient, event: ClientEvent<G["event"], G["action"]>): void {
    if ("Room" in event) {
      this.#roomEvent(event.Room);
    } else if ("Welcome" in event) {
      this.#welcomed(client, event.Welcome);
    } else if ("Roster" in event) {
      this.#roster.replace(event.Roster);
      this.#emitter.emit("roster", this.players);
    } else if ("Goodbye" in event) {
      this.#goodbye = event.Goodbye.words;
    } else if ("Predicted" in event) {
      this.#emitter.emit("predicted", event.Predicted);
    } else if ("Confirmed" in event) {
      this.#emitter.emit("confirmed", event.Confirmed.sequence);
    } else if ("Withdrawn" in event) {
      this.#emitter.emit("withdrawn", event.Withdrawn.sequence);
    } else if ("Link" in event) {
      this.#reported(event.Link);
    } else {
      if (client.resumeToken() === undefined) this.#seats.drop(this.#room);
      this.#connection.restart(`the server sent what this page cannot read (${event.Broken})`);
    }
  }

  #welcomed(client: GameClient, welcome: Welcome): void {
    this.#goodbye = "";
    this.#room = welcome.room;
    const token = client.resumeToken();
    if (token !== undefined) this.#seats.save(welcome.room, token);
    if (this.#memory) this.#tables ??= new Tables(this.#memory, client);
    this.#know(welcome.player, client.ownEntity());
    this.#setup = client.setup() as G["setup"] | undefined;
    if (this.#options.linked) putRoomInAddress(welcome.room);
    if (welcome.stale)
      console.warn(
        "The server's game moves other than this page's. Reload the page if it is older; if that does not help, " +
          "the step computes differently in browsers: `cargo tickwire test` says where.",
      );
    this.#emitter.emit("welcome", welcome);
    this.#connection.welcomed();
  }

  #reported(link: LinkReport): void {
    const setLink = (asked: string) =>
      this.#use((client) => client.conditionLink(cut(asked, LIMITS.linkBytes)));
    this.#dev = { link, setLink };
    this.#emitter.emit("link", link);
  }

  #roomEvent(event: RoomEvent<G["event"]>): void {
    if (event === "ChatRefused") {
      this.#emitter.emit("chatRefused", undefined);
    } else if ("Game" in event) {
      this.#emitter.emit("event", event.Game);
    } else if ("Chat" in event) {
      const [player, text] = event.Chat;
      this.#emitter.emit("chat", { player, name: this.players.get(player)?.name ?? "", text });
    } else if (this.#roster.note(event)) {
      this.#emitter.emit("roster", this.players);
    }
  }

  #lost(code: number, reason: string) {
    this.#dev = undefined;
    const words = this.#goodbye || reason;
    this.#goodbye = "";
    const retry = this.#client?.disconnected(performance.now(), code, words) ?? "Never";
    if (retry !== "Resume" && !RELOAD.includes(code)) this.#seats.drop(this.#room);
    if (retry === "Never") this.#unhook();
    return { retry, words };
  }

  #end(code: number, words: string): void {
    this.#seats.drop(this.#room);
    this.#unhook();
    this.#connection.close(code, words);
  }

  #unhook(): void {
    globalThis.document?.removeEventListener("visibilitychange", this.#hide);
  }

  /** A hidden tab gets no animation frames: nobody presses keys, and nobody needs every snapshot. */
  #hidden(): void {
    const hidden = globalThis.document?.visibilityState === "hidden";
    if (hidden) this.setInput(this.#game.neutral);
    this.#use((client) => client.setHidden(hidden));
  }

  #record(client: GameClient, tables: Tables, nowMs: number): void {
    if (this.#recorders.some(({ stopped }) => stopped))
      this.#recorders = this.#recorders.filter(({ stopped }) => !stopped);
    const drawn = {
      timeMs: nowMs,
      drawnTick: client.drawnTick(),
      roomTick: client.roomTick(),
      ownEntity: this.me.entity ?? 0,
      view: tables.view,
    };
    for (const recorder of this.#recorders) recorder.record(drawn);
  }

  #know(player: number | undefined, entity: number | undefined): void {
    const me = this.me as { player: number | undefined; entity: number | undefined };
    me.player = player;
    me.entity = entity;
  }
}

/** Joins a room of `game`. It does not wait for the server: listen to `state` and `welcome`. */
export function connect<G extends Game>(game: GameModule<G>, options: ConnectOptions<G>): Room<G> {
  return new Room(game, options);
}
