/**
 * Keeps the token that takes a seat back, so that a reloaded page is the same player. There is one entry for each game
 * and room, by default in the tab's sessionStorage.
 *
 * A browser copies sessionStorage when a tab is duplicated: the copy takes the seat over, and the server closes the
 * first tab with "replaced". The two do not fight, since such a close is never retried and drops the token.
 */

/** The part of `Storage` that the SDK uses. */
export type TokenStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** The tab's own storage, or null if the browser denies it. */
export function tabStorage(): TokenStorage | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

/** The tokens of one game. */
export class SeatStore {
  readonly #storage: TokenStorage | null;
  readonly #game: string;

  constructor(storage: TokenStorage | null, game: string) {
    this.#storage = storage;
    this.#game = game;
  }

  load(room: string): string | undefined {
    return this.#try((storage) => storage.getItem(this.#key(room))) ?? undefined;
  }

  save(room: string, token: string): void {
    this.#try((storage) => storage.setItem(this.#key(room), token));
  }

  drop(room: string): void {
    this.#try((storage) => storage.removeItem(this.#key(room)));
  }

  #key(room: string): string {
    return `tickwire:seat:${this.#game}:${room}`;
  }

  /** A storage that is full or denied costs the seat on a reload, and nothing else. */
  #try<T>(use: (storage: TokenStorage) => T): T | undefined {
    try {
      return this.#storage ? use(this.#storage) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** True if this tab can take a seat in this room back after a reload. False for an empty room name. */
export function hasSeat(
  game: { readonly name: string },
  room: string,
  storage = tabStorage(),
): boolean {
  return room !== "" && new SeatStore(storage, game.name).load(room) !== undefined;
}
