/**
 * The last moment of a process, on Deno and Bun.
 *
 * No single event covers both runtimes. Measured on Deno 2.9.6 and Bun 1.4.4:
 *
 * | way out | Deno | Bun |
 * |---|---|---|
 * | the program ends, `process.exit()` | `exit`, then `unload` | `exit` |
 * | `Deno.exit()` | `unload` | – |
 * | uncaught error | `uncaughtExceptionMonitor` only | `uncaughtExceptionMonitor`, then `exit` |
 * | unhandled rejection | `uncaughtExceptionMonitor` only | `exit` |
 * | SIGTERM, SIGINT, SIGHUP | the signal only | the signal only |
 *
 * Nothing is told of SIGKILL and the other signals, `process.abort()`, a crash of the runtime, and, on Bun,
 * `process.reallyExit()`. In a Worker, signals are not watched: Bun delivers none there.
 *
 * @module
 */

import process from "node:process";
import { watchSignals } from "./process_signals.ts";

interface ExitWatch {
  readonly registrations: Set<{ readonly handler: () => void }>;
  stop: (() => void) | undefined;
}

/** One for the process, so that two copies of this module do not take each other's signal listener for the program's. */
const exitWatch: ExitWatch = ((globalThis as Record<symbol, unknown>)[Symbol.for("varve.exitWatch")] ??= {
  registrations: new Set(),
  stop: undefined,
}) as ExitWatch;

/**
 * Calls `handler` whenever the process may be about to end, until the returned function is called.
 *
 * `handler` runs synchronously; promises it starts may never settle. It runs at every sign of an end, so it must be cheap
 * and harmless when nothing happened since the last call: a program that catches SIGTERM, or an uncaught error, logs it and exits
 * afterwards, and what it logged then has to be saved as well. Handlers run in the order of registration; one that throws
 * does not stop the others, and its error is lost.
 *
 * Exit status and signal stay as they would be without Varve, and nothing here keeps the process alive. Runtime listeners
 * exist only while there are handlers. Listeners added with `Deno.addSignalListener` cannot be seen: when there are no
 * others, the signal is raised again and they are called a second time.
 */
export function onProcessExit(handler: () => void): () => void {
  const registration = { handler };
  exitWatch.registrations.add(registration);
  exitWatch.stop ??= watchExit(callHandlers);
  return () => {
    if (!exitWatch.registrations.delete(registration) || exitWatch.registrations.size > 0) return;
    exitWatch.stop?.();
    exitWatch.stop = undefined;
  };
}

function callHandlers(): void {
  for (const { handler } of Array.from(exitWatch.registrations)) {
    try {
      handler();
    } catch {
      // The process is ending: there is nobody left to tell, and the other handlers have to run.
    }
  }
}

function watchExit(onExit: () => void): () => void {
  const events: Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">> = globalThis;
  process.on("exit", onExit);
  process.on("uncaughtExceptionMonitor", onExit);
  events.addEventListener?.("unload", onExit);
  const stopSignals = watchSignals(onExit);
  return () => {
    process.off("exit", onExit);
    process.off("uncaughtExceptionMonitor", onExit);
    events.removeEventListener?.("unload", onExit);
    stopSignals();
  };
}
