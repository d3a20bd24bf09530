/**
 * Who is in the room, and whose avatar an entity is.
 *
 * In: the roster and the room's events. Out: players by id, and the player of an entity.
 */

import type { PlayerInfo, RoomEvent } from "./types.js";

export class Roster {
  /** All players with a seat, by player id. The map stays the same. */
  readonly players = new Map<number, PlayerInfo>();
  readonly #owners = new Map<number, number>();

  /** These are all. */
  replace(all: readonly PlayerInfo[]): void {
    this.players.clear();
    this.#owners.clear();
    for (const info of all) this.#set(info);
  }

  /** The player whose avatar this is, if it is anybody's. */
  ownerOf(entity: number): PlayerInfo | undefined {
    return this.players.get(this.#owners.get(entity) ?? 0);
  }

  /** Takes in what has happened to somebody. False if the event is of another kind. */
  note(event: RoomEvent<unknown>): boolean {
    if (event === "ChatRefused") return false;
    if ("Joined" in event) {
      this.#set(event.Joined);
    } else if ("Left" in event) {
      this.#forget(event.Left);
      this.players.delete(event.Left);
    } else if ("Away" in event) {
      const [player, away] = event.Away;
      this.#change(player, { away });
    } else if ("Avatar" in event) {
      const [player, avatar] = event.Avatar;
      this.#change(player, { avatar });
    } else {
      return false;
    }
    return true;
  }

  #change(player: number, change: Partial<PlayerInfo>): void {
    const info = this.players.get(player);
    if (info) this.#set({ ...info, ...change });
  }

  #set(info: PlayerInfo): void {
    this.#forget(info.player);
    this.players.set(info.player, info);
    if (info.avatar !== null) this.#owners.set(info.avatar, info.player);
  }

  #forget(player: number): void {
    const avatar = this.players.get(player)?.avatar ?? null;
    // It may be another player's by now.
    if (avatar !== null && this.#owners.get(avatar) === player) this.#owners.delete(avatar);
  }
}
