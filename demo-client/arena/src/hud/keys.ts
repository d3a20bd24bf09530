/**
 * Keys that matter only to the page. The keys that move the fighter are in `input.ts`.
 *
 * In: key events of the window. Out: calls of the HUD.
 */

import type { Hud } from "./hud";

export function listen(hud: Hud): void {
  const playing = () => document.body.getAttribute("data-state") === "playing";
  addEventListener("keydown", (event) => {
    if (!playing() || hud.busy || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab") {
      event.preventDefault();
      if (!event.repeat) hud.showScores(true);
    } else if (event.key === "Enter" && !onButton(event.target)) {
      event.preventDefault();
      hud.chat.open(true);
    } else if (event.key === "Escape") {
      event.preventDefault();
      hud.menu.showModal();
    } else if (event.code === "KeyM" && !event.repeat) {
      hud.place.toggleSound();
    }
  });
  addEventListener("keyup", (event) => {
    if (event.key === "Tab") hud.showScores(false);
  });
  addEventListener("blur", () => hud.showScores(false));
}

/** Enter on a focused button presses it. */
function onButton(target: EventTarget | null): boolean {
  return target instanceof HTMLButtonElement;
}
