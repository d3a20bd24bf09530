/**
 * How long to wait before the next try. The waits grow exponentially and have full jitter, so that the players of a
 * restarted server come back spread out instead of all together. In: how many tries have failed. Out: milliseconds.
 */

import { BACKOFF_CAP_MS, BACKOFF_FIRST_MS } from "./tunables.js";

/** The longest wait that {@link waitMs} gives after `failed` tries, milliseconds. `failed` counts from 1. */
export function longestWaitMs(failed: number): number {
  // 2 ** 31 is far beyond the cap: the clamp keeps the power finite after days of trying.
  return Math.min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS * 2 ** Math.min(Math.max(failed, 1) - 1, 31));
}

/** A wait between 0 and {@link longestWaitMs}, milliseconds, all equally likely. `random` gives 0..1. */
export function waitMs(failed: number, random: () => number): number {
  return Math.round(random() * longestWaitMs(failed));
}
