/**
 * The arena in the form that the SDK needs: its WASM module, loaded once, and its types. This is the only file of the
 * page that knows the module.
 */

import type { GameModule } from "tickwire";
import init, {
  arenaClient,
  arenaMap,
  expectedTraceHash,
  traceHash,
} from "../wasm/pkg/tickwire_arena_wasm.js";
import type { Arena, ArenaInput, ArenaMap, ArenaSetup } from "../wasm/pkg/types";

/** The waits of dash and rail in seconds, and the reach of a beam. Only after `arenaGame.load()`. */
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

/** An input with no key held. It is a new object each time, so the caller may change it. */
export function neutralInput(): ArenaInput {
  return { right: 0, down: 0, aim: 0, fire: false, rail: false, dash: false, reload: false };
}

let memory: Promise<WebAssembly.Memory> | undefined;

/** Loads the module once. */
function load(): Promise<WebAssembly.Memory> {
  memory ??= init().then((module) => module.memory);
  return memory;
}

/** The game that {@link connect} joins. */
export const arenaGame: GameModule<Arena> = {
  name: "arena",
  neutral: neutralInput(),
  load,
  client: ({ room, create, name }) => arenaClient(room, create, name),
};

/** The map that a room's setup names. Only after `arenaGame.load()`. */
export function mapOf(setup: ArenaSetup): ArenaMap {
  return arenaMap(setup);
}

/** True when this browser's movement step agrees bit for bit with the server's over `steps` random steps. */
export async function stepsAgree(steps: number): Promise<boolean> {
  await load();
  return traceHash(1n, steps) === expectedTraceHash();
}
