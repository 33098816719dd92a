/**
 * Registers exit handlers that write the program's state to standard output, and ends in the way its arguments say:
 * `exit.ts <way> [listener…]`. Each listener is one that a program may have itself; it changes the state.
 *
 * @module
 */
import * as fs from "node:fs";
import process from "node:process";
import { isMainThread, Worker } from "node:worker_threads";
import { onProcessExit } from "../../../src/platform/process_exit.ts";

const [way, ...listeners] = process.argv.slice(2);
const { Deno: deno } = globalThis as { Deno?: DenoProcess };
interface DenoProcess {
  exit(status: number): never;
  addSignalListener(signal: "SIGTERM", listener: () => void): void;
}

let state = "running";

/** A graceful shutdown: the program ends itself a little later. */
function shutDown(): void {
  state = "shut down";
  say("listener called");
  setTimeout(() => process.exit(7), 50);
}

function say(line: string): void {
  fs.writeSync(1, `${line}\n`);
}

const LISTENERS: Readonly<Record<string, () => void>> = {
  on: () => void process.on("SIGTERM", shutDown),
  once: () => void process.once("SIGTERM", shutDown),
  onceAndStay: () => void process.once("SIGTERM", () => (state = "stayed", say("listener called"))),
  denoListener: () => deno?.addSignalListener("SIGTERM", shutDown),
  unregisterInHandler: () => void onProcessExit(() => registrations.forEach((unregister) => unregister())),
  uncaughtException: () =>
    void process.on("uncaughtException", () => {
      state = "caught";
      process.exit(8);
    }),
};

const WAYS: Readonly<Record<string, () => void>> = {
  return() {},
  exit: () => process.exit(3),
  denoExit: () => deno?.exit(3),
  throw() {
    throw new Error("thrown by the program");
  },
  throwLater: () =>
    void setTimeout(() => {
      throw new Error("thrown by the program");
    }, 5),
  reject: () => void Promise.reject(new Error("thrown by the program")),
  abort: () => process.abort(),
  wait,
  unregister() {
    for (const unregister of registrations) unregister();
    wait();
  },
  worker() {
    LISTENERS["on"]?.();
    new Worker(new URL(import.meta.url), { argv: ["wait"] });
  },
};

for (const name of listeners) if (!name.startsWith("later:")) LISTENERS[name]?.();
const registrations = [
  onProcessExit(() => {
    throw new Error("thrown by a handler");
  }),
  onProcessExit(() => say(`handled: ${state}`)),
];
for (const name of listeners) if (name.startsWith("later:")) LISTENERS[name.slice("later:".length)]?.();
WAYS[way ?? ""]?.();

function wait(): void {
  say(isMainThread ? "ready" : "ready in a worker");
  // Until standard input closes.
  if (isMainThread) process.stdin.resume();
  else setInterval(() => {}, 1000);
}
