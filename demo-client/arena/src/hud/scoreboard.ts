/**
 * The scores: a short list that is always visible, and a full table while Tab is held.
 *
 * In: the fighters' table of the view and the roster. Out: rows with `data-player`, sorted.
 */

import type { PlayerInfo } from "tickwire";
import type { ArenaView } from "../arena-game";
import { css, playerColour } from "../palette";
import { RANKS_NARROW, RANKS_WIDE } from "../tunables";
import { byId, data, make, say } from "./dom";

interface Score {
  player: number;
  kills: number;
  deaths: number;
  wins: number;
}

/** What the board shows in addition to the view. */
export interface BoardContext {
  players: ReadonlyMap<number, PlayerInfo>;
  own: number | undefined;
  pingMs: number;
}

export class Scoreboard {
  readonly #ranks = byId("ranks", HTMLOListElement);
  readonly #panel = byId("scores", HTMLElement);
  readonly #rows = byId("score-rows", HTMLTableSectionElement);
  readonly #narrow = matchMedia("(max-width: 760px)");
  #scores: Score[] = [];

  /** Shows or hides the full table. */
  open(open: boolean): void {
    this.#panel.hidden = !open;
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  update(view: ArenaView, context: BoardContext): void {
    const { Fighter: fighters } = view;
    this.#scores = [];
    for (let row = 0; row < fighters.count; row++) {
      this.#scores.push({
        player: fighters.player[row] ?? 0,
        kills: fighters.kills[row] ?? 0,
        deaths: fighters.deaths[row] ?? 0,
        wins: fighters.wins[row] ?? 0,
      });
    }
    this.#scores.sort((a, b) => b.kills - a.kills || a.deaths - b.deaths || a.player - b.player);
    this.#short(context);
    if (this.isOpen) this.#full(context);
  }

  /** Our own rank, from 1; 0 without a fighter. */
  place(own: number | undefined): number {
    return this.#scores.findIndex((score) => score.player === own) + 1;
  }

  /** The kills of the best player. */
  get best(): number {
    return this.#scores[0]?.kills ?? 0;
  }

  /** Shows the first few, and ourselves wherever we are. */
  #short(context: BoardContext): void {
    const most = this.#narrow.matches ? RANKS_NARROW : RANKS_WIDE;
    const place = this.place(context.own);
    const shown = this.#scores.slice(0, place > most ? most - 1 : most);
    const own = this.#scores[place - 1];
    if (own && place > most) shown.push(own);
    fit(this.#ranks, shown.length, () => {
      const item = make("li");
      item.append(make("span", "rank"), make("span", "name"), make("b", "kills"));
      return item;
    });
    shown.forEach((score, i) => {
      const item = this.#ranks.children[i];
      if (!(item instanceof HTMLElement)) return;
      const at = score === own ? place : i + 1;
      mark(item, score, context);
      cells(item, [String(at), nameOf(score.player, context.players), String(score.kills)]);
    });
  }

  #full(context: BoardContext): void {
    fit(this.#rows, this.#scores.length, () => {
      const row = make("tr");
      row.append(make("td", "rank"));
      const name = make("th", "name");
      name.setAttribute("scope", "row");
      row.append(name);
      for (let i = 0; i < 4; i++) row.append(make("td"));
      return row;
    });
    this.#scores.forEach((score, i) => {
      const row = this.#rows.children[i];
      if (!(row instanceof HTMLElement)) return;
      mark(row, score, context);
      const own = score.player === context.own;
      cells(row, [
        String(i + 1),
        nameOf(score.player, context.players),
        String(score.kills),
        String(score.deaths),
        String(score.wins),
        own ? `${Math.round(context.pingMs)} ms` : "",
      ]);
    });
  }
}

function nameOf(player: number, players: ReadonlyMap<number, PlayerInfo>): string {
  return players.get(player)?.name ?? "";
}

function mark(element: HTMLElement, score: Score, { players, own }: BoardContext): void {
  const info = players.get(score.player);
  data(element, "player", String(score.player));
  data(element, "kind", info?.bot ? "bot" : info?.away ? "away" : "person");
  element.classList.toggle("own", score.player === own);
  element.style.setProperty("--colour", css(playerColour(score.player)));
}

function cells(row: HTMLElement, texts: string[]): void {
  texts.forEach((text, i) => {
    const cell = row.children[i];
    if (cell instanceof HTMLElement) say(cell, text);
  });
}

/** Gives a list exactly `count` children. */
function fit(list: HTMLElement, count: number, add: () => HTMLElement): void {
  while (list.children.length > count) list.lastElementChild?.remove();
  while (list.children.length < count) list.append(add());
}
