/**
 * What decoding costs in WASM: the real client core takes a recorded client's messages.
 *
 * In: a file of `cargo run -p tickwire-benches --bin record`, and the module of `cargo xtask wasm`. Out: nanoseconds per
 * changed entity and per snapshot. The room's first seconds are not counted: the engine compiles meanwhile.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import init, { arenaClient } from "../../wasm/pkg/tickwire_wasm.js";

const MODULE = resolve(import.meta.dirname, "../../wasm/pkg/tickwire_wasm_bg.wasm");
const RUNS = 15;
const WARM_UP_SNAPSHOTS = 60;
/** Between two snapshots of the arena. */
const SNAPSHOT_MS = 1000 / 30;

/** The recorded messages, and how many entities each changes. */
function read(file) {
  const bytes = readFileSync(file);
  const messages = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 8 + bytes.readUInt32LE(at);
    messages.push({ changed: bytes.readUInt32LE(at + 4), bytes: bytes.subarray(at + 8, end) });
    at = end;
  }
  return messages;
}

/** Plays all of it to a new client: how long it took, and for how many changed entities. */
function play(messages) {
  const client = arenaClient("lab", true, "bench");
  client.connected(0);
  let [spent_ms, changed, snapshots] = [0, 0, 0];
  messages.forEach((message, number) => {
    const now_ms = number * SNAPSHOT_MS;
    const start_ms = performance.now();
    client.handleMessage(now_ms, message.bytes);
    const taken_ms = performance.now() - start_ms;
    if (number > WARM_UP_SNAPSHOTS) {
      spent_ms += taken_ms;
      changed += message.changed;
      snapshots += 1;
    }
    // What a page does meanwhile, so that events and frames do not pile up.
    client.view(now_ms);
    while (client.pollTransmit() !== undefined);
    for (let event = client.pollEvent(); event !== undefined; event = client.pollEvent()) {
      if (typeof event === "object" && "Broken" in event) {
        throw new Error(`the client could not read message ${number}: ${event.Broken}`);
      }
    }
  });
  if (client.stats().entities === 0) {
    throw new Error("the client saw nothing");
  }
  client.free();
  return { spent_ms, changed, snapshots };
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  throw new Error("usage: npm run bench -w sdk -- FILE");
}
// npm runs scripts in the package's directory; the file is named from where npm was called.
const messages = read(resolve(process.env.INIT_CWD ?? ".", file));
await init({ module_or_path: readFileSync(MODULE) });
const runs = Array.from({ length: RUNS }, () => play(messages));
runs.sort((a, b) => a.spent_ms - b.spent_ms);
const { changed, snapshots } = runs[0];
const ns = (run, per) => Math.round((run.spent_ms * 1e6) / per);
const median = runs[RUNS >> 1];
console.log(`${snapshots} snapshots, ${(changed / snapshots).toFixed(1)} changed entities in each`);
console.log(
  `${ns(median, changed)} ns per changed entity (best ${ns(runs[0], changed)}), median of ${RUNS} runs`,
);
console.log(`${(ns(median, snapshots) / 1000).toFixed(1)} us per snapshot`);
