/**
 * A new server takes the place of one under play: nobody is refused meanwhile, and two tabs play on in their seats.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stats } from "./screen";
import { BINARY, Server } from "./server";
import { launch, Tab } from "./tab";

const SMALL = { width: 480, height: 320 };
const SOON = { timeout: 15_000 };
/** Two takeovers, one after the other: the second server must be as good a predecessor as the first. */
const TAKEOVERS = 2;

let folder: string;
let server: Server;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tickwire-takeover-"));
  server = await Server.start(0, "--rooms", folder);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("a new server takes over: no connect is refused, seats and the match go on", async () => {
  const tabs: Tab[] = [];
  for (const name of ["Ana", "Ben"])
    tabs.push(await (await Tab.open(browser, server.url, "lasting", SMALL)).play(name));
  const [ana, ben] = tabs as [Tab, Tab];
  await ana.page.keyboard.down("KeyD");
  await expect.poll(async () => (await stats(ana)).server_tick, SOON).toBeGreaterThan(120);
  await ana.page.keyboard.up("KeyD");
  const before = await Promise.all(tabs.map(seat));
  const knocking = knock(server.port);
  for (let takeover = 0; takeover < TAKEOVERS; takeover++) {
    const tick = (await stats(ana)).server_tick;
    const old = server;
    server = await Server.start(old.port, "--rooms", folder, "--takeover");
    expect(await old.ended()).toBe(0);
    for (const tab of tabs) await tab.page.waitForSelector('body[data-state="playing"]');
    await expect.poll(async () => (await stats(ben)).server_tick, SOON).toBeGreaterThan(tick + 60);
    expect(await Promise.all(tabs.map(seat))).toEqual(before);
  }
  const { served, refused } = await knocking.end();
  expect(refused).toEqual([]);
  expect(served).toBeGreaterThan(20);
  for (const tab of tabs) expect(tab.errors).toEqual([]);
}, 120_000);

test("a second server is told of the first, and takes nothing", async () => {
  const flags = ["serve", "--listen", "127.0.0.1:0", "--metrics-listen", "none", "--rooms", folder];
  const second = spawn(BINARY, flags, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  second.stderr.on("data", (text) => {
    said += text;
  });
  expect((await once(second, "exit"))[0]).toBe(1);
  expect(said).toContain("another server keeps its rooms in");
  expect(said).toContain("--takeover");
  expect((await fetch(new URL("healthz", server.url))).status).toBe(200);
});

/** Connects again and again, and asks something each time. */
function knock(port: number): {
  end(): Promise<{ served: number; refused: readonly string[] }>;
} {
  let goesOn = true;
  let served = 0;
  const refused: string[] = [];
  const done = (async () => {
    while (goesOn) {
      const answer = await ask(port);
      if (answer.startsWith("HTTP/1.1 200")) served += 1;
      else refused.push(answer);
      await setTimeout(10);
    }
  })();
  return {
    end: async () => {
      goesOn = false;
      await done;
      return { served, refused };
    },
  };
}

function ask(port: number): Promise<string> {
  return new Promise((told) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (bytes) => {
      answer += bytes;
    });
    socket.on("error", (error) => told(String(error)));
    socket.on("close", () => told(answer || "closed without a word"));
    socket.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  });
}

/** Who a tab is, and in which room. */
function seat(tab: Tab): Promise<unknown> {
  return tab.page.evaluate(() => {
    const { room } = window.tickwire;
    return { room: room?.room, player: room?.me.player };
  });
}
