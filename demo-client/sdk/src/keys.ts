/**
 * Which keys a player holds, by their place on the keyboard: so WASD is the same block on every layout.
 *
 * In: key events of the window. Out: answers. It does nothing while somebody types in a field.
 */

import { TAP_MS } from "./tunables.js";

/** The keys of the window. Make one for the page. */
export class Keys {
  readonly #held = new Set<string>();
  /** Until when a key that was let go still counts as held, milliseconds. */
  readonly #tapped = new Map<string, number>();

  constructor() {
    addEventListener("keydown", (event) => this.#down(event));
    addEventListener("keyup", (event) => this.#held.delete(event.code));
    addEventListener("blur", () => this.release());
  }

  /** True while one of these keys is held, by `KeyboardEvent.code`. A short tap counts for a while, so that a tick sees it. */
  held(...codes: string[]): boolean {
    const nowMs = performance.now();
    return codes.some((code) => this.#held.has(code) || (this.#tapped.get(code) ?? 0) > nowMs);
  }

  /** -1 while a key of `less` is held, 1 while one of `more` is, 0 while neither is or both are. */
  axis(less: readonly string[], more: readonly string[]): number {
    return Number(this.held(...more)) - Number(this.held(...less));
  }

  /** Lets go of all keys: something else has the keyboard now. */
  release(): void {
    this.#held.clear();
    this.#tapped.clear();
  }

  #down(event: KeyboardEvent): void {
    // While Command is held, macOS does not say that other keys are let go.
    if (event.metaKey) this.release();
    if (
      event.repeat ||
      event.ctrlKey ||
      event.altKey ||
      event.metaKey ||
      types(event.composedPath()[0])
    )
      return;
    this.#held.add(event.code);
    this.#tapped.set(event.code, performance.now() + TAP_MS);
  }
}

/** True for a field that takes text. */
function types(target: EventTarget | undefined): boolean {
  const field = target instanceof HTMLElement ? target : undefined;
  return field?.isContentEditable === true || field?.matches("input, textarea, select") === true;
}
