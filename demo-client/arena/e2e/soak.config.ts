/**
 * Long runs, each by its own command of xtask: they take too long for every change. `TICKWIRE_BIN` says where the server is.
 */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.soak.ts"],
    // Clients in Node use its own WebSocket, which Node 20 has behind a flag.
    execArgv: ["--experimental-websocket"],
  },
});
