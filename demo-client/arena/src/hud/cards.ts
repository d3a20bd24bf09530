/**
 * The cards over the arena: the start card, the notice when a connection ended, and the strip while reconnecting.
 *
 * In: states and words. Out: the person's choices. Holds no connection.
 */

import { type ConnectionState, cut, LIMITS } from "tickwire";
import { callSign } from "../names";
import { notice, sentence, WAYS, type WayOn } from "../words";
import { byId, data, make, say } from "./dom";

const NAME_KEY = "tickwire:name";

export class Cards {
  onPlay: (name: string, room: string) => void = () => undefined;
  onWay: (way: WayOn) => void = () => undefined;
  onRetryNow: () => void = () => undefined;
  onStop: () => void = () => undefined;
  readonly #start = byId("start", HTMLElement);
  readonly #name = byId("name", HTMLInputElement);
  readonly #room = byId("room", HTMLInputElement);
  readonly #notice = byId("notice", HTMLElement);
  readonly #title = byId("notice-title", HTMLElement);
  readonly #words = byId("notice-words", HTMLElement);
  readonly #ways = byId("notice-ways", HTMLElement);
  readonly #link = byId("link", HTMLElement);
  readonly #linkWords = byId("link-words", HTMLElement);
  readonly #linkNow = byId("link-now", HTMLButtonElement);
  #nextTryAtMs = 0;
  #state: ConnectionState | undefined;

  constructor() {
    this.#name.placeholder = callSign();
    this.#name.value = remembered();
    byId("start-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      remember(this.#name.value.trim());
      this.onPlay(this.name, this.#room.value.trim());
    });
    this.#linkNow.addEventListener("click", () => this.onRetryNow());
    byId("link-stop", HTMLButtonElement).addEventListener("click", () => this.onStop());
  }

  /** The name to play under. */
  get name(): string {
    return cut(this.#name.value, LIMITS.nameBytes, LIMITS.nameCharacters) || this.#name.placeholder;
  }

  showStart(room: string): void {
    this.hide();
    this.#room.value = room;
    this.#start.hidden = false;
    // On a phone, the keyboard would cover the card.
    if (matchMedia("(hover: hover)").matches) this.#name.focus({ preventScroll: true });
  }

  /** Shows that a connection ended: what happened, and what to do next. */
  showNotice(code: number, words: string): void {
    const { title, ways } = notice(code);
    this.showWords(title, words, ways);
    data(this.#notice, "code", String(code));
  }

  showWords(title: string, words: string, ways: readonly WayOn[]): void {
    this.hide();
    say(this.#title, title);
    say(this.#words, sentence(words));
    this.#ways.replaceChildren();
    ways.forEach((way, i) => {
      const button = make("button", i === 0 ? "primary" : "", WAYS[way]);
      button.setAttribute("type", "button");
      data(button, "way", way);
      button.addEventListener("click", () => this.onWay(way));
      this.#ways.append(button);
    });
    this.#notice.hidden = false;
    this.#ways.querySelector("button")?.focus({ preventScroll: true });
  }

  /** Shows, above the arena, that we are connecting or reconnecting. */
  showLink(state: ConnectionState, nowMs: number): void {
    this.#state = state;
    this.#link.hidden = state.kind !== "connecting" && state.kind !== "reconnecting";
    if (state.kind === "reconnecting") this.#nextTryAtMs = nowMs + state.nextTryMs;
    this.#linkNow.hidden = state.kind !== "reconnecting" || state.nextTryMs < 1000;
    this.tick(nowMs);
  }

  /** Counts down to the next try. */
  tick(nowMs: number): void {
    const state = this.#state;
    if (this.#link.hidden || !state) return;
    if (state.kind === "connecting") say(this.#linkWords, "Connecting…");
    if (state.kind !== "reconnecting") return;
    const seconds = Math.ceil((this.#nextTryAtMs - nowMs) / 1000);
    const when =
      seconds > 1 && state.nextTryMs > 0 ? `trying again in ${seconds} s` : "trying again";
    say(this.#linkWords, `Reconnecting: ${state.words}, ${when}…`);
  }

  hide(): void {
    this.#start.hidden = true;
    this.#notice.hidden = true;
    this.#link.hidden = true;
    this.#notice.removeAttribute("data-code");
  }
}

function remembered(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? "";
  } catch {
    return "";
  }
}

function remember(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Next time the page asks for the name again.
  }
}
