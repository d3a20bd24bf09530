/**
 * What the overlay shows after an own rail shot: where its target was drawn, where the server rewound it to, and where it
 * is now.
 *
 * In: own rail shots, the fighters as drawn, the server's verdict on the shot. Out: a picture for the SDK's overlay.
 */

import type { Point, RewindPicture } from "tickwire";
import type { ArenaEvent } from "../arena-game";
import type { Camera } from "../scene/camera";
import type { Figure } from "../scene/figure";

/** A body's radius, metres: each circle stands for a body. */
const BODY_M = 0.5;

type Rewound = Extract<ArenaEvent, { Rewound: unknown }>["Rewound"];
type Shot = { x: number; y: number; angle: number };

export class Rewind {
  #shot: Shot | undefined;
  #saw: Point | undefined;
  #camera: Camera | undefined;

  /** The own rail fires from (x, y) in metres; the next picture looks for its target. */
  fired(shot: Shot): void {
    this.#shot = shot;
  }

  /** The server's verdict. `name` is the target's name. */
  picture({ x, y, now_x, now_y, rewound_ms, hit }: Rewound, name: string): RewindPicture {
    const saw = this.#saw;
    const offCm = saw && Math.hypot(x - saw.x, y - saw.y) * 100;
    const off = offCm === undefined ? "" : `, ${offCm.toFixed(0)} cm from what you saw`;
    return {
      saw,
      rewound: { x, y },
      now: { x: now_x, y: now_y },
      radius: BODY_M,
      words: `Rail: ${hit ? "hit" : "missed"} ${name}. Rewound ${rewound_ms.toFixed(0)} ms${off}.`,
      toWindow: (place) => ({
        left: this.#camera?.toWindowX(place.x) ?? 0,
        top: this.#camera?.toWindowY(place.y) ?? 0,
        scale: this.#camera?.scale ?? 0,
      }),
    };
  }

  /** Called after each animation frame is drawn. */
  frame(camera: Camera, figures: readonly Figure[], own: number | undefined): void {
    this.#camera = camera;
    if (this.#shot) this.#saw = nearest(this.#shot, figures, own);
    this.#shot = undefined;
  }
}

/** Where the enemy nearest to the beam was just drawn. */
function nearest(
  { x, y, angle }: Shot,
  figures: readonly Figure[],
  own: number | undefined,
): Point | undefined {
  const [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  let leastOff = Number.POSITIVE_INFINITY;
  let found: Point | undefined;
  for (const figure of figures) {
    if (figure.player === own || !figure.alive) continue;
    const [toX, toY] = [figure.x - x, figure.y - y];
    const along = Math.max(0, toX * dx + toY * dy);
    const off = Math.hypot(toX - dx * along, toY - dy * along);
    if (off >= leastOff) continue;
    leastOff = off;
    found = { x: figure.x, y: figure.y };
  }
  return found;
}
