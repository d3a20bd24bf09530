/** One value of every shape, as the generated types want it: `shapes.test.mjs` sends them, and gets the same back. */

import type { Room } from "tickwire";
import type { MyDots, Shapes } from "../generated";

const shapes: Shapes[] = [
  "Unit",
  { UnitInside: null },
  { Newtype: 255 },
  { Tuple: [-32768, true] },
  { Struct: { x: 1.5, y: null } },
  { Struct: { x: -0.25, y: 0.1 } },
  { Small: [-128, 255, -32768, 65535, -2147483648, 4294967295] },
  { Large: [-9223372036854775808n, 18446744073709551615n] },
  { Large: [1n, 2n] },
  { Floats: [0.5, 1e300] },
  { Text: ["<b>äö€😀</b>\u0000", "😀"] },
  { List: [] },
  { List: [1, 65535] },
  { Set: [1, 2, 3] },
  { Array: [-1, 0, 1] },
  { Pair: [7, "seven"] },
  { Maybe: null },
  { Maybe: 0 },
  { Nested: null },
  { Nested: [null, "a", null] },
  { Map: {} },
  { Map: { "": [], a: [1], "ä b": [2, 3] } },
  { Inner: { name: "x", place: [1, -2], next: null } },
  { Inner: { name: "", place: [0, 0], next: 9007199254740993n } },
  { Choices: ["None", { One: 1 }, { Two: { a: false, b: null } }, { Two: { a: true, b: false } }] },
  { Nothing: null },
  { Meters: 2.5 },
  { Boxed: { name: "box", place: [3, 4], next: 5n } },
  { Ids: [1, 2, 3, 4] },
];

/** Sends every shape, and collects what comes back, both as text that tells types apart. */
export function echo(room: Room<MyDots>): void {
  const heard: string[] = [];
  room.on("event", (event) => heard.push(shown(event)));
  const send = () => {
    for (const shape of shapes) room.send(shape);
  };
  Object.assign(window, { echo: { send, heard, sent: shapes.map(shown) } });
}

function shown(value: unknown): string {
  const told = (_key: string, inner: unknown) => {
    if (inner === undefined) return "undefined!";
    return typeof inner === "bigint" ? `bigint ${inner}` : inner;
  };
  return JSON.stringify(value, told);
}
