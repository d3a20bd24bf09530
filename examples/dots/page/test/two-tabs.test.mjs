import { test } from "node:test";
import { tabs, until } from "../generated/testing.mjs";

test("who goes right is seen there by the other", () =>
  tabs(["Ana", "Ben"], async (ana, ben) => {
    for (const page of [ana, ben]) await page.getByText("Arrow keys").waitFor();
    await ana.keyboard.down("ArrowRight");
    await until(
      () => ben.evaluate(othersX),
      (x) => x > 10,
    );
  }));

/** Where the other player's dot is drawn, metres right of the middle; NaN while there is none. */
function othersX() {
  const canvas = document.querySelector("canvas");
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [sum, count] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    if (data[at] !== 0x59 || data[at + 1] !== 0xc2 || data[at + 2] !== 0xff) continue;
    sum += (at / 4) % width;
    count += 1;
  }
  return ((sum / count - width / 2) / width) * 108;
}
