/**
 * Walls with height: in each frame their tops lean away from the centre of the window, as seen from a camera above it.
 * Their bases stay where the rules have them, so that aiming is honest.
 *
 * Three meshes for the whole map: faces in the sun, faces in the shade, tops. Only vertex positions change.
 */

import { Container, Texture } from "pixi.js";
import type { ArenaMap, Wall } from "../arena-game";
import type { Theme } from "../palette";
import { WALL_LEAN } from "../tunables";
import { metreCanvas } from "./canvas";
import { type Extent, GROUND_MARGIN_M } from "./floor";
import { corners, moved, type Quads, quads } from "./quads";
import { paintTops } from "./wall-tops";

export class Walls {
  readonly layer = new Container();
  readonly #walls: readonly Wall[];
  readonly #lit: Quads;
  readonly #dark: Quads;
  readonly #tops: Quads;

  constructor(map: ArenaMap, size: Extent, theme: Theme) {
    this.#walls = map.walls;
    const gradient = faceTexture();
    this.#lit = quads(map.walls.length * 2, gradient, (uvs) => faceUvs(uvs));
    this.#dark = quads(map.walls.length * 2, gradient, (uvs) => faceUvs(uvs));
    this.#lit.mesh.tint = theme.wallLit;
    this.#dark.mesh.tint = theme.wallDark;
    this.#tops = quads(map.walls.length, paintTops(map, size, theme), (uvs) =>
      topUvs(uvs, map.walls, size),
    );
    this.layer.addChild(this.#lit.mesh, this.#dark.mesh, this.#tops.mesh);
  }

  /** Leans the walls for a camera above (x, y), metres. */
  lean(x: number, y: number): void {
    const lit = this.#lit.positions;
    const dark = this.#dark.positions;
    const tops = this.#tops.positions;
    let side = 0;
    let top = 0;
    for (let i = 0; i < this.#walls.length; i++) {
      const wall = this.#walls[i];
      if (!wall) continue;
      const x0 = wall.x - wall.half_width;
      const x1 = wall.x + wall.half_width;
      const y0 = wall.y - wall.half_height;
      const y1 = wall.y + wall.half_height;
      const tx0 = x0 + (x0 - x) * WALL_LEAN;
      const tx1 = x1 + (x1 - x) * WALL_LEAN;
      const ty0 = y0 + (y0 - y) * WALL_LEAN;
      const ty1 = y1 + (y1 - y) * WALL_LEAN;
      // The sun is in the north-west: north and west faces are lit.
      corners(lit, side, x0, y0, x1, y0, tx1, ty0, tx0, ty0);
      corners(lit, side + 8, x0, y1, x0, y0, tx0, ty0, tx0, ty1);
      corners(dark, side, x1, y1, x0, y1, tx0, ty1, tx1, ty1);
      corners(dark, side + 8, x1, y0, x1, y1, tx1, ty1, tx1, ty0);
      corners(tops, top, tx0, ty0, tx1, ty0, tx1, ty1, tx0, ty1);
      side += 16;
      top += 8;
    }
    moved(this.#lit);
    moved(this.#dark);
    moved(this.#tops);
  }
}

/** From the floor (the top of the texture) up to the wall's top (the bottom of the texture). */
function faceUvs(uvs: Float32Array): void {
  for (let at = 0; at < uvs.length; at += 8) corners(uvs, at, 0, 0, 1, 0, 1, 1, 0, 1);
}

/** Each top shows what was painted at its wall's place. */
function topUvs(
  uvs: Float32Array,
  walls: readonly Wall[],
  { halfWidth, halfHeight }: Extent,
): void {
  const [width, height] = [2 * (halfWidth + GROUND_MARGIN_M), 2 * (halfHeight + GROUND_MARGIN_M)];
  walls.forEach((wall, i) => {
    const u0 = (wall.x - wall.half_width) / width + 0.5;
    const u1 = (wall.x + wall.half_width) / width + 0.5;
    const v0 = (wall.y - wall.half_height) / height + 0.5;
    const v1 = (wall.y + wall.half_height) / height + 0.5;
    corners(uvs, i * 8, u0, v0, u1, v0, u1, v1, u0, v1);
  });
}

/** Darker towards the floor. */
function faceTexture(): Texture {
  const { canvas, pen } = metreCanvas(4, 32, 1);
  const fade = pen.createLinearGradient(0, -16, 0, 16);
  fade.addColorStop(0, "#6a6a6a");
  fade.addColorStop(0.75, "#e6e6e6");
  fade.addColorStop(1, "#ffffff");
  pen.fillStyle = fade;
  pen.fillRect(-2, -16, 4, 32);
  return Texture.from(canvas);
}
