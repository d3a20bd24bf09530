/**
 * What decoding costs in WASM: the real client core takes a recorded client's messages.
 *
 * In: a file of `cargo run -p tickwire-benches --bin record`, and the module of `cargo xtask wasm`. Out: nanoseconds per
 * changed entity, and a snapshot's time. The first two seconds are not counted: the engine compiles meanwhile.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import init, { client as join } from "../wasm/pkg/tickwire_arena_wasm.js";

const MODULE = resolve(import.meta.dirname, "../wasm/pkg/tickwire_arena_wasm_bg.wasm");
const RUNS = 25;
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

/** Plays all messages to a new client. Returns how long each took, milliseconds. */
function play(messages) {
  const client = join("lab", true, "bench");
  client.connected(0);
  const taken_ms = messages.map((message, number) => {
    const now_ms = number * SNAPSHOT_MS;
    const start_ms = performance.now();
    client.handleMessage(now_ms, message.bytes);
    const message_ms = performance.now() - start_ms;
    // As a page does, so that events and frames do not pile up.
    client.view(now_ms);
    while (client.pollTransmit() !== undefined);
    for (let event = client.pollEvent(); event !== undefined; event = client.pollEvent()) {
      if (typeof event === "object" && "Broken" in event) {
        throw new Error(`the client could not read message ${number}: ${event.Broken}`);
      }
    }
    return message_ms;
  });
  if (client.stats().entities === 0) {
    throw new Error("the client saw nothing");
  }
  client.free();
  return taken_ms;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

const [file] = process.argv.slice(2);
if (file === undefined) {
  throw new Error("usage: npm run bench -w arena -- FILE");
}
// npm runs scripts in the package's directory; the file is named from where npm was called.
const messages = read(resolve(process.env.INIT_CWD ?? ".", file));
await init({ module_or_path: readFileSync(MODULE) });
const runs = Array.from({ length: RUNS }, () => play(messages));
// The median for each message: other programs interrupt some messages in each run, but no message in most runs.
const counted = messages.map((message, number) => ({
  changed: message.changed,
  ms: median(runs.map((taken_ms) => taken_ms[number])),
}));
const snapshots = counted.slice(1 + WARM_UP_SNAPSHOTS);
const changed = sum(snapshots.map((snapshot) => snapshot.changed));
const ns = sum(snapshots.map((snapshot) => snapshot.ms)) * 1e6;
console.log(
  `${snapshots.length} snapshots, ${(changed / snapshots.length).toFixed(1)} changed entities in each`,
);
console.log(`${Math.round(ns / changed)} ns per changed entity, median of ${RUNS} runs`);
console.log(`${(ns / 1000 / snapshots.length).toFixed(1)} us per snapshot`);
