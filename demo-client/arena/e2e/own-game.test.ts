/**
 * A game of one's own, as `cargo tickwire new` writes it: two tabs play while `cargo tickwire dev` serves. A changed rule
 * reaches both in the same match, and one that does not compile harms nobody. `OWN_GAME` is the project's folder,
 * `CARGO_TICKWIRE` the tool.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "./server";
import { launch } from "./tab";

const { OWN_GAME: GAME = "", CARGO_TICKWIRE: TOOL = "" } = process.env;
const RULES = resolve(GAME, "rules/src/lib.rs");
/** The first build compiles the framework for browsers and for the machine. */
const FIRST_BUILD_MS = 900_000;
const SECOND_BUILD_MS = 120_000;

let browser: Browser;
let dev: ChildProcess;
let said = "";
let url = "";

beforeAll(async () => {
  const [page, server] = [await freePort(), await freePort()];
  const flags = ["--listen", `127.0.0.1:${page}`, "--server", `127.0.0.1:${server}`];
  dev = spawn(TOOL, ["tickwire", "dev", ...flags], {
    cwd: GAME,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [dev.stdout, dev.stderr])
    stream?.on("data", (text) => {
      said += text;
    });
  browser = await launch();
  await says("open it in two tabs", FIRST_BUILD_MS);
  url = `http://127.0.0.1:${page}/`;
}, FIRST_BUILD_MS);

afterAll(async () => {
  await browser?.close();
  if (dev?.exitCode === null) {
    const gone = once(dev, "exit");
    dev.kill("SIGINT");
    await gone;
  }
});

test("two tabs play on in the same match when a rule changes, and when one does not compile", async () => {
  const ana = await open("Ana");
  const ben = await open("Ben");
  await ana.keyboard.down("ArrowRight");
  await expect.poll(() => othersX(ben), { timeout: 30_000 }).toBeGreaterThan(10);
  await ana.keyboard.up("ArrowRight");
  await settled(ben);
  const before = await othersX(ben);

  const rules = await readFile(RULES, "utf8");
  await change(rules.replaceAll("* 20.0", "* 5.0"), "served anew");
  // The pages have loaded the new module, and each has its old seat.
  await expect.poll(() => othersX(ben), { timeout: 30_000 }).toBeCloseTo(before, 0);
  await playing(ana, ben);
  await ana.keyboard.down("ArrowRight");
  const start = performance.now();
  await expect.poll(() => othersX(ben), { timeout: 30_000 }).toBeGreaterThan(before + 5);
  const metersPerS = 5 / ((performance.now() - start) / 1000);
  await ana.keyboard.up("ArrowRight");
  expect(metersPerS).toBeLessThan(10);

  // A component with one field more: the match goes on all the same.
  await settled(ben);
  const there = await othersX(ben);
  await change(rules.replace("pub y: f32,\n}", "pub y: f32,\n    pub hue: u8,\n}"), "served anew");
  await playing(ana, ben);
  await expect.poll(() => othersX(ben), { timeout: 30_000 }).toBeCloseTo(there, 0);

  // A step that gives a browser other bits.
  await change(
    rules.replace("* 20.0", '* if cfg!(target_arch = "wasm32") { 20.0 } else { 20.1 }'),
    "WARNING",
  );
  expect(said).toMatch(/after \d+ steps, x: \S+ on the server and x: \S+ in the browser/);

  await change(`${rules}\nnot rust\n`, "not built: what ran before goes on");
  expect(said).toContain("rules/src/lib.rs:");
  await ana.locator("vite-error-overlay", { hasText: "rules/src/lib.rs" }).waitFor();
  await playing(ana, ben);
  await change(rules, "served anew");
  await ana.locator("vite-error-overlay").waitFor({ state: "detached" });
  await playing(ana, ben);
}, 300_000);

async function open(name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 540, height: 540 } });
  const page = await context.newPage();
  await page.goto(`${url}?name=${name}&room=ours`);
  await playing(page);
  return page;
}

async function playing(...pages: Page[]): Promise<void> {
  for (const page of pages)
    await page.locator("p", { hasText: "Arrow keys" }).waitFor({ timeout: 60_000 });
}

/** Where the other player's dot is drawn, metres; NaN while there is none. */
function othersX(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector("canvas");
    const pen = canvas?.getContext("2d");
    if (!canvas || !pen) return Number.NaN;
    const { data, width } = pen.getImageData(0, 0, canvas.width, canvas.height);
    let [sum, count] = [0, 0];
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] !== 0x59 || data[at + 1] !== 0xc2 || data[at + 2] !== 0xff) continue;
      sum += (at / 4) % width;
      count += 1;
    }
    return ((sum / count - width / 2) / width) * 108;
  });
}

/** Waits until the other player's dot stands still. */
async function settled(page: Page): Promise<void> {
  let last = Number.NaN;
  const moved = async () => {
    const [before, now] = [last, await othersX(page)];
    last = now;
    return Math.abs(now - before);
  };
  await expect.poll(moved, { interval: 300 }).toBeLessThan(0.05);
}

/** Writes the rules, and waits for what `dev` says of them. */
async function change(rules: string, words: string): Promise<void> {
  said = "";
  await writeFile(RULES, rules);
  await says(words, SECOND_BUILD_MS);
}

async function says(words: string, patienceMs: number): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!said.includes(words)) {
    if (dev.exitCode !== null || performance.now() > end)
      throw new Error(`cargo tickwire dev did not say "${words}":\n${said}`);
    await setTimeout(100);
  }
}
