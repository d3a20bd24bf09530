/**
 * The kill feed: the newest few kills, each for a few seconds.
 *
 * In: kills, and notes of who came or went. Out: lines that remove themselves.
 */

import { css, playerColour } from "../palette";
import { FEED_LINES, FEED_MS } from "../tunables";
import { byId, data, make } from "./dom";

export class Feed {
  readonly #list = byId("feed", HTMLUListElement);

  /** Shows a kill. Names are as players gave them; `own` is the player at this screen. */
  kill(
    killer: number,
    killerName: string,
    victim: number,
    victimName: string,
    own: number | undefined,
  ): void {
    const line = make("li");
    line.classList.toggle("own", killer === own || victim === own);
    data(line, "killer", String(killer));
    data(line, "victim", String(victim));
    const alone = killer === victim || killerName === "";
    if (!alone) line.append(name(killer, killerName), make("span", "did", "took down"));
    line.append(name(victim, victimName));
    if (alone) line.append(make("span", "did", "fell"));
    this.#add(line);
  }

  /** Shows that somebody came or went. */
  note(text: string): void {
    this.#add(make("li", "note", text));
  }

  clear(): void {
    this.#list.replaceChildren();
  }

  #add(line: HTMLElement): void {
    this.#list.append(line);
    while (this.#list.children.length > FEED_LINES) this.#list.firstElementChild?.remove();
    setTimeout(() => line.remove(), FEED_MS);
  }
}

function name(player: number, text: string): HTMLElement {
  const element = make("b", "", text);
  element.style.color = css(playerColour(player));
  return element;
}
