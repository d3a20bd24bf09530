/**
 * Pictures of entities, kept from frame to frame by entity id. A new entity gets a picture that no other entity needs
 * any more; a picture is made only if there is none. Nothing is allocated for an entity that is still there.
 */

/** An item of the pool. */
export interface Pooled {
  /** The entity that it shows. */
  id: number;
  /** The last animation frame in which it was shown. */
  frame: number;
}

export class Pool<T extends Pooled> {
  /** The items in use, in no particular order. */
  readonly active: T[] = [];
  readonly #byId = new Map<number, T>();
  readonly #free: T[] = [];
  readonly #make: () => T;
  readonly #begin: (item: T) => void;
  readonly #end: (item: T) => void;
  #frame = 0;

  /** `begin` shows a picture for a new entity, `end` hides it. */
  constructor(make: () => T, begin: (item: T) => void, end: (item: T) => void) {
    this.#make = make;
    this.#begin = begin;
    this.#end = end;
  }

  /** Call this before the entities of an animation frame are shown. */
  start(): void {
    this.#frame += 1;
  }

  /** Returns the picture of an entity, which is in use from now on. */
  show(id: number): T {
    let item = this.#byId.get(id);
    if (!item) {
      item = this.#free.pop() ?? this.#make();
      item.id = id;
      this.#byId.set(id, item);
      this.active.push(item);
      this.#begin(item);
    }
    item.frame = this.#frame;
    return item;
  }

  /** Call this after the entities of an animation frame were shown; it frees the pictures of all others. */
  finish(): void {
    for (let i = this.active.length - 1; i >= 0; i--) {
      const item = this.active[i];
      if (!item || item.frame === this.#frame) continue;
      this.#end(item);
      this.#byId.delete(item.id);
      this.#free.push(item);
      const last = this.active.pop();
      if (last && last !== item) this.active[i] = last;
    }
  }

  find(id: number): T | undefined {
    return this.#byId.get(id);
  }
}
