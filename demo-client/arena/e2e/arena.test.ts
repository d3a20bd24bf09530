/**
 * The arena from key press to picture: the built server, the built page, a real Chromium.
 */

import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { fill } from "./clients";
import { Server } from "./server";
import { launch, Tab } from "./tab";

/** Seats for people in a room of the arena. */
const SEATS = 16;
const PHONE = { width: 390, height: 844 };

let server: Server;
let browser: Browser;
const tabs: Tab[] = [];

async function open(room = "", viewport?: { width: number; height: number }): Promise<Tab> {
  const tab = await Tab.open(browser, server.url, room, viewport);
  tabs.push(tab);
  return tab;
}

/** The keys that run towards the centre, away from the outer walls. */
function inwards({ x, y }: { x: number; y: number }): string[] {
  return [x < 0 ? "d" : "a", y < 0 ? "s" : "w"];
}

beforeAll(async () => {
  server = await Server.start();
  browser = await launch();
});

afterEach(async () => {
  const errors = tabs.flatMap((tab) => tab.errors);
  await Promise.all(tabs.splice(0).map((tab) => tab.close()));
  expect(errors).toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

test("two tabs see each other run and hear each other", async () => {
  const ana = await (await open("yard")).play("Ana");
  const ben = await (await open("yard")).play("Ben");
  for (const [mover, watcher] of [
    [ana, ben],
    [ben, ana],
  ] as const) {
    const player = await mover.player();
    const start = await watcher.where(player);
    const keys = inwards(start);
    for (const key of keys) await mover.page.keyboard.down(key);
    await watcher.sees(player, start, 1);
    for (const key of keys) await mover.page.keyboard.up(key);
  }
  await ana.say("over here!");
  await ben.hears("over here!");
  await ben.say("coming");
  await ana.hears("coming");
  await ana.page.mouse.down();
  await ana.action();
  await ana.picture("play");
});

test("a reload is the same player with the same score", async () => {
  const ana = await (await open("again")).play("Ana");
  const player = await ana.player();
  const score = () =>
    ana.page.evaluate((player) => {
      const { Fighter } = window.tickwire.view ?? {};
      const row = Fighter?.player.subarray(0, Fighter.count).indexOf(player) ?? -1;
      return {
        entity: Fighter?.ids[row],
        sum: (Fighter?.kills[row] ?? 0) + (Fighter?.deaths[row] ?? 0),
      };
    }, player);
  // A fighter that only shoots in a circle scores before long.
  await ana.page.mouse.down();
  await ana.page.waitForFunction((player) => {
    const { Fighter } = window.tickwire.view ?? {};
    const row = Fighter?.player.subarray(0, Fighter.count).indexOf(player) ?? -1;
    return (Fighter?.kills[row] ?? 0) + (Fighter?.deaths[row] ?? 0) > 0;
  }, player);
  const before = await score();

  await ana.page.reload();
  await ana.playing();
  expect(await ana.player()).toBe(player);
  await ana.page.locator(`#ranks li.own[data-player="${player}"]`, { hasText: "Ana" }).waitFor();
  const after = await score();
  expect(after.entity).toBe(before.entity);
  expect(after.sum).toBeGreaterThanOrEqual(before.sum);
});

test("a duplicated tab takes the seat over and the first one says so", async () => {
  const first = await (await open("twins")).play("Ana");
  const player = await first.player();
  const kept = await first.page.evaluate(() => Object.entries(sessionStorage));
  const second = await Tab.beside(first, async (page) => {
    await page.addInitScript((kept) => {
      for (const [key, value] of kept) sessionStorage.setItem(key, value);
    }, kept);
    await page.goto(first.page.url());
  });
  await second.playing();
  expect(await second.player()).toBe(player);
  await first.page.waitForSelector('#notice[data-code="4028"]');
  expect(await first.page.textContent("#notice-title")).toMatch(/another window/);
  // The first tab may still play, as another player.
  await first.page.click('#notice button[data-way="again"]');
  await first.playing();
  expect(await first.player()).not.toBe(player);
});

test("a stopped server is reported in words, and both tabs are back when it starts again", async () => {
  let own = await Server.start();
  try {
    const pair = await Promise.all([
      Tab.open(browser, own.url, "phoenix"),
      Tab.open(browser, own.url, "phoenix"),
    ]);
    tabs.push(...pair);
    const [ana, ben] = pair;
    await ana.play("Ana");
    await ben.play("Ben");
    await own.stop();
    for (const tab of pair) {
      await tab.state("reconnecting");
      await tab.page.locator("#link", { hasText: "Reconnecting" }).waitFor();
    }
    await ana.picture("reconnecting");
    own = await Server.start(own.port);
    for (const tab of pair) {
      await tab.playing();
      expect(await tab.page.getAttribute("body", "data-room")).toBe("phoenix");
    }
    // Both are in the same room: each sees the other's fighter.
    await ana.where(await ben.player());
    await ben.where(await ana.player());
  } finally {
    await own.stop();
  }
});

test("a tab that asks for any room gets one, and its link", async () => {
  const ana = await (await open()).play("Ana");
  const room = await ana.page.getAttribute("body", "data-room");
  expect(room).toMatch(/^[\w-]+$/);
  expect(new URL(ana.page.url()).searchParams.get("room")).toBe(room);
  expect(await ana.page.textContent("#room-name")).toBe(room);
});

test("a full room says so and offers another", async () => {
  const people = await fill(server.url, "crowd", SEATS);
  try {
    const late = await open("crowd");
    await late.page.click("#play");
    await late.page.waitForSelector('#notice[data-code="4006"]');
    expect(await late.page.textContent("#notice-title")).toBe("The room is full");
    await late.page.click('#notice button[data-way="elsewhere"]');
    await late.playing();
    expect(await late.page.getAttribute("body", "data-room")).not.toBe("crowd");
  } finally {
    for (const room of people) room.leave();
  }
});

test("markup in names and chat stays text", async () => {
  const name = "<svg/onload=boom()>";
  const line = "<img src=x onerror=boom()>";
  const ana = await (await open("markup")).play(name);
  const ben = await (await open("markup")).play("Ben");
  await ana.say(line);
  for (const tab of [ana, ben]) {
    await tab.hears(line);
    await tab.page.locator("#ranks li", { hasText: name }).waitFor();
    expect(await tab.page.locator("#hud svg, #hud img").count()).toBe(0);
  }
});

test("the movement step gives the server's bits in the browser", async () => {
  const tab = await open();
  expect(await tab.page.evaluate(() => window.tickwire.stepsAgree(100_000))).toBe(true);
});

test("in dev mode the overlay makes the own link worse, and its keys do not move the fighter", async () => {
  const own = await Server.start(0, "--dev");
  try {
    const tab = await Tab.open(browser, own.url);
    tabs.push(tab);
    await tab.play("Ana");
    await tab.page.keyboard.press("F3");
    await tab.page.locator("#link-choice").selectOption("intercontinental");
    await tab.page.waitForFunction(() => (window.tickwire.room?.stats?.ping_ms ?? 0) >= 150);
    await tab.page.locator("#link-choice").selectOption("custom");
    expect(await tab.page.inputValue("#link-text")).toBe("150ms jitter 15ms");
    await tab.page.fill("#link-text", "wasd");
    await tab.page.keyboard.press("Enter");
    await tab.page.locator("#link-error", { hasText: '"wasd"' }).waitFor();
    await tab.picture("own-link");
    await tab.page.fill("#link-text", "10ms");
    expect(
      await tab.page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.id),
    ).toBe("link-text");
    await tab.page.keyboard.press("Enter");
    await tab.page.locator("#link-error", { hasText: /^$/ }).waitFor({ state: "hidden" });
    await tab.page.locator("#link-choice").selectOption("none");
    await tab.page.waitForFunction(() => window.tickwire.room?.dev?.link.link === "none");
  } finally {
    await own.stop();
  }
});

test("outside of dev mode the overlay has no link to choose", async () => {
  const tab = await (await open("plain")).play("Ana");
  await tab.page.keyboard.press("F3");
  await tab.page.locator('.tickwire-overlay [data-figure="ping"]', { hasText: "ms" }).waitFor();
  expect(await tab.page.isVisible("#own-link")).toBe(false);
});

test("the page is usable wide and narrow", async () => {
  const wide = await open("pictures");
  await wide.picture("start");
  await wide.play("Ana");
  await wide.page.keyboard.press("F3");
  await wide.page.locator('.tickwire-overlay [data-figure="ping"]', { hasText: "ms" }).waitFor();
  await wide.picture("figures");
  await wide.page.keyboard.down("Tab");
  await wide.page.locator("#score-rows tr.own").waitFor();
  await wide.picture("scores");

  const narrow = await open("pictures", PHONE);
  await narrow.picture("start-narrow");
  await narrow.play("Ben");
  await narrow.page.locator("#ranks li.own").waitFor();
  await narrow.picture("play-narrow");
  const covered = await narrow.page.evaluate(() => {
    const boxes = ["place", "round", "ranks", "vitals"].map((id) => ({
      id,
      box: document.getElementById(id)?.getBoundingClientRect() ?? new DOMRect(),
    }));
    return boxes.flatMap((a, i) =>
      boxes.slice(i + 1).flatMap((b) => {
        const apart =
          a.box.right <= b.box.left ||
          b.box.right <= a.box.left ||
          a.box.bottom <= b.box.top ||
          b.box.bottom <= a.box.top;
        return apart ? [] : [`${a.id} and ${b.id}`];
      }),
    );
  });
  expect(covered).toEqual([]);
});
