import { connect, Keys, overlay } from "tickwire";
import { dots } from "../generated";

const canvas = document.querySelector("canvas") as HTMLCanvasElement;
const pen = canvas.getContext("2d") as CanvasRenderingContext2D;
const status = document.querySelector("p") as HTMLParagraphElement;

const keys = new Keys();
const room = connect(dots, {
  linked: true, // the room's name is in the address: who opens it plays in the same room
  input: () => ({
    right: keys.axis(["ArrowLeft", "KeyA"], ["ArrowRight", "KeyD"]),
    down: keys.axis(["ArrowUp", "KeyW"], ["ArrowDown", "KeyS"]),
  }),
});
overlay(room); // F3 shows how the connection does
room.on("state", ({ kind, words }) => {
  status.textContent = kind === "playing" ? "Arrow keys or WASD move you" : words;
});

room.frame((view) => {
  const size = Math.round(canvas.clientWidth * devicePixelRatio);
  if (canvas.width !== size) canvas.width = canvas.height = size;
  const scale = size / 108; // the field is 100 m wide, and a dot has room at its edges
  pen.setTransform(scale, 0, 0, scale, size / 2, size / 2);
  pen.clearRect(-54, -54, 108, 108);
  pen.font = "2.4px system-ui";
  pen.textAlign = "center";
  for (const dot of view.Dot) {
    pen.fillStyle = dot.id === room.me.entity ? "#ffb454" : "#59c2ff";
    pen.beginPath();
    pen.arc(dot.x, dot.y, 1.6, 0, 2 * Math.PI);
    pen.fill();
    pen.fillText(room.ownerOf(dot.id)?.name ?? "", dot.x, dot.y - 2.4);
  }
});
