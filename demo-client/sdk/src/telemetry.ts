/**
 * What was drawn in each animation frame, for measuring smoothness: {@link Room.telemetry}.
 *
 * In: the view after it was drawn up, and the times that belong to it. Out: columns, on request. Rings that
 * are made once: recording a frame allocates nothing per entity.
 */

import { rowOf } from "./tables";
import { TELEMETRY_FRAMES } from "./tunables";

/** What to record. */
export interface TelemetryOptions<Field extends string = string> {
  /** The component to read, by its name in the view: the one with positions. */
  readonly component: string;
  /** Its fields to record, such as `["x", "y"]`. */
  readonly fields: readonly Field[];
  /** Entities to watch beside the own one. */
  readonly entities?: readonly number[];
  /** The newest so many animation frames are kept. */
  readonly frames?: number;
}

/** An entity's fields over the recorded animation frames, by field; NaN where it was not drawn. */
export type Track<Field extends string = string> = Readonly<Record<Field, Float64Array>>;

/** Recorded animation frames, oldest first: entry n of each array belongs to the same one. Copies, yours to keep. */
export interface TelemetrySnapshot<Field extends string = string> {
  /** How many. */
  readonly frames: number;
  /** When it was drawn up, milliseconds of `performance.now()`. */
  readonly timeMs: Float64Array;
  /** The tick that others were drawn at, with fraction. */
  readonly drawnTick: Float64Array;
  /** The tick that the room was at, as far as this client knew, with fraction. NaN while the connection was lost. */
  readonly roomTick: Float64Array;
  /** The own entity, whichever it was. */
  readonly own: Track<Field>;
  /** The watched ones, by entity. */
  readonly entities: ReadonlyMap<number, Track<Field>>;
}

/** A recording under way. */
export interface Telemetry<Field extends string = string> {
  /** What was recorded so far and is still kept. */
  snapshot(): TelemetrySnapshot<Field>;
  /** Forgets what was recorded, and goes on. */
  clear(): void;
  /** Records no more; what was recorded stays. */
  stop(): void;
}

type Table = { readonly count: number; readonly ids: Uint32Array } & Readonly<
  Record<string, number | Uint32Array | Float64Array>
>;

/** What a {@link Recorder} reads in each animation frame. */
export interface Drawn {
  readonly timeMs: number;
  readonly drawnTick: number;
  readonly roomTick: number;
  /** 0 while there is none. */
  readonly ownEntity: number;
  readonly view: Readonly<Record<string, Table>>;
}

export class Recorder<Field extends string = string> implements Telemetry<Field> {
  readonly #component: string;
  readonly #fields: readonly Field[];
  /** The first is the own one: 0 stands for it. */
  readonly #entities: readonly number[];
  /** Where each was last. */
  readonly #rows: Int32Array;
  readonly #frames: number;
  readonly #timeMs: Float64Array;
  readonly #drawnTick: Float64Array;
  readonly #roomTick: Float64Array;
  /** Ring after ring: entity by entity, and in each field by field. */
  readonly #values: Float64Array;
  #recorded = 0;
  stopped = false;

  constructor({
    component,
    fields,
    entities = [],
    frames = TELEMETRY_FRAMES,
  }: TelemetryOptions<Field>) {
    this.#component = component;
    this.#fields = [...fields];
    this.#entities = [0, ...new Set(entities)];
    this.#rows = new Int32Array(this.#entities.length);
    this.#frames = Math.max(1, Math.floor(frames));
    this.#timeMs = new Float64Array(this.#frames);
    this.#drawnTick = new Float64Array(this.#frames);
    this.#roomTick = new Float64Array(this.#frames);
    this.#values = new Float64Array(this.#frames * this.#entities.length * fields.length);
  }

  /** One animation frame was drawn up. */
  record(drawn: Drawn): void {
    const place = this.#recorded++ % this.#frames;
    this.#timeMs[place] = drawn.timeMs;
    this.#drawnTick[place] = drawn.drawnTick;
    this.#roomTick[place] = drawn.roomTick;
    const table = drawn.view[this.#component];
    let at = place;
    for (let n = 0; n < this.#entities.length; n++) {
      const entity = n === 0 ? drawn.ownEntity : (this.#entities[n] ?? 0);
      const row = table && entity !== 0 ? rowOf(table, entity, this.#rows[n]) : -1;
      this.#rows[n] = Math.max(row, 0);
      for (let f = 0; f < this.#fields.length; f++) {
        const column = table?.[this.#fields[f] ?? ""];
        const value = row >= 0 && column instanceof Float64Array ? column[row] : undefined;
        this.#values[at] = value ?? Number.NaN;
        at += this.#frames;
      }
    }
  }

  snapshot(): TelemetrySnapshot<Field> {
    const track = (n: number) => {
      const columns = this.#fields.map((field, f) => {
        const start = (n * this.#fields.length + f) * this.#frames;
        return [field, this.#unroll(this.#values.subarray(start, start + this.#frames))];
      });
      return Object.fromEntries(columns) as Track<Field>;
    };
    const entities = this.#entities.slice(1);
    return {
      frames: Math.min(this.#recorded, this.#frames),
      timeMs: this.#unroll(this.#timeMs),
      drawnTick: this.#unroll(this.#drawnTick),
      roomTick: this.#unroll(this.#roomTick),
      own: track(0),
      entities: new Map(entities.map((entity, n) => [entity, track(n + 1)])),
    };
  }

  clear(): void {
    this.#recorded = 0;
  }

  stop(): void {
    this.stopped = true;
  }

  /** A ring's copy, oldest first. */
  #unroll(ring: Float64Array): Float64Array {
    if (this.#recorded <= this.#frames) return ring.slice(0, this.#recorded);
    const oldest = this.#recorded % this.#frames;
    const out = new Float64Array(this.#frames);
    out.set(ring.subarray(oldest));
    out.set(ring.subarray(0, oldest), this.#frames - oldest);
    return out;
  }
}
