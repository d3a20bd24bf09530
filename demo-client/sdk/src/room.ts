/**
 * A room as a page sees it: joins the link, the client core in WASM and the tables of the view.
 *
 * In: inputs, commands and chat from the page; messages from the link. Out: a view for each animation frame, and events.
 * Decides nothing about the game: what the bytes mean, what is predicted and what is drawn when is the core's.
 */

import type { ClientEvent, LinkReport, PlayerInfo, RoomEvent, Stats } from "../../wasm/pkg/types";
import { Emitter, type Unsubscribe } from "./emitter";
import type { Game, GameClient, GameModule } from "./game";
import { type ConnectionState, Link, type Surroundings } from "./link";
import { SeatStore, type TokenStorage, tabStorage } from "./seat-store";
import { Tables } from "./tables";
import { Recorder, type Telemetry, type TelemetryOptions } from "./telemetry";

/** Where to go, and as whom. */
export interface ConnectOptions {
  /** The name to show to others; the server cleans it. */
  name: string;
  /** The room's name. Empty, the default: any room with a free seat. */
  room?: string;
  /** Open the room if it is not there; true by default. */
  create?: boolean;
  /** The server's socket; by default `/ws` on the page's own host. */
  url?: string;
  /** Keeps the seat for a reload; by default the tab's sessionStorage. null: a reload is a new player. */
  storage?: TokenStorage | null;
  /** For tests. */
  surroundings?: Surroundings;
}

/** A room let us in, for the first time or again. */
export interface Welcome {
  readonly player: number;
  /** Same player and same score as before. */
  readonly resumed: boolean;
  readonly room: string;
  /** The name as the server shows it. */
  readonly name: string;
}

/** A line of chat. */
export interface ChatLine {
  readonly player: number;
  readonly name: string;
  readonly text: string;
}

/** Something that an own input does, on this screen before the server has said so. */
export interface Predicted<G extends Game> {
  /** Of the input; `confirmed` or `withdrawn` names it again. */
  readonly sequence: number;
  readonly action: G["action"];
}

/** What a server in dev mode lets a page do, for trying things out. */
export interface Dev {
  /** What the server does to this connection now, and what was wrong with the last wish. */
  readonly link: LinkReport;
  /**
   * Makes the own link worse: `80ms jitter 20ms stall 300ms every 5s kbps 512`, a name of `LINK_PRESETS`, or `none`.
   * The server answers with a `link` event. Asked again after a reconnect.
   */
  setLink(link: string): void;
}

/** What {@link Room.on} listens to. */
export interface RoomEvents<G extends Game> {
  state: ConnectionState;
  welcome: Welcome;
  /** Somebody came, left, was lost or is back. */
  roster: ReadonlyMap<number, PlayerInfo>;
  chat: ChatLine;
  /** The own last line was not passed on: too many, or nothing to show. */
  chatRefused: undefined;
  /** The game's own events. */
  event: G["event"];
  /** An own input does this: show it now. It comes out of `view()`, before what that returns is drawn. */
  predicted: Predicted<G>;
  /** The server carried out what the input of this sequence was predicted to do. */
  confirmed: number;
  /** The server did not: take back what was shown. */
  withdrawn: number;
  /** Only from a server in dev mode: how the own link is now. See {@link Room.dev}. */
  link: LinkReport;
}

/** A room that this page is in, or tries to be in. Made by {@link connect}. */
export class Room<G extends Game> {
  /** Who has a seat, by player id. Bots too. */
  readonly players: ReadonlyMap<number, PlayerInfo> = new Map();
  /** Who we are, once welcomed. The entity is undefined while we have none. The same object for good. */
  readonly me: { readonly player: number | undefined; readonly entity: number | undefined } = {
    player: undefined,
    entity: undefined,
  };
  readonly #game: GameModule<G>;
  readonly #options: ConnectOptions;
  readonly #emitter = new Emitter<RoomEvents<G>>();
  readonly #seats: SeatStore;
  readonly #link: Link;
  readonly #hide = () => this.#hidden();
  #client: GameClient | undefined;
  #memory: WebAssembly.Memory | undefined;
  #tables: Tables | undefined;
  /** Outlives the core's session, so that a lost room's token can be dropped. */
  #room: string;
  #goodbye = "";
  #dev: Dev | undefined;
  #recorders: Pick<Recorder, "record" | "stopped">[] = [];

  constructor(game: GameModule<G>, options: ConnectOptions) {
    this.#game = game;
    this.#options = options;
    this.#room = options.room ?? "";
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
    };
    this.#link = new Link(options.url ?? socketUrl(), user, surroundings);
    void this.#start();
  }

  /** How the connection fares. */
  get state(): ConnectionState {
    return this.#link.state;
  }

  /** The room's name: the one asked for until the welcome says which it is. Empty: any. */
  get room(): string {
    return this.#room;
  }

  /** What the room told us on joining. */
  get setup(): G["setup"] | undefined {
    return this.#client?.setup() as G["setup"] | undefined;
  }

  /** Figures for an overlay. Makes an object: read it a few times a second, not every frame. */
  get stats(): Stats | undefined {
    const stats = this.#client?.stats();
    this.#tables?.reattach();
    return stats;
  }

  /** What else can be done on a server in dev mode; undefined on any other. */
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

  /** What the player intends from now on, until the next call. */
  setInput(input: G["input"]): void {
    this.#client?.setInput(input);
    this.#tables?.reattach();
  }

  /** A reliable message to the game. */
  send(command: G["command"]): void {
    this.#use((client) => client.sendCommand(command));
  }

  /** A line for everybody in the room. */
  chat(text: string): void {
    this.#use((client) => client.chat(text));
  }

  /**
   * The picture for this moment. Call it once in each animation frame, then draw: it also moves prediction on and
   * sends inputs, so the page's own `requestAnimationFrame` is the only one. Undefined until the first welcome.
   *
   * Take columns from the returned tables anew each frame and do not keep them: they lie over WASM memory.
   */
  view(): G["view"] | undefined {
    const client = this.#client;
    if (!client || !this.#tables) return undefined;
    this.#use(() => undefined);
    const nowMs = performance.now();
    this.#tables.refresh(client.view(nowMs));
    this.#know(client.playerId(), client.ownEntity());
    if (this.#recorders.length > 0) this.#record(client, this.#tables, nowMs);
    return this.#tables.view as G["view"];
  }

  /**
   * Records what {@link view} draws up from now on: the time, the ticks that belong to it, and where the own entity and
   * watched ones are drawn. For overlays, tests and bug reports on smoothness. Allocates nothing per entity in an animation frame.
   */
  telemetry<Field extends string>(options: TelemetryOptions<Field>): Telemetry<Field> {
    const recorder = new Recorder(options);
    this.#recorders.push(recorder);
    return recorder;
  }

  /** Tries again now instead of when the backoff says. */
  retryNow(): void {
    this.#link.retryNow();
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
      const { room = "", create = true, name } = this.#options;
      const client = this.#game.client({ room, create, name });
      const token = this.#seats.load(room);
      if (token !== undefined) client.setResumeToken(token);
      this.#client = client;
      this.#memory = memory;
      globalThis.document?.addEventListener("visibilitychange", this.#hide);
      // A tab may be opened in the background.
      this.#hidden();
      this.#link.start();
    } catch (error) {
      this.#end(
        0,
        `the game could not be loaded (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  }

  /** Calls the client core, then carries what it has to say to the socket and to the page. */
  #use(call: (client: GameClient, nowMs: number) => void): void {
    const client = this.#client;
    if (!client || this.state.kind === "closed") return;
    const nowMs = performance.now();
    call(client, nowMs);
    client.update(nowMs);
    for (let bytes = client.pollTransmit(); bytes; bytes = client.pollTransmit())
      this.#link.send(bytes);
    for (let event = client.pollEvent(); event; event = client.pollEvent())
      this.#happened(client, event);
    this.#tables?.reattach();
  }

  #happened(client: GameClient, event: ClientEvent<G["event"], G["action"]>): void {
    if ("Room" in event) {
      this.#roomEvent(event.Room);
    } else if ("Welcome" in event) {
      this.#welcomed(client, event.Welcome);
    } else if ("Goodbye" in event) {
      this.#goodbye = event.Goodbye.words;
    } else if ("Predicted" in event) {
      this.#emitter.emit("predicted", event.Predicted);
    } else if ("Confirmed" in event) {
      this.#emitter.emit("confirmed", event.Confirmed.sequence);
    } else if ("Withdrawn" in event) {
      this.#emitter.emit("withdrawn", event.Withdrawn.sequence);
    } else if ("Link" in event) {
      this.#linked(event.Link);
    } else {
      this.#seats.drop(this.#room);
      this.#link.restart(`the server sent what this page cannot read (${event.Broken})`);
    }
  }

  #welcomed(client: GameClient, welcome: Welcome): void {
    this.#goodbye = "";
    this.#room = welcome.room;
    const token = client.resumeToken();
    if (token !== undefined) this.#seats.save(welcome.room, token);
    // Who is in the room is told anew after each welcome.
    (this.players as Map<number, PlayerInfo>).clear();
    if (this.#memory) this.#tables ??= new Tables(this.#memory, client);
    this.#know(welcome.player, client.ownEntity());
    this.#emitter.emit("welcome", welcome);
    this.#link.welcomed();
  }

  #linked(link: LinkReport): void {
    const setLink = (wish: string) => this.#use((client) => client.conditionLink(wish));
    this.#dev = { link, setLink };
    this.#emitter.emit("link", link);
  }

  #roomEvent(event: RoomEvent<G["event"]>): void {
    const players = this.players as Map<number, PlayerInfo>;
    if (event === "ChatRefused") {
      this.#emitter.emit("chatRefused", undefined);
    } else if ("Game" in event) {
      this.#emitter.emit("event", event.Game);
    } else if ("Chat" in event) {
      const [player, text] = event.Chat;
      this.#emitter.emit("chat", { player, name: players.get(player)?.name ?? "", text });
    } else {
      if ("Joined" in event) {
        players.set(event.Joined.player, event.Joined);
      } else if ("Left" in event) {
        players.delete(event.Left);
      } else if ("Away" in event) {
        const [player, away] = event.Away;
        const info = players.get(player);
        if (info) players.set(player, { ...info, away });
      }
      this.#emitter.emit("roster", players);
    }
  }

  #lost(code: number, reason: string) {
    this.#dev = undefined;
    const words = this.#goodbye || reason;
    this.#goodbye = "";
    const retry = this.#client?.disconnected(performance.now(), code, words) ?? "Never";
    if (retry !== "Resume") this.#seats.drop(this.#room);
    if (retry === "Never") this.#unhook();
    return { retry, words };
  }

  #end(code: number, words: string): void {
    this.#seats.drop(this.#room);
    this.#unhook();
    this.#link.close(code, words);
  }

  #unhook(): void {
    globalThis.document?.removeEventListener("visibilitychange", this.#hide);
  }

  /** A hidden tab gets no animation frames: nobody is at the keys, and nobody needs every snapshot. */
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

/** Joins a room of `game`. Returns at once; listen to `state` and `welcome`. */
export function connect<G extends Game>(game: GameModule<G>, options: ConnectOptions): Room<G> {
  return new Room(game, options);
}

function socketUrl(): string {
  const { protocol, host } = globalThis.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/ws`;
}
