import assert from "node:assert/strict";
import { test } from "node:test";
import { tabs, until } from "../generated/testing.mjs";

test("a move is seen by both, and a hand by its player alone", () =>
  tabs(["Ana", "Ben"], async (ana, ben) => {
    const pages = { Ana: ana, Ben: ben };
    const dealt = (seen) => seen.cards.length > 0 && seen.other !== undefined && seen.turn !== "";
    const before = await Promise.all(
      [ana, ben].map((page) => until(() => page.evaluate(look), dealt)),
    );
    const [anas, bens] = before;
    assert.deepEqual(
      anas.cards.filter((card) => bens.cards.includes(card)),
      [],
      "nobody has another's card",
    );
    assert.equal(anas.other, bens.cards.length, "how many there are is known");
    assert.equal(bens.other, anas.cards.length);

    const turn = anas.turn;
    const [mover, watcher] = turn === "Ana" ? [anas, ben] : [bens, ana];
    await pages[turn].locator("#hand .fits").or(pages[turn].locator("#deck")).first().click();
    // A card fewer if one fitted, and one more if none did.
    const after = await until(
      () => watcher.evaluate(look),
      (seen) => seen.other !== mover.cards.length,
    );
    const played = after.other < mover.cards.length;
    assert.equal(after.other, mover.cards.length + (played ? -1 : 1));
    if (played) assert.ok(mover.cards.includes(after.top), `${after.top} was in the hand`);
    else assert.equal(after.top, anas.top);
  }));

/** What one player sees. */
function look() {
  const other = document.querySelector("#others [data-count]");
  return {
    cards: [...document.querySelectorAll("#hand [data-card]")].map((card) => card.dataset.card),
    other: other ? Number(other.dataset.count) : undefined,
    top: document.getElementById("pile").dataset.top,
    turn: document.body.dataset.turn ?? "",
  };
}
