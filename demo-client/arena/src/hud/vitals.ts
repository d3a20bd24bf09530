/**
 * Our own state: health, shots, rail, dash.
 *
 * In: the own fighter's health and shots, its speed, its rail shots. Out: gauges, and calls when a dash or a reload
 * begins.
 */

import { dashWaitS, railWaitS } from "../arena-game";
import { DASH_SEEN_M_S } from "../tunables";
import { byId, say } from "./dom";

/** The gauge warns below this. */
const LOW_HEALTH = 30;
const LOW_AMMO = 3;

export class Vitals {
  /** Called when a dash begins. */
  onDash: () => void = () => undefined;
  /** Called when a reload begins. */
  onReload: () => void = () => undefined;
  readonly #healthGauge = byId("health-gauge", HTMLElement);
  readonly #health = byId("health", HTMLElement);
  readonly #healthBar = byId("health-bar", HTMLElement);
  readonly #ammoGauge = byId("ammo-gauge", HTMLElement);
  readonly #ammo = byId("ammo", HTMLElement);
  readonly #ammoLabel = byId("ammo-label", HTMLElement);
  readonly #dash = new Wait("dash");
  readonly #rail = new Wait("rail");
  #reloading = false;

  /** Called in each frame to notice a dash: speed in metres per second. */
  moved(speed: number, nowMs: number): void {
    if (speed < DASH_SEEN_M_S || nowMs - this.#dash.beganMs < dashWaitS() * 500) return;
    this.#dash.beganMs = nowMs;
    this.onDash();
  }

  /** The rail was fired (true), or the shot was taken back (false). */
  railed(fired: boolean): void {
    this.#rail.beganMs = fired ? performance.now() : Number.NEGATIVE_INFINITY;
  }

  update(health: number, ammo: number, reloading: boolean, nowMs: number): void {
    say(this.#health, String(Math.round(health)));
    this.#healthBar.style.transform = `scaleX(${Math.max(0, Math.min(1, health / 100))})`;
    this.#healthGauge.classList.toggle("low", health <= LOW_HEALTH);
    say(this.#ammo, reloading ? "···" : String(ammo));
    say(this.#ammoLabel, reloading ? "Reloading" : ammo === 0 ? "Press R" : "Shots");
    this.#ammoGauge.classList.toggle("busy", reloading);
    this.#ammoGauge.classList.toggle("low", !reloading && ammo <= LOW_AMMO);
    if (reloading && !this.#reloading) this.onReload();
    this.#reloading = reloading;
    this.#dash.update(dashWaitS(), nowMs);
    this.#rail.update(railWaitS(), nowMs);
  }
}

/** A gauge that fills up until an action is ready again. */
class Wait {
  beganMs = Number.NEGATIVE_INFINITY;
  readonly #gauge: HTMLElement;
  readonly #bar: HTMLElement;
  readonly #word: HTMLElement;

  constructor(name: string) {
    this.#gauge = byId(`${name}-gauge`, HTMLElement);
    this.#bar = byId(`${name}-bar`, HTMLElement);
    this.#word = byId(`${name}-word`, HTMLElement);
  }

  update(waitS: number, nowMs: number): void {
    const ready = Math.min(1, (nowMs - this.beganMs) / (waitS * 1000));
    this.#bar.style.transform = `scaleX(${ready})`;
    this.#gauge.classList.toggle("busy", ready < 1);
    say(this.#word, ready < 1 ? "wait" : "ready");
  }
}
