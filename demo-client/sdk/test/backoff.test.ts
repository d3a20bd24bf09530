import { expect, test } from "vitest";
import { longestWaitMs, waitMs } from "../src/backoff.js";

test("waits double from 250 ms and stop at 8 s", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 1000].map(longestWaitMs);
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
});

test("a wait is anywhere between nothing and the longest", () => {
  expect(waitMs(3, () => 0)).toBe(0);
  expect(waitMs(3, () => 0.5)).toBe(500);
  expect(waitMs(3, () => 0.999999)).toBe(1000);
});
