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

const ENDING_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
type EndingSignal = (typeof ENDING_SIGNALS)[number];

/**
 * After a signal was raised again the process is gone, unless a listener of `Deno.addSignalListener` took it. Watching
 * again earlier would catch our own signal on Deno, which delivers it asynchronously.
 */
const RAISED_PAUSE_MS = 1000;

/** The program stands still this long at most after a signal was raised again, unless it has ended by then. */
const RAISED_STANDSTILL_MS = 100;

/** Calls `onSignal` at each SIGTERM, SIGINT and SIGHUP, until the returned function is called. */
export function watchSignals(onSignal: () => void): () => void {
  // Deno hands signals to Workers too, but a Worker cannot see who listens in the main thread.
  if (!isMainThread) return () => {};
  const ignored = ignoredSignals();
  const removals = new ListenerRemovals();
  const watches = watchableSignals(ignored).map((signal) => new SignalWatch(signal, { onSignal, removals }));
  keepIgnored(ignored);
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
    const othersListen = process.listenerCount(this.#signal) > 1 || this.#options.removals.justRemoved(this.#signal);
    this.#restart = setTimeout(() => this.#start(), othersListen ? 0 : RAISED_PAUSE_MS).unref();
    this.#options.onSignal();
    // Gone while others look: libraries that raise the signal themselves do so only when nobody else listens.
    process.off(this.#signal, this.#handle);
    if (othersListen) return;
    process.kill(process.pid, this.#signal);
    // Deno's default action is another thread's: the program must not go on, and append, until it comes.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RAISED_STANDSTILL_MS);
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
 * in the background with SIGINT ignored; raising such a signal again would end a program that was told to survive it.
 * Where nobody knows what is ignored, SIGHUP is left alone.
 */
function watchableSignals(ignored: readonly EndingSignal[] | undefined): readonly EndingSignal[] {
  if (ignored === undefined) return ["SIGTERM", "SIGINT"];
  return ENDING_SIGNALS.filter((signal) => !ignored.includes(signal));
}

/**
 * With its first listener for any signal, Deno takes over the three above, ignored or not, and gives them their default
 * action. A listener that does nothing ignores a signal; it stays, because Deno does not give the signal back.
 */
function keepIgnored(ignoredBefore: readonly EndingSignal[] = []): void {
  const ignoredNow = ignoredSignals() ?? [];
  for (const signal of ignoredBefore) if (!ignoredNow.includes(signal)) process.on(signal, () => {});
}

/** The signals that this process ignores; `undefined` where `/proc` does not say: macOS, Deno without `--allow-all`. */
function ignoredSignals(): readonly EndingSignal[] | undefined {
  try {
    const bits = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]}`);
    return ENDING_SIGNALS.filter((signal) => (bits >> BigInt(constants.signals[signal] - 1) & 1n) === 1n);
  } catch {
    return undefined;
  }
}
