/**
 * Players without a page: the SDK and the game's WASM module run in Node, to fill a room or many.
 */

import { setTimeout } from "node:timers/promises";
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

/** Fills `rooms` rooms with `players` players, as evenly as it goes. */
export async function crowd(url: string, players: number, rooms: number): Promise<Room<Arena>[]> {
  const joins = Array.from({ length: rooms }, (_, i) =>
    fill(url, `soak-${i}`, Math.floor(players / rooms) + Number(i < players % rooms)),
  );
  return (await Promise.all(joins)).flat();
}

/** An animation frame of one player: it runs about and looks around. */
export function play(player: Room<Arena>, fire: boolean): void {
  const turn = performance.now() / 700 + (player.me.player ?? 0);
  const [right, down] = [Math.round(Math.sin(turn)), Math.round(Math.cos(turn))];
  const still = { rail: false, dash: false, reload: false };
  if (player.state.kind === "playing")
    player.setInput({ ...still, right, down, aim: Math.sin(turn) * 3, fire });
  player.view();
}

/** Waits for what brings players back. */
export async function until(is: () => boolean, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!is()) {
    if (performance.now() > end) throw new Error("a player does not come back");
    await setTimeout(10);
  }
}

/** The value that this part of the values (0 to 1) is not above; 1 gives the largest. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
}
