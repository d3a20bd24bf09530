/**
 * Players without a page: the SDK and the game's WASM module run in Node, to fill a room.
 */

import { connect, type Room } from "tickwire";
import { arenaInNode } from "../test/arena-in-node";
import type { Arena } from "../wasm/pkg/types";

/** Joins a room with `count` players; returns when all are in. */
export function fill(url: string, room: string, count: number): Promise<Room<Arena>[]> {
  const socket = `${url.replace("http", "ws")}ws`;
  const joins = Array.from({ length: count }, (_, i) => {
    const joined = connect(arenaInNode, { name: `Filler ${i}`, room, url: socket, storage: null });
    return new Promise<Room<Arena>>((welcome, refused) => {
      joined.on("welcome", () => welcome(joined));
      joined.on("state", (state) => {
        if (state.kind === "closed") refused(new Error(state.words));
      });
    });
  });
  return Promise.all(joins);
}
