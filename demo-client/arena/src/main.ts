/**
 * Where the page begins: loads the game and the fonts, builds the picture and the HUD, and runs the only
 * `requestAnimationFrame` loop.
 *
 * For curious people and for tests, `window.tickwire` has the `room` (see the SDK's README), the last drawn `view`, the
 * number of rail `beams` in it, and `stepsAgree(n)`, which compares this browser's movement step with the server's over
 * n random steps.
 */

import "./styles/fonts.css";
import "./styles/page.css";
import "./styles/hud.css";
import "./styles/cards.css";
import "./styles/sizes.css";
import { hasSeat } from "tickwire";
import { arena, mapOf, stepsAgree } from "./arena-game";
import { byId, data } from "./hud/dom";
import { Hud } from "./hud/hud";
import { listen } from "./hud/keys";
import { Controls } from "./input";
import { Scene } from "./scene/scene";
import { roomOfAddress, Session } from "./session";
import { Sound } from "./sound";

async function begin(hud: Hud): Promise<void> {
  const stage = byId("stage", HTMLElement);
  const sound = new Sound();
  sound.muted = hud.place.muted;
  hud.place.onMute = (muted) => {
    sound.muted = muted;
  };
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => sound.wake());

  await Promise.all([arena.load(), fonts()]);
  const scene = await Scene.create(stage, sound);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  scene.camera.shakes = !calm.matches;
  calm.addEventListener("change", () => {
    scene.camera.shakes = !calm.matches;
  });
  scene.load(mapOf({ map: "" }));

  const session = new Session(scene, hud, new Controls(stage), sound);
  listen(hud);
  byId("open-menu", HTMLButtonElement).addEventListener("click", () => hud.menu.showModal());
  byId("menu-back", HTMLButtonElement).addEventListener("click", () => hud.menu.close());
  byId("menu-leave", HTMLButtonElement).addEventListener("click", () => session.stop());
  const handle: Window["tickwire"] = {
    get room() {
      return session.room;
    },
    get view() {
      return session.view;
    },
    get beams() {
      return scene.beams.count;
    },
    stepsAgree,
  };
  Object.defineProperty(window, "tickwire", { value: handle });

  const room = roomOfAddress();
  // A reload is no goodbye: a player with a seat in this room goes straight back to it.
  if (hasSeat(arena, room)) session.join(hud.cards.name, room);
  else session.start();

  const frame = (nowMs: number) => {
    requestAnimationFrame(frame);
    session.frame(nowMs);
  };
  requestAnimationFrame(frame);
}

/** Text that is painted into textures needs its fonts first; a page without them still works. */
async function fonts(): Promise<void> {
  const wanted = [
    '600 15px "Barlow Condensed"',
    '800 15px "Big Shoulders Display"',
    '900 15px "Big Shoulders Display"',
  ];
  await Promise.allSettled(wanted.map((font) => document.fonts.load(font)));
}

const hud = new Hud();
begin(hud).catch((error: unknown) => {
  data(document.body, "state", "closed");
  const words = error instanceof Error ? error.message : String(error);
  hud.cards.onWay = () => location.reload();
  hud.cards.showWords("The arena could not start", words, ["reload"]);
});
