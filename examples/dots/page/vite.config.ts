import { defineConfig } from "vite";
import { tickwire } from "./generated/vite.ts";

export default defineConfig({
  // The page may lie under any path.
  base: "./",
  build: { target: "es2022" },
  plugins: [tickwire()],
});
