//! Pictures that are painted once: to stamp one costs far less than to shade a circle in each frame.

function paint(size: number, how: (pen: CanvasRenderingContext2D) => void): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  how(canvas.getContext("2d") as CanvasRenderingContext2D);
  return canvas;
}

/** Every player has a colour of its own, whatever its number is. */
export const hueOf = (player: number) => (player * 137 + 260) % 360;

const glows = new Map<number, HTMLCanvasElement>();

/** A soft ball of light of this hue. */
export function glow(hue: number): HTMLCanvasElement {
  const ball =
    glows.get(hue) ??
    paint(64, (pen) => {
      const light = pen.createRadialGradient(32, 32, 0, 32, 32, 32);
      light.addColorStop(0, `hsl(${hue} 100% 92%)`);
      light.addColorStop(0.12, `hsl(${hue} 100% 70% / 0.9)`);
      light.addColorStop(0.35, `hsl(${hue} 100% 50% / 0.25)`);
      light.addColorStop(1, `hsl(${hue} 100% 50% / 0)`);
      pen.fillStyle = light;
      pen.fillRect(0, 0, 64, 64);
    });
  glows.set(hue, ball);
  return ball;
}

/** A piece of dark meadow, to lay side by side: without it nobody would see that they fly. */
export const meadow = () =>
  paint(512, (pen) => {
    pen.fillStyle = "#0a1520";
    pen.fillRect(0, 0, 512, 512);
    for (let tuft = 0; tuft < 150; tuft++) {
      pen.fillStyle = `hsl(${140 + Math.random() * 60} 45% ${11 + Math.random() * 9}%)`;
      const [x, y] = [Math.random() * 490, Math.random() * 490];
      for (const blade of [-4, 0, 4]) pen.fillRect(x + blade + 6, y + Math.abs(blade) + 4, 1.5, 9);
    }
  });
