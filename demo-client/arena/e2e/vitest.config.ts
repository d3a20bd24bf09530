/**
 * End-to-end tests: the built server, a real Chromium, real key events. `TICKWIRE_BIN` and `CHROMIUM_PATH` say where
 * those are.
 */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.test.ts"],
    // Two pages that the processor draws share it with a server, so run one test at a time and give each enough time.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Clients in Node use its own WebSocket, which Node 20 has behind a flag.
    execArgv: ["--experimental-websocket"],
  },
});
