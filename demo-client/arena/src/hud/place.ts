/**
 * Shows which room this is, how many are in it, the link for a friend, and the sound switch.
 *
 * In: the room's name, the numbers of people and bots. Out: words, the page's address on the clipboard, the choice of
 * sound, which the browser keeps.
 */

import { byId, say } from "./dom";

const MUTED_KEY = "tickwire:muted";
/** How long a button says that the link was copied, milliseconds. */
const COPIED_MS = 1_800;

export class Place {
  onMute: (muted: boolean) => void = () => undefined;
  readonly #room = byId("room-name", HTMLElement);
  readonly #count = byId("head-count", HTMLElement);
  readonly #mute = byId("mute", HTMLButtonElement);
  #muted = stored() === "true";

  constructor() {
    for (const id of ["invite", "menu-invite"]) {
      const button = byId(id, HTMLButtonElement);
      button.addEventListener("click", () => void copyLink(button));
    }
    this.#mute.addEventListener("click", () => {
      this.toggleSound();
      // Space is a dash, so it must not press this button again.
      this.#mute.blur();
    });
    this.#show();
  }

  get muted(): boolean {
    return this.#muted;
  }

  room(name: string): void {
    say(this.#room, name);
    say(byId("scores-room", HTMLElement), name);
  }

  count(people: number, bots: number): void {
    const players = people === 1 ? "1 player" : `${people} players`;
    say(this.#count, bots > 0 ? `${players}, ${bots} ${bots === 1 ? "bot" : "bots"}` : players);
  }

  toggleSound(): void {
    this.#muted = !this.#muted;
    try {
      localStorage.setItem(MUTED_KEY, String(this.#muted));
    } catch {
      // Sound will be on again next time.
    }
    this.#show();
    this.onMute(this.#muted);
  }

  #show(): void {
    this.#mute.setAttribute("aria-pressed", String(!this.#muted));
    this.#mute.classList.toggle("off", this.#muted);
  }
}

/** Puts this page's address on the clipboard, or shows it for copying if the clipboard is denied. */
async function copyLink(button: HTMLButtonElement): Promise<void> {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Link copied";
  } catch {
    prompt("The link to this room:", location.href);
  }
  setTimeout(() => {
    button.textContent = words;
  }, COPIED_MS);
  button.blur();
}

function stored(): string | null {
  try {
    return localStorage.getItem(MUTED_KEY);
  } catch {
    return null;
  }
}
