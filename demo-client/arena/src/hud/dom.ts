/**
 * Helpers to reach the page's elements. Text from players only ever becomes `textContent`.
 */

/** The element with this id, of this class; the page is broken without it. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return element;
}

/** A new element with a class and a text. */
export function make(tag: string, className = "", text = ""): HTMLElement {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** Changes a text only if it differs, so that layout is not disturbed. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets `data-name`, which styles and tests use. */
export function data(element: HTMLElement, name: string, value: string): void {
  element.setAttribute(`data-${name}`, value);
}
