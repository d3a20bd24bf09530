/**
 * Small helpers to paint textures with the 2D canvas. Everything in the arena is painted in code: there are no image
 * files.
 */

export type Pen = CanvasRenderingContext2D;

/** A canvas whose pen works in metres, with the origin in the centre. */
export function metreCanvas(widthM: number, heightM: number, pxPerM: number) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(widthM * pxPerM);
  canvas.height = Math.ceil(heightM * pxPerM);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser cannot paint on a canvas");
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.scale(pxPerM, pxPerM);
  return { canvas, pen };
}

/** A disc that fades from the centre outwards; stops are (radius part, alpha). */
export function softDisc(
  pen: Pen,
  radius: number,
  stops: readonly [number, number][],
  rgb = "255,255,255",
): void {
  const fade = pen.createRadialGradient(0, 0, 0, 0, 0, radius);
  for (const [at, alpha] of stops) fade.addColorStop(at, `rgba(${rgb},${alpha})`);
  pen.fillStyle = fade;
  pen.fillRect(-radius, -radius, 2 * radius, 2 * radius);
}

export function ellipse(pen: Pen, x: number, y: number, rx: number, ry: number): void {
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
}

export function roundRect(pen: Pen, x: number, y: number, w: number, h: number, r: number): void {
  pen.beginPath();
  pen.roundRect(x, y, w, h, r);
}
