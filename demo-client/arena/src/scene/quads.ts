/**
 * Meshes of separate quads for large things: the floor, the walls. They use a plain one-texture shader, which costs
 * less per pixel than the one that sprites share.
 */

import { Mesh, MeshGeometry, type Texture } from "pixi.js";

export interface Quads {
  mesh: Mesh<MeshGeometry>;
  /** Four corners of each quad, x and y: clockwise. Call {@link moved} after a change. */
  positions: Float32Array;
}

/** `fill` sets the texture coordinates of each corner, 0..1. */
export function quads(count: number, texture: Texture, fill: (uvs: Float32Array) => void): Quads {
  const positions = new Float32Array(count * 8);
  const uvs = new Float32Array(count * 8);
  fill(uvs);
  const indices = new Uint32Array(count * 6);
  for (let i = 0; i < count; i++) {
    indices.set(
      [0, 1, 2, 0, 2, 3].map((corner) => i * 4 + corner),
      i * 6,
    );
  }
  const geometry = new MeshGeometry({ positions, uvs, indices });
  geometry.batchMode = "no-batch";
  return { mesh: new Mesh({ geometry, texture }), positions };
}

/** Sends changed positions to the graphics card. */
export function moved({ mesh }: Quads): void {
  mesh.geometry.getBuffer("aPosition").update();
}

/** Sets the four corners that begin at `at`. */
export function corners(
  into: Float32Array,
  at: number,
  ax: number,
  ay: number,
  bx: number,
  by: number,
  cx: number,
  cy: number,
  dx: number,
  dy: number,
): void {
  into[at] = ax;
  into[at + 1] = ay;
  into[at + 2] = bx;
  into[at + 3] = by;
  into[at + 4] = cx;
  into[at + 5] = cy;
  into[at + 6] = dx;
  into[at + 7] = dy;
}

/** A rectangle around the origin that shows the whole texture. */
export function picture(width: number, height: number, texture: Texture): Quads {
  const made = quads(1, texture, (uvs) => corners(uvs, 0, 0, 0, 1, 0, 1, 1, 0, 1));
  const [w, h] = [width / 2, height / 2];
  corners(made.positions, 0, -w, -h, w, -h, w, h, -w, h);
  moved(made);
  return made;
}
