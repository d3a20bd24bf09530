/**
 * Where the server and the room are, and why there is no socket. A browser does not tell a page how a server answered an
 * upgrade, so the page asks over HTTP.
 *
 * In: the page's own address, or a socket's. Out: the server's words, if it refuses and says why.
 */

import { tabStorage } from "./seat-store.js";

/** How long to wait for the answer, milliseconds. */
const PATIENCE_MS = 3_000;
/** Where a tab keeps the name that its address had. */
const NAME = "tickwire:name";
/** Longer answers come from something that is not our server. */
const WORDS_MAX = 200;

/** The server's reason to refuse a socket now. Undefined if it would take one, or cannot be reached. */
export async function whyRefused(url: string): Promise<string | undefined> {
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol === "wss:" ? "https:" : "http:";
  try {
    const answer = await fetch(address, {
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    // 426 says that the address is right and that only a socket is missing.
    if (answer.ok || answer.status === 426) return undefined;
    const kind = answer.headers.get("content-type") ?? "";
    const words = kind.startsWith("text/plain") ? (await answer.text()).trim() : "";
    if (words === "" || words.length > WORDS_MAX) return `the server answers ${answer.status}`;
    return words;
  } catch {
    return undefined;
  }
}

/** The room that the page's address names. Empty if it names none. */
export function roomInAddress(): string {
  return new URLSearchParams(globalThis.location?.search).get("room") ?? "";
}

/** The player's name in the page's address, or that was there when this tab came. Empty if there is none. */
export function nameInAddress(): string {
  const name = new URLSearchParams(globalThis.location?.search).get("name") ?? "";
  const storage = tabStorage();
  try {
    if (name === "") return storage?.getItem(NAME) ?? "";
    storage?.setItem(NAME, name);
  } catch {
    // A reload will ask for another name.
  }
  return name;
}

/** Names the room in the page's address, and no player: the address is an invitation. */
export function putRoomInAddress(room: string): void {
  try {
    const address = new URL(location.href);
    address.searchParams.set("room", room);
    address.searchParams.delete("name");
    history.replaceState(history.state, "", address);
  } catch {
    // Some documents have an address that cannot be changed: frames without one of their own, apps.
  }
}

/** The socket beside the page. */
export function socketUrl(): string {
  const url = new URL("ws", globalThis.document?.baseURI ?? globalThis.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
