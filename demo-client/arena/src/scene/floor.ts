/**
 * The floor of a map, painted once: slabs, worn paint, stains, and the long shadows of a low sun in the north-west.
 *
 * In: the map's walls and a theme. Out: one texture that covers the arena and a little more.
 */

import { Texture } from "pixi.js";
import type { ArenaMap } from "../arena-game";
import { css, mix, type Theme } from "../palette";
import { ellipse, metreCanvas, type Pen, softDisc } from "./canvas";
import { seeded } from "./random";

/** How far the floor is painted beyond the arena's inner sides, metres: under the outer walls. */
export const GROUND_MARGIN_M = 1.1;
/** The direction in which shadows fall, and the length of the walls' shadows, metres. */
export const SUN_X = 0.8;
export const SUN_Y = 0.6;
const SHADOW_M = 2.1;
/** Number of steps in which a shadow's far end fades. */
const SHADOW_STEPS = 14;
const SLAB_M = 2;

/** The area on which floor and walls are painted. */
export interface Extent {
  /** Distance from the centre to the inner sides, metres. */
  halfWidth: number;
  halfHeight: number;
  pxPerM: number;
}

/** The area within the inner sides of the outer walls. */
export function extent(map: ArenaMap, pxPerM: number): Extent {
  let halfWidth = 1;
  let halfHeight = 1;
  for (const wall of map.walls) {
    halfWidth = Math.max(halfWidth, Math.abs(wall.x) - wall.half_width);
    halfHeight = Math.max(halfHeight, Math.abs(wall.y) - wall.half_height);
  }
  return { halfWidth, halfHeight, pxPerM };
}

export function paintFloor(
  map: ArenaMap,
  { halfWidth, halfHeight, pxPerM }: Extent,
  theme: Theme,
): Texture {
  const random = seeded(map.name);
  const size = [2 * (halfWidth + GROUND_MARGIN_M), 2 * (halfHeight + GROUND_MARGIN_M)] as const;
  const { canvas, pen } = metreCanvas(...size, pxPerM);
  pen.fillStyle = css(theme.floor);
  pen.fillRect(-size[0] / 2, -size[1] / 2, ...size);
  slabs(pen, halfWidth, halfHeight, theme, random);
  markings(pen, halfWidth, halfHeight, theme);
  stains(pen, halfWidth, halfHeight, theme, random);
  grain(pen, size, pxPerM, random);
  shadows(pen, map, theme, pxPerM);
  sunlight(pen, size, theme);
  return Texture.from(canvas);
}

function slabs(
  pen: Pen,
  halfWidth: number,
  halfHeight: number,
  theme: Theme,
  random: () => number,
) {
  for (let x = -halfWidth; x < halfWidth; x += SLAB_M) {
    for (let y = -halfHeight; y < halfHeight; y += SLAB_M) {
      pen.fillStyle = css(mix(theme.floor, theme.floorWorn, random()), 0.75);
      pen.fillRect(x, y, SLAB_M, SLAB_M);
      // Some slabs are laid in two halves.
      if (random() < 0.22) {
        pen.fillStyle = css(theme.joint, 0.6);
        if (random() < 0.5) pen.fillRect(x + SLAB_M / 2, y, 0.035, SLAB_M);
        else pen.fillRect(x, y + SLAB_M / 2, SLAB_M, 0.035);
      }
      pen.fillStyle = css(theme.joint, 0.85);
      pen.fillRect(x, y, SLAB_M, 0.05);
      pen.fillRect(x, y, 0.05, SLAB_M);
      pen.fillStyle = css(theme.sun, 0.1);
      pen.fillRect(x + 0.05, y + 0.05, SLAB_M - 0.05, 0.03);
      pen.fillRect(x + 0.05, y + 0.05, 0.03, SLAB_M - 0.05);
    }
  }
}

function markings(pen: Pen, halfWidth: number, halfHeight: number, theme: Theme) {
  pen.strokeStyle = css(theme.paint, 0.3);
  pen.lineWidth = 0.14;
  pen.strokeRect(-halfWidth + 1.1, -halfHeight + 1.1, 2 * halfWidth - 2.2, 2 * halfHeight - 2.2);
  ellipse(pen, 0, 0, 4.3, 4.3);
  pen.stroke();
  pen.setLineDash([0.9, 0.5]);
  ellipse(pen, 0, 0, 4.75, 4.75);
  pen.stroke();
  pen.beginPath();
  for (const side of [-1, 1]) {
    pen.moveTo(0, side * 4.75);
    pen.lineTo(0, side * (halfHeight - 1.1));
  }
  pen.stroke();
  pen.setLineDash([]);

  pen.textAlign = "center";
  pen.textBaseline = "middle";
  for (const side of [-1, 1]) {
    pen.save();
    pen.translate(side * (halfWidth * 0.5), side * halfHeight * 0.02);
    pen.rotate((side * Math.PI) / 2);
    pen.fillStyle = css(theme.paint, 0.17);
    pen.font = '900 3.4px "Big Shoulders Display", sans-serif';
    pen.fillText(theme.stencil, 0, 0);
    pen.restore();
    pen.save();
    pen.translate(side * (halfWidth - 3), -side * (halfHeight - 2.9));
    pen.fillStyle = css(theme.paint, 0.34);
    pen.font = '900 2.6px "Big Shoulders Display", sans-serif';
    pen.fillText(side < 0 ? "01" : "02", 0, 0);
    pen.restore();
  }
  for (const x of [-1, 1]) {
    for (const y of [-1, 1]) hazard(pen, x * (halfWidth - 1.75), y * (halfHeight - 0.55), theme);
  }
}

/** A field of slanted stripes. */
function hazard(pen: Pen, x: number, y: number, theme: Theme) {
  pen.save();
  pen.translate(x, y);
  pen.beginPath();
  pen.rect(-1.75, -0.42, 3.5, 0.84);
  pen.clip();
  pen.fillStyle = css(theme.hazard, 0.55);
  for (let at = -3; at < 3; at += 0.9) {
    pen.beginPath();
    pen.moveTo(at, -0.42);
    pen.lineTo(at + 0.45, -0.42);
    pen.lineTo(at + 1.05, 0.42);
    pen.lineTo(at + 0.6, 0.42);
    pen.fill();
  }
  pen.restore();
}

function stains(
  pen: Pen,
  halfWidth: number,
  halfHeight: number,
  theme: Theme,
  random: () => number,
) {
  const at = (half: number) => (random() * 2 - 1) * half;
  for (let i = 0; i < 46; i++) {
    pen.save();
    pen.translate(at(halfWidth), at(halfHeight));
    pen.rotate(random() * Math.PI);
    pen.scale(1 + random(), 0.4 + random() * 0.6);
    softDisc(
      pen,
      0.4 + random() * 1.5,
      [
        [0, 0.2],
        [0.6, 0.12],
        [1, 0],
      ],
      "16,10,16",
    );
    pen.restore();
  }
  // Wheel tracks.
  pen.lineCap = "round";
  for (let i = 0; i < 7; i++) {
    const [x, y, turn] = [at(halfWidth), at(halfHeight), at(7)];
    pen.strokeStyle = css(theme.joint, 0.22);
    pen.lineWidth = 0.2;
    for (const side of [0, 0.8]) {
      pen.beginPath();
      pen.moveTo(x + side, y);
      pen.bezierCurveTo(
        x + 3 + side,
        y + turn,
        x + 6,
        y - turn + side,
        x + 9,
        y + turn * 0.6 + side,
      );
      pen.stroke();
    }
  }
  // Scratches, worn through paint and dirt.
  for (let i = 0; i < 150; i++) {
    const [x, y, angle, length] = [
      at(halfWidth),
      at(halfHeight),
      random() * 6.3,
      0.2 + random() * 0.9,
    ];
    pen.strokeStyle = random() < 0.5 ? css(theme.sun, 0.1) : css(theme.joint, 0.4);
    pen.lineWidth = 0.02 + random() * 0.025;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + Math.cos(angle) * length, y + Math.sin(angle) * length);
    pen.stroke();
  }
}

/** Fine noise, so that no surface looks flat. */
function grain(
  pen: Pen,
  [width, height]: readonly [number, number],
  pxPerM: number,
  random: () => number,
) {
  const side = 192;
  const tile = document.createElement("canvas");
  tile.width = side;
  tile.height = side;
  const dots = tile.getContext("2d");
  if (!dots) return;
  const image = dots.createImageData(side, side);
  for (let i = 0; i < image.data.length; i += 4) {
    const light = random() < 0.5 ? 0 : 255;
    image.data[i] = light;
    image.data[i + 1] = light;
    image.data[i + 2] = light;
    image.data[i + 3] = random() ** 2 * 26;
  }
  dots.putImageData(image, 0, 0);
  const pattern = pen.createPattern(tile, "repeat");
  if (!pattern) return;
  pattern.setTransform(new DOMMatrix().scale(1 / pxPerM));
  pen.fillStyle = pattern;
  pen.fillRect(-width / 2, -height / 2, width, height);
}

function shadows(pen: Pen, map: ArenaMap, theme: Theme, pxPerM: number) {
  // Where walls meet the floor.
  pen.save();
  pen.fillStyle = css(theme.shade, 0.75);
  pen.shadowColor = css(theme.shade, 0.9);
  pen.shadowBlur = 0.5 * pxPerM;
  for (const wall of map.walls) {
    pen.fillRect(
      wall.x - wall.half_width,
      wall.y - wall.half_height,
      2 * wall.half_width,
      2 * wall.half_height,
    );
  }
  pen.restore();
  // Each step uses one path for all walls, so that overlapping shadows are not darker.
  pen.fillStyle = css(theme.shade, 0.062);
  for (let step = 1; step <= SHADOW_STEPS; step++) {
    const dx = (SUN_X * SHADOW_M * step) / SHADOW_STEPS;
    const dy = (SUN_Y * SHADOW_M * step) / SHADOW_STEPS;
    pen.beginPath();
    for (const wall of map.walls) {
      const [x0, x1] = [wall.x - wall.half_width, wall.x + wall.half_width];
      const [y0, y1] = [wall.y - wall.half_height, wall.y + wall.half_height];
      pen.moveTo(x0, y0);
      pen.lineTo(x1, y0);
      pen.lineTo(x1 + dx, y0 + dy);
      pen.lineTo(x1 + dx, y1 + dy);
      pen.lineTo(x0 + dx, y1 + dy);
      pen.lineTo(x0, y1);
      pen.closePath();
    }
    pen.fill("nonzero");
  }
}

/** Warm where the sun comes from, cool on the far side. */
function sunlight(pen: Pen, [width, height]: readonly [number, number], theme: Theme) {
  const fade = pen.createLinearGradient(-width / 2, -height / 2, width / 2, height / 2);
  fade.addColorStop(0, css(theme.sun, 0.36));
  fade.addColorStop(0.45, css(theme.sun, 0.12));
  fade.addColorStop(0.55, css(theme.shade, 0.04));
  fade.addColorStop(1, css(theme.shade, 0.34));
  pen.fillStyle = fade;
  pen.fillRect(-width / 2, -height / 2, width, height);
}
