/**
 * The tops of a map's walls, painted once: concrete with steel edges, crates, hedges, and one centrepiece (a furnace or
 * a fountain) on the wall in the centre.
 */

import { Texture } from "pixi.js";
import type { ArenaMap, Wall } from "../arena-game";
import { css, mix, type Theme } from "../palette";
import { ellipse, metreCanvas, type Pen, roundRect } from "./canvas";
import { type Extent, GROUND_MARGIN_M } from "./floor";
import { seeded } from "./random";

/** A texture that covers the arena and is transparent where no wall is. */
export function paintTops(
  map: ArenaMap,
  { halfWidth, halfHeight, pxPerM }: Extent,
  theme: Theme,
): Texture {
  const random = seeded(`${map.name} walls`);
  const size = [2 * (halfWidth + GROUND_MARGIN_M), 2 * (halfHeight + GROUND_MARGIN_M)] as const;
  const { canvas, pen } = metreCanvas(...size, pxPerM);
  map.walls.forEach((wall, index) => {
    pen.save();
    pen.translate(wall.x, wall.y);
    pen.beginPath();
    pen.rect(-wall.half_width, -wall.half_height, 2 * wall.half_width, 2 * wall.half_height);
    pen.clip();
    const outer = Math.abs(wall.x) > halfWidth || Math.abs(wall.y) > halfHeight;
    if (isCentre(wall)) centrepiece(pen, wall, theme, random);
    else if (theme.hedge) hedge(pen, wall, theme, random);
    else if (!outer && Math.abs(wall.half_width - wall.half_height) < 0.05)
      crate(pen, wall, theme, random);
    else concrete(pen, wall, theme, random, outer ? -1 : index);
    bevel(pen, wall, theme, theme.hedge && !isCentre(wall) ? 0.14 : 0.55);
    pen.restore();
  });
  return Texture.from(canvas);
}

/** The wall that gets the centrepiece. */
export function isCentre(wall: Wall): boolean {
  return wall.x === 0 && wall.y === 0;
}

/** Light on the sides that face the sun, dark on the others. */
function bevel(pen: Pen, { half_width: w, half_height: h }: Wall, theme: Theme, shine: number) {
  const edge = 0.09;
  pen.fillStyle = css(0xfff6e4, shine);
  pen.fillRect(-w, -h, 2 * w, edge);
  pen.fillRect(-w, -h, edge, 2 * h);
  pen.fillStyle = css(theme.shade, 0.5);
  pen.fillRect(-w, h - edge, 2 * w, edge);
  pen.fillRect(w - edge, -h, edge, 2 * h);
}

function concrete(pen: Pen, wall: Wall, theme: Theme, random: () => number, index: number) {
  const { half_width: w, half_height: h } = wall;
  pen.fillStyle = css(theme.wallTop);
  pen.fillRect(-w, -h, 2 * w, 2 * h);
  for (let i = 0; i < w * h * 6 + 4; i++) {
    pen.fillStyle = css(theme.wallTopWorn, 0.1 + random() * 0.2);
    const r = 0.15 + random() * 0.6;
    ellipse(pen, (random() * 2 - 1) * w, (random() * 2 - 1) * h, r, r * 0.6);
    pen.fill();
  }
  // Seams every two metres along the longer side.
  const wide = w >= h;
  const half = wide ? w : h;
  pen.fillStyle = css(theme.shade, 0.35);
  for (let at = -half + 2; at < half - 0.5; at += 2) {
    if (wide) pen.fillRect(at, -h, 0.045, 2 * h);
    else pen.fillRect(-w, at, 2 * w, 0.045);
  }
  if (index < 0) return;
  // Stripes at the ends of long walls, and a number.
  if (half >= 1.5) for (const end of [-1, 1]) stripes(pen, wall, wide, end, theme);
  pen.fillStyle = css(theme.shade, 0.5);
  pen.font = `800 ${Math.min(0.8, Math.min(w, h) * 1.4)}px "Big Shoulders Display", sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  if (!wide) pen.rotate(-Math.PI / 2);
  pen.fillText(`B${String(index).padStart(2, "0")}`, 0, 0.03);
  if (!wide) pen.rotate(Math.PI / 2);
}

function stripes(
  pen: Pen,
  { half_width: w, half_height: h }: Wall,
  wide: boolean,
  end: number,
  theme: Theme,
) {
  const [long, across] = wide ? [w, h] : [h, w];
  const reach = 0.75;
  pen.save();
  if (!wide) pen.rotate(Math.PI / 2);
  pen.translate(end * (long - reach / 2), 0);
  pen.beginPath();
  pen.rect(-reach / 2, -across, reach, 2 * across);
  pen.clip();
  pen.fillStyle = css(theme.hazard, 0.95);
  pen.fillRect(-reach, -across, 2 * reach, 2 * across);
  pen.fillStyle = css(theme.shade, 0.85);
  for (let at = -4; at < 4; at += 0.5) {
    pen.beginPath();
    pen.moveTo(at, -across);
    pen.lineTo(at + 0.25, -across);
    pen.lineTo(at + 0.25 - 2 * across, across);
    pen.lineTo(at - 2 * across, across);
    pen.fill();
  }
  pen.restore();
}

function crate(
  pen: Pen,
  { half_width: w, half_height: h }: Wall,
  theme: Theme,
  random: () => number,
) {
  const wood = mix(theme.wallLit, theme.wallTop, 0.25 + random() * 0.25);
  pen.fillStyle = css(wood);
  pen.fillRect(-w, -h, 2 * w, 2 * h);
  const planks = Math.max(3, Math.round(w * 4));
  for (let i = 0; i < planks; i++) {
    pen.fillStyle = css(theme.shade, 0.05 + random() * 0.16);
    pen.fillRect(-w, -h + (i * 2 * h) / planks, 2 * w, (2 * h) / planks - 0.03);
  }
  pen.strokeStyle = css(mix(wood, 0xffffff, 0.22));
  pen.lineWidth = 0.2;
  pen.strokeRect(-w + 0.16, -h + 0.16, 2 * w - 0.32, 2 * h - 0.32);
  pen.beginPath();
  pen.moveTo(-w + 0.2, -h + 0.2);
  pen.lineTo(w - 0.2, h - 0.2);
  pen.stroke();
  pen.fillStyle = css(theme.shade, 0.7);
  for (const x of [-1, 1]) {
    for (const y of [-1, 1]) {
      ellipse(pen, x * (w - 0.16), y * (h - 0.16), 0.045, 0.045);
      pen.fill();
    }
  }
}

function hedge(
  pen: Pen,
  { half_width: w, half_height: h }: Wall,
  theme: Theme,
  random: () => number,
) {
  pen.fillStyle = css(theme.wallTopWorn);
  pen.fillRect(-w, -h, 2 * w, 2 * h);
  for (let i = 0; i < w * h * 150; i++) {
    const light = random();
    pen.fillStyle = css(
      mix(mix(theme.wallTopWorn, theme.shade, 0.3), mix(theme.wallTop, theme.sun, 0.25), light),
      0.8,
    );
    const r = 0.08 + random() * 0.12;
    ellipse(pen, (random() * 2 - 1) * w, (random() * 2 - 1) * h, r, r * 0.7);
    pen.fill();
  }
}

/** The landmark in the centre of the map. */
function centrepiece(
  pen: Pen,
  { half_width: w, half_height: h }: Wall,
  theme: Theme,
  random: () => number,
) {
  pen.fillStyle = css(theme.hedge ? 0xd9cdb0 : 0x4a4048);
  pen.fillRect(-w, -h, 2 * w, 2 * h);
  const rim = 0.34;
  roundRect(pen, -w + rim, -h + rim, 2 * (w - rim), 2 * (h - rim), 0.2);
  const deep = pen.createRadialGradient(0, 0, 0.1, 0, 0, w);
  const stops = theme.hedge ? ["#d8fbff", "#4fb3c8", "#1c5a74"] : ["#fff3c4", "#ff9a2e", "#b0300f"];
  stops.forEach((stop, i) => {
    deep.addColorStop(i / 2, stop);
  });
  pen.fillStyle = deep;
  pen.fill();
  pen.save();
  pen.clip();
  for (let i = 0; i < 40; i++) {
    const warm = random() < 0.5;
    pen.fillStyle = theme.hedge
      ? `rgba(${warm ? "255,255,255" : "10,60,90"},${random() * 0.22})`
      : `rgba(${warm ? "255,240,170" : "110,20,8"},${random() * 0.4})`;
    ellipse(
      pen,
      (random() * 2 - 1) * w,
      (random() * 2 - 1) * h,
      0.1 + random() * 0.5,
      0.05 + random() * 0.18,
    );
    pen.fill();
  }
  if (!theme.hedge) {
    // A grate over the melt.
    pen.fillStyle = "rgba(30,20,26,0.9)";
    for (let x = -w; x < w; x += 0.62) pen.fillRect(x, -h, 0.16, 2 * h);
    pen.fillRect(-w, -0.09, 2 * w, 0.18);
  }
  pen.restore();
  roundRect(pen, -w + rim, -h + rim, 2 * (w - rim), 2 * (h - rim), 0.2);
  pen.lineWidth = 0.08;
  pen.strokeStyle = css(theme.shade, 0.8);
  pen.stroke();
}
