/**
 * Marks that stay on the floor for a while: paint where a fighter fell, soot where a shot ended. The sprites form a
 * ring; a new mark replaces the oldest.
 */

import { Container, Sprite, type Texture } from "pixi.js";
import { DECALS } from "../tunables";
import { M_PER_PX } from "./textures";

/** Seconds until a mark is gone, and seconds of fading before that. */
const STAY_S = 40;
const FADE_S = 10;

export class Decals {
  readonly layer = new Container();
  readonly #marks: Sprite[] = [];
  readonly #left = new Float32Array(DECALS);
  readonly #alpha = new Float32Array(DECALS);
  #next = 0;

  constructor() {
    for (let i = 0; i < DECALS; i++) {
      const mark = new Sprite();
      mark.anchor.set(0.5);
      mark.visible = false;
      this.#marks.push(mark);
      this.layer.addChild(mark);
    }
  }

  mark(
    texture: Texture,
    x: number,
    y: number,
    angle: number,
    size: number,
    tint: number,
    alpha: number,
  ): void {
    const mark = this.#marks[this.#next];
    if (!mark) return;
    mark.texture = texture;
    mark.position.set(x, y);
    mark.rotation = angle;
    mark.scale.set(size * M_PER_PX);
    mark.tint = tint;
    mark.visible = true;
    this.#left[this.#next] = STAY_S;
    this.#alpha[this.#next] = alpha;
    this.#next = (this.#next + 1) % DECALS;
  }

  update(dtS: number): void {
    for (let i = 0; i < DECALS; i++) {
      const mark = this.#marks[i];
      if (!mark?.visible) continue;
      const left = (this.#left[i] ?? 0) - dtS;
      this.#left[i] = left;
      mark.alpha = (this.#alpha[i] ?? 1) * Math.min(1, left / FADE_S);
      if (left <= 0) mark.visible = false;
    }
  }
}
