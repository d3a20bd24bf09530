import assert from "node:assert/strict";
import { test } from "node:test";
import { tabs, until } from "../generated/testing.mjs";

test("a player sees what is near, and other things after flying elsewhere", () =>
  tabs(["Ana", "Ben"], async (ana, ben) => {
    const there = (seen) => seen.total === 1000 && seen.near > 0;
    const [before, bens] = await Promise.all(
      [ana, ben].map((page) => until(() => page.evaluate(look), there)),
    );
    for (const seen of [before, bens]) assert.ok(seen.near < 600, `${seen.near} of 1,000 are near`);
    // Towards the middle: nobody begins far outside of it.
    const key = before.x > 0 ? "ArrowLeft" : "ArrowRight";
    await ana.keyboard.down(key);
    await until(
      () => ana.evaluate(look),
      (seen) => Math.abs(seen.x - before.x) > 40,
    );
    await ana.keyboard.up(key);
    const bensNow = await ben.evaluate(look);
    assert.ok(Math.hypot(bensNow.x - bens.x, bensNow.y - bens.y) < 1, "nobody else has moved");
  }));

/** What one player sees. */
function look() {
  const { total, seen, x, y } = document.body.dataset;
  return { total: Number(total), near: Number(seen), x: Number(x), y: Number(y) };
}
