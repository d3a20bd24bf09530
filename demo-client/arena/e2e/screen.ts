/**
 * What a tab's screen showed, animation frame by animation frame, by the SDK's telemetry, and what that says about
 * smoothness.
 */

import type { Stats } from "tickwire";
import type { Tab } from "./tab";

/** Recorded columns as they leave the page: entry n of each is of the same animation frame. */
export interface Recording {
  timeMs: number[];
  drawnTick: number[];
  roomTick: number[];
  own: Body;
  other: Body;
}

type Field = "x" | "y" | "vx" | "vy" | "alive";
type Body = Record<Field, number[]>;

/** Ticks a second. */
const TICK_RATE_HZ = 60;
/** Slower than this a body counts as standing, metres a second. */
const MOVES_M_S = 2;
/** A body that was drawn less far than this between two animation frames stood still, metres. */
const STILL_M = 0.001;
/** The margin of the claims, metres. */
const JUMP_M = 0.25;

/** Starts to record the own fighter and another player's. */
export async function record(tab: Tab, other = 0): Promise<void> {
  await tab.page.evaluate((other) => {
    const { room, view } = window.tickwire;
    const row = view?.Fighter.player.subarray(0, view.Fighter.count).indexOf(other) ?? -1;
    const entity = view?.Fighter.ids[row] ?? 0;
    const fields = ["x", "y", "vx", "vy", "alive"] as const;
    const telemetry = room?.telemetry({ component: "Body", fields, entities: [entity] });
    Object.assign(window, { recorded: { telemetry, entity } });
  }, other);
}

/** What was recorded since; `stop` ends it. */
export function recorded(tab: Tab, stop = true): Promise<Recording> {
  return tab.page.evaluate((stop) => {
    type Recorded = {
      telemetry: import("tickwire").Telemetry<"x" | "y" | "vx" | "vy" | "alive">;
      entity: number;
    };
    const { telemetry, entity } = (window as unknown as { recorded: Recorded }).recorded;
    const { timeMs, drawnTick, roomTick, own, entities } = telemetry.snapshot();
    if (stop) telemetry.stop();
    const plain = (track = own) => ({
      x: [...track.x],
      y: [...track.y],
      vx: [...track.vx],
      vy: [...track.vy],
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

/** Puts the tab's own link under a preset, and waits until pings have felt it. */
export async function setLink(tab: Tab, preset: string, words: string): Promise<void> {
  await tab.page.evaluate((preset) => window.tickwire.room?.dev?.setLink(preset), preset);
  await tab.page.waitForFunction((words) => window.tickwire.room?.dev?.link.link === words, words);
}

/** How the other fighter was drawn. */
export interface Smoothness {
  /** Animation frames in which it moved or should have. */
  frames: number;
  /** It was drawn further on, or further back, than its speed allows. */
  jumps: number;
  worstJumpM: number;
  /** It stood still while it ran. */
  frozen: number;
  /** Animation frames a second. */
  fps: number;
}

/** Judges each animation frame against the one before. */
export function smoothness({ timeMs, drawnTick, other }: Recording): Smoothness {
  const found = { frames: 0, jumps: 0, worstJumpM: 0, frozen: 0, fps: 0 };
  for (let n = 1; n < timeMs.length; n++) {
    const at = (column: number[] | undefined, n: number) => column?.[n] ?? Number.NaN;
    const speed = (n: number) => Math.hypot(at(other.vx, n), at(other.vy, n));
    if (at(other.alive, n) !== 1 || at(other.alive, n - 1) !== 1) continue;
    const [fastest, slowest] = [Math.max(speed(n), speed(n - 1)), Math.min(speed(n), speed(n - 1))];
    if (fastest < MOVES_M_S) continue;
    found.frames += 1;
    const passedS = Math.max(
      (at(timeMs, n) - at(timeMs, n - 1)) / 1000,
      (at(drawnTick, n) - at(drawnTick, n - 1)) / TICK_RATE_HZ,
    );
    const dx = at(other.x, n) - at(other.x, n - 1);
    const dy = at(other.y, n) - at(other.y, n - 1);
    const drawnM = Math.hypot(dx, dy);
    // Along the way that it was drawn to run: negative is backwards.
    const aheadM = (dx * at(other.vx, n) + dy * at(other.vy, n)) / Math.max(speed(n), 1e-9);
    const overM = Math.max(drawnM - fastest * passedS, slowest < MOVES_M_S ? 0 : -aheadM);
    found.worstJumpM = Math.max(found.worstJumpM, overM);
    if (overM > JUMP_M) found.jumps += 1;
    if (slowest >= MOVES_M_S && drawnM < STILL_M) found.frozen += 1;
  }
  const spanMs = (timeMs.at(-1) ?? 0) - (timeMs[0] ?? 0);
  found.fps = ((timeMs.length - 1) * 1000) / spanMs;
  return found;
}

/** From one animation frame to the next: how many times as fast as real time drawn time ran, and the room's. */
export function paces({ timeMs, drawnTick, roomTick }: Recording, afterMs = 0): Pace[] {
  const paces: Pace[] = [];
  for (let n = 1; n < timeMs.length; n++) {
    const since = (column: number[]) => (column[n] ?? Number.NaN) - (column[n - 1] ?? Number.NaN);
    const ticks = (since(timeMs) / 1000) * TICK_RATE_HZ;
    if ((timeMs[n - 1] ?? 0) < afterMs || ticks < 0.2) continue;
    paces.push({
      drawn: since(drawnTick) / ticks,
      room: since(roomTick) / ticks,
      ms: since(timeMs),
      endMs: timeMs[n] ?? 0,
    });
  }
  return paces;
}

export interface Pace {
  drawn: number;
  room: number;
  ms: number;
  endMs: number;
}
