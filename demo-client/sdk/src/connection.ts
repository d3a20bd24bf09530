/**
 * One lasting connection made of many sockets. It opens them, watches them, and tries again when one is lost.
 *
 * In: what the server sends, and the client core's advice on whether to try again. Out: bytes for the core, and a
 * {@link ConnectionState} to show. It must not know what the bytes say.
 */

import { waitMs } from "./backoff.js";
import { CHECK_MS, CLOSE_WAIT_MS, SILENT_CHECKS, STABLE_MS } from "./tunables.js";
import type { Retry } from "./types.js";

/** The state of the connection. Its `words` are for a person to read. */
export type ConnectionState =
  /** The first try is under way. */
  | { readonly kind: "connecting"; readonly words: string }
  /** In the room. */
  | { readonly kind: "playing"; readonly words: string }
  /** Lost. Try number `attempt` starts `nextTryMs` after this state was announced; 0 means that it is under way. */
  | {
      readonly kind: "reconnecting";
      readonly attempt: number;
      readonly nextTryMs: number;
      readonly words: string;
    }
  /** Over, without another try. The protocol lists the codes. */
  | { readonly kind: "closed"; readonly code: number; readonly words: string };

/** What a connection needs of its surroundings. Tests bring their own. */
export interface Surroundings {
  openSocket(url: string): WebSocket;
  /** A random number in 0..1. */
  random(): number;
  /** The server's words, if it refuses to open a socket and says why. */
  whyRefused(url: string): Promise<string | undefined>;
}

/** The other side of a connection: it takes what the connection receives, and decides what happens after a loss. */
export interface ConnectionUser {
  /** A socket is open: time to say hello. */
  opened(): void;
  /** One whole message has come. */
  received(bytes: Uint8Array): void;
  /** Called about once a second while a socket is open, also in a hidden tab. */
  beat(): void;
  /** A socket is lost. Returns what to do, and words for a person, which may be better than the close frame's. */
  lost(code: number, words: string): { retry: Retry; words: string };
  /** The state has changed. */
  changed(state: ConnectionState): void;
}

/** The close code of a connection that ended without a close frame: RFC 6455 7.1.5. */
const LOST = 1006;

/** A connection to one server, across lost sockets. */
export class Connection {
  readonly #url: string;
  readonly #user: ConnectionUser;
  readonly #surroundings: Surroundings;
  readonly #retryNow = () => this.retryNow();
  #state: ConnectionState = { kind: "connecting", words: "connecting" };
  #socket: WebSocket | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #checkTimer: ReturnType<typeof setInterval> | undefined;
  /** False until this socket has opened: then the server may have refused it. */
  #opened = false;
  #silentChecks = 0;
  #failed = 0;
  #playingSinceMs = 0;

  constructor(url: string, user: ConnectionUser, surroundings: Surroundings) {
    this.#url = url;
    this.#user = user;
    this.#surroundings = surroundings;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Opens the first socket. */
  start(): void {
    globalThis.addEventListener?.("online", this.#retryNow);
    this.#open();
  }

  /** Sends one message. Without an open socket it is lost: the client core sends again what must arrive. */
  send(bytes: Uint8Array): void {
    if (this.#socket?.readyState === 1) this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  /** The server has let us into the room. */
  welcomed(): void {
    this.#playingSinceMs = performance.now();
    this.#change({ kind: "playing", words: "playing" });
  }

  /** Starts the next try now instead of waiting for it. */
  retryNow(): void {
    if (this.#retryTimer === undefined) return;
    this.#open();
  }

  /** Gives this socket up and takes another. */
  restart(words: string): void {
    if (this.#socket) this.#lost(LOST, words);
  }

  /** Ends the connection for good, with a close frame after what was sent. */
  close(code: number, words: string): void {
    this.#drop();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    globalThis.removeEventListener?.("online", this.#retryNow);
    this.#change({ kind: "closed", code, words });
  }

  #open(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    if (this.#state.kind === "reconnecting") this.#change({ ...this.#state, nextTryMs: 0 });
    const socket = this.#surroundings.openSocket(this.#url);
    this.#socket = socket;
    this.#opened = false;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#opened = true;
      this.#silentChecks = 0;
      this.#user.opened();
    });
    socket.addEventListener("message", (message: MessageEvent<unknown>) => {
      if (socket !== this.#socket || !(message.data instanceof ArrayBuffer)) return;
      this.#silentChecks = 0;
      this.#user.received(new Uint8Array(message.data));
    });
    socket.addEventListener("close", (close) => {
      if (socket === this.#socket) this.#lost(close.code, close.reason);
    });
    // A browser says "close" right behind this, with the reason. Node 20 does not for a socket that is refused.
    socket.addEventListener("error", () => {
      setTimeout(() => {
        if (socket === this.#socket) this.#lost(LOST, "");
      }, CLOSE_WAIT_MS);
    });
    this.#silentChecks = 0;
    this.#checkTimer = setInterval(() => this.#check(), CHECK_MS);
  }

  #check(): void {
    this.#silentChecks += 1;
    if (this.#silentChecks >= SILENT_CHECKS) {
      this.#lost(LOST, "the server fell silent");
    } else if (this.#socket?.readyState === 1) {
      this.#user.beat();
    }
  }

  #lost(code: number, reason: string): void {
    this.#drop();
    const { retry, words } = this.#user.lost(code, reason || "the connection was lost");
    if (this.#state.kind === "closed") return;
    if (retry === "Never") {
      this.close(code, words);
      return;
    }
    const lasted =
      this.#state.kind === "playing" && performance.now() - this.#playingSinceMs >= STABLE_MS;
    this.#failed = lasted ? 1 : this.#failed + 1;
    const wait = waitMs(this.#failed, this.#surroundings.random);
    this.#retryTimer = setTimeout(() => this.#open(), wait);
    this.#change({ kind: "reconnecting", attempt: this.#failed, nextTryMs: wait, words });
    if (!this.#opened) void this.#ask();
  }

  /** A browser does not say why there is no socket. If the server does, its words are better than ours. */
  async #ask(): Promise<void> {
    const attempt = this.#failed;
    const words = await this.#surroundings.whyRefused(this.#url);
    const state = this.#state;
    if (words === undefined || state.kind !== "reconnecting" || state.attempt !== attempt) return;
    this.#change({ ...state, words });
  }

  /** Closes the socket and ignores what it still brings. */
  #drop(): void {
    clearInterval(this.#checkTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000);
  }

  #change(state: ConnectionState): void {
    this.#state = state;
    this.#user.changed(state);
  }
}
