/**
 * What a tab's screen showed in each animation frame, recorded by the SDK's telemetry, and what that says about
 * smoothness.
 */

import type { Stats } from "tickwire";
import type { Tab } from "./tab";

/** Recorded columns as they leave the page: entry n of each belongs to the same animation frame. */
export interface Recording {
  timeMs: number[];
  drawnTick: number[];
  roomTick: number[];
  own: Body;
  other: Body;
}

type Field = "x" | "y" | "alive";
type Body = Record<Field, number[]>;

/** Ticks a second. */
const TICK_RATE_HZ = 60;
/** The highest speed of a fighter that does not dash, metres a second. */
const RUN_SPEED_M_S = 6;
/** A body that moved less than this between two animation frames stood still, metres. */
const STILL_M = 0.001;
/** The margin of the claims, metres. */
const JUMP_M = 0.25;
/** Number of animation frames before and after one that show in which direction a body is running. */
const AROUND = 3;

/** Starts recording the own fighter and another player's. */
export async function record(tab: Tab, other = 0): Promise<void> {
  await tab.page.evaluate((other) => {
    const { room, view } = window.tickwire;
    const row = view?.Fighter.player.subarray(0, view.Fighter.count).indexOf(other) ?? -1;
    const entity = view?.Fighter.ids[row] ?? 0;
    const fields = ["x", "y", "alive"] as const;
    const telemetry = room?.telemetry({ component: "Body", fields, entities: [entity] });
    Object.assign(window, { recorded: { telemetry, entity } });
  }, other);
}

/** Returns what was recorded since; `stop` ends the recording. */
export function recorded(tab: Tab, stop = true): Promise<Recording> {
  return tab.page.evaluate((stop) => {
    type Recorded = {
      telemetry: import("tickwire").Telemetry<"x" | "y" | "alive">;
      entity: number;
    };
    const { telemetry, entity } = (window as unknown as { recorded: Recorded }).recorded;
    const { timeMs, drawnTick, roomTick, own, entities } = telemetry.snapshot();
    if (stop) telemetry.stop();
    const plain = (track = own) => ({
      x: [...track.x],
      y: [...track.y],
      alive: [...track.alive],
    });
    return {
      timeMs: [...timeMs],
      drawnTick: [...drawnTick],
      roomTick: [...roomTick],
      own: plain(),
      other: plain(entities.get(entity)),
    };
  }, stop);
}

/** The SDK's figures now. */
export async function stats(tab: Tab): Promise<Stats> {
  const stats = await tab.page.evaluate(() => window.tickwire.room?.stats);
  if (!stats) throw new Error("the tab is in no room");
  return stats;
}

/** Puts a preset on the tab's own link, and waits until pings have felt it. */
export async function setLink(tab: Tab, preset: string, words: string): Promise<void> {
  await tab.page.evaluate((preset) => window.tickwire.room?.dev?.setLink(preset), preset);
  await tab.page.waitForFunction((words) => window.tickwire.room?.dev?.link.link === words, words);
}

/** How a fighter was drawn. */
export interface Smoothness {
  /** Number of animation frames that were judged. */
  frames: number;
  /** How often it was drawn further ahead, or further back, than its speed allows. */
  jumps: number;
  /** The worst distance of that kind, metres, even if it was not a jump. */
  worstM: number;
  /** The part of the time for which it stood still, 0..=1. */
  still: number;
  /** Animation frames a second. */
  fps: number;
  /** One in twenty animation frames took at least this long, ms. What comes meanwhile is seen that much later. */
  slowFrameMs: number;
}

/** Judges each animation frame against the one before it. */
export function smoothness({ timeMs, drawnTick }: Recording, { x, y, alive }: Body): Smoothness {
  const at = (column: number[], n: number) => column[n] ?? Number.NaN;
  const found = { frames: 0, jumps: 0, worstM: 0, still: 0, fps: 0, slowFrameMs: 0 };
  const passed: number[] = [];
  let stillMs = 0;
  let allMs = 0;
  for (let n = AROUND + 1; n < timeMs.length - AROUND; n++) {
    if (at(alive, n) !== 1 || at(alive, n - 1) !== 1) continue;
    const passedMs = at(timeMs, n) - at(timeMs, n - 1);
    const drawnMs = ((at(drawnTick, n) - at(drawnTick, n - 1)) / TICK_RATE_HZ) * 1000;
    const dx = at(x, n) - at(x, n - 1);
    const dy = at(y, n) - at(y, n - 1);
    const metres = Math.hypot(dx, dy);
    // Compares with where it came from and where it went: negative is backwards.
    const along = (from: number, to: number) => {
      const [wayX, wayY] = [at(x, to) - at(x, from), at(y, to) - at(y, from)];
      return (dx * wayX + dy * wayY) / Math.max(Math.hypot(wayX, wayY), 1e-9);
    };
    const aheadM = Math.max(along(n - 1 - AROUND, n - 1), along(n, n + AROUND));
    const overM = metres - (RUN_SPEED_M_S * Math.max(passedMs, drawnMs)) / 1000;
    found.frames += 1;
    passed.push(passedMs);
    found.worstM = Math.max(found.worstM, overM, -aheadM);
    if (Math.max(overM, -aheadM) > JUMP_M) found.jumps += 1;
    if (metres < STILL_M) stillMs += passedMs;
    allMs += passedMs;
  }
  found.still = stillMs / allMs;
  found.fps = (found.frames * 1000) / allMs;
  passed.sort((one, other) => one - other);
  found.slowFrameMs = passed[Math.floor(passed.length * 0.95)] ?? 0;
  return found;
}

/** The speed of drawn time and of the room's time between animation frames; 1 is real time. */
export function speeds({ timeMs, drawnTick, roomTick }: Recording, afterMs = 0): Speed[] {
  const speeds: Speed[] = [];
  for (let n = 1; n < timeMs.length; n++) {
    const since = (column: number[]) => (column[n] ?? Number.NaN) - (column[n - 1] ?? Number.NaN);
    const ticks = (since(timeMs) / 1000) * TICK_RATE_HZ;
    if ((timeMs[n - 1] ?? 0) < afterMs || ticks < 0.2) continue;
    speeds.push({
      drawn: since(drawnTick) / ticks,
      room: since(roomTick) / ticks,
      ms: since(timeMs),
      endMs: timeMs[n] ?? 0,
    });
  }
  return speeds;
}

export interface Speed {
  drawn: number;
  room: number;
  ms: number;
  endMs: number;
}
