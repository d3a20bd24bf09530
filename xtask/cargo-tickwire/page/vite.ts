/**
 * What vite needs to know of a game: where the SDK and the server are, and what the Rust compiler says, which it shows over
 * the page. Written by `cargo tickwire`.
 */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createLogger, type Logger, type Plugin, type ViteDevServer } from "vite";

/** A file beside this one, as vite writes paths. */
const at = (file: string) => fileURLToPath(new URL(file, import.meta.url)).replaceAll("\\", "/");
/** Here is what the compiler said last, while something is wrong. */
const ERROR = at("./build-error.txt");
/** This changes when the server has been started anew. */
const SERVED = at("./served.txt");

/** A game's half of vite's configuration. */
export function tickwire(): Plugin {
  return {
    name: "tickwire",
    config: () => ({
      customLogger: quiet(),
      resolve: { alias: { tickwire: at("./tickwire/index.ts") } },
      server: {
        proxy: {
          "/ws": { target: `ws://${process.env.TICKWIRE_SERVER ?? "127.0.0.1:4000"}`, ws: true },
        },
      },
    }),
    configureServer,
    // What is written here belongs to the server that is about to start: pages come again when it does.
    hotUpdate: ({ file }) => (file.startsWith(at("./")) ? [] : undefined),
  };
}

/** Says what vite says, but for sockets that end when a tab is closed or the game's server is started anew. */
function quiet(): Logger {
  const logger = createLogger("warn", { allowClearScreen: false });
  const { error } = logger;
  logger.error = (words, options) => {
    if (!words.includes("proxy error")) error(words, options);
  };
  return logger;
}

function configureServer(server: ViteDevServer): void {
  const show = () => {
    const message = readFileSync(ERROR, "utf8");
    server.ws.send({ type: "error", err: { message, stack: "", plugin: "the Rust compiler" } });
  };
  server.watcher.add([ERROR, SERVED]);
  for (const event of ["add", "change", "unlink"])
    server.watcher.on(event, (path: string) => {
      const file = path.replaceAll("\\", "/");
      // What is mended is served in a moment.
      if (file === ERROR && existsSync(ERROR)) show();
      if (file === SERVED) server.ws.send({ type: "full-reload" });
    });
}
