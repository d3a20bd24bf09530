/**
 * For tests of the page: real tabs of a real Chromium on the server that `cargo tickwire test` has started. Written by
 * `cargo tickwire`.
 */

import { chromium } from "playwright-core";

const { TICKWIRE_URL, CHROMIUM_PATH } = process.env;
/** What a page may take until it shows something, milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * Opens a tab for each name, all in one new room, calls `use` with Playwright's pages, and closes them. Each has a browser
 * profile of its own. An error in a page's scripts fails the test.
 *
 * @template T
 * @param {readonly string[]} names
 * @param {(...pages: import("playwright-core").Page[]) => Promise<T>} use
 * @param {import("playwright-core").BrowserContextOptions} options
 * @returns {Promise<T>}
 */
export async function tabs(names, use, options = { viewport: { width: 640, height: 640 } }) {
  if (!TICKWIRE_URL) throw new Error("there is no server: run `cargo tickwire test`");
  // Chromium's sandbox does not start for root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath: CHROMIUM_PATH, args });
  try {
    const room = `test-${Math.random().toString(36).slice(2, 10)}`;
    const errors = [];
    const pages = [];
    for (const name of names) {
      const page = await (await browser.newContext(options)).newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      page.on("pageerror", (error) => errors.push(`${name}: ${error.stack ?? error.message}`));
      await page.goto(`${TICKWIRE_URL}?${new URLSearchParams({ name, room })}`);
      pages.push(page);
    }
    // An error in a page is what comes first: what the test waits for in vain comes of it.
    const [outcome] = await Promise.allSettled([use(...pages)]);
    if (errors.length > 0) throw new Error(errors.join("\n"));
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  } finally {
    await browser.close();
  }
}

/**
 * Waits until `look` gives something that `is` accepts, and gives it.
 *
 * @template T
 * @param {() => Promise<T>} look
 * @param {(seen: T) => boolean} is
 * @returns {Promise<T>}
 */
export async function until(look, is) {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await look();
    if (is(seen)) return seen;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(seen)}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}
