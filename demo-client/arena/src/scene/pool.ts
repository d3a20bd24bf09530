/**
 * Pictures of entities, kept from frame to frame by entity id. An entity that is seen first gets a picture that another
 * one no longer needs; only when there is none is one made. Nothing is allocated for an entity that is still there.
 */

/** What a pool keeps. */
export interface Pooled {
  /** The entity shown. */
  id: number;
  /** The last animation frame that it was shown in. */
  frame: number;
}

export class Pool<T extends Pooled> {
  /** In use, in no order. */
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

  /** Before an animation frame's entities are shown. */
  start(): void {
    this.#frame += 1;
  }

  /** The picture of an entity, in use from now on. */
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

  /** After an animation frame's entities were shown: the pictures of others are free again. */
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
