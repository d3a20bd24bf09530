/**
 * The overlay behind F3, the same for every game: how well the connection and the drawing work, how long a key takes to
 * the picture, on a server in dev mode the own link, and what the server rewound.
 *
 * In: a room, the key. Out: a plate, which is loaded when it is first opened: who never opens it does not pay for it.
 */

import type { Game } from "../game.js";
import type { Room } from "../room.js";
import type { Plate } from "./plate.js";
import type { RewindPicture } from "./rewind.js";

/** How an {@link overlay} begins. */
export interface OverlayOptions {
  /** Open from the start. Closed by default. */
  readonly open?: boolean;
  /** Called when a person turns to one of its fields: let go of the game's keys. */
  readonly onFocus?: () => void;
}

/** The overlay of one room. {@link overlay} makes it. */
export interface Overlay {
  /** True while it is shown. */
  readonly isOpen: boolean;
  /** True while one of its fields has the keyboard. */
  readonly busy: boolean;
  /** Shows or hides it, as F3 does. */
  toggle(): void;
  /** Draws where a shot's target was seen, rewound to, and is. Shown for some seconds if the overlay is open. */
  rewound(picture: RewindPicture): void;
  /** Takes it from the page. */
  remove(): void;
}

/** Adds the overlay for a room to the page: F3 opens and closes it. */
export function overlay<G extends Game>(room: Room<G>, options: OverlayOptions = {}): Overlay {
  return new Shown(room, options);
}

class Shown<G extends Game> implements Overlay {
  isOpen = false;
  readonly #room: Room<G>;
  readonly #onFocus: () => void;
  #plate: Plate | undefined;
  #loading: Promise<void> | undefined;
  #removed = false;

  constructor(room: Room<G>, { open = false, onFocus = () => undefined }: OverlayOptions) {
    this.#room = room;
    this.#onFocus = onFocus;
    addEventListener("keydown", this.#pressed);
    if (open) this.toggle();
  }

  get busy(): boolean {
    return this.#plate?.busy ?? false;
  }

  toggle(): void {
    this.isOpen = !this.isOpen;
    this.#plate?.show(this.isOpen);
    if (!this.#plate) this.#loading ??= this.#load();
  }

  rewound(picture: RewindPicture): void {
    this.#plate?.rewound(picture);
  }

  remove(): void {
    this.#removed = true;
    removeEventListener("keydown", this.#pressed);
    this.#plate?.remove();
  }

  readonly #pressed = (event: KeyboardEvent) => {
    if (event.key !== "F3") return;
    // The browser's own search.
    event.preventDefault();
    this.toggle();
  };

  async #load(): Promise<void> {
    try {
      const { Plate } = await import("./plate.js");
      if (this.#removed) return;
      this.#plate = new Plate(this.#room, this.#onFocus);
      this.#plate.show(this.isOpen);
    } catch (error) {
      // The server may be gone. The next press tries again.
      console.warn("the overlay could not be loaded", error);
      this.isOpen = false;
      this.#loading = undefined;
    }
  }
}
