/**
 * The room's chat: a log that shows new lines for a while, and a line to type in.
 *
 * In: lines from the room, keys. Out: lines that the person sends. While the line is open, the game gets no keys.
 */

import { type ChatLine, cut, LIMITS } from "tickwire";
import { css, playerColour } from "../palette";
import { CHAT_LINES, CHAT_MS } from "../tunables";
import { byId, data, make } from "./dom";

export class Chat {
  /** Called when the person sends a line. */
  onLine: (text: string) => void = () => undefined;
  /** Called when the line to type in is opened (true) or closed. */
  onOpen: (open: boolean) => void = () => undefined;
  readonly #log = byId("chat-log", HTMLOListElement);
  readonly #form = byId("chat-form", HTMLFormElement);
  readonly #line = byId("chat-line", HTMLInputElement);
  readonly #hint = byId("chat-hint", HTMLElement);

  constructor() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = cut(this.#line.value, LIMITS.chatBytes);
      if (text !== "") this.onLine(text);
      this.open(false);
    });
    this.#line.addEventListener("keydown", (event) => {
      // Keys of the game and of the page are only letters here.
      event.stopPropagation();
      if (event.key === "Escape") this.open(false);
    });
    this.#line.addEventListener("blur", () => this.open(false));
  }

  get isOpen(): boolean {
    return !this.#form.hidden;
  }

  open(open: boolean): void {
    if (open === this.isOpen) return;
    this.#form.hidden = !open;
    this.#hint.hidden = open;
    this.#log.classList.toggle("all", open);
    this.#line.value = "";
    if (open) this.#line.focus();
    else this.#line.blur();
    this.#log.scrollTop = this.#log.scrollHeight;
    this.onOpen(open);
  }

  add({ player, name, text }: ChatLine): void {
    const line = make("li");
    data(line, "player", String(player));
    const author = make("b", "", name);
    author.style.color = css(playerColour(player));
    line.append(author, make("span", "", text));
    this.#append(line);
  }

  /** Shows words from the page itself. */
  note(text: string): void {
    this.#append(make("li", "note", text));
  }

  clear(): void {
    this.#log.replaceChildren();
  }

  #append(line: HTMLElement): void {
    this.#log.append(line);
    while (this.#log.children.length > CHAT_LINES) this.#log.firstElementChild?.remove();
    this.#log.scrollTop = this.#log.scrollHeight;
    setTimeout(() => line.classList.add("old"), CHAT_MS);
  }
}
