/**
 * Below the figures, on a server in dev mode: players make their own link worse, to see what that does.
 *
 * In: the server's report of the link. Out: requests. While one of its fields has the keyboard, the game does not.
 */

import type { Dev } from "../told.js";
import { LIMITS, LINK_PRESETS } from "../types.js";
import { make, say } from "./dom.js";

const NAMES: Record<keyof typeof LINK_PRESETS, string> = {
  good: "Good",
  "4g": "4G",
  "bad-wifi": "Bad wifi",
  intercontinental: "Intercontinental",
};
const CUSTOM = "custom";

export class OwnLink {
  readonly form = make("form");
  readonly #root: ShadowRoot;
  readonly #choice = make("select");
  readonly #text = make("input");
  readonly #error = make("p");
  #dev: Dev | undefined;

  constructor(root: ShadowRoot, onFocus: () => void) {
    this.#root = root;
    this.#build();
    this.#option("none", "None");
    for (const [preset, name] of Object.entries(NAMES)) this.#option(preset, name);
    this.#option(CUSTOM, "Custom");
    this.#choice.addEventListener("change", () => this.#chosen(this.#choice.value));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#dev?.setLink(this.#text.value);
      this.#text.blur();
    });
    this.form.addEventListener("focusin", onFocus);
    this.form.addEventListener("keydown", (event) => {
      // Keys of the game and of the page are only letters here; F3 still closes the overlay.
      if (event.key !== "F3") event.stopPropagation();
      if (event.key === "Escape") this.release();
    });
  }

  /** True while one of its fields has the keyboard. */
  get busy(): boolean {
    return this.form.contains(this.#root.activeElement);
  }

  /** Gives the keyboard back to the game. */
  release(): void {
    if (this.busy) (this.#root.activeElement as HTMLElement).blur();
  }

  /** Shows what the server allows, and what it does to the link now. */
  show(dev: Dev | undefined): void {
    if (dev === this.#dev) return;
    this.#dev = dev;
    this.form.hidden = dev === undefined;
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
    option.value = value;
    this.#choice.append(option);
  }

  #build(): void {
    const label = make("label", "", "Own link");
    label.htmlFor = this.#choice.id = "link-choice";
    this.#text.id = "link-text";
    this.#text.ariaLabel = "Own link as text";
    this.#text.maxLength = LIMITS.linkBytes;
    this.#text.placeholder = "80ms jitter 20ms stall 300ms every 5s kbps 512";
    this.#text.autocomplete = "off";
    this.#text.spellcheck = false;
    this.#text.hidden = true;
    this.#text.setAttribute("aria-describedby", "link-error");
    this.#error.id = "link-error";
    this.#error.role = "alert";
    this.form.id = "own-link";
    this.form.hidden = true;
    this.form.append(label, this.#choice, this.#text, this.#error);
  }
}
