/**
 * A server under five hundred players that gives its place to the next one, or ends and starts again, in turns:
 * `cargo xtask restarts`. Nobody is refused, all come back to their seats, and the pictures stand still for a moment only.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Room } from "tickwire";
import { expect, test } from "vitest";
import type { Arena } from "../wasm/pkg/types";
import { crowd, play, quantile, until } from "./clients";
import { Server } from "./server";

const { TIMES = "10" } = process.env;
const ROOMS = 63;
const PLAYERS = 500;
/** How often each player acts and looks: often enough for the figures, and seldom enough for one process. */
const FRAME_MS = 100;
/** A connection that lasted less than 5 s counts as one more failure. */
const PLAY_MS = 7_000;
const GAP_P99_S = 1;
const EXIT_S = 10;
const BACK_P99_S = 10;
const PATIENCE_MS = 30_000;

type Player = Room<Arena>;

test(`${TIMES} restarts under ${PLAYERS} players`, {
  timeout: Number(TIMES) * 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "tickwire-restarts-"));
  let server = await Server.start(0, "--rooms", folder);
  const players = await crowd(server.url, PLAYERS, ROOMS);
  const frames = setInterval(() => {
    for (const player of players) play(player, false);
  }, FRAME_MS);
  const told = new Set<Player>();
  for (const player of players)
    player.on("state", (state) => {
      if (state.words === "the server is shutting down") told.add(player);
    });
  const seats = players.map((player) => player.me.player);
  try {
    for (let time = 1; time <= Number(TIMES); time++) {
      await setTimeout(PLAY_MS);
      told.clear();
      const gaps = new Gaps(players);
      const begunMs = performance.now();
      const old = server;
      const takesOver = time % 2 === 1;
      if (takesOver) server = await Server.start(old.port, "--rooms", folder, "--takeover");
      else await old.stop();
      expect(await old.ended()).toBe(0);
      const exitS = (performance.now() - begunMs) / 1000;
      if (!takesOver) server = await Server.start(old.port, "--rooms", folder);
      const startedMs = performance.now();
      await gaps.allAreBack();
      const backS = (performance.now() - startedMs) / 1000;
      expect(players.map((player) => player.me.player)).toEqual(seats);
      const p99 = gaps.quantileS(0.99);
      console.log(
        `${takesOver ? "takeover" : "SIGTERM"} ${time}: exit after ${exitS.toFixed(2)} s, snapshots stood still for ` +
          `${gaps.quantileS(0.5).toFixed(2)} s (median), ${p99.toFixed(2)} s (p99), all back ${backS.toFixed(2)} s ` +
          `after the start; ${told.size} were told why`,
      );
      expect(told.size).toBe(PLAYERS);
      expect(exitS).toBeLessThan(EXIT_S);
      if (takesOver) expect(p99).toBeLessThan(GAP_P99_S);
      else expect(backS).toBeLessThan(BACK_P99_S);
    }
  } finally {
    clearInterval(frames);
    for (const player of players) player.leave();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

/** For how long each player hears nothing new while its connection changes. */
class Gaps {
  readonly #players: readonly Player[];
  readonly #lastMs: number[];
  readonly #longestMs: number[];
  readonly #wasAway: boolean[];

  constructor(players: readonly Player[]) {
    this.#players = players;
    this.#lastMs = players.map(() => performance.now());
    this.#longestMs = players.map(() => 0);
    this.#wasAway = players.map(() => false);
    players.forEach((player, at) => {
      player.on("state", ({ kind }) => {
        const now = performance.now();
        if (kind === "reconnecting" && !this.#wasAway[at]) this.#lastMs[at] = now;
        if (kind === "reconnecting") this.#wasAway[at] = true;
        // The first snapshot follows within a tick or two.
        if (kind === "playing") this.#longestMs[at] = now - (this.#lastMs[at] ?? now);
      });
    });
  }

  async allAreBack(): Promise<void> {
    const isBack = (player: Player, at: number) =>
      this.#wasAway[at] === true && player.state.kind === "playing";
    await until(() => this.#players.every(isBack), PATIENCE_MS);
  }

  quantileS(part: number): number {
    return quantile(this.#longestMs, part) / 1000;
  }
}
