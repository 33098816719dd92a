/**
 * Signals that end a process, watched without changing what they do.
 *
 * A listener takes the default action of a signal away. So the listener here raises the signal again, unless the program
 * listens too and decides itself.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { constants } from "node:os";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { isMainThread } from "node:worker_threads";

type EndingSignal = "SIGTERM" | "SIGINT" | "SIGHUP";

/**
 * After a signal was raised again the process is gone, unless a listener of `Deno.addSignalListener` took it. Watching
 * again earlier would catch our own signal on Deno, which delivers it asynchronously.
 */
const RAISED_PAUSE_MS = 1000;

/** Calls `onSignal` at each SIGTERM, SIGINT and SIGHUP, until the returned function is called. */
export function watchSignals(onSignal: () => void): () => void {
  // Deno hands signals to Workers too, but a Worker cannot see who listens in the main thread.
  if (!isMainThread) return () => {};
  const removals = new ListenerRemovals();
  const watches = watchableSignals().map((signal) => new SignalWatch(signal, { onSignal, removals }));
  return () => {
    for (const watch of watches) watch.stop();
    removals.stop();
  };
}

interface SignalWatchOptions {
  readonly onSignal: () => void;
  readonly removals: ListenerRemovals;
}

class SignalWatch {
  readonly #signal: EndingSignal;
  readonly #options: SignalWatchOptions;
  #restart: NodeJS.Timeout | undefined;

  constructor(signal: EndingSignal, options: SignalWatchOptions) {
    this.#signal = signal;
    this.#options = options;
    this.#start();
  }

  stop(): void {
    clearTimeout(this.#restart);
    process.off(this.#signal, this.#handle);
  }

  #start(): void {
    // Before the program's `once` listeners, which are gone after their call and then could not be counted.
    process.prependListener(this.#signal, this.#handle);
  }

  readonly #handle = (): void => {
    this.#options.onSignal();
    const isOthersToo = process.listenerCount(this.#signal) > 1 || this.#options.removals.justRemoved(this.#signal);
    // Gone while others look: libraries that raise the signal themselves do so only when nobody else listens.
    process.off(this.#signal, this.#handle);
    this.#restart = setTimeout(() => this.#start(), isOthersToo ? 0 : RAISED_PAUSE_MS).unref();
    if (!isOthersToo) process.kill(process.pid, this.#signal);
  };
}

/**
 * Notices `once` listeners that have run before ours in the same delivery. Deno calls listeners in the order of
 * registration, prepended or not.
 */
class ListenerRemovals {
  readonly #events = new Set<string | symbol>();

  constructor() {
    process.on("removeListener", this.#note);
  }

  /** Whether a listener for `event` was removed in this turn. */
  justRemoved(event: string): boolean {
    return this.#events.has(event);
  }

  stop(): void {
    process.off("removeListener", this.#note);
  }

  readonly #note = (event: string | symbol): void => {
    this.#events.add(event);
    // Listeners of one delivery run without a microtask between them.
    queueMicrotask(() => this.#events.delete(event));
  };
}

/**
 * The signals whose default action is in force. `nohup` starts a program with SIGHUP ignored, a shell script starts one
 * in the background with SIGINT ignored; raising such a signal again would end a program that was told to survive it. Which ones are
 * ignored stands in `/proc`; where it cannot be read (macOS, Deno without `--allow-all`), SIGHUP is left alone.
 */
function watchableSignals(): readonly EndingSignal[] {
  const ignored = ignoredSignalBits();
  if (ignored === undefined) return ["SIGTERM", "SIGINT"];
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
  return signals.filter((signal) => (ignored >> BigInt(constants.signals[signal] - 1) & 1n) === 0n);
}

function ignoredSignalBits(): bigint | undefined {
  try {
    const bits = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return bits === undefined ? undefined : BigInt(`0x${bits}`);
  } catch {
    return undefined;
  }
}
