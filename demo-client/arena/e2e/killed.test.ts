/**
 * A server that is killed under play: the next one goes on with its rooms, and two tabs play on in their seats.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stats } from "./screen";
import { Server } from "./server";
import { launch, Tab } from "./tab";

const SMALL = { width: 480, height: 320 };
/** A room is written down every second; the rest is for a busy machine. */
const LOST_TICKS = 150;
const SOON = { timeout: 15_000 };

let folder: string;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tickwire-rooms-"));
  server = await Server.start(0, "--rooms", folder);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("after a kill, seats and the match go on from at most a second before", async () => {
  const tabs: Tab[] = [];
  for (const name of ["Ana", "Ben"])
    tabs.push(await (await Tab.open(browser, server.url, "lasting", SMALL)).play(name));
  const [ana, ben] = tabs as [Tab, Tab];
  // Somebody has to do something: a room in which nobody did is not worth keeping.
  await ana.page.keyboard.down("KeyD");
  await expect.poll(async () => (await stats(ana)).server_tick, SOON).toBeGreaterThan(200);
  await ana.page.keyboard.up("KeyD");
  const before = await Promise.all(tabs.map(seat));
  const tick = (await stats(ana)).server_tick;

  await server.kill();
  server = await Server.start(server.port, "--rooms", folder);
  for (const tab of tabs) await tab.page.waitForSelector('body[data-state="playing"]');
  expect(await Promise.all(tabs.map(seat))).toEqual(before);
  const after = (await stats(ben)).server_tick;
  expect(after).toBeGreaterThan(tick - LOST_TICKS);
  // And it does go on.
  await expect.poll(async () => (await stats(ben)).server_tick, SOON).toBeGreaterThan(after + 60);
  for (const tab of tabs) expect(tab.errors).toEqual([]);
}, 120_000);

/** Who a tab is, and whom it sees, but for bots. */
function seat(tab: Tab): Promise<unknown> {
  return tab.page.evaluate(() => {
    const { room } = window.tickwire;
    const people = [...(room?.players.values() ?? [])].filter(({ bot }) => !bot);
    const names = people.map(({ player, name }) => `${player} ${name}`).sort();
    return { room: room?.room, player: room?.me.player, names };
  });
}
