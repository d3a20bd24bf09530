/**
 * How the page is built. The drawing library gets a chunk of its own, because it changes rarely, and so that the size
 * of our own part is easy to see (see `sizes`).
 */

import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Limit for script and WASM without the drawing library, gzipped, kilobytes of 1000 bytes. */
const LIMIT_KB = 148;

/**
 * Reports what players download, and fails the build if our own part is over its limit. What a page loads only when it is
 * asked for, such as the overlay, is told and does not count.
 */
function sizes(): Plugin {
  return {
    name: "sizes",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        let own = 0;
        let pixi = 0;
        for (const [name, file] of Object.entries(bundle)) {
          if (!/\.(js|wasm)$/.test(name)) continue;
          const bytes = gzipSync(file.type === "chunk" ? file.code : file.source, {
            level: 9,
          }).length;
          if (name.includes("pixi")) pixi += bytes;
          else if (file.type !== "chunk" || !file.isDynamicEntry) own += bytes;
          this.info(`${name}: ${kb(bytes)} gzipped`);
        }
        this.info(`js + wasm without the drawing library: ${kb(own)} gzipped of ${LIMIT_KB} kB`);
        this.info(`drawing library: ${kb(pixi)} gzipped`);
        if (own > LIMIT_KB * 1000) this.error(`js + wasm is over its limit of ${LIMIT_KB} kB`);
      },
    },
  };
}

function kb(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    rolldownOptions: {
      output: {
        codeSplitting: { groups: [{ name: "pixi", test: /node_modules/ }] },
      },
    },
  },
  // `npm run dev` against a server on its usual port.
  server: { proxy: { "/ws": { target: "ws://127.0.0.1:4000", ws: true } } },
  plugins: [sizes()],
});
