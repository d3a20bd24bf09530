/**
 * The arena's WASM module in Node, for tests. It is the real client core, without a page.
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { GameModule } from "tickwire";
import init from "../wasm/pkg/tickwire_arena_wasm.js";
import { type Arena, arena } from "../wasm/pkg/types";

const MODULE = resolve(import.meta.dirname, "../wasm/pkg/tickwire_arena_wasm_bg.wasm");

/** The arena, as `connect` takes it. */
export const arenaInNode: GameModule<Arena> = {
  ...arena,
  load: async () => (await init({ module_or_path: await readFile(MODULE) })).memory,
};
