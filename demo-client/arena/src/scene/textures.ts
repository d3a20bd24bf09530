/**
 * Pictures of everything small: parts of fighters, flashes, particles. They are painted once at the start and shared by
 * all sprites. Those that get a player's colour are painted in greys.
 */

import type { Texture } from "pixi.js";
import { SPRITE_PX_PER_M } from "../tunables";
import { Atlas, type Painter } from "./atlas";
import { ellipse, type Pen, roundRect, softDisc } from "./canvas";
import { fighterParts } from "./fighter-parts";

/** Parts of fighters look east; their origin is the centre of the body. */
export interface Textures {
  shadow: Texture;
  foot: Texture;
  pack: Texture;
  torso: Texture;
  helmet: Texture;
  visor: Texture;
  stripe: Texture;
  gun: Texture;
  ring: Texture;
  shield: Texture;
  tracer: Texture;
  beam: Texture;
  glow: Texture;
  flash: Texture;
  dot: Texture;
  spark: Texture;
  puff: Texture;
  shell: Texture;
  shock: Texture;
  splat: Texture[];
  scorch: Texture;
}

/** Metres per pixel of a texture from {@link makeTextures}; sprites are scaled by it. */
export const M_PER_PX = 1 / SPRITE_PX_PER_M;

export function makeTextures(random: () => number): Textures {
  const atlas = new Atlas(SPRITE_PX_PER_M);
  const sprite: Painter = (size, draw, height = size) => atlas.add(size, height, draw);
  const textures = {
    // The tallest come first, because they share rows of the atlas.
    splat: [splat(sprite, random), splat(sprite, random), splat(sprite, random)],
    ...fighterParts(sprite),
    ...streaks(sprite),
    ...flashes(sprite),
    ...particles(sprite),
    scorch: sprite(0.9, (pen) => {
      softDisc(
        pen,
        0.45,
        [
          [0, 0.75],
          [0.35, 0.45],
          [1, 0],
        ],
        "12,8,12",
      );
    }),
  };
  atlas.finish();
  return textures;
}

function streaks(sprite: Painter) {
  return {
    // A streak whose bright end is on the right: it is anchored there.
    tracer: sprite(
      2,
      (pen) => {
        for (const [height, rgb, alpha] of [
          [0.2, "255,190,110", 0.5],
          [0.09, "255,236,190", 0.9],
          [0.045, "255,255,255", 1],
        ] as const) {
          const fade = pen.createLinearGradient(-1, 0, 1, 0);
          fade.addColorStop(0, `rgba(${rgb},0)`);
          fade.addColorStop(0.75, `rgba(${rgb},${alpha * 0.55})`);
          fade.addColorStop(0.97, `rgba(${rgb},${alpha})`);
          pen.fillStyle = fade;
          roundRect(pen, -1, -height / 2, 2, height, height / 2);
          pen.fill();
        }
      },
      0.4,
    ),
    // A piece of a line, stretched to the length that is needed.
    beam: sprite(
      0.25,
      (pen) => {
        const fade = pen.createLinearGradient(0, -0.25, 0, 0.25);
        for (const [at, alpha] of [
          [0, 0],
          [0.3, 0.25],
          [0.44, 1],
          [0.56, 1],
          [0.7, 0.25],
          [1, 0],
        ] as const) {
          fade.addColorStop(at, `rgba(255,255,255,${alpha})`);
        }
        pen.fillStyle = fade;
        pen.fillRect(-0.25, -0.25, 0.5, 0.5);
      },
      0.5,
    ),
  };
}

function flashes(sprite: Painter) {
  return {
    glow: sprite(2, (pen) => {
      softDisc(pen, 1, [
        [0, 1],
        [0.2, 0.55],
        [0.5, 0.18],
        [1, 0],
      ]);
    }),
    flash: sprite(2.2, paintStar),
    shock: sprite(2, (pen) => {
      softDisc(pen, 1, [
        [0, 0],
        [0.7, 0],
        [0.9, 0.9],
        [0.95, 0.5],
        [1, 0],
      ]);
    }),
  };
}

/** A star that points east; its origin is the muzzle. */
function paintStar(pen: Pen): void {
  const arms: readonly [number, number][] = [
    [0, 1],
    [0.75, 0.5],
    [-0.75, 0.5],
    [1.5, 0.34],
    [-1.5, 0.34],
    [2.6, 0.16],
    [-2.6, 0.16],
  ];
  for (const [angle, length] of arms) {
    pen.save();
    pen.rotate(angle);
    const fade = pen.createLinearGradient(0, 0, length, 0);
    fade.addColorStop(0, "rgba(255,255,255,1)");
    fade.addColorStop(0.35, "rgba(255,226,150,0.95)");
    fade.addColorStop(1, "rgba(255,140,40,0)");
    pen.fillStyle = fade;
    pen.beginPath();
    pen.moveTo(0, -0.13);
    pen.lineTo(length, 0);
    pen.lineTo(0, 0.13);
    pen.closePath();
    pen.fill();
    pen.restore();
  }
  softDisc(pen, 0.3, [
    [0, 1],
    [1, 0],
  ]);
}

function particles(sprite: Painter) {
  return {
    dot: sprite(0.4, (pen) => {
      ellipse(pen, 0, 0, 0.15, 0.15);
      pen.fillStyle = "#ffffff";
      pen.fill();
    }),
    spark: sprite(
      0.8,
      (pen) => {
        const fade = pen.createLinearGradient(-0.4, 0, 0.4, 0);
        fade.addColorStop(0, "rgba(255,255,255,0)");
        fade.addColorStop(1, "rgba(255,255,255,1)");
        pen.fillStyle = fade;
        roundRect(pen, -0.4, -0.03, 0.8, 0.06, 0.03);
        pen.fill();
      },
      0.1,
    ),
    puff: sprite(1.2, (pen) => {
      softDisc(pen, 0.6, [
        [0, 0.5],
        [0.5, 0.28],
        [1, 0],
      ]);
    }),
    shell: sprite(0.3, (pen) => {
      roundRect(pen, -0.09, -0.04, 0.18, 0.08, 0.02);
      pen.fillStyle = "#e0a94e";
      pen.fill();
      pen.fillStyle = "#8a5a22";
      pen.fillRect(-0.09, -0.04, 0.04, 0.08);
    }),
  };
}

/** A burst paint can. */
function splat(sprite: Painter, random: () => number): Texture {
  return sprite(3.2, (pen) => {
    pen.fillStyle = "#ffffff";
    ellipse(pen, 0, 0, 0.5 + random() * 0.15, 0.45 + random() * 0.15);
    pen.fill();
    for (let i = 0; i < 26; i++) {
      const angle = random() * Math.PI * 2;
      const reach = 0.35 + random() ** 1.6 * 1.1;
      const size = 0.16 * (1.25 - reach / 1.6) + random() * 0.05;
      pen.save();
      pen.rotate(angle);
      ellipse(pen, reach, 0, size * (1 + random()), size);
      pen.fill();
      if (random() < 0.6) {
        pen.fillRect(0, -size * 0.35, reach, size * 0.7);
      }
      pen.restore();
    }
  });
}
