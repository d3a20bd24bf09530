/**
 * Where the window looks. In: the own fighter, the mouse, hits. Out: the world container's transform, and conversions
 * between window pixels and metres.
 */

import type { Container } from "pixi.js";
import {
  FOLLOW_PER_S,
  LOOK_AHEAD,
  LOOK_AHEAD_PER_S,
  SHAKE_M,
  SHAKE_RAD,
  SHAKE_S,
  VIEW_AREA_M2,
  VIEW_MARGIN_M,
} from "../tunables";

export class Camera {
  /** The centre of the window, metres. */
  x = 0;
  y = 0;
  /** CSS pixels per metre. */
  scale = 50;
  width = 1;
  height = 1;
  /** False for people who asked their system for less motion. */
  shakes = true;
  #lookX = 0;
  #lookY = 0;
  #trauma = 0;
  #halfWidthM = 20;
  #halfHeightM = 13;

  resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.scale = Math.sqrt((width * height) / VIEW_AREA_M2);
  }

  /** The arena's half sides, metres. */
  bound(halfWidthM: number, halfHeightM: number): void {
    this.#halfWidthM = halfWidthM;
    this.#halfHeightM = halfHeightM;
  }

  /** Jumps to a place: after a spawn, or at the start. */
  cut(x: number, y: number): void {
    this.x = this.#held(x, this.width, this.#halfWidthM);
    this.y = this.#held(y, this.height, this.#halfHeightM);
    this.#lookX = 0;
    this.#lookY = 0;
  }

  /** Follows a fighter, and looks ahead towards the mouse (window pixels). */
  follow(x: number, y: number, mouseX: number, mouseY: number, dtS: number): void {
    const aheadX = ((mouseX - this.width / 2) / this.scale) * LOOK_AHEAD;
    const aheadY = ((mouseY - this.height / 2) / this.scale) * LOOK_AHEAD;
    const look = 1 - Math.exp(-LOOK_AHEAD_PER_S * dtS);
    this.#lookX += (aheadX - this.#lookX) * look;
    this.#lookY += (aheadY - this.#lookY) * look;
    const k = 1 - Math.exp(-FOLLOW_PER_S * dtS);
    this.x += (this.#held(x + this.#lookX, this.width, this.#halfWidthM) - this.x) * k;
    this.y += (this.#held(y + this.#lookY, this.height, this.#halfHeightM) - this.y) * k;
  }

  /** Drifts in a slow circle while nobody plays. */
  drift(nowS: number): void {
    this.cut(
      Math.cos(nowS * 0.07) * this.#halfWidthM * 0.45,
      Math.sin(nowS * 0.1) * this.#halfHeightM * 0.4,
    );
  }

  /** Shakes with this strength, 0..1. */
  shake(strength: number): void {
    if (this.shakes) this.#trauma = Math.min(1, this.#trauma + strength);
  }

  /** Moves the world under the window. */
  apply(world: Container, nowMs: number, dtS: number): void {
    this.#trauma = Math.max(0, this.#trauma - dtS / SHAKE_S);
    const blow = this.#trauma * this.#trauma;
    const t = nowMs / 1000;
    // Two sines without a common period look like noise.
    const swayX = blow * SHAKE_M * (Math.sin(t * 71) + Math.sin(t * 113)) * 0.5;
    const swayY = blow * SHAKE_M * (Math.sin(t * 83 + 2) + Math.sin(t * 127)) * 0.5;
    world.rotation = blow * SHAKE_RAD * Math.sin(t * 59);
    world.scale.set(this.scale);
    world.pivot.set(this.x + swayX, this.y + swayY);
    world.position.set(this.width / 2, this.height / 2);
  }

  /** Window pixels -> metres. */
  toWorldX(windowX: number): number {
    return this.x + (windowX - this.width / 2) / this.scale;
  }

  toWorldY(windowY: number): number {
    return this.y + (windowY - this.height / 2) / this.scale;
  }

  /** Metres -> window pixels. */
  toWindowX(x: number): number {
    return (x - this.x) * this.scale + this.width / 2;
  }

  toWindowY(y: number): number {
    return (y - this.y) * this.scale + this.height / 2;
  }

  /** Keeps the window from showing much more than the arena. An arena smaller than the window stays centred. */
  #held(at: number, windowPx: number, halfM: number): number {
    const room = Math.max(0, halfM + VIEW_MARGIN_M - windowPx / this.scale / 2);
    return Math.min(room, Math.max(-room, at));
  }
}
