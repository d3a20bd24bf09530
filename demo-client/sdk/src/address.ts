/**
 * Where the server and the room are, and why there is no socket. A browser does not tell a page how a server answered an
 * upgrade, so the page asks over HTTP.
 *
 * In: the page's own address, or a socket's. Out: the server's words, if it refuses and says why.
 */

/** How long to wait for the answer, milliseconds. */
const PATIENCE_MS = 3_000;
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

/** The player's name in the page's address. Empty if there is none. */
export function nameInAddress(): string {
  return new URLSearchParams(globalThis.location?.search).get("name") ?? "";
}

/** Names the room in the page's address. */
export function putRoomInAddress(room: string): void {
  const address = new URL(location.href);
  address.searchParams.set("room", room);
  history.replaceState(history.state, "", address);
}

/** The socket beside the page. */
export function socketUrl(): string {
  const url = new URL("ws", globalThis.document?.baseURI ?? globalThis.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
