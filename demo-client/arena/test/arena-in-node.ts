/**
 * The arena's WASM module in Node, for tests. It is the real client core, without a page.
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { GameModule } from "tickwire";
import init, { arenaClient } from "../wasm/pkg/tickwire_arena_wasm.js";
import type { Arena } from "../wasm/pkg/types";

const MODULE = resolve(import.meta.dirname, "../wasm/pkg/tickwire_arena_wasm_bg.wasm");

/** The arena, as `connect` takes it. */
export const arenaInNode: GameModule<Arena> = {
  name: "arena",
  neutral: { right: 0, down: 0, aim: 0, fire: false, rail: false, dash: false, reload: false },
  load: async () => (await init({ module_or_path: await readFile(MODULE) })).memory,
  client: ({ room, create, name }) => arenaClient(room, create, name),
};
