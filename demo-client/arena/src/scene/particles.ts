/**
 * Short-lived bits: sparks, paint, smoke, shells. The sprites are made once, in a ring, and their numbers are in typed
 * arrays. When there are too many, a new particle replaces the oldest.
 */

import { Container, Sprite, type Texture } from "pixi.js";
import { M_PER_PX } from "./textures";

/** A particle's initial state. Reused between calls: set what you need after {@link Particles.fresh}. */
export interface Spec {
  texture: Texture | undefined;
  x: number;
  y: number;
  /** Metres per second. */
  vx: number;
  vy: number;
  /** Part of the speed that is left after one second. */
  drag: number;
  /** Radians per second. */
  spin: number;
  angle: number;
  /** Lifetime, seconds. */
  life: number;
  /** Size at the start and at the end, relative to the texture's own. */
  from: number;
  to: number;
  alpha: number;
  tint: number;
}

export class Particles {
  readonly layer = new Container();
  readonly #sprites: Sprite[] = [];
  readonly #vx: Float32Array;
  readonly #vy: Float32Array;
  readonly #drag: Float32Array;
  readonly #spin: Float32Array;
  readonly #life: Float32Array;
  readonly #left: Float32Array;
  readonly #from: Float32Array;
  readonly #to: Float32Array;
  readonly #alpha: Float32Array;
  readonly #spec: Spec;
  #next = 0;

  constructor(count: number, blend: "normal" | "add") {
    const column = () => new Float32Array(count);
    this.#vx = column();
    this.#vy = column();
    this.#drag = column();
    this.#spin = column();
    this.#life = column();
    this.#left = column();
    this.#from = column();
    this.#to = column();
    this.#alpha = column();
    for (let i = 0; i < count; i++) {
      const sprite = new Sprite();
      sprite.anchor.set(0.5);
      sprite.blendMode = blend;
      sprite.visible = false;
      this.#sprites.push(sprite);
      this.layer.addChild(sprite);
    }
    this.#spec = { ...BLANK };
  }

  /** A spec with everything at rest; fill it, then {@link emit} it. The same object each time. */
  fresh(): Spec {
    return Object.assign(this.#spec, BLANK);
  }

  emit(spec: Spec): void {
    const i = this.#next;
    const sprite = this.#sprites[i];
    if (!sprite || !spec.texture) return;
    this.#next = (i + 1) % this.#sprites.length;
    sprite.texture = spec.texture;
    sprite.visible = true;
    sprite.position.set(spec.x, spec.y);
    sprite.rotation = spec.angle;
    sprite.tint = spec.tint;
    sprite.alpha = spec.alpha;
    sprite.scale.set(spec.from * M_PER_PX);
    this.#vx[i] = spec.vx;
    this.#vy[i] = spec.vy;
    this.#drag[i] = spec.drag;
    this.#spin[i] = spec.spin;
    this.#life[i] = spec.life;
    this.#left[i] = spec.life;
    this.#from[i] = spec.from;
    this.#to[i] = spec.to;
    this.#alpha[i] = spec.alpha;
  }

  update(dtS: number): void {
    for (let i = 0; i < this.#sprites.length; i++) {
      const sprite = this.#sprites[i];
      if (!sprite?.visible) continue;
      const left = (this.#left[i] ?? 0) - dtS;
      this.#left[i] = left;
      if (left <= 0) {
        sprite.visible = false;
        continue;
      }
      const slow = (this.#drag[i] ?? 1) ** dtS;
      const vx = (this.#vx[i] ?? 0) * slow;
      const vy = (this.#vy[i] ?? 0) * slow;
      this.#vx[i] = vx;
      this.#vy[i] = vy;
      sprite.x += vx * dtS;
      sprite.y += vy * dtS;
      sprite.rotation += (this.#spin[i] ?? 0) * dtS;
      const part = left / (this.#life[i] ?? 1);
      const from = this.#from[i] ?? 1;
      const to = this.#to[i] ?? 1;
      sprite.scale.set((to + (from - to) * part) * M_PER_PX);
      sprite.alpha = (this.#alpha[i] ?? 1) * Math.min(1, part * 1.6);
    }
  }
}

const BLANK: Spec = {
  texture: undefined,
  x: 0,
  y: 0,
  vx: 0,
  vy: 0,
  drag: 1,
  spin: 0,
  angle: 0,
  life: 0.4,
  from: 1,
  to: 1,
  alpha: 1,
  tint: 0xffffff,
};
