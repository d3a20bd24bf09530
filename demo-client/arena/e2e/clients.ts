/**
 * Players without a page: the SDK and the game's WASM module in Node, to fill a room.
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { connect, type GameModule, type Room } from "tickwire";
import init, { arenaClient } from "../../wasm/pkg/tickwire_wasm.js";
import type { Arena } from "../../wasm/pkg/types";

const MODULE = resolve(import.meta.dirname, "../../wasm/pkg/tickwire_wasm_bg.wasm");

const game: GameModule<Arena> = {
  name: "arena",
  neutral: { right: 0, down: 0, aim: 0, fire: false, dash: false, reload: false },
  load: async () => (await init({ module_or_path: await readFile(MODULE) })).memory,
  client: ({ room, create, name }) => arenaClient(room, create, name),
};

/** Joins a room as `count` players; returns when all are in. */
export function fill(url: string, room: string, count: number): Promise<Room<Arena>[]> {
  const socket = `${url.replace("http", "ws")}ws`;
  const joins = Array.from({ length: count }, (_, i) => {
    const joined = connect(game, { name: `Filler ${i}`, room, url: socket, storage: null });
    return new Promise<Room<Arena>>((welcome, refused) => {
      joined.on("welcome", () => welcome(joined));
      joined.on("state", (state) => {
        if (state.kind === "closed") refused(new Error(state.words));
      });
    });
  });
  return Promise.all(joins);
}
