/**
 * A server that is killed again and again under play: `cargo xtask kills`. Fifty players must have their seats and scores
 * again each time, at most a second of play may be lost, and everybody plays again soon after the start.
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

const { TIMES = "100" } = process.env;
const KILLS = Number(TIMES);
const ROOMS = 4;
const PLAYERS = 50;
const TICK_RATE_HZ = 60;
/**
 * So many seconds pass before each kill, and {@link LOST_S} more: a checkpoint is to be met at any moment of its life. A
 * connection that lasted less than 5 s counts as one more failure, after which a client waits longer.
 */
const WAIT_S = [4.2, 7] as const;
const LOST_S = 1;
const BACK_P99_S = 3;
const PATIENCE_MS = 20_000;

type Player = Room<Arena>;

test(`${KILLS} kills under ${PLAYERS} players`, { timeout: KILLS * 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "tickwire-kills-"));
  let server = await Server.start(0, "--rooms", folder);
  const players = await crowd(server.url, PLAYERS, ROOMS);
  const frames = setInterval(() => {
    for (const player of players) play(player, true);
  }, 1000 / TICK_RATE_HZ);
  const seats = players.map((player) => player.me.player);
  const lostS: number[] = [];
  const backS: number[] = [];
  try {
    for (let kill = 1; kill <= KILLS; kill++) {
      await setTimeout(1000 * (WAIT_S[0] + Math.random() * (WAIT_S[1] - WAIT_S[0])));
      const before = players.map(score);
      await setTimeout(1000 * LOST_S);
      const ticks = players.map(tick);
      await server.kill();
      server = await Server.start(server.port, "--rooms", folder);
      const startMs = performance.now();
      await Promise.all(
        players.map(async (player, at) => {
          await until(
            () => player.state.kind === "playing" && score(player) !== undefined,
            PATIENCE_MS,
          );
          const passedS = (performance.now() - startMs) / 1000;
          backS.push(passedS);
          const wentOnFrom = tick(player) - passedS * TICK_RATE_HZ;
          lostS.push(((ticks[at] ?? 0) - wentOnFrom) / TICK_RATE_HZ);
        }),
      );
      expect(players.map((player) => player.me.player)).toEqual(seats);
      // The first snapshots of the new server are in by then.
      await setTimeout(300);
      const after = players.map(score);
      expect(before.filter((was, at) => !kept(was, after[at]))).toEqual([]);
      const [lost, back] = [quantile(lostS, 1), quantile(backS, 0.99)];
      console.log(`kill ${kill}: lost at most ${lost.toFixed(2)} s, back p99 ${back.toFixed(2)} s`);
    }
    expect(quantile(lostS, 1)).toBeLessThan(LOST_S + 0.2);
    expect(quantile(backS, 0.99)).toBeLessThan(BACK_P99_S);
  } finally {
    clearInterval(frames);
    for (const player of players) player.leave();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

function tick(player: Player): number {
  return player.stats?.server_tick ?? 0;
}

interface Score {
  readonly deaths: number;
  /** Of the round, in which scores count. */
  readonly leftS: number;
}

/** The player's score as it sees it. Undefined while it sees no fighter of its own. */
function score(player: Player): Score | undefined {
  const view = player.view();
  const [deaths, [round]] = [view?.Fighter.get(player.me.entity)?.deaths, view?.Round ?? []];
  return deaths === undefined || !round ? undefined : { deaths, leftS: round.seconds_left };
}

/** True if the score has not become less, or another round has begun since. */
function kept(before: Score | undefined, after: Score | undefined): boolean {
  if (!before || !after || after.leftS > before.leftS + LOST_S) return true;
  return after.deaths >= before.deaths;
}
