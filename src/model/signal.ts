/**
 * The kinds of record.
 *
 * @module
 */

import type { TimeSource } from "./record_time.ts";

/** What the engine knows of a signal. */
export interface SignalDefinition {
  /** Lower-case letters, digits and `_`, starting with a letter; at most 64 characters. */
  readonly name: string;
  /** Where its records carry their time. */
  readonly time: TimeSource;
  /** Whether each record is handed to the operating system before `append` returns. */
  readonly writesAtOnce: boolean;
  /** Whether the store's retention holds for it when the caller set none for this signal. */
  readonly isRetainedForever: boolean;
}

function define(name: string, special: Partial<SignalDefinition> = {}): SignalDefinition {
  const time: TimeSource = { kind: "field", field: "ts" };
  return { name, time, writesAtOnce: false, isRetainedForever: false, ...special };
}

/** The built-in signals, in the order that an inventory lists them. */
export const BUILT_IN_SIGNALS: readonly SignalDefinition[] = [
  define("logs"),
  define("metrics"),
  define("traces", { time: { kind: "spans" } }),
  define("timeseries"),
  define("metadata"),
  define("audit", { writesAtOnce: true, isRetainedForever: true }),
  define("events"),
  define("heartbeats"),
  define("requests"),
  define("alerts"),
  define("samples"),
];

/** Whether a name is one of a signal. */
export function isSignal(name: string): boolean {
  return BUILT_IN_SIGNALS.some((signal) => signal.name === name);
}

/**
 * The signal of a name.
 *
 * @throws {RangeError} If there is none; the message lists those there are.
 */
export function signalOf(name: string): SignalDefinition {
  const signal = BUILT_IN_SIGNALS.find((candidate) => candidate.name === name);
  if (signal !== undefined) return signal;
  const names = BUILT_IN_SIGNALS.map((candidate) => candidate.name).join(", ");
  throw new RangeError(`Cannot use signal "${name}": expected one of ${names}`);
}
