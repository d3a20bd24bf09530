import assert from "node:assert/strict";
import { test } from "node:test";
import { tabs, until } from "../generated/testing.mjs";

test("all see the same one as it, talk, and another is it when it goes", () =>
  tabs(["Ana", "Ben"], async (ana, ben) => {
    const pages = { Ana: ana, Ben: ben };
    const it = (page) => page.evaluate(() => document.body.dataset.it);
    // Bots make way for the second person, so it is one of the two.
    const first = await until(
      () => it(ana),
      (name) => name in pages,
    );
    await until(
      () => it(ben),
      (name) => name === first,
    );
    const scores = await until(
      () => ben.locator("ol li").evaluateAll((rows) => rows.map((row) => row.dataset.player)),
      (names) => names.length === 2,
    );
    assert.deepEqual(scores.sort(), ["Ana", "Ben"]);

    await ben.locator("input").fill("<b>catch me</b>");
    await ben.keyboard.press("Enter");
    await ana.locator("ul li", { hasText: "Ben: <b>catch me</b>" }).waitFor();

    const other = first === "Ana" ? "Ben" : "Ana";
    await pages[first].close();
    await until(
      () => it(pages[other]),
      (name) => name !== first,
    );
  }));
