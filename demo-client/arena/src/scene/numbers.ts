/**
 * Damage numbers that float up from a fighter that was hit. The labels form a ring; a new one replaces the oldest.
 *
 * In: a text and its place, metres. Out: labels over the picture, in window pixels.
 */

import { BitmapText, Container } from "pixi.js";
import { NUMBERS } from "../tunables";
import type { Camera } from "./camera";

const LIFE_S = 0.8;
/** How far a number rises, metres. */
const RISE_M = 1.1;

export class Numbers {
  readonly layer = new Container();
  readonly #labels: BitmapText[] = [];
  readonly #x = new Float32Array(NUMBERS);
  readonly #y = new Float32Array(NUMBERS);
  readonly #left = new Float32Array(NUMBERS);
  #next = 0;

  constructor() {
    for (let i = 0; i < NUMBERS; i++) {
      const label = new BitmapText({
        text: "",
        style: {
          fontFamily: "Big Shoulders Display",
          fontWeight: "900",
          fontSize: 26,
          fill: 0xffffff,
          stroke: { color: 0x17111a, width: 5, join: "round" },
        },
      });
      label.anchor.set(0.5);
      label.visible = false;
      this.#labels.push(label);
      this.layer.addChild(label);
    }
  }

  /** Shows a number at (x, y), metres. */
  float(text: string, x: number, y: number, tint: number): void {
    const i = this.#next;
    const label = this.#labels[i];
    if (!label) return;
    this.#next = (i + 1) % NUMBERS;
    label.text = text;
    label.tint = tint;
    label.visible = true;
    this.#x[i] = x;
    this.#y[i] = y;
    this.#left[i] = LIFE_S;
  }

  update(camera: Camera, dtS: number): void {
    for (let i = 0; i < NUMBERS; i++) {
      const label = this.#labels[i];
      if (!label?.visible) continue;
      const left = (this.#left[i] ?? 0) - dtS;
      this.#left[i] = left;
      if (left <= 0) {
        label.visible = false;
        continue;
      }
      const part = left / LIFE_S;
      const risen = (1 - part * part) * RISE_M + 0.5;
      label.position.set(
        camera.toWindowX(this.#x[i] ?? 0),
        camera.toWindowY((this.#y[i] ?? 0) - risen),
      );
      label.alpha = Math.min(1, part * 2.5);
      label.scale.set(0.75 + Math.max(0, part - 0.8) * 2.2);
    }
  }
}
