/**
 * After a shot that the server rewound: where its target was drawn, where the server rewound it to, and where it is now.
 *
 * In: the game's verdict, as places. Out: three circles over the page's picture and a line of words, for some seconds.
 */

import { REWIND_MS } from "../tunables.js";
import { make, say } from "./dom.js";

/** A place in the game's own units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What {@link Overlay.rewound} draws. */
export interface RewindPicture {
  /** Where the player saw the target. Undefined if it was not drawn. */
  readonly saw: Point | undefined;
  /** Where the server rewound it to. */
  readonly rewound: Point;
  /** Where it was when the server judged. */
  readonly now: Point;
  /** The target's radius. */
  readonly radius: number;
  /** The verdict, for a person to read. */
  readonly words: string;
  /** Where a place lies in the window now, CSS pixels, and how many of them one unit takes. Asked in each frame. */
  readonly toWindow: (place: Point) => { left: number; top: number; scale: number };
}

const LABELS = ["you saw", "server rewound to", "now"];

export class Rewind {
  readonly layer = make("div");
  readonly words = make("p");
  readonly #circles = LABELS.map((label) => {
    const circle = make("div");
    circle.append(make("span", "", label));
    return circle;
  });
  #picture: RewindPicture | undefined;
  #untilMs = 0;

  constructor() {
    this.layer.id = "rewind";
    this.layer.ariaHidden = "true";
    this.layer.append(...this.#circles);
    this.words.id = "rewind-words";
    this.words.role = "status";
    this.layer.hidden = this.words.hidden = true;
  }

  told(picture: RewindPicture): void {
    this.#picture = picture;
    this.#untilMs = performance.now() + REWIND_MS;
    say(this.words, picture.words);
  }

  /** One animation frame; `open` while the overlay is. */
  frame(open: boolean, nowMs: number): void {
    const picture = open && nowMs < this.#untilMs ? this.#picture : undefined;
    this.layer.hidden = this.words.hidden = picture === undefined;
    if (!picture) return;
    const places = [picture.saw, picture.rewound, picture.now];
    this.#circles.forEach((circle, i) => {
      const place = places[i];
      circle.hidden = place === undefined;
      if (!place) return;
      const { left, top, scale } = picture.toWindow(place);
      circle.style.width = circle.style.height = `${2 * picture.radius * scale}px`;
      circle.style.translate = `calc(${left}px - 50%) calc(${top}px - 50%)`;
    });
  }
}
