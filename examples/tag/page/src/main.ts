// What a player sees and presses: the field, the scores and the chat.

import { connect, Keys, overlay } from "tickwire";
import { type RoundRow, type TagView, tag } from "../generated";

const find = <E extends Element>(selector: string) => document.querySelector(selector) as E;
const canvas = find<HTMLCanvasElement>("canvas");
const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
const status = find<HTMLParagraphElement>("p");
const [clock, scores, log] = [find("time"), find("ol"), find("ul")];
const line = find<HTMLInputElement>("input");

const keys = new Keys();
addEventListener("keydown", (event) => {
  if (event.target === line || event.code !== "Enter") return;
  event.preventDefault(); // or the same Enter would send the empty line
  line.focus();
});
line.addEventListener("focus", () => keys.release());

const room = connect(tag, {
  linked: true, // the room's name is in the address: who opens it plays in the same room
  input: () => ({
    right: keys.axis(["ArrowLeft", "KeyA"], ["ArrowRight", "KeyD"]),
    down: keys.axis(["ArrowUp", "KeyW"], ["ArrowDown", "KeyS"]),
  }),
});
overlay(room); // F3 shows how the connection does

const nameOf = (player: number) => room.players.get(player)?.name ?? "Somebody";
const colorOf = (player = 0) => `hsl(${(player * 137.5 + 150) % 360} 65% 65%)`;
const GOLD = "#ffcf5c";
let headline = "";
let pulse = { entity: 0, atMs: 0 };

room.on("state", ({ kind, words }) => {
  if (kind !== "playing") status.textContent = words;
});
room.on("chat", (said) => tell(`${said.name}: ${said.text}`));
room.on("chatRefused", () => tell("Not so fast!"));
room.on("event", (news) => {
  if ("Tagged" in news) {
    pulse = { entity: room.avatarOf(news.Tagged.whom) ?? 0, atMs: performance.now() };
  } else {
    headline = `${nameOf(news.Won.player)} wins!`;
    tell(headline);
  }
});
find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (line.value.trim()) room.chat(line.value);
  line.value = "";
  line.blur();
});

/** Changes text only if it differs, so a screen reader is not told the same again. */
function put(at: Element, text: string) {
  if (at.textContent !== text) at.textContent = text;
}

function tell(text: string) {
  log.appendChild(document.createElement("li")).textContent = text;
  if (log.childElementCount > 50) log.firstElementChild?.remove();
  log.scrollTop = log.scrollHeight;
}

room.frame((view, nowMs) => {
  const it = [...view.Runner].find((runner) => runner.it)?.id;
  drawField(view, it, nowMs);
  for (const round of view.Round) showRound(round, it);
  showScores(view, it);
});

function showRound({ runs, left_s }: RoundRow, it: number | undefined) {
  const itName = it === undefined ? "" : (room.ownerOf(it)?.name ?? "");
  document.body.dataset.it = itName;
  put(clock, runs ? `${left_s} s left` : `next round in ${left_s} s`);
  const duty = it === room.me.entity ? "You are it: catch somebody!" : `${itName} is it. Run!`;
  if (room.state.kind === "playing") put(status, runs ? itName && duty : headline);
  if (!runs) write(headline, 0, 0, "700 34px");
}

function showScores(view: TagView, it: number | undefined) {
  const rows = [...view.Score].sort((a, b) => a.seconds - b.seconds || a.id - b.id);
  while (scores.childElementCount > rows.length) scores.lastElementChild?.remove();
  rows.forEach(({ id, seconds }, place) => {
    const li = scores.children[place] ?? scores.appendChild(document.createElement("li"));
    const [row, owner] = [li as HTMLLIElement, room.ownerOf(id)];
    put(row, owner?.name ?? "");
    row.dataset.player = owner?.name ?? "";
    row.dataset.seconds = `${seconds}`; // the style sheet shows it
    row.className = id === it ? "it" : "";
    row.style.borderColor = colorOf(owner?.player);
  });
}

function drawField(view: TagView, it: number | undefined, nowMs: number) {
  const [width, sharp] = [canvas.clientWidth, devicePixelRatio];
  const size = Math.round(width * sharp);
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const metre = width / 52; // the field is 50.4 m wide, and has a little room at its edges
  // In CSS pixels around the middle, so that letters are as large in every window.
  pen.setTransform(sharp, 0, 0, sharp, size / 2, size / 2);
  pen.clearRect(-width / 2, -width / 2, width, width);
  pen.fillStyle = "#3a475f";
  pen.beginPath();
  for (const [x, y, w, h] of room.setup ?? [])
    pen.roundRect(x * metre, y * metre, w * metre, h * metre, 5);
  pen.fill();

  const r = 1.2 * metre;
  for (const { id, ...at } of view.Runner) {
    const [x, y, owner] = [at.x * metre, at.y * metre, room.ownerOf(id)];
    pen.globalAlpha = owner?.away ? 0.35 : 1;
    circle(x, y, r, colorOf(owner?.player), true);
    if (id === room.me.entity) circle(x, y, r + 1, "#ffffff");
    if (id === it) {
      circle(x, y, r + 6, GOLD);
      write("♛", x, y, `${1.5 * r}px`, GOLD);
    }
    const age = (nowMs - pulse.atMs) / 600;
    if (id === pulse.entity && age < 1) {
      pen.globalAlpha = 1 - age;
      circle(x, y, r * (1 + 3 * age), GOLD);
    }
    pen.globalAlpha = 1;
  }
  for (const { id, x, y } of view.Runner) {
    const above = y * metre - r - 16;
    const fits = above > 10 - width / 2;
    write(room.ownerOf(id)?.name ?? "", x * metre, fits ? above : y * metre + r + 16);
  }
}

function circle(x: number, y: number, radius: number, color: string, filled = false) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [color, color, 2.5];
  filled ? pen.fill() : pen.stroke();
}

/** Light letters with a dark edge are legible on whatever is below. None leave the picture. */
function write(text: string, x: number, y: number, font = "500 13px", color = "#eef2f8") {
  pen.font = `${font} system-ui, sans-serif`;
  [pen.textAlign, pen.textBaseline, pen.lineJoin] = ["center", "middle", "round"];
  [pen.fillStyle, pen.strokeStyle, pen.lineWidth] = [color, "#0d1017", 3];
  const far = (canvas.clientWidth - pen.measureText(text).width) / 2 - 4;
  const at = Math.max(-far, Math.min(x, far));
  pen.strokeText(text, at, y);
  pen.fillText(text, at, y);
}
