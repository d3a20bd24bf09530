import { expect, test } from "vitest";
import { rowOf, type TableSource, Tables } from "../src/tables.js";

/** One table "Body" of x and y with room for four rows, laid out by hand. */
function source(at: { ids: number; x: number; y: number }, rows: { count: number }): TableSource {
  return {
    schema: () => [{ name: "Body", fields: ["x", "y"] }],
    tableCount: () => rows.count,
    tableCapacity: () => 4,
    idsPointer: () => at.ids,
    columnPointer: (_table, field) => (field === 0 ? at.x : at.y),
  };
}

function body(tables: Tables) {
  const { Body: columns } = tables.view;
  if (!columns) throw new Error("no Body");
  return columns as unknown as {
    count: number;
    ids: Uint32Array;
    x: Float64Array;
    y: Float64Array;
    get: (id: number | undefined) => unknown;
  };
}

test("columns show what lies in the module's memory", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const rows = { count: 0 };
  const tables = new Tables(memory, source({ ids: 16, x: 64, y: 128 }, rows));
  expect(body(tables).count).toBe(0);

  new Uint32Array(memory.buffer, 16, 4).set([7, 9]);
  new Float64Array(memory.buffer, 64, 4).set([1.5, -2]);
  new Float64Array(memory.buffer, 128, 4).set([3, 4]);
  rows.count = 2;
  tables.refresh(1);

  expect(body(tables).count).toBe(2);
  expect([...body(tables).ids.subarray(0, 2)]).toEqual([7, 9]);
  expect([...body(tables).x.subarray(0, 2)]).toEqual([1.5, -2]);
  expect([...body(tables).y.subarray(0, 2)]).toEqual([3, 4]);
});

test("one row is found by its entity", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const tables = new Tables(memory, source({ ids: 16, x: 64, y: 128 }, { count: 2 }));
  new Uint32Array(memory.buffer, 16, 4).set([7, 9, 11]);
  new Float64Array(memory.buffer, 64, 4).set([1.5, -2]);
  new Float64Array(memory.buffer, 128, 4).set([3, 4]);
  tables.refresh(1);
  expect(body(tables).get(9)).toEqual({ id: 9, x: -2, y: 4 });
  for (const id of [11, 0, undefined]) expect(body(tables).get(id)).toBeUndefined();
});

test("no array is made while layout and memory stay", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const tables = new Tables(memory, source({ ids: 16, x: 64, y: 128 }, { count: 1 }));
  tables.refresh(1);
  const { x } = body(tables);
  tables.refresh(1);
  tables.reattach();
  expect(body(tables).x).toBe(x);
});

test("a new layout is looked up where it is now", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const at = { ids: 16, x: 64, y: 128 };
  const tables = new Tables(memory, source(at, { count: 1 }));
  tables.refresh(1);
  at.x = 256;
  new Float64Array(memory.buffer, 256, 4)[0] = 42;
  tables.refresh(2);
  expect(body(tables).x[0]).toBe(42);
});

test("columns survive memory that grows under them", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const tables = new Tables(memory, source({ ids: 16, x: 64, y: 128 }, { count: 1 }));
  new Float64Array(memory.buffer, 64, 4)[0] = 5;
  tables.refresh(1);
  memory.grow(1);
  expect(body(tables).x.length).toBe(0);
  tables.reattach();
  expect(body(tables).x[0]).toBe(5);
});

test("a row is found by its entity, first where the hint says", () => {
  const table = { count: 3, ids: new Uint32Array([4, 8, 15, 16]) };
  expect(rowOf(table, 8, 1)).toBe(1);
  expect(rowOf(table, 15, 0)).toBe(2);
  expect(rowOf(table, 16)).toBe(-1);
});

test("iterating gives each entity with its fields, which stay when the columns change", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const count = { count: 2 };
  const tables = new Tables(memory, source({ ids: 16, x: 64, y: 128 }, count));
  new Uint32Array(memory.buffer, 16, 4).set([7, 9]);
  new Float64Array(memory.buffer, 64, 4).set([1.5, -2]);
  tables.refresh(1);
  const all = [...(body(tables) as unknown as Iterable<object>)];
  new Float64Array(memory.buffer, 64, 4).set([0, 0]);
  expect(all).toEqual([
    { id: 7, x: 1.5, y: 0 },
    { id: 9, x: -2, y: 0 },
  ]);
  count.count = 0;
  tables.refresh(1);
  expect([...(body(tables) as unknown as Iterable<object>)]).toEqual([]);
});
