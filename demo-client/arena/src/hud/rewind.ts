/**
 * Behind F3, after an own rail shot: where its target was drawn, where the server rewound it to, and where it is now.
 *
 * In: own rail shots, the fighters as drawn, the server's verdict on the shot. Out: three circles over the picture and
 * a line of words. Costs nothing while the overlay is closed.
 */

import type { ArenaEvent } from "../arena-game";
import type { Camera } from "../scene/camera";
import type { Figure } from "../scene/figure";
import { REWIND_MS } from "../tunables";
import { byId, make, say } from "./dom";

/** A body's radius, metres: each circle stands for a body. */
const BODY_M = 0.5;
const LABELS = ["you saw", "server rewound to", "now"];

type Rewound = Extract<ArenaEvent, { Rewound: unknown }>["Rewound"];

export class Rewind {
  readonly #box = byId("rewind", HTMLElement);
  readonly #words = byId("rewind-words", HTMLElement);
  readonly #circles = LABELS.map(() => make("div", "place-then"));
  /** Places of the three circles, metres. */
  readonly #x = [Number.NaN, 0, 0];
  readonly #y = [Number.NaN, 0, 0];
  #shot: { x: number; y: number; angle: number } | undefined;
  #untilMs = 0;

  constructor() {
    LABELS.forEach((label, i) => {
      this.#circles[i]?.append(make("span", "", label));
    });
    this.#box.append(...this.#circles);
  }

  /** The own rail fires from (x, y) in metres; the next picture looks for its target. */
  fired(shot: { x: number; y: number; angle: number }): void {
    this.#shot = shot;
  }

  /** Shows the server's verdict. `name` is the target's name. */
  told(rewound: Rewound, name: string): void {
    this.#untilMs = performance.now() + REWIND_MS;
    const { x, y, now_x, now_y, rewound_ms, hit } = rewound;
    [this.#x[1], this.#y[1], this.#x[2], this.#y[2]] = [x, y, now_x, now_y];
    const offCm = Math.hypot(x - (this.#x[0] ?? x), y - (this.#y[0] ?? y)) * 100;
    const off = Number.isNaN(offCm) ? "" : `, ${offCm.toFixed(0)} cm from what you saw`;
    say(
      this.#words,
      `Rail: ${hit ? "hit" : "missed"} ${name}. Rewound ${rewound_ms.toFixed(0)} ms${off}.`,
    );
  }

  /** Called after each animation frame is drawn. */
  frame(
    open: boolean,
    camera: Camera,
    figures: readonly Figure[],
    own: number | undefined,
    nowMs: number,
  ): void {
    if (this.#shot) this.#look(this.#shot, figures, own);
    this.#shot = undefined;
    const shown = open && nowMs < this.#untilMs;
    if (this.#box.hidden === shown) {
      this.#box.hidden = !shown;
      this.#words.hidden = !shown;
    }
    if (!shown) return;
    const size = `${2 * BODY_M * camera.scale}px`;
    this.#circles.forEach((circle, i) => {
      const [x, y] = [this.#x[i] ?? 0, this.#y[i] ?? 0];
      circle.hidden = Number.isNaN(x);
      circle.style.width = size;
      circle.style.height = size;
      circle.style.translate = `calc(${camera.toWindowX(x)}px - 50%) calc(${camera.toWindowY(y)}px - 50%)`;
    });
  }

  /** Notes where the enemy nearest to the beam was just drawn. */
  #look(
    { x, y, angle }: { x: number; y: number; angle: number },
    figures: readonly Figure[],
    own: number | undefined,
  ): void {
    const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
    let nearest = Number.POSITIVE_INFINITY;
    [this.#x[0], this.#y[0]] = [Number.NaN, Number.NaN];
    for (const figure of figures) {
      if (figure.player === own || !figure.alive) continue;
      const [toX, toY] = [figure.x - x, figure.y - y];
      const along = Math.max(0, toX * dx + toY * dy);
      const off = Math.hypot(toX - dx * along, toY - dy * along);
      if (off >= nearest) continue;
      nearest = off;
      [this.#x[0], this.#y[0]] = [figure.x, figure.y];
    }
  }
}
