/**
 * The view of a room as typed arrays over WASM memory. It copies nothing and allocates nothing per entity.
 *
 * In: the module's memory and, in each animation frame, the layout version from the client core. Out: one object for
 * each component with `count`, `ids` and a column for each field; iterating over it gives an object for each entity, and
 * `get` that of one. New arrays are made only when the layout changed or the memory grew, which detaches every array over
 * it.
 */

import type { GameClient } from "./game.js";

type Columns = { count: number; ids: Uint32Array } & Iterable<Row> &
  Record<
    string,
    number | Uint32Array | Float64Array | ((id: number | undefined) => Row | undefined)
  >;

/** One entity of a table, as iterating gives it: its id and its fields, which stay as they were. */
type Row = { id: number } & Record<string, number>;

/** The part of the client core that the tables are read through. */
export type TableSource = Pick<
  GameClient,
  "tableCount" | "tableCapacity" | "idsPointer" | "columnPointer" | "schema"
>;

/** Typed arrays over the columns that the client core draws up. */
export class Tables {
  /** One property for each component, by name. The objects stay the same; only their columns are replaced. */
  readonly view: Record<string, Columns> = {};
  readonly #memory: WebAssembly.Memory;
  readonly #source: TableSource;
  readonly #tables: { columns: Columns; fields: readonly string[] }[] = [];
  #layout: number | undefined;
  #buffer: ArrayBufferLike | undefined;

  constructor(memory: WebAssembly.Memory, source: TableSource) {
    this.#memory = memory;
    this.#source = source;
    for (const { name, fields } of source.schema()) {
      const columns = { count: 0, ids: new Uint32Array(0) } as Columns;
      for (const field of fields) columns[field] = new Float64Array(0);
      const iterate = () => rows(columns, fields);
      Object.defineProperty(columns, Symbol.iterator, { value: iterate });
      const get = (id: number | undefined) => {
        const at = id === undefined ? -1 : rowOf(columns, id);
        return at < 0 ? undefined : rowAt(columns, fields, at);
      };
      Object.defineProperty(columns, "get", { value: get });
      this.view[name] = columns;
      this.#tables.push({ columns, fields });
    }
  }

  /** Call it after the client core drew up a view: takes the row counts, and the layout if that changed. */
  refresh(layout: number): void {
    if (layout !== this.#layout) {
      this.#layout = layout;
      this.#buffer = undefined;
    }
    this.reattach();
    let index = 0;
    for (const { columns } of this.#tables) columns.count = this.#source.tableCount(index++);
  }

  /** Call it after any other call into the module: the memory may have grown under the arrays. */
  reattach(): void {
    if (this.#layout === undefined || this.#buffer === this.#memory.buffer) return;
    const buffer = this.#memory.buffer;
    this.#buffer = buffer;
    this.#tables.forEach(({ columns, fields }, table) => {
      const rows = this.#source.tableCapacity(table);
      columns.ids = new Uint32Array(buffer, this.#source.idsPointer(table), rows);
      fields.forEach((field, place) => {
        columns[field] = new Float64Array(buffer, this.#source.columnPointer(table, place), rows);
      });
    });
  }
}

/** The rows of a table, each as an object of its own. */
function* rows(columns: Columns, fields: readonly string[]): Generator<Row> {
  for (let at = 0; at < columns.count; at++) yield rowAt(columns, fields, at);
}

function rowAt(columns: Columns, fields: readonly string[], at: number): Row {
  const row: Row = { id: columns.ids[at] ?? 0 };
  for (const field of fields) row[field] = (columns[field] as Float64Array)[at] ?? 0;
  return row;
}

/** The row of entity `id`, or -1. `hint` is tried first: the row where it was before, or where another table has it. */
export function rowOf(
  table: { readonly count: number; readonly ids: Uint32Array },
  id: number,
  hint = 0,
): number {
  if (hint < table.count && table.ids[hint] === id) return hint;
  for (let row = 0; row < table.count; row++) if (table.ids[row] === id) return row;
  return -1;
}
