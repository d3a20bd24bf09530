/**
 * Everything over the picture, in plain HTML: numbers and words. It is updated a few times a second; in each animation
 * frame only a few comparisons run here.
 */

import { type Overlay, overlay, type PlayerInfo, type Room, rowOf } from "tickwire";
import type { Arena, ArenaEvent, ArenaView } from "../arena-game";
import { HUD_EVERY_MS, SCORES_EVERY_MS } from "../tunables";
import { Cards } from "./cards";
import { Chat } from "./chat";
import { byId, say } from "./dom";
import { Feed } from "./feed";
import { Place } from "./place";
import { Rewind } from "./rewind";
import { Round } from "./round";
import { Scoreboard } from "./scoreboard";
import { Vitals } from "./vitals";

export class Hud {
  readonly cards = new Cards();
  readonly chat = new Chat();
  readonly feed = new Feed();
  /** The figures behind F3, of the room that we are in. */
  overlay: Overlay | undefined;
  readonly place = new Place();
  readonly rewind = new Rewind();
  readonly scores = new Scoreboard();
  readonly vitals = new Vitals();
  readonly menu = byId("menu", HTMLDialogElement);
  readonly #round = new Round();
  readonly #hurt = byId("hurt", HTMLElement);
  readonly #down = byId("down", HTMLElement);
  #hudMs = 0;
  #scoresMs = 0;
  #pingMs = 0;

  /** True while a card, the chat, the menu or the own link has the keyboard. */
  get busy(): boolean {
    return (
      this.chat.isOpen ||
      this.menu.open ||
      this.overlay?.busy ||
      document.body.getAttribute("data-state") !== "playing"
    );
  }

  /** One animation frame. */
  frame(room: Room<Arena>, view: ArenaView, nowMs: number): void {
    if (nowMs - this.#scoresMs >= SCORES_EVERY_MS) {
      this.#scoresMs = nowMs;
      this.#sort(room, view);
    }
    if (nowMs - this.#hudMs < HUD_EVERY_MS) return;
    this.#hudMs = nowMs;
    this.#own(room, view, nowMs);
    const nameOf = (player: number) => room.players.get(player)?.name ?? "";
    this.#round.update(view, room.me.player, this.scores.place(room.me.player), nameOf);
  }

  /** Shows or hides the scores immediately, not at the next update. */
  showScores(open: boolean): void {
    this.scores.open(open);
    this.#scoresMs = 0;
  }

  happened(event: ArenaEvent, room: Room<Arena>): void {
    if (typeof event === "string") {
      if (event === "RoundStarted") this.feed.note("A new round begins");
      return;
    }
    const name = (player: number) => room.players.get(player)?.name ?? "";
    if ("Rewound" in event) {
      this.overlay?.rewound(this.rewind.picture(event.Rewound, name(event.Rewound.victim)));
    } else if ("Kill" in event) {
      const { killer, victim } = event.Kill;
      this.feed.kill(killer, name(killer), victim, name(victim), room.me.player);
      if (victim === room.me.player) {
        say(
          this.#down,
          killer === victim
            ? "You fell. Back in a moment."
            : `${name(killer)} took you down. Back in a moment.`,
        );
        this.#down.hidden = false;
      }
    } else if ("Spawned" in event && event.Spawned.player === room.me.player) {
      this.#down.hidden = true;
    }
  }

  /** We were hit: the edges of the window turn red. */
  hurt(damage: number): void {
    this.#hurt.style.setProperty("--hurt", String(Math.min(1, 0.45 + damage / 60)));
    this.#hurt.classList.remove("now");
    // Restarts the animation.
    void this.#hurt.offsetWidth;
    this.#hurt.classList.add("now");
  }

  roster(players: ReadonlyMap<number, PlayerInfo>): void {
    let bots = 0;
    for (const info of players.values()) if (info.bot) bots += 1;
    this.place.count(players.size - bots, bots);
  }

  /** A room begins: its figures are shown if those of the room before were. */
  watch(room: Room<Arena>, onFocus: () => void): void {
    const open = this.overlay?.isOpen ?? false;
    this.overlay?.remove();
    this.overlay = overlay(room, { open, onFocus });
  }

  /** A room begins: removes everything from the room before. */
  clear(): void {
    this.feed.clear();
    this.chat.clear();
    this.chat.open(false);
    this.showScores(false);
    this.#down.hidden = true;
    if (this.menu.open) this.menu.close();
  }

  #sort(room: Room<Arena>, view: ArenaView): void {
    if (this.scores.isOpen) this.#pingMs = room.stats?.ping_ms ?? 0;
    const context = { players: room.players, own: room.me.player, pingMs: this.#pingMs };
    this.scores.update(view, context);
  }

  #own(room: Room<Arena>, view: ArenaView, nowMs: number): void {
    const entity = room.me.entity;
    const { Fighter: fighters, Body: bodies } = view;
    const row = entity === undefined ? -1 : rowOf(fighters, entity);
    const body = entity === undefined ? -1 : rowOf(bodies, entity, row);
    document.body.classList.toggle("watching", row < 0);
    if (row < 0) return;
    if (bodies.alive[body]) this.#down.hidden = true;
    const reloading = fighters.reloading[row] !== 0;
    this.vitals.update(fighters.health[row] ?? 0, fighters.ammo[row] ?? 0, reloading, nowMs);
  }
}
