/**
 * Hands on the keyboard and the mouse -> the game's input. First stage of the page's way out.
 *
 * Keys are known by where they are (`KeyboardEvent.code`), so WASD is the same block on every layout. Keys that only
 * the page cares about (chat, scores) are in `hud/keys.ts`.
 */

import { type ArenaInput, neutralInput } from "./arena-game";
import { TAP_MS } from "./tunables";

const ACTIONS: Readonly<Record<string, Action>> = {
  KeyW: "up",
  ArrowUp: "up",
  KeyS: "down",
  ArrowDown: "down",
  KeyA: "left",
  ArrowLeft: "left",
  KeyD: "right",
  ArrowRight: "right",
  Space: "dash",
  ShiftLeft: "dash",
  ShiftRight: "dash",
  KeyR: "reload",
};

type Action = "up" | "down" | "left" | "right" | "dash" | "reload" | "fire";

/** What is held now. */
export class Controls {
  /** The mouse in the window, CSS pixels from its top left corner. */
  mouseX = globalThis.innerWidth / 2;
  mouseY = globalThis.innerHeight / 3;
  /** False while somebody types or a card is in front: everything counts as released. */
  enabled = false;
  readonly #input: ArenaInput = neutralInput();
  readonly #held = new Set<string>();
  /** Until when a tapped action still counts as held, milliseconds. */
  readonly #tapped = new Map<Action, number>();

  /** Listens on `target` for the mouse, and on the window for keys. */
  constructor(target: HTMLElement) {
    addEventListener("keydown", (event) => this.#keyDown(event));
    addEventListener("keyup", (event) => this.#held.delete(event.code));
    addEventListener("blur", () => this.release());
    addEventListener("pointermove", (event) => this.#point(event));
    target.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.#point(event);
      this.#press("pointer", "fire");
    });
    addEventListener("pointerup", (event) => {
      if (event.button === 0) this.#held.delete("pointer");
    });
    addEventListener("pointercancel", () => this.#held.delete("pointer"));
    target.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Everything is let go. */
  release(): void {
    this.#held.clear();
    this.#tapped.clear();
  }

  /** The input for this moment, with the aim that the caller worked out, radians. The same object each time. */
  sample(nowMs: number, aim: number): ArenaInput {
    const input = this.#input;
    input.right = this.#axis("left", "right");
    input.down = this.#axis("up", "down");
    input.aim = aim;
    input.fire = this.#active("fire", nowMs);
    input.dash = this.#active("dash", nowMs);
    input.reload = this.#active("reload", nowMs);
    return input;
  }

  /** True while the trigger is held. */
  get firing(): boolean {
    return this.enabled && this.#held.has("pointer");
  }

  #axis(less: Action, more: Action): number {
    if (!this.enabled) return 0;
    return Number(this.#holds(more)) - Number(this.#holds(less));
  }

  #active(action: Action, nowMs: number): boolean {
    return this.enabled && (this.#holds(action) || (this.#tapped.get(action) ?? 0) > nowMs);
  }

  #holds(action: Action): boolean {
    for (const code of this.#held) if (actionOf(code) === action) return true;
    return false;
  }

  #keyDown(event: KeyboardEvent): void {
    const action = ACTIONS[event.code];
    if (!action || !this.enabled || event.ctrlKey || event.altKey || event.metaKey) return;
    // The page must not scroll, and a focused button must not be pressed by a dash.
    event.preventDefault();
    if (!event.repeat) this.#press(event.code, action);
  }

  #press(code: string, action: Action): void {
    if (!this.enabled) return;
    this.#held.add(code);
    this.#tapped.set(action, performance.now() + TAP_MS);
  }

  #point(event: PointerEvent): void {
    this.mouseX = event.clientX;
    this.mouseY = event.clientY;
  }
}

function actionOf(code: string): Action | undefined {
  return code === "pointer" ? "fire" : ACTIONS[code];
}
