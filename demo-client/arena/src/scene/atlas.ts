/**
 * Many small pictures in one texture, so that all sprites are drawn together. The texture is filled row by row.
 *
 * In: painters, sizes in metres. Out: a texture for each picture, which is a part of the whole.
 */

import { Rectangle, Texture, type TextureSource } from "pixi.js";
import type { Pen } from "./canvas";

/** The sides of the atlas, pixels. Every graphics card can hold this much. */
const SIDE_PX = 1024;
/** Space around each picture, pixels, so that neighbours do not bleed into each other. */
const PAD_PX = 2;

/** Paints a picture of this size in metres (square without a height) and returns its texture. */
export type Painter = (size: number, draw: (pen: Pen) => void, height?: number) => Texture;

export class Atlas {
  readonly #pxPerM: number;
  readonly #pen: CanvasRenderingContext2D;
  readonly #source: TextureSource;
  #x = PAD_PX;
  #y = PAD_PX;
  #rowPx = 0;

  constructor(pxPerM: number) {
    this.#pxPerM = pxPerM;
    const canvas = document.createElement("canvas");
    canvas.width = SIDE_PX;
    canvas.height = SIDE_PX;
    const pen = canvas.getContext("2d");
    if (!pen) throw new Error("this browser cannot paint on a canvas");
    this.#pen = pen;
    this.#source = Texture.from(canvas).source;
  }

  /** Paints a picture of this size in metres; the pen's origin is its centre. */
  add(widthM: number, heightM: number, draw: (pen: Pen) => void): Texture {
    const width = Math.ceil(widthM * this.#pxPerM);
    const height = Math.ceil(heightM * this.#pxPerM);
    if (this.#x + width + PAD_PX > SIDE_PX) {
      this.#x = PAD_PX;
      this.#y += this.#rowPx + PAD_PX;
      this.#rowPx = 0;
    }
    if (this.#y + height + PAD_PX > SIDE_PX) throw new Error("the atlas of small pictures is full");
    const frame = new Rectangle(this.#x, this.#y, width, height);
    this.#x += width + PAD_PX;
    this.#rowPx = Math.max(this.#rowPx, height);
    const pen = this.#pen;
    pen.save();
    pen.beginPath();
    pen.rect(frame.x, frame.y, width, height);
    pen.clip();
    pen.translate(frame.x + width / 2, frame.y + height / 2);
    pen.scale(this.#pxPerM, this.#pxPerM);
    draw(pen);
    pen.restore();
    return new Texture({ source: this.#source, frame });
  }

  /** Call this when everything is painted. */
  finish(): void {
    this.#source.update();
  }
}
