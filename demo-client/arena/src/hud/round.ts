/**
 * The match: time left, the kills that win, and who won.
 *
 * In: the round's row of the view. Out: words, and a banner while the round is over.
 */

import type { ArenaView } from "../arena-game";
import { byId, say } from "./dom";

/** The number of `Phase::Over` among the arena's phases. */
const OVER = 1;

export class Round {
  readonly #panel = byId("round", HTMLElement);
  readonly #time = byId("round-time", HTMLElement);
  readonly #goal = byId("round-goal", HTMLElement);
  readonly #banner = byId("banner", HTMLElement);

  /** `nameOf` gives a player's name; `place` is our own rank, from 1. */
  update(
    view: ArenaView,
    own: number | undefined,
    place: number,
    nameOf: (player: number) => string,
  ): void {
    const { Round: rounds } = view;
    const over = rounds.phase[0] === OVER;
    const seconds = rounds.seconds_left[0] ?? 0;
    this.#panel.hidden = rounds.count === 0;
    this.#panel.classList.toggle("late", !over && seconds <= 10);
    say(this.#time, `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
    const goal = `first to ${rounds.kills_to_win[0] ?? 0}`;
    say(this.#goal, over ? "next round" : place > 0 ? `${goal} · you are ${ordinal(place)}` : goal);
    this.#banner.hidden = rounds.count === 0 || !over;
    if (over) this.#winner(rounds.winner[0] ?? 0, own, nameOf);
  }

  #winner(winner: number, own: number | undefined, nameOf: (player: number) => string): void {
    this.#banner.classList.toggle("own", winner !== 0 && winner === own);
    if (winner === 0) say(this.#banner, "Nobody wins the round");
    else if (winner === own) say(this.#banner, "You win the round");
    else say(this.#banner, `${nameOf(winner)} wins the round`);
  }
}

function ordinal(n: number): string {
  const tail = n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${tail}`;
}
