/**
 * What the client core costs in a real Chromium: the time of `room.view()` in a room full of people who shoot.
 *
 * A room of the arena has 16 seats, so shots make up the rest. The claim is for 200 entities, and is scaled to the
 * number seen.
 */

import type { Browser } from "playwright-core";
import type { Room } from "tickwire";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Arena } from "../wasm/pkg/types";
import { fill } from "./clients";
import { Server } from "./server";
import { launch, Tab } from "./tab";

const SHOOTERS = 15;
/** How often shooters turn, ms. */
const TURN_MS = 50;
const CLAIM_MS = 0.3;
const CLAIM_ENTITIES = 200;
/** With fewer rows in the view than this, the result would mean little. */
const ENTITIES_MIN = 20;
/** The browser's clock is too coarse to time one call, so this many are timed together. */
const CALLS = 20;
const ANIMATION_FRAMES = 40;

let server: Server;
let browser: Browser;
let shooters: Room<Arena>[] = [];
let turning: NodeJS.Timeout | undefined;

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});

afterAll(async () => {
  clearInterval(turning);
  for (const shooter of shooters) shooter.leave();
  await browser?.close();
  await server?.stop();
});

test("the core draws up its entities at no more than 0.3 ms for 200", async () => {
  shooters = await fill(server.url, "busy", SHOOTERS);
  const input = { right: 0, down: 0, fire: true, rail: false, dash: false, reload: false };
  let turns = 0;
  turning = setInterval(() => {
    turns += 1;
    shooters.forEach((shooter, n) => {
      shooter.setInput({ ...input, aim: ((turns / 4 + n) % 6) - 3 });
    });
  }, TURN_MS);
  const tab = await (await Tab.open(browser, server.url, "busy", { width: 480, height: 320 })).play(
    "Ana",
  );
  const cost = await tab.page.evaluate(
    async ({ calls, frames, least }) => {
      const ms: number[] = [];
      let rows = 0;
      let samples = 0;
      for (let tries = 0; samples < frames && tries < frames * 20; tries++) {
        await new Promise(requestAnimationFrame);
        const { room, view } = window.tickwire;
        if (!room || !view) continue;
        const drawn = view.Body.count + view.Projectile.count;
        if (drawn < least) continue;
        const start = performance.now();
        for (let n = 0; n < calls; n++) room.view();
        ms.push((performance.now() - start) / calls);
        rows += drawn;
        samples += 1;
      }
      // The median, because other programs may take the processor now and then.
      ms.sort((a, b) => a - b);
      return { ms: ms[samples >> 1] ?? Number.NaN, entities: rows / samples, samples };
    },
    { calls: CALLS, frames: ANIMATION_FRAMES, least: ENTITIES_MIN },
  );
  expect(cost.samples).toBe(ANIMATION_FRAMES);
  expect(cost.ms, `${cost.entities} entities`).toBeLessThan(
    (CLAIM_MS * cost.entities) / CLAIM_ENTITIES,
  );
  expect(tab.errors).toEqual([]);
});
