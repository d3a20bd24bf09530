/**
 * Where the mouse aims: four marks that open with each shot, and a cross when our own shot hit.
 *
 * In: the mouse, own shots and hits. Out: sprites over the picture, in window pixels.
 */

import { Container, Sprite, Texture } from "pixi.js";

const GAP_PX = 7;
const HIT_S = 0.18;
const KILL_S = 0.4;
const OPEN_S = 0.12;

export class Crosshair {
  readonly layer = new Container();
  readonly #marks: Container[] = [];
  readonly #crosses: Container[] = [];
  #hitS = 0;
  #openS = 0;

  constructor() {
    const dot = line(3, 3, 0);
    for (let i = 0; i < 4; i++) {
      this.#marks.push(line(9, 2.5, (i * Math.PI) / 2));
      this.#crosses.push(line(11, 3, Math.PI / 4 + (i * Math.PI) / 2));
    }
    this.layer.addChild(dot, ...this.#marks, ...this.#crosses);
    this.layer.visible = false;
  }

  /** Our own shot hit somebody. */
  hit(killed: boolean): void {
    this.#hitS = killed ? KILL_S : HIT_S;
    for (const cross of this.#crosses) cross.tint = killed ? 0xff5a3c : 0xffffff;
  }

  /** We fired. */
  open(): void {
    this.#openS = OPEN_S;
  }

  draw(visible: boolean, x: number, y: number, dtS: number): void {
    this.layer.visible = visible;
    if (!visible) return;
    this.#hitS = Math.max(0, this.#hitS - dtS);
    this.#openS = Math.max(0, this.#openS - dtS);
    this.layer.position.set(x, y);
    const gap = GAP_PX + (this.#openS / OPEN_S) * 6;
    for (let i = 0; i < 4; i++) {
      const angle = (i * Math.PI) / 2;
      this.#marks[i]?.position.set(Math.cos(angle) * gap, Math.sin(angle) * gap);
      const cross = this.#crosses[i];
      if (!cross) continue;
      cross.visible = this.#hitS > 0;
      cross.alpha = Math.min(1, this.#hitS / HIT_S);
      cross.position.set(
        Math.cos(angle + Math.PI / 4) * (gap + 3),
        Math.sin(angle + Math.PI / 4) * (gap + 3),
      );
    }
  }
}

/** A bar that starts at its place and points outwards. Its dark edge makes it visible on bright walls too. */
function line(length: number, width: number, angle: number): Container {
  const mark = new Container();
  const dot = length === width;
  for (const [grown, tint, alpha] of [
    [2, 0x17111a, 0.55],
    [0, 0xffffff, 1],
  ] as const) {
    const sprite = new Sprite(Texture.WHITE);
    sprite.width = length + grown;
    sprite.height = width + grown;
    sprite.position.set(dot ? -(length + grown) / 2 : -grown / 2, -(width + grown) / 2);
    sprite.tint = tint;
    sprite.alpha = alpha;
    mark.addChild(sprite);
  }
  mark.rotation = angle;
  mark.tint = 0xfff4dc;
  return mark;
}
