/**
 * A `tickwire serve` of our own: started on a free port or a given one, and stopped as an operator would stop it.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

export const {
  TICKWIRE_BIN: BINARY = resolve(import.meta.dirname, "../../../target/release/tickwire"),
} = process.env;

/** Several may run at the same time: only one could have the port for metrics. */
const SERVE = ["serve", "--metrics-listen", "none"];

export class Server {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  /** Port 0 picks a free port. Returns when the server listens. */
  static async start(port = 0, ...flags: string[]): Promise<Server> {
    const child = spawn(BINARY, [...SERVE, "--listen", `127.0.0.1:${port}`, ...flags], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    child.stderr.on("data", (text) => {
      log += text;
    });
    const bound = new Promise<number>((found, failed) => {
      let said = "";
      child.stdout.on("data", (text) => {
        said += text;
        const address = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (address) found(Number(address[1]));
      });
      child.on("error", (error) => failed(new Error(`${BINARY} does not start: ${error.message}`)));
      child.on("exit", (code) => failed(new Error(`${BINARY} ended with ${code}:\n${log}`)));
    });
    return new Server(child, await bound);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Lets its process stand still, as on a machine that has too much to do. */
  async standStill(spanMs: number): Promise<void> {
    this.#process.kill("SIGSTOP");
    await setTimeout(spanMs);
    this.#process.kill("SIGCONT");
  }

  /** Kills it, as a machine that loses its power does, and waits until it is gone. */
  async kill(): Promise<void> {
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await gone;
  }

  /** Waits until it has ended by itself. Gives its exit code; null if a signal ended it. */
  async ended(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, "exit");
    return this.#process.exitCode;
  }

  /** Asks it to end, as a terminal or a service manager does, and waits until it has. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await gone;
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
