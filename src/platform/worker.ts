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
  const fail = (error: Error) => {
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on("message", (reply) => waiting.shift()?.resolve(reply));
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("Cannot finish the work: its thread ended")));
  return {
    ask(message) {
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
