/**
 * Shots in flight: each has a tracer that grows out of the muzzle, and a little light on the floor.
 *
 * In: rows of the view, own ghosts among them. Out: two sprites for each shot, from a pool.
 */

import { Container, Sprite } from "pixi.js";
import type { ArenaView } from "../arena-game";
import { mix, playerColour } from "../palette";
import { Pool, type Pooled } from "./pool";
import { M_PER_PX, type Textures } from "./textures";

/** The longest streak, metres; the texture shows 2. */
const STREAK_M = 2.3;
const TEXTURE_M = 2;

interface Shot extends Pooled {
  tracer: Sprite;
  glow: Sprite;
  /** Where it was first drawn, metres. */
  startX: number;
  startY: number;
  fresh: boolean;
}

export class Projectiles {
  /** Light on the floor, under everything that stands on it. */
  readonly glows = new Container();
  readonly tracers = new Container();
  readonly #pool: Pool<Shot>;

  constructor(textures: Textures) {
    this.#pool = new Pool<Shot>(
      () => this.#make(textures),
      (shot) => {
        shot.fresh = true;
        show(shot, true);
      },
      (shot) => show(shot, false),
    );
  }

  draw(view: ArenaView): void {
    const { Projectile: rows } = view;
    this.#pool.start();
    for (let row = 0; row < rows.count; row++) {
      const shot = this.#pool.show(rows.ids[row] ?? 0);
      const x = rows.x[row] ?? 0;
      const y = rows.y[row] ?? 0;
      const angle = rows.angle[row] ?? 0;
      if (shot.fresh) {
        shot.fresh = false;
        // When a shot is seen first, it is already some way from its muzzle.
        shot.startX = x - Math.cos(angle) * 0.5;
        shot.startY = y - Math.sin(angle) * 0.5;
        const colour = playerColour(rows.shooter[row] ?? 0);
        shot.tracer.tint = mix(colour, 0xffffff, 0.45);
        shot.glow.tint = mix(colour, 0xffb066, 0.5);
      }
      const flown = Math.hypot(x - shot.startX, y - shot.startY);
      const length = Math.min(STREAK_M, Math.max(0.3, flown));
      shot.tracer.scale.set((length / TEXTURE_M) * M_PER_PX, M_PER_PX);
      shot.tracer.position.set(x, y);
      shot.tracer.rotation = angle;
      shot.glow.position.set(x, y);
    }
    this.#pool.finish();
  }

  #make(textures: Textures): Shot {
    const tracer = new Sprite(textures.tracer);
    tracer.anchor.set(0.97, 0.5);
    tracer.blendMode = "add";
    const glow = new Sprite(textures.glow);
    glow.anchor.set(0.5);
    glow.blendMode = "add";
    glow.scale.set(1.1 * M_PER_PX);
    glow.alpha = 0.4;
    this.tracers.addChild(tracer);
    this.glows.addChild(glow);
    return { id: 0, frame: 0, tracer, glow, startX: 0, startY: 0, fresh: true };
  }
}

function show(shot: Shot, visible: boolean): void {
  shot.tracer.visible = visible;
  shot.glow.visible = visible;
}
