/**
 * The overlay's plate: how well the connection and the drawing work.
 *
 * In: a room's figures. Out: rows with `data-figure`, made once.
 */

import type { Dev } from "../told.js";
import type { Rung, Stats } from "../types.js";
import { BudgetBar } from "./budget.js";
import { make, say } from "./dom.js";
import { OwnLink } from "./own-link.js";

/** How well this client keeps up. */
const RUNGS: Record<Rung, string> = {
  Current: "keeps up",
  Merged: "late, catching up",
  Restarted: "late, restarted",
  HalfRate: "too slow",
  LessInterest: "too slow, shorter view",
};

/** "" for a stride of 1, "2nd " for a stride of 2. */
function ordinal(stride: number): string {
  if (stride === 1) return "";
  return stride === 2 ? "2nd " : `${stride}th `;
}

function desyncs({ desyncs, desync_last: last }: Stats): string {
  if (!last) return String(desyncs);
  return `${desyncs} · last entity ${last.entity} in channel ${last.channel}`;
}

export class Figures {
  readonly plate = make("section");
  readonly ownLink: OwnLink;
  readonly #budget = new BudgetBar();
  readonly #list = make("dl");
  readonly #values = new Map<string, HTMLElement>();

  /** For a plate in `root`, with the words on what was rewound in it. */
  constructor(root: ShadowRoot, onFocus: () => void, rewound: HTMLElement) {
    this.ownLink = new OwnLink(root, onFocus);
    this.plate.id = "plate";
    this.plate.part.add("plate");
    this.plate.ariaLabel = "Connection figures (F3)";
    this.plate.hidden = true;
    this.plate.append(this.#list, rewound, this.#budget.root, this.ownLink.form);
  }

  update(stats: Stats, framesPerS: number, dev: Dev | undefined): void {
    this.ownLink.show(dev);
    this.#budget.update(stats.budget);
    this.#row("ping", "Ping", `${stats.ping_ms.toFixed(1)} ms`);
    this.#row("jitter", "Jitter", `${stats.jitter_ms.toFixed(1)} ms`);
    this.#row(
      "down",
      "Snapshots",
      `${(stats.snapshot_bytes_per_s / 1000).toFixed(2)} kB/s · ${stats.snapshots_per_s.toFixed(0)}/s`,
    );
    this.#row("up", "Inputs", `${(stats.bytes_up_per_s / 1000).toFixed(2)} kB/s`);
    this.#row("tick", "Tick", String(stats.server_tick));
    this.#row("delay", "Interpolation delay", `${stats.interpolation_delay_ms.toFixed(0)} ms`);
    this.#row(
      "corrections",
      "Corrections",
      `${stats.corrections} · last ${stats.correction_last.toFixed(3)}`,
    );
    this.#row(
      "slack",
      "Input slack",
      `${stats.input_slack_ticks.toFixed(1)} of ${stats.input_lead_ticks.toFixed(1)} ticks`,
    );
    this.#row(
      "service",
      "Service",
      `${RUNGS[stats.rung]} · every ${ordinal(stats.stride)}snapshot`,
    );
    this.#row("keyframes", "Keyframes", `${stats.keyframes} · ${stats.channels} channels`);
    this.#row("desyncs", "Desyncs", desyncs(stats));
    this.#row("fps", "Drawn", framesPerS > 0 ? `${framesPerS.toFixed(0)} frames/s` : "…");
  }

  #row(key: string, label: string, text: string): void {
    let value = this.#values.get(key);
    if (!value) {
      value = make("dd");
      value.setAttribute("data-figure", key);
      this.#values.set(key, value);
      this.#list.append(make("dt", "", label), value);
    }
    say(value, text);
  }
}
