/**
 * The own shots: shown when they are predicted, not a second time when the server tells of them, and taken back when it
 * refuses.
 *
 * In: predictions and what became of them, the own `Shot` and `Rail` events. Out: flashes and beams through the effects.
 */

import type { ArenaAction } from "../arena-game";
import type { Effects } from "./effects";

type Gun = "Shot" | "Rail";

export class OwnShots {
  readonly #effects: Effects;
  /** Predicted, and not settled yet: by the sequence of their input. */
  readonly #waiting = new Map<number, { gun: Gun; beam: number }>();
  /** Shown already, while the server's event for it is still to come. */
  readonly #shown: Record<Gun, number> = { Shot: 0, Rail: 0 };

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** Another stay in a room. */
  clear(): void {
    this.#waiting.clear();
    this.#shown.Shot = 0;
    this.#shown.Rail = 0;
  }

  predicted(player: number, sequence: number, action: ArenaAction): void {
    const gun: Gun = "Rail" in action ? "Rail" : "Shot";
    const beam =
      "Rail" in action
        ? this.#effects.rail(player, true, action.Rail)
        : this.#effects.shot(player, true, action.Shot);
    this.#waiting.set(sequence, { gun, beam });
    this.#shown[gun] += 1;
  }

  confirmed(sequence: number): void {
    this.#waiting.delete(sequence);
  }

  /** True when it was the rail: it may fire again. A rifle's flash is over before any server can refuse it. */
  withdrawn(sequence: number): boolean {
    const shot = this.#waiting.get(sequence);
    if (!shot) return false;
    this.#waiting.delete(sequence);
    this.#shown[shot.gun] -= 1;
    if (shot.gun === "Shot") return false;
    this.#effects.withdraw(shot.beam);
    return true;
  }

  /** The server tells of a shot of ours: true when it is on the screen since it was predicted. */
  told(gun: Gun): boolean {
    const known = this.#shown[gun] > 0;
    if (known) this.#shown[gun] -= 1;
    return known;
  }
}
