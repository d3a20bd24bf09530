/**
 * The rail's beams: bright lines that fade. The sprites are made once, in a ring; a new beam replaces the oldest.
 *
 * In: where a beam is, and its colour. Out: two sprites, a wide one in the shooter's colour and a thin white one.
 */

import { Container, Sprite } from "pixi.js";
import { BEAM_S, BEAMS } from "../tunables";
import { M_PER_PX, type Textures } from "./textures";

/** Length of the texture, metres. */
const TEXTURE_M = 0.25;
/** How long a withdrawn beam stays visible, seconds. */
const WITHDRAWN_S = 0.05;

export class Beams {
  readonly layer = new Container();
  readonly #beams: { beam: Container; halo: Sprite; leftS: number }[] = [];
  #next = 0;

  constructor(textures: Textures) {
    for (let i = 0; i < BEAMS; i++) {
      const beam = new Container();
      const [halo, core] = [new Sprite(textures.beam), new Sprite(textures.beam)];
      for (const sprite of [halo, core]) {
        sprite.anchor.set(0, 0.5);
        sprite.blendMode = "add";
        sprite.scale.set(M_PER_PX / TEXTURE_M, M_PER_PX);
      }
      core.scale.y *= 0.35;
      beam.addChild(halo, core);
      beam.visible = false;
      this.layer.addChild(beam);
      this.#beams.push({ beam, halo, leftS: 0 });
    }
  }

  /** Number of visible beams. */
  get count(): number {
    return this.#beams.filter(({ beam }) => beam.visible).length;
  }

  /** Shows a beam from (x, y) along an angle, metres. Returns a number for {@link withdraw}. */
  shine(x: number, y: number, angle: number, lengthM: number, tint: number): number {
    const i = this.#next;
    const item = this.#beams[i];
    if (!item) return i;
    this.#next = (i + 1) % BEAMS;
    item.leftS = BEAM_S;
    item.halo.tint = tint;
    item.beam.visible = true;
    item.beam.position.set(x, y);
    item.beam.rotation = angle;
    item.beam.scale.x = Math.max(0, lengthM);
    return i;
  }

  /** Takes a beam back: it is gone almost immediately. */
  withdraw(beam: number): void {
    const item = this.#beams[beam];
    if (item) item.leftS = Math.min(item.leftS, WITHDRAWN_S);
  }

  update(dtS: number): void {
    for (const item of this.#beams) {
      if (!item.beam.visible) continue;
      const part = item.leftS / BEAM_S;
      item.beam.visible = part > 0;
      item.beam.alpha = part;
      item.beam.scale.y = 0.4 + part * 0.6;
      item.leftS -= dtS;
    }
  }
}
