/**
 * What the overlay shows while it is open: the figures, and the circles of what was rewound.
 *
 * In: a room's figures, a few times a second; animation frames, which it counts. Out: elements of its own over the page.
 */

import type { Dev } from "../told.js";
import { OVERLAY_EVERY_MS } from "../tunables.js";
import type { Stats } from "../types.js";
import { Figures } from "./figures.js";
import { Rewind, type RewindPicture } from "./rewind.js";
import { dress } from "./style.js";

/** Of a room, what the figures need. */
interface Shown {
  readonly stats: Stats | undefined;
  readonly dev: Dev | undefined;
}

export class Plate {
  readonly #room: Shown;
  readonly #host = document.createElement("div");
  readonly #figures: Figures;
  readonly #rewind = new Rewind();
  #frame = 0;
  #frames = 0;
  #sinceMs = 0;

  constructor(room: Shown, onFocus: () => void) {
    this.#room = room;
    this.#host.className = "tickwire-overlay";
    const root = this.#host.attachShadow({ mode: "open" });
    dress(root);
    this.#figures = new Figures(root, onFocus, this.#rewind.words);
    root.append(this.#figures.plate, this.#rewind.layer);
    document.body.append(this.#host);
  }

  /** True while one of its fields has the keyboard. */
  get busy(): boolean {
    return this.#figures.ownLink.busy;
  }

  show(open: boolean): void {
    cancelAnimationFrame(this.#frame);
    this.#figures.ownLink.release();
    this.#figures.plate.hidden = !open;
    this.#rewind.frame(false, 0);
    if (!open) return;
    [this.#frames, this.#sinceMs] = [0, performance.now()];
    this.#update(0);
    this.#frame = requestAnimationFrame(this.#next);
  }

  rewound(picture: RewindPicture): void {
    this.#rewind.told(picture);
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#host.remove();
  }

  readonly #next = (nowMs: number) => {
    this.#frame = requestAnimationFrame(this.#next);
    this.#frames += 1;
    this.#rewind.frame(true, nowMs);
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs < OVERLAY_EVERY_MS) return;
    this.#update((1000 * this.#frames) / passedMs);
    [this.#frames, this.#sinceMs] = [0, nowMs];
  };

  #update(framesPerS: number): void {
    const { stats, dev } = this.#room;
    if (stats) this.#figures.update(stats, framesPerS, dev);
  }
}
