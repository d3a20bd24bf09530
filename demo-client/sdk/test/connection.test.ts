import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection, type ConnectionState, type ConnectionUser } from "../src/connection.js";
import { CHECK_MS, CLOSE_WAIT_MS, SILENT_CHECKS, STABLE_MS } from "../src/tunables.js";

class Socket extends EventTarget {
  readyState = 0;
  binaryType = "blob";
  readonly sent: Uint8Array[] = [];
  closedWith: number | undefined;
  send(bytes: Uint8Array) {
    this.sent.push(bytes);
  }
  close(code?: number) {
    this.closedWith = code ?? 1000;
    this.readyState = 3;
  }
  open() {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
  }
  say(...bytes: number[]) {
    this.dispatchEvent(new MessageEvent("message", { data: new Uint8Array(bytes).buffer }));
  }
  end(code: number, reason = "") {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }
}

/** A connection whose sockets open when the test says so. Every wait is the longest one. */
function start(retry: "Resume" | "Fresh" | "Never" = "Resume", why?: string) {
  const sockets: Socket[] = [];
  const states: ConnectionState[] = [];
  const received: number[][] = [];
  const user: ConnectionUser = {
    opened: vi.fn(),
    received: (bytes) => received.push([...bytes]),
    beat: vi.fn(),
    lost: vi.fn((_code, words) => ({ retry, words })),
    changed: (state) => states.push(state),
  };
  const connection = new Connection("ws://here/ws", user, {
    openSocket: () => {
      sockets.push(new Socket());
      return sockets.at(-1) as unknown as WebSocket;
    },
    random: () => 1,
    whyRefused: async () => why,
  });
  connection.start();
  const socket = () => sockets.at(-1) as Socket;
  return { connection, user, sockets, socket, states, received };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a socket that fails and never says that it is closed is lost all the same", () => {
  const { user, socket, sockets } = start();
  socket().dispatchEvent(new Event("error"));
  expect(user.lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(CLOSE_WAIT_MS);
  expect(user.lost).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1_000);
  expect(sockets.length).toBe(2);
  // One that does say so is lost once, with its code.
  socket().dispatchEvent(new Event("error"));
  socket().end(4020);
  vi.advanceTimersByTime(CLOSE_WAIT_MS);
  expect(user.lost).toHaveBeenCalledTimes(2);
  expect(user.lost).toHaveBeenLastCalledWith(4020, expect.anything());
});

test("a socket that opens is greeted, and its bytes are passed on", () => {
  const { connection, user, socket, states, received } = start();
  expect(connection.state).toEqual({ kind: "connecting", words: "connecting" });
  expect(socket().binaryType).toBe("arraybuffer");
  socket().open();
  expect(user.opened).toHaveBeenCalledOnce();
  connection.send(new Uint8Array([1, 2]));
  expect(socket().sent).toEqual([new Uint8Array([1, 2])]);
  socket().say(9, 8);
  expect(received).toEqual([[9, 8]]);
  connection.welcomed();
  expect(states).toEqual([{ kind: "playing", words: "playing" }]);
});

test("a lost connection is tried again, later each time, until it is welcomed", () => {
  const { connection, sockets, socket, states } = start();
  for (const longest of [250, 500, 1000]) {
    socket().end(1006);
    expect(connection.state).toMatchObject({ kind: "reconnecting", nextTryMs: longest });
    vi.advanceTimersByTime(longest - 1);
    const tries = sockets.length;
    vi.advanceTimersByTime(1);
    expect(sockets.length).toBe(tries + 1);
    expect(connection.state).toMatchObject({ kind: "reconnecting", nextTryMs: 0 });
  }
  socket().open();
  connection.welcomed();
  expect(states.at(-1)).toEqual({ kind: "playing", words: "playing" });
});

test("only a connection that lasted starts over from the shortest wait", () => {
  const { connection, socket } = start();
  socket().end(1006);
  vi.advanceTimersByTime(250);
  socket().open();
  connection.welcomed();
  socket().end(1006);
  expect(connection.state).toMatchObject({ attempt: 2, nextTryMs: 500 });
  vi.advanceTimersByTime(500);
  socket().open();
  connection.welcomed();
  vi.advanceTimersByTime(STABLE_MS);
  socket().end(1006);
  expect(connection.state).toMatchObject({ attempt: 1, nextTryMs: 250 });
});

test("a refusal is final, with its code and words", () => {
  const { connection, sockets, socket, states } = start("Never");
  socket().open();
  socket().end(4006, "the room is full");
  expect(states).toEqual([{ kind: "closed", code: 4006, words: "the room is full" }]);
  vi.advanceTimersByTime(60_000);
  connection.retryNow();
  expect(sockets.length).toBe(1);
});

test("a request cuts a wait short, once", () => {
  const { connection, sockets, socket } = start();
  socket().end(1006);
  connection.retryNow();
  connection.retryNow();
  expect(sockets.length).toBe(2);
  vi.advanceTimersByTime(250);
  expect(sockets.length).toBe(2);
});

test("a browser that is online again cuts a wait short", () => {
  const surroundings = new EventTarget();
  vi.stubGlobal("addEventListener", surroundings.addEventListener.bind(surroundings));
  const { sockets, socket } = start();
  vi.unstubAllGlobals();
  socket().end(1006);
  surroundings.dispatchEvent(new Event("online"));
  expect(sockets.length).toBe(2);
});

test("a server that falls silent is given up", () => {
  const { connection, user, socket, sockets } = start();
  const first = socket();
  first.open();
  connection.welcomed();
  vi.advanceTimersByTime(CHECK_MS * (SILENT_CHECKS - 1));
  expect(user.beat).toHaveBeenCalledTimes(SILENT_CHECKS - 1);
  first.say(1);
  vi.advanceTimersByTime(CHECK_MS * (SILENT_CHECKS - 1));
  expect(connection.state.kind).toBe("playing");
  vi.advanceTimersByTime(CHECK_MS);
  expect(user.lost).toHaveBeenCalledWith(1006, "the server fell silent");
  expect(first.closedWith).toBe(1000);
  vi.advanceTimersByTime(250);
  expect(sockets.length).toBe(2);
});

test("a socket that was given up is not heard any more", () => {
  const { connection, socket, received, user } = start();
  const first = socket();
  first.open();
  first.end(1006);
  vi.advanceTimersByTime(250);
  first.say(1);
  first.end(4006);
  expect(received).toEqual([]);
  expect(user.lost).toHaveBeenCalledOnce();
  expect(connection.state.kind).toBe("reconnecting");
});

test("leaving closes the socket and never opens another", () => {
  const { connection, socket, sockets, states } = start();
  socket().open();
  connection.welcomed();
  const last = socket();
  connection.close(1000, "you left the room");
  expect(last.closedWith).toBe(1000);
  last.end(1000);
  vi.advanceTimersByTime(60_000);
  expect(sockets.length).toBe(1);
  expect(states.at(-1)).toEqual({ kind: "closed", code: 1000, words: "you left the room" });
});

test("a socket that never opened: the server's own words are shown", async () => {
  const words = "your address has too many connections open";
  const { connection, socket } = start("Resume", words);
  socket().end(1006);
  expect(connection.state).toMatchObject({
    kind: "reconnecting",
    words: "the connection was lost",
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.state).toMatchObject({ kind: "reconnecting", attempt: 1, words });
  await vi.advanceTimersByTimeAsync(250);
  socket().open();
  socket().end(1006);
  await vi.advanceTimersByTimeAsync(0);
  expect(connection.state).toMatchObject({ words: "the connection was lost" });
});
