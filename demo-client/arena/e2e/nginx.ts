/**
 * A real nginx before a server, under a path, as README says to set it up.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort } from "./server";

const { NGINX_PATH = "/usr/sbin/nginx" } = process.env;
const README = resolve(import.meta.dirname, "../../../README.md");

/** The block of README, for this path and this port. */
function location(path: string, port: number): string {
  const block = /```nginx\n([\s\S]*?)```/.exec(readFileSync(README, "utf8"))?.[1] ?? "";
  return block.replace("/play/", path).replace("127.0.0.1:4000", `127.0.0.1:${port}`);
}

export class Nginx {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#process = child;
    this.#folder = folder;
  }

  /** Serves `path` from the server on `port`. Returns when it answers. */
  static async start(path: string, port: number): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), "tickwire-nginx-"));
    const own = await freePort();
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const paths = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; pid ${folder}/pid; error_log stderr; events {}
http { access_log off; ${paths} server { listen 127.0.0.1:${own}; ${location(path, port)} } }`,
    );
    const child = spawn(NGINX_PATH, ["-p", folder, "-c", join(folder, "nginx.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    child.stderr?.on("data", (text) => {
      log += text;
    });
    const url = `http://127.0.0.1:${own}/`;
    for (let tries = 0; tries < 100 && child.exitCode === null; tries++) {
      const answer = await fetch(`${url}${path.slice(1)}healthz`).catch(() => undefined);
      if (answer?.ok) return new Nginx(url, child, folder);
      await new Promise((next) => setTimeout(next, 50));
    }
    child.kill();
    throw new Error(`${NGINX_PATH} does not serve:\n${log}`);
  }

  async stop(): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
