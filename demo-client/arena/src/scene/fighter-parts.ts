/**
 * The pictures that a fighter consists of. They look east; their origin is the centre of the body. Parts that get the
 * player's colour are painted in greys.
 */

import type { Painter } from "./atlas";
import { ellipse, type Pen, roundRect, softDisc } from "./canvas";

const INK = "#17111a";

/** All parts, in the order in which the atlas takes them. */
export function fighterParts(sprite: Painter) {
  return { ...body(sprite), ...head(sprite), gun: sprite(2, paintGun), ...marks(sprite) };
}

function body(sprite: Painter) {
  return {
    shadow: sprite(2.4, (pen) => {
      pen.scale(1, 0.5);
      softDisc(
        pen,
        1.1,
        [
          [0, 0.62],
          [0.55, 0.5],
          [1, 0],
        ],
        "20,10,26",
      );
    }),
    foot: sprite(0.5, (pen) => {
      roundRect(pen, -0.17, -0.1, 0.34, 0.2, 0.1);
      outlined(pen, "#3a2f38", 0.05);
    }),
    pack: sprite(1.2, (pen) => {
      roundRect(pen, -0.47, -0.24, 0.3, 0.48, 0.09);
      outlined(pen, "#6b6470");
      pen.fillStyle = "#3a343f";
      pen.fillRect(-0.41, -0.15, 0.09, 0.3);
    }),
    torso: sprite(1.3, (pen) => {
      pen.beginPath();
      pen.ellipse(-0.02, 0, 0.31, 0.48, 0, 0, Math.PI * 2);
      outlined(pen, shaded(pen, 0.5, "#ffffff", "#a9a9a9"), 0.065);
      // Shoulder plates.
      for (const side of [-1, 1]) {
        ellipse(pen, 0, side * 0.36, 0.17, 0.13);
        outlined(pen, "#e2e2e2", 0.045);
      }
    }),
  };
}

function head(sprite: Painter) {
  return {
    helmet: sprite(0.8, (pen) => {
      ellipse(pen, 0, 0, 0.27, 0.25);
      outlined(pen, shaded(pen, 0.28, "#ffffff", "#bdbdbd"), 0.06);
    }),
    visor: sprite(0.8, (pen) => {
      pen.beginPath();
      pen.arc(0, 0, 0.235, -0.95, 0.95);
      pen.arc(-0.04, 0, 0.16, 0.9, -0.9, true);
      pen.closePath();
      pen.fillStyle = INK;
      pen.fill();
      pen.beginPath();
      pen.arc(0.01, 0, 0.19, -0.8, -0.1);
      pen.lineWidth = 0.035;
      pen.strokeStyle = "#bff3ff";
      pen.lineCap = "round";
      pen.stroke();
    }),
    stripe: sprite(0.8, (pen) => {
      pen.fillStyle = INK;
      pen.fillRect(-0.25, -0.055, 0.42, 0.11);
    }),
  };
}

function paintGun(pen: Pen): void {
  // Arms, hands, then the gun over them.
  pen.lineCap = "round";
  pen.lineWidth = 0.17;
  pen.strokeStyle = INK;
  for (const [x, y, side] of [
    [0.5, 0.06, 0.34],
    [0.34, 0.1, -0.34],
  ] as const) {
    pen.beginPath();
    pen.moveTo(0.05, side);
    pen.lineTo(x, y);
    pen.stroke();
  }
  roundRect(pen, 0.2, 0.0, 0.66, 0.16, 0.04);
  outlined(pen, "#4a4652", 0.05);
  roundRect(pen, 0.78, 0.035, 0.22, 0.09, 0.02);
  outlined(pen, "#2b2831", 0.04);
  pen.fillStyle = "#8d8796";
  pen.fillRect(0.3, 0.035, 0.4, 0.03);
  pen.fillStyle = "#f2a73b";
  pen.fillRect(0.42, 0.095, 0.1, 0.035);
  for (const [x, y] of [
    [0.5, 0.09],
    [0.3, 0.12],
  ] as const) {
    ellipse(pen, x, y, 0.085, 0.085);
    outlined(pen, "#5a4a50", 0.04);
  }
}

/** The ring of the own fighter, and the shield of a fighter that cannot be hurt yet. */
function marks(sprite: Painter) {
  return {
    ring: sprite(2, (pen) => {
      pen.lineWidth = 0.06;
      pen.strokeStyle = "rgba(255,255,255,0.95)";
      pen.setLineDash([0.34, 0.22]);
      ellipse(pen, 0, 0, 0.8, 0.8);
      pen.stroke();
    }),
    shield: sprite(2.4, (pen) => {
      softDisc(pen, 1.1, [
        [0, 0],
        [0.62, 0.06],
        [0.8, 0.5],
        [0.86, 0.9],
        [0.9, 0.35],
        [1, 0],
      ]);
    }),
  };
}

function outlined(pen: Pen, fill: string | CanvasGradient, line = 0.055): void {
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = line;
  pen.strokeStyle = INK;
  pen.stroke();
}

/** Light in the middle, dark at the edge. */
function shaded(pen: Pen, radius: number, light: string, dark: string): CanvasGradient {
  const shade = pen.createRadialGradient(0, 0, radius * 0.1, 0, 0, radius);
  shade.addColorStop(0, light);
  shade.addColorStop(0.6, light);
  shade.addColorStop(1, dark);
  return shade;
}
