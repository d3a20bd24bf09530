/**
 * Own shots are visible before the server can have heard of them, on a link that is slow enough to show it.
 */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fill } from "./clients";
import { Server } from "./server";
import { launch, Tab } from "./tab";

/** Ghosts of own shots have ids from here on: see the SDK's README. */
const GHOST_ID = 2 ** 31;
/** Shots in a full rifle. */
const MAGAZINE = 12;

let server: Server;
let browser: Browser;
let tab: Tab;
/** Players who stand still. While they are there, there are no bots, which would shoot. */
let people: Awaited<ReturnType<typeof fill>> = [];

/** What the page shows in the animation frames after an input, counted from the input's event. */
interface Seen {
  /** Animation frames until it was predicted, until a ghost was drawn, until a beam was drawn; 0 means never. */
  predicted: number;
  ghost: number;
  beam: number;
  /** Time until the server confirmed it, milliseconds. */
  confirmedMs: number;
}

/** Watches the animation frames after the next `event` of the window, until the server has confirmed the action. */
async function watch(event: "pointerdown" | "keydown"): Promise<{ seen: Promise<Seen> }> {
  const seen = tab.page.evaluate(
    ({ event, GHOST_ID }) =>
      new Promise<Seen>((done) => {
        const { room } = window.tickwire;
        const seen: Seen = { predicted: 0, ghost: 0, beam: 0, confirmedMs: 0 };
        addEventListener(
          event,
          () => {
            const startMs = performance.now();
            let frames = 0;
            room?.on("predicted", () => {
              seen.predicted ||= frames + 1;
            });
            room?.on("confirmed", () => {
              seen.confirmedMs ||= performance.now() - startMs;
              done(seen);
            });
            // Runs after the page's own callback in the same frame, because it was requested later.
            const frame = () => {
              frames += 1;
              const { view, beams } = window.tickwire;
              const ids = view?.Projectile.ids.subarray(0, view.Projectile.count) ?? [];
              if (ids.some((id) => id >= GHOST_ID)) seen.ghost ||= frames;
              if (beams > 0) seen.beam ||= frames;
              requestAnimationFrame(frame);
            };
            requestAnimationFrame(frame);
          },
          { once: true },
        );
        document.body.setAttribute("data-watched", event);
      }),
    { event, GHOST_ID },
  );
  await tab.page.waitForSelector(`body[data-watched="${event}"]`);
  return { seen };
}

/** Waits until the server reports between `least` and `most` shots left. */
async function ammo(least: number, most: number): Promise<void> {
  await tab.page.waitForFunction(
    ({ least, most }) => {
      const { room, view } = window.tickwire;
      const row = view?.Fighter.ids.indexOf(room?.me.entity ?? -1) ?? -1;
      const ammo = view?.Fighter.ammo[row] ?? -1;
      return ammo >= least && ammo <= most;
    },
    { least, most },
  );
}

beforeAll(async () => {
  server = await Server.start(0, "--dev", "--link", "intercontinental");
  browser = await launch();
  people = await fill(server.url, "range", 3);
  tab = await Tab.open(browser, server.url, "range");
  await tab.play("Ana");
  await tab.page.locator("#head-count", { hasText: /^4 players$/ }).waitFor();
  await tab.page.waitForFunction(() => (window.tickwire.room?.stats?.ping_ms ?? 0) >= 140);
});

afterAll(async () => {
  expect(tab?.errors ?? []).toEqual([]);
  for (const room of people) room.leave();
  await browser?.close();
  await server?.stop();
});

test("a click shows a shot in flight long before the server has answered", async () => {
  await ammo(MAGAZINE, MAGAZINE);
  const { mouse } = tab.page;
  await mouse.move(900, 300);
  const watched = await watch("pointerdown");
  await mouse.down();
  const seen = await watched.seen;
  await mouse.up();
  expect(seen.confirmedMs).toBeGreaterThan(140);
  expect(seen.predicted).toBeGreaterThan(0);
  expect(seen.predicted).toBeLessThanOrEqual(4);
  expect(seen.ghost).toBeGreaterThan(0);
  expect(seen.ghost).toBeLessThanOrEqual(6);
  await ammo(1, MAGAZINE - 1);
});

test("the rail's beam is drawn without delay, and the overlay says what the server rewound to", async () => {
  await tab.page.keyboard.press("F3");
  const { keyboard } = tab.page;
  const watched = await watch("keydown");
  await keyboard.down("e");
  const seen = await watched.seen;
  await keyboard.up("e");
  expect(seen.confirmedMs).toBeGreaterThan(140);
  expect(seen.predicted).toBeLessThanOrEqual(4);
  expect(seen.beam).toBeGreaterThan(0);
  expect(seen.beam).toBeLessThanOrEqual(6);
  await tab.page.locator("#rewind-words", { hasText: /Rewound \d+ ms/ }).waitFor();
  await tab.picture("rewind");
});
