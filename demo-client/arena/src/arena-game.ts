/**
 * The arena in the form that the SDK needs: its WASM module, loaded once, and its types. This is the only file of the
 * page that knows the module.
 */

import { arenaMap, expectedTraceHash, traceHash } from "../wasm/pkg/tickwire_arena_wasm.js";
import { type ArenaInput, type ArenaMap, type ArenaSetup, arena } from "../wasm/pkg/types";

/** The waits of dash and rail in seconds, and the reach of a beam. Only after `arena.load()`. */
export { dashWaitS, railReachM, railWaitS } from "../wasm/pkg/tickwire_arena_wasm.js";
export type {
  Arena,
  ArenaAction,
  ArenaEvent,
  ArenaInput,
  ArenaMap,
  ArenaView,
  Wall,
} from "../wasm/pkg/types";
export { arena };

/** An input with no key held. It is a new object each time, so the caller may change it. */
export function neutralInput(): ArenaInput {
  return { right: 0, down: 0, aim: 0, fire: false, rail: false, dash: false, reload: false };
}

/** The map that a room's setup names. Only after `arena.load()`. */
export function mapOf(setup: ArenaSetup): ArenaMap {
  return arenaMap(setup);
}

/** True when this browser's movement step agrees bit for bit with the server's over `steps` random steps. */
export async function stepsAgree(steps: number): Promise<boolean> {
  await arena.load();
  return traceHash(steps) === expectedTraceHash();
}
