/**
 * A drawing of the way from a key to the picture: one bar for all of it, with a colour for each stage that takes time.
 *
 * In: the SDK's figures. Out: widths and numbers; the elements are made once.
 */

import type { Budget } from "../types.js";
import { make, say } from "./dom.js";

/** Each stage's name and colour, in order. */
const STAGES: readonly (readonly [keyof Budget, string, string])[] = [
  ["input_wait_ms", "input", "#f7eeda"],
  ["uplink_ms", "up", "#7fd1ff"],
  ["server_wait_ms", "slack", "#b08cff"],
  ["tick_ms", "tick", "#ff9d47"],
  ["downlink_ms", "down", "#4a9be0"],
  ["interpolation_ms", "delay", "#e8632c"],
  ["frame_ms", "frame", "#8fd06a"],
];

export class BudgetBar {
  readonly root = make("div");
  readonly #total = make("b");
  readonly #parts: { stage: keyof Budget; bar: HTMLElement; value: HTMLElement }[] = [];

  constructor() {
    this.root.id = "budget";
    const bars = make("div", "bars");
    const legend = make("p");
    for (const [stage, name, colour] of STAGES) {
      const bar = make("span");
      const value = make("span");
      bar.style.background = value.style.borderColor = colour;
      bar.title = name;
      bars.append(bar);
      legend.append(value);
      this.#parts.push({ stage, bar, value });
    }
    this.root.append(make("span", "", "Key to picture "), this.#total, bars, legend);
  }

  update(budget: Budget): void {
    say(this.#total, `${budget.total_ms.toFixed(0)} ms`);
    for (const { stage, bar, value } of this.#parts) {
      bar.style.flexGrow = budget[stage].toFixed(1);
      say(value, `${bar.title} ${budget[stage].toFixed(0)}`);
    }
  }
}
