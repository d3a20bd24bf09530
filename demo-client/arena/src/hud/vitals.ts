/**
 * How we are: health, shots, dash.
 */

import { dashWaitS } from "../arena-game";
import { DASH_SEEN_M_S } from "../tunables";
import { byId, say } from "./dom";

/** Below this the gauge warns. */
const LOW_HEALTH = 30;
const LOW_AMMO = 3;

export class Vitals {
  /** A dash began. */
  onDash: () => void = () => undefined;
  /** A reload began. */
  onReload: () => void = () => undefined;
  readonly #healthGauge = byId("health-gauge", HTMLElement);
  readonly #health = byId("health", HTMLElement);
  readonly #healthBar = byId("health-bar", HTMLElement);
  readonly #ammoGauge = byId("ammo-gauge", HTMLElement);
  readonly #ammo = byId("ammo", HTMLElement);
  readonly #ammoLabel = byId("ammo-label", HTMLElement);
  readonly #dashGauge = byId("dash-gauge", HTMLElement);
  readonly #dashBar = byId("dash-bar", HTMLElement);
  readonly #dashWord = byId("dash-word", HTMLElement);
  #dashedMs = Number.NEGATIVE_INFINITY;
  #reloading = false;

  /** Watches for a dash, each frame: speed in metres per second. */
  moved(speed: number, nowMs: number): void {
    if (speed < DASH_SEEN_M_S || nowMs - this.#dashedMs < dashWaitS() * 500) return;
    this.#dashedMs = nowMs;
    this.onDash();
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
    const ready = Math.min(1, (nowMs - this.#dashedMs) / (dashWaitS() * 1000));
    this.#dashBar.style.transform = `scaleX(${ready})`;
    this.#dashGauge.classList.toggle("busy", ready < 1);
    say(this.#dashWord, ready < 1 ? "wait" : "ready");
  }
}
