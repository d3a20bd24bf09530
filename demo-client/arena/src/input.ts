/**
 * Keyboard and mouse -> the game's input. First stage of the page's way out.
 *
 * Keys are known by their place (`KeyboardEvent.code`), so WASD is the same block on every layout. Keys that matter
 * only to the page (chat, scores) are in `hud/keys.ts`.
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
  KeyE: "rail",
  Mouse1: "fire",
  Mouse2: "rail",
};

/** Mouse buttons, by their bit in `PointerEvent.buttons`. */
const BUTTONS = [
  [1, "Mouse1"],
  [2, "Mouse2"],
] as const;

type Action = "up" | "down" | "left" | "right" | "dash" | "reload" | "fire" | "rail";

/** What is held now. */
export class Controls {
  /** The mouse in the window, CSS pixels from its top left corner. */
  mouseX = globalThis.innerWidth / 2;
  mouseY = globalThis.innerHeight / 3;
  /** False while somebody types or a card is in front: then everything counts as released. */
  enabled = false;
  readonly #input: ArenaInput = neutralInput();
  readonly #held = new Set<string>();
  /** The time until which a tapped action still counts as held, milliseconds. */
  readonly #tapped = new Map<Action, number>();

  /** Listens on `target` for the mouse, and on the window for keys. */
  constructor(target: HTMLElement) {
    addEventListener("keydown", (event) => this.#keyDown(event));
    addEventListener("keyup", (event) => this.#held.delete(event.code));
    addEventListener("blur", () => this.release());
    for (const name of ["pointermove", "pointerup", "pointercancel"] as const) {
      addEventListener(name, (event) => this.#point(event, false));
    }
    // A button that is pressed while another is held comes as a move event.
    for (const name of ["pointermove", "pointerdown"] as const) {
      target.addEventListener(name, (event) => this.#point(event, event.button >= 0));
    }
    target.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /** Lets go of everything. */
  release(): void {
    this.#held.clear();
    this.#tapped.clear();
  }

  /** The input for this moment, with the aim that the caller computed, radians. The same object each time. */
  sample(nowMs: number, aim: number): ArenaInput {
    const input = this.#input;
    input.right = this.#axis("left", "right");
    input.down = this.#axis("up", "down");
    input.aim = aim;
    input.fire = this.#active("fire", nowMs);
    input.rail = this.#active("rail", nowMs);
    input.dash = this.#active("dash", nowMs);
    input.reload = this.#active("reload", nowMs);
    return input;
  }

  #axis(less: Action, more: Action): number {
    if (!this.enabled) return 0;
    return Number(this.#holds(more)) - Number(this.#holds(less));
  }

  #active(action: Action, nowMs: number): boolean {
    return this.enabled && (this.#holds(action) || (this.#tapped.get(action) ?? 0) > nowMs);
  }

  #holds(action: Action): boolean {
    for (const code of this.#held) if (ACTIONS[code] === action) return true;
    return false;
  }

  #keyDown(event: KeyboardEvent): void {
    // While Command is held, macOS does not say that other keys are let go.
    if (event.key === "Meta") {
      for (const code of this.#held) if (!code.startsWith("Mouse")) this.#held.delete(code);
    }
    const action = ACTIONS[event.code];
    if (!action || !this.enabled || event.ctrlKey || event.altKey || event.metaKey) return;
    // The page must not scroll, and a dash must not press a focused button.
    event.preventDefault();
    if (!event.repeat) this.#press(event.code, action);
  }

  #press(code: string, action: Action | undefined): void {
    if (!this.enabled || !action) return;
    this.#held.add(code);
    this.#tapped.set(action, performance.now() + TAP_MS);
  }

  /** Notes where the mouse is and which buttons are held; with `press`, newly held buttons count. */
  #point(event: PointerEvent, press: boolean): void {
    this.mouseX = event.clientX;
    this.mouseY = event.clientY;
    for (const [bit, code] of BUTTONS) {
      if (!(event.buttons & bit)) this.#held.delete(code);
      else if (press && !this.#held.has(code)) this.#press(code, ACTIONS[code]);
    }
  }
}
