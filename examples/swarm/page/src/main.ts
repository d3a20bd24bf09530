//! What a player sees and presses: the meadow around the own lantern, who is near, and what that costs.

import { connect, Keys, overlay } from "tickwire";
import { swarm } from "../generated";
import { glow, hueOf, meadow } from "./glow";

const canvas = document.querySelector("canvas") as HTMLCanvasElement;
const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
const status = document.querySelector("p") as HTMLParagraphElement;
const figures = document.querySelector("output") as HTMLOutputElement;

const keys = new Keys();

const room = connect(swarm, {
  linked: true, // the room's name is in the address: who opens it plays in the same room
  input: () => ({
    right: keys.axis(["ArrowLeft", "KeyA"], ["ArrowRight", "KeyD"]),
    down: keys.axis(["ArrowUp", "KeyW"], ["ArrowDown", "KeyS"]),
  }),
});
overlay(room);

const help = "Arrow keys or WASD fly you. Fireflies follow, if you do not hurry.";
room.on("state", ({ kind, words }) => {
  status.textContent = kind === "playing" ? help : words;
});

const EDGE = 200; // half the side of the world, metres
const ground = pen.createPattern(meadow(), "repeat") as CanvasPattern;
ground.setTransform(new DOMMatrix().scale(40 / 512)); // a piece is 40 m wide
let toldMs = 0;

room.frame((view, timeMs) => {
  const night = room.setup; // what the room tells everybody who joins
  const me = view.Lantern.get(room.me.entity);
  if (!night || !me) return;

  // The corners of the window are as far away as the server lets us see: nothing is sent in vain or comes out of nowhere.
  const [wide, high] = [innerWidth, innerHeight].map((length) => (length * devicePixelRatio) | 0);
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const scale = Math.hypot(wide, high) / 2 / (night.sight_m - 2);
  pen.reset();
  pen.setTransform(scale, 0, 0, scale, wide / 2 - me.x * scale, high / 2 - me.y * scale);
  pen.fillStyle = ground;
  pen.fillRect(-EDGE, -EDGE, 2 * EDGE, 2 * EDGE);
  pen.strokeStyle = "#3f6f8f";
  pen.lineWidth = 0.3;
  pen.strokeRect(-EDGE, -EDGE, 2 * EDGE, 2 * EDGE);

  // Light adds up.
  pen.globalCompositeOperation = "lighter";
  const shine = (hue: number, x: number, y: number, size: number, alpha: number) => {
    pen.globalAlpha = alpha;
    pen.drawImage(glow(hue), x - size, y - size, 2 * size, 2 * size);
  };
  // Columns, since these are many: a loop over `view.Firefly` itself would make an object for each.
  const { count, ids, x, y, of } = view.Firefly;
  for (let row = 0; row < count; row++) {
    const blink = Math.sin(timeMs / 600 + ids[row] * 1.7) / 2 + 0.5;
    if (of[row]) shine(hueOf(of[row]), x[row], y[row], 1.8, 0.8 + 0.2 * blink);
    else shine(75, x[row], y[row], 1.3, 0.25 + 0.6 * blink);
  }
  // Every player is a dot on the map, in the corner; those who are near have a lantern.
  pen.globalAlpha = 1;
  pen.lineWidth = 0.15;
  const map = { x: me.x + wide / 2 / scale - 7, y: me.y - high / 2 / scale + 7, half: 6 };
  pen.strokeRect(map.x - map.half, map.y - map.half, 2 * map.half, 2 * map.half);
  for (const { player, lit, ...mark } of view.Mark) {
    const at = map.half / EDGE;
    shine(hueOf(player), map.x + mark.x * at, map.y + mark.y * at, 1.2, 1);
    const lantern = view.Lantern.get(room.avatarOf(player));
    if (!lantern) continue;
    shine(hueOf(player), lantern.x, lantern.y, 16, 0.5);
    shine(40, lantern.x, lantern.y, 3, 1);
    pen.fillStyle = "#fff";
    pen.font = "1.7px system-ui";
    pen.textAlign = "center";
    pen.fillText(`${room.players.get(player)?.name ?? ""}  ${lit}`, lantern.x, lantern.y - 8);
  }

  // A few times a second is enough to read, and the room's figures are made anew at each look.
  if (timeMs - toldMs < 250) return;
  toldMs = timeMs;
  const kilobytes = ((room.stats?.snapshot_bytes_per_s ?? 0) / 1000).toFixed(1);
  figures.textContent = `${night.flies} fireflies, ${count} near you, ${kilobytes} kB/s down`;
  const [east, south] = [me.x.toFixed(1), me.y.toFixed(1)];
  Object.assign(document.body.dataset, { total: night.flies, seen: count, x: east, y: south });
});
