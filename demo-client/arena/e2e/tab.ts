/**
 * A browser tab with the arena in it, used as a person would use it: by keys, and by what the page shows.
 */

import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const PICTURES = resolve(import.meta.dirname, "../../../test-results");
const { CHROMIUM_PATH = "/usr/bin/chromium" } = process.env;
const WIDE = { width: 1280, height: 720 };

/** How the browser is started. Chromium's sandbox does not start for root. */
export const LAUNCH = {
  executablePath: CHROMIUM_PATH,
  args: [
    "--headless",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
  ],
};

export function launch(): Promise<Browser> {
  return chromium.launch(LAUNCH);
}

export class Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page's scripts; there should be none. */
  readonly errors: string[] = [];

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => this.errors.push(error.stack ?? error.message));
  }

  /** Opens the page at the start card; `room` is the room of an invite link. */
  static async open(browser: Browser, url: string, room = "", viewport = WIDE): Promise<Tab> {
    const context = await browser.newContext({ viewport });
    const tab = new Tab(context, await context.newPage());
    await tab.page.goto(room === "" ? url : `${url}?room=${room}`);
    await tab.page.waitForSelector("#start:not([hidden])");
    return tab;
  }

  /** Opens another page with the same browser profile. */
  static async beside(other: Tab, prepare: (page: Page) => Promise<void>): Promise<Tab> {
    const tab = new Tab(other.context, await other.context.newPage());
    await prepare(tab.page);
    return tab;
  }

  async play(name: string): Promise<Tab> {
    await this.page.fill("#name", name);
    await this.page.click("#play");
    await this.playing();
    return this;
  }

  /** Waits until the page is in a room and has drawn it. */
  async playing(): Promise<void> {
    await this.page.waitForSelector('body[data-state="playing"]');
    await this.page.waitForFunction(() => (window.tickwire.view?.Fighter.count ?? 0) > 0);
  }

  async state(kind: string): Promise<void> {
    await this.page.waitForSelector(`body[data-state="${kind}"]`);
  }

  /** The own player's id. */
  async player(): Promise<number> {
    return Number(await this.page.getAttribute("body", "data-player"));
  }

  /** Waits until a player's fighter is drawn here, and returns its place. */
  async where(player: number): Promise<{ x: number; y: number }> {
    const place = await this.page.waitForFunction((player) => {
      const view = window.tickwire.view;
      if (!view) return null;
      const row = view.Fighter.player.subarray(0, view.Fighter.count).indexOf(player);
      const at = view.Body.ids.subarray(0, view.Body.count).indexOf(view.Fighter.ids[row] ?? -1);
      if (at < 0 || !view.Body.alive[at]) return null;
      return { x: view.Body.x[at] ?? 0, y: view.Body.y[at] ?? 0 };
    }, player);
    const found = await place.jsonValue();
    if (!found) throw new Error(`player ${player} is nowhere`);
    return found;
  }

  /** Waits until a player's fighter is drawn here more than `metres` away from a place. */
  async sees(player: number, from: { x: number; y: number }, metres: number): Promise<void> {
    await this.page.waitForFunction(
      ({ player, from, metres }) => {
        const view = window.tickwire.view;
        if (!view) return false;
        const row = view.Fighter.player.subarray(0, view.Fighter.count).indexOf(player);
        const at = view.Body.ids.subarray(0, view.Body.count).indexOf(view.Fighter.ids[row] ?? -1);
        if (at < 0) return false;
        const [x, y] = [view.Body.x[at] ?? from.x, view.Body.y[at] ?? from.y];
        return Math.hypot(x - from.x, y - from.y) > metres;
      },
      { player, from, metres },
    );
  }

  /** Waits for a moment worth a picture: shots in the air and other fighters in view. Gives up after a while. */
  async action(): Promise<void> {
    const company = (player: number) => {
      const view = window.tickwire.view;
      if (!view || view.Projectile.count === 0) return false;
      const { Body: bodies, Fighter: fighters } = view;
      const row = fighters.player.subarray(0, fighters.count).indexOf(player);
      const own = bodies.ids.subarray(0, bodies.count).indexOf(fighters.ids[row] ?? -1);
      const distance = (at: number) =>
        Math.hypot(
          (bodies.x[at] ?? 0) - (bodies.x[own] ?? 0),
          ((bodies.y[at] ?? 0) - (bodies.y[own] ?? 0)) * 1.6,
        );
      if (own < 0 || !bodies.alive[own]) return false;
      let near = 0;
      for (let at = 0; at < bodies.count; at++) {
        if (at !== own && bodies.alive[at] && distance(at) < 7) near += 1;
      }
      return near > 0;
    };
    await this.page
      .waitForFunction(company, await this.player(), { timeout: 20_000 })
      .catch(() => undefined);
  }

  /** Sends a line to the room, by keys. */
  async say(text: string): Promise<void> {
    await this.page.keyboard.press("Enter");
    await this.page.waitForSelector("#chat-line:focus");
    await this.page.keyboard.type(text);
    await this.page.keyboard.press("Enter");
  }

  async hears(text: string): Promise<void> {
    await this.page.locator("#chat-log li", { hasText: text }).first().waitFor();
  }

  /** Does what a browser does to a tab that nobody sees: reports it as hidden, and runs no animation frames. */
  async hide(): Promise<void> {
    await this.page.evaluate(() => {
      const ask = window.requestAnimationFrame.bind(window);
      const held: FrameRequestCallback[] = [];
      let state = "hidden";
      Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
      window.requestAnimationFrame = (frame) => held.push(frame);
      const show = () => {
        state = "visible";
        window.requestAnimationFrame = ask;
        document.dispatchEvent(new Event("visibilitychange"));
        for (const frame of held.splice(0)) ask(frame);
      };
      Object.assign(window, { show });
      // After the frame that is already requested.
      ask(() => document.dispatchEvent(new Event("visibilitychange")));
    });
  }

  /** Ends {@link hide}. Returns when that was, by the page's own clock. */
  show(): Promise<number> {
    return this.page.evaluate(() => {
      (window as unknown as { show: () => void }).show();
      return performance.now();
    });
  }

  async picture(name: string): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: resolve(PICTURES, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
