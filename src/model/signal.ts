/**
 * The kinds of record.
 *
 * @module
 */

import type { TimeSource } from "./record_time.ts";

/** What becomes of an appended record while nobody asks for more. */
export type Durability =
  /** It is in this process for `flushIntervalMs` at most, then with the operating system. */
  | "buffered"
  /** The operating system has it before `append` returns: it outlives this process. */
  | "flushed"
  /**
   * As `flushed`, and its sync begins at once, in the background, one for all records that wait at the same time. `flush`
   * then waits for the disk as `sync` does: what it acknowledged outlives a loss of power.
   */
  | "synced";

/** What the engine knows of a signal. */
export interface SignalDefinition {
  /** Lower-case letters, digits and `_`, starting with a letter; at most 64 characters. */
  readonly name: string;
  /** Where its records carry their time. */
  readonly time: TimeSource;
  /** The level that holds where the caller chose none for it. */
  readonly durability: Durability;
  /** Whether the store's retention holds for it when the caller set none for this signal. */
  readonly isRetainedForever: boolean;
}

function define(name: string, special: Partial<SignalDefinition> = {}): SignalDefinition {
  const time: TimeSource = { kind: "field", field: "ts" };
  return { name, time, durability: "buffered", isRetainedForever: false, ...special };
}

/** The built-in signals, in the order that an inventory lists them. */
export const BUILT_IN_SIGNALS: readonly SignalDefinition[] = [
  define("logs"),
  define("metrics"),
  define("traces", { time: { kind: "spans" } }),
  define("timeseries"),
  define("metadata"),
  define("audit", { durability: "synced", isRetainedForever: true }),
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
