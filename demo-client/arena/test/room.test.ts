/**
 * The room with the real client core, on sockets that the test holds. Tests that need a server are in `e2e`.
 */

import { type ConnectionState, connect, type GameModule } from "tickwire";
import { expect, test, vi } from "vitest";
import type { Arena } from "../wasm/pkg/types";
import { arenaInNode } from "./arena-in-node";

class Socket extends EventTarget {
  readyState = 1;
  binaryType = "blob";
  closed = false;
  readonly sent: Uint8Array[] = [];
  send(bytes: Uint8Array) {
    this.sent.push(bytes);
  }
  close() {
    this.closed = true;
    this.readyState = 3;
  }
}

/** A room whose first socket has just opened. */
async function join(options: { game?: GameModule<Arena> } = {}) {
  const sockets: Socket[] = [];
  const states: ConnectionState[] = [];
  const room = connect(options.game ?? arenaInNode, {
    name: "Ana",
    room: "lava",
    url: "ws://here/ws",
    storage: null,
    surroundings: {
      openSocket: () => {
        sockets.push(new Socket());
        return sockets.at(-1) as unknown as WebSocket;
      },
      random: () => 0,
      whyRefused: async () => undefined,
    },
  });
  room.on("state", (state) => states.push(state));
  await vi.waitFor(() => expect(sockets.length + states.length).toBeGreaterThan(0));
  const socket = sockets[0] as Socket;
  socket?.dispatchEvent(new Event("open"));
  return { room, sockets, socket, states };
}

test("an open socket hears the hello first: who, and to which game and room", async () => {
  const { room, socket } = await join();
  expect(socket.sent.length).toBe(1);
  const [hello] = socket.sent;
  expect(hello?.[0]).toBe(0);
  const text = new TextDecoder().decode(hello);
  for (const word of ["arena", "lava", "Ana"]) expect(text).toContain(word);
  expect(room.room).toBe("lava");
  expect(room.view()?.Body.count ?? 0).toBe(0);
});

test("bytes that nobody can read cost the socket, not the room", async () => {
  const { room, sockets, socket, states } = await join();
  const bytes = new Uint8Array([0x7f, 1, 2, 3]).buffer;
  socket.dispatchEvent(new MessageEvent("message", { data: bytes }));
  expect(socket.closed).toBe(true);
  expect(states[0]).toMatchObject({ kind: "reconnecting" });
  await vi.waitFor(() => expect(sockets.length).toBe(2));
  room.leave();
});

test("on a server in dev mode the own link can be made worse, and nowhere else", async () => {
  const { room, socket } = await join();
  expect(room.dev).toBeUndefined();
  const told: string[] = [];
  room.on("link", ({ link, error }) => told.push(link, error));
  const report = new Uint8Array([3, 4, ...new TextEncoder().encode("none"), 0]).buffer;
  socket.dispatchEvent(new MessageEvent("message", { data: report }));
  expect(told).toEqual(["none", ""]);
  expect(room.dev?.link).toEqual({ link: "none", error: "" });
  room.dev?.setLink("4g");
  expect([...(socket.sent.at(-1) ?? [])]).toEqual([8, 2, ...new TextEncoder().encode("4g")]);
  socket.dispatchEvent(Object.assign(new Event("close"), { code: 1006, reason: "" }));
  expect(room.dev).toBeUndefined();
  room.leave();
});

test("leaving says goodbye before it closes", async () => {
  const { room, socket, states } = await join();
  room.leave();
  expect([...(socket.sent.at(-1) ?? [])]).toEqual([4]);
  expect(socket.closed).toBe(true);
  expect(states).toEqual([{ kind: "closed", code: 1000, words: "you left the room" }]);
});

test("a game that does not load closes the room, with words that say why", async () => {
  const broken = { ...arenaInNode, load: () => Promise.reject(new Error("no such file")) };
  const { room, sockets } = await join({ game: broken });
  expect(sockets.length).toBe(0);
  expect(room.state).toMatchObject({
    kind: "closed",
    words: expect.stringContaining("no such file"),
  });
});

test("an input that no server takes is refused here, in words", async () => {
  await arenaInNode.load();
  const client = arenaInNode.client({ room: "", create: true, name: "Ana" });
  client.setInput({ ...arenaInNode.neutral, right: -1 });
  expect(() => client.setInput({ ...arenaInNode.neutral, right: 2 })).toThrow("out of its range");
  expect(() => client.setInput({ right: 1 })).toThrow();
});
