/**
 * Runs source text in a thread of its own.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Worker } from "node:worker_threads";

/** A thread that answers each message with one reply, in order. It never keeps the process alive. */
export interface BackgroundThread {
  /** Sends plain data and resolves with the reply. Rejects when the thread fails or is stopped. */
  ask(message: unknown): Promise<unknown>;
  /** Ends the thread, whatever it is doing, and resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a thread from the source text of an ES module that imports only `node:` modules. A `data:` address works from
 * source, bundled and compiled, and asks for no permission to read a file.
 *
 * @throws {Error} If the runtime starts no Worker here.
 */
export function startThread(source: string): BackgroundThread {
  const address = `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
  const worker = new Worker(new URL(address));
  worker.unref();
  const waiting: { resolve: (reply: unknown) => void; reject: (error: Error) => void }[] = [];
  let ended: Error | undefined;
  const fail = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  worker.on("message", (reply) => waiting.shift()?.resolve(reply));
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("Cannot finish the work: its thread ended")));
  return {
    ask(message) {
      if (ended !== undefined) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(message);
      });
    },
    async stop() {
      await worker.terminate();
    },
  };
}

/**
 * Lets other threads run before the calling one. Only Linux knows a priority of single threads; elsewhere, and where Deno
 * was not allowed to, nothing happens.
 *
 * The body names nothing outside itself, because a Worker receives it as source text.
 */
export function lowerThreadPriority(
  node: {
    readonly os: { setPriority(pid: number, priority: number): void };
    readonly process: { readonly platform: string };
  },
): void {
  type Permissions = { querySync(descriptor: object): { readonly state: string } };
  const { permissions } = (globalThis as { Deno?: { permissions: Permissions } }).Deno ?? {};
  // Asking first, because Deno would otherwise ask the person at the terminal.
  const isAllowed = (permissions?.querySync({ name: "sys", kind: "setPriority" }).state ?? "granted") === "granted";
  if (node.process.platform !== "linux" || !isAllowed) return;
  try {
    // Halfway down: with the lowest one, 19, a machine that is always busy would hardly ever compress.
    node.os.setPriority(0, 10);
  } catch {
    // A container may forbid it.
  }
}
