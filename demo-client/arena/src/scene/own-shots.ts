/**
 * The own shots: shown when they are predicted, not shown again when the server reports them, and taken back if the
 * server refuses them.
 *
 * In: predictions and their outcome, the own `Shot` and `Rail` events. Out: flashes and beams, through the effects.
 */

import type { ArenaAction } from "../arena-game";
import type { Effects } from "./effects";

type Gun = "Shot" | "Rail";

export class OwnShots {
  readonly #effects: Effects;
  /** Predicted shots that are not settled yet, by the sequence of their input. */
  readonly #waiting = new Map<number, { gun: Gun; beam: number }>();
  /** Number of shots that are shown already, while the server's event for them is still to come. */
  readonly #shown: Record<Gun, number> = { Shot: 0, Rail: 0 };

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** Starts again for another stay in a room. */
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

  /** Returns true for the rail, which may fire again. A rifle's flash is over before a server can refuse it. */
  withdrawn(sequence: number): boolean {
    const shot = this.#waiting.get(sequence);
    if (!shot) return false;
    this.#waiting.delete(sequence);
    this.#shown[shot.gun] -= 1;
    if (shot.gun === "Shot") return false;
    this.#effects.withdraw(shot.beam);
    return true;
  }

  /** The server reports a shot of ours. Returns true if it is on the screen already, because it was predicted. */
  told(gun: Gun): boolean {
    const known = this.#shown[gun] > 0;
    if (known) this.#shown[gun] -= 1;
    return known;
  }
}
