/**
 * The way in, as people meet it: a class behind one address, a laptop whose lid was closed, a page under a path of a
 * proxy, and what is read by somebody who is not let in.
 */

import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Nginx } from "./nginx";
import { Server } from "./server";
import { LAUNCH, launch, Tab } from "./tab";

const SMALL = { width: 320, height: 240 };
/** As many as once found the door half shut. */
const CLASS = 22;
/** Shorter than the grace time of 20 s and longer than any budget of pings once was. */
const LID_MS = 18_000;

let browser: Browser;
const tabs: Tab[] = [];

beforeAll(async () => {
  browser = await launch();
});

afterEach(async () => {
  await Promise.all(tabs.splice(0).map((tab) => tab.close()));
});

afterAll(() => browser.close());

async function open(url: string, room = ""): Promise<Tab> {
  const tab = await Tab.open(browser, url, room, SMALL);
  tabs.push(tab);
  return tab;
}

/** True if all files of the page have come: without its style sheets it has no background of its own. */
function isDressed(tab: Tab): Promise<boolean> {
  return tab.page.evaluate(() =>
    [...document.styleSheets].some((sheet) => sheet.cssRules.length > 20),
  );
}

test("a class of 22 browsers behind one address plays", async () => {
  const server = await Server.start();
  try {
    await Promise.all(Array.from({ length: CLASS }, () => open(server.url)));
    for (const tab of tabs) expect(await isDressed(tab)).toBe(true);
    for (const [number, tab] of tabs.entries()) {
      await tab.page.fill("#name", `pupil ${number}`);
      await tab.page.click("#play");
      await tab.state("playing");
      // One processor draws for all of them, and this is about who gets in.
      await tab.hide();
    }
    for (const tab of tabs) await tab.state("playing");
  } finally {
    await server.stop();
  }
}, 300_000);

test("somebody who is not let in reads why, and is let in when there is a place", async () => {
  const server = await Server.start(0, "--clients-per-address", "1");
  try {
    const first = await open(server.url);
    await first.play("first");
    const second = await open(server.url);
    await second.page.fill("#name", "second");
    await second.page.click("#play");
    await second.page
      .getByText("your address has too many connections open", { exact: false })
      .first()
      .waitFor();
    await first.close();
    tabs.shift();
    await second.playing();
  } finally {
    await server.stop();
  }
});

test("a browser that stood still plays on with the same player", async () => {
  const server = await Server.start();
  const host = await chromium.launchServer(LAUNCH);
  try {
    const lid = await chromium.connect(host.wsEndpoint());
    const tab = await Tab.open(lid, server.url, "lid", SMALL);
    await tab.play("sleeper");
    const player = await tab.player();
    const group = -(host.process().pid ?? 0);
    process.kill(group, "SIGSTOP");
    await new Promise((woken) => setTimeout(woken, LID_MS));
    process.kill(group, "SIGCONT");
    await tab.playing();
    const place = await tab.where(player);
    await tab.page.keyboard.down("KeyD");
    await tab.page.keyboard.down("KeyS");
    await tab.sees(player, place, 0.5);
    expect(await tab.player()).toBe(player);
    expect(tab.errors).toEqual([]);
  } finally {
    await host.kill();
    await server.stop();
  }
});

test.each([500, 2500, 8000])(
  "a server that stood still for %i ms throws nobody out",
  async (spanMs) => {
    const server = await Server.start();
    try {
      for (const name of ["Ana", "Ben"]) await (await open(server.url, "still")).play(name);
      const players = await Promise.all(tabs.map((tab) => tab.player()));
      // Somebody holds a key down, and the inputs pile up.
      await tabs[0]?.page.keyboard.down("KeyD");
      await server.standStill(spanMs);
      await tabs[0]?.page.keyboard.up("KeyD");
      for (const tab of tabs) await tab.playing();
      expect(await Promise.all(tabs.map((tab) => tab.player()))).toEqual(players);
      for (const tab of tabs) expect(tab.errors).toEqual([]);
    } finally {
      await server.stop();
    }
  },
);

test("under a path of nginx the page finds its files and its socket", async () => {
  const server = await Server.start(0, "--trust-proxy", "127.0.0.1");
  const nginx = await Nginx.start("/play/", server.port);
  try {
    const tab = await open(`${nginx.url}play/`);
    expect(await isDressed(tab)).toBe(true);
    await tab.play("guest");
  } finally {
    await nginx.stop();
    await server.stop();
  }
});
