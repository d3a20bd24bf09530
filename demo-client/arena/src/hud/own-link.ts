/**
 * Below the figures, on a server in dev mode: players make their own link worse, to see what that does.
 *
 * In: the server's report of the link. Out: requests. While one of its fields has the keyboard, the game does not.
 */

import { type Dev, LINK_PRESETS } from "tickwire";
import { byId, make, say } from "./dom";

const NAMES: Record<keyof typeof LINK_PRESETS, string> = {
  good: "Good",
  "4g": "4G",
  "bad-wifi": "Bad wifi",
  intercontinental: "Intercontinental",
};
const CUSTOM = "custom";

export class OwnLink {
  /** Called when the player turns to the fields. */
  onFocus: () => void = () => undefined;
  readonly #form = byId("own-link", HTMLFormElement);
  readonly #choice = byId("link-choice", HTMLSelectElement);
  readonly #text = byId("link-text", HTMLInputElement);
  readonly #error = byId("link-error", HTMLElement);
  #dev: Dev | undefined;

  constructor() {
    this.#option("none", "None");
    for (const [preset, name] of Object.entries(NAMES)) this.#option(preset, name);
    this.#option(CUSTOM, "Custom");
    this.#choice.addEventListener("change", () => this.#chosen(this.#choice.value));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dev?.setLink(this.#text.value);
      this.#text.blur();
    });
    this.#form.addEventListener("focusin", () => this.onFocus());
    this.#form.addEventListener("keydown", (event) => {
      // Keys of the game and of the page are only letters here; F3 still closes the overlay.
      if (event.key !== "F3") event.stopPropagation();
      if (event.key === "Escape") this.release();
    });
  }

  /** True while one of its fields has the keyboard. */
  get busy(): boolean {
    return this.#form.contains(document.activeElement);
  }

  /** Gives the keyboard back to the game. */
  release(): void {
    if (this.busy) (document.activeElement as HTMLElement).blur();
  }

  /** Shows what the server allows, and what it does to the link now. */
  show(dev: Dev | undefined): void {
    if (dev === this.#dev) return;
    this.#dev = dev;
    this.#form.hidden = dev === undefined;
    if (!dev) return;
    const { link, error } = dev.link;
    say(this.#error, error);
    this.#text.setAttribute("aria-invalid", String(error !== ""));
    // The text with the mistake stays, so that it can be corrected.
    if (error) return;
    const preset = Object.entries(LINK_PRESETS).find(([, meaning]) => meaning === link);
    this.#choice.value = link === "none" ? link : (preset?.[0] ?? CUSTOM);
    this.#text.value = link === "none" ? "" : link;
    this.#text.hidden = this.#choice.value !== CUSTOM;
  }

  #chosen(choice: string): void {
    const custom = choice === CUSTOM;
    this.#text.hidden = !custom;
    say(this.#error, "");
    if (custom) {
      this.#text.focus();
      return;
    }
    this.#dev?.setLink(choice);
    this.#choice.blur();
  }

  #option(value: string, name: string): void {
    const option = make("option", "", name);
    option.setAttribute("value", value);
    this.#choice.append(option);
  }
}
