/**
 * Records what each animation frame drew, to measure smoothness: `Room.telemetry`.
 *
 * In: the view after it was drawn up, and the times that belong to it. Out: columns, on request. The rings are made
 * once: recording a frame allocates nothing per entity.
 */

import { rowOf } from "./tables.js";
import { TELEMETRY_FRAMES } from "./tunables.js";

/** What to record. */
export interface TelemetryOptions<Field extends string = string> {
  /** The name in the view of the component to read: the one with positions. */
  readonly component: string;
  /** Its fields to record, such as `["x", "y"]`. */
  readonly fields: readonly Field[];
  /** Entities to watch beside the own entity. */
  readonly entities?: readonly number[];
  /** How many animation frames to keep: the newest ones. */
  readonly frames?: number;
}

/** The fields of an entity over the recorded animation frames. NaN in frames that did not draw it. */
export type Track<Field extends string = string> = Readonly<Record<Field, Float64Array>>;

/** Recorded animation frames, oldest first: entry n of each array belongs to the same frame. The arrays are copies. */
export interface TelemetrySnapshot<Field extends string = string> {
  /** How many frames there are. */
  readonly frames: number;
  /** When the frame was drawn up, milliseconds of `performance.now()`. */
  readonly timeMs: Float64Array;
  /** The tick at which others were drawn, with fraction. */
  readonly drawnTick: Float64Array;
  /** The room's tick as far as this client knew, with fraction. NaN while the connection was lost. */
  readonly roomTick: Float64Array;
  /** The own entity, even if it was another one in each frame. */
  readonly own: Track<Field>;
  /** The watched entities. */
  readonly entities: ReadonlyMap<number, Track<Field>>;
}

/** A recording that is under way. */
export interface Telemetry<Field extends string = string> {
  /** The frames that were recorded and are still kept. */
  snapshot(): TelemetrySnapshot<Field>;
  /** Forgets all frames, and goes on. */
  clear(): void;
  /** Records no more frames, and keeps those that it has. */
  stop(): void;
}

type Table = { readonly count: number; readonly ids: Uint32Array } & Readonly<
  Record<string, number | Uint32Array | Float64Array | object>
>;

/** What a {@link Recorder} reads in each animation frame. */
export interface Drawn {
  readonly timeMs: number;
  readonly drawnTick: number;
  readonly roomTick: number;
  /** 0: there is none. */
  readonly ownEntity: number;
  readonly view: Readonly<Record<string, Table>>;
}

/** Rings of what the last animation frames drew. */
export class Recorder<Field extends string = string> implements Telemetry<Field> {
  readonly #component: string;
  readonly #fields: readonly Field[];
  /** The first is 0, which stands for the own entity. */
  readonly #entities: readonly number[];
  /** The row where each of them was last. */
  readonly #rows: Int32Array;
  readonly #frames: number;
  readonly #timeMs: Float64Array;
  readonly #drawnTick: Float64Array;
  readonly #roomTick: Float64Array;
  /** One ring for each field of each entity: all fields of the first entity, then those of the next. */
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

  /** Takes the animation frame that was just drawn up. */
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

  /** A copy of a ring, oldest first. */
  #unroll(ring: Float64Array): Float64Array {
    if (this.#recorded <= this.#frames) return ring.slice(0, this.#recorded);
    const oldest = this.#recorded % this.#frames;
    const out = new Float64Array(this.#frames);
    out.set(ring.subarray(oldest));
    out.set(ring.subarray(0, oldest), this.#frames - oldest);
    return out;
  }
}
